//! Lexer for bash: comments, strings, variables, substitutions, heredocs, numbers, and the first word of a command.
//! Nesting is tracked on an explicit stack, so deep nesting cannot overflow the call stack.
use super::{Token, TokenClass, is_word, push, quoted, run};

/// Words that a command may follow.
const COMMAND_PREFIXES: &[&str] = &[
    "if", "then", "else", "elif", "while", "until", "do", "!", "time", "exec", "sudo",
];
const KEYWORDS: &[&str] = &[
    "fi", "done", "for", "in", "case", "esac", "function", "return", "local", "export",
];
/// After this many heredocs without an end, `<<` is no longer treated as a heredoc. Keeps the time linear.
const LOOKAHEAD_MISSES_MAX: u32 = 50;
/// Characters to search for the end of `${...}`.
const NESTING_MAX: usize = 500;

/// The construct that the lexer is inside of.
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
    tokens: Vec<Token>,
    at: usize,
    inside: Vec<Nesting>,
    starts_command: bool,
    /// The end words of the heredocs that begin on this line.
    heredocs: Vec<&'a str>,
    misses: u32,
}

/// The tokens of a bash text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        tokens: Vec::new(),
        at: 0,
        inside: Vec::new(),
        starts_command: true,
        heredocs: Vec::new(),
        misses: 0,
    };
    while let Some(ch) = lexer.rest().chars().next() {
        if lexer.inside.last() == Some(&Nesting::Text) {
            lexer.in_text(ch);
        } else {
            lexer.in_code(ch);
        }
    }
    lexer.tokens
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn to(&mut self, class: TokenClass, end: usize) {
        push(&mut self.tokens, class, end);
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

    /// Consumes a variable or the start of a substitution, if there is one.
    fn dollar(&mut self) -> bool {
        let rest = self.rest();
        if rest.starts_with("$(") {
            self.enter(Nesting::Substitution, TokenClass::Variable, 2);
            return true;
        }
        let mut chars = rest[1..].chars();
        let end = match chars.next() {
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

    fn in_text(&mut self, ch: char) {
        match ch {
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

    fn in_code(&mut self, ch: char) {
        let (text, at) = (self.text, self.at);
        let after_space =
            at == 0 || text[..at].ends_with(|it: char| it.is_whitespace() || ";&|()".contains(it));
        let (class, end) = match ch {
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

    /// Consumes the line break and the heredocs that begin after it.
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

/// The length of `${...}` including nested braces; none if it does not end on its line.
fn braces_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, ch) in text.char_indices().take(NESTING_MAX) {
        match ch {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth = depth.checked_sub(1)?,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// The end word of a heredoc, and where the word itself ends.
fn heredoc_word(text: &str, from: usize) -> (&str, usize) {
    let from = run(text, from, |it| it == '-' || it == ' ');
    let end = run(text, from, |it| is_word(it) || it == '\'' || it == '"');
    (text[from..end].trim_matches(['\'', '"']), end)
}

/// The end of a heredoc: after the line that is its end word alone.
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
