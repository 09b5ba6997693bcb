//! Tests of the real program over TCP, byte by byte: what a router in memory cannot show.
use crate::program::{RunningServer, program};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};
use tempfile::TempDir;

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
