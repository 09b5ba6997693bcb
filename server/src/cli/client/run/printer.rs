//! What `rollcall run` prints: sentences and the output of texts. With `--json` standard output has the runs alone, one a line as
//! REST answers them, and everything else goes to standard error.
use crate::{
    cli::{
        client::{screen, table::Canvas},
        output::{self, CliOutput, stdout_name},
    },
    ops::failure::Failure,
};
use app::domain::run::OutputStream;
use serde_json::Value;
use std::{
    io::{self, Write},
    path::Path,
};

/// Where the verb prints what.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunPrinter {
    has_json: bool,
}

impl From<CliOutput> for RunPrinter {
    fn from(output: CliOutput) -> Self {
        Self {
            has_json: output.json,
        }
    }
}

impl RunPrinter {
    /// How a step is drawn: without colours beside JSON.
    pub fn canvas(self) -> Canvas {
        if self.has_json {
            Canvas::PLAIN
        } else {
            screen::canvas()
        }
    }

    /// Writes what a person is told.
    pub fn say(self, text: &str) -> Result<(), Failure> {
        if self.has_json {
            let path = Path::new("standard error");
            output::write(&mut io::stderr(), text.as_bytes(), path)?;
        } else {
            output::write(&mut io::stdout(), text.as_bytes(), stdout_name())?;
        }
        Ok(())
    }

    /// Writes a run that is over, if JSON is asked for.
    pub fn print_run(self, run: &Value) -> Result<(), Failure> {
        if self.has_json {
            let line = format!("{run}\n");
            output::write(&mut io::stdout(), line.as_bytes(), stdout_name())?;
        }
        Ok(())
    }

    /// Writes output of a text. A closed terminal or pipe does not end the step.
    pub fn echo(self, stream: OutputStream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let written = |to: &mut dyn Write| to.write_all(bytes).and_then(|()| to.flush());
        let _ = match stream {
            OutputStream::Stdout if !self.has_json => written(&mut io::stdout().lock()),
            _ => written(&mut io::stderr().lock()),
        };
    }
}
