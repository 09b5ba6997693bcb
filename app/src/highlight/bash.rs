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

/// A heredoc.
#[derive(Clone, Copy)]
pub struct Heredoc<'a> {
    /// The word that ends it, as written behind `<<`.
    word: &'a str,
    /// Where the word begins, in bytes of the text.
    pub word_at: usize,
    /// `<<-`: tabs before the word are no part of the line.
    pub strips_tabs: bool,
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
    let mut lexer = Lexer::new(text);
    while let Some(ch) = lexer.rest().chars().next() {
        lexer.step(ch);
    }
    lexer.tokens
}

/// The lines of a heredoc, and `${...}`, as `quoting` must know them. Where they begin and end is in bytes of the text.
#[derive(Default)]
pub struct BashLayout<'a> {
    pub heredocs: Vec<HeredocLines<'a>>,
    pub braces: Vec<Braces>,
}

/// The lines of a heredoc; the last one is its end word.
pub struct HeredocLines<'a> {
    pub start: usize,
    pub end: usize,
    pub heredoc: Heredoc<'a>,
}

/// `${...}` with all that is in it.
#[derive(Clone, Copy)]
pub struct Braces {
    pub start: usize,
    pub end: usize,
    /// Whether double quotes are around it.
    pub is_quoted: bool,
}

/// Where heredocs and braces of a bash text are, in order. Beside `tokens`, because only the server needs them.
pub fn layout(text: &str) -> BashLayout<'_> {
    let mut layout = BashLayout::default();
    let mut lexer = Lexer::new(text);
    while let Some(ch) = lexer.rest().chars().next() {
        let at = lexer.at;
        let is_quoted = lexer.inside.last() == Some(&Nesting::Text);
        let begun = match ch {
            '\n' if !is_quoted => lexer.heredocs.clone(),
            _ => Vec::new(),
        };
        lexer.step(ch);
        let end = lexer.at;
        if end > at + 1 && text[at..].starts_with("${") {
            layout.braces.push(Braces {
                start: at,
                end,
                is_quoted,
            });
        }
        let mut start = at + 1;
        for heredoc in begun {
            // Those that have no end have no lines either.
            if start >= end {
                break;
            }
            if let Some(end) = heredoc.end(text, start) {
                layout.heredocs.push(HeredocLines {
                    start,
                    end,
                    heredoc,
                });
                start = end;
            }
        }
    }
    layout
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            tokens: Vec::new(),
            at: 0,
            inside: Vec::new(),
            starts_command: true,
            heredocs: Vec::new(),
            misses: 0,
        }
    }

    /// Consumes what begins with `ch`.
    fn step(&mut self, ch: char) {
        if self.inside.last() == Some(&Nesting::Text) {
            self.in_text(ch);
        } else {
            self.in_code(ch);
        }
    }

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
            '<' if text[at..].starts_with("<<<") => (TokenClass::Plain, at + 3),
            '<' if text[at..].starts_with("<<") => {
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
pub const QUOTES: [char; 3] = ['\'', '"', '\\'];

/// What ends an end word as blanks do.
const ENDS_OF_WORD: &str = ";&|<>()";

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
            _ if letter.is_whitespace() || ENDS_OF_WORD.contains(letter) => break,
            _ => end + letter.len_utf8(),
        };
    }
    let heredoc = Heredoc {
        word: &text[from..end],
        word_at: from,
        strips_tabs,
    };
    (heredoc, end)
}

/// End words are not longer, as far as `is_in_end_word` looks. Keeps the time linear.
const END_WORD_MAX: usize = 200;

/// Whether what stands directly behind this text is in the end word of a heredoc.
pub fn is_in_end_word(before: &str) -> bool {
    let is_in_word = |it: &char| !it.is_whitespace() && !ENDS_OF_WORD.contains(*it);
    let letters = before.chars().rev().take(END_WORD_MAX);
    let n_bytes: usize = letters.take_while(is_in_word).map(char::len_utf8).sum();
    let head = before[..before.len() - n_bytes].trim_end_matches([' ', '\t']);
    let head = head.strip_suffix('-').unwrap_or(head);
    head.ends_with("<<") && !head.ends_with("<<<")
}

/// Whether a line is the end of a heredoc.
pub fn ends_heredoc(line: &str, word: &str, strips_tabs: bool) -> bool {
    if strips_tabs {
        line.trim_start_matches('\t') == word
    } else {
        line == word
    }
}

impl Heredoc<'_> {
    /// The end word as it is written.
    pub fn written_word(&self) -> &str {
        self.word
    }

    /// The end word without its quotes.
    fn end_word(&self) -> String {
        self.word.replace(QUOTES, "")
    }

    /// Where it ends: behind a line that is the word alone.
    fn end(&self, text: &str, from: usize) -> Option<usize> {
        let word = self.end_word();
        let mut at = from;
        while at <= text.len() {
            let end = run(text, at, |it| it != '\n');
            if ends_heredoc(&text[at..end], &word, self.strips_tabs) {
                return Some(end);
            }
            at = end + 1;
        }
        None
    }
}
