//! Tests of runs whose runner or server is killed, or told to end, with the real program: nothing is run twice, nothing is left, and
//! the step's state says what is known (R73).
use super::{RunnerWorld, RunningRunner, sleepers, until};
use serde_json::{Value, json};
use std::{
    fs,
    time::{Duration, Instant},
};

#[test]
fn a_runner_that_is_killed_takes_its_text_with_it_and_the_run_is_lost() {
    let world = RunnerWorld::start_with(&[("bash", "placeholder"), ("bash", "echo two")], 1, 3);
    let lines = world.path("lines");
    let text = format!(
        "echo x >> '{}'; setsid sleep 7301 & sleep 7301",
        lines.display()
    );
    let template = world.read("templates/1");
    let edit = json!({ "content": text, "version": template["version"] });
    world.send("PATCH", "templates/1", &edit);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    until("both sleepers", || (sleepers(7301) == 2).then_some(()));
    runner.signal("KILL");
    until("no sleeper", || (sleepers(7301) == 0).then_some(()));
    let lost = world.wait_for(run, "lost");
    let reason = lost["reason"].as_str().unwrap();
    assert!(reason.starts_with("lost its runner at "), "{reason}");
    assert_eq!(world.step(1).0, "in_progress");
    drop(runner);
    // Another runner takes what is asked for, and not what was lost.
    let second = world.runner("eu-2", &[]);
    let other = world.ask(2, 60);
    world.wait_for(other, "succeeded");
    assert_eq!(world.read(&format!("runs/{run}"))["state"], "lost");
    assert_eq!(fs::read_to_string(&lines).unwrap(), "x\n");
    // A person may ask for it again.
    world.send("POST", &format!("runs/{run}/retry"), &json!({}));
    until("both sleepers again", || {
        (sleepers(7301) == 2).then_some(())
    });
    assert_eq!(fs::read_to_string(&lines).unwrap(), "x\nx\n");
    drop(second);
    until("no sleeper", || (sleepers(7301) == 0).then_some(()));
}

#[test]
fn a_run_goes_on_while_its_server_is_killed_and_started_again() {
    let mut world = RunnerWorld::start(&[("bash", "placeholder")]);
    let [lines, go] = ["lines", "go"].map(|it| world.path(it));
    let text = format!(
        "echo x >> '{}'; echo one; until [ -e '{}' ]; do sleep 0.05; done; echo two",
        lines.display(),
        go.display()
    );
    let template = world.read("templates/1");
    let edit = json!({ "content": text, "version": template["version"] });
    world.send("PATCH", "templates/1", &edit);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    until("the output", || {
        (world.output(run) == "one\n").then_some(())
    });
    world.kill_server();
    fs::write(&go, "").unwrap();
    world.start_server(60);
    world.wait_for(run, "succeeded");
    assert_eq!(world.output(run), "one\ntwo\n");
    assert_eq!(world.step(1).0, "done");
    assert_eq!(fs::read_to_string(&lines).unwrap(), "x\n");
    world.is_tidy();
    drop(runner);
}

#[test]
fn a_text_that_kills_its_helper_is_ended_all_the_same() {
    let world = RunnerWorld::start(&[
        (
            "bash",
            "(trap '' TERM; exec setsid sleep 7302) & sleep 0.2; kill -9 $PPID; sleep 7302",
        ),
        (
            "bash",
            "kill -STOP $PPID; sleep 0.2; kill -CONT $PPID; echo two",
        ),
    ]);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    let failed = world.wait_for(run, "failed");
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("was ended by SIGKILL"), "{reason}");
    assert_eq!(sleepers(7302), 0);
    let run = world.ask(2, 600);
    world.wait_for(run, "succeeded");
    world.is_tidy();
    drop(runner);
}

#[test]
fn a_runner_that_is_told_to_end_finishes_its_run_and_takes_no_other() {
    let world = RunnerWorld::start(&[("bash", "placeholder"), ("bash", "echo two")]);
    let go = world.path("go");
    let text = format!(
        "echo one; until [ -e '{}' ]; do sleep 0.05; done",
        go.display()
    );
    let template = world.read("templates/1");
    let edit = json!({ "content": text, "version": template["version"] });
    world.send("PATCH", "templates/1", &edit);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    until("the output", || {
        (world.output(run) == "one\n").then_some(())
    });
    runner.signal("INT");
    until("its word", || {
        runner
            .log()
            .contains("no run is begun any more")
            .then_some(())
    });
    until("that nothing is offered to it", || {
        let offer = world.read("steps/2/run");
        (offer["reason"] == "no runner serves prod-eu").then_some(())
    });
    let other = world.ask(2, 600);
    fs::write(&go, "").unwrap();
    world.wait_for(run, "succeeded");
    assert_eq!(runner.ended(), 0);
    assert_eq!(world.read(&format!("runs/{other}"))["state"], "queued");
}

#[test]
fn a_runner_that_is_told_twice_cancels_its_run() {
    let world = RunnerWorld::start(&[("bash", "echo one; sleep 7303")]);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    until("the output", || {
        (world.output(run) == "one\n").then_some(())
    });
    runner.signal("TERM");
    until("its word", || {
        runner
            .log()
            .contains("no run is begun any more")
            .then_some(())
    });
    runner.signal("INT");
    let cancelled = world.wait_for(run, "cancelled");
    let reason = cancelled["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("cancelled at the runner eu-1 after "),
        "{reason}"
    );
    assert_eq!(world.step(1).0, "failed");
    assert_eq!(runner.ended(), 0);
    assert_eq!(sleepers(7303), 0);
    world.is_tidy();
}

/// Waits until the server has this runner's question for a run.
fn asks(world: &RunnerWorld) {
    until("its question", || {
        let runners = world.read("runners");
        (runners["items"][0]["kinds"] == json!(["bash"])).then_some(())
    });
}

#[test]
fn a_runner_that_waits_for_a_run_ends_at_once_and_takes_none() {
    let world = RunnerWorld::start(&[("bash", "echo one")]);
    let runner = world.runner("eu-1", &[]);
    asks(&world);
    let began = Instant::now();
    runner.signal("INT");
    until("its word", || {
        runner
            .log()
            .contains("no run is begun any more")
            .then_some(())
    });
    // The runner may get it still: then it goes back into the queue.
    let run = world.ask(1, 600);
    assert_eq!(runner.ended(), 0);
    // Without its word the server would answer after 25 seconds.
    assert!(began.elapsed() < Duration::from_secs(20));
    let waits = world.read(&format!("runs/{run}"));
    assert_eq!(
        (&waits["state"], &waits["startedAt"]),
        (&json!("queued"), &Value::Null)
    );
    assert_eq!(world.step(1).0, "in_progress");
    assert_eq!(world.output(run), "");
    let second = world.runner("eu-2", &[]);
    world.wait_for(run, "succeeded");
    drop(second);
}

#[test]
fn a_runner_that_ends_properly_is_not_connected_at_once_unless_another_program_has_its_token() {
    let text = "echo one; until [ -e \"$HOME/go\" ]; do sleep 0.05; done";
    let world = RunnerWorld::start(&[("bash", text)]);
    let token = world.token("eu-1");
    let start = |log: &str| RunningRunner::start(&mut world.command(&token, &[]), &world.path(log));
    let takes = || world.read("runners")["items"][0]["maxParallel"].clone();
    let first = start("first.log");
    asks(&world);
    first.signal("TERM");
    assert_eq!(first.ended(), 0);
    assert_eq!(takes(), 0);
    let offer = world.read("steps/1/run");
    assert_eq!(offer["reason"], "no runner serves prod-eu");
    let busy = start("busy.log");
    let run = world.ask(1, 600);
    until("the output", || {
        (world.output(run) == "one\n").then_some(())
    });
    let other = start("other.log");
    until("its start", || {
        other.log().contains("takes runs of").then_some(())
    });
    other.signal("TERM");
    assert_eq!(other.ended(), 0);
    assert_eq!(takes(), 1);
    assert_eq!(world.read(&format!("runs/{run}"))["state"], "running");
    fs::write(world.path("go"), "").unwrap();
    world.wait_for(run, "succeeded");
    busy.signal("INT");
    assert_eq!(busy.ended(), 0);
    assert_eq!(takes(), 0);
}

#[test]
fn when_a_runner_and_its_server_are_killed_at_once_the_run_is_lost_and_nothing_runs_twice() {
    let texts = [("bash", "placeholder"), ("bash", "echo two")];
    let mut world = RunnerWorld::start_with(&texts, 1, 3);
    let lines = world.path("lines");
    let text = format!("echo x >> '{}'; sleep 7304", lines.display());
    let template = world.read("templates/1");
    let edit = json!({ "content": text, "version": template["version"] });
    world.send("PATCH", "templates/1", &edit);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 600);
    until("the sleeper", || (sleepers(7304) == 1).then_some(()));
    runner.signal("KILL");
    world.kill_server();
    until("no sleeper", || (sleepers(7304) == 0).then_some(()));
    drop(runner);
    world.start_server(3);
    let lost = world.wait_for(run, "lost");
    let reason = lost["reason"].as_str().unwrap();
    assert!(reason.starts_with("lost its runner at "), "{reason}");
    assert_eq!(world.step(1).0, "in_progress");
    // Another runner takes what is asked for, and not what was lost.
    let second = world.runner("eu-2", &[]);
    let other = world.ask(2, 60);
    world.wait_for(other, "succeeded");
    assert_eq!(world.read(&format!("runs/{run}"))["state"], "lost");
    assert_eq!(fs::read_to_string(&lines).unwrap(), "x\n");
    assert_eq!(sleepers(7304), 0);
    drop(second);
}
