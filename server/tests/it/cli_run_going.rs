//! Tests of what happens to a `rollcall run` that goes on (R72): the text changes, somebody ends it, or the server is killed.
use crate::{
    cli_client::ServedRelease,
    cli_run::HereWorld,
    program::{EndedProgram, RunningServer, ended},
};
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout, Command, Stdio},
};

/// `rollcall run` that goes on; killed when dropped.
struct GoingRun {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl GoingRun {
    fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Reads up to this line, which the text writes.
    fn wait_for(&mut self, wanted: &str) {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "{seen}");
            if line.trim_end() == wanted {
                return;
            }
            seen.push_str(&line);
        }
    }

    fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        Command::new("sh").args(["-c", &kill]).status().unwrap();
    }

    /// Waits for its end; its exit code, the rest of its output, and its errors.
    fn end(mut self) -> EndedProgram {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        let errors = self.child.stderr.as_mut().unwrap();
        errors.read_to_string(&mut err).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        EndedProgram { code, out, err }
    }
}

impl Drop for GoingRun {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_text_that_changes_between_showing_and_running_is_not_run() {
    let world = HereWorld::start("echo {{var.HOST}}");
    let mut client = world.client("prod-eu", &["3", "--yes"]);
    let going = GoingRun::start(client.env("FAKE_PIPE", world.pipe()));
    // kubectl waits here, when the step was read and is not asked for yet.
    let mut pipe = OpenOptions::new().write(true).open(world.pipe()).unwrap();
    fs::remove_file(world.pipe()).unwrap();
    let change = json!({ "metadata": { "HOST": "new" }, "version": 1 });
    world.0.send("PATCH", "customers/1", &change);
    pipe.write_all(b"go\n").unwrap();
    drop(pipe);
    going.end().failed(
        3,
        &["was refused", "var.HOST changed", "by Ana: old -> new"],
    );
    assert_eq!(world.status_of(3), "pending");
    assert_eq!(world.0.read("runs")["items"], json!([]));
    world.0.server.end();
}

#[test]
fn ctrl_c_and_cancel_end_the_text_and_the_step_is_failed() {
    let world = HereWorld::start("echo begun\nread line < \"$PIPE\"");
    let mut going = GoingRun::start(&mut world.client("prod-eu", &["1", "--yes"]));
    going.wait_for("begun");
    assert_eq!(world.status_of(1), "in_progress");
    going.interrupt();
    going.end().failed(1, &["failed: cancelled by Ana after "]);
    assert_eq!(world.run_of(1)["state"], "cancelled");
    let mut going = GoingRun::start(&mut world.client("prod-eu", &["3", "--yes"]));
    going.wait_for("begun");
    let run = world.run_of(3);
    let cancel = format!("runs/{}/cancel", run["id"]);
    world.0.send("POST", &cancel, &json!({}));
    going.end().failed(1, &["failed: cancelled by Ana after "]);
    let step = world.0.read("steps/3");
    assert_eq!(step["status"], "failed");
    let reason = step["failReason"].as_str().unwrap();
    assert!(reason.starts_with("cancelled by Ana after "), "{reason}");
    world.0.server.end();
}

#[test]
fn a_server_that_is_killed_meanwhile_is_told_the_end_later() {
    let world = HereWorld::start("echo begun\nread line < \"$PIPE\"\necho ended");
    let mut going = GoingRun::start(&mut world.client("prod-eu", &["3", "--yes"]));
    going.wait_for("begun");
    // As kill -9.
    let HereWorld(ServedRelease { folder, server }) = world;
    let address = server.address.clone();
    drop(server);
    fs::write(folder.path().join("pipe"), "go\n").unwrap();
    let unsent = going.end();
    let file = folder.path().join("state/rollcall");
    let host = address.replace(':', "-");
    let file = file.join(format!("run-1-{host}.json"));
    unsent.failed(
        1,
        &[
            "could not be sent",
            "does not answer",
            &file.display().to_string(),
            "rollcall run --resend",
        ],
    );
    assert!(unsent.out.contains("ended\n"), "{unsent:?}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept["endedAt"].is_string(), "{kept}");
    let mut command = ServedRelease::server_command(folder.path());
    let server = RunningServer::start(command.env("ROLLCALL_ADDR", &address));
    let world = HereWorld(ServedRelease { folder, server });
    assert_eq!(world.status_of(3), "in_progress");
    let sent = ended(&mut world.client("", &["--resend"]));
    assert_eq!(
        sent.done(),
        "1 Set image of Smith & Sons (smith, prod-eu): succeeded.\n"
    );
    assert!(world.has_no_results());
    assert_eq!(world.status_of(3), "done");
    let run = world.run_of(3);
    assert_eq!(world.output_of(&run, "stdout"), "begun\nended\n");
    let nothing = ended(&mut world.client("", &["--resend"]));
    assert_eq!(nothing.done(), "There is no result to send.\n");
    world.0.server.end();
}

#[test]
fn a_result_that_is_sent_later_ended_when_it_did_and_not_before_its_begin() {
    let world = HereWorld::start("true");
    let ServedRelease { folder, server } = &world.0;
    let version = world.0.read("steps/3")["version"].clone();
    let body = json!({ "version": version, "here": true });
    let run = world.0.send("POST", "steps/3/run", &body);
    let results = folder.path().join("state/rollcall");
    fs::create_dir_all(&results).unwrap();
    // Longer ago than its begin, which is the server's word.
    let kept = json!({
        "url": format!("http://{}", server.address), "runId": run["id"], "step": "1 Set image",
        "endedAt": "2020-01-01T00:00:00Z", "finish": { "lease": run["lease"], "exitCode": 0 },
    });
    fs::write(results.join("run-1-a.json"), kept.to_string()).unwrap();
    let sent = ended(&mut world.client("", &["--resend"]));
    assert_eq!(sent.done(), "1 Set image: succeeded.\n");
    let run = world.run_of(3);
    assert!(run["startedAt"].is_string(), "{run}");
    assert_eq!(run["endedAt"], run["startedAt"]);
    world.0.server.end();
}

#[test]
fn a_result_that_cannot_be_read_is_named_and_the_others_are_sent() {
    let world = HereWorld::start("true");
    let ServedRelease { folder, server } = &world.0;
    let version = world.0.read("steps/3")["version"].clone();
    let body = json!({ "version": version, "here": true });
    let run = world.0.send("POST", "steps/3/run", &body);
    let results = folder.path().join("state/rollcall");
    fs::create_dir_all(&results).unwrap();
    let kept = json!({
        "url": format!("http://{}", server.address), "runId": run["id"], "step": "1 Set image",
        "finish": { "lease": run["lease"], "exitCode": 0 },
    });
    fs::write(results.join("run-1-b.json"), kept.to_string()).unwrap();
    let broken = results.join("run-1-a.json");
    fs::write(&broken, "{").unwrap();
    let sent = ended(&mut world.client("", &["--resend"]));
    let broken = broken.display().to_string();
    sent.failed(1, &["1 result not sent", &broken]);
    assert!(sent.out.contains("1 Set image: succeeded.\n"), "{sent:?}");
    assert!(sent.out.contains(&broken), "{sent:?}");
    assert_eq!(world.status_of(3), "done");
    let left: Vec<_> = fs::read_dir(&results).unwrap().flatten().collect();
    assert_eq!(left.len(), 1);
    world.0.server.end();
}
