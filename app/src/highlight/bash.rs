//! Lexer for bash: comments, strings, variables, substitutions, heredocs, numbers, and the first word of a command.
//! Nesting is tracked on an explicit stack, so deep nesting cannot overflow the call stack. The class of a string says how
//! it is quoted, for `quoting`.
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

/// A heredoc whose lines are still to come.
struct Heredoc<'a> {
    /// The word that ends it, as written behind `<<`.
    word: &'a str,
    /// `<<-`: tabs before the word are no part of the line.
    strips_tabs: bool,
}

struct Lexer<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    inside: Vec<Nesting>,
    starts_command: bool,
    /// The heredocs of this line.
    heredocs: Vec<Heredoc<'a>>,
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
            '"' => self.leave(TokenClass::Double),
            '\\' => self.to(TokenClass::Double, run_of_two(self.text, self.at)),
            '`' => self.backtick(),
            '$' => {
                if !self.dollar() {
                    self.to(TokenClass::Double, self.at + 1);
                }
            }
            _ => {
                let end = run(self.text, self.at, |it| {
                    !matches!(it, '"' | '\\' | '`' | '$')
                });
                self.to(TokenClass::Double, end);
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
            '\'' => (TokenClass::Single, quoted(text, at, '\'', false)),
            '"' => return self.enter(Nesting::Text, TokenClass::Double, 1),
            '`' => return self.backtick(),
            '$' if text[at + 1..].starts_with('\'') => {
                (TokenClass::Escapes, quoted(text, at + 1, '\'', true))
            }
            '$' => {
                if self.dollar() {
                    return;
                }
                (TokenClass::Plain, at + 1)
            }
            '<' if text[at..].starts_with("<<") && !text[at..].starts_with("<<<") => {
                let (heredoc, end) = heredoc(text, at + 2);
                if heredoc.word.is_empty() || self.misses > LOOKAHEAD_MISSES_MAX {
                    (TokenClass::Plain, at + 2)
                } else {
                    self.heredocs.push(heredoc);
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
        for heredoc in std::mem::take(&mut self.heredocs) {
            if self.misses > LOOKAHEAD_MISSES_MAX {
                return;
            }
            let is_quoted = heredoc.word.contains(QUOTES);
            match heredoc.end(self.text, self.at) {
                Some(end) if is_quoted => self.to(TokenClass::QuotedHeredoc, end),
                Some(end) => self.to(TokenClass::Heredoc, end),
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

/// If one of these is in a heredoc's end word, its lines are literal.
const QUOTES: [char; 3] = ['\'', '"', '\\'];

/// The heredoc that begins behind `<<`, and where its word ends.
fn heredoc(text: &str, from: usize) -> (Heredoc<'_>, usize) {
    let strips_tabs = text[from..].starts_with('-');
    let from = run(text, from + usize::from(strips_tabs), |it| {
        it == ' ' || it == '\t'
    });
    let line_end = run(text, from, |it| it != '\n');
    let line = &text[..line_end];
    let mut end = from;
    while let Some(letter) = line[end..].chars().next() {
        end = match letter {
            '\'' | '"' => quoted(line, end, letter, false),
            '\\' => run_of_two(line, end),
            _ if letter.is_whitespace() || ";&|<>()".contains(letter) => break,
            _ => end + letter.len_utf8(),
        };
    }
    let word = &text[from..end];
    (Heredoc { word, strips_tabs }, end)
}

impl Heredoc<'_> {
    /// Where it ends: behind a line that is the word alone.
    fn end(&self, text: &str, from: usize) -> Option<usize> {
        let word = self.word.replace(QUOTES, "");
        let mut at = from;
        while at <= text.len() {
            let end = run(text, at, |it| it != '\n');
            let line = &text[at..end];
            let line = if self.strips_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if line == word {
                return Some(end);
            }
            at = end + 1;
        }
        None
    }
}
