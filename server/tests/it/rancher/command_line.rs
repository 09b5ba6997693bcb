//! `rollcall rancher` with the real program: what it prints, and exits with.
use super::{FakeRancher, TOKEN};
use crate::program::{EndedProgram, RunningServer, ended, program};
use std::path::Path;

/// A server that reads this Rancher, on a new database.
fn server(folder: &Path, rancher: &FakeRancher) -> RunningServer {
    let mut command = program(&folder.join("app.db"));
    command
        .env("RANCHER_URL", &rancher.url)
        .env("RANCHER_TOKEN", TOKEN);
    RunningServer::start(&mut command)
}

/// Runs the verb by REST; it has no database.
fn run(folder: &Path, server: &RunningServer, arguments: &[&str]) -> EndedProgram {
    let mut command = program(&folder.join("none.db"));
    command.arg("rancher").args(arguments);
    ended(command.env("ROLLCALL_URL", format!("http://{}/", server.address)))
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_and_customers_come_from_rancher_by_the_command_line() {
    let rancher = FakeRancher::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = server(folder, &rancher);
    let dry = run(folder, &server, &["--dry-run", "--cluster", "eu-west"]);
    assert_eq!(
        dry.done(),
        "new cluster eu-west active\nnew eu-west acme\nnew eu-west backups: backups is a system namespace\n\
         new eu-west hooli\nnew eu-west kube-system: kube-system is a system namespace\n\
         Would create 2 customers and 1 cluster. Nothing was changed.\n"
    );
    let filter = ["--label", "team=shop", "--name", "a", "--json"];
    let some = run(folder, &server, &filter);
    // One cluster cannot be read: the others are done, and the end says so.
    some.failed(1, &["couldn't read far-away: Rancher answers 503"]);
    let json = some.json();
    assert_eq!(
        (&json["created"], &json["clustersCreated"]),
        (&2.into(), &2.into())
    );
    let rest = run(
        folder,
        &server,
        &["--cluster", "ap-south", "--cluster", "eu-west"],
    );
    assert_eq!(rest.done(), "Created 3 customers.\n");
    let again = run(folder, &server, &[]);
    again.failed(1, &["couldn't read far-away: Rancher answers 503"]);
    assert_eq!(again.out, "Nothing to create.\n");
    let (_, customers) = server.ask("GET", "/api/customers", "");
    assert!(customers.contains("\"stark\"") && !customers.contains("kube-system"));
    let (_, events) = server.ask("GET", "/api/audit", "");
    assert!(events.contains("\"actor\":\"Ana\""), "{events}");
    run(folder, &server, &["--cluster", "nowhere"]).failed(1, &["422", "no cluster nowhere"]);
    assert!(!folder.join("none.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn rancher_is_not_asked_through_a_proxy_of_the_environment() {
    let rancher = FakeRancher::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut command = program(&folder.join("app.db"));
    command
        .env("RANCHER_URL", &rancher.url)
        .env("RANCHER_TOKEN", TOKEN)
        // Nobody listens there.
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1");
    let server = RunningServer::start(&mut command);
    let dry = run(folder, &server, &["--dry-run", "--cluster", "eu-west"]);
    assert!(dry.done().contains("new eu-west acme\n"));
}

#[test]
fn without_a_server_it_ends_with_2_and_without_a_rancher_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut alone = program(&folder.join("none.db"));
    ended(alone.args(["rancher", "--dry-run"])).failed(2, &["ROLLCALL_URL"]);
    let server = RunningServer::start(&mut program(&folder.join("app.db")));
    let refused = run(folder, &server, &["--dry-run"]);
    refused.failed(1, &["409", "RANCHER_URL and RANCHER_TOKEN"]);
    // A token that is in a file is read there.
    let mut wrong = program(&folder.join("app.db"));
    wrong.env("RANCHER_URL", "rancher.example.com");
    ended(&mut wrong).failed(2, &["RANCHER_URL is `rancher.example.com`"]);
    let mut wrong = program(&folder.join("app.db"));
    wrong.env("RANCHER_TOKEN_FILE", "/no/such/file");
    ended(&mut wrong).failed(2, &["RANCHER_TOKEN_FILE", "/no/such/file"]);
}
