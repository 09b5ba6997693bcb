//! The header line of a copied text (R82): names customer, cluster, namespace, release and step, and does nothing wherever it
//! is pasted. `copy` puts it in front of the text and has its tests.
use super::{invisible::is_bidi_control, vocabulary::StepType};

/// What the header line names.
#[derive(Clone, Copy, Debug)]
pub struct CopyHeader<'a> {
    pub customer: &'a str,
    pub cluster: &'a str,
    pub namespace: &'a str,
    pub release: &'a str,
    /// Position in the customer's list, from 1.
    pub number: usize,
    pub step: &'a str,
}

/// The header line, without a line break.
pub fn header(heading: CopyHeader<'_>, kind: StepType) -> String {
    let places = [heading.customer, heading.cluster, heading.namespace].join(" | ");
    let (release, number, step) = (heading.release, heading.number, heading.step);
    let names = format!("{places} | {release}, step {number} {step}");
    match kind {
        StepType::Bash => shell_comment(&names),
        StepType::Sql => sql_comment(&one_line(&names)),
        StepType::Text => one_line(&names),
    }
}

/// Puts a blank in place of every line break, control character and bidi control.
fn one_line(text: &str) -> String {
    let blank = |it: char| {
        if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}') || is_bidi_control(it) {
            ' '
        } else {
            it
        }
    };
    text.chars().map(blank).collect()
}

/// A line that every shell ignores. Nothing is special between single quotes but the quote itself and, in fish, a backslash
/// before it. `#` is no comment in an interactive zsh.
pub(super) fn shell_comment(text: &str) -> String {
    let line = one_line(text).replace('\'', "\u{2019}");
    let blank = if line.ends_with('\\') { " " } else { "" };
    format!(": '{line}{blank}'")
}

/// A comment that no client reads anything into: SQL*Plus asks for the value of `&name` and goes on with the next line
/// behind a `-`, sqlcmd fills in `$(name)`, several tools fill in `:name`, and some see a statement's end in a last `;`.
fn sql_comment(line: &str) -> String {
    let mut comment = String::from("-- ");
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        comment.push(if letter == '&' { '+' } else { letter });
        let is_expanded = match letter {
            '$' => letters.peek() == Some(&'('),
            ':' => letters.peek().is_some_and(|it| !it.is_whitespace()),
            _ => false,
        };
        if is_expanded {
            comment.push(' ');
        }
    }
    if comment.trim_end().ends_with(['-', ';', '\\']) {
        comment.push_str(" |");
    }
    comment
}
