//! How a verb prints its result: a sentence or JSON on standard output, a spinner on standard error meanwhile.
use crate::ops::failure::Failure;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;
use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    time::Duration,
};

/// How a verb answers.
#[derive(Clone, Copy, Debug, Args)]
pub struct CliOutput {
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn standard_output() -> &'static Path {
    Path::new("standard output")
}

/// Writes all of it. Answers whether anybody reads on: one that has seen enough is no failure.
pub fn write(to: &mut dyn Write, bytes: &[u8], path: &Path) -> Result<bool, Failure> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::write(path, &error)),
    }
}

impl CliOutput {
    pub fn say(self, sentence: &str, json: &Value) -> Result<(), Failure> {
        let text = if self.json {
            format!("{json}\n")
        } else {
            format!("{sentence}\n")
        };
        write(&mut io::stdout(), text.as_bytes(), standard_output())?;
        Ok(())
    }
}

/// That something long is under way, as long as it is.
pub struct ProgressSpinner(pub ProgressBar);

impl ProgressSpinner {
    pub fn on(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Drop for ProgressSpinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
