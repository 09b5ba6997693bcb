//! Bash: comments, texts, variables and substitutions, heredocs, numbers, and the word that a command starts with.
//! What is nested (a substitution in a text in a substitution) stands on a stack of our own: no text is too deep.
use super::{Token, TokenClass, is_word, push, quoted, run};

/// Words that may be followed by a command.
const COMMAND_PREFIXES: &[&str] = &[
    "if", "then", "else", "elif", "while", "until", "do", "!", "time", "exec", "sudo",
];
const KEYWORDS: &[&str] = &[
    "fi", "done", "for", "in", "case", "esac", "function", "return", "local", "export",
];
/// So many ends of heredocs are looked for in vain; then `<<` is no heredoc any more.
const LOOKAHEAD_MISSES_MAX: u32 = 50;
/// How far the end of `${...}` is looked for.
const NESTING_MAX: usize = 500;

/// What we are inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    /// `"..."`.
    Text,
    /// `$(...)`.
    Substitution,
    /// `` `...` ``.
    Backticks,
    /// `(...)`.
    Group,
}

struct Lexer<'a> {
    text: &'a str,
    pieces: Vec<Token>,
    at: usize,
    inside: Vec<Nesting>,
    starts_command: bool,
    /// The words that end the heredocs of this line.
    heredocs: Vec<&'a str>,
    misses: u32,
}

pub fn pieces(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        pieces: Vec::new(),
        at: 0,
        inside: Vec::new(),
        starts_command: true,
        heredocs: Vec::new(),
        misses: 0,
    };
    while let Some(letter) = lexer.rest().chars().next() {
        if lexer.inside.last() == Some(&Nesting::Text) {
            lexer.in_text(letter);
        } else {
            lexer.in_code(letter);
        }
    }
    lexer.pieces
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn to(&mut self, class: TokenClass, end: usize) {
        push(&mut self.pieces, class, end);
        self.at = end;
    }

    fn enter(&mut self, inside: Nesting, class: TokenClass, length: usize) {
        self.to(class, self.at + length);
        self.inside.push(inside);
        self.starts_command = inside != Nesting::Text;
    }

    fn leave(&mut self, class: TokenClass) {
        self.to(class, self.at + 1);
        self.inside.pop();
        self.starts_command = false;
    }

    /// A variable or the start of a substitution, if one stands here.
    fn dollar(&mut self) -> bool {
        let rest = self.rest();
        if rest.starts_with("$(") {
            self.enter(Nesting::Substitution, TokenClass::Variable, 2);
            return true;
        }
        let mut letters = rest[1..].chars();
        let end = match letters.next() {
            Some('{') => match braces_end(rest) {
                Some(length) => self.at + length,
                None => return false,
            },
            Some(it) if it.is_ascii_digit() || "@*#?!$-".contains(it) => self.at + 2,
            Some(it) if it.is_ascii_alphabetic() || it == '_' => {
                run(self.text, self.at + 1, |it| {
                    it.is_ascii_alphanumeric() || it == '_'
                })
            }
            _ => return false,
        };
        self.to(TokenClass::Variable, end);
        self.starts_command = false;
        true
    }

    fn in_text(&mut self, letter: char) {
        match letter {
            '"' => self.leave(TokenClass::Text),
            '\\' => self.to(TokenClass::Text, run_of_two(self.text, self.at)),
            '`' => self.backtick(),
            '$' => {
                if !self.dollar() {
                    self.to(TokenClass::Text, self.at + 1);
                }
            }
            _ => {
                let end = run(self.text, self.at, |it| {
                    !matches!(it, '"' | '\\' | '`' | '$')
                });
                self.to(TokenClass::Text, end);
            }
        }
    }

    fn backtick(&mut self) {
        if self.inside.last() == Some(&Nesting::Backticks) {
            self.leave(TokenClass::Variable);
        } else {
            self.enter(Nesting::Backticks, TokenClass::Variable, 1);
        }
    }

    fn in_code(&mut self, letter: char) {
        let (text, at) = (self.text, self.at);
        let after_space =
            at == 0 || text[..at].ends_with(|it: char| it.is_whitespace() || ";&|()".contains(it));
        let (class, end) = match letter {
            '#' if after_space => (TokenClass::Comment, run(text, at, |it| it != '\n')),
            '\\' => (TokenClass::Plain, run_of_two(text, at)),
            '\'' => (TokenClass::Text, quoted(text, at, '\'', false)),
            '"' => return self.enter(Nesting::Text, TokenClass::Text, 1),
            '`' => return self.backtick(),
            '$' if text[at + 1..].starts_with('\'') => {
                (TokenClass::Text, quoted(text, at + 1, '\'', true))
            }
            '$' => {
                if self.dollar() {
                    return;
                }
                (TokenClass::Plain, at + 1)
            }
            '<' if text[at..].starts_with("<<") && !text[at..].starts_with("<<<") => {
                let (word, end) = heredoc_word(text, at + 2);
                if word.is_empty() || self.misses > LOOKAHEAD_MISSES_MAX {
                    (TokenClass::Plain, at + 2)
                } else {
                    self.heredocs.push(word);
                    (TokenClass::Text, end)
                }
            }
            '(' => return self.enter(Nesting::Group, TokenClass::Plain, 1),
            ')' => match self.inside.last() {
                Some(Nesting::Substitution) => return self.leave(TokenClass::Variable),
                Some(Nesting::Group) => return self.leave(TokenClass::Plain),
                _ => (TokenClass::Plain, at + 1),
            },
            '\n' => return self.line_end(),
            ';' | '|' | '&' => {
                self.to(TokenClass::Plain, at + 1);
                self.starts_command = true;
                return;
            }
            it if it.is_whitespace() => {
                let end = run(text, at, |it| it.is_whitespace() && it != '\n');
                return self.to(TokenClass::Plain, end);
            }
            it if it.is_ascii_digit() && after_space => {
                let passes = |it: char| it.is_alphanumeric() || it == '.' || it == '%';
                (TokenClass::Number, run(text, at, passes))
            }
            it if is_word(it) => return self.word(),
            it => (TokenClass::Plain, at + it.len_utf8()),
        };
        self.to(class, end);
        self.starts_command = false;
    }

    fn word(&mut self) {
        let end = run(self.text, self.at, |it| {
            is_word(it) || matches!(it, '-' | '.' | '/' | ':')
        });
        let word = &self.text[self.at..end];
        let is_assignment = self.text[end..].starts_with('=');
        let leads = self.starts_command && COMMAND_PREFIXES.contains(&word);
        let is_keyword = (self.starts_command && !is_assignment) || KEYWORDS.contains(&word);
        let class = if is_keyword {
            TokenClass::Keyword
        } else {
            TokenClass::Plain
        };
        self.to(class, end);
        self.starts_command = leads;
    }

    /// The lines behind one with heredocs belong to these.
    fn line_end(&mut self) {
        self.to(TokenClass::Plain, self.at + 1);
        self.starts_command = true;
        for word in std::mem::take(&mut self.heredocs) {
            if self.misses > LOOKAHEAD_MISSES_MAX {
                return;
            }
            match heredoc_end(self.text, self.at, word) {
                Some(end) => self.to(TokenClass::Text, end),
                None => self.misses += 1,
            }
        }
    }
}

fn run_of_two(text: &str, at: usize) -> usize {
    text[at..]
        .char_indices()
        .nth(2)
        .map_or(text.len(), |it| at + it.0)
}

/// How long `${...}` is, with the braces within; it stands on one line.
fn braces_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices().take(NESTING_MAX) {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth = depth.checked_sub(1)?,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// The word that ends a heredoc, and where it itself ends.
fn heredoc_word(text: &str, from: usize) -> (&str, usize) {
    let from = run(text, from, |it| it == '-' || it == ' ');
    let end = run(text, from, |it| is_word(it) || it == '\'' || it == '"');
    (text[from..end].trim_matches(['\'', '"']), end)
}

/// Where the heredoc ends: behind a line that is the word alone.
fn heredoc_end(text: &str, from: usize, word: &str) -> Option<usize> {
    let mut at = from;
    while at <= text.len() {
        let end = run(text, at, |it| it != '\n');
        if text[at..end].trim_start_matches('\t') == word {
            return Some(end);
        }
        at = end + 1;
    }
    None
}
