//! Tests of the arguments of `rollcall runner`: what is wrong ends with 2 and says what to do.
use super::RunnerWorld;
use crate::{postgres::team_setup::blocks, program::ended};
use std::{fs, process::Command};

#[test]
fn wrong_arguments_end_with_2_and_say_what_to_do() {
    let world = RunnerWorld::start(&[("bash", "true")]);
    let token = world.token("eu-1");
    let missing = world.path("missing");
    let missing = missing.to_str().unwrap();
    let of_other = format!("prod-us={}", world.path("app.db").display());
    let cases: [(&[&str], &[&str]); 11] = [
        (&["--clusters", "prod-eu,prod-us"], &["prod-us", "prod-eu"]),
        (&["--kinds", "sql"], &["--sql"]),
        (&["--kinds", "jenkins"], &["Jenkins"]),
        (&["--sql", "psql -f x"], &["{file}"]),
        (&["--sql", "psql 'x {file}"], &["quote"]),
        (&["--mask-env", "NOT_SET"], &["NOT_SET"]),
        (&["--mask-file", missing], &["missing"]),
        (&["--kubeconfig", missing], &["missing"]),
        (&["--kubeconfig", &of_other], &["prod-us", "prod-eu"]),
        (&["--env", "A=b"], &["A=b"]),
        (
            &["--url", "rollcall.example.com"],
            &["rollcall.example.com"],
        ),
    ];
    for (arguments, words) in cases {
        ended(&mut world.command(&token, arguments)).failed(2, words);
    }
    let mut command = world.command(&token, &[]);
    let command = command.env_remove("ROLLCALL_RUNNER_TOKEN");
    ended(command).failed(2, &["ROLLCALL_RUNNER_TOKEN"]);
    let mut command = world.command(&token, &[]);
    let command = command.env_remove("ROLLCALL_URL");
    ended(command).failed(2, &["--url"]);
}

#[test]
fn a_token_that_is_none_ends_with_1_and_one_in_a_file_is_taken() {
    let world = RunnerWorld::start(&[("bash", "echo one")]);
    let refused = ended(&mut world.command("rcr_nothing", &[]));
    refused.failed(1, &["401"]);
    let file = world.path("token");
    fs::write(&file, format!("{}\n", world.token("eu-1"))).unwrap();
    let mut command = world.command("", &["--clusters", "prod-eu"]);
    command
        .env_remove("ROLLCALL_RUNNER_TOKEN")
        .env("ROLLCALL_RUNNER_TOKEN_FILE", &file);
    let runner = super::RunningRunner::start(&mut command, &world.path("log"));
    let run = world.ask(1, 60);
    world.wait_for(run, "succeeded");
    drop(runner);
}

/// A command line of the README with what a test has in place of what it names: it is taken if it ends only because no server is there
/// that knows the token.
fn is_taken(world: &RunnerWorld, arguments: &[&str]) {
    let kubeconfig = world.path("kubeconfig");
    fs::write(&kubeconfig, "").unwrap();
    let kubeconfig = kubeconfig.to_str().unwrap();
    let url = format!("http://{}", world.address);
    let arguments: Vec<&str> = arguments
        .iter()
        .map(|it| match *it {
            "https://rollcall.example.com" => url.as_str(),
            file if file.ends_with("/kubeconfig") => kubeconfig,
            other => other,
        })
        .collect();
    ended(&mut world.command("rcr_nothing", &arguments)).failed(1, &["401"]);
}

#[test]
fn the_lines_of_the_readme_that_start_a_runner_are_taken() {
    let world = RunnerWorld::start(&[("bash", "true")]);
    let unit = blocks("ini").pop().unwrap();
    let line = unit.lines().find_map(|it| it.strip_prefix("ExecStart="));
    let words: Vec<&str> = line.unwrap().split(' ').collect();
    assert_eq!(words[..2], ["/usr/local/bin/rollcall", "runner"]);
    is_taken(&world, &words[2..]);
    assert!(unit.contains("KillMode=mixed"));

    let manifest = world.path("manifest");
    fs::write(&manifest, blocks("yaml").pop().unwrap()).unwrap();
    let program = "import sys, yaml; all = list(yaml.safe_load_all(open(sys.argv[1]))); \
                   print('\\n'.join(all[2]['spec']['template']['spec']['containers'][0]['args']))";
    let mut python = Command::new("python3");
    let output = python
        .args(["-c", program])
        .arg(&manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = words.lines().collect();
    assert_eq!(words[..2], ["rollcall", "runner"]);
    is_taken(&world, &words[2..]);
}
