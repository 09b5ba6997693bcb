//! Tests of the README's nginx configurations with a real nginx in front of the real program: TLS, who signs in where, same-origin
//! checks, and `Secure` cookies.
use crate::program::{RunningServer, program};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The host of the snippet's `server_name`, and of `ROLLCALL_PUBLIC_URL`.
pub const PUBLIC_HOST: &str = "rollcall.example.com";
const NGINX: &str = "/usr/sbin/nginx";
/// Basic authentication of `ana:secret`.
const LOGIN: &str = "Authorization: Basic YW5hOnNlY3JldA==\r\n";

/// The configurations, from the README: for `login` mode, for `proxy` mode, and for two servers.
pub fn snippet(n: usize) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let rest = readme.split("```nginx\n").nth(1 + n).unwrap();
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
pub struct Proxy<'a> {
    folder: &'a Path,
    address: String,
}

impl<'a> Proxy<'a> {
    /// Starts it with a snippet of the README, in front of servers: what the snippet says of each, and the address to say instead.
    pub fn start(folder: &'a Path, snippet: &str, servers: &[(&str, &str)]) -> Self {
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
        let mut site = snippet.to_owned();
        if site.contains("auth_basic") {
            site = replaced(&site, "/etc/nginx/rollcall.htpasswd", &at("users"));
        }
        for (from, to) in [
            ("listen 443 ssl", format!("listen {address} ssl")),
            ("/etc/ssl/certs/rollcall.pem", at("certificate")),
            ("/etc/ssl/private/rollcall.key", at("key")),
        ] {
            site = replaced(&site, from, &to);
        }
        for (from, to) in servers {
            site = replaced(&site, from, to);
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

    /// The answer to a GET through TLS that does not end by itself, line by line as it comes.
    fn lines_of(&self, path: &str, headers: &str) -> (mpsc::Receiver<String>, Child) {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", &self.address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let host = PUBLIC_HOST;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        let stdin = client.stdin.as_mut().unwrap();
        stdin.write_all(request.as_bytes()).unwrap();
        let output = BufReader::new(client.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        (lines, client)
    }

    /// The response to a request through TLS. HTTP/1.0, so that the body is not chunked.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
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

/// Adds the first admin `ana` by this command for the program.
pub fn add_ana(mut add: Command) {
    add.args(["user", "add", "ana", "--name", "Ana", "--role", "admin"]);
    add.args(["--password-stdin"]).stdin(Stdio::piped());
    let mut add = add.stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = add.stdin.take().unwrap();
    stdin.write_all(b"a long enough one\n").unwrap();
    drop(stdin);
    assert!(add.wait().unwrap().success());
}

/// The program in this mode behind nginx with the snippet of it; the first admin is `ana`. None without nginx.
fn behind_nginx(mode: &str, snippet: &str, test: impl FnOnce(&Proxy<'_>)) {
    if !Path::new(NGINX).exists() {
        eprintln!("skipped: nginx is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    add_ana(program(&database));
    let mut command = program(&database);
    command
        .env("ROLLCALL_PUBLIC_URL", format!("https://{PUBLIC_HOST}"))
        .env("ROLLCALL_TRUSTED_PROXIES", "127.0.0.1")
        .env("ROLLCALL_AUTH", mode);
    let server = RunningServer::start(&mut command);
    let servers = [("127.0.0.1:3000", server.address.as_str())];
    test(&Proxy::start(folder.path(), snippet, &servers));
}

/// Signs `ana` in through the proxy; returns her cookie as a browser sends it back.
pub fn signed_in(proxy: &Proxy<'_>) -> String {
    let credentials = r#"{"login":"ana","password":"a long enough one"}"#;
    let own = format!("{JSON}Origin: https://{PUBLIC_HOST}\r\n");
    let answer = proxy.ask("POST", "/api/session", &own, credentials);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let cookie = answer.lines().find_map(|it| {
        let (name, value) = it.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then_some(value)
    });
    let cookie = cookie.unwrap();
    assert!(cookie.starts_with("__Host-rollcall_session=") && cookie.contains("Secure"));
    cookie.split(';').next().unwrap().to_owned()
}

const JSON: &str = "Content-Type: application/json\r\n";
const CLUSTER: &str = r#"{"draft":{"name":"eu-west"}}"#;

#[test]
fn the_snippet_for_login_mode_works() {
    behind_nginx("login", &snippet(0), |proxy| {
        let anybody = proxy.ask("GET", "/", "", "");
        assert!(anybody.starts_with("HTTP/1.1 303 "), "{anybody}");
        // A request with the user header is refused, since a proxy would pass on a forged one.
        let forged = proxy.ask("GET", "/api/session", "X-Rollcall-User: ana\r\n", "");
        assert!(forged.starts_with("HTTP/1.1 403 "), "{forged}");
        let cookie = signed_in(proxy);
        let page = proxy.ask("GET", "/", &format!("Cookie: {cookie}\r\n"), "");
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        let own = format!("{JSON}Origin: https://{PUBLIC_HOST}\r\nCookie: {cookie}\r\n");
        let made = proxy.ask("POST", "/rpc/create_cluster", &own, CLUSTER);
        assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
        let evil = format!("{JSON}Cookie: {cookie}\r\nOrigin: https://evil.example\r\n");
        let refused = proxy.ask("POST", "/rpc/create_cluster", &evil, CLUSTER);
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    });
}

/// Waits for a line that begins so.
fn wait_for(lines: &mpsc::Receiver<String>, start: &str) -> String {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(20)).unwrap();
        if line.starts_with(start) {
            return line;
        }
    }
}

#[test]
fn the_stream_comes_through_nginx_as_it_happens() {
    behind_nginx("proxy", &snippet(1), |proxy| {
        let headers = format!("{LOGIN}Accept-Encoding: gzip, br\r\n");
        let (lines, mut client) = proxy.lines_of("/api/events", &headers);
        wait_for(&lines, "event: hello");
        let own = format!("{LOGIN}{JSON}Origin: https://{PUBLIC_HOST}\r\n");
        let made = proxy.ask("POST", "/rpc/create_cluster", &own, CLUSTER);
        assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
        wait_for(&lines, "event: change");
        assert!(wait_for(&lines, "data: ").contains("\"cluster\""));
        client.kill().unwrap();
        client.wait().unwrap();
    });
}

#[test]
fn the_snippet_for_proxy_mode_works() {
    behind_nginx("proxy", &snippet(1), |proxy| {
        let anybody = proxy.ask("GET", "/", "", "");
        assert!(anybody.starts_with("HTTP/1.1 401 "), "{anybody}");
        // Whatever the browser says of itself, the proxy's word counts.
        let page = proxy.ask("GET", "/", &format!("{LOGIN}X-Rollcall-User: eve\r\n"), "");
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(page.contains("<title>Dashboard · Rollcall</title>"));
        // A same-origin change, made as the signed-in user.
        let own = format!("{LOGIN}{JSON}Origin: https://{PUBLIC_HOST}\r\n");
        let made = proxy.ask("POST", "/rpc/create_cluster", &own, CLUSTER);
        assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
        let activity = proxy.ask("GET", "/activity", LOGIN, "");
        assert!(
            activity.contains("eu-west") && activity.contains("Ana"),
            "{activity}"
        );
        let themed = proxy.ask("POST", "/rpc/set_theme", &own, r#"{"theme":"dark"}"#);
        let cookie = themed.lines().find(|it| {
            let line = it.to_ascii_lowercase();
            line.starts_with("set-cookie: rollcall_theme=")
        });
        assert!(cookie.is_some_and(|it| it.contains("Secure")), "{themed}");
        // A change from another origin is refused.
        let evil = format!("{LOGIN}{JSON}Origin: https://evil.example\r\n");
        let refused = proxy.ask("POST", "/rpc/create_cluster", &evil, CLUSTER);
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    });
}
