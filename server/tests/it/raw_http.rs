//! Tests of the real program over TCP, byte by byte: what a router in memory cannot show.
use crate::program::{RunningServer, program};
use server::ops::limits::{BODY_DRAIN_TIMEOUT, SHUTDOWN_GRACE};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, TcpStream, UdpSocket},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const MIB: usize = 1024 * 1024;

/// A server on a new database.
fn server() -> (TempDir, RunningServer) {
    let folder = tempfile::tempdir().unwrap();
    let server = RunningServer::start(&mut program(&folder.path().join("app.db")));
    (folder, server)
}

/// Sends these bytes and reads the answer until the server closes the connection, or says nothing for a while.
fn exchange(server: &RunningServer, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let timeout = Some(Duration::from_secs(20));
    stream.set_read_timeout(timeout).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A POST of a body in chunks of 64 KiB.
fn chunked(server: &RunningServer, path: &str, n_chunks: usize) -> Vec<u8> {
    let host = &server.address;
    let media = if path == "/clusters/new" {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media}\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for _ in 0..n_chunks {
        request.extend_from_slice(b"10000\r\n");
        request.resize(request.len() + 0x10000, b' ');
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}

#[test]
fn a_chunked_body_over_the_limit_is_answered_with_413() {
    let (_folder, server) = server();
    for path in ["/api/clusters", "/rpc/create_cluster", "/clusters/new"] {
        // 8 MiB are 128 chunks; 1 MiB more is read away.
        for n_chunks in [129, 136, 144] {
            let answer = exchange(&server, &chunked(&server, path, n_chunks));
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
            assert!(
                head.starts_with("HTTP/1.1 413 "),
                "{path} {n_chunks}: {answer}"
            );
            if path.starts_with("/api/") {
                assert!(head.contains("application/problem+json"), "{head}");
                assert!(body.contains("urn:rollcall:problem:too-large"), "{body}");
            }
        }
    }
    // The limit itself is not too much: this is no JSON, and read to its end.
    let answer = exchange(&server, &chunked(&server, "/api/clusters", 128));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let (status, clusters) = server.ask("GET", "/api/clusters", "");
    assert_eq!(status, 200);
    assert!(clusters.contains("\"items\":[]"), "{clusters}");
}

/// The head of a POST of JSON with this length.
fn declared(server: &RunningServer, n_bytes: usize) -> String {
    let host = &server.address;
    format!(
        "POST /api/clusters HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {n_bytes}\r\n\r\n"
    )
}

#[test]
fn a_length_over_the_limit_is_answered_before_the_body_comes() {
    let (_folder, server) = server();
    for n_bytes in [8 * MIB + 1, 9 * MIB, 9 * MIB + 1, 300 * MIB] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        // Half of the time that a body over the limit is read for.
        let timeout = BODY_DRAIN_TIMEOUT / 2;
        stream.set_read_timeout(Some(timeout)).unwrap();
        stream
            .write_all(declared(&server, n_bytes).as_bytes())
            .unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 413", "{n_bytes}");
    }
}

#[test]
fn of_a_body_over_the_limit_one_mebibyte_is_read_away() {
    let (_folder, server) = server();
    let mut request = declared(&server, 9 * MIB).into_bytes();
    request.resize(request.len() + 9 * MIB, b' ');
    // Whoever sends all of it before reading gets the answer, and goes on with the same connection.
    let next = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    request.extend_from_slice(next.as_bytes());
    let answer = exchange(&server, &request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
    // What is far larger is not read.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = declared(&server, 300 * MIB);
    stream.write_all(head.as_bytes()).unwrap();
    let part = vec![b' '; MIB];
    let n_taken = (0..300).take_while(|_| stream.write_all(&part).is_ok());
    // Some of it is in the sockets' buffers.
    let n_taken = n_taken.count();
    assert!(n_taken < 100, "{n_taken} MiB");
}

/// The status of a GET with these lines of headers.
fn status(server: &RunningServer, target: &str, headers: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    let answer = exchange(server, request.as_bytes());
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_doubled_host_and_the_target_of_another_host_are_400() {
    let (_folder, server) = server();
    let address = &server.address;
    let own = format!("Host: {address}\r\n");
    assert_eq!(status(&server, "/api/clusters", &own), "200");
    let other = "Host: evil.example\r\n";
    assert_eq!(status(&server, "/api/clusters", other), "421");
    for twice in [
        format!("{own}{own}"),
        format!("{own}{other}"),
        format!("{other}{own}"),
    ] {
        assert_eq!(status(&server, "/api/clusters", &twice), "400", "{twice}");
    }
    assert_eq!(status(&server, "/api/clusters", ""), "400");
    let absolute = |host: &str| format!("http://{host}/api/clusters");
    assert_eq!(status(&server, &absolute(address), &own), "200");
    assert_eq!(status(&server, &absolute("evil.example"), &own), "400");
    assert_eq!(status(&server, &absolute(address), other), "400");
    assert_eq!(status(&server, "/healthz", other), "200");
}

/// An address of this machine that other machines reach it by, if it has one. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn bound_to_all_addresses_the_one_that_the_connection_came_to_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&folder.path().join("app.db"));
    command
        .env("ROLLCALL_ADDR", "0.0.0.0:0")
        .env("ROLLCALL_AUTH", "open")
        .env("ROLLCALL_HOSTS", "ops");
    let mut server = RunningServer::start(&mut command);
    let (_, port) = server.address.rsplit_once(':').unwrap();
    let port = port.to_owned();
    server.address = format!("127.0.0.1:{port}");
    for (host, expected) in [
        ("127.0.0.1", "200"),
        ("ops:443", "200"),
        ("0.0.0.0", "421"),
        ("192.0.2.1", "421"),
        ("evil.example", "421"),
    ] {
        let header = format!("Host: {host}\r\n");
        assert_eq!(
            status(&server, "/api/clusters", &header),
            expected,
            "{host}"
        );
    }
    let Some(own) = own_address() else {
        eprintln!("skipped: this machine has no other address");
        return;
    };
    let header = format!("Host: {own}:{port}\r\n");
    // A connection to loopback is not one to that address.
    assert_eq!(status(&server, "/api/clusters", &header), "421");
    server.address = format!("{own}:{port}");
    assert_eq!(status(&server, "/api/clusters", &header), "200");
    assert_eq!(
        status(&server, "/api/clusters", "Host: 192.0.2.1\r\n"),
        "421"
    );
}

#[test]
fn open_streams_do_not_hold_up_the_end_of_the_program() {
    let (_folder, server) = server();
    let host = server.address.clone();
    let streams: Vec<TcpStream> = (0..5)
        .map(|n| {
            let mut stream = TcpStream::connect(&host).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            write!(
                stream,
                "GET /api/events HTTP/1.1\r\nHost: {host}\r\nX-Rollcall-User: {n}\r\n\r\n"
            )
            .unwrap();
            let mut seen = Vec::new();
            while !String::from_utf8_lossy(&seen).contains("event: hello") {
                let mut bytes = [0; 1024];
                let n_bytes = stream.read(&mut bytes).unwrap();
                assert!(n_bytes > 0, "{seen:?}");
                seen.extend_from_slice(&bytes[..n_bytes]);
            }
            stream
        })
        .collect();
    let began = Instant::now();
    let log = server.end();
    assert!(
        began.elapsed() < SHUTDOWN_GRACE / 2,
        "{:?}",
        began.elapsed()
    );
    assert!(!log.contains("cut off"), "{log}");
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("retry: "), "{rest}");
    }
}

/// As a pipe to a program that has ended.
#[test]
fn the_program_ends_in_order_though_nobody_reads_its_log_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(&folder.path().join("app.db"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Rollcall is at") {
        assert!(log.read_line(&mut line).unwrap() > 0, "{line}");
    }
    drop(log);
    let kill = format!("kill -TERM {}", child.id());
    Command::new("sh").args(["-c", &kill]).status().unwrap();
    // Its standard output ends with it.
    let mut out = child.stdout.take().unwrap();
    let (ended, is_over) = mpsc::channel();
    thread::spawn(move || ended.send(out.read_to_end(&mut Vec::new()).is_ok()));
    let waited = is_over.recv_timeout(SHUTDOWN_GRACE * 3);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(waited.is_ok() && status.success(), "{waited:?} {status}");
}
