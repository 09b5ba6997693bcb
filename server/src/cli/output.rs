//! Output of a CLI command (a "verb"): its result as a sentence or as JSON on standard output, and a spinner on standard
//! error while it works.
use crate::ops::failure::Failure;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;
use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    time::Duration,
};

const SPINNER_TICK: Duration = Duration::from_millis(120);

/// How a verb prints its result.
#[derive(Clone, Copy, Debug, Args)]
pub struct CliOutput {
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// The name of standard output in error messages, in place of the path that `write` expects.
pub fn stdout_name() -> &'static Path {
    Path::new("standard output")
}

/// Writes all bytes; `path` is only for the error message. Returns false if the reader has closed the pipe, as `head` does;
/// that is not a failure.
pub fn write(to: &mut dyn Write, bytes: &[u8], path: &Path) -> Result<bool, Failure> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::write(path, &error)),
    }
}

impl CliOutput {
    /// Prints the result: the JSON if it is asked for, the sentence otherwise.
    pub fn print(self, sentence: &str, json: &Value) -> Result<(), Failure> {
        let text = if self.json {
            format!("{json}\n")
        } else {
            format!("{sentence}\n")
        };
        write(&mut io::stdout(), text.as_bytes(), stdout_name())?;
        Ok(())
    }
}

/// A spinner on a terminal, from `start` until it is dropped. Hidden if standard error is not a terminal.
pub struct ProgressSpinner(pub ProgressBar);

impl ProgressSpinner {
    pub fn start(message: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(message);
        bar.enable_steady_tick(SPINNER_TICK);
        Self(bar)
    }
}

impl Drop for ProgressSpinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
