//! Tests of authentication with the real program: the three modes, users and tokens made on the command line (R21, R25, R26).
use crate::program::{EndedProgram, RunningServer, ended, program, run};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    (folder, database)
}

/// Adds a user; returns the end of the program.
fn add(database: &Path, login: &str, role: &str, more: &[&str]) -> EndedProgram {
    let name = format!("{login} of the tests");
    let arguments = ["user", "add", login, "--name", &name, "--role", role];
    run(database, &[&arguments[..], more].concat())
}

/// Runs a verb that reads this from standard input.
fn told(database: &Path, arguments: &[&str], input: &str) -> EndedProgram {
    let mut child = program(database)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    EndedProgram {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A token of a user's, made on the command line.
fn token(database: &Path, login: &str, more: &[&str]) -> String {
    let arguments = ["token", "create", "--user", login, "--name", "ci"];
    let made = run(database, &[&arguments[..], more].concat());
    made.done().trim().to_owned()
}

/// Sends a request with these header lines; returns the status and the whole answer.
fn ask(server: &RunningServer, method: &str, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let host = &server.address;
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[test]
fn users_are_added_listed_and_deactivated_on_the_command_line() {
    let (_folder, database) = folder();
    let made = add(&database, "Ana", "admin", &["--json"]);
    made.done();
    let json = made.json();
    assert_eq!(
        (&json["login"], &json["role"]),
        (&"ana".into(), &"admin".into())
    );
    assert_eq!(json["hasPassword"], false);
    assert!(!made.out.contains("Hash"), "{made:?}");
    add(&database, "ana", "viewer", &[]).failed(1, &["ana"]);
    add(&database, "an a", "viewer", &[]).failed(1, &["login"]);
    assert_eq!(add(&database, "mei", "king", &[]).code, 2);
    add(&database, "mei", "manager", &["--scope-customer", "1"]).failed(1, &["scope"]);
    add(&database, "mei", "viewer", &["--scope-cluster", "eu"]).failed(1, &["no cluster eu"]);
    add(&database, "mei", "viewer", &["--scope-customer", "7"]).failed(1, &["7"]);
    add(&database, "mei", "operator", &[]).done();
    run(&database, &["user", "deactivate", "mei"]).done();
    run(&database, &["user", "deactivate", "ana"]).failed(1, &["ana"]);
    run(&database, &["user", "deactivate", "nobody"]).failed(1, &["User not found"]);
    let list = run(&database, &["user", "list", "--json"]).json();
    let items = list["items"].as_array().unwrap();
    let active: Vec<&Value> = items.iter().map(|it| &it["isActive"]).collect();
    assert_eq!(active, [&Value::Bool(true), &Value::Bool(false)]);
    // Recorded as done on the command line, without the secret.
    let export = run(&database, &["export"]).json();
    let events = export["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .all(|it| it["via"] == "cli" && it["actor"] == "Ana"),
        "{events:?}"
    );
    assert_eq!(run(&database, &["check"]).code, 0);
}

#[test]
fn a_password_is_read_from_standard_input_and_never_told() {
    let (_folder, database) = folder();
    let add = [
        "user",
        "add",
        "ana",
        "--name",
        "Ana",
        "--role",
        "admin",
        "--password-stdin",
    ];
    told(&database, &add, "password1234\n").failed(1, &["password"]);
    told(&database, &add, "short\n").failed(1, &["12"]);
    let boss = add.map(|it| if it == "admin" { "boss" } else { it });
    let boss = told(&database, &boss, "");
    boss.failed(2, &["boss", "viewer, operator, manager, admin"]);
    let made = told(
        &database,
        &[&add[..], &["--json"]].concat(),
        "correct horse battery\n",
    );
    made.done();
    assert_eq!(made.json()["hasPassword"], true);
    let set = ["user", "password", "ana", "--password-stdin"];
    told(&database, &set, "another horse battery\n").done();
    run(&database, &["user", "password", "ana"]).failed(1, &["--password-stdin"]);
    let export = run(&database, &["export"]);
    for secret in ["horse", "argon2"] {
        assert!(!export.out.contains(secret), "{secret}");
    }
}

#[test]
fn in_login_mode_a_token_opens_what_its_owner_may_and_no_header_does() {
    let (_folder, database) = folder();
    add(&database, "ana", "admin", &[]).done();
    add(&database, "ben", "viewer", &[]).done();
    let (admin, viewer) = (token(&database, "ana", &[]), token(&database, "ben", &[]));
    let lowered = token(&database, "ana", &["--role", "viewer", "--days", "1"]);
    let too_high = [
        "token", "create", "--user", "ben", "--name", "x", "--role", "admin",
    ];
    run(&database, &too_high).failed(1, &["role"]);
    let server = RunningServer::start(program(&database).env("ROLLCALL_AUTH", "login"));
    let ask = |path: &str, headers: &str| ask(&server, "GET", path, headers);
    let with = |token: &str| format!("Authorization: Bearer {token}\r\n");
    assert_eq!(ask("/healthz", "").0, 200);
    let (status, answer) = ask("/api/releases", "");
    assert_eq!(status, 401);
    assert!(
        answer
            .to_ascii_lowercase()
            .contains("www-authenticate: bearer"),
        "{answer}"
    );
    assert!(ask("/releases", "").1.contains("/login?next=/releases"));
    for token in [&admin, &viewer, &lowered] {
        assert_eq!(ask("/api/releases", &with(token)).0, 200);
    }
    assert_eq!(ask("/api/export", &with(&admin)).0, 200);
    for token in [&viewer, &lowered] {
        let (status, answer) = ask("/api/export", &with(token));
        assert_eq!(status, 403);
        assert!(
            answer.contains("urn:rollcall:problem:needs-role"),
            "{answer}"
        );
    }
    assert_eq!(ask("/metrics", "").0, 401);
    assert_eq!(ask("/metrics", &with(&viewer)).0, 200);
    // One wrong character; another scheme; a doubled header; a name.
    let other = if admin.ends_with('x') { 'y' } else { 'x' };
    let wrong = format!("{}{other}", &admin[..admin.len() - 1]);
    assert_eq!(ask("/api/releases", &with(&wrong)).0, 401);
    assert_eq!(ask("/api/releases", "Authorization: Basic YTpi\r\n").0, 401);
    let twice = format!("{}{}", with(&admin), with(&admin));
    assert_eq!(ask("/api/releases", &twice).0, 400);
    let named = format!("{}X-Rollcall-User: ana\r\n", with(&admin));
    assert_eq!(ask("/api/releases", &named).0, 403);
    assert_eq!(ask("/api/releases", "Cookie: rollcall_user=ana\r\n").0, 401);
    // What the command line changes counts at the next request.
    run(&database, &["user", "deactivate", "ben"]).done();
    assert_eq!(ask("/api/releases", &with(&viewer)).0, 401);
}

#[test]
fn in_proxy_mode_the_header_of_a_trusted_peer_names_the_user() {
    let (_folder, database) = folder();
    add(&database, "ana", "admin", &[]).done();
    add(&database, "ben", "viewer", &[]).done();
    let started = |trusted: &str| {
        let mut command = program(&database);
        command.env("ROLLCALL_AUTH", "proxy");
        command.env("ROLLCALL_TRUSTED_PROXIES", trusted);
        RunningServer::start(&mut command)
    };
    let server = started("127.0.0.0/8");
    let get = |headers: &str| ask(&server, "GET", "/api/customers", headers).0;
    assert_eq!(get("X-Rollcall-User: ana\r\n"), 200);
    assert_eq!(get("x-rollcall-user: BEN\r\n"), 200);
    assert_eq!(get(""), 401);
    assert_eq!(get("X-Rollcall-User: eve\r\n"), 403);
    assert_eq!(get("X-Rollcall-User: ana\r\nX-Rollcall-User: ben\r\n"), 400);
    let ben = "X-Rollcall-User: ben\r\n";
    assert_eq!(ask(&server, "GET", "/api/export", ben).0, 403);
    let page = ask(&server, "GET", "/customers", ben);
    assert!(page.0 == 200 && page.1.contains("ben of the tests"));
    server.end();
    // The peer counts, never an address that it forwards.
    let server = started("10.0.0.0/8");
    let forged = "X-Rollcall-User: ana\r\nX-Forwarded-For: 10.0.0.1\r\n";
    assert_eq!(ask(&server, "GET", "/api/customers", forged).0, 401);
}

#[test]
fn where_others_can_listen_a_mode_must_be_said() {
    let (_folder, database) = folder();
    let on_all = |mode: Option<&str>| {
        let mut command = program(&database);
        command.env("ROLLCALL_ADDR", "0.0.0.0:0");
        if let Some(mode) = mode {
            command.env("ROLLCALL_AUTH", mode);
        }
        command
    };
    ended(&mut on_all(None)).failed(2, &["ROLLCALL_AUTH", "login", "proxy", "open"]);
    ended(&mut on_all(Some("closed"))).failed(2, &["ROLLCALL_AUTH is `closed`"]);
    ended(&mut on_all(Some("proxy"))).failed(2, &["ROLLCALL_TRUSTED_PROXIES"]);
    for everybody in ["", "*", "0.0.0.0/0", "::/0", "0.0.0.0/1,128.0.0.0/1"] {
        let mut command = on_all(Some("login"));
        command.env("ROLLCALL_TRUSTED_PROXIES", everybody);
        ended(&mut command).failed(2, &["ROLLCALL_TRUSTED_PROXIES"]);
    }
    let mut server = RunningServer::start(&mut on_all(Some("open")));
    server.wait_for("ROLLCALL_AUTH is open: anybody can change anything");
}
