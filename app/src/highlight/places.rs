//! Where a variable stands in a bash command, beyond what its token says: as an argument, behind a redirection, within `[[ ]]`; and
//! in which part of `${...}`. That decides whether the shell splits the value at blanks and expands `*` and `~` in it. Only the
//! server needs this.
use super::{TokenClass, bash::Braces};

/// What a word is to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordPlace {
    /// One of several words, with `*` and braces expanded.
    Argument,
    /// The value of an assignment, or an argument of `:`, whose expansion does nothing.
    Assignment,
    /// Behind `>`, `<` or `<<`: one word, with `*` expanded.
    Redirection,
    /// Behind `<<<`: one word as it is.
    HereString,
    /// Within `[[ ]]`, or behind `case`: one word as it is.
    Test,
    /// Behind `==` or `=~` within `[[ ]]`: one word in which `*` is a pattern.
    Pattern,
}

impl WordPlace {
    /// Whether blanks in a value never make several words of it that are meant.
    pub fn is_one_word(self) -> bool {
        !matches!(self, Self::Argument | Self::Assignment)
    }

    /// Whether `*`, `?` and `[` do anything.
    pub fn has_patterns(self) -> bool {
        matches!(self, Self::Argument | Self::Redirection | Self::Pattern)
    }

    /// Whether what is expanded is split at blanks, and `*` in it is expanded.
    pub fn expands(self) -> bool {
        matches!(self, Self::Argument | Self::Redirection)
    }
}

/// Words behind which a command begins.
const PREFIXES: [&[u8]; 11] = [
    b"if", b"then", b"else", b"elif", b"while", b"until", b"do", b"!", b"time", b"{", b"coproc",
];
/// Commands whose arguments may be assignments.
const DECLARING: [&[u8]; 5] = [b"export", b"local", b"declare", b"readonly", b"typeset"];

/// Where the scan is in a command.
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is true or false beside the others"
)]
struct CommandState {
    /// Where the present word begins, if it has begun, and what it is.
    word: Option<(usize, WordPlace)>,
    /// Whether all of the word until here is a name, and whether it is one with `=` behind it.
    is_name: bool,
    is_assignment: bool,
    /// What the next word is, and those after it.
    next: WordPlace,
    arguments: WordPlace,
    /// Whether the next word is the command.
    is_command: bool,
    may_assign: bool,
    in_test: bool,
    in_arithmetic: bool,
}

impl CommandState {
    const BEGIN: Self = Self {
        word: None,
        is_name: false,
        is_assignment: false,
        next: WordPlace::Argument,
        arguments: WordPlace::Argument,
        is_command: true,
        may_assign: true,
        in_test: false,
        in_arithmetic: false,
    };

    fn letter(&mut self, at: usize, byte: u8) {
        if self.word.is_none() {
            self.word = Some((at, self.next));
            self.next = if self.in_test {
                WordPlace::Test
            } else {
                self.arguments
            };
            (self.is_name, self.is_assignment) = (true, false);
        }
        match byte {
            b'=' => {
                self.is_assignment |= self.is_name;
                self.is_name = false;
            }
            // `+=`
            b'+' => {}
            _ => self.is_name &= byte.is_ascii_alphanumeric() || byte == b'_',
        }
    }

    /// What the present word is.
    fn place(&self) -> WordPlace {
        match self.word {
            Some((_, WordPlace::Argument)) if self.may_assign && self.is_assignment => {
                WordPlace::Assignment
            }
            Some((_, place)) => place,
            None => self.next,
        }
    }

    fn end_word(&mut self, line: &[u8], end: usize) {
        let Some((start, place)) = self.word.take() else {
            return;
        };
        let word = &line[start..end];
        if matches!(place, WordPlace::Redirection | WordPlace::HereString) {
            return;
        }
        if self.in_test {
            self.in_test = word != b"]]";
            let compares = [&b"=="[..], b"=", b"!=", b"=~"].contains(&word);
            self.next = match (self.in_test, compares) {
                (false, _) => self.arguments,
                (true, true) => WordPlace::Pattern,
                (true, false) => WordPlace::Test,
            };
        } else if self.is_command && !self.is_assignment && !PREFIXES.contains(&word) {
            self.is_command = false;
            self.may_assign = DECLARING.contains(&word);
            match word {
                b":" => {
                    (self.next, self.arguments) = (WordPlace::Assignment, WordPlace::Assignment);
                }
                b"case" => self.next = WordPlace::Test,
                b"[[" => (self.in_test, self.next) = (true, WordPlace::Test),
                _ => {}
            }
        }
    }
}

/// The bytes of a text in which all that is quoted is letters, and comments and the lines of heredocs are blanks.
fn masked(text: &str, tokens: &[(TokenClass, &str)], braces: &[Braces]) -> Vec<u8> {
    let mut mask = text.as_bytes().to_vec();
    let mut from = 0;
    for (class, piece) in tokens {
        let end = from + piece.len();
        let cover = match class {
            TokenClass::Single | TokenClass::Escapes | TokenClass::Double => Some(b'"'),
            TokenClass::Comment | TokenClass::Heredoc | TokenClass::QuotedHeredoc => Some(b' '),
            TokenClass::Plain
            | TokenClass::Keyword
            | TokenClass::Text
            | TokenClass::Number
            | TokenClass::Variable => None,
        };
        if let Some(cover) = cover {
            mask[from..end].fill(cover);
        }
        from = end;
    }
    for it in braces {
        mask[it.start..it.end].fill(b'"');
    }
    // A line that goes on.
    for at in 1..mask.len() {
        if mask[at - 1..=at] == *b"\\\n" {
            mask[at - 1..=at].fill(b' ');
        }
    }
    mask
}

/// The place of each of these bytes of a bash text, which are in order.
pub fn places(
    text: &str,
    tokens: &[(TokenClass, &str)],
    braces: &[Braces],
    wanted: &[usize],
) -> Vec<WordPlace> {
    let mask = masked(text, tokens, braces);
    let mut found = Vec::with_capacity(wanted.len());
    let mut wanted = wanted.iter().peekable();
    let mut outer: Vec<CommandState> = Vec::new();
    let mut state = CommandState::BEGIN;
    let mut is_escaped = false;
    for (at, byte) in mask.iter().copied().enumerate() {
        let before = at.checked_sub(1).map_or(b'\n', |it| mask[it]);
        match byte {
            _ if is_escaped => {
                is_escaped = false;
                state.letter(at, byte);
            }
            b'\\' => {
                is_escaped = true;
                state.letter(at, byte);
            }
            b' ' | b'\t' => state.end_word(&mask, at),
            // A group within `[[ ]]`.
            b'(' | b')' if state.in_test && !b"$<>".contains(&before) => {
                state.end_word(&mask, at);
            }
            b'(' => {
                let in_arithmetic = before == b'(' || (state.in_arithmetic && before != b'$');
                outer.push(state);
                state = CommandState {
                    in_arithmetic,
                    ..CommandState::BEGIN
                };
            }
            b')' => state = outer.pop().unwrap_or(CommandState::BEGIN),
            b'&' | b'|' if b"<>".contains(&before) => {}
            b'&' | b'|' if state.in_test => {
                state.end_word(&mask, at);
                state.next = WordPlace::Test;
            }
            b'\n' | b';' | b'&' | b'|' | b'`' => state = CommandState::BEGIN,
            b'<' | b'>' if state.in_test || state.in_arithmetic => state.end_word(&mask, at),
            b'<' | b'>' => {
                state.end_word(&mask, at);
                state.next = if mask[..at].ends_with(b"<<") {
                    WordPlace::HereString
                } else {
                    WordPlace::Redirection
                };
            }
            _ => state.letter(at, byte),
        }
        if wanted.next_if(|it| **it == at).is_some() {
            found.push(state.place());
        }
    }
    found
}

/// A part of `${...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BracePart {
    /// What is taken instead of the variable's value: behind `:-`, `=`, `+`.
    Word,
    /// Behind `?`: what is told.
    Message,
    /// Behind `#`, `%`, `^`, `,` or the first `/`.
    Pattern,
    /// Behind the second `/`.
    Replacement,
    /// An index or a number.
    Other,
}

/// How a place in `${...}` is quoted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BraceQuotes {
    Nothing,
    Single,
    Double,
}

/// A place in `${...}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BracePlace {
    pub quotes: BraceQuotes,
    pub part: BracePart,
    /// Whether the part begins there.
    pub is_first: bool,
}

/// `${` that is open: where it begins, and whether its double or single quotes are.
#[derive(Clone, Copy)]
struct OpenBraces {
    inside: usize,
    is_double: bool,
    is_single: bool,
}

/// The place at the end of `before`, which begins with `${`; `is_quoted`: double quotes are around all of it.
pub fn brace_place(before: &str, is_quoted: bool) -> BracePlace {
    let mut open: Vec<OpenBraces> = Vec::new();
    let mut bytes = before.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let in_double = is_quoted || open.iter().any(|it| it.is_double);
        let last = open.last_mut();
        match (byte, last) {
            (b'\'', Some(it)) if it.is_single => it.is_single = false,
            (_, Some(it)) if it.is_single => {}
            (b'\\', _) => _ = bytes.next(),
            (b'$', _) if bytes.next_if(|it| it.1 == b'{').is_some() => open.push(OpenBraces {
                inside: at + 2,
                is_double: false,
                is_single: false,
            }),
            (b'"', Some(it)) => it.is_double = !it.is_double,
            (b'\'', Some(it)) if !in_double => it.is_single = true,
            (b'}', Some(it)) if !it.is_double => _ = open.pop(),
            _ => {}
        }
    }
    let quotes = match open.last() {
        Some(it) if it.is_single => BraceQuotes::Single,
        _ if open.iter().any(|it| it.is_double) => BraceQuotes::Double,
        _ => BraceQuotes::Nothing,
    };
    let inside = open.last().map_or(before, |it| &before[it.inside..]);
    let (part, is_first) = brace_part(inside);
    BracePlace {
        quotes,
        part,
        is_first,
    }
}

/// What the signs behind a name begin.
const OPERATORS: [(&str, BracePart); 12] = [
    (":-", BracePart::Word),
    (":=", BracePart::Word),
    (":+", BracePart::Word),
    (":?", BracePart::Message),
    ("-", BracePart::Word),
    ("=", BracePart::Word),
    ("+", BracePart::Word),
    ("?", BracePart::Message),
    ("#", BracePart::Pattern),
    ("%", BracePart::Pattern),
    ("^", BracePart::Pattern),
    (",", BracePart::Pattern),
];

/// The part that is open at the end of a text behind `${`, and whether it begins there.
fn brace_part(inside: &str) -> (BracePart, bool) {
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let rest = inside.trim_start_matches('!');
    let named = rest.trim_start_matches(is_name);
    let mut rest = if named.len() == rest.len() {
        rest.get(1..).unwrap_or_default()
    } else {
        named
    };
    if rest.starts_with('[') {
        match rest.find(']') {
            Some(end) => rest = &rest[end + 1..],
            None => return (BracePart::Other, false),
        }
    }
    if let Some(behind) = rest.strip_prefix('/') {
        let pattern = behind.trim_start_matches('/');
        return match pattern.split_once('/') {
            Some((_, replacement)) => (BracePart::Replacement, replacement.is_empty()),
            None => (BracePart::Pattern, pattern.is_empty()),
        };
    }
    let found = OPERATORS.iter().find_map(|(sign, part)| {
        let behind = rest.strip_prefix(sign)?;
        // `##`, `%%`, `^^` and `,,`
        let twice = behind
            .strip_prefix(sign)
            .filter(|_| *part == BracePart::Pattern);
        Some((*part, twice.unwrap_or(behind).is_empty()))
    });
    found.unwrap_or((BracePart::Other, false))
}
