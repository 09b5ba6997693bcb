//! The clipboard of the person at the terminal, by the programs that have it: there is one if there is a display.
use crate::ops::config::variable;
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// A program that takes a text for the clipboard on its standard input, and the variable that says that it would work.
struct ClipboardProgram {
    name: &'static str,
    arguments: &'static [&'static str],
    /// None: wherever the program is.
    needs: Option<&'static str>,
}

static PROGRAMS: [ClipboardProgram; 5] = [
    ClipboardProgram {
        name: "wl-copy",
        arguments: &[],
        needs: Some("WAYLAND_DISPLAY"),
    },
    ClipboardProgram {
        name: "xclip",
        arguments: &["-selection", "clipboard"],
        needs: Some("DISPLAY"),
    },
    ClipboardProgram {
        name: "xsel",
        arguments: &["--clipboard", "--input"],
        needs: Some("DISPLAY"),
    },
    // macOS has it, and nothing else.
    ClipboardProgram {
        name: "pbcopy",
        arguments: &[],
        needs: None,
    },
    // Windows' own, from within its Linux.
    ClipboardProgram {
        name: "clip.exe",
        arguments: &[],
        needs: Some("WSL_DISTRO_NAME"),
    },
];

impl ClipboardProgram {
    /// Whether it took the text.
    fn takes(&self, text: &str) -> bool {
        let is_there = |name| variable(name).is_ok_and(|it| it.is_some());
        let has_clipboard = self.needs.is_none_or(is_there);
        if !has_clipboard {
            return false;
        }
        let started = Command::new(self.name)
            .args(self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut program) = started else {
            return false;
        };
        // Dropped behind the text, so that the program sees its end.
        let written = program
            .stdin
            .take()
            .is_some_and(|mut it| it.write_all(text.as_bytes()).is_ok());
        let is_done = program.wait().is_ok_and(|it| it.success());
        written && is_done
    }
}

/// Puts the text into the clipboard; the program that took it, if one did.
pub fn copy(text: &str) -> Option<&'static str> {
    let took = PROGRAMS.iter().find(|it| it.takes(text));
    took.map(|it| it.name)
}
