//! A step's output on the terminal: as it comes; or, where several steps run at once, line by line behind the customer's name.
use super::printer::RunPrinter;
use app::domain::run::OutputStream;
use std::mem;

/// A line that is longer is broken, in bytes.
const LINE_MAX_BYTES: usize = 64 * 1024;

/// Where a step's output is written.
#[derive(Debug, Default)]
pub struct EchoedOutput {
    printer: RunPrinter,
    /// What each line begins with; none: bytes are written as they come.
    prefix: Option<String>,
    /// The beginning of a line whose end has not come yet, of each stream.
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl EchoedOutput {
    /// As it comes.
    pub fn new(printer: RunPrinter) -> Self {
        Self {
            printer,
            ..Self::default()
        }
    }

    /// With the customer's name before each line.
    pub fn of_customer(name: &str, printer: RunPrinter) -> Self {
        Self {
            printer,
            prefix: Some(format!("{name} | ")),
            ..Self::default()
        }
    }

    /// Writes what has come.
    pub fn push(&mut self, stream: OutputStream, bytes: &[u8]) {
        let ready = self.ready(stream, bytes);
        self.printer.echo(stream, &ready);
    }

    /// Writes lines without an end.
    pub fn end(&mut self) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            if !self.rest(stream).is_empty() {
                self.push(stream, b"\n");
            }
        }
    }

    fn rest(&mut self, stream: OutputStream) -> &mut Vec<u8> {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        }
    }

    /// What can be written once these bytes have come.
    fn ready(&mut self, stream: OutputStream, bytes: &[u8]) -> Vec<u8> {
        let Some(prefix) = self.prefix.clone() else {
            return bytes.to_vec();
        };
        let mut rest = mem::take(self.rest(stream));
        let mut ready = Vec::new();
        for part in bytes.split_inclusive(|it| *it == b'\n') {
            rest.extend_from_slice(part);
            let is_whole = rest.ends_with(b"\n");
            if is_whole || rest.len() > LINE_MAX_BYTES {
                ready.extend_from_slice(prefix.as_bytes());
                ready.append(&mut rest);
                if !is_whole {
                    ready.push(b'\n');
                }
            }
        }
        *self.rest(stream) = rest;
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alone_a_step_writes_its_bytes_as_they_come() {
        let mut output = EchoedOutput::default();
        assert_eq!(output.ready(OutputStream::Stdout, b"a\xff"), b"a\xff");
    }

    #[test]
    fn beside_others_each_line_bears_the_customer_s_name_however_its_bytes_come() {
        use OutputStream::{Stderr, Stdout};
        let mut output = EchoedOutput::of_customer("Acme", RunPrinter::default());
        let mut come = |stream, bytes: &[u8]| {
            let ready = output.ready(stream, bytes);
            String::from_utf8(ready).unwrap()
        };
        assert_eq!(come(Stdout, b"on"), "");
        assert_eq!(come(Stderr, b"warning\n"), "Acme | warning\n");
        assert_eq!(
            come(Stdout, b"e\ntwo\n\nth"),
            "Acme | one\nAcme | two\nAcme | \n"
        );
        assert_eq!(come(Stdout, b"\n"), "Acme | th\n");
        let long = vec![b'x'; LINE_MAX_BYTES + 1];
        let broken = come(Stdout, &long);
        assert!(broken.starts_with("Acme | x") && broken.ends_with("x\n"));
        assert_eq!(come(Stdout, b"y\n"), "Acme | y\n");
    }
}
