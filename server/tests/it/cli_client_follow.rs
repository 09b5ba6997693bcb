//! Tests of `rollcall wait` and `rollcall watch` with the real program (R61): they follow the stream of changes of a running server.
use crate::{
    cli_client::ServedRelease,
    program::{EndedProgram, RunningServer},
};
use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Stdio},
};

/// A verb that goes on; killed when dropped.
struct RunningVerb(Option<Child>);

impl RunningVerb {
    /// Starts it, and waits until the server was asked for the stream.
    fn start(world: &mut ServedRelease, arguments: &[&str]) -> Self {
        let mut command = world.client(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let this = Self(Some(command.spawn().unwrap()));
        world.server.wait_for("/api/events");
        this
    }

    fn lines(&mut self) -> BufReader<ChildStdout> {
        let child = self.0.as_mut().unwrap();
        BufReader::new(child.stdout.take().unwrap())
    }

    fn end(mut self) -> EndedProgram {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        EndedProgram {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for RunningVerb {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ends a verb that would otherwise wait for ever.
const LIMIT: [&str; 2] = ["--timeout", "60s"];

fn wait_for(world: &mut ServedRelease, until: &str) -> RunningVerb {
    let arguments = [&["wait", "june-2026", "--until", until][..], &LIMIT].concat();
    RunningVerb::start(world, &arguments)
}

#[test]
fn waiting_ends_with_0_when_the_last_step_is_done() {
    let mut world = ServedRelease::start();
    let waiting = wait_for(&mut world, "done");
    world.run(&["done", "1", "2", "3", "4", "6"]).done();
    world.run(&["skip", "5", "--reason", "no host"]).done();
    let ended = waiting.end();
    assert_eq!(ended.done(), "June 2026 is done: 100 %, 6 of 6 steps.\n");
    // What is reached already is not waited for.
    let again = world.run(&["wait", "1", "--until", "done", "--json"]);
    again.done();
    assert_eq!(again.json(), world.read("releases/1/progress"));
    world.server.end();
}

#[test]
fn waiting_for_done_ends_with_3_when_a_step_fails_and_for_attention_with_0() {
    let mut world = ServedRelease::start();
    let waiting = wait_for(&mut world, "done");
    let attentive = wait_for(&mut world, "attention");
    world.run(&["fail", "1", "--reason", "broken"]).done();
    let ended = waiting.end();
    assert_eq!((ended.code, ended.err.as_str()), (3, ""), "{ended:?}");
    assert!(
        ended
            .out
            .contains("has failed steps: 0 %, 0 of 6 steps, 1 failed"),
        "{ended:?}"
    );
    let ended = attentive.end();
    assert!(
        ended.done().starts_with("June 2026 needs attention: "),
        "{ended:?}"
    );
    world.server.end();
}

#[test]
fn waiting_ends_with_1_when_the_time_runs_out_or_nobody_answers() {
    let world = ServedRelease::start();
    let arguments = ["wait", "1", "--until", "done", "--timeout", "1s"];
    let ended = world.run(&arguments);
    ended.failed(1, &["June 2026", "ran out after 1s"]);
    assert!(
        ended.out.contains("0 of 6 steps") || ended.out.contains("nothing was read"),
        "{ended:?}"
    );
    let mut client = world.client(&arguments);
    world.server.end();
    crate::program::ended(&mut client).failed(1, &["does not answer"]);
}

#[test]
fn an_archived_release_with_open_steps_is_not_waited_for() {
    let mut world = ServedRelease::start();
    let waiting = wait_for(&mut world, "done");
    let body = format!("{{\"version\": {}}}", world.read("releases/1")["version"]);
    let archived = world.server.ask("POST", "/api/releases/1/archive", &body);
    assert_eq!(archived.0, 200, "{archived:?}");
    let words = ["June 2026 is archived"];
    waiting.end().failed(1, &words);
    for until in ["done", "attention"] {
        let ended = world.run(&["wait", "1", "--until", until]);
        ended.failed(1, &words);
        assert!(ended.out.contains("0 of 6 steps"), "{ended:?}");
    }
    world.server.end();
}

#[test]
fn a_restart_of_the_server_is_waited_over() {
    let mut world = ServedRelease::start();
    let waiting = wait_for(&mut world, "attention");
    let ServedRelease { folder, server } = world;
    let address = server.address.clone();
    server.end();
    let mut command = ServedRelease::server_command(folder.path());
    let server = RunningServer::start(command.env("ROLLCALL_ADDR", &address));
    let world = ServedRelease { folder, server };
    world.run(&["fail", "1", "--reason", "broken"]).done();
    waiting.end().done();
    world.server.end();
}

#[test]
fn watching_in_a_pipe_prints_a_line_for_each_step_that_changes() {
    let mut world = ServedRelease::start();
    let mut watching = RunningVerb::start(&mut world, &["watch", "june-2026"]);
    let mut lines = watching.lines().lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "June 2026: 0 %, 0 of 6 steps");
    world.run(&["done", "3"]).done();
    let line = lines.next().unwrap();
    assert!(
        line.ends_with("Z done: 1 Set image, Smith & Sons (smith, prod-eu), by Ana"),
        "{line}"
    );
    assert_eq!(lines.next().unwrap(), "June 2026: 16 %, 1 of 6 steps");
    world.run(&["fail", "1", "2", "--reason", "broken"]).done();
    let changed = [lines.next().unwrap(), lines.next().unwrap()];
    assert!(
        changed.iter().all(|it| it.contains(" failed: ")),
        "{changed:?}"
    );
    assert_eq!(
        lines.next().unwrap(),
        "June 2026: 16 %, 1 of 6 steps, 2 failed"
    );
    drop(watching);
    world.server.end();
}

#[test]
fn watching_with_json_prints_an_object_for_each_step_that_changes() {
    let mut world = ServedRelease::start();
    // The first reading is no change; this waits until it was made.
    let mut watching = RunningVerb::start(&mut world, &["watch", "1", "--json"]);
    world.server.wait_for("/api/releases/1/matrix");
    world.server.wait_for("/api/releases/1/matrix");
    world.run(&["done", "3"]).done();
    let line = watching.lines().lines().next().unwrap().unwrap();
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&json["id"], &json["status"]), (&3.into(), &"done".into()));
    assert_eq!((&json["by"], &json["number"]), (&"Ana".into(), &1.into()));
    drop(watching);
    world.server.end();
}
