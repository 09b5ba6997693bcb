//! Tests of `rollcall run` with the real program, a real server and real bash (R72): what is run, for whom, and what is refused. The
//! kubectl on the PATH is a script, which says what `FAKE_CONTEXT` is; while there is a file `FAKE_PIPE` it first waits until somebody
//! writes into it. `cli_run_going` has what happens to a run meanwhile.
use crate::{
    cli_client::ServedRelease,
    program::{EndedProgram, ended},
};
use app::domain::quote::shell_word;
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const KUBECTL: &str = "#!/bin/sh\nif [ -e \"$FAKE_PIPE\" ]; then read line < \"$FAKE_PIPE\"; fi\necho \"$FAKE_CONTEXT\"\n";

/// Runs a line of a shell in this folder.
fn shell(folder: &Path, line: &str) {
    let mut shell = Command::new("sh");
    let done = shell.args(["-c", line]).env("KUBECTL", KUBECTL);
    assert!(done.current_dir(folder).status().unwrap().success());
}

/// The release of `ServedRelease`, a kubectl, and a pipe.
pub struct HereWorld(pub ServedRelease);

impl HereWorld {
    /// "Set image" has this text.
    pub fn start(text: &str) -> Self {
        let this = Self(ServedRelease::start());
        // Written by another process: a file that is open for writing in this one could not be run.
        let make = "mkdir bin && printf %s \"$KUBECTL\" > bin/kubectl && chmod 755 bin/kubectl && mkfifo pipe";
        shell(this.folder(), make);
        this.set_text(1, text);
        this
    }

    fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// The path of the pipe. Who opens it to write waits for one who reads, and the other way round.
    pub fn pipe(&self) -> PathBuf {
        self.folder().join("pipe")
    }

    /// Edits a template step; copies that are pending follow.
    fn set_text(&self, template: i64, text: &str) {
        let path = format!("templates/{template}");
        let version = self.0.read(&path)["version"].clone();
        let edit = json!({ "content": text, "version": version });
        self.0.send("PATCH", &path, &edit);
    }

    /// A command for `rollcall run`, with kubectl set to this context.
    pub fn client(&self, context: &str, arguments: &[&str]) -> Command {
        let mut command = self.0.client(&[&["run"][..], arguments].concat());
        let path = std::env::var("PATH").unwrap();
        let bin = self.folder().join("bin");
        command
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("XDG_STATE_HOME", self.folder().join("state"))
            .env("FAKE_CONTEXT", context)
            .env("PIPE", self.pipe());
        command
    }

    /// Runs it without asking to its end, in the context of prod-eu.
    fn run(&self, arguments: &[&str]) -> EndedProgram {
        let arguments = [arguments, &["--yes"]].concat();
        ended(&mut self.client("prod-eu", &arguments))
    }

    /// Runs it on a terminal, where this is typed; its exit code, and all that the terminal shows.
    fn at_terminal(&self, arguments: &[&str], typed: &str) -> (i32, String) {
        let client = self.client("prod-eu", arguments);
        let words = [client.get_program()].into_iter().chain(client.get_args());
        let words: Vec<String> = words.map(|it| shell_word(it.to_str().unwrap())).collect();
        let settings = client.get_envs().filter_map(|it| Some((it.0, it.1?)));
        let mut terminal = Command::new("script")
            .args(["-qec", &words.join(" "), "/dev/null"])
            .env_clear()
            .envs(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut keys = terminal.stdin.take().unwrap();
        keys.write_all(typed.as_bytes()).unwrap();
        let output = terminal.wait_with_output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), shown)
    }

    pub fn status_of(&self, step: i64) -> String {
        let step = self.0.read(&format!("steps/{step}"));
        step["status"].as_str().unwrap().to_owned()
    }

    /// The only run of a step.
    pub fn run_of(&self, step: i64) -> Value {
        let runs = self.0.read(&format!("runs?stepId={step}"));
        let items = runs["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{runs}");
        items[0].clone()
    }

    /// Whether no result waits to be sent.
    pub fn has_no_results(&self) -> bool {
        let folder = self.folder().join("state/rollcall");
        fs::read_dir(folder).unwrap().next().is_none()
    }

    /// What is kept of what a run wrote to a stream.
    pub fn output_of(&self, run: &Value, stream: &str) -> String {
        let output = self.0.read(&format!("runs/{}/output", run["id"]));
        assert_eq!(output["finished"], true, "{output}");
        let items = output["items"].as_array().unwrap().iter();
        let items = items.filter(|it| it["stream"] == stream);
        items.map(|it| it["text"].as_str().unwrap()).collect()
    }
}

#[test]
fn a_step_that_runs_here_is_done_in_the_person_s_name_and_its_output_is_kept() {
    let text =
        "echo \"$CUSTOMER|$NAMESPACE|$CLUSTER|$RELEASE|$OWN\"; cat; printf 'war\\xff\\n' >&2";
    let world = HereWorld::start(text);
    let mut client = world.client("prod-eu", &["june-2026/smith/1", "--yes"]);
    let output = client.env("OWN", "mine").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"war\xff\n");
    let out = String::from_utf8(output.stdout).unwrap();
    let shown = [
        "1 Set image of Smith & Sons (smith, prod-eu)\n",
        "Customer   Smith & Sons\nNamespace  smith\nCluster    prod-eu\nRelease    June 2026\nkubectl    prod-eu\n",
        text,
        "\nSmith & Sons|smith|prod-eu|June 2026|mine\n",
        "Done: 1 Set image of Smith & Sons (smith, prod-eu).\n",
    ];
    let places: Vec<Option<usize>> = shown.iter().map(|it| out.find(it)).collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{out}"
    );
    let step = world.0.read("steps/3");
    assert_eq!(
        (&step["status"], &step["executedBy"]),
        (&json!("done"), &json!("Ana"))
    );
    let run = world.run_of(3);
    assert_eq!(
        (
            &run["state"],
            &run["askedBy"],
            &run["runner"],
            &run["exitCode"]
        ),
        (&json!("succeeded"), &json!("Ana"), &Value::Null, &json!(0))
    );
    assert_eq!(
        world.output_of(&run, "stdout"),
        "Smith & Sons|smith|prod-eu|June 2026|mine\n"
    );
    assert_eq!(world.output_of(&run, "stderr"), "war\u{fffd}\n");
    // What was run is what was shown.
    let detail = world.0.read("steps/3/detail");
    assert_eq!(run["textSha256"], detail["resolvedSha256"]);
    assert!(world.has_no_results());
    world.0.server.end();
}

#[test]
fn a_step_that_fails_here_is_failed_by_its_exit_code_and_last_line_and_ends_with_1() {
    let world = HereWorld::start("echo one\nfalse | true\necho never");
    let failed = world.run(&["1"]);
    let title = "1 Set image of Acme (acme-one, prod-eu)";
    failed.failed(1, &[&format!("{title} failed: exit code 1: one")]);
    let step = world.0.read("steps/1");
    assert_eq!(
        (&step["status"], &step["failReason"]),
        (&json!("failed"), &json!("exit code 1: one"))
    );
    assert_eq!(world.run_of(1)["state"], "failed");
    // The first failure ends it, and what failed can be run again.
    assert_eq!(world.run(&["1", "3"]).code, 1);
    assert_eq!(world.status_of(3), "pending");
    world.set_text(1, "sleep 60");
    let late = world.run(&["3", "--timeout", "1s"]);
    late.failed(1, &["timed out after 1 s"]);
    for wrong in ["0s", "25h"] {
        world
            .run(&["3", "--timeout", wrong])
            .failed(2, &["--timeout"]);
    }
    world.0.server.end();
}

#[test]
fn without_a_terminal_nothing_runs_unless_yes_is_said_before() {
    let world = HereWorld::start("true");
    let refused = ended(&mut world.client("prod-eu", &["1"]));
    refused.failed(2, &["no terminal", "--yes"]);
    assert_eq!(refused.out, "");
    for arguments in [
        &["1", "--from", "1"][..],
        &["--all-customers"],
        &["1", "--parallel", "2"],
        &["1", "--all-customers", "--parallel", "0"],
        &["1", "3", "--all-customers"],
        &["1", "--resend"],
        &["--from", "1", "--all-customers"],
        &["--from", "1", "--cluster", "prod-eu"],
        &["--from", "1", "--parallel", "2"],
        &["--resend", "--all-customers"],
        &["--resend", "--cluster", "prod-eu"],
        &["--resend", "--parallel", "2"],
        &["1", "--context-check", "maybe"],
        &["june-2026/nobody/1"],
        &[],
    ] {
        let wrong = world.run(arguments);
        assert_eq!(wrong.code, 2, "{wrong:?}");
    }
    assert_eq!(world.status_of(1), "pending");
    assert_eq!(world.0.read("runs")["items"], json!([]));
    world.0.server.end();
}

#[test]
fn on_a_terminal_a_person_is_asked_and_only_a_yes_runs_it() {
    let world = HereWorld::start("echo \"ran $NAMESPACE\"");
    for no in ["n\n", "\n", "y e s\n"] {
        let (code, shown) = world.at_terminal(&["3"], no);
        assert_eq!(code, 3, "{shown}");
        for words in ["Run it? [y/N]", "not run: the answer was no"] {
            assert!(shown.contains(words), "{shown}");
        }
    }
    assert_eq!(world.0.read("runs")["items"], json!([]));
    let (code, shown) = world.at_terminal(&["3"], "yes\n");
    assert!(code == 0 && shown.contains("ran smith"), "{shown}");
    assert_eq!(world.status_of(3), "done");
    // A text step is done by hand, and its mark asked for.
    let from = ["--from", "june-2026/smith/1"];
    let (code, shown) = world.at_terminal(&from, "n\n");
    assert!(
        code == 3 && shown.contains("Look at Smith & Sons"),
        "{shown}"
    );
    assert_eq!(world.status_of(4), "pending");
    let (code, shown) = world.at_terminal(&from, "y\n");
    assert!(code == 0 && shown.contains("Is it done? [y/N]"), "{shown}");
    assert_eq!(world.status_of(4), "done");
    world.0.server.end();
}

#[test]
fn in_the_context_of_another_cluster_nothing_runs() {
    let world = HereWorld::start("true");
    let run = |context: &str, more: &[&str]| {
        let arguments = [&["1", "--yes"][..], more].concat();
        ended(&mut world.client(context, &arguments))
    };
    let refused = run("prod-us", &[]);
    refused.failed(3, &["set to the context prod-us", "prod-eu needs prod-eu"]);
    assert!(refused.out.contains("kubectl    prod-us\n"), "{refused:?}");
    run("", &[]).failed(3, &["no context"]);
    let of_all = ["1", "--all-customers", "--yes"];
    let refused = ended(&mut world.client("prod-eu", &of_all));
    // ACME! is in another cluster.
    refused.failed(3, &["the cluster prod-us needs prod-us"]);
    assert_eq!(world.status_of(1), "pending");
    assert_eq!(world.0.read("runs")["items"], json!([]));
    // A cluster may name another context than its own name.
    let named = json!({ "context": "eu-admin", "version": 1 });
    world.0.send("PATCH", "clusters/1", &named);
    run("prod-eu", &[]).failed(3, &["needs eu-admin"]);
    run("eu-admin", &[]).done();
    assert_eq!(world.status_of(1), "done");
    let mut unchecked = world.client("moon", &["3", "--yes", "--context-check=off"]);
    let unchecked = ended(&mut unchecked);
    assert!(unchecked.done().contains("kubectl    moon\n"));
    world.0.server.end();
}

#[test]
fn what_a_rule_forbids_is_not_run_and_ends_with_3() {
    let world = HereWorld::start("echo {{var.HOST}}");
    world.run(&["2"]).failed(3, &["text step", "done by hand"]);
    let mut unresolved = world.client("prod-us", &["5", "--yes"]);
    ended(&mut unresolved).failed(3, &["no value: var.HOST"]);
    world.run(&["1"]).done();
    world
        .run(&["1"])
        .failed(3, &["1 Set image of Acme", "was refused"]);
    world.0.run(&["start", "3"]).done();
    let mut other = world.client("prod-eu", &["3", "--yes"]);
    let other = ended(other.env("ROLLCALL_USER", "Bö"));
    other.failed(3, &["in progress by Ana"]);
    world.0.server.end();
}

#[test]
fn sql_runs_by_the_command_that_is_named_and_by_no_other() {
    let world = HereWorld::start("true");
    let rows = json!({ "name": "Rows", "category": "verify", "type": "sql", "content": "select 'it''s';" });
    world.0.send("POST", "releases/1/templates", &rows);
    let step = "june-2026/smith/rows";
    world
        .run(&[step])
        .failed(2, &["--sql", "ROLLCALL_SQL", "{file}"]);
    let mut by_setting = world.client("prod-eu", &[step, "--yes"]);
    let done = ended(by_setting.env("ROLLCALL_SQL", "cat {file}"));
    // Once where it is shown, once as the command's output.
    assert_eq!(done.done().matches("select 'it''s';").count(), 2);
    let failed = world.run(&["june-2026/acme-one/rows", "--sql", "false {file}"]);
    failed.failed(1, &["exit code 1"]);
    world.0.server.end();
}

#[test]
fn from_a_step_on_what_is_done_is_left_out_and_a_text_step_stops_it() {
    let world = HereWorld::start("true");
    let check = json!({ "name": "Check", "category": "deploy", "type": "bash", "content": "echo \"checked $NAMESPACE\"" });
    world.0.send("POST", "releases/1/templates", &check);
    world.0.run(&["done", "1"]).done();
    let stopped = world.run(&["--from", "june-2026/acme-one/1"]);
    stopped.failed(3, &["stopped at 3 Look of Acme", "rollcall done 2"]);
    for words in [
        "Skipped: 1 Set image of Acme (acme-one, prod-eu), done.\n",
        "\nchecked acme-one\n",
        "Done: 2 Check of Acme",
    ] {
        assert!(stopped.out.contains(words), "{words}: {stopped:?}");
    }
    assert_eq!(world.status_of(2), "pending");
    world.0.run(&["done", "2"]).done();
    let again = world.run(&["--from", "june-2026/acme-one/1"]);
    assert_eq!(again.done().matches("Skipped: ").count(), 3);
    // A failure ends it too, and what comes behind is as it was.
    world.set_text(1, "exit 4");
    let failed = world.run(&["--from", "june-2026/smith/1"]);
    failed.failed(1, &["exit code 4"]);
    assert!(!failed.out.contains("Check"), "{failed:?}");
    world.0.server.end();
}

#[test]
fn one_step_runs_for_all_customers_so_many_at_once() {
    // Each of the two waits for the other.
    let meet = "if [ $NAMESPACE = smith ]; then echo x > \"$PIPE\"; else read x < \"$PIPE\"; fi\necho \"met {{var.HOST}}\"";
    let world = HereWorld::start(meet);
    let all = ["1", "--all-customers"];
    let met = world.run(&[&all[..], &["--parallel", "2", "--timeout", "60s"]].concat());
    for words in [
        "Skipped: ACME!, no value for var.HOST.\n",
        "\nAcme | met old\n",
        "\nSmith & Sons | met old\n",
        "2 of 2 customers done.\n",
    ] {
        assert!(met.done().contains(words), "{words}: {met:?}");
    }
    let nothing = world.run(&all);
    assert!(nothing.done().contains("There is no customer"));
    world.0.run(&["reopen", "1", "3"]).done();
    // One after the other, in the matrix's order: the first failure ends it.
    world.set_text(1, "echo \"no $NAMESPACE\"; exit 1");
    let failed = world.run(&[&all[..], &["--cluster", "prod-eu"]].concat());
    failed.failed(
        1,
        &["of Acme (acme-one, prod-eu) failed: exit code 1: no acme-one"],
    );
    assert!(failed.out.contains("\nno acme-one\n"), "{failed:?}");
    assert!(
        failed.out.ends_with("0 of 2 customers done.\n"),
        "{failed:?}"
    );
    assert_eq!(world.status_of(3), "pending");
    world.0.server.end();
}

#[test]
fn with_json_standard_output_has_the_runs_alone_each_as_rest_answers_it() {
    let world = HereWorld::start("echo out; echo err >&2; test $NAMESPACE = smith");
    let ended = world.run(&["3", "1", "--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let runs = ended
        .out
        .lines()
        .map(|it| serde_json::from_str(it).unwrap());
    let runs: Vec<Value> = runs.collect();
    let told = |of: &str| runs.iter().map(|it| it[of].clone()).collect::<Vec<_>>();
    assert_eq!(told("state"), ["succeeded", "failed"]);
    assert_eq!(told("exitCode"), [0, 1]);
    let ids = [world.run_of(3), world.run_of(1)].map(|it| it["id"].clone());
    assert_eq!(told("id"), ids);
    for shown in [
        "kubectl    prod-eu\n",
        "out\n",
        "err\n",
        "Done: 1 Set image of Smith & Sons",
        "Acme (acme-one, prod-eu) failed: exit code 1: ",
    ] {
        assert!(ended.err.contains(shown), "{shown}: {ended:?}");
    }
    world.0.server.end();
}
