//! Tests of faults in the environment, with the real program: a busy port, a full or read-only disk, a damaged, newer or older
//! database, a kill during migration or import. The program prints one line that says what to do, exits with a code that is
//! not 0, and damages nothing.
use crate::{
    harness::in_open_mode,
    program::{RunningServer, ended, program, run},
    store::transfer::without_import,
    world::draft,
};
use app::{
    domain::{
        actor_stamp::ActorStamp, cluster::ClusterDraft, customer::CustomerDraft, order::Position,
        release::ReleaseDraft,
    },
    store::Database,
};
use chrono::DateTime;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

async fn open(database: &Path) -> Database {
    let url = format!("sqlite://{}", database.display());
    let store = Database::open(&url);
    store.await.unwrap()
}

/// A small file system that is unmounted with the test; none if the process may not mount one.
struct Disk(PathBuf);

impl Disk {
    fn new(folder: &Path) -> Option<Self> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(folder)
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(folder.to_owned())),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                eprintln!(
                    "skipped: no file system can be mounted here: {}",
                    why.trim()
                );
                None
            }
            Err(error) => {
                eprintln!("skipped: there is no mount: {error}");
                None
            }
        }
    }

    /// Writes a file until the disk is full.
    fn fill(&self) -> PathBuf {
        let filler = self.0.join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[7; 4_096]).is_ok() {}
        while file.write_all(&[7]).is_ok() {}
        filler
    }

    fn make_read_only(&self) {
        let mount = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.0)
            .status();
        assert!(mount.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_busy_port() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    ended(program(&database).env("ROLLCALL_ADDR", &address)).failed(
        1,
        &[
            &address,
            "in use",
            "Choose another address with ROLLCALL_ADDR",
        ],
    );
    run(&database, &["check"]).done();
}

#[test]
fn a_place_that_cannot_be_written() {
    // No folder can be created below a file, not even by root.
    let nowhere = Path::new("/dev/null/x/app.db");
    for verb in [&[][..], &["migrate"]] {
        run(nowhere, verb).failed(1, &["/dev/null/x", "cannot be created", "DATABASE_URL"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path()) else {
        return;
    };
    let database = folder.path().join("app.db");
    run(&database, &["migrate"]).done();
    disk.make_read_only();
    let ended = run(&database, &[]);
    ended.failed(1, &["app.db cannot be opened", "writable"]);
    let elsewhere = folder.path().join("new.db");
    run(&elsewhere, &["migrate"]).failed(1, &["new.db cannot be opened", "writable"]);
    run(&database, &["backup", elsewhere.to_str().unwrap()]).failed(1, &["new.db"]);
}

/// A file that can only be read, also by root, until this is dropped.
struct ReadOnlyFile(PathBuf);

impl ReadOnlyFile {
    fn new(file: &Path) -> Option<Self> {
        let mount = |options: &[&str]| {
            let done = Command::new("mount").args(options).arg(file).output();
            done.is_ok_and(|it| it.status.success())
        };
        if !mount(&["--bind", file.to_str().unwrap()]) {
            eprintln!("skipped: nothing can be mounted here");
            return None;
        }
        let this = Self(file.to_owned());
        assert!(mount(&["-o", "remount,ro,bind"]));
        Some(this)
    }
}

impl Drop for ReadOnlyFile {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_file_that_may_only_be_read_is_no_full_disk() {
    const WRITABLE: &str = "Make the file and its folder writable";
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["migrate"]).done();
    let Some(read_only) = ReadOnlyFile::new(&database) else {
        return;
    };
    for verb in [&[][..], &["migrate"]] {
        run(&database, verb).failed(1, &["app.db cannot be opened", "readonly", WRITABLE]);
    }
    drop(read_only);
    // With a log that a kill left behind, which is to be merged, the same is an I/O error.
    let server = RunningServer::start(&mut program(&database));
    assert_eq!(server.create_cluster("one"), 200);
    drop(server);
    let read_only = ReadOnlyFile::new(&database).unwrap();
    run(&database, &[]).failed(1, &["app.db cannot be opened", WRITABLE]);
    run(&database, &["check"]).failed(1, &["disk I/O error", WRITABLE]);
    drop(read_only);
    run(&database, &["check"]).done();
}

#[tokio::test]
async fn an_export_of_a_value_that_cannot_be_read_names_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["demo"]).done();
    let one = ["export", "--release", "1"];
    for (sql, verb, place) in [
        (
            "UPDATE clusters SET name = x'ff' WHERE id = 1",
            &one[..1],
            "clusters: row 1: its column name",
        ),
        (
            "UPDATE clusters SET name = 'a' WHERE id = 1; UPDATE releases SET type = 'party' WHERE id = 1",
            &one[..1],
            "releases: row 1: ",
        ),
        (
            "UPDATE releases SET name = x'ff' WHERE id = 1",
            &one[..],
            "releases: row 1: its column name",
        ),
    ] {
        let opened = open(&database).await;
        opened.writer().execute_unprepared(sql).await.unwrap();
        opened.close().await.unwrap();
        let ended = run(&database, verb);
        ended.failed(1, &[place, "rollcall check", "rollcall restore FILE"]);
        assert!(!ended.err.contains("Check the path"), "{ended:?}");
        assert_eq!(run(&database, &["check"]).code, 3, "{sql}");
    }
}

#[test]
fn a_full_disk_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path()) else {
        return;
    };
    let filler = disk.fill();
    let database = folder.path().join("app.db");
    run(&database, &[]).failed(1, &["app.db", "Free some space"]);
    fs::remove_file(filler).unwrap();
    run(&database, &["migrate"]).done();
    run(&database, &["check"]).done();
}

#[test]
fn a_full_disk_while_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::new(folder.path()) else {
        return;
    };
    let database = folder.path().join("app.db");
    let mut server = RunningServer::start(&mut program(&database));
    assert_eq!(server.create_cluster("before"), 200);
    let filler = disk.fill();
    // The write-ahead log may still have room for some changes. None that is acknowledged may be lost.
    let mut names = vec!["before".to_owned()];
    let failed = (0..2_000).any(|n| {
        let name = format!("cluster {n}");
        let status = server.create_cluster(&name);
        assert!(status == 200 || status == 500, "{status}");
        if status == 200 {
            names.push(name);
        }
        status == 500
    });
    assert!(failed);
    let line = server.wait_for("ERROR");
    assert!(
        line.contains("disk is full") || line.contains("disk I/O"),
        "{line}"
    );
    assert_eq!(server.ask("GET", "/clusters", "").0, 200);
    run(
        &database,
        &["backup", folder.path().join("b.db").to_str().unwrap()],
    )
    .failed(1, &["b.db"]);
    fs::remove_file(filler).unwrap();
    assert_eq!(server.create_cluster("after"), 200);
    names.push("after".to_owned());
    server.end();
    run(&database, &["check"]).done();
    let all = run(&database, &["export"]);
    for name in names {
        assert!(
            all.done().contains(&format!("\"name\":\"{name}\"")),
            "{name}"
        );
    }
}

#[test]
fn a_damaged_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    fs::write(
        &database,
        "this is no database, and never was one".repeat(200),
    )
    .unwrap();
    let before = fs::read(&database).unwrap();
    run(&database, &[]).failed(1, &["cannot be opened", "rollcall restore FILE"]);
    assert_eq!(fs::read(&database).unwrap(), before);
    // A database that was cut off.
    let good = folder.path().join("good.db");
    run(&good, &["demo"]).done();
    let bytes = fs::read(&good).unwrap();
    fs::write(&database, &bytes[..bytes.len() / 2]).unwrap();
    run(&database, &[]).failed(1, &["app.db", "malformed", "rollcall restore FILE"]);
    let checked = run(&database, &["check"]);
    assert_eq!(checked.code, 3, "{checked:?}");
    // A damaged page that the start does not read.
    let mut holed = bytes;
    let at = holed.len() / 4_096 / 2 * 4_096;
    holed[at..at + 4_096].fill(0xa5);
    fs::write(&database, holed).unwrap();
    let checked = run(&database, &["check"]);
    assert_eq!(checked.code, 3, "{checked:?}");
    assert!(checked.out.contains("integrity: "), "{checked:?}");
    // A backup can be restored over the damaged database.
    run(
        &good,
        &["backup", folder.path().join("b.db").to_str().unwrap()],
    )
    .done();
    run(
        &database,
        &["restore", folder.path().join("b.db").to_str().unwrap()],
    )
    .done();
    run(&database, &["check"]).done();
}

#[tokio::test]
async fn a_database_from_a_newer_version() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["migrate"]).done();
    let store = open(&database).await;
    let insert =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_later', 0)";
    store.writer().execute_unprepared(insert).await.unwrap();
    store.close().await.unwrap();
    for verb in [&[][..], &["migrate"], &["export"]] {
        run(&database, verb).failed(1, &["written by a newer Rollcall", "Use that version"]);
    }
    assert_eq!(run(&database, &["check"]).code, 3);
}

#[tokio::test]
async fn a_database_from_an_older_version_is_brought_up_to_date_by_those_who_may() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    // As after a kill before the first migration: the table of migrations exists and is empty.
    let store = open(&database).await;
    Migrator::install(store.writer()).await.unwrap();
    store.close().await.unwrap();
    run(&database, &["export"]).failed(1, &["older than this program", "rollcall migrate"]);
    assert_eq!(run(&database, &["check"]).code, 3);
    // A backup copies it as it is.
    let backup = folder.path().join("b.db");
    run(&database, &["backup", backup.to_str().unwrap()]).done();
    run(&database, &["migrate"]).done();
    run(&database, &["check"]).done();
}

#[test]
fn killed_while_the_database_is_brought_up_to_date() {
    const KILLS: u32 = 20;
    let folder = tempfile::tempdir().unwrap();
    let path = |n: u32| folder.path().join(format!("{n}.db"));
    let began = Instant::now();
    run(&path(KILLS), &["migrate"]).done();
    let long = began.elapsed();
    let mut unfinished = 0;
    for n in 0..KILLS {
        let mut command = program(&path(n));
        command.arg("migrate").stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The kills are spread evenly over the duration of a migration.
        let part = f64::from(n) / f64::from(KILLS);
        std::thread::sleep(Duration::from_micros(500) + long.mul_f64(part));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        unfinished += u32::from(!status.success());
        run(&path(n), &["migrate"]).done();
        run(&path(n), &["check"]).done();
    }
    eprintln!("{KILLS} kills, {unfinished} before the end of {long:?}");
    assert!(unfinished > 0);
}

#[test]
fn killed_while_an_import_is_taken_in() {
    const KILLS: u32 = 12;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    run(&path("good.db"), &["demo"]).done();
    let all = run(&path("good.db"), &["export"]).done().to_owned();
    let imported = without_import(&all);
    let file = path("all.json");
    fs::write(&file, &all).unwrap();
    let import = ["import", file.to_str().unwrap()];
    run(&path("empty.db"), &["migrate"]).done();
    let nothing = run(&path("empty.db"), &["export"]).done().to_owned();
    let began = Instant::now();
    run(&path("whole.db"), &import).done();
    let long = began.elapsed();
    let mut whole = 0;
    for n in 0..KILLS {
        let database = path(&format!("{n}.db"));
        run(&database, &["migrate"]).done();
        let mut command = program(&database);
        command.args(import).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        // Most of the duration passes before the commit.
        let part = f64::from(n + 1) / f64::from(KILLS);
        std::thread::sleep(long.mul_f64(part));
        child.kill().unwrap();
        child.wait().unwrap();
        let left = run(&database, &["export"]);
        let is_whole = without_import(left.done()) == imported;
        assert!(is_whole || left.out == nothing, "a part of it is there");
        whole += u32::from(is_whole);
        run(&database, &["check"]).done();
    }
    eprintln!("{KILLS} kills: {whole} times all was there (import {long:?})");
    assert!(whole < KILLS);
}

/// Creates pending cells with a text of this size each; returns their ids.
async fn large_texts(database: &Path, cells: usize, bytes: usize) -> Vec<i64> {
    run(database, &["migrate"]).done();
    let opened = open(database).await;
    let store = in_open_mode(&opened);
    let stamp = || ActorStamp::new("Ana", DateTime::UNIX_EPOCH).unwrap();
    let cluster = ClusterDraft {
        name: "eu-west".into(),
        ..ClusterDraft::default()
    };
    let cluster = store.create_cluster(cluster, stamp()).await.unwrap().row.id;
    let mut customers = Vec::new();
    for n in 0..cells {
        let customer = CustomerDraft {
            name: format!("customer {n}"),
            cluster_id: Some(cluster),
            namespace: format!("c{n}"),
            ..CustomerDraft::default()
        };
        let made = store.create_customer(customer, stamp()).await;
        customers.push(made.unwrap().row.id);
    }
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, stamp()).await;
    let release = release.unwrap().row.id;
    let text = draft("Large", "deploy", "bash", &"x".repeat(bytes));
    let added = store.add_template(release, text, Position::Last, stamp());
    added.await.unwrap();
    let activated = store.activate_release(release, Some(customers), stamp());
    activated.await.unwrap();
    opened.close().await.unwrap();
    // The only steps of a new database.
    (1..=i64::try_from(cells).unwrap()).collect()
}

#[tokio::test]
async fn a_bulk_never_has_all_of_its_texts_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    // 100 MB of text.
    let ids = large_texts(&database, 400, 250_000).await;
    let server = RunningServer::start(&mut program(&database));
    let before = server.peak_kb();
    let body = json!({ "ids": ids, "action": "done" }).to_string();
    let (status, answer) = server.ask("POST", "/api/steps/bulk", &body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("\"changed\":400"), "{answer}");
    let grown = server.peak_kb() - before;
    eprintln!("a bulk of 100 MB of text took {grown} kB of memory");
    assert!(grown < 180_000, "{grown} kB");
}

#[tokio::test]
async fn an_undo_never_has_all_of_its_texts_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    // 100 MB of text, and as much again in the history: the texts as they were executed.
    let ids = large_texts(&database, 400, 250_000).await;
    let server = RunningServer::start(&mut program(&database));
    let body = json!({ "ids": ids, "action": "done" }).to_string();
    let (status, answer) = server.ask("POST", "/api/steps/bulk", &body);
    assert_eq!(status, 200, "{answer}");
    let answer = answer.split("\"batchId\":\"").nth(1).unwrap();
    let batch = answer.split('"').next().unwrap();
    server.end();
    // A new server, whose peak is not that of the bulk.
    let server = RunningServer::start(&mut program(&database));
    let before = server.peak_kb();
    let undo = format!("/api/audit/{batch}/undo");
    for body in ["{\"dryRun\":true}", ""] {
        let (status, answer) = server.ask("POST", &undo, body);
        assert_eq!(status, 200, "{answer}");
        assert!(answer.contains("\"restored\":400"), "{answer}");
    }
    let grown = server.peak_kb() - before;
    eprintln!("an undo of 100 MB of text took {grown} kB of memory");
    assert!(grown < 80_000, "{grown} kB");
}
