//! Tests of runners (R73) with real bash: `processes` and `reports` on a text as a process, the other files with the real program, as
//! the server and as runners.
mod command_line;
mod kills;
mod kubectl;
mod processes;
mod reports;
mod runs;

use crate::program::{RunningServer, program};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// So long a test waits for anything.
const WAIT_TIMEOUT: Duration = Duration::from_mins(1);

/// Waits until this answers something.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < WAIT_TIMEOUT, "waited for: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// How many processes run `sleep` for this number of seconds: a number by which a test knows its own.
pub fn sleepers(seconds: u32) -> usize {
    let wanted = format!("sleep\0{seconds}\0");
    let entries = fs::read_dir("/proc").unwrap().flatten();
    // A process may end meanwhile.
    let lines = entries.filter_map(|it| fs::read(it.path().join("cmdline")).ok());
    lines.filter(|it| it == wanted.as_bytes()).count()
}

/// A server in `open` mode with an active release of steps with these texts, of a kind and a content each, in one cluster that takes
/// eight runs at once. The first customer, "Customer 000" in `ns-000`, has the steps 1, 2, .. in their order.
pub struct RunnerWorld {
    pub folder: TempDir,
    pub server: Option<RunningServer>,
    pub address: String,
}

impl RunnerWorld {
    pub fn start(texts: &[(&str, &str)]) -> Self {
        Self::start_with(texts, 1, 60)
    }

    /// The same for this number of customers, with a lease in seconds.
    pub fn start_with(texts: &[(&str, &str)], n_customers: usize, lease: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Self::server_command(folder.path(), "127.0.0.1:0", lease);
        let server = RunningServer::start(&mut command);
        let address = server.address.clone();
        let this = Self {
            folder,
            server: Some(server),
            address,
        };
        let cluster = json!({ "name": "prod-eu", "maxParallel": 8 });
        this.send("POST", "clusters", &cluster);
        for n in 0..n_customers {
            let customer = json!({
                "name": format!("Customer {n:03}"), "clusterId": 1, "namespace": format!("ns-{n:03}"),
            });
            this.send("POST", "customers", &customer);
        }
        let release = json!({ "name": "June", "type": "release" });
        this.send("POST", "releases", &release);
        for (n, (kind, text)) in texts.iter().enumerate() {
            let template = json!({
                "name": format!("Step {n}"), "category": "deploy", "type": kind, "content": text,
            });
            this.send("POST", "releases/1/templates", &template);
        }
        this.send("POST", "releases/1/activate", &json!({}));
        this
    }

    fn server_command(folder: &Path, address: &str, lease: u32) -> Command {
        let mut command = program(&folder.join("app.db"));
        command
            .env("ROLLCALL_ADDR", address)
            .env("ROLLCALL_RUN_LEASE", lease.to_string());
        command
    }

    /// Kills the server.
    pub fn kill_server(&mut self) {
        self.server = None;
    }

    /// Starts it again, at the same address.
    pub fn start_server(&mut self, lease: u32) {
        let mut command = Self::server_command(self.folder.path(), &self.address, lease);
        self.server = Some(RunningServer::start(&mut command));
    }

    fn running(&self) -> &RunningServer {
        self.server.as_ref().unwrap()
    }

    /// A path within the folder of this world, for texts that leave something.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends a request below `/api`; it must be done.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/{path}");
        let (status, answer) = self.running().ask(method, &path, &body.to_string());
        assert!(status < 300, "{path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// What REST answers to GET.
    pub fn read(&self, path: &str) -> Value {
        let (status, answer) = self.running().ask("GET", &format!("/api/{path}"), "");
        assert_eq!(status, 200, "{path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// Makes a runner of the cluster; its token.
    pub fn token(&self, name: &str) -> String {
        let runner = json!({ "name": name, "clusters": ["prod-eu"] });
        let made = self.send("POST", "runners", &runner);
        made["token"].as_str().unwrap().to_owned()
    }

    /// A command for a runner with this token. Its temporary folder is `tmp` in the folder of this world.
    pub fn command(&self, token: &str, arguments: &[&str]) -> Command {
        let temporary = self.path("tmp");
        fs::create_dir_all(&temporary).unwrap();
        let mut command = program(Path::new("unused"));
        command
            .env("DATABASE_URL", "no database")
            .env("ROLLCALL_URL", format!("http://{}/", self.address))
            .env("ROLLCALL_RUNNER_TOKEN", token)
            .env("HOME", self.folder.path())
            .env("TMPDIR", temporary)
            .arg("runner")
            .args(arguments);
        command
    }

    /// Makes a runner and starts it.
    pub fn runner(&self, name: &str, arguments: &[&str]) -> RunningRunner {
        let token = self.token(name);
        let log = self.path(&format!("{name}.log"));
        RunningRunner::start(&mut self.command(&token, arguments), &log)
    }

    /// Asks for a run of a step with a timeout in seconds; the run's id.
    pub fn ask(&self, step: i64, timeout: u32) -> i64 {
        let version = self.read(&format!("steps/{step}"))["version"].clone();
        let body = json!({ "version": version, "timeoutSeconds": timeout });
        let run = self.send("POST", &format!("steps/{step}/run"), &body);
        run["id"].as_i64().unwrap()
    }

    /// Waits until a run is in this state, and answers it.
    pub fn wait_for(&self, run: i64, state: &str) -> Value {
        let mut last = Value::Null;
        let path = format!("runs/{run}");
        let began = Instant::now();
        while began.elapsed() < WAIT_TIMEOUT {
            last = self.read(&path);
            if last["state"] == state {
                return last;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("a run is not {state}: {last}");
    }

    /// All that a run wrote.
    pub fn output(&self, run: i64) -> String {
        let page = self.read(&format!("runs/{run}/output?after=0"));
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|it| it["text"].as_str().unwrap())
            .collect()
    }

    /// A step's state, and why it failed.
    pub fn step(&self, step: i64) -> (String, String) {
        let step = self.read(&format!("steps/{step}"));
        let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
        (text("status"), text("failReason"))
    }

    /// Checks that runners left no folder of a run behind.
    pub fn is_tidy(&self) {
        let left = fs::read_dir(self.path("tmp")).unwrap().flatten();
        let left: Vec<PathBuf> = left.map(|it| it.path()).collect();
        assert_eq!(left, Vec::<PathBuf>::new());
    }
}

/// A running runner; killed when dropped.
pub struct RunningRunner {
    child: Child,
    log: PathBuf,
}

impl RunningRunner {
    pub fn start(command: &mut Command, log: &Path) -> Self {
        command
            .stdout(Stdio::null())
            .stderr(File::create(log).unwrap());
        Self {
            child: command.spawn().unwrap(),
            log: log.to_owned(),
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let done = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(done.success());
    }

    /// Waits for its end; the exit code.
    pub fn ended(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The peak of its memory, in kB.
    pub fn peak_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let number = line.unwrap().trim().trim_end_matches(" kB");
        number.parse().unwrap()
    }
}

impl Drop for RunningRunner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
