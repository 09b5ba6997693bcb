//! Values in a bash text with characters that the shell acts on where they stand (R83): `echo {{customer.name}}` with
//! "Smith & Sons" runs `Sons`. How a value is quoted comes from the lexer, once for each text; the values of a thousand
//! customers are then compared with it. Only the server needs this.
use super::{TokenClass, tokens};
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
    },
    /// `'...'`
    Single,
    /// `$'...'`
    Escapes,
    /// `"..."`
    Double,
    /// `${...}`
    Braces,
    Comment,
    /// The lines of a heredoc whose end word is not quoted, so that the shell expands them.
    Heredoc,
}

/// A variable in a bash text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct VariableUse {
    name: String,
    quoting: Option<Quoting>,
    context: QuoteContext,
}

/// The variables of a bash text and how each is quoted, each way once.
#[derive(Clone, Debug)]
pub struct BashValues(Vec<VariableUse>);

impl BashValues {
    /// Reads a bash text as it was written.
    pub fn of(text: &str) -> Self {
        // With a word in place of each variable: no value can change how another is quoted.
        let mut words = String::with_capacity(text.len());
        let mut uses = Vec::new();
        for piece in variables::pieces(text) {
            match piece {
                TextSegment::Literal(text) => words.push_str(text),
                TextSegment::Backslashes(text) => words.push_str(&text[..text.len() / 2]),
                TextSegment::Escaped(_) => words.push('x'),
                TextSegment::Variable { name, quoting, .. } => {
                    uses.push((words.len(), name, quoting));
                    words.push('x');
                }
            }
        }
        let mut uses = uses.into_iter().peekable();
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        let mut from = 0;
        for (class, piece) in tokens(&words, StepType::Bash) {
            let end = from + piece.len();
            while let Some((at, name, quoting)) = uses.next_if(|it| it.0 < end) {
                let found_here =
                    QuoteContext::of(class, name, &words, from, at).map(|context| VariableUse {
                        name: name.to_owned(),
                        quoting,
                        context,
                    });
                found.extend(found_here.filter(|it| known.insert(it.clone())));
            }
            from = end;
        }
        Self(found)
    }

    /// Variables whose values the shell would act on, each with a message: "contains &: | quote?".
    pub fn acting(
        &self,
        value: impl Fn(&str) -> Option<String>,
    ) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().filter_map(move |it| {
            let message = it.message(&value(&it.name)?)?;
            Some((it.name.as_str(), message))
        })
    }
}

impl QuoteContext {
    /// The context of the variable `name`, which begins at byte `at`, in a token of this class that begins at `start`. None
    /// where the shell leaves the value alone.
    fn of(class: TokenClass, name: &str, text: &str, start: usize, at: usize) -> Option<Self> {
        let before = &text[start..at];
        Some(match class {
            TokenClass::QuotedHeredoc => return None,
            TokenClass::Single => Self::Single,
            TokenClass::Escapes => Self::Escapes,
            TokenClass::Double => Self::Double,
            TokenClass::Comment => Self::Comment,
            TokenClass::Heredoc => Self::Heredoc,
            TokenClass::Variable if before.rfind("${") > before.rfind('}') => Self::Braces,
            TokenClass::Plain
            | TokenClass::Keyword
            | TokenClass::Text
            | TokenClass::Number
            | TokenClass::Variable => {
                let ends_word = |it: char| it.is_ascii_whitespace() || ";&|()<>`".contains(it);
                let starts_word = text[..at].chars().next_back().is_none_or(ends_word);
                let is_last = text[at + 1..].chars().next().is_none_or(ends_word);
                Self::Code {
                    starts_word,
                    is_word: starts_word && is_last,
                    is_name: !name.starts_with("var."),
                }
            }
        })
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
                ..
            } => match letter {
                ' ' | '\t' => !is_word,
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
            Self::Braces => "$`\"'\\}".contains(letter),
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
            (QuoteContext::Code { .. }, true) => return None,
            // Its own quotes end those around it.
            (QuoteContext::Single | QuoteContext::Escapes, true) => {
                let code = QuoteContext::Code {
                    starts_word: false,
                    is_word: false,
                    is_name: false,
                };
                (code.acting(value), "take away the quotes around it")
            }
            (context, _) => {
                let shown = match self.quoting {
                    Some(quoting) => quoted(value, quoting, StepType::Bash).ok()?,
                    None => value.to_owned(),
                };
                let hint = match context {
                    QuoteContext::Code { .. } => "| quote",
                    QuoteContext::Double if is_quoted => "take away the quotes around it",
                    QuoteContext::Single | QuoteContext::Escapes | QuoteContext::Double => {
                        "| quote instead of the quotes around it"
                    }
                    QuoteContext::Braces => "a variable of its own with | quote",
                    QuoteContext::Comment => "leave it out of the comment",
                    QuoteContext::Heredoc => "quotes around the heredoc's word",
                };
                (context.acting(&shown), hint)
            }
        };
        (!acting.is_empty()).then(|| format!("contains {}: {hint}?", acting.join(" ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about each variable of a text, if all have this value.
    fn said(text: &str, value: &str) -> Vec<String> {
        let values = BashValues::of(text);
        let acting = values.acting(|_| Some(value.to_owned()));
        acting.map(|it| it.1).collect()
    }

    #[test]
    fn a_value_that_the_shell_would_act_on_is_named_with_the_reason() {
        assert_eq!(
            said("echo {{customer.name}}", "Smith & Sons"),
            ["contains &: | quote?"]
        );
        assert_eq!(
            said("echo {{var.A}}", "$(id); `x`"),
            ["contains $ ( ) ; `: | quote?"]
        );
        assert_eq!(said("a={{var.A}} b", "x y"), ["contains a blank: | quote?"]);
        assert_eq!(said("x={{var.A}}", "~"), ["contains ~: | quote?"]);
        assert_eq!(
            said("kubectl create ns {{customer.name}}", "Acme Corp"),
            ["contains a blank: | quote?"]
        );
        assert_eq!(
            said("rm /srv/{{var.A}}", "a b"),
            ["contains a blank: | quote?"]
        );
        assert_eq!(
            said("echo {{var.A}}", "a\nb"),
            ["contains a line break: | quote?"]
        );
        assert_eq!(said("cd {{var.A}}", "~x"), ["contains ~: | quote?"]);
        assert_eq!(
            said("echo {{var.A}}", "Yahoo!Japan"),
            ["contains !: | quote?"]
        );
    }

    #[test]
    fn a_plain_value_and_a_quoted_one_are_no_trouble() {
        for value in [
            "acme",
            "Acme Corp",
            "C#",
            "a~b",
            "Yahoo!",
            "a=b%",
            "it: 5-6_7.8,9@x+/",
            "{}",
            "[",
            "Müller",
        ] {
            assert!(said("echo {{var.A}}", value).is_empty(), "{value}");
        }
        for text in [
            "echo {{var.A | quote}}",
            "x={{var.A | quote}}/b",
            "echo '{{var.A}}'",
            "echo \"a\" '{{var.A}}' b",
            "# {{var.A}} isn't quoted\nls",
            "cat <<'EOF'\n{{var.A}}\nEOF",
            "echo $(echo \"'\" '{{var.A}}')",
            "echo \"$(echo '{{var.A}}')\"",
        ] {
            assert!(
                said(text, "Smith & $(id) \"Sons\" \\ *").is_empty(),
                "{text}"
            );
        }
        for text in [
            "for i in {{var.A}}; do ls; done",
            "helm {{var.A}}",
            "(echo {{var.A}})",
        ] {
            assert!(said(text, "a b --c").is_empty(), "{text}");
        }
    }

    #[test]
    fn quotes_that_the_value_itself_ends_are_no_protection() {
        let hint = "contains ': | quote instead of the quotes around it?";
        assert_eq!(said("echo '{{var.A}}'", "Bon app'"), [hint]);
        assert_eq!(
            said("echo \"{{var.A}}\"", "a\" & $(id)"),
            ["contains \" $: | quote instead of the quotes around it?"]
        );
        assert!(said("echo \"{{var.A}}\"", "Smith & Sons; C:\\dir").is_empty());
        assert_eq!(said("echo \"{{var.A}}\"", "dir\\").len(), 1);
        assert_eq!(said("echo $'{{var.A}}'", "a\\b").len(), 1);
        assert_eq!(
            said("cat <<EOF\n{{var.A}}\nEOF", "$x & y"),
            ["contains $: quotes around the heredoc's word?"]
        );
        assert!(said("cat <<-'EOF'\n{{var.A}}\n\tEOF\n", "$x `y` \\$").is_empty());
        assert_eq!(said("# {{var.A}}", "a\nb").len(), 1);
        assert_eq!(said("echo ${x:-{{var.A}}}", "a}b").len(), 1);
    }

    #[test]
    fn quoting_within_quotes_is_no_protection_either() {
        let hint = "take away the quotes around it?";
        assert_eq!(
            said("echo '{{var.A | quote}}'", "A & B"),
            [format!("contains a blank &: {hint}")]
        );
        assert_eq!(
            said("echo \"{{var.A | quote}}\"", "A$B"),
            [format!("contains $: {hint}")]
        );
        assert!(said("echo \"{{var.A | quote}}\"", "A & B").is_empty());
    }

    #[test]
    fn literals_of_sql_need_quotes_of_the_shell() {
        assert!(said("psql -c \"SELECT {{var.A | quote_ansi}}\"", "O'Hara & Sons").is_empty());
        assert_eq!(
            said("psql -c 'SELECT {{var.A | quote_ansi}}'", "a").len(),
            1
        );
        assert_eq!(said("psql -c {{var.A | quote_ansi}}", "a").len(), 1);
        assert!(
            said(
                "psql <<'EOF'\nSELECT {{var.A | quote_mysql}};\nEOF",
                "a\\'$"
            )
            .is_empty()
        );
    }

    #[test]
    fn one_value_says_nothing_about_the_next() {
        let text = "echo {{var.A}} '{{var.B}}' {{var.C | quote}} \\{{var.D}} \\\\{{var.E}}";
        let values = BashValues::of(text);
        let value = |name: &str| Some(if name == "var.A" { "'\"" } else { "a&b" }.to_owned());
        let names: Vec<_> = values.acting(value).map(|it| it.0).collect();
        assert_eq!(names, ["var.A", "var.E"]);
        assert_eq!(values.acting(|_| None).count(), 0);
    }
}
