//! Tests of runs on a runner, with the real program as the server and as the runner.
use super::{RunnerWorld, RunningRunner, sleepers, until};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    process::{Command, Stdio},
};

fn states(step: (String, String)) -> [String; 2] {
    [step.0, step.1]
}

#[test]
fn runs_end_as_their_texts_do_and_mark_their_steps() {
    let world = RunnerWorld::start(&[
        (
            "bash",
            "echo \"$NAMESPACE|$CUSTOMER|$CLUSTER|$RELEASE|$TERM\"",
        ),
        ("bash", "echo out; echo 'no such image' >&2; exit 3"),
        ("bash", "sleep 7201"),
        ("bash", "echo begun; sleep 7202"),
        ("bash", "kill -9 $$"),
    ]);
    let runner = world.runner("eu-1", &["--max-parallel", "8"]);
    let runs: Vec<i64> = (1..=5)
        .map(|step| world.ask(step, if step == 3 { 1 } else { 60 }))
        .collect();

    let done = world.wait_for(runs[0], "succeeded");
    assert_eq!(
        (&done["exitCode"], &done["runner"]),
        (&json!(0), &json!("eu-1"))
    );
    assert_eq!(
        world.output(runs[0]),
        "ns-000|Customer 000|prod-eu|June|dumb\n"
    );
    assert_eq!(states(world.step(1)), ["done", ""]);

    let failed = world.wait_for(runs[1], "failed");
    assert_eq!(failed["exitCode"], 3);
    assert_eq!(failed["reason"], "exit code 3: no such image");
    assert_eq!(
        states(world.step(2)),
        ["failed", "exit code 3: no such image"]
    );

    let late = world.wait_for(runs[2], "failed");
    assert_eq!(late["reason"], "timed out after 1 s");
    assert_eq!(states(world.step(3)), ["failed", "timed out after 1 s"]);

    until("the output of a run that goes on", || {
        (world.output(runs[3]) == "begun\n").then_some(())
    });
    world.send("POST", &format!("runs/{}/cancel", runs[3]), &json!({}));
    let cancelled = world.wait_for(runs[3], "cancelled");
    let reason = cancelled["reason"].as_str().unwrap();
    assert!(reason.starts_with("cancelled by Ana after "), "{reason}");
    assert_eq!(world.step(4).0, "failed");

    let killed = world.wait_for(runs[4], "failed");
    assert_eq!(killed["reason"], "ended by SIGKILL");
    assert_eq!(sleepers(7201) + sleepers(7202), 0);
    world.is_tidy();
    drop(runner);
}

#[test]
fn what_is_secret_is_masked_and_what_is_not_listed_is_not_seen() {
    let world = RunnerWorld::start(&[(
        "bash",
        "echo \"$SECRET|$OTHER|$ROLLCALL_RUNNER_TOKEN\"; printf %s \"user:$SECRET\" | base64; echo two-secrets-here",
    )]);
    let masks = world.path("masks");
    fs::write(&masks, "two-secrets\n\nab\n").unwrap();
    let token = world.token("eu-1");
    let arguments = [
        "--env",
        "SECRET",
        "--mask-env",
        "SECRET",
        "--mask-file",
        masks.to_str().unwrap(),
    ];
    let mut command = world.command(&token, &arguments);
    command.env("SECRET", "s3cr3t-value").env("OTHER", "other");
    let log = world.path("log");
    let runner = RunningRunner::start(&mut command, &log);
    let run = world.ask(1, 60);
    world.wait_for(run, "succeeded");
    let output = world.output(run);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!((lines[0], lines[2]), ("***||", "***-here"));
    assert!(lines[1].contains("***") && lines[1].len() < 16, "{output}");
    assert!(!runner.log().contains("s3cr3t"), "{}", runner.log());
}

/// The same command without the capabilities of root, which may read everything.
fn without_capabilities(command: &Command) -> Command {
    let mut limited = Command::new("setpriv");
    limited
        .env_clear()
        .envs(command.get_envs().filter_map(|it| Some((it.0, it.1?))))
        .arg("--bounding-set=-all")
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    limited
}

#[test]
fn a_text_finds_no_secret_of_its_runner_in_proc() {
    let world = RunnerWorld::start(&[("bash", "placeholder")]);
    let mut command = world.command(&world.token("eu-1"), &[]);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command = without_capabilities(&command);
    }
    let runner = RunningRunner::start(&mut command, &world.path("log"));
    let text = format!(
        "tr '\\0' '\\n' < /proc/$$/environ | grep NAMESPACE=ns-000 > /dev/null\necho own\n\
         if cat /proc/{}/environ; then exit 7; fi",
        runner.id()
    );
    let template = world.read("templates/1");
    let edit = json!({ "content": text, "version": template["version"] });
    world.send("PATCH", "templates/1", &edit);
    let run = world.ask(1, 60);
    world.wait_for(run, "succeeded");
    let output = world.output(run);
    assert!(output.contains("own\n"), "{output}");
    assert!(output.contains("Permission denied"), "{output}");
}

#[test]
fn a_hundred_runs_over_four_runners_are_each_run_once() {
    let world = RunnerWorld::start_with(&[("bash", "placeholder"); 4], 25, 60);
    let lines = world.path("lines");
    for n in 1..=4 {
        // One step of one customer fails.
        let text = format!(
            "echo \"$NAMESPACE {n}\" >> '{}'; sleep 0.1; [ \"$NAMESPACE {n}\" != 'ns-007 2' ]",
            lines.display()
        );
        let path = format!("templates/{n}");
        let template = world.read(&path);
        let edit = json!({ "content": text, "version": template["version"] });
        world.send("PATCH", &path, &edit);
    }
    // The last step first: the order of the steps counts, and not that of the questions.
    let ids: Vec<i64> = (1..=100).rev().collect();
    let asked = world.send("POST", "runs", &json!({ "ids": ids }));
    assert_eq!(asked["notEligible"], json!([]), "{asked}");
    let names = ["eu-1", "eu-2", "eu-3", "eu-4"];
    let runners = names.map(|it| world.runner(it, &["--max-parallel", "3"]));
    let all = || -> Vec<Value> {
        let page = world.read("runs?limit=500");
        page["items"].as_array().unwrap().clone()
    };
    until("all runs", || {
        let runs = all();
        let running: Vec<&Value> = runs
            .iter()
            .filter(|it| it["state"] == "running")
            .map(|it| &it["customerId"])
            .collect();
        assert!(running.len() <= 8, "more than the cluster takes at once");
        for customer in &running {
            let n_of_customer = running.iter().filter(|it| *it == customer).count();
            assert_eq!(n_of_customer, 1, "of one customer one at a time");
        }
        let unfinished = ["queued", "claimed", "running"];
        runs.iter()
            .all(|it| unfinished.iter().all(|state| it["state"] != *state))
            .then_some(())
    });
    let runs = all();
    let by: BTreeSet<&str> = runs.iter().filter_map(|it| it["runner"].as_str()).collect();
    assert_eq!((runs.len(), by.len()), (100, 4), "{by:?}");
    let of_state = |state: &str| runs.iter().filter(|it| it["state"] == state).count();
    assert_eq!((of_state("succeeded"), of_state("failed")), (97, 1));
    for run in runs.iter().filter(|it| it["state"] == "cancelled") {
        assert_eq!(run["reason"], "not begun: Step 1 failed");
        assert_eq!(world.step(run["stepId"].as_i64().unwrap()).0, "pending");
    }
    let lines = fs::read_to_string(&lines).unwrap();
    let mut steps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (namespace, step) in lines.lines().filter_map(|it| it.split_once(' ')) {
        steps.entry(namespace).or_default().push(step);
    }
    assert_eq!(steps.len(), 25);
    for (namespace, steps) in steps {
        let expected: &[&str] = if namespace == "ns-007" {
            &["1", "2"]
        } else {
            &["1", "2", "3", "4"]
        };
        assert_eq!(steps, expected, "{namespace}");
    }
    world.is_tidy();
    drop(runners);
}

#[test]
fn sql_is_run_by_the_command_of_the_runner() {
    let world = RunnerWorld::start(&[
        (
            "sql",
            "create table t (n); insert into t values (1), (2); select 'sum ' || sum(n) from t;",
        ),
        (
            "sql",
            "insert into t values (3); insert into nowhere values (1); delete from t;",
        ),
    ]);
    let template = format!(
        "sqlite3 -bail '{}/{{namespace}}.db' '.read {{file}}'",
        world.folder.path().display()
    );
    let runner = world.runner("eu-1", &["--sql", &template]);
    let run = world.ask(1, 60);
    world.wait_for(run, "succeeded");
    assert_eq!(world.output(run), "sum 3\n");
    let run = world.ask(2, 60);
    let failed = world.wait_for(run, "failed");
    let reason = failed["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("exit code 1: ") && reason.contains("no such table: nowhere"),
        "{reason}"
    );
    assert!(world.path("ns-000.db").exists());
    drop(runner);
}

#[test]
fn of_50_mb_both_ends_are_kept_and_little_memory_is_taken() {
    let world = RunnerWorld::start(&[(
        "bash",
        "echo first; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo last",
    )]);
    let runner = world.runner("eu-1", &[]);
    let run = world.ask(1, 60);
    let done = world.wait_for(run, "succeeded");
    assert_eq!(done["outputCut"], true);
    assert_eq!(done["outputBytes"], 50_000_012);
    let (status, raw) = world.server.as_ref().unwrap().ask(
        "GET",
        &format!("/api/runs/{run}/output?format=raw"),
        "",
    );
    assert_eq!(status, 200);
    let (_, body) = raw.split_once("\r\n\r\n").unwrap();
    assert!(body.contains("first\nxxx") && body.contains("xxx\nlast\n"));
    assert!(body.len() < 3_000_000, "{}", body.len());
    // A build without optimisation, and the allocator keeps some of what is free.
    assert!(runner.peak_kb() < 150_000, "{}", runner.peak_kb());
    let server = world.server.as_ref().unwrap().peak_kb();
    assert!(server < 400_000, "{server}");
}
