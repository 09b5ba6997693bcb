//! Tests of messages with the real program: killed in the middle, ended by a signal, and with settings that are wrong.
use super::receiver::{HookAnswer, HookReceiver};
use crate::{
    program::{RunningServer, ended, program, program_at, run_at},
    test_database::{TestDatabase, TestEngine},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// A program that may send to 127.0.0.1.
fn sending(url: &str) -> Command {
    let mut command = program_at(url);
    command.env("ROLLCALL_OUT_ALLOW", "127.0.0.1");
    command
}

/// The JSON in an answer.
pub fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

/// Makes a hook by REST; answers its id.
pub fn make_hook(server: &RunningServer, target: &str) -> i64 {
    let hook =
        json!({ "name": "CI", "kind": "webhook", "target": target, "events": ["step.failed"] });
    let (status, answer) = server.ask("POST", "/api/webhooks", &hook.to_string());
    assert_eq!(status, 201, "{answer}");
    json_of(&answer)["id"].as_i64().unwrap()
}

/// Sends a test message.
pub fn send_test(server: &RunningServer, hook: i64) {
    let (status, answer) = server.ask("POST", &format!("/api/webhooks/{hook}/test"), "");
    assert_eq!(status, 202, "{answer}");
}

/// The deliveries of a hook, once all are in this state.
pub fn deliveries(server: &RunningServer, hook: i64, state: &str) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let path = format!("/api/webhooks/{hook}/deliveries?limit=500");
        let found = json_of(&server.ask("GET", &path, "").1);
        let found = found["items"].as_array().unwrap().clone();
        if found.iter().all(|it| it["state"] == state) {
            return found;
        }
        assert!(began.elapsed() < super::WAIT_TIMEOUT, "{found:?}");
        sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_it_sends_sends_again_after_its_start() {
    let receiver = HookReceiver::start(vec![HookAnswer::Never]).await;
    let place = TestDatabase::new(TestEngine::Sqlite).await;
    let url = place.url();
    let victim = RunningServer::start(&mut sending(&url));
    let hook = make_hook(&victim, &receiver.url);
    send_test(&victim, hook);
    let first = receiver.wait_for(1).await;
    // SIGKILL: nothing is written down.
    drop(victim);
    let server = RunningServer::start(&mut sending(&url));
    let got = receiver.wait_for(2).await;
    let id = first[0].header("webhook-id");
    assert!(id.starts_with("msg_"), "{id}");
    assert_eq!(got[1].header("webhook-id"), id);
    let delivered = deliveries(&server, hook, "delivered");
    assert_eq!(delivered.len(), 1);
    assert_eq!(delivered[0]["messageId"], id);
    server.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_secrets_lies_beside_the_database_and_only_its_owner_can_read_it() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let url = format!("sqlite://{}", database.display());
    let server = RunningServer::start(&mut sending(&url));
    let key = folder.path().join("app.db.key");
    assert!(!key.exists());
    let hook = make_hook(&server, &receiver.url);
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.end();
    // Without it the secret cannot be read.
    fs::remove_file(&key).unwrap();
    let server = RunningServer::start(&mut sending(&url));
    send_test(&server, hook);
    let given_up = deliveries(&server, hook, "given_up");
    let why = given_up[0]["error"].as_str().unwrap();
    assert!(why.contains("The secret cannot be read"), "{why}");
    let (_, answer) = server.ask("GET", &format!("/api/webhooks/{hook}"), "");
    assert_eq!(json_of(&answer)["isActive"], false);
    assert!(receiver.got().is_empty());
    server.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_no_webhook_is_switched_on_and_no_other_key_is_made() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let server = RunningServer::start(&mut sending(&url));
    let hook = make_hook(&server, &receiver.url);
    server.end();
    let [key, away] = ["app.db.key", "away"].map(|it| folder.path().join(it));
    fs::rename(&key, &away).unwrap();
    let server = RunningServer::start(&mut sending(&url));
    send_test(&server, hook);
    deliveries(&server, hook, "given_up");
    let path = format!("/api/webhooks/{hook}");
    let off = json_of(&server.ask("GET", &path, "").1);
    assert_eq!(off["isActive"], false);
    let on = json!({ "isActive": true, "version": off["version"] }).to_string();
    let (status, answer) = server.ask("PATCH", &path, &on);
    assert_eq!(status, 409, "{answer}");
    assert!(answer.contains("ROLLCALL_KEY_FILE"), "{answer}");
    let other = json!({ "name": "B", "kind": "webhook", "target": receiver.url, "events": ["step.failed"] });
    let other = other.to_string();
    let (status, answer) = server.ask("POST", "/api/webhooks", &other);
    assert_eq!(status, 409, "{answer}");
    assert!(answer.contains("ROLLCALL_KEY_FILE"), "{answer}");
    assert!(!key.exists());
    fs::rename(&away, &key).unwrap();
    let (status, answer) = server.ask("PATCH", &path, &on);
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = server.ask("POST", "/api/webhooks", &other);
    assert_eq!(status, 201, "{answer}");
    server.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_waits_for_the_answer_to_what_it_sends() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let place = TestDatabase::new(TestEngine::Sqlite).await;
    let url = place.url();
    let server = RunningServer::start(&mut sending(&url));
    let hook = make_hook(&server, &receiver.url);
    for _ in 0..20 {
        send_test(&server, hook);
    }
    receiver.wait_for(1).await;
    server.end();
    let server = RunningServer::start(&mut sending(&url));
    assert_eq!(deliveries(&server, hook, "delivered").len(), 20);
    server.end();
    assert_eq!(receiver.got().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_may_not_be_called_is_refused_when_it_is_saved() {
    let place = TestDatabase::new(TestEngine::Sqlite).await;
    let server = RunningServer::start(&mut program_at(&place.url()));
    for target in [
        "http://127.0.0.1:9/x",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:9/",
    ] {
        let hook =
            json!({ "name": "x", "kind": "slack", "target": target, "events": ["step.done"] });
        let (status, answer) = server.ask("POST", "/api/webhooks", &hook.to_string());
        assert_eq!(status, 422, "{target}: {answer}");
        let why = &json_of(&answer)["errors"]["target"];
        assert!(why.to_string().contains("nothing is sent there"), "{why}");
    }
    make_hook(&server, "https://does-not-resolve.invalid/hook");
    server.end();
}

#[test]
fn a_wrong_setting_of_what_goes_out_ends_the_start_and_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let refused = |name: &str, text: &str, words: &[&str]| {
        let mut command = program(&database);
        let output = ended(command.env(name, text));
        output.failed(2, &[&[name][..], words].concat());
    };
    refused("ROLLCALL_OUT_ALLOW", "10.0.0.0/99", &["10.0.0.0/99"]);
    refused("ROLLCALL_OUT_RETRY", "soon", &["soon", "5s,5m,1h"]);
    refused("ROLLCALL_SMTP_FROM", "a@b.example", &["ROLLCALL_SMTP_URL"]);
    let key = folder.path().join("key");
    fs::write(&key, "no key").unwrap();
    let shown = key.display().to_string();
    refused("ROLLCALL_KEY_FILE", &shown, &["32 bytes", "openssl rand"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_key_that_the_setting_names_must_be_there() {
    let place = TestDatabase::new(TestEngine::Postgres).await;
    let server = RunningServer::start(&mut sending(&place.url()));
    let hook = json!({ "name": "x", "kind": "webhook", "target": "http://127.0.0.1:9/", "events": ["step.done"] });
    let (status, answer) = server.ask("POST", "/api/webhooks", &hook.to_string());
    assert_eq!(status, 409, "{answer}");
    assert!(answer.contains("ROLLCALL_KEY_FILE"), "{answer}");
    server.end();
    let mut command = program_at(&place.url());
    let command = command.env("ROLLCALL_KEY_FILE", Path::new("/nowhere/rollcall.key"));
    ended(command).failed(2, &["ROLLCALL_KEY_FILE", "/nowhere/rollcall.key"]);
    assert_eq!(run_at(&place.url(), &["check"]).code, 0);
}

#[test]
fn a_key_file_that_is_not_there_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    // The address is taken, so that the program ends by itself.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let start = |key: &Path| {
        let mut command = program(&folder.path().join("app.db"));
        command
            .env("ROLLCALL_ADDR", taken.local_addr().unwrap().to_string())
            .env("ROLLCALL_KEY_FILE", key);
        ended(&mut command)
    };
    let key = folder.path().join("rollcall.key");
    let without = start(&key);
    assert_eq!(without.code, 1, "{without:?}");
    assert!(
        without.err.contains("ROLLCALL_KEY_FILE names no file"),
        "{without:?}"
    );
    fs::write(&key, STANDARD.encode([7; 32])).unwrap();
    let with = start(&key);
    assert!(!with.err.contains("ROLLCALL_KEY_FILE"), "{with:?}");
}
