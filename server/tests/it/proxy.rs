//! Test of the README's nginx configuration with a real nginx in front of the real program: TLS, login, same-origin checks,
//! and `Secure` cookies.
use crate::program::{RunningServer, program};
use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

/// The host of the snippet's `server_name`, and of `ROLLCALL_PUBLIC_URL`.
const PUBLIC_HOST: &str = "rollcall.example.com";
const NGINX: &str = "/usr/sbin/nginx";
/// Basic authentication of `ana:secret`.
const LOGIN: &str = "Authorization: Basic YW5hOnNlY3JldA==\r\n";

/// The configuration, from the README.
fn snippet() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, rest) = readme.split_once("```nginx\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// nginx with a folder of its own; stopped when dropped.
struct Proxy<'a> {
    folder: &'a Path,
    address: String,
}

impl<'a> Proxy<'a> {
    fn start(folder: &'a Path, server: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let address = port.unwrap().to_string();
        let at = |name: &str| folder.join(name).display().to_string();
        let certificate = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
        ];
        run(Command::new("openssl")
            .args(certificate)
            .args(["-subj", "/CN=rollcall.example.com"])
            .args(["-keyout", &at("key"), "-out", &at("certificate")]));
        let secret = run(Command::new("openssl").args(["passwd", "-apr1", "secret"]));
        fs::write(at("users"), format!("ana:{secret}")).unwrap();
        let mut site = snippet();
        for (from, to) in [
            ("listen 443 ssl", format!("listen {address} ssl")),
            ("/etc/ssl/certs/rollcall.pem", at("certificate")),
            ("/etc/ssl/private/rollcall.key", at("key")),
            ("/etc/nginx/rollcall.htpasswd", at("users")),
            ("http://127.0.0.1:3000", format!("http://{server}")),
        ] {
            site = replaced(&site, from, &to);
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|it| format!("{it}_temp_path {};\n", at(it)));
        let temporary = temporary.concat();
        let pid = at("pid");
        let errors = at("errors");
        let config = format!(
            "user root;\npid {pid};\nerror_log {errors};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        fs::write(at("nginx.conf"), config).unwrap();
        let this = Self { folder, address };
        // nginx returns when it listens.
        assert!(this.nginx(&[]), "{}", fs::read_to_string(errors).unwrap());
        this
    }

    fn nginx(&self, arguments: &[&str]) -> bool {
        let status = Command::new(NGINX)
            .arg("-p")
            .arg(self.folder)
            .arg("-c")
            .arg(self.folder.join("nginx.conf"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap().success()
    }

    /// The response to a request through TLS. HTTP/1.0, so that the body is not chunked.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", &self.address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (host, long) = (PUBLIC_HOST, body.len());
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {long}\r\nConnection: close\r\n\r\n{body}"
        );
        let mut stdin = client.stdin.take().unwrap();
        stdin.write_all(request.as_bytes()).unwrap();
        drop(stdin);
        let output = client.wait_with_output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        self.nginx(&["-s", "stop"]);
    }
}

#[test]
fn the_snippet_for_nginx_works() {
    if !Path::new(NGINX).exists() {
        eprintln!("skipped: nginx is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&folder.path().join("app.db"));
    let command = command.env("ROLLCALL_PUBLIC_URL", format!("https://{PUBLIC_HOST}"));
    let server = RunningServer::start(command);
    let proxy = Proxy::start(folder.path(), &server.address);
    let anybody = proxy.ask("GET", "/", "", "");
    assert!(anybody.starts_with("HTTP/1.1 401 "), "{anybody}");
    let page = proxy.ask("GET", "/", LOGIN, "");
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("<title>Dashboard · Rollcall</title>"));
    // A change from the page's own origin, made as the user who is logged in.
    let json = "Content-Type: application/json\r\n";
    let own = format!("{LOGIN}{json}Origin: https://{PUBLIC_HOST}\r\n");
    let made = proxy.ask(
        "POST",
        "/rpc/create_cluster",
        &own,
        r#"{"draft":{"name":"eu-west"}}"#,
    );
    assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
    let activity = proxy.ask("GET", "/activity", LOGIN, "");
    assert!(
        activity.contains("eu-west") && activity.contains("ana"),
        "{activity}"
    );
    let named = proxy.ask("POST", "/rpc/set_actor", &own, r#"{"name":"Mei"}"#);
    let cookie = named.lines().find(|it| {
        it.to_ascii_lowercase()
            .starts_with("set-cookie: rollcall_user=")
    });
    assert!(cookie.is_some_and(|it| it.contains("Secure")), "{named}");
    // A change from another origin is refused.
    let evil = format!("{LOGIN}{json}Origin: https://evil.example\r\n");
    let refused = proxy.ask("POST", "/rpc/set_actor", &evil, r#"{"name":"Eve"}"#);
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
}
