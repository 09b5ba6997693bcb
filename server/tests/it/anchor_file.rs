//! The anchor file (R89) while a server adds heads to it: what happens to the file meanwhile is told, and no later line is lost.
use crate::program::{RunningServer, program, run};
use std::fs;

#[test]
fn an_anchor_file_that_lost_its_lines_is_told_and_gets_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    run(&database, &["demo"]).done();
    let disk = folder.path().join("disk");
    let file = disk.join("anchors");
    fs::create_dir(&disk).unwrap();
    let mut command = program(&database);
    let mut server = RunningServer::start(command.env("ROLLCALL_ANCHOR_FILE", &file));
    let report = |server: &RunningServer| {
        let (status, _) = server.ask("GET", "/api/releases/1/export?format=md", "");
        assert_eq!(status, 200);
    };
    let failures = |server: &RunningServer| {
        let (_, metrics) = server.ask("GET", "/metrics", "");
        let mut lines = metrics.lines();
        let line = lines.find_map(|it| it.strip_prefix("rollcall_anchor_failures_total "));
        line.map(|it| it.trim().to_owned())
    };
    let n_lines = || fs::read_to_string(&file).unwrap().lines().count();
    report(&server);
    assert_eq!((n_lines(), failures(&server)), (2, None));
    let lost = "the anchor file was removed, replaced or cut off";
    fs::remove_file(&file).unwrap();
    report(&server);
    server.wait_for(lost);
    assert_eq!((n_lines(), failures(&server)), (1, Some("1".to_owned())));
    fs::write(&file, "").unwrap();
    report(&server);
    server.wait_for(lost);
    assert_eq!((n_lines(), failures(&server)), (1, Some("2".to_owned())));
    // Another disk may be away for a while.
    fs::remove_dir_all(&disk).unwrap();
    report(&server);
    server.wait_for("was not added to the anchor file");
    assert_eq!(failures(&server), Some("3".to_owned()));
    fs::create_dir(&disk).unwrap();
    report(&server);
    server.wait_for(lost);
    assert_eq!((n_lines(), failures(&server)), (1, Some("4".to_owned())));
    server.end();
    let check = run(&database, &["check", "--anchors", file.to_str().unwrap()]);
    assert_eq!(check.done(), "All is well.\n");
}
