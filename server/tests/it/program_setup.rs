//! The first admin with the real program (R26): the code in the log, `/setup`, and two servers on one database.
use crate::program::{RunningServer, program, run};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

fn start(database: &Path) -> RunningServer {
    RunningServer::start(program(database).env("ROLLCALL_AUTH", "login"))
}

/// The code that the log of a server shows.
fn code(server: &mut RunningServer) -> String {
    let line = server.wait_for("setup code ");
    let (_, rest) = line.split_once("setup code ").unwrap();
    let (code, rest) = rest.split_once(", ").unwrap();
    assert!(rest.starts_with("open /setup"), "{line}");
    code.to_owned()
}

/// Posts the form of `/setup`; the whole answer.
fn set_up(server: &RunningServer, code: &str, login: &str) -> String {
    let body = format!("code={code}&login={login}&name=Root&password=a+long+enough+one");
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let (host, long) = (&server.address, body.len());
    let head = format!(
        "POST /setup HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {long}\r\nConnection: close\r\n\r\n"
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_log_shows_a_code_and_the_one_of_the_newest_server_counts_at_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let mut first = start(&database);
    let old = code(&mut first);
    let (_, page) = first.ask("GET", "/", "");
    assert!(page.to_ascii_lowercase().contains("location: /setup"), "{page}");
    assert_eq!(first.ask("GET", "/api/releases", "").0, 503);
    assert_eq!(first.ask("GET", "/healthz", "").0, 200);
    let mut second = start(&database);
    let new = code(&mut second);
    assert_ne!(old, new);
    let refused = set_up(&second, &old, "eve");
    assert!(refused.starts_with("HTTP/1.1 422 "), "{refused}");
    let made = set_up(&first, &new, "root");
    assert!(made.starts_with("HTTP/1.1 303 "), "{made}");
    assert!(made.contains("rollcall_session="), "{made}");
    // The other one knows at its next request.
    assert_eq!(second.ask("GET", "/api/releases", "").0, 401);
    let users = run(&database, &["user", "list", "--json"]).json();
    let items = users["items"].as_array().unwrap();
    assert!(items.len() == 1 && items[0]["login"] == "root", "{users}");
}

#[test]
fn with_an_admin_there_is_no_code() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(
        &database,
        &["user", "add", "root", "--name", "Root", "--role", "admin"],
    )
    .done();
    let server = start(&database);
    let (_, page) = server.ask("GET", "/", "");
    assert!(
        page.to_ascii_lowercase().contains("location: /login?next="),
        "{page}"
    );
    assert!(!server.end().contains("setup code"));
}
