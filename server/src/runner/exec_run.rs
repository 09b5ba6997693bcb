//! The hidden verb `exec-run`: the helper process of one run. It adopts whatever the text's processes leave behind, so that all of it
//! can be ended, and ends it also if the program above is gone. What became of the text is written to a file.
use super::left_behind::{descendants, kill_descendants};
use crate::ops::failure::{Exit, Failure};
use app::domain::run::RunEnd;
use clap::Args;
use nix::unistd::close;
use rustix::{
    io::Errno,
    process::{
        Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process_group, set_child_subreaper,
        setsid, wait,
    },
};
use std::{
    ffi::OsString,
    fs, io,
    os::{fd::RawFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

/// The line by which the program above asks to end the text.
pub const CANCEL_LINE: &str = "cancel";
/// So long a text that is told to end may take.
pub const TERM_GRACE: Duration = Duration::from_secs(10);
/// So long what is left behind by a text that has ended may take.
const LEFT_BEHIND_GRACE: Duration = Duration::from_secs(2);
/// Between two rounds of killing what still has not ended.
const KILL_INTERVAL: Duration = Duration::from_millis(50);
/// Then nothing more is tried: what does not even end when it is killed waits for a disk, or is another user's.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// The streams of a process; each further descriptor is a stray one.
const STDERR: RawFd = 2;
/// In the flags of `/proc/self/fdinfo`, on Linux.
const CLOSED_ON_EXEC: u32 = 0o2_000_000;

/// What the helper is told.
#[derive(Debug, Args)]
pub struct ExecRunArguments {
    /// The run's private folder, for what became of it
    folder: PathBuf,
    /// Milliseconds after which it is ended
    timeout_ms: u32,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Where the end is written, within the private folder.
pub fn end_file(folder: &Path) -> PathBuf {
    folder.join("end.json")
}

/// Runs the program to its end, and ends what it has left behind. Errors: the end cannot be written.
pub fn exec_run(wanted: ExecRunArguments) -> Result<Exit, Failure> {
    let (end, is_alone) = run(&wanted).unwrap_or_else(|error| {
        let program = wanted.command.first().cloned().unwrap_or_default();
        let error = format!("{}: {error}", program.display());
        let end = RunEnd {
            error: Some(error),
            ..RunEnd::default()
        };
        (end, false)
    });
    if is_alone {
        // The runner is gone, so the folder has to be removed here.
        let _ = fs::remove_dir_all(&wanted.folder);
        return Ok(Exit::Done);
    }
    let path = end_file(&wanted.folder);
    let text = serde_json::to_vec(&end).map_err(|it| Failure::write(&path, &it))?;
    // The text may have put something else there.
    let _ = fs::remove_file(&path);
    fs::write(&path, text).map_err(|it| Failure::write(&path, &it))?;
    Ok(Exit::Done)
}

/// How the text ended, and whether the program above is gone. Errors: it could not be started.
fn run(wanted: &ExecRunArguments) -> io::Result<(RunEnd, bool)> {
    close_inherited();
    // In a session of its own there is no terminal that could be asked for a password, and Ctrl-C ends only the program above.
    // Fails if this process leads a session already.
    let _ = setsid();
    set_child_subreaper(Some(getpid()))?;
    let (events, heard) = channel();
    let lines = events.clone();
    thread::spawn(move || listen(&lines));
    let timeout = Instant::now() + Duration::from_millis(wanted.timeout_ms.into());
    let main = Pid::from_child(&start(&wanted.command)?);
    thread::spawn(move || reap(main, &events));
    let text = WatchedText {
        main,
        timeout,
        kill_from: None,
        status: None,
        end: RunEnd::default(),
        is_alone: false,
    };
    Ok(text.watch(&heard))
}

/// Closes the descriptors that were open when this program was started, but for its streams: those of a script that started the runner,
/// say. What a text leaves behind would keep them open. This program's own are closed by the start of the text, and known by that.
fn close_inherited() {
    let Ok(entries) = fs::read_dir("/proc/self/fdinfo") else {
        return;
    };
    let numbers: Vec<RawFd> = entries
        .flatten()
        .filter_map(|it| it.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers.into_iter().filter(|it| *it > STDERR) {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}"));
        if info.is_ok_and(|it| is_inheritable(&it)) {
            // Fails only for what is closed already.
            let _ = close(number);
        }
    }
}

/// Whether a descriptor stays open in what this program starts, as its `fdinfo` says.
fn is_inheritable(info: &str) -> bool {
    let flags = info.lines().find_map(|it| it.strip_prefix("flags:"));
    let flags = flags.and_then(|it| u32::from_str_radix(it.trim(), 8).ok());
    flags.is_some_and(|it| it & CLOSED_ON_EXEC == 0)
}

/// Starts it in a group of its own. Nobody waits for it by this value: `reap` waits for all.
fn start(command: &[OsString]) -> io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
}

/// What the helper hears of.
enum HelperEvent {
    /// Somebody wants the text to end.
    Cancel,
    /// The program above is gone.
    Alone,
    /// The text's own process has ended.
    Ended(WaitStatus),
    /// There is no process left.
    AllEnded,
}

/// Hears of the program above. Fails to tell it only if the helper is at its end.
fn listen(events: &Sender<HelperEvent>) {
    for line in io::stdin().lines().map_while(Result::ok) {
        if line == CANCEL_LINE {
            let _ = events.send(HelperEvent::Cancel);
        }
    }
    let _ = events.send(HelperEvent::Alone);
}

/// Waits for every process until there is none: those that lose their parent become children of this one.
fn reap(main: Pid, events: &Sender<HelperEvent>) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == main => {
                let _ = events.send(HelperEvent::Ended(status));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => {
                let _ = events.send(HelperEvent::AllEnded);
                return;
            }
        }
    }
}

/// A text that runs.
struct WatchedText {
    /// Its own process, which leads its group.
    main: Pid,
    /// When it has to end.
    timeout: Instant,
    /// From when on whatever is left is killed; none as long as it may go on.
    kill_from: Option<Instant>,
    status: Option<WaitStatus>,
    end: RunEnd,
    is_alone: bool,
}

impl WatchedText {
    fn watch(mut self, heard: &Receiver<HelperEvent>) -> (RunEnd, bool) {
        let mut next = self.timeout;
        loop {
            match heard.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(HelperEvent::AllEnded) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(HelperEvent::Ended(status)) => {
                    self.status = Some(status);
                    self.tell_to_end(LEFT_BEHIND_GRACE);
                }
                Ok(HelperEvent::Cancel) => self.end.is_cancelled |= self.tell_to_end(TERM_GRACE),
                Ok(HelperEvent::Alone) => {
                    self.is_alone = true;
                    self.tell_to_end(TERM_GRACE);
                }
                Err(RecvTimeoutError::Timeout) => match self.kill_from {
                    None => self.end.is_timeout |= self.tell_to_end(TERM_GRACE),
                    Some(from) if from.elapsed() > KILL_TIMEOUT => break,
                    Some(_) => {
                        kill_descendants();
                        next = Instant::now() + KILL_INTERVAL;
                        continue;
                    }
                },
            }
            next = self.kill_from.unwrap_or(self.timeout);
        }
        if let Some(status) = self.status {
            self.end.exit_code = status.exit_status();
            self.end.signal = status.terminating_signal().map(signal_name);
        } else {
            self.end.signal = Some(signal_name(Signal::KILL.as_raw()));
        }
        (self.end, self.is_alone)
    }

    /// Tells all processes to end within this time; false if they were told before.
    fn tell_to_end(&mut self, grace: Duration) -> bool {
        if self.kill_from.is_some() {
            return false;
        }
        self.kill_from = Some(Instant::now() + grace);
        // Fails if there is none left.
        let _ = kill_process_group(self.main, Signal::TERM);
        let group = self.main.as_raw_pid();
        for process in descendants().iter().filter(|it| it.group != group) {
            process.signal(Signal::TERM);
        }
        true
    }
}

/// A signal as people call it.
pub fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        number => return format!("SIG{number}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_closed_by_a_start_is_inherited() {
        let info = |flags: &str| format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t15\nino:\t1\n");
        assert!(is_inheritable(&info("0100002")));
        assert!(!is_inheritable(&info("02100002")));
        assert!(!is_inheritable("pos:\t0\n") && !is_inheritable(&info("x")));
    }
}
