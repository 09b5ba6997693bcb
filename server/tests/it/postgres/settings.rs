//! Tests of `DATABASE_URL` for `PostgreSQL`: what is wrong is said in one line, never with the password.
use crate::{
    cluster,
    program::{EndedProgram, ended, program_at, run_at},
    test_database::{TestDatabase, TestEngine},
};

const PASSWORD: &str = "hunter2";

fn is_secret(ended: &EndedProgram) {
    let all = format!("{}{}", ended.out, ended.err);
    assert!(!all.contains(PASSWORD), "{all}");
}

#[test]
fn a_database_that_cannot_be_had_is_one_line_without_its_password() {
    // Nobody listens on this port.
    let url = format!("postgres://rollcall:{PASSWORD}@127.0.0.1:1/rollcall");
    let other = url.replace("postgres:", "postgresql:");
    for url in [url, other] {
        for verb in [&["migrate"][..], &[], &["check"], &["export"], &["demo"]] {
            let ended = run_at(&url, verb);
            ended.failed(1, &["127.0.0.1"]);
            is_secret(&ended);
        }
    }
}

#[test]
fn a_database_that_does_not_exist_is_not_created() {
    let url = cluster::url_of("nowhere");
    for verb in [&["migrate"][..], &[], &["check"]] {
        run_at(&url, verb).failed(1, &["nowhere"]);
    }
}

#[test]
fn a_malformed_address_is_a_wrong_setting_and_is_told_without_its_password() {
    for url in [
        "postgres://rollcall:hunter2@db:port/rollcall",
        "postgresql://rollcall:hunter2@[::1/rollcall",
        "postgres://rollcall:hunter2@db/rollcall?sslmode=maybe",
        "mysql://rollcall:hunter2@db/rollcall",
    ] {
        for verb in [&["migrate"][..], &[]] {
            let ended = run_at(url, verb);
            ended.failed(2, &["DATABASE_URL"]);
            is_secret(&ended);
        }
    }
}

#[tokio::test]
async fn backups_are_the_database_s_own() {
    let place = TestDatabase::new(TestEngine::Postgres).await;
    let url = place.url();
    run_at(&url, &["backup", "x.db"]).failed(2, &["pg_dump"]);
    run_at(&url, &["restore", "x.db"]).failed(2, &["pg_restore"]);
    let mut command = program_at(&url);
    let refused = ended(command.env("ROLLCALL_BACKUP_DIR", "/tmp"));
    refused.failed(2, &["ROLLCALL_BACKUP_DIR"]);
}

#[tokio::test]
async fn the_other_verbs_work_as_on_a_file() {
    let place = TestDatabase::empty_on_postgres().await;
    let url = place.url();
    assert!(!run_at(&url, &["migrate"]).done().is_empty());
    run_at(&url, &["demo"]).done();
    run_at(&url, &["check"]).done();
    let user = ["user", "add", "ana", "--name", "Ana", "--role", "admin"];
    assert_eq!(run_at(&url, &user).code, 0);
    assert!(run_at(&url, &["user", "list"]).done().contains("ana"));
}
