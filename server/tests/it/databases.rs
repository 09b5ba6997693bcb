//! Copied sql texts (R82) and quoted values (R83) in sqlite3, psql with `PostgreSQL`, and client and server of `MariaDB`, all
//! of which must be installed. sqlcmd and SQL*Plus cannot be run here: what they would expand is kept out of the header
//! by their documentation alone.
use crate::cluster;
use app::domain::{
    copy::{CopyHeader, copy_text},
    quote::{Quoting, quoted},
    vocabulary::StepType,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::{Seek, Write},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Names that a client could read something into.
const HOSTILE: [&str; 30] = [
    "A & B",
    "&&x",
    "$(id)",
    ":name",
    ":'name'",
    ":\"name\"",
    "::x",
    "ends -",
    "ends ;",
    "ends \\",
    "-",
    ";",
    "\\",
    "\\q",
    "\\! id",
    "\\g",
    "it's",
    "a \"b",
    "`c`",
    "/* open",
    "*/",
    "-- x",
    "# x",
    "@file",
    "!id",
    "GO",
    "DELIMITER //",
    "a\nSELECT 2;",
    "a\u{85}\u{2028}\\q\r\\q",
    "{x} ?",
];

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A program run as a person without rights: `MariaDB`'s server does not start as root.
fn unprivileged(program: impl AsRef<OsStr>) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    let mut command = if id.stdout == b"0\n" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

/// A server of the test's own, on a socket in its folder.
struct DatabaseServer {
    child: Child,
    folder: TempDir,
}

impl Drop for DatabaseServer {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn wait_until(is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < START_TIMEOUT, "the server does not start");
        thread::sleep(Duration::from_millis(50));
    }
}

fn psql(arguments: &[&str], text: &str) -> Output {
    let mut command = Command::new("psql");
    command.args([
        "-X", "-At", "-U", "postgres", "-d", "postgres", "-v", "name=9", "-h",
    ]);
    fed(command.arg(cluster::socket_folder()).args(arguments), text)
}

fn mariadb() -> DatabaseServer {
    let folder = folder();
    let data = folder.path().join("data");
    let at_data = format!("--datadir={}", data.display());
    succeed(unprivileged("mariadb-install-db").args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        &at_data,
    ]));
    let child = unprivileged("/usr/sbin/mariadbd")
        .args(["--no-defaults", "--skip-networking", &at_data])
        .arg(format!(
            "--socket={}",
            folder.path().join("socket").display()
        ))
        .arg(format!(
            "--pid-file={}",
            folder.path().join("pid").display()
        ))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let server = DatabaseServer { child, folder };
    wait_until(|| mysql(&server, &[], "SELECT 1").status.success());
    server
}

fn mysql(server: &DatabaseServer, arguments: &[&str], text: &str) -> Output {
    let mut command = Command::new("mariadb");
    command.args([
        "--no-defaults",
        "--default-character-set=utf8mb4",
        "-uroot",
        "-N",
        "-S",
    ]);
    fed(
        command
            .arg(server.folder.path().join("socket"))
            .args(arguments),
        text,
    )
}

fn sqlite(text: &str) -> Output {
    fed(
        Command::new("sqlite3").args(["-init", "/dev/null", ":memory:"]),
        text,
    )
}

/// Runs a client that reads this text from a file: it may print more than a pipe holds before it has read all.
fn fed(command: &mut Command, text: &str) -> Output {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    input.rewind().unwrap();
    command.stdin(input).output().unwrap()
}

/// What a client printed, if it had nothing to complain of.
fn said(output: Output) -> String {
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Copied texts that print 1.
fn copied() -> Vec<String> {
    let mut all = Vec::new();
    for customer in HOSTILE {
        for step in HOSTILE {
            let heading = CopyHeader {
                customer,
                cluster: "prod-eu",
                namespace: "acme",
                release: customer,
                number: 4,
                step,
            };
            all.push(copy_text(heading, StepType::Sql, "SELECT 1;"));
        }
    }
    all
}

fn each_prints_one(run: impl Fn(&str) -> Output) {
    let copied = copied();
    // One after the other; if that fails, the one that does is looked for.
    let text = copied.join("\n");
    if said(run(&text)) != "1\n".repeat(copied.len()) {
        for text in copied {
            assert_eq!(said(run(&text)), "1\n", "{text}");
        }
        panic!("only together they print something else");
    }
}

#[test]
fn a_header_is_a_comment_for_sqlite3() {
    each_prints_one(sqlite);
}

#[test]
fn a_header_is_a_comment_and_a_value_itself_for_psql() {
    let folder = tempfile::tempdir().unwrap();
    each_prints_one(|text| psql(&[], text));
    each_prints_one(|text| {
        let file: PathBuf = folder.path().join("copied.sql");
        fs::write(&file, text).unwrap();
        psql(&["-f", file.to_str().unwrap()], "")
    });
    round_trip(
        Quoting::Ansi,
        |literal| format!("SELECT encode(convert_to({literal}, 'UTF8'), 'hex');"),
        |text| psql(&[], text),
    );
    let table = "CREATE TEMP TABLE t (v text); INSERT INTO t VALUES ('a'), ('b');";
    let output = psql(&["-q"], &format!("{table}\n{}", where_it_is(Quoting::Ansi)));
    assert_eq!(said(output), "0\n");
}

#[test]
fn a_header_is_a_comment_and_a_value_itself_for_mariadb() {
    let server = mariadb();
    each_prints_one(|text| mysql(&server, &[], text));
    each_prints_one(|text| mysql(&server, &["--comments"], text));
    each_prints_one(|text| {
        let file: PathBuf = server.folder.path().join("copied.sql");
        fs::write(&file, text).unwrap();
        mysql(&server, &["-e", &format!("source {}", file.display())], "")
    });
    round_trip(
        Quoting::Mysql,
        |literal| format!("SELECT LOWER(HEX({literal}));"),
        |text| mysql(&server, &[], text),
    );
    let table = "CREATE TEMPORARY TABLE t (v text); INSERT INTO t VALUES ('a'), ('b');";
    let count = |quoting| {
        let text = format!("{table}\n{}", where_it_is(quoting));
        said(mysql(&server, &["test"], &text))
    };
    succeed(
        Command::new("mariadb")
            .args(["--no-defaults", "-uroot", "-S"])
            .arg(server.folder.path().join("socket"))
            .args(["-e", "CREATE DATABASE IF NOT EXISTS test"]),
    );
    assert_eq!(count(Quoting::Mysql), "0\n");
    // Why a plain `quote` refuses the backslash: the literal of standard SQL matches every row here.
    assert_eq!(count(Quoting::Ansi), "2\n");
}

#[test]
fn a_quoted_value_is_itself_in_sqlite3() {
    round_trip(
        Quoting::Ansi,
        |literal| format!("SELECT lower(hex({literal}));"),
        sqlite,
    );
    let table = "CREATE TABLE t (v); INSERT INTO t VALUES ('a'), ('b');";
    assert_eq!(
        said(sqlite(&format!("{table}\n{}", where_it_is(Quoting::Ansi)))),
        "0\n"
    );
}

/// The WHERE that a value turned into one that is always true.
fn where_it_is(quoting: Quoting) -> String {
    let value = quoted(r"\' OR 1=1 -- ", quoting, StepType::Sql).unwrap();
    format!("SELECT count(*) FROM t WHERE v = {value}\n;")
}

/// Values come back from the database as they are; those without a backslash with a plain `quote` too.
fn round_trip(quoting: Quoting, select: impl Fn(&str) -> String, run: impl Fn(&str) -> Output) {
    let mut runner = TestRunner::new_with_rng(
        ProptestConfig::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let strategy =
        r#"([\\'"`%_;:$&?!{}()/*#\n\t -]|--|\\\\|\\n|\\'|''|é|😀|a|Z|\$\$|:name|\$\(id\)){0,12}"#;
    let (mut text, mut expected) = (String::new(), String::new());
    for _ in 0..400 {
        let value = strategy.new_tree(&mut runner).unwrap().current();
        let hex = value.bytes().fold(String::new(), |mut hex, it| {
            write!(hex, "{it:02x}").unwrap();
            hex
        });
        let literals = [
            quoted(&value, quoting, StepType::Sql),
            quoted(&value, Quoting::Quote, StepType::Sql),
        ];
        assert_eq!(literals[1].is_err(), value.contains('\\'));
        for literal in literals.into_iter().flatten() {
            text.push_str(&select(&literal));
            text.push('\n');
            expected.push_str(&hex);
            expected.push('\n');
        }
    }
    assert_eq!(said(run(&text)), expected);
}
