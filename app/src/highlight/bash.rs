//! Bash: comments, texts with substitutions, heredocs, numbers, and the word that a command starts with.
use super::{Class, Piece, is_word, quoted, run};

/// Words that may be followed by a command.
const LEADING: &[&str] = &[
    "if", "then", "else", "elif", "while", "until", "do", "!", "time", "exec", "sudo",
];
const KEYWORDS: &[&str] = &[
    "fi", "done", "for", "in", "case", "esac", "function", "return", "local", "export",
];

pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut starts_command = true;
    while let Some(letter) = text[at..].chars().next() {
        let after_space = at == 0 || text[..at].ends_with(char::is_whitespace);
        let (class, end) = match letter {
            '#' if after_space => (Class::Comment, run(text, at, |it| it != '\n')),
            '\\' => (Class::Plain, run_of_two(text, at)),
            '\'' => (Class::Text, quoted(text, at, '\'', false)),
            '"' => (Class::Text, quoted(text, at, '"', true)),
            '<' if text[at..].starts_with("<<") && !text[at..].starts_with("<<<") => {
                let (word, end) = heredoc_word(text, at + 2);
                // The text that follows the line belongs to it.
                let body = heredoc_end(text, end, &word);
                (
                    if body.is_some() {
                        Class::Text
                    } else {
                        Class::Plain
                    },
                    body.unwrap_or(end),
                )
            }
            '\n' | ';' | '|' | '&' | '(' | '`' => {
                let end = at + 1;
                pieces.push((Class::Plain, end));
                at = end;
                starts_command = true;
                continue;
            }
            it if it.is_whitespace() => {
                let end = run(text, at, |it| it.is_whitespace() && it != '\n');
                pieces.push((Class::Plain, end));
                at = end;
                continue;
            }
            it if it.is_ascii_digit() && after_space => {
                let end = run(text, at, |it| {
                    it.is_alphanumeric() || it == '.' || it == '%'
                });
                (Class::Number, end)
            }
            it if is_word(it) => {
                let end = run(text, at, |it| {
                    is_word(it) || matches!(it, '-' | '.' | '/' | ':')
                });
                let word = &text[at..end];
                let is_assignment = text[end..].starts_with('=');
                if LEADING.contains(&word) && starts_command {
                    pieces.push((Class::Keyword, end));
                    at = end;
                    continue;
                }
                let is_keyword = (starts_command && !is_assignment) || KEYWORDS.contains(&word);
                (
                    if is_keyword {
                        Class::Keyword
                    } else {
                        Class::Plain
                    },
                    end,
                )
            }
            it => (Class::Plain, at + it.len_utf8()),
        };
        pieces.push((class, end));
        at = end;
        starts_command = false;
    }
    pieces
}

fn run_of_two(text: &str, at: usize) -> usize {
    text[at..]
        .char_indices()
        .nth(2)
        .map_or(text.len(), |it| at + it.0)
}

/// The word that ends a heredoc, and where it itself ends.
fn heredoc_word(text: &str, from: usize) -> (String, usize) {
    let from = run(text, from, |it| it == '-' || it == ' ');
    let end = run(text, from, |it| is_word(it) || it == '\'' || it == '"');
    (text[from..end].trim_matches(['\'', '"']).to_owned(), end)
}

/// Where the heredoc ends: behind a line that is the word alone.
fn heredoc_end(text: &str, from: usize, word: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let mut at = run(text, from, |it| it != '\n') + 1;
    while at <= text.len() {
        let end = run(text, at, |it| it != '\n');
        if text[at..end].trim_start_matches('\t') == word {
            return Some(end);
        }
        at = end + 1;
    }
    None
}
