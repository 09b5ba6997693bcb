//! Helpers that run the real program: a verb to its end, or a server that tests send requests to.
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

/// The exit code and the output of a run.
#[derive(Debug)]
pub struct EndedProgram {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A command for the program with a database file and without any other setting of the environment.
pub fn program(database: &Path) -> Command {
    program_at(&format!("sqlite://{}", database.display()))
}

/// The same with this `DATABASE_URL`.
pub fn program_at(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("DATABASE_URL", url)
        .env("ROLLCALL_ADDR", "127.0.0.1:0")
        .env("ROLLCALL_USER", "Ana")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

pub fn ended(command: &mut Command) -> EndedProgram {
    let output = command.output().unwrap();
    EndedProgram {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a verb to its end.
pub fn run(database: &Path, arguments: &[&str]) -> EndedProgram {
    ended(program(database).args(arguments))
}

/// The same with this `DATABASE_URL`.
pub fn run_at(url: &str, arguments: &[&str]) -> EndedProgram {
    ended(program_at(url).args(arguments))
}

impl EndedProgram {
    /// Checks that it failed with one line on standard error that has these words.
    pub fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert!(self.err.starts_with("rollcall: "), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "{word}: {self:?}");
        }
    }

    /// Checks that it succeeded; returns its standard output.
    pub fn done(&self) -> &str {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        &self.out
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A running server; killed when dropped.
pub struct RunningServer {
    child: Child,
    log: BufReader<ChildStderr>,
    pub address: String,
}

impl RunningServer {
    pub fn start(command: &mut Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut this = Self {
            child,
            log,
            address: String::new(),
        };
        let line = this.wait_for("Rollcall is at http://");
        assert!(!line.contains('\u{1b}'), "colours in a pipe: {line}");
        let (_, rest) = line.split_once("http://").unwrap();
        let end = rest.find(['"', ' ', '\n']).unwrap_or(rest.len());
        rest[..end].clone_into(&mut this.address);
        this
    }

    /// Reads the log up to a line with these words, and returns that line.
    pub fn wait_for(&mut self, words: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let n_bytes = self.log.read_line(&mut line).unwrap();
            assert!(n_bytes > 0, "the log ended before `{words}`: {seen}");
            if line.contains(words) {
                return line;
            }
            seen.push_str(&line);
        }
    }

    /// Sends a request; returns the status and the whole response with its head.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, long) = (&self.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {long}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    /// The peak of the program's memory, in kB.
    pub fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let number = line.unwrap().trim().trim_end_matches(" kB");
        number.parse().unwrap()
    }

    /// Tries to create a cluster; returns the status.
    pub fn create_cluster(&self, name: &str) -> u16 {
        let body = serde_json::json!({ "draft": { "name": name } }).to_string();
        self.ask("POST", "/rpc/create_cluster", &body).0
    }

    /// Sends SIGTERM and waits for a clean exit; returns the rest of the log.
    pub fn end(mut self) -> String {
        let kill = format!("kill -TERM {}", self.child.id());
        Command::new("sh").args(["-c", &kill]).status().unwrap();
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {rest}");
        rest
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
