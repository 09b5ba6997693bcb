//! Heads of the history that are kept elsewhere (R89): checked on the command line, written to a file, and signed.
use crate::program::{EndedProgram, RunningServer, ended, program, run};
use serde_json::Value;
use server::ops::signing_key::PublicKey;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A folder with a database that has the example in it.
fn example() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["demo"]).done();
    (folder, database)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The body of a server's answer, as JSON.
fn read(server: &RunningServer, path: &str) -> Value {
    let (status, answer) = server.ask("GET", path, "");
    assert_eq!(status, 200, "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn head(of: &Value) -> String {
    format!("{}:{}", of["id"], of["hash"].as_str().unwrap())
}

fn found(ended: &EndedProgram, words: &[&str]) {
    assert_eq!(ended.code, 3, "{ended:?}");
    for word in words {
        assert!(ended.out.contains(word), "{word}: {ended:?}");
    }
}

#[test]
fn a_check_says_whether_a_head_is_part_of_the_history() {
    let (_folder, database) = example();
    let all = run(&database, &["export", "--release", "1"]);
    let export: Value = serde_json::from_str(all.done()).unwrap();
    let newest = head(&export["head"]);
    let first = head(&export["events"][0]);
    let check = |heads: &[&str]| {
        let heads = heads.iter().flat_map(|it| ["--head", it]);
        run(
            &database,
            &[&["check"], &heads.collect::<Vec<_>>()[..]].concat(),
        )
    };
    assert_eq!(check(&[&newest, &first]).done(), "All is well.\n");
    // Also when work has gone on.
    let server = RunningServer::start(&mut program(&database));
    assert_eq!(server.create_cluster("later"), 200);
    let later = head(&read(&server, "/api/audit/head"));
    server.end();
    check(&[&newest, &later]).done();
    let (id, hash) = newest.split_once(':').unwrap();
    let other = format!("{id}:{}", hash.chars().rev().collect::<String>());
    found(
        &check(&[&first, &other]),
        &["chain: event ", "has another hash"],
    );
    let missing = format!("999999:{hash}");
    found(&check(&[&missing]), &["event 999999 is not in the history"]);
    for wrong in ["41", "x:y", ":", hash] {
        let ended = check(&[wrong]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("ID:HASH"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_check_names_the_first_break_and_ends_with_3() {
    let (_folder, database) = example();
    let url = format!("sqlite://{}", database.display());
    let opened = app::store::Database::open(&url).await.unwrap();
    let sql = "UPDATE audit_events SET actor = 'Eve' WHERE id IN (7, 9)";
    sea_orm::ConnectionTrait::execute_unprepared(opened.writer(), sql)
        .await
        .unwrap();
    opened.close().await.unwrap();
    let check = run(&database, &["check", "--json"]);
    found(&check, &[]);
    let json = check.json();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{json}");
    assert_eq!(findings[0]["check"], "chain");
    assert_eq!(findings[0]["detail"], "event 7 is not what was written");
}

#[test]
fn heads_are_added_to_the_anchor_file_and_the_history_is_held_against_it() {
    let (folder, database) = example();
    let file = folder.path().join("anchors");
    let mut command = program(&database);
    let server = RunningServer::start(command.env("ROLLCALL_ANCHOR_FILE", &file));
    assert_eq!(server.create_cluster("later"), 200);
    for path in ["/api/releases/1/export?format=md", "/api/releases/1/export"] {
        assert_eq!(server.ask("GET", path, "").0, 200);
    }
    let newest = read(&server, "/api/audit/head");
    server.end();
    let anchors = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = anchors.lines().collect();
    // At the start, and at each report.
    assert_eq!(lines.len(), 3, "{anchors}");
    let (id, hash) = (&newest["id"], newest["hash"].as_str().unwrap());
    for line in &lines[1..] {
        assert!(line.ends_with(&format!("Z {id} {hash}")), "{line}");
    }
    let check = |file: &Path| run(&database, &["check", "--anchors", text(file)]);
    assert_eq!(check(&file).done(), "All is well.\n");
    let wrong = folder.path().join("wrong");
    let zeros = "0".repeat(64);
    fs::write(&wrong, anchors.replacen(hash, &zeros, 1) + "x\n").unwrap();
    let words = [
        "anchors, line 2: event ",
        "anchors, line 4: this is no time",
    ];
    found(&check(&wrong), &words);
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    found(&check(&empty), &["anchors: there is no line"]);
    check(Path::new("no/such/file")).failed(1, &["no/such/file cannot be read"]);
    // An older copy of the database has not seen what the anchors tell of.
    let old = folder.path().join("old.db");
    run(&old, &["demo"]).done();
    found(
        &run(&old, &["check", "--anchors", text(&file)]),
        &["anchors, line 1: "],
    );
}

#[test]
fn a_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let (database, file) = (folder.path().join("app.db"), folder.path().join("key.pem"));
    let made = run(&database, &["keygen", text(&file), "--json"]);
    made.done();
    let public = made.json()["publicKey"].as_str().unwrap().to_owned();
    public.parse::<PublicKey>().unwrap();
    let key = fs::read_to_string(&file).unwrap();
    assert!(key.contains("BEGIN PRIVATE KEY") && key.contains(&public));
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    run(&database, &["keygen", text(&file)]).failed(1, &["is there already"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert!(!database.exists());
    // A setting that names no key yet does not stand in the way.
    let mut command = program(&database);
    command
        .args(["keygen", "--json"])
        .env("ROLLCALL_SIGNING_KEY_FILE", "no/such/file");
    ended(&mut command).done();
}

#[test]
fn a_key_without_a_file_goes_to_standard_output_and_its_public_half_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let made = run(&database, &["keygen"]);
    assert_eq!(made.code, 0, "{made:?}");
    let public = made.err.strip_prefix("The public key is ").unwrap();
    let public = public.strip_suffix(".\n").unwrap();
    public.parse::<PublicKey>().unwrap();
    assert!(made.out.contains("BEGIN PRIVATE KEY") && made.out.contains(public));
    let other = run(&database, &["keygen", "--json"]);
    other.done();
    let other = other.json();
    let (key, public) = (other["key"].as_str(), other["publicKey"].as_str());
    assert!(key.unwrap().contains(public.unwrap()) && key != Some(made.out.as_str()));
    assert!(!database.exists());
}

#[test]
fn with_a_key_heads_are_signed_wherever_they_are_told() {
    let (folder, database) = example();
    let path = |name: &str| folder.path().join(name);
    let (file, key) = (path("anchors"), path("key.pem"));
    let made = run(&database, &["keygen", text(&key), "--json"]);
    let public = made.json()["publicKey"].as_str().unwrap().to_owned();
    let is_signed = |head_of: &Value| {
        let signature = head_of["signature"].as_str().unwrap();
        let public: PublicKey = public.parse().unwrap();
        assert!(public.verifies(&head(head_of), signature), "{head_of}");
        signature.to_owned()
    };
    let with_key = |arguments: &[&str]| -> Command {
        let mut command = program(&database);
        command
            .args(arguments)
            .env("ROLLCALL_ANCHOR_FILE", &file)
            .env("ROLLCALL_SIGNING_KEY_FILE", &key);
        command
    };
    // The first line is from before there was a key.
    let mut unsigned = program(&database);
    let mut server = RunningServer::start(unsigned.env("ROLLCALL_ANCHOR_FILE", &file));
    assert_eq!(
        server.ask("GET", "/api/releases/1/export?format=md", "").0,
        200
    );
    server.end();
    server = RunningServer::start(&mut with_key(&[]));
    let signature = is_signed(&read(&server, "/api/audit/head"));
    let (_, report) = server.ask("GET", "/api/releases/1/export?format=md", "");
    assert!(
        report.contains(&format!("Signature: `{signature}`")),
        "{report}"
    );
    server.end();
    let export = ended(&mut with_key(&["export", "--release", "1"]));
    let export: Value = serde_json::from_str(export.done()).unwrap();
    is_signed(&export["head"]);
    // By the key itself, or by its public half elsewhere. What is not signed proves nothing.
    let check = ["check", "--anchors", text(&file)];
    let by = |public: &str| run(&database, &[&check[..], &["--public-key", public]].concat());
    let unsigned = [
        "anchors, line 1: the signature is missing",
        "anchors, line 2: the signature is missing",
    ];
    for checked in [ended(&mut with_key(&check)), by(&public)] {
        found(&checked, &unsigned);
        assert!(!checked.out.contains("line 3"), "{checked:?}");
    }
    run(&database, &check).done();
    let lines: Vec<String> = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 4);
    fs::write(&file, lines[2..].join("\n")).unwrap();
    ended(&mut with_key(&check)).done();
    by(&public).done();
    let other = run(&database, &["keygen", text(&path("other.pem")), "--json"]);
    let other = other.json()["publicKey"].as_str().unwrap().to_owned();
    found(&by(&other), &["anchors, line 1: the signature is not of"]);
    // Without its signature, or with that of another line.
    let cut = lines[3].rsplit_once(' ').unwrap().0;
    fs::write(&file, format!("{}\n{cut}\n", lines[2])).unwrap();
    found(&by(&public), &["anchors, line 2: the signature is missing"]);
    run(&database, &check).done();
    fs::write(&file, lines[3].replacen("20", "21", 1)).unwrap();
    found(&by(&public), &["anchors, line 1: the signature is not of"]);
    // An export with a signature comes in, one with something else in its place does not.
    let signed = path("june.json");
    let mut forged = export.clone();
    forged["head"]["signature"] = "AAAA".into();
    fs::write(&signed, forged.to_string()).unwrap();
    let refused = run(&path("new.db"), &["import", text(&signed)]);
    found(&refused, &["head: write the signature"]);
    fs::write(&signed, export.to_string()).unwrap();
    run(&path("new.db"), &["import", text(&signed)]).done();
}

#[test]
fn the_signature_of_a_head_is_verified_by_the_public_key() {
    let (folder, database) = example();
    let keygen = |name: &str| {
        let key = folder.path().join(name);
        let made = run(&database, &["keygen", text(&key), "--json"]);
        let public = made.json()["publicKey"].as_str().unwrap().to_owned();
        (key, public)
    };
    let (key, public) = keygen("key.pem");
    let (_, other) = keygen("other.pem");
    let mut export = program(&database);
    export
        .args(["export", "--release", "1"])
        .env("ROLLCALL_SIGNING_KEY_FILE", &key);
    let export: Value = serde_json::from_str(ended(&mut export).done()).unwrap();
    let plain = head(&export["head"]);
    let signature = export["head"]["signature"].as_str().unwrap();
    let signed = format!("{plain}:{signature}");
    let check = |head: &str, public: &str| {
        run(
            &database,
            &["check", "--head", head, "--public-key", public],
        )
    };
    assert_eq!(check(&signed, &public).done(), "All is well.\n");
    let wrong = "the signature is not of this head by this key";
    found(&check(&signed, &other), &[wrong]);
    let first = head(&export["events"][0]);
    found(&check(&format!("{first}:{signature}"), &public), &[wrong]);
    found(&check(&plain, &public), &["the signature is missing"]);
    // Without the public key: the key itself, or none.
    found(
        &run(&database, &["check", "--head", &signed]),
        &["name the key of its signature with --public-key"],
    );
    let by_itself = |head: &str| {
        let mut command = program(&database);
        command
            .args(["check", "--head", head])
            .env("ROLLCALL_SIGNING_KEY_FILE", &key);
        ended(&mut command)
    };
    by_itself(&signed).done();
    // It asks for no less than its public half.
    found(&by_itself(&plain), &["the signature is missing"]);
    run(&database, &["check", "--head", &plain]).done();
    for wrong in [format!("{plain}:"), format!("{plain}:AAAA")] {
        let refused = check(&wrong, &public);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("ID:HASH:SIGNATURE"), "{refused:?}");
    }
    assert_eq!(run(&database, &["check", "--public-key", &public]).code, 2);
}

#[test]
fn the_command_that_a_report_names_finds_its_head_signed_or_not() {
    let (folder, database) = example();
    let key = folder.path().join("key.pem");
    run(&database, &["keygen", text(&key)]).done();
    for is_signed in [false, true] {
        let mut command = program(&database);
        if is_signed {
            command.env("ROLLCALL_SIGNING_KEY_FILE", &key);
        }
        let server = RunningServer::start(&mut command);
        let (_, report) = server.ask("GET", "/api/releases/1/export?format=md", "");
        server.end();
        let (_, named) = report.split_once("`rollcall ").unwrap();
        let (named, _) = named.split_once('`').unwrap();
        assert_eq!(named.contains(" --public-key "), is_signed, "{named}");
        let arguments: Vec<&str> = named.split(' ').collect();
        assert_eq!(run(&database, &arguments).done(), "All is well.\n");
    }
}

#[test]
fn an_import_verifies_the_signature_by_the_key_that_is_known_and_says_what_it_cannot_tell() {
    let (folder, database) = example();
    let path = |name: &str| folder.path().join(name);
    let (key, other) = (path("key.pem"), path("other.pem"));
    let public = |key: &Path| {
        let made = run(&database, &["keygen", text(key), "--json"]);
        made.json()["publicKey"].as_str().unwrap().to_owned()
    };
    let (own, foreign) = (public(&key), public(&other));
    let export = |is_signed: bool| -> Value {
        let mut command = program(&database);
        command.args(["export", "--release", "1"]);
        if is_signed {
            command.env("ROLLCALL_SIGNING_KEY_FILE", &key);
        }
        serde_json::from_str(ended(&mut command).done()).unwrap()
    };
    let mut n = 0;
    let mut import = |file: &Value, known: Option<&Path>, arguments: &[&str]| {
        n += 1;
        let from = path(&format!("{n}.json"));
        fs::write(&from, file.to_string()).unwrap();
        let mut command = program(&path(&format!("{n}.db")));
        command.args(["import", text(&from)]).args(arguments);
        if let Some(key) = known {
            command.env("ROLLCALL_SIGNING_KEY_FILE", key);
        }
        ended(&mut command)
    };
    let signed = export(true);
    let mut forged = signed.clone();
    forged["head"]["signature"] = format!("{}A==", "A".repeat(85)).into();
    let unsigned = export(false);
    let says =
        |ended: &EndedProgram, note: &str| assert!(ended.done().ends_with(note), "{ended:?}");
    let right = "The signature of its head is right.\n";
    says(&import(&signed, Some(&key), &[]), right);
    says(&import(&signed, None, &["--public-key", &own]), right);
    says(
        &import(&signed, Some(&other), &["--public-key", &own]),
        right,
    );
    let unchecked = "The signature of its head was not checked: no key is known here.\n";
    says(&import(&forged, None, &[]), unchecked);
    says(
        &import(&unsigned, Some(&key), &[]),
        "Its head has no signature.\n",
    );
    says(&import(&unsigned, None, &[]), "events.\n");
    let json = import(&signed, None, &["--json"]).json();
    assert_eq!(json["notes"][0], unchecked.trim_end());
    let wrong = "head: the signature is not of this head by ";
    found(&import(&forged, Some(&key), &[]), &[wrong]);
    found(&import(&signed, Some(&other), &[]), &[wrong]);
    let by_foreign = ["--public-key", &foreign];
    found(&import(&signed, Some(&key), &by_foreign), &[wrong]);
    let missing = "head: the signature is missing";
    found(&import(&unsigned, None, &by_foreign), &[missing]);
    // A history without hashes: of everything, in the format that had none.
    let all = run(&database, &["export"]);
    let mut all: Value = serde_json::from_str(all.done()).unwrap();
    all["rollcall"] = 2.into();
    for event in all["events"].as_array_mut().unwrap() {
        let event = event.as_object_mut().unwrap();
        event.remove("hash");
        event.remove("previousHash");
    }
    let anew = "The history had no hashes and was chained anew.";
    says(&import(&all, None, &[]), &format!("{anew}\n"));
    let json = import(&all, None, &["--json"]).json();
    assert_eq!(json["notes"], serde_json::json!([anew]));
}

#[test]
fn the_head_that_an_imported_release_was_exported_at_is_found_in_the_event_of_its_import() {
    let (folder, database) = example();
    // The newest event is of no release.
    let server = RunningServer::start(&mut program(&database));
    assert_eq!(server.create_cluster("later"), 200);
    server.end();
    let export = run(&database, &["export", "--release", "1"]);
    let file = folder.path().join("june.json");
    fs::write(&file, export.done()).unwrap();
    let kept = export.json()["head"].clone();
    let other = folder.path().join("other.db");
    run(&other, &["import", text(&file)]).done();
    let check = run(&other, &["check", "--head", &head(&kept)]);
    let id = &kept["id"];
    let note = format!("Event {id} is not here: this history began with the import of a release");
    assert!(check.done().starts_with(&note), "{check:?}");
    assert!(check.out.ends_with("\nAll is well.\n"), "{check:?}");
    let check = run(&other, &["check", "--json", "--head", &head(&kept)]);
    assert_eq!(check.json()["notes"].as_array().unwrap().len(), 1);
    let missing = format!("event {id} is not in the history");
    let wrong = format!("{id}:{}", "0".repeat(64));
    found(&run(&other, &["check", "--head", &wrong]), &[&missing]);
    // A history that began here has no such event, whatever it imported.
    let earlier = format!("999999:{}", kept["hash"].as_str().unwrap());
    found(
        &run(&database, &["check", "--head", &earlier]),
        &["event 999999 is not in the history"],
    );
}

#[test]
fn an_anchor_file_whose_lines_are_in_another_order_is_a_finding() {
    let (folder, database) = example();
    let export = run(&database, &["export", "--release", "1"]).json();
    let line = |hour: u8, of: &Value| {
        let hash = of["hash"].as_str().unwrap();
        format!("2026-06-01T{hour:02}:00:00Z {} {hash}\n", of["id"])
    };
    let (first, newest) = (&export["events"][0], &export["head"]);
    assert_ne!(first["id"], newest["id"]);
    let file = folder.path().join("anchors");
    let check = |lines: [String; 2]| {
        fs::write(&file, lines.concat()).unwrap();
        run(&database, &["check", "--anchors", text(&file)])
    };
    check([line(9, first), line(10, newest)]).done();
    found(
        &check([line(10, newest), line(9, first)]),
        &["anchors, line 2: it is older than the line before it"],
    );
    // A clock that was set back, and two reports at a time.
    check([line(10, first), line(9, newest)]).done();
    check([line(9, newest), line(9, first)]).done();
}

#[test]
fn an_anchor_file_or_a_key_that_cannot_be_used_ends_the_program_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let no_key = folder.path().join("no-key");
    fs::write(&no_key, "secret").unwrap();
    for (name, value) in [
        ("ROLLCALL_ANCHOR_FILE", "/no/such/folder/anchors"),
        ("ROLLCALL_SIGNING_KEY_FILE", "/no/such/key"),
        ("ROLLCALL_SIGNING_KEY_FILE", text(&no_key)),
    ] {
        let mut command = program(&database);
        ended(command.env(name, value)).failed(2, &[name, value]);
    }
    assert!(!database.exists());
}
