//! Tests of the command line with the real program: what each verb does, prints, and exits with.
use crate::{
    program::{RunningServer, ended, program, run},
    store::transfer::without_import,
};
use app::store::Database;
use sea_orm::ConnectionTrait;
use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder with a database that holds the example.
fn example() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    assert_eq!(run(&database, &["demo"]).done(), "The example is loaded.\n");
    (folder, database)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn execute(database: &Path, sql: &str) {
    let url = format!("sqlite://{}", database.display());
    let store = Database::open(&url);
    let store = store.await.unwrap();
    store.writer().execute_unprepared(sql).await.unwrap();
    store.close().await.unwrap();
}

#[test]
fn a_database_is_created_once_and_then_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("below/app.db");
    let first = run(&database, &["migrate", "--json"]);
    first.done();
    assert_eq!(
        first.json()["applied"][0],
        "m20260201_000001_initial_schema"
    );
    assert_eq!(
        run(&database, &["migrate"]).done(),
        "The database is up to date.\n"
    );
    run(&database, &["check"]).done();
    run(&database, &["demo"]).done();
    run(&database, &["demo"]).failed(1, &["not empty", "DATABASE_URL"]);
}

#[test]
fn without_a_database_there_is_nothing_to_read_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for verb in [&["check"][..], &["export"], &["backup", "x.db"]] {
        run(&database, verb).failed(1, &["there is no database", "DATABASE_URL"]);
    }
    assert!(!database.exists());
}

#[test]
fn everything_goes_out_and_in_again() {
    let (folder, database) = example();
    let file = folder.path().join("all.json");
    assert_eq!(run(&database, &["export", text(&file)]).done(), "");
    run(&database, &["export", text(&file)]).failed(1, &["is there already"]);
    let all = fs::read_to_string(&file).unwrap();
    assert_eq!(run(&database, &["export"]).done(), all);
    let other = folder.path().join("other.db");
    let taken = run(&other, &["import", text(&file), "--json"]);
    taken.done();
    assert_eq!(taken.json()["imported"]["releases"], 3);
    let twin = run(&other, &["export"]);
    assert_eq!(without_import(twin.done()), without_import(&all));
    assert_eq!(run(&other, &["check"]).done(), "All is well.\n");
    run(&other, &["import", text(&file)]).failed(1, &["not empty"]);
    // The output of runs comes only if it is asked for.
    let output = |arguments: &[&str]| run(&database, arguments).json()["output"].is_array();
    assert!(!output(&["export"]) && output(&["export", "--with-output"]));
    // One release only.
    let one = run(&database, &["export", "--release", "1"]);
    assert!(one.done().len() < all.len());
    let none = run(&database, &["export", "--release", "99"]);
    none.failed(1, &["rollcall: Release not found"]);
}

#[test]
fn an_import_that_is_wrong_comes_with_a_report() {
    let (folder, database) = example();
    let file = folder.path().join("all.json");
    run(&database, &["export", text(&file)]).done();
    let all = fs::read_to_string(&file).unwrap();
    let wrong = all.replacen("\"namespace\":\"", "\"namespace\":\"No ", 1);
    let line = 1 + wrong.lines().position(|it| it.contains("\"No ")).unwrap();
    fs::write(&file, wrong).unwrap();
    let other = folder.path().join("other.db");
    let refused = run(&other, &["import", text(&file)]);
    refused.failed(3, &["nothing was changed", "Faults: 1"]);
    let start = format!("line {line}, customers.namespace: ");
    assert!(refused.out.starts_with(&start), "{}", refused.out);
    let refused = run(&other, &["import", text(&file), "--json"]);
    assert_eq!(refused.json()["faults"][0]["line"], line);
    assert_eq!(refused.json()["faults"][0]["field"], "customers.namespace");
    fs::write(&file, &all[..all.len() / 2]).unwrap();
    run(&other, &["import", text(&file)]).failed(3, &["Faults: 1"]);
    run(&other, &["import", "no/such/file"]).failed(1, &["no/such/file cannot be read"]);
}

#[tokio::test]
async fn a_check_that_finds_something_ends_with_3() {
    let (_folder, database) = example();
    assert_eq!(run(&database, &["check", "--json"]).json()["ok"], true);
    execute(
        &database,
        "UPDATE customer_steps SET status = 'pending' WHERE id = 2",
    )
    .await;
    let found = run(&database, &["check"]);
    assert_eq!(found.code, 3, "{found:?}");
    assert!(
        found
            .out
            .contains("audit: step 2 is pending, but the history says ")
    );
    let found = run(&database, &["check", "--json"]);
    assert_eq!((found.code, &found.json()["ok"]), (3, &false.into()));
    assert_eq!(found.json()["findings"][0]["check"], "audit");
}

#[test]
fn a_wrong_command_line_or_setting_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for arguments in [
        &["--dmo"][..],
        &["bakcup"],
        &["backup"],
        &["--demo", "check"],
    ] {
        let ended = run(&database, arguments);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("Usage: rollcall") || ended.err.contains("--help"));
    }
    for (name, value) in [
        ("ROLLCALL_ADDR", "here"),
        ("ROLLCALL_HOSTS", "ops,*.example.com"),
        ("ROLLCALL_PUBLIC_URL", "rollcall.example.com"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgres://x:port/y"),
        ("ROLLCALL_LOG", "xml"),
        ("RUST_LOG", "info=much"),
        ("ROLLCALL_USER", "a\nb"),
        ("ROLLCALL_BACKUP_EVERY", "6h"),
    ] {
        ended(program(&database).env(name, value)).failed(2, &[name]);
    }
    assert!(!database.exists());
}

/// An address at which nothing listens, with a password that is never printed.
const NO_POSTGRES: &str = "postgres://ana:sesame@127.0.0.1:9/rollcall?sslmode=disable";

#[test]
fn a_database_of_postgres_that_cannot_be_had_is_one_line_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for verb in [&["migrate"][..], &["check"], &["serve"]] {
        let mut program = program(&database);
        let ended = ended(program.env("DATABASE_URL", NO_POSTGRES).args(verb));
        assert!(!ended.err.contains("sesame"), "{ended:?}");
        ended.failed(1, &["postgres://ana:***@127.0.0.1:9/rollcall", "refused"]);
    }
    let wrong = "postgres://ana:sesame@db:port/rollcall";
    let ended = ended(program(&database).env("DATABASE_URL", wrong));
    assert!(!ended.err.contains("sesame"), "{ended:?}");
    ended.failed(2, &["postgres://ana:***@db:port/rollcall"]);
}

#[test]
fn what_is_of_a_file_names_the_tool_of_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for (verb, tool) in [
        (&["backup", "x.db"][..], "pg_dump"),
        (&["restore", "x.db"][..], "pg_restore"),
    ] {
        let mut program = program(&database);
        ended(program.env("DATABASE_URL", NO_POSTGRES).args(verb)).failed(2, &[tool]);
    }
    let mut program = program(&database);
    program.env("DATABASE_URL", NO_POSTGRES);
    ended(program.env("ROLLCALL_BACKUP_DIR", folder.path()))
        .failed(2, &["ROLLCALL_BACKUP_DIR", "pg_dump"]);
}

#[test]
fn a_setting_that_is_not_utf_8_is_refused_and_not_taken_for_unset() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for name in [
        "DATABASE_URL",
        "ROLLCALL_ADDR",
        "ROLLCALL_PUBLIC_URL",
        "ROLLCALL_HOSTS",
        "ROLLCALL_USER",
        "ROLLCALL_LOG",
        "RUST_LOG",
        "ROLLCALL_BACKUP_DIR",
        "ROLLCALL_BACKUP_EVERY",
        "ROLLCALL_BACKUP_KEEP",
        "ROLLCALL_ANCHOR_FILE",
        "ROLLCALL_SIGNING_KEY_FILE",
    ] {
        let value = OsStr::from_bytes(b"ops,\xff");
        let words = format!("{name} is not UTF-8");
        ended(program(&database).env(name, value)).failed(2, &[&words]);
    }
    assert!(!database.exists());
    // The name of the system's user is no setting.
    let mut check = program(&database);
    check
        .env_remove("ROLLCALL_USER")
        .env("USER", OsStr::from_bytes(b"\xff"));
    ended(check.arg("migrate")).done();
}

#[test]
fn it_explains_itself_and_completes_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for help in ["--help", "-h"] {
        let help = run(&database, &[help]);
        for word in ["serve", "restore", "--demo", "Ends with 0"] {
            assert!(help.done().contains(word), "{word}");
        }
    }
    assert!(
        run(&database, &["--version"])
            .done()
            .starts_with("rollcall ")
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = run(&database, &["completions", shell]);
        assert!(text.done().contains("restore"), "{shell}");
    }
}

#[test]
fn the_help_names_every_setting_of_the_readme_with_its_default() {
    let readme = include_str!("../../../README.md");
    let (_, rows) = readme
        .split_once("| setting | default | meaning |\n| --- | --- | --- |\n")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let help = run(&folder.path().join("app.db"), &["--help"]);
    let (_, settings) = help.done().split_once("Settings, as").unwrap();
    let mut n = 0;
    for row in rows.lines().take_while(|it| it.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').collect();
        for name in cells[1].split_whitespace().map(|it| it.trim_matches('`')) {
            let (_, said) = settings.split_once(name).expect(name);
            let default = cells[2].trim().trim_matches('`');
            let default = if default.is_empty() { "none" } else { default };
            let (said, _) = said.split_once(']').unwrap_or_default();
            let is_reserved = cells[3].contains("reserved");
            assert!(
                is_reserved || said.contains(&format!("[default: {default}")),
                "{name}: {said}"
            );
            n += 1;
        }
    }
    assert_eq!(n, 43);
}

#[test]
fn a_backup_is_made_while_the_server_works_and_restored_when_it_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (database, backup) = (folder.path().join("app.db"), folder.path().join("b.db"));
    let server = RunningServer::start(&mut program(&database));
    assert_eq!(server.create_cluster("monday"), 200);
    let made = run(&database, &["backup", text(&backup), "--json"]);
    made.done();
    assert_eq!(made.json()["bytes"], fs::metadata(&backup).unwrap().len());
    assert_eq!(server.create_cluster("tuesday"), 200);
    run(&database, &["backup", text(&backup)]).failed(1, &["is there already"]);
    // A server has the database open.
    run(&database, &["restore", text(&backup)]).failed(1, &["has the database", "End it first"]);
    assert_eq!(server.create_cluster("wednesday"), 200);
    server.end();
    let all = run(&database, &["export"]).done().to_owned();
    assert!(all.contains("\"wednesday\""));
    let restored = run(&database, &["restore", text(&backup), "--json"]);
    restored.done();
    let present = run(&database, &["export"]).done().to_owned();
    assert!(present.contains("\"monday\"") && !present.contains("\"tuesday\""));
    // The old database is complete under its new name.
    let aside = PathBuf::from(restored.json()["aside"].as_str().unwrap());
    let name = aside.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("app.db.before-restore-2"), "{name}");
    assert_eq!(run(&aside, &["export"]).done(), all);
    assert!(backup.exists());
    run(&database, &["check"]).done();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    let unfinished = |it: &PathBuf| {
        it.extension()
            .is_some_and(|it| it == "part" || it == "restoring")
    };
    assert!(!left.iter().any(|it| unfinished(&it.path())));
}

#[tokio::test]
async fn a_file_that_is_no_whole_database_of_ours_is_never_restored() {
    let (folder, database) = example();
    let before = run(&database, &["export"]).done().to_owned();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("text"), "SQLite is nice").unwrap();
    fs::write(file("empty"), "").unwrap();
    run(&database, &["backup", text(&file("good"))]).done();
    let good = fs::read(file("good")).unwrap();
    fs::write(file("short"), &good[..good.len() / 2]).unwrap();
    let mut holed = good.clone();
    let middle = good.len() / 2;
    holed[middle..middle + 8_192].fill(0xa5);
    fs::write(file("holed"), holed).unwrap();
    run(&database, &["backup", text(&file("newer"))]).done();
    let insert =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_later', 0)";
    execute(&file("newer"), insert).await;
    let url = format!("sqlite://{}", file("foreign").display());
    let foreign = Database::open(&url);
    let foreign = foreign.await.unwrap();
    let table = "CREATE TABLE customer_steps (id INTEGER)";
    foreign.writer().execute_unprepared(table).await.unwrap();
    foreign.close().await.unwrap();
    for (name, why) in [
        ("text", "no SQLite database"),
        ("empty", "no SQLite database"),
        ("short", "damaged"),
        ("holed", "damaged"),
        ("newer", "newer Rollcall"),
        ("foreign", "no database of Rollcall"),
        ("app.db", "the database itself"),
    ] {
        run(&database, &["restore", text(&file(name))]).failed(3, &[why, "Nothing was changed"]);
    }
    run(&database, &["restore", "no/such/file"]).failed(1, &["cannot be read"]);
    assert_eq!(run(&database, &["export"]).done(), before);
    // A restore to a path without a database.
    let new = folder.path().join("new/app.db");
    let restored = run(&new, &["restore", text(&file("good")), "--json"]);
    assert!(restored.json()["aside"].is_null());
    assert_eq!(run(&new, &["export"]).done(), before);
}

#[test]
fn the_server_makes_backups_by_itself_and_keeps_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let (database, backups) = (folder.path().join("app.db"), folder.path().join("b"));
    let mut server = RunningServer::start(
        program(&database)
            .env("ROLLCALL_BACKUP_DIR", &backups)
            .env("ROLLCALL_BACKUP_EVERY", "1s")
            .env("ROLLCALL_BACKUP_KEEP", "2"),
    );
    let first = server.wait_for("a backup was made");
    server.wait_for("a backup was made");
    server.wait_for("a backup was made");
    server.end();
    let mut names: Vec<String> = fs::read_dir(&backups)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|it| !first.contains(it.as_str())));
    let newest = backups.join(names.last().unwrap());
    run(&newest, &["check"]).done();
}

#[test]
fn a_backup_that_fails_is_said_and_the_server_works_on() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let mut server =
        RunningServer::start(program(&database).env("ROLLCALL_BACKUP_DIR", "/dev/null/b"));
    let line = server.wait_for("no backup was made");
    assert!(line.contains("/dev/null/b cannot be written"), "{line}");
    assert_eq!(server.create_cluster("still"), 200);
}

#[test]
fn the_log_is_json_if_that_is_wanted_and_has_the_request_s_id_but_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let server = RunningServer::start(
        program(&database)
            .env("ROLLCALL_LOG", "json")
            .env("RUST_LOG", "debug,hyper=info"),
    );
    assert_eq!(server.create_cluster("a-secret-name"), 200);
    let (status, _) = server.ask("GET", "/clusters?q=a-secret-query", "");
    assert_eq!(status, 200);
    let log = server.end();
    assert!(!log.contains("a-secret"), "{log}");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let asked = lines
        .iter()
        .find(|it| it["span"]["path"] == "/rpc/create_cluster");
    let asked = asked.unwrap();
    assert_eq!(asked["span"]["method"], "POST");
    assert!(asked["span"]["id"].as_str().unwrap().len() >= 32);
}

#[test]
fn a_database_that_cannot_be_opened_is_not_taken_for_a_free_one() {
    let (folder, good) = example();
    let backup = folder.path().join("b.db");
    run(&good, &["backup", text(&backup)]).done();
    // Whatever it is, it is not ours to move away.
    let database = folder.path().join("other.db");
    fs::create_dir(&database).unwrap();
    fs::write(database.join("precious"), "x").unwrap();
    let refused = run(&database, &["restore", text(&backup)]);
    refused.failed(1, &["other.db cannot be opened"]);
    assert_eq!(fs::read_to_string(database.join("precious")).unwrap(), "x");
    let names = fs::read_dir(folder.path()).unwrap().flatten();
    let mut names = names.map(|it| it.file_name().into_string().unwrap());
    assert!(!names.any(|it| it.contains("before-restore")));
}

#[test]
fn a_server_that_has_told_its_address_ends_cleanly_however_soon_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    for _ in 0..3 {
        let log = RunningServer::start(&mut program(&database)).end();
        assert!(log.contains("ending: requests"), "{log}");
    }
}

#[test]
fn a_damaged_database_that_a_server_has_open_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (database, backup) = (folder.path().join("app.db"), folder.path().join("b.db"));
    let server = RunningServer::start(&mut program(&database));
    run(&database, &["backup", text(&backup)]).done();
    let mut file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    file.write_all(&[0xa5; 100]).unwrap();
    run(&database, &["restore", text(&backup)]).failed(1, &["has the database", "End it first"]);
    server.end();
    // Nobody works on it now.
    run(&database, &["restore", text(&backup)]).done();
    run(&database, &["check"]).done();
}
