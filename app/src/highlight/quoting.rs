//! Values in a bash text with characters that the shell acts on where they stand (R83): `echo {{customer.name}}` with
//! "Smith & Sons" runs `Sons`. How a value is quoted comes from the lexer, once for each text; the values of a thousand
//! customers are then compared with it. Only the server needs this.
use super::{
    TokenClass,
    bash::{Braces, is_in_end_word, layout},
    heredoc_ends::{HeredocLine, heredoc_lines},
    places::{BracePart, BraceQuotes, WordPlace, brace_place, places},
    tokens,
};
use crate::domain::{
    quote::{Quoting, quoted},
    variables::{self, TextSegment},
    vocabulary::StepType,
};
use std::collections::HashSet;

/// How the place of a variable in a bash text is quoted, which decides what the shell does with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum QuoteContext {
    Code {
        /// Whether the shell word begins with the variable.
        starts_word: bool,
        /// Whether the variable is the whole word. Blanks in the value then make several words, which lists and options may
        /// intend.
        is_word: bool,
        /// Whether the value is a name or a path (all variables but `var.KEY`), which is never meant as a list.
        is_name: bool,
        place: WordPlace,
    },
    /// `'...'`
    Single,
    /// `$'...'`
    Escapes,
    /// `"..."`
    Double,
    /// `${...}`
    Braces {
        /// Whether double quotes are around it.
        is_quoted: bool,
        /// Whether `*`, `?` and `[` are expanded, or are a pattern.
        has_patterns: bool,
        /// Whether `~` at the start is expanded.
        is_first: bool,
        /// Whether blanks make several words of the value, which cannot be meant.
        splits: bool,
        /// Whether the value replaces what `&` in it stands for.
        replaces: bool,
    },
    Comment,
    /// The lines of a heredoc whose end word is not quoted, so that the shell expands them.
    Heredoc,
}

/// What stands for the variables in the end words of heredocs, so that other lines are none of their ends.
const END_WORD_LETTERS: [char; 8] = ['y', 'z', 'w', 'q', 'k', 'j', 'v', 'h'];

/// A variable in a bash text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct VariableUse {
    name: String,
    quoting: Option<Quoting>,
    context: QuoteContext,
}

/// The variables of a bash text and how each is quoted, each way once; and the lines of heredocs that values could end.
#[derive(Clone, Debug)]
pub struct BashValues {
    uses: Vec<VariableUse>,
    /// What stands in `heredocs`, by its index.
    written: Vec<(String, Option<Quoting>)>,
    heredocs: Vec<HeredocLine>,
}

impl BashValues {
    /// Reads a bash text as it was written.
    pub fn of(text: &str) -> Self {
        // With a word in place of each variable: no value can change how another is quoted.
        let mut words = String::with_capacity(text.len());
        let mut uses = Vec::new();
        let mut end_words: Vec<&str> = Vec::new();
        for piece in variables::pieces(text) {
            match piece {
                TextSegment::Literal(text) => words.push_str(text),
                TextSegment::Backslashes(text) => words.push_str(&text[..text.len() / 2]),
                TextSegment::Escaped(_) => words.push('x'),
                TextSegment::Variable { name, quoting, .. } => {
                    let is_end_word = is_in_end_word(&words);
                    if is_end_word && quoting.is_some() {
                        // As the quotes of the value will, this makes the lines literal.
                        words.push('\\');
                    }
                    if is_end_word && !end_words.contains(&name) {
                        end_words.push(name);
                    }
                    // A quoted value is another line than the end word, which loses its quotes.
                    let known = end_words.iter().position(|it| *it == name);
                    let known = known.filter(|_| is_end_word || quoting.is_none());
                    let letter = known.and_then(|it| END_WORD_LETTERS.get(it));
                    uses.push((words.len(), name, quoting));
                    words.push(*letter.unwrap_or(&'x'));
                }
            }
        }
        let layout = layout(&words);
        let tokens = tokens(&words, StepType::Bash);
        let starts: Vec<usize> = uses.iter().map(|it| it.0).collect();
        let heredocs = heredoc_lines(&words, &layout.heredocs, &starts);
        let mut places = places(&words, &tokens, &layout.braces, &starts).into_iter();
        let written = uses.iter().map(|it| (it.1.to_owned(), it.2)).collect();
        let mut uses = uses.into_iter().peekable();
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        let mut from = 0;
        for (class, piece) in tokens {
            let end = from + piece.len();
            while let Some((at, name, quoting)) = uses.next_if(|it| it.0 < end) {
                let place = places.next().unwrap_or(WordPlace::Argument);
                let after = layout.braces.partition_point(|it| it.start <= at);
                let braces = after.checked_sub(1).map(|it| layout.braces[it]);
                let braces = braces.filter(|it| at < it.end);
                let found_here = QuoteContext::of(class, name, &words, at, place, braces);
                let found_here = found_here.map(|context| VariableUse {
                    name: name.to_owned(),
                    quoting,
                    context,
                });
                found.extend(found_here.filter(|it| known.insert(it.clone())));
            }
            from = end;
        }
        Self {
            uses: found,
            written,
            heredocs,
        }
    }

    /// Variables whose values the shell would act on, each with a message: "contains &: | quote?".
    pub fn acting(
        &self,
        value: impl Fn(&str) -> Option<String>,
    ) -> impl Iterator<Item = (&str, String)> {
        let mut found = Vec::new();
        for it in &self.uses {
            let message = value(&it.name).and_then(|value| it.message(&value));
            found.extend(message.map(|message| (it.name.as_str(), message)));
        }
        for line in &self.heredocs {
            let text_of = |index: usize| {
                let (name, quoting) = &self.written[index];
                // What has no value stands there as it is written, which ends no heredoc.
                value(name).map_or_else(|| format!("{{{{{index}}}}}"), |it| shown(&it, *quoting))
            };
            let ended = line.ended_by(text_of);
            found.extend(ended.map(|it| (self.written[it.variable].0.as_str(), it.message)));
        }
        found.into_iter()
    }
}

/// A value as it stands in a bash text.
fn shown(value: &str, quoting: Option<Quoting>) -> String {
    let quoted = quoting.and_then(|it| quoted(value, it, StepType::Bash).ok());
    quoted.unwrap_or_else(|| value.to_owned())
}

impl QuoteContext {
    /// The context of the variable `name`, which is the byte `at` of a token of this class. None where the shell leaves the
    /// value alone.
    fn of(
        class: TokenClass,
        name: &str,
        text: &str,
        at: usize,
        place: WordPlace,
        braces: Option<Braces>,
    ) -> Option<Self> {
        let is_name = !name.starts_with("var.");
        Some(match class {
            TokenClass::QuotedHeredoc => return None,
            TokenClass::Single => Self::Single,
            TokenClass::Escapes => Self::Escapes,
            TokenClass::Double => Self::Double,
            TokenClass::Comment => Self::Comment,
            TokenClass::Heredoc => Self::Heredoc,
            TokenClass::Plain
            | TokenClass::Keyword
            | TokenClass::Text
            | TokenClass::Number
            | TokenClass::Variable => {
                if let Some(braces) = braces {
                    return Some(Self::in_braces(is_name, text, at, place, braces));
                }
                let ends_word = |it: char| it.is_ascii_whitespace() || ";&|()<>`".contains(it);
                let starts_word = text[..at].chars().next_back().is_none_or(ends_word);
                let is_last = text[at + 1..].chars().next().is_none_or(ends_word);
                Self::Code {
                    starts_word,
                    is_word: starts_word && is_last,
                    is_name,
                    place,
                }
            }
        })
    }

    fn in_braces(is_name: bool, text: &str, at: usize, place: WordPlace, braces: Braces) -> Self {
        let it = brace_place(&text[braces.start..at], braces.is_quoted);
        match it.quotes {
            BraceQuotes::Single => return Self::Single,
            BraceQuotes::Double => return Self::Double,
            BraceQuotes::Nothing => {}
        }
        let expands = place.expands() && !braces.is_quoted;
        let is_alone = it.is_first && text[at + 1..].starts_with('}');
        let (has_patterns, is_taken) = match it.part {
            BracePart::Word | BracePart::Replacement => (expands, expands),
            BracePart::Pattern | BracePart::Other => (true, false),
            BracePart::Message => (false, false),
        };
        Self::Braces {
            is_quoted: braces.is_quoted,
            has_patterns,
            is_first: it.is_first && !braces.is_quoted,
            splits: is_taken && (is_name || !is_alone || place.is_one_word()),
            replaces: it.part == BracePart::Replacement,
        }
    }

    /// What the shell acts on in this text, as words for a person, each once.
    fn acting(self, text: &str) -> Vec<&'static str> {
        let mut found: Vec<&'static str> = Vec::new();
        for (at, letter) in text.char_indices() {
            let before = text[..at].chars().next_back();
            let behind = &text[at + letter.len_utf8()..];
            if let Some(word) = self.acts(before, letter, behind)
                && !found.contains(&word)
            {
                found.push(word);
            }
        }
        // Blanks alone make several words of a name as well.
        let is_blank = |it: char| matches!(it, ' ' | '\t');
        if found.is_empty()
            && text.contains(is_blank)
            && matches!(self, Self::Code { is_name: true, .. })
        {
            found.push(word(' '));
        }
        found
    }

    /// Whether the shell acts on a letter between others.
    fn acts(self, before: Option<char>, letter: char, behind: &str) -> Option<&'static str> {
        let next = behind.chars().next();
        let is_blank = |it: char| matches!(it, ' ' | '\t');
        // An interactive shell expands `!word` outside of single quotes.
        let is_history =
            letter == '!' && next.is_some_and(|it| !is_blank(it) && !"=(\"\n".contains(it));
        let is_escape = letter == '\\' && next.is_none_or(|it| "$`\"\\\n".contains(it));
        let acts = match self {
            Self::Code {
                starts_word,
                is_word,
                place,
                ..
            } => match letter {
                ' ' | '\t' => !is_word || place.is_one_word(),
                '*' | '?' | '[' if !place.has_patterns() => false,
                '{' if !place.expands() => false,
                '#' => before.map_or(starts_word, is_blank),
                // At the start of a word, and in an assignment behind `=` and `:`.
                '~' => before.is_none_or(|it| is_blank(it) || matches!(it, ':' | '=')),
                '[' => behind.contains(']'),
                '{' => behind.contains('}') && (behind.contains(',') || behind.contains("..")),
                '!' => is_history,
                _ => "\r\n|&;()<>$`\\\"'*?".contains(letter),
            },
            Self::Single => letter == '\'',
            Self::Escapes => matches!(letter, '\'' | '\\'),
            Self::Double => matches!(letter, '$' | '`' | '"') || is_escape || is_history,
            Self::Braces {
                is_quoted,
                has_patterns,
                is_first,
                splits,
                replaces,
            } => match letter {
                ' ' | '\t' | '\n' => splits,
                '*' | '?' => has_patterns,
                '[' => has_patterns && behind.contains(']'),
                '~' => is_first && before.is_none_or(|it| matches!(it, ':' | '=')),
                // `<(...)` runs a command.
                '(' => !is_quoted && before.is_some_and(|it| "<>".contains(it)),
                '&' => replaces,
                '!' => is_history,
                _ => "$`\"'\\}".contains(letter),
            },
            Self::Comment => matches!(letter, '\n' | '\r'),
            Self::Heredoc => matches!(letter, '$' | '`') || (is_escape && next != Some('"')),
        };
        acts.then(|| word(letter))
    }
}

/// A character as a message names it.
fn word(letter: char) -> &'static str {
    const WORDS: [(char, &str); 21] = [
        ('|', "|"),
        ('&', "&"),
        (';', ";"),
        ('(', "("),
        (')', ")"),
        ('<', "<"),
        ('>', ">"),
        ('$', "$"),
        ('`', "`"),
        ('\\', "\\"),
        ('"', "\""),
        ('\'', "'"),
        ('*', "*"),
        ('?', "?"),
        ('[', "["),
        ('{', "{"),
        ('}', "}"),
        ('#', "#"),
        ('~', "~"),
        ('!', "!"),
        ('\n', "a line break"),
    ];
    match letter {
        ' ' | '\t' => "a blank",
        '\r' => "a line break",
        _ => WORDS.iter().find(|it| it.0 == letter).map_or("", |it| it.1),
    }
}

impl VariableUse {
    /// What is wrong with a value here, and what may help.
    fn message(&self, value: &str) -> Option<String> {
        let is_quoted = self.quoting == Some(Quoting::Quote);
        let (acting, hint) = match (self.context, is_quoted) {
            (
                QuoteContext::Code { .. }
                | QuoteContext::Braces {
                    is_quoted: false, ..
                },
                true,
            ) => return None,
            // Its own quotes end those around it.
            (QuoteContext::Single | QuoteContext::Escapes, true) => {
                let code = QuoteContext::Code {
                    starts_word: false,
                    is_word: false,
                    is_name: false,
                    place: WordPlace::Argument,
                };
                (code.acting(value), "take away the quotes around it")
            }
            (context, _) => {
                let shown = shown(value, self.quoting);
                let hint = match context {
                    QuoteContext::Code { .. }
                    | QuoteContext::Braces {
                        is_quoted: false, ..
                    } => "| quote",
                    QuoteContext::Double if is_quoted => "take away the quotes around it",
                    QuoteContext::Single | QuoteContext::Escapes | QuoteContext::Double => {
                        "| quote instead of the quotes around it"
                    }
                    QuoteContext::Braces { .. } => "a variable of its own with | quote",
                    QuoteContext::Comment => "leave it out of the comment",
                    QuoteContext::Heredoc => "quotes around the heredoc's word",
                };
                (context.acting(&shown), hint)
            }
        };
        (!acting.is_empty()).then(|| format!("contains {}: {hint}?", acting.join(" ")))
    }
}
