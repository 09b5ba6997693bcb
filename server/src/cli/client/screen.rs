//! Terminal output: its size, whether it has colours, and a screen that is redrawn in place.
use super::table::Canvas;
use crate::{
    cli::output::{stdout_name, write},
    ops::{config::variable, failure::Failure},
};
use std::io::{self, IsTerminal, Stdout};

/// Of a terminal that does not say.
const DEFAULT_SIZE: (usize, usize) = (80, 24);
/// Narrower than this, lines are cut by the terminal.
const WIDTH_MIN: usize = 40;

/// Another screen, without a cursor; and back to the one before.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";
const HOME: &str = "\u{1b}[H";
const REST_OF_LINE: &str = "\u{1b}[K";
const REST_OF_SCREEN: &str = "\u{1b}[J";

/// Columns and rows.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => DEFAULT_SIZE,
    }
}

/// How to draw on standard output: with bars on a terminal, with colours unless `NO_COLOR` or the terminal says no.
pub fn canvas() -> Canvas {
    if !io::stdout().is_terminal() {
        return Canvas::PLAIN;
    }
    let said = |name: &'static str| variable(name).ok().flatten();
    Canvas {
        width: size().0.max(WIDTH_MIN),
        has_bars: true,
        has_colours: said("NO_COLOR").is_none() && said("TERM").is_none_or(|it| it != "dumb"),
    }
}

/// The rows of the terminal.
pub fn height() -> usize {
    size().1
}

/// A screen of its own, until it is dropped.
pub struct LiveScreen {
    out: Stdout,
}

impl LiveScreen {
    pub fn enter() -> Result<Self, Failure> {
        let mut out = io::stdout();
        write(&mut out, ENTER.as_bytes(), stdout_name())?;
        Ok(Self { out })
    }

    /// Draws these lines over what is there.
    pub fn draw(&mut self, lines: &[String]) -> Result<(), Failure> {
        let text = lines.join(&format!("{REST_OF_LINE}\n"));
        let text = format!("{HOME}{text}{REST_OF_LINE}{REST_OF_SCREEN}");
        write(&mut self.out, text.as_bytes(), stdout_name())?;
        Ok(())
    }
}

impl Drop for LiveScreen {
    fn drop(&mut self) {
        let _ = write(&mut self.out, LEAVE.as_bytes(), stdout_name());
    }
}
