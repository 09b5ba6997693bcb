//! Tests of the verbs that are a client of a server (R61), with the real program: what they read and change, what they print, and
//! exit with. `ServedRelease` is the world that they ask.
use crate::program::{EndedProgram, RunningServer, ended, program};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// A server in `open` mode with an active release "June 2026", of "Set image" and "Look", for three customers. Steps 1 and 2 are
/// those of Acme (acme-one), 3 and 4 of Smith & Sons (smith), both in prod-eu, and 5 and 6 of ACME! (acme-two) in prod-us, who has no
/// value for the variable of "Set image".
pub struct ServedRelease {
    pub folder: TempDir,
    pub server: RunningServer,
}

impl ServedRelease {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = RunningServer::start(&mut Self::server_command(folder.path()));
        let this = Self { folder, server };
        let with_host = json!({ "HOST": "old" });
        for (path, body) in [
            ("clusters", json!({ "name": "prod-eu" })),
            ("clusters", json!({ "name": "prod-us" })),
            (
                "customers",
                json!({ "name": "Smith & Sons", "clusterId": 1, "namespace": "smith", "metadata": with_host }),
            ),
            (
                "customers",
                json!({ "name": "Acme", "clusterId": 1, "namespace": "acme-one", "metadata": with_host }),
            ),
            (
                "customers",
                json!({ "name": "ACME!", "clusterId": 2, "namespace": "acme-two" }),
            ),
            (
                "releases",
                json!({ "name": "June 2026", "type": "release" }),
            ),
            (
                "releases/1/templates",
                json!({ "name": "Set image", "category": "deploy", "type": "bash", "content": "echo {{var.HOST}}" }),
            ),
            (
                "releases/1/templates",
                json!({ "name": "Look", "category": "verify", "type": "text", "content": "Look at {{customer.name}}" }),
            ),
            ("releases/1/activate", json!({})),
        ] {
            this.send("POST", path, &body);
        }
        this
    }

    /// Logs requests too, so that tests can wait for one. A run is reported every two seconds, and hears then that it is cancelled.
    pub fn server_command(folder: &Path) -> Command {
        let mut command = program(&folder.join("app.db"));
        command
            .env("RUST_LOG", "info,tower_http=debug")
            .env("ROLLCALL_RUN_LEASE", "8");
        command
    }

    /// Sends a request below `/api`; it must be done.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/{path}");
        let (status, answer) = self.server.ask(method, &path, &body.to_string());
        assert!(status < 300, "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// What REST answers to GET.
    pub fn read(&self, path: &str) -> Value {
        let (status, answer) = self.server.ask("GET", &format!("/api/{path}"), "");
        assert_eq!(status, 200, "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// A command for the program as a client of this server. Settings of a server would stop it if it read them.
    pub fn client(&self, arguments: &[&str]) -> Command {
        let mut command = program(Path::new("unused"));
        command
            .env("DATABASE_URL", "no database")
            .env("ROLLCALL_ADDR", "no address")
            .env("ROLLCALL_URL", format!("http://{}/", self.server.address))
            .args(arguments);
        command
    }

    /// Runs a verb to its end.
    pub fn run(&self, arguments: &[&str]) -> EndedProgram {
        ended(&mut self.client(arguments))
    }

    fn status_of(&self, step: i64) -> String {
        let step = self.read(&format!("steps/{step}"));
        step["status"].as_str().unwrap().to_owned()
    }
}

#[test]
fn what_verbs_read_is_what_rest_answers() {
    let world = ServedRelease::start();
    let releases = world.run(&["releases"]);
    assert_eq!(
        releases.done(),
        "1  June 2026  active  3 customers  0 %, 0 of 6 steps\n"
    );
    let releases = world.run(&["releases", "--json"]).json();
    assert_eq!(releases, world.read("releases"));
    let status = world.run(&["status", "june-2026"]);
    let lines: Vec<&str> = status.done().lines().collect();
    assert_eq!(lines[0], "June 2026 (active)");
    assert!(lines[1].starts_with("All "), "{lines:?}");
    assert!(lines[2].starts_with("Deploy "), "{lines:?}");
    assert!(lines[3].ends_with("0/3"), "{lines:?}");
    for by in ["cluster", "customer"] {
        let status = world.run(&["status", "1", "--by", by]);
        let name = if by == "cluster" { "prod-eu " } else { "Acme " };
        let mut lines = status.done().lines();
        assert!(lines.any(|it| it.starts_with(name)), "{status:?}");
    }
    let status = world.run(&["status", "June 2026", "--json"]).json();
    assert_eq!(status, world.read("releases/1/progress"));
    let next = world.run(&["next", "1", "--json"]).json();
    let first = json!({
        "id": 1, "number": 1, "step": "Set image", "customer": "Acme", "cluster": "prod-eu",
        "namespace": "acme-one", "status": "pending",
    });
    assert_eq!(next["items"][0], first);
    assert_eq!(next["items"].as_array().unwrap().len(), 3);
    let of_us = world.run(&["next", "1", "--cluster", "prod-us"]);
    assert_eq!(
        of_us.done(),
        "5  1 Set image  ACME! (acme-two, prod-us)  pending\n"
    );
    let of_smith = world.run(&["next", "1", "--customer", "smith-sons", "--json"]);
    assert_eq!(of_smith.json()["items"][0]["id"], 3);
    let detail = world.run(&["show", "4", "--json"]).json();
    assert_eq!(detail, world.read("steps/4/detail"));
    world.server.end();
}

#[test]
fn a_step_s_text_is_printed_as_it_is_and_copied_with_its_header() {
    let world = ServedRelease::start();
    assert_eq!(
        world.run(&["show", "june-2026/smith/1"]).done(),
        "echo old\n"
    );
    let copied = world.run(&["copy", "june-2026/smith/Set image"]);
    let detail = world.read("steps/3/detail");
    let text = detail["copyText"].as_str().unwrap();
    assert!(text.contains("Smith & Sons"), "{text}");
    assert_eq!(copied.done(), format!("{text}\n"));
    let copied = world.run(&["copy", "3", "--json"]).json();
    assert_eq!(
        (&copied["copyText"], &copied["clipboard"]),
        (&json!(text), &Value::Null)
    );
    let unresolved = world.run(&["show", "5"]);
    unresolved.failed(0, &["not whole", "var.HOST"]);
    world.server.end();
}

#[test]
fn a_text_goes_to_the_clipboard_where_there_is_a_display() {
    let world = ServedRelease::start();
    // In place of the real program: it keeps what it is given. Written by another process, because a file that is open for writing
    // in this one, or in a process that it forks just then, could not be run.
    let make = "printf '#!/bin/sh\\ncat > \"%s\"\\n' \"$PWD/kept\" > wl-copy && chmod 755 wl-copy";
    let mut shell = Command::new("sh");
    let made = shell.args(["-c", make]).current_dir(world.folder.path());
    assert!(made.status().unwrap().success());
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", world.folder.path().display());
    let mut command = world.client(&["copy", "3"]);
    command
        .env("PATH", path)
        .env("WAYLAND_DISPLAY", "wayland-0");
    let copied = ended(&mut command);
    assert_eq!(
        copied.done(),
        "Copied 1 Set image of Smith & Sons (smith, prod-eu).\n"
    );
    let text = world.read("steps/3/detail")["copyText"].clone();
    assert_eq!(
        fs::read_to_string(world.folder.path().join("kept")).unwrap(),
        text.as_str().unwrap()
    );
    world.server.end();
}

#[test]
fn what_is_unknown_or_not_clear_ends_with_2_and_the_candidates_are_named() {
    let world = ServedRelease::start();
    let ambiguous = world.run(&["show", "june-2026/acme/1"]);
    ambiguous.failed(
        2,
        &[
            "1 (1 Set image of Acme (acme-one, prod-eu))",
            "5 (1 Set image of ACME! (acme-two, prod-us))",
        ],
    );
    assert_eq!(ambiguous.out, "");
    let ambiguous = world.run(&["next", "1", "--customer", "acme"]);
    ambiguous.failed(
        2,
        &[
            "Acme (acme-one, prod-eu); ",
            "ACME! (acme-two, prod-us). Say which customer by its namespace or its id",
        ],
    );
    // Who writes a name exactly means that one.
    world.run(&["show", "june-2026/Acme/1"]).done();
    for (step, words) in [
        ("999", "there is no step 999"),
        ("july/smith/1", "there is no release `july`"),
        (
            "june-2026/nobody/1",
            "there is no customer `nobody` in June 2026",
        ),
        ("june-2026/smith/9", "there is no step `9` of Smith & Sons"),
        ("look", "RELEASE/CUSTOMER/STEP"),
    ] {
        world.run(&["show", step]).failed(2, &[words]);
        world.run(&["done", "3", step]).failed(2, &[words]);
    }
    // Of several steps none is changed if one is not found.
    assert_eq!(world.status_of(3), "pending");
    world
        .run(&["status", "july"])
        .failed(2, &["there is no release `july`"]);
    world
        .run(&["next", "1", "--cluster", "moon"])
        .failed(2, &["there is no cluster `moon`"]);
    assert_eq!(world.run(&["fail", "3"]).code, 2);
    world.run(&["show", "june-2026/acme-one/1"]).done();
    let url = |url: &str| {
        let mut command = world.client(&["releases"]);
        ended(command.env("ROLLCALL_URL", url))
    };
    url("").failed(2, &["ROLLCALL_URL", "rollcall login"]);
    url("localhost").failed(2, &["ROLLCALL_URL"]);
    url("http://127.0.0.1:1").failed(1, &["does not answer"]);
    world.server.end();
}

#[test]
fn one_step_or_several_are_acted_on_and_the_report_is_that_of_a_bulk() {
    let world = ServedRelease::start();
    let started = world.run(&["start", "june-2026/smith/1"]);
    assert_eq!(started.done(), "1 step: in progress.\n");
    let again = world.run(&["start", "june-2026/smith/1"]);
    assert_eq!(
        again.done(),
        "It is in progress already; nothing was changed.\n"
    );
    let done = world.run(&[
        "done",
        "june-2026/smith-sons/set-image",
        "--notes",
        "slow",
        "--json",
    ]);
    done.done();
    let report = done.json();
    assert_eq!(
        (&report["changed"], &report["notEligible"]),
        (&json!(1), &json!([]))
    );
    assert!(report["batchId"].is_string(), "{report}");
    let step = world.read("steps/3");
    assert_eq!(
        (&step["status"], &step["notes"], &step["executedBy"]),
        (&json!("done"), &json!("slow"), &json!("Ana"))
    );
    let failed = world.run(&[
        "fail",
        "june-2026/acme-one/1",
        "4",
        "--reason",
        "broken",
        "--json",
    ]);
    failed.done();
    assert_eq!(failed.json()["changed"], 2);
    let batch = failed.json()["batchId"].clone();
    let events = world.read("audit?limit=2");
    for event in events["items"].as_array().unwrap() {
        assert_eq!(
            (&event["batchId"], &event["action"]),
            (&batch, &json!("fail"))
        );
    }
    let reverted = world.run(&["revert", "1", "--reason", "rolled back"]);
    assert_eq!(reverted.done(), "1 step: reverted.\n");
    world.run(&["reopen", "1", "4"]).done();
    world.run(&["skip", "4", "--reason", "not theirs"]).done();
    assert_eq!(world.status_of(4), "skipped");
    world.server.end();
}

#[test]
fn a_step_that_a_rule_forbids_is_named_with_the_reason_and_ends_with_1() {
    let world = ServedRelease::start();
    let refused = world.run(&["done", "5"]);
    refused.failed(1, &["1 of 1 step not changed"]);
    assert!(
        refused.out.starts_with("5 Set image of ACME!: ") && refused.out.contains("var.HOST"),
        "{refused:?}"
    );
    let some = world.run(&["done", "5", "6", "--json"]);
    assert_eq!(some.code, 1, "{some:?}");
    let report = some.json();
    assert_eq!(
        (&report["changed"], &report["notEligible"][0]["id"]),
        (&json!(1), &json!(5))
    );
    assert_eq!(world.status_of(6), "done");
    world.run(&["done", "5", "--allow-unresolved"]).done();
    // Somebody else has it in progress.
    world.run(&["start", "3"]).done();
    let start = |more: &[&str]| {
        let mut command = world.client(&["start", "3"]);
        ended(command.args(more).env("ROLLCALL_USER", "Bö"))
    };
    assert_eq!(
        start(&[]).done(),
        "It is in progress already; nothing was changed.\n"
    );
    start(&["--take-over"]).done();
    assert_eq!(world.read("steps/3")["startedBy"], "Bö");
    world
        .run(&["start", "3", "4", "--take-over"])
        .failed(2, &["--take-over is for one step"]);
    world.server.end();
}

#[test]
fn a_text_that_is_another_by_now_is_not_marked_done() {
    let world = ServedRelease::start();
    let sha256 = |step: &str| {
        let detail = world.run(&["show", step, "--json"]).json();
        detail["resolvedSha256"].as_str().unwrap().to_owned()
    };
    let shown = sha256("3");
    let change = json!({ "metadata": { "HOST": "new" }, "version": 1 });
    world.send("PATCH", "customers/1", &change);
    let refused = world.run(&["done", "3", "--text-sha256", &shown]);
    refused.failed(1, &["not changed"]);
    assert!(refused.out.contains("var.HOST changed"), "{refused:?}");
    assert!(refused.out.contains("by Ana: old -> new"), "{refused:?}");
    assert_eq!(world.status_of(3), "pending");
    world
        .run(&["done", "3", "--text-sha256", &sha256("3")])
        .done();
    world.run(&["done", "1"]).done();
    // Only what was said to be shown counts as shown.
    let is_shown = |step: i64| {
        let detail = world.read(&format!("steps/{step}/detail"));
        detail["history"][0]["textShown"].clone()
    };
    assert_eq!((is_shown(3), is_shown(1)), (json!(true), json!(false)));
    let two = world.run(&["done", "2", "4", "--text-sha256", &shown]);
    two.failed(2, &["--text-sha256 is for one step"]);
    world.server.end();
}

#[test]
fn completions_and_help_know_the_verbs() {
    let verbs = [
        "login", "releases", "status", "next", "show", "copy", "run", "start", "done", "fail",
        "skip", "revert", "reopen", "wait", "watch",
    ];
    let run = |arguments: &[&str]| ended(program(Path::new("unused")).args(arguments));
    let help = run(&["--help"]);
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(&["completions", shell]);
        for verb in verbs {
            assert!(completions.done().contains(verb), "{shell} {verb}");
            assert!(help.done().contains(&format!("\n  {verb} ")), "{verb}");
        }
    }
    let help = run(&["wait", "--help"]);
    assert!(
        help.done().contains("Ends with 0 when it is reached"),
        "{help:?}"
    );
}
