//! Reads the commands of a recorded shell session, each with the lines that it goes on in.

use super::{
    console_session::{ConsoleSession, DOUBTED_MAX},
    guess,
    known_prompts::KnownPrompts,
    prompt::PromptSign,
    root_prompt,
    shell_syntax::{ShellSyntax, heredocs},
    sql_prompt::sql_prompted,
};

/// The most lines of a here-document; a longer one is taken for none.
const HEREDOC_MAX: usize = 200;
/// The most bytes of a client's prompt.
const PROMPT_MAX: usize = 100;

/// A session that is being read.
pub struct SessionReader<'a> {
    /// The lines that are still to come.
    pub lines: std::iter::Peekable<std::str::Lines<'a>>,
    pub sign: PromptSign,
    pub prompts: KnownPrompts<'a>,
    /// The lines of the commands so far.
    pub taken: Vec<&'a str>,
    /// The last command opened a client, which has prompts of its own.
    pub is_client_open: bool,
    /// No prompt but `#` alone is there, which a comment begins with, too.
    pub is_bare_root: bool,
    /// With that prompt, a line without it may be a command.
    pub has_other_command: bool,
    pub session: ConsoleSession,
}

impl<'a> SessionReader<'a> {
    /// Takes a command that begins with `first`, and the lines it goes on in.
    pub fn command(&mut self, first: &'a str) {
        let mut syntax = ShellSyntax::default();
        let mut next = Some(first);
        while let Some(line) = next {
            self.taken.push(line);
            for word in heredocs(line) {
                self.heredoc(word);
            }
            if !syntax.goes_on(line) {
                break;
            }
            let (sign, prompts) = (self.sign, &self.prompts);
            // Behind `> ` a command also goes on in lines that begin with it.
            let line = self.lines.next_if(|it| {
                sign == PromptSign::Angle || prompts.behind(it.trim_start(), sign).is_none()
            });
            next = line.map(without_second_prompt);
        }
    }

    /// Takes a here-document, if the word that ends it is there. Without it nobody knows what was typed.
    fn heredoc(&mut self, word: &str) {
        let has_prompts = self.lines.peek().is_some_and(|it| it.starts_with("> "));
        let plain = |line: &'a str| {
            if has_prompts {
                without_second_prompt(line)
            } else {
                line
            }
        };
        let is_end = |line: &'a str| plain(line).trim() == word;
        if !self.lines.clone().take(HEREDOC_MAX).any(is_end) {
            self.session.is_doubtful = true;
            return;
        }
        for line in self.lines.by_ref() {
            self.taken.push(plain(line));
            if is_end(line) {
                return;
            }
        }
    }

    /// Leaves out a line of output. It may be a command all the same.
    pub fn output(&mut self, line: &str) {
        self.session.n_left_out += 1;
        if self.session.n_left_out > DOUBTED_MAX {
            return;
        }
        if self.is_bare_root && !self.has_other_command {
            self.has_other_command = root_prompt::may_be_command(line);
        }
        if !self.session.is_doubtful {
            let is_statement = sql_prompted(line).is_some_and(|it| !it.statement.is_empty())
                || self.is_client_open && is_behind_client_prompt(line);
            self.session.is_doubtful = is_statement || guess::is_command(line);
        }
    }
}

/// Whether a line looks like one behind the prompt of some client: `127.0.0.1:6379> FLUSHALL`, `>>> x()`, `In [1]: x`.
fn is_behind_client_prompt(line: &str) -> bool {
    let line = line.trim_start();
    [">", ")", "]:"].iter().any(|sign| {
        let parts = line.split_once(&format!("{sign} "));
        parts.is_some_and(|(head, statement)| {
            let is_prompt = head.len() <= PROMPT_MAX && !head.contains(['<', '"']);
            // `(gdb) x`, but not "(1 row) x" of any output.
            let is_word = *sign != ")" || head.starts_with('(') && !head.contains(' ');
            is_prompt && is_word && !statement.trim().is_empty()
        })
    })
}

fn without_second_prompt(line: &str) -> &str {
    let trimmed = line.trim_start();
    trimmed
        .strip_prefix("> ")
        .unwrap_or(if trimmed == ">" { "" } else { line })
}
