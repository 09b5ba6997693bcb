//! Starts a step's text as a process (R73): its file in a private folder, its arguments without a shell, and the helper above it, which
//! ends it and all that it has left behind. `rollcall run` uses the same.
use super::{
    exec_run::{CANCEL_LINE, TERM_GRACE, end_file, signal_name},
    left_behind::kill_orphans,
};
use app::domain::run::{OUTPUT_CHUNK_MAX_BYTES, OutputStream, RunEnd, RunKind};
use futures_util::FutureExt;
use rustix::process::{getpid, set_child_subreaper};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::{
        fs::{DirBuilderExt, OpenOptionsExt},
        process::ExitStatusExt,
    },
    path::{self, Path, PathBuf},
    process::{self, ExitStatus, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep_until, timeout},
};

/// This program, also if its file has been replaced since.
const OWN_PROGRAM: &str = "/proc/self/exe";
/// So long output is read once the text has ended: something may keep it open.
const READ_AFTER_END: Duration = Duration::from_secs(2);
/// How long the helper may outlive the timeout of the text. Then it hangs or was stopped, and is killed.
const HELPER_TIMEOUT: Duration = Duration::from_secs(20).saturating_add(TERM_GRACE);
/// Pieces of output that are read ahead.
const PIECES_AHEAD: usize = 16;
/// Between two rounds of killing what a killed helper has left.
const ORPHAN_INTERVAL: Duration = Duration::from_millis(20);
/// The number of rounds in a row that must find nothing.
const EMPTY_ROUNDS: usize = 3;
/// After this time killing is given up, as in the helper.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(10);

/// The helpers that run. Locked while one is started, so that none is taken for an orphan.
static HELPERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn helpers() -> MutexGuard<'static, BTreeSet<i32>> {
    HELPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By what a text is run: an argument list, in which `{file}`, `{namespace}`, `{customer}` and `{cluster}` stand for what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCommand {
    arguments: Vec<String>,
    /// Names in braces, and what is written in their place.
    values: Vec<(&'static str, String)>,
}

impl JobCommand {
    /// bash without anybody's settings, which ends at the first failure.
    pub fn bash() -> Self {
        let arguments = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "{file}"];
        Self {
            arguments: arguments.map(str::to_owned).to_vec(),
            values: Vec::new(),
        }
    }

    /// Reads a command line as a shell splits it into words; nothing else of a shell is in it. Errors: a quote is not closed, or
    /// the file is not named.
    pub fn parse(text: &str) -> Result<Self, String> {
        let arguments = shlex::split(text)
            .filter(|it| !it.is_empty())
            .ok_or_else(|| format!("`{text}` is no command: close each quote"))?;
        if !arguments.iter().any(|it| it.contains("{file}")) {
            return Err(format!(
                "`{text}` does not say where the file goes: write {{file}} in its place"
            ));
        }
        Ok(Self {
            arguments,
            values: Vec::new(),
        })
    }

    /// The command for this customer.
    pub fn of_customer(mut self, namespace: &str, customer: &str, cluster: &str) -> Self {
        self.values = vec![
            ("{namespace}", namespace.to_owned()),
            ("{customer}", customer.to_owned()),
            ("{cluster}", cluster.to_owned()),
        ];
        self
    }

    /// The arguments for this file. What is written in place of a name is not looked at again.
    fn filled(&self, file: &Path) -> Vec<OsString> {
        self.arguments
            .iter()
            .map(|it| self.filled_argument(it, file))
            .collect()
    }

    fn filled_argument(&self, argument: &str, file: &Path) -> OsString {
        let (mut filled, mut rest) = (OsString::new(), argument);
        while let Some(at) = rest.find('{') {
            let (before, tail) = rest.split_at(at);
            filled.push(before);
            let value = self.values.iter().find(|it| tail.starts_with(it.0));
            rest = if let Some(tail) = tail.strip_prefix("{file}") {
                filled.push(file);
                tail
            } else if let Some((name, value)) = value {
                filled.push(value);
                &tail[name.len()..]
            } else {
                filled.push("{");
                &tail[1..]
            };
        }
        filled.push(rest);
        filled
    }
}

/// A text that is to be run.
#[derive(Debug)]
pub struct Job {
    pub text: String,
    pub kind: RunKind,
    pub command: JobCommand,
    /// Variables of the environment, added to those of this program or in place of them.
    pub environment: Vec<(String, String)>,
    /// Whether the environment has only these, and the text begins in its private folder. Else both are this program's.
    pub clears_environment: bool,
    pub timeout: Duration,
    /// Where its private folder is made.
    pub folder: PathBuf,
}

impl Job {
    /// Starts it, within a tokio runtime. That the text's program is not there is an end, and no error. Errors: no folder or file
    /// can be made there, or no process.
    pub fn start(self) -> io::Result<RunningJob> {
        // What a helper that was killed leaves behind becomes a child of this process.
        set_child_subreaper(Some(getpid()))?;
        self.start_below(Path::new(OWN_PROGRAM))
    }

    /// The same with this `rollcall` as the helper.
    pub fn start_below(self, program: &Path) -> io::Result<RunningJob> {
        let folder = PrivateFolder::make(&self.folder)?;
        let name = if self.kind == RunKind::Sql {
            "step.sql"
        } else {
            "step.sh"
        };
        let file = folder.path.join(name);
        let mut options = OpenOptions::new();
        let mut opened = options
            .write(true)
            .create_new(true)
            .mode(0o700)
            .open(&file)?;
        opened.write_all(self.text.as_bytes())?;
        // A file that is open for writing cannot be run.
        drop(opened);
        let timeout_ms = u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX);
        let mut command = Command::new(program);
        command
            .arg0("rollcall")
            .arg("exec-run")
            .arg(&folder.path)
            .arg(timeout_ms.to_string())
            .arg("--")
            .args(self.command.filled(&file))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.clears_environment {
            command.env_clear().current_dir(&folder.path);
        }
        command.envs(self.environment);
        let mut known = helpers();
        let mut child = command.spawn()?;
        let pid = child.id().and_then(|it| i32::try_from(it).ok());
        known.extend(pid);
        drop(known);
        let (pieces, output) = mpsc::channel(PIECES_AHEAD);
        let mut readers = JoinSet::new();
        if let Some((stdout, stderr)) = child.stdout.take().zip(child.stderr.take()) {
            readers.spawn(read(stdout, stderr, pieces.clone()));
        }
        let (cancel, asked) = watch::channel(false);
        let (tell_end, end) = oneshot::channel();
        let helper = Helper {
            child,
            pid,
            folder,
            readers,
            pieces,
            asked,
            deadline: Instant::now() + self.timeout + HELPER_TIMEOUT,
        };
        tokio::spawn(async move {
            // Fails if the `RunningJob` was dropped.
            let _ = tell_end.send(helper.ended().await);
        });
        Ok(RunningJob {
            output,
            cancel,
            end,
        })
    }
}

/// A text that runs. Dropping it ends it.
#[derive(Debug)]
pub struct RunningJob {
    /// What it writes, as it is read; none at the end. It has to be read, or the text stands still.
    pub output: mpsc::Receiver<(OutputStream, Vec<u8>)>,
    cancel: watch::Sender<bool>,
    end: oneshot::Receiver<RunEnd>,
}

impl RunningJob {
    /// Tells all its processes to end, and kills them after ten seconds. May be called twice.
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// How it ended, once it and all that it left behind has, without its last line. What it still writes is not read.
    pub async fn wait(self) -> RunEnd {
        drop(self.output);
        let end = self.end.await;
        // Until here, because without it the text is ended.
        drop(self.cancel);
        end.unwrap_or_else(|_| RunEnd {
            error: Some("the program that watched it has ended".to_owned()),
            ..RunEnd::default()
        })
    }
}

/// Sends what comes on both streams. Of what is there at once, standard output goes first: a text says at the end, on the other
/// one, why it failed.
async fn read(
    mut stdout: impl AsyncRead + Unpin,
    mut stderr: impl AsyncRead + Unpin,
    pieces: mpsc::Sender<(OutputStream, Vec<u8>)>,
) {
    let (mut out, mut err) = (
        vec![0; OUTPUT_CHUNK_MAX_BYTES],
        vec![0; OUTPUT_CHUNK_MAX_BYTES],
    );
    let (mut is_out_open, mut is_err_open) = (true, true);
    while is_out_open || is_err_open {
        let (from_out, from_err) = tokio::select! {
            biased;
            read = stdout.read(&mut out), if is_out_open => (Some(read), None),
            read = stderr.read(&mut err), if is_err_open => (None, Some(read)),
        };
        if let Some(read) = from_out {
            let n = read.unwrap_or_default();
            is_out_open = n > 0;
            if n > 0
                && pieces
                    .send((OutputStream::Stdout, out[..n].to_vec()))
                    .await
                    .is_err()
            {
                return;
            }
        }
        // However much comes on the one, the other gets its turn.
        let from_err = match from_err {
            None if is_err_open => stderr.read(&mut err).now_or_never(),
            read => read,
        };
        if let Some(read) = from_err {
            let n = read.unwrap_or_default();
            is_err_open = n > 0;
            if n > 0
                && pieces
                    .send((OutputStream::Stderr, err[..n].to_vec()))
                    .await
                    .is_err()
            {
                return;
            }
        }
    }
}

/// The helper process of a job.
struct Helper {
    child: Child,
    pid: Option<i32>,
    folder: PrivateFolder,
    readers: JoinSet<()>,
    /// Not used, but until it is dropped the output is not at its end: the job's owner reports until then.
    pieces: mpsc::Sender<(OutputStream, Vec<u8>)>,
    asked: watch::Receiver<bool>,
    /// When it should have ended long ago.
    deadline: Instant,
}

impl Helper {
    async fn ended(mut self) -> RunEnd {
        // Taken, because waiting would close it, which ends the text.
        let mut input = self.child.stdin.take();
        let (mut is_asked, mut is_late) = (false, false);
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status,
                () = is_to_end(&mut self.asked), if !is_asked => {
                    is_asked = true;
                    self.deadline = self.deadline.min(Instant::now() + HELPER_TIMEOUT);
                    if let Some(input) = &mut input {
                        let line = format!("{CANCEL_LINE}\n");
                        // Fails if it has just ended.
                        let _ = input.write_all(line.as_bytes()).await;
                    }
                }
                () = sleep_until(self.deadline), if !is_late => {
                    is_late = true;
                    let _ = self.child.start_kill();
                }
            }
        };
        if let Some(pid) = self.pid {
            helpers().remove(&pid);
        }
        let is_whole = status.as_ref().is_ok_and(ExitStatus::success);
        let told = is_whole.then(|| self.folder.end()).flatten();
        if told.is_none()
            && let Err(error) = spawn_blocking(end_orphans).await
        {
            tracing::warn!(%error, "what a run left behind could not be ended");
        }
        let readers = &mut self.readers;
        let is_read = async { while readers.join_next().await.is_some() {} };
        // What is still read after that is dropped with its readers.
        let _ = timeout(READ_AFTER_END, is_read).await;
        self.readers.abort_all();
        let folder = self.folder;
        // There may be much in it.
        let _ = spawn_blocking(move || drop(folder)).await;
        drop(self.pieces);
        told.unwrap_or_else(|| {
            let how = match status.map(|it| it.signal()) {
                Ok(Some(signal)) => format!("was ended by {}", signal_name(signal)),
                _ => "failed".to_owned(),
            };
            RunEnd {
                signal: Some("SIGKILL".to_owned()),
                is_timeout: is_late && !is_asked,
                is_cancelled: is_asked,
                last_line: Some(format!("the program that watched it {how}")),
                ..RunEnd::default()
            }
        })
    }
}

/// Waits until a job is cancelled or its `RunningJob` is dropped.
async fn is_to_end(asked: &mut watch::Receiver<bool>) {
    let _ = asked.wait_for(|it| *it).await;
}

/// Ends what a helper that was killed has left.
fn end_orphans() {
    let until = Instant::now() + ORPHAN_TIMEOUT;
    let mut n_empty = 0;
    while n_empty < EMPTY_ROUNDS {
        if Instant::now() > until {
            tracing::warn!("what a run left behind does not end, although it was killed");
            return;
        }
        // Locked only meanwhile, so that other runs may begin between two rounds.
        let n_found = kill_orphans(&helpers());
        n_empty = if n_found == 0 { n_empty + 1 } else { 0 };
        thread::sleep(ORPHAN_INTERVAL);
    }
}

/// A folder that only this user can enter, removed when dropped.
#[derive(Debug)]
struct PrivateFolder {
    path: PathBuf,
}

impl PrivateFolder {
    fn make(inside: &Path) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let inside = path::absolute(inside)?;
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = inside.join(format!("rollcall-run-{}-{number}", process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path }),
                // Of a program with the same number that was killed, or somebody's who may write here too.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What the helper has written down.
    fn end(&self) -> Option<RunEnd> {
        let text = fs::read(end_file(&self.path)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            let path = self.path.display();
            tracing::warn!(%path, %error, "the private folder of a run could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Vec<String> {
        let command = JobCommand::parse(template).unwrap();
        let command = command.of_customer("acme", "A {cluster} & Sons; $(x)", "prod-eu");
        let arguments = command.filled(Path::new("/t/step.sql"));
        arguments
            .into_iter()
            .map(|it| it.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_template_is_an_argument_list_without_a_shell() {
        let psql = "psql -X -v ON_ERROR_STOP=1 --single-transaction -f {file}";
        let arguments = [
            "psql",
            "-X",
            "-v",
            "ON_ERROR_STOP=1",
            "--single-transaction",
            "-f",
            "/t/step.sql",
        ];
        assert_eq!(filled(psql), arguments);
        let arguments = filled("sqlite3 'db of {namespace}' \".read {file}\" $HOME {x}");
        let expected = ["sqlite3", "db of acme", ".read /t/step.sql", "$HOME", "{x}"];
        assert_eq!(arguments, expected);
    }

    #[test]
    fn a_customer_s_name_is_one_argument_whatever_is_in_it() {
        let arguments = filled("mysql --comment={customer}@{cluster} {file}");
        assert_eq!(arguments[1], "--comment=A {cluster} & Sons; $(x)@prod-eu");
        assert_eq!(arguments.len(), 3);
    }

    #[test]
    fn a_template_without_a_file_or_with_an_open_quote_is_refused() {
        for wrong in ["", "psql -f", "psql 'x {file}"] {
            assert!(JobCommand::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_private_folder_is_its_user_s_only_and_goes_with_its_run() {
        use std::os::unix::fs::PermissionsExt;
        let inside = tempfile::tempdir().unwrap();
        let [one, two] = [(); 2].map(|()| PrivateFolder::make(inside.path()).unwrap());
        assert_ne!(one.path, two.path);
        let mode = fs::metadata(&one.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::write(one.path.join("x"), "x").unwrap();
        let path = one.path.clone();
        drop(one);
        assert!(!path.exists() && two.path.exists());
    }
}
