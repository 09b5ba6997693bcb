//! Tests of `rollcall steps` with the real program: what it does, prints, and exits with (R86).
use crate::program::{RunningServer, ended, program, run};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const RUNBOOK: &str = "# July\n\n## 1. Snapshot\n```console\n$ pg_dump\ndone\n```\n## Verify\n```sql\nSELECT 1;\n```\n";

/// The example's draft.
const RELEASE: &str = "3";

/// A folder with a database that holds the example, and a runbook.
fn example(runbook: &[u8]) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["demo"]).done();
    let file = folder.path().join("july.md");
    fs::write(&file, runbook).unwrap();
    (folder, database, file)
}

/// The name of the release, and how often a text is in the export of it.
fn occurrences(database: &Path, text: &str) -> (String, usize) {
    let export = run(database, &["export", "--release", RELEASE]);
    let json = export.json();
    let name = json["releases"][0]["name"].as_str().unwrap().to_owned();
    let templates = json["templates"].as_array().unwrap().iter();
    let n = templates.filter(|it| it["name"] == text).count();
    (name, n)
}

#[test]
fn a_runbook_goes_into_a_release_by_its_id_or_its_name() {
    let (_folder, database, file) = example(RUNBOOK.as_bytes());
    let file = file.to_str().unwrap();
    let (name, none) = occurrences(&database, "Snapshot");
    assert_eq!(none, 0);
    let dry = run(&database, &["steps", "import", RELEASE, file, "--dry-run"]);
    let told = format!(
        "line 4: Only the commands were taken; the prompts and 1 line of output are left out\n\
         deploy bash Snapshot\nverify sql Verify\nWould import 2 steps into {name}. Nothing was changed.\n"
    );
    assert_eq!(dry.done(), told);
    assert_eq!(occurrences(&database, "Snapshot").1, 0);
    let done = run(&database, &["steps", "import", RELEASE, file]);
    let last = format!("\nImported 2 steps into {name}.\n");
    assert!(done.done().ends_with(&last), "{}", done.out);
    let by_name = run(&database, &["steps", "import", &name, file, "--json"]);
    by_name.done();
    let json = by_name.json();
    assert_eq!(
        (&json["created"], &json["release"]["id"]),
        (&2.into(), &3.into())
    );
    assert_eq!(json["steps"][0]["content"], "pg_dump");
    assert!(json["batchId"].is_string());
    assert_eq!(json["faults"].as_array().unwrap().len(), 0);
    // The text's title is an offer; the release keeps its name.
    assert_eq!(occurrences(&database, "Snapshot"), (name, 2));
    let export = run(&database, &["export", "--release", RELEASE]);
    assert!(export.done().contains("\"actor\":\"Ana\""));
    run(&database, &["check"]).done();
}

#[test]
fn a_runbook_that_is_wrong_comes_with_a_report_and_imports_nothing() {
    let open = format!("{RUNBOOK}## Open\n```bash\ntrue\n");
    let (folder, database, file) = example(open.as_bytes());
    let file = file.to_str().unwrap();
    for dry_run in [&["--dry-run"][..], &[]] {
        let arguments = [&["steps", "import", RELEASE, file], dry_run].concat();
        let refused = run(&database, &arguments);
        refused.failed(3, &["was not taken in", "nothing was changed", "Faults: 1"]);
        assert!(
            refused.out.contains("line 13: Missing closing ```"),
            "{}",
            refused.out
        );
    }
    let refused = run(&database, &["steps", "import", RELEASE, file, "--json"]);
    assert_eq!(refused.code, 3);
    let fault = &refused.json()["faults"][0];
    assert_eq!(
        (&fault["line"], &fault["field"]),
        (&13.into(), &"markdown".into())
    );
    assert!(refused.json()["batchId"].is_null());
    assert_eq!(occurrences(&database, "Snapshot").1, 0);
    let latin = folder.path().join("latin.md");
    fs::write(&latin, b"## M\xfcller\n\ndo\n").unwrap();
    let refused = run(
        &database,
        &["steps", "import", RELEASE, latin.to_str().unwrap()],
    );
    refused.failed(3, &["Faults: 1"]);
    assert!(
        refused.out.contains("byte 0xFC at offset 4"),
        "{}",
        refused.out
    );
}

#[test]
fn an_unknown_release_or_file_and_a_wrong_command_line_change_nothing() {
    let (folder, database, file) = example(RUNBOOK.as_bytes());
    let file = file.to_str().unwrap();
    run(&database, &["steps", "import", "99", file]).failed(1, &["Release not found"]);
    run(&database, &["steps", "import", "Nobody", file]).failed(1, &["Release not found"]);
    run(&database, &["steps", "import", RELEASE, "no/such/file"]).failed(1, &["cannot be read"]);
    assert_eq!(run(&database, &["steps", "import", RELEASE]).code, 2);
    assert_eq!(run(&database, &["steps"]).code, 2);
    let other = folder.path().join("none.db");
    run(&other, &["steps", "import", RELEASE, file]).failed(1, &["there is no database"]);
    assert!(!other.exists());
    // Standard input is empty here.
    let empty = run(&database, &["steps", "import", RELEASE, "-"]);
    empty.failed(3, &["- was not taken in"]);
    assert!(empty.out.contains("No steps found"), "{}", empty.out);
}

#[test]
fn a_runbook_goes_by_rest_to_the_server_that_the_environment_names() {
    let (folder, database, file) = example(RUNBOOK.as_bytes());
    let file = file.to_str().unwrap();
    let server = RunningServer::start(&mut program(&database));
    let url = format!("http://{}/", server.address);
    let elsewhere = folder.path().join("none.db");
    let import = |url: &str, arguments: &[&str]| {
        let mut command = program(&elsewhere);
        command.args(["steps", "import"]).args(arguments);
        command.env("ROLLCALL_URL", url).env("ROLLCALL_USER", "Bö");
        ended(&mut command)
    };
    let (name, _) = occurrences(&database, "Snapshot");
    let dry = import(&url, &[RELEASE, file, "--dry-run"]);
    let told = format!(
        "line 4: Only the commands were taken; the prompts and 1 line of output are left out\n\
         deploy bash Snapshot\nverify sql Verify\nWould import 2 steps into {name}. Nothing was changed.\n"
    );
    assert_eq!(dry.done(), told);
    let done = import(&url, &[&name, file, "--json"]);
    done.done();
    let json = done.json();
    assert_eq!(
        (&json["created"], &json["release"]["id"]),
        (&2.into(), &3.into())
    );
    assert!(json["batchId"].is_string());
    import(&url, &["Nobody", file]).failed(1, &["Release not found"]);
    let wrong = folder.path().join("wrong.md");
    fs::write(&wrong, format!("{RUNBOOK}## Open\n```bash\ntrue\n")).unwrap();
    let refused = import(&url, &[RELEASE, wrong.to_str().unwrap()]);
    refused.failed(3, &["Faults: 1"]);
    assert!(
        refused.out.contains("line 13: Missing closing ```"),
        "{}",
        refused.out
    );
    server.end();
    import(&url, &[RELEASE, file]).failed(1, &["does not answer", "ROLLCALL_URL"]);
    import("localhost:3000", &[RELEASE, file]).failed(2, &["ROLLCALL_URL", "localhost:3000"]);
    assert!(!elsewhere.exists());
    assert_eq!(occurrences(&database, "Snapshot"), (name, 1));
    let export = run(&database, &["export", "--release", RELEASE]);
    assert!(export.done().contains("\"actor\":\"Bö\""));
}

#[test]
fn a_server_that_asks_who_it_is_is_told_the_token_of_the_environment() {
    let (_folder, database, file) = example(RUNBOOK.as_bytes());
    let user = [
        "user",
        "add",
        "ana",
        "--name",
        "Ana Admin",
        "--role",
        "admin",
    ];
    run(&database, &user).done();
    let token = ["token", "create", "--user", "ana", "--name", "ci"];
    let made = run(&database, &token);
    let token = made.done().trim();
    let server = RunningServer::start(program(&database).env("ROLLCALL_AUTH", "login"));
    let import = |token: Option<&str>| {
        let mut command = program(&database);
        command.args(["steps", "import", RELEASE, file.to_str().unwrap()]);
        command.env("ROLLCALL_URL", format!("http://{}", server.address));
        if let Some(token) = token {
            command.env("ROLLCALL_TOKEN", token);
        }
        ended(&mut command)
    };
    // Who sends a name to it is told to send a token.
    import(None).failed(1, &["the server answers 403", "send a token"]);
    import(Some("wrong")).failed(1, &["the server answers 401"]);
    let done = import(Some(token));
    assert!(done.done().contains("Imported 2 steps"), "{done:?}");
    server.end();
}
