//! `PostgreSQL` for tests: clusters that `./dev postgres` serves, each until it is dropped or the test run is over.
use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

/// A running cluster; stopped when dropped.
pub struct PostgresCluster {
    child: Child,
    /// The cluster runs until this is closed, which the end of this process does too.
    standard_input: Option<ChildStdin>,
    /// `DATABASE_URL` of its database `rollcall`.
    pub url: String,
}

fn dev_postgres() -> Command {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../dev"));
    command.arg("postgres");
    command
}

impl PostgresCluster {
    /// Starts a cluster whose data are in this folder, or in a temporary one.
    pub fn start(folder: Option<&Path>) -> Self {
        Self::served_by(dev_postgres().args(folder))
    }

    /// One that listens on a port of loopback too, with further arguments for `postgres`.
    pub fn start_on_network(folder: &Path, port: u16, arguments: &[&str]) -> Self {
        // Read by `postgres`, and by the `psql` that waits for it: its socket has the port in its name.
        let mut command = dev_postgres();
        command.env("PGPORT", port.to_string());
        Self::served_by(command.arg(folder).arg("-h127.0.0.1").args(arguments))
    }

    fn served_by(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert!(
            line.starts_with("postgres://"),
            "`./dev postgres` has started no PostgreSQL: standard error says why"
        );
        Self {
            standard_input: child.stdin.take(),
            child,
            url: line.trim_end().to_owned(),
        }
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        drop(self.standard_input.take());
        let _ = self.child.wait();
    }
}

/// `DATABASE_URL` of the cluster that the tests share: that of `ROLLCALL_TEST_POSTGRES`, which `./dev test` sets, else one that is
/// started now and ends with this process.
pub fn shared() -> &'static str {
    static SHARED: OnceLock<(String, Option<PostgresCluster>)> = OnceLock::new();
    let start = || {
        if let Ok(url) = env::var("ROLLCALL_TEST_POSTGRES") {
            return (url, None);
        }
        let cluster = PostgresCluster::start(None);
        (cluster.url.clone(), Some(cluster))
    };
    &SHARED.get_or_init(start).0
}

/// The folder of the shared cluster's socket.
pub fn socket_folder() -> &'static str {
    shared().split_once("?host=").unwrap().1
}

/// `DATABASE_URL` of the shared cluster's database of this name.
pub fn url_of(name: &str) -> String {
    shared().replacen("/rollcall?", &format!("/{name}?"), 1)
}
