//! Which lines of a recorded session begin with a prompt. Output may look like the prompt of some shells, so those count only if
//! a command is behind them, or behind the same prompt in another line.

use super::{
    guess,
    prompt::{PromptSign, PromptedLine, prompted},
};
use std::collections::BTreeSet;

/// Which prompts a text has.
pub struct KnownPrompts<'a> {
    is_console: bool,
    /// Prompts that output may look like, too, and that have a command behind them somewhere.
    unsure: BTreeSet<&'a str>,
}

impl<'a> KnownPrompts<'a> {
    /// Looks through a text; `is_console` says that its fence is marked as a session.
    pub fn of(text: &'a str, is_console: bool) -> Self {
        let unsure = |line: &'a str| {
            let mut signs = [PromptSign::User, PromptSign::Root].into_iter();
            let line = signs.find_map(|it| prompted(line, it))?;
            (!line.is_sure && !line.is_glued).then_some(line)
        };
        let lines = || text.lines().map(str::trim_start);
        let mut found: BTreeSet<&str> = lines()
            .filter_map(unsure)
            .filter(|it| guess::is_command(it.command))
            .map(|it| it.prompt)
            .collect();
        // A session begins with a prompt. No script begins with an arrow.
        let first = lines().find(|it| !it.is_empty() && !it.starts_with('#'));
        let first = first.filter(|it| {
            it.starts_with(['❯', '»', 'λ', '➤', '▶', '›']) || is_console && it.starts_with('%')
        });
        found.extend(first.and_then(unsure).map(|it| it.prompt));
        Self {
            is_console,
            unsure: found,
        }
    }

    /// Whether a line that begins like a prompt is one.
    pub fn include(&self, line: &PromptedLine<'_>) -> bool {
        if line.is_glued {
            // In a script `$NAME` is a variable and `#reboot` a comment.
            return self.is_console || line.prompt.len() > 1;
        }
        line.is_sure || self.unsure.contains(line.prompt) || guess::is_command(line.command)
    }

    /// What is behind the prompt of a line.
    pub fn behind<'b>(&self, line: &'b str, sign: PromptSign) -> Option<&'b str> {
        let line = prompted(line, sign)?;
        self.include(&line).then_some(line.command)
    }
}
