//! Tests of `rollcall login` with the real program (R61): what is kept, for whose eyes, and what is asked with it.
use crate::program::{EndedProgram, RunningServer, program, run};
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A server in `login` mode, a token of its admin, and a folder for settings.
struct LoginWorld {
    folder: TempDir,
    server: RunningServer,
    token: String,
}

impl LoginWorld {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let user = [
            "user",
            "add",
            "ana",
            "--name",
            "Ana Admin",
            "--role",
            "admin",
        ];
        run(&database, &user).done();
        let made = run(
            &database,
            &["token", "create", "--user", "ana", "--name", "ci"],
        );
        let token = made.done().trim().to_owned();
        let server = RunningServer::start(program(&database).env("ROLLCALL_AUTH", "login"));
        Self {
            folder,
            server,
            token,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("settings")
    }

    /// Runs the program with this on its standard input, and the folder for settings.
    fn run(&self, arguments: &[&str], input: &str) -> EndedProgram {
        let mut command = program(Path::new("unused"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.settings());
        ended_with(&mut command, input)
    }

    fn login(&self, token: &str) -> EndedProgram {
        self.run(&["login", &self.url(), "--token-stdin"], token)
    }
}

fn ended_with(command: &mut Command, input: &str) -> EndedProgram {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    EndedProgram {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_login_is_kept_for_the_user_s_eyes_and_used_from_then_on() {
    let world = LoginWorld::start();
    let file = world.settings().join("rollcall/credentials.json");
    let releases = |world: &LoginWorld| world.run(&["releases"], "");
    releases(&world).failed(2, &["ROLLCALL_URL", "rollcall login"]);
    world
        .login("wrong\n")
        .failed(1, &["the server answers 401"]);
    let without = world.run(&["login", &world.url()], "");
    without.failed(1, &["wants a token", "--token-stdin"]);
    assert!(!file.exists());
    let done = world.login(&format!("{}\n", world.token));
    let told = format!("Logged in to {} as Ana Admin.\n", world.url());
    assert_eq!(done.done(), told);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(
        (&kept["url"], &kept["token"]),
        (&world.url().into(), &world.token.as_str().into())
    );
    assert_eq!(releases(&world).done(), "There is no release yet.\n");
    // A file that others could read is replaced by one that they cannot.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let again = world.run(
        &["login", &world.url(), "--token-stdin", "--json"],
        &world.token,
    );
    again.done();
    assert_eq!(again.json()["user"]["login"], "ana");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    world.server.end();
}

#[test]
fn the_environment_comes_before_what_is_kept_and_a_token_goes_to_its_own_server_only() {
    let world = LoginWorld::start();
    world.login(&world.token).done();
    let with = |variables: &[(&str, &str)]| {
        let mut command = program(Path::new("unused"));
        command
            .arg("releases")
            .env("XDG_CONFIG_HOME", world.settings())
            .envs(variables.iter().copied());
        ended_with(&mut command, "")
    };
    let url = world.url();
    let with_slash = format!("{url}/");
    with(&[("ROLLCALL_URL", with_slash.as_str())]).done();
    with(&[("ROLLCALL_TOKEN", "wrong")]).failed(1, &["the server answers 401"]);
    // The same server by another name is another server.
    let other = url.replace("127.0.0.1", "localhost");
    let elsewhere = ("ROLLCALL_URL", other.as_str());
    with(&[elsewhere]).failed(1, &["the server answers 403", "send a token"]);
    with(&[elsewhere, ("ROLLCALL_TOKEN", world.token.as_str())]).done();
    world.server.end();
}

#[test]
fn a_server_in_open_mode_asks_for_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let server = RunningServer::start(&mut program(&folder.path().join("app.db")));
    let client = |arguments: &[&str]| {
        let mut command = program(Path::new("unused"));
        command.args(arguments).env("HOME", folder.path());
        ended_with(&mut command, "")
    };
    let url = format!("http://{}", server.address);
    let told = client(&["login", &url]);
    assert!(told.done().contains("in the name Ana"), "{told:?}");
    let file = folder.path().join(".config/rollcall/credentials.json");
    // One that is given is not kept: with it the server would not be told the name.
    let mut with_token = program(Path::new("unused"));
    with_token
        .args(["login", &url, "--token-stdin"])
        .env("HOME", folder.path());
    let told = ended_with(&mut with_token, "needless\n");
    assert!(told.done().contains("no token: none is kept"), "{told:?}");
    let kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept["token"].is_null(), "{kept}");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(
        client(&["releases", "--json"]).json()["items"],
        serde_json::json!([])
    );
    server.end();
}
