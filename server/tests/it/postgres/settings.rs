//! Tests of `DATABASE_URL` for `PostgreSQL`: what is wrong is said in one line, never with the password.
use crate::{cluster, program::run_at, test_database::TestDatabase};

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
            assert!(!ended.err.contains("hunter2"), "{ended:?}");
        }
    }
}

#[tokio::test]
async fn every_verb_works_as_on_a_file() {
    let place = TestDatabase::empty_on_postgres().await;
    let url = place.url();
    assert!(!run_at(&url, &["migrate"]).done().is_empty());
    run_at(&url, &["demo"]).done();
    run_at(&url, &["check"]).done();
    let user = ["user", "add", "ana", "--name", "Ana", "--role", "admin"];
    assert_eq!(run_at(&url, &user).code, 0);
    assert!(run_at(&url, &["user", "list"]).done().contains("ana"));
}
