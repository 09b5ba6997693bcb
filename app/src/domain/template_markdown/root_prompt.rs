//! What is behind a bare `#` in a recorded session: a command of root, or a comment. Nothing but the words tells them apart, so
//! what may be either is asked about.

use super::{console_session::DOUBTED_MAX, guess, opened_shell::is_exit};
use crate::domain::vocabulary::StepType;

/// What the words behind a bare `#` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootLine {
    Command,
    /// A command by its form that is not known.
    Unclear,
    Comment,
}

/// Words of a sentence that hardly ever are an argument of a command.
const PROSE: &str = " the an this that these those there is are was were isn't aren't be been must mustn't should shall will won't \
would could can cannot can't may might has have had does doesn't don't needs until unless when whenever before after because \
otherwise if then only please you we your our it its everybody nobody somebody der das ist sind wird werden muss müssen \
nicht wenn est sont doit debe ";

/// Commands that print or keep the sentence behind them.
const SPEAKING: &str = " echo printf logger wall write ";

/// Words behind which another command begins.
const BEFORE_COMMAND: &str = " | || & && ; ! ";

/// The quote that a word opens and does not close: `'{` or `--set="a`.
fn opened_quote(word: &str) -> Option<char> {
    let (at, quote) = word.char_indices().find(|it| matches!(it.1, '\'' | '"'))?;
    let is_start = at == 0 || word[..at].ends_with(['=', ':', '(', '{', '$']);
    (is_start && !word[at + 1..].contains(quote)).then_some(quote)
}

/// Whether a text reads like a sentence: "kubectl context must be prod-eu". Texts in quotes and of `echo` do not count.
fn reads_like_prose(text: &str) -> bool {
    let mut quote = None::<char>;
    let mut is_start = true;
    let mut is_speaking = false;
    let mut last = "";
    for word in text.split_whitespace() {
        if let Some(open) = quote {
            quote = quote.filter(|_| !word.contains(open));
            last = "";
            continue;
        }
        if word.starts_with('#') && !is_start {
            return false;
        }
        let is_grammar = is_start && matches!(word, "if" | "then" | "do" | "else" | "while");
        if is_grammar || guess::contains_word(BEFORE_COMMAND, word) {
            is_start = true;
            continue;
        }
        quote = opened_quote(word);
        let plain = word.trim_end_matches([',', '.', ':', ';', '!', '?']);
        if is_start {
            is_speaking = guess::contains_word(SPEAKING, plain);
        } else if !is_speaking && guess::contains_word(PROSE, &plain.to_ascii_lowercase()) {
            return true;
        }
        is_start = word.ends_with(';');
        last = if is_speaking || quote.is_some() {
            ""
        } else {
            word
        };
    }
    // A sentence ends in a word with a sign; `.` and `..` alone are folders.
    let sentence = last.strip_suffix(['.', '!', '?']);
    sentence.is_some_and(|it| it.ends_with(char::is_alphabetic))
}

/// Whether an option is behind the first word: `--all`, `-n`.
fn has_option(text: &str) -> bool {
    let mut words = text.split_whitespace().skip(1);
    words.any(|it| {
        let name = it.trim_start_matches('-');
        name.len() < it.len() && name.starts_with(|it: char| it.is_ascii_alphabetic())
    })
}

/// What the text behind a bare `#` is.
pub fn root_line(text: &str) -> RootLine {
    let text = text.trim();
    if text.is_empty() || is_exit(text) {
        return RootLine::Command;
    }
    if !text.contains(char::is_alphanumeric) || reads_like_prose(text) {
        return RootLine::Comment;
    }
    if guess::script(text) == Some(StepType::Bash) {
        return RootLine::Command;
    }
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_word_of_prose = first.starts_with(|it: char| it.is_uppercase() || it.is_ascii_digit())
        || first.ends_with([':', ',']);
    if is_word_of_prose {
        RootLine::Comment
    } else {
        RootLine::Unclear
    }
}

/// Whether a comment of a root session may be a command all the same.
pub fn is_doubtful_comment(line: &str) -> bool {
    let text = line.trim_start_matches(['#', ' ', '\t']);
    guess::is_command(text) || has_option(text)
}

/// Whether a line without a prompt may be a command, also one that is not known: `own-tool apply --all`. Rows of a table, single
/// words and sentences are output.
pub fn may_be_command(line: &str) -> bool {
    let line = line.trim();
    if guess::is_command(line) {
        return true;
    }
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_sign = |it: char| matches!(it, '-' | '_' | '.' | '/' | '~' | '$' | '{' | '}' | '+');
    let is_name = first
        .starts_with(|it: char| it.is_ascii_lowercase() || matches!(it, '.' | '/' | '~' | '$'))
        && first
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || is_sign(it))
        && !first.ends_with('.');
    if !is_name || reads_like_prose(line) {
        return false;
    }
    if has_option(line) {
        return true;
    }
    let Some(second) = words.next() else {
        // `own-tool`, but not `api-0` and `active`.
        let is_tool = |it: char| it.is_ascii_lowercase() || matches!(it, '-' | '_');
        return first.contains(['-', '_']) && first.chars().all(is_tool);
    };
    // `deployment.apps/api restarted`, as kubectl reports it.
    let is_report = first.contains('/')
        && first.starts_with(|it: char| it.is_ascii_lowercase())
        && words.clone().next().is_none();
    let is_argument = second.starts_with(|it: char| {
        it.is_ascii_lowercase() || matches!(it, '$' | '"' | '\'' | '/' | '.' | '~' | '{' | '<')
    });
    let is_row = words.any(|it| it.starts_with(|it: char| it.is_ascii_uppercase()));
    is_argument && !is_report && !is_row
}

/// Whether a text has comments or commands of root behind a bare `#`, and other lines that may be commands.
pub fn has_commands_beside_comments(text: &str) -> bool {
    let mut lines = text.lines().take(DOUBTED_MAX).map(str::trim_start);
    let has_sign = lines.clone().any(|it| it.starts_with('#'));
    has_sign && lines.any(may_be_command)
}

/// Whether a comment of a text reads like a command.
pub fn has_commented_command(text: &str) -> bool {
    let lines = text.lines().take(DOUBTED_MAX);
    let mut comments = lines.filter_map(|it| it.trim_start().strip_prefix('#'));
    comments.any(|it| guess::is_command(it.trim_start_matches(['#', ' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_bare_sign_are_commands_and_comments() {
        for text in [
            "systemctl stop api",
            "kubectl -n acme get pods",
            "echo this is the end.",
            "systemctl is-active api && echo it is up",
            "psql -c 'this is the end'",
            "for i in 1 2; do ssh host$i uptime; done",
            "if systemctl stop api; then reboot; fi",
            "cp /etc/app.conf .",
            "ls /srv # this is the list",
            "exit",
            "",
        ] {
            assert_eq!(root_line(text), RootLine::Command, "{text}");
        }
        for text in [
            "Wait until all is stopped",
            "reboot only if the kernel changed",
            "kubectl context must be prod-eu",
            "systemctl is the tool for it.",
            "kubectl access needed.",
            "stop the service",
            "Stop it",
            "Note: use --all",
            "1. stop",
            "------",
        ] {
            assert_eq!(root_line(text), RootLine::Comment, "{text}");
        }
        for text in ["own-tool purge", "own-tool apply --all", "stop api"] {
            assert_eq!(root_line(text), RootLine::Unclear, "{text}");
        }
    }

    #[test]
    fn a_line_without_a_prompt_may_be_a_command_by_its_form() {
        for line in [
            "own-tool apply --all",
            "own-tool status",
            "own-tool",
            "own_tool restart <name>",
            "./own restart api",
            "kubectl get pods",
            "mytool sync",
        ] {
            assert!(may_be_command(line), "{line}");
        }
        for line in [
            "",
            "active",
            "NAME READY STATUS",
            "api-0 1/1 Running 0 3d",
            "api-0",
            "kube-system   Active   3d",
            "total 0",
            "pool: tank",
            "deployment.apps/api restarted",
            "the service is up",
            "10.0.0.1 db",
            "max_connections = 200",
        ] {
            assert!(!may_be_command(line), "{line}");
        }
    }
}
