//! Syntax highlighting for bash and sql: splits a text into classified tokens. Server and browser must produce the
//! same HTML, and a lexer of our own costs only a few kB of WASM. The tokens joined are always the text.
mod bash;
mod heredoc_ends;
mod places;
mod quoting;
#[cfg(test)]
mod quoting_tests;
mod sql;
mod warnings;

pub use quoting::BashValues;
pub use warnings::{ValueChecks, hidden, text_warnings, warnings};

use crate::domain::vocabulary::StepType;

/// The class of a token. `Plain` has no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenClass {
    Plain,
    Comment,
    Keyword,
    Text,
    /// In bash `'...'`, `$'...'`, `"..."`, the lines of a heredoc, and of one whose word is quoted.
    Single,
    Escapes,
    Double,
    Heredoc,
    QuotedHeredoc,
    Number,
    /// A shell variable or substitution.
    Variable,
}

impl TokenClass {
    /// The class name in the style sheet.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Comment => Some("c"),
            Self::Keyword => Some("k"),
            Self::Text
            | Self::Single
            | Self::Escapes
            | Self::Double
            | Self::Heredoc
            | Self::QuotedHeredoc => Some("s"),
            Self::Number => Some("n"),
            Self::Variable => Some("v"),
        }
    }
}

/// A token: its class and where it ends.
type Token = (TokenClass, usize);

/// Adds a token, or extends the last one if it has the same class.
fn push(tokens: &mut Vec<Token>, class: TokenClass, end: usize) {
    match tokens.last_mut() {
        Some(last) if last.0 == class => last.1 = end,
        _ => tokens.push((class, end)),
    }
}

/// Splits a text into classified tokens.
pub fn tokens(text: &str, kind: StepType) -> Vec<(TokenClass, &str)> {
    let ends = match kind {
        StepType::Bash => bash::tokens(text),
        StepType::Sql => sql::tokens(text),
        StepType::Text => vec![(TokenClass::Plain, text.len())],
    };
    let mut from = 0;
    ends.into_iter()
        .filter_map(|(class, end)| {
            let piece = text.get(from..end).filter(|it| !it.is_empty())?;
            from = end;
            Some((class, piece))
        })
        .collect()
}

/// Where the run of characters that pass ends.
fn run(text: &str, from: usize, passes: impl Fn(char) -> bool) -> usize {
    text[from..]
        .find(|it| !passes(it))
        .map_or(text.len(), |it| from + it)
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

/// Where a quoted string ends; `escape` says whether a backslash escapes the next character.
fn quoted(text: &str, from: usize, quote: char, escape: bool) -> usize {
    let mut chars = text[from..].char_indices().skip(1);
    while let Some((at, ch)) = chars.next() {
        if ch == '\\' && escape {
            chars.next();
        } else if ch == quote {
            return from + at + quote.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classed(text: &str, kind: StepType) -> Vec<(TokenClass, &str)> {
        tokens(text, kind)
            .into_iter()
            .filter(|it| it.0 != TokenClass::Plain)
            .collect()
    }

    #[test]
    fn bash_has_comments_words_texts_and_heredocs() {
        let text =
            "set -e # stop\nkubectl get 'a b' \"$X # no\" 10m\ncat <<EOF | x\nif 1\nEOF\necho a#b";
        assert_eq!(
            classed(text, StepType::Bash),
            [
                (TokenClass::Keyword, "set"),
                (TokenClass::Comment, "# stop"),
                (TokenClass::Keyword, "kubectl"),
                (TokenClass::Single, "'a b'"),
                (TokenClass::Double, "\""),
                (TokenClass::Variable, "$X"),
                (TokenClass::Double, " # no\""),
                (TokenClass::Number, "10m"),
                (TokenClass::Keyword, "cat"),
                (TokenClass::Text, "<<EOF"),
                (TokenClass::Keyword, "x"),
                (TokenClass::Heredoc, "if 1\nEOF"),
                (TokenClass::Keyword, "echo"),
            ]
        );
    }

    #[test]
    fn bash_has_substitutions_within_texts_within_substitutions() {
        let text = r#"a="$(get "b ${C:-"d"}" `e`)"; "f$@g" # h"#;
        assert_eq!(
            classed(text, StepType::Bash),
            [
                (TokenClass::Double, "\""),
                (TokenClass::Variable, "$("),
                (TokenClass::Keyword, "get"),
                (TokenClass::Double, "\"b "),
                (TokenClass::Variable, "${C:-\"d\"}"),
                (TokenClass::Double, "\""),
                (TokenClass::Variable, "`"),
                (TokenClass::Keyword, "e"),
                (TokenClass::Variable, "`)"),
                (TokenClass::Double, "\""),
                (TokenClass::Double, "\"f"),
                (TokenClass::Variable, "$@"),
                (TokenClass::Double, "g\""),
                (TokenClass::Comment, "# h"),
            ]
        );
    }

    #[test]
    fn a_heredoc_is_literal_if_any_part_of_its_word_is_quoted() {
        for (word, end) in [
            ("'EOF'", "EOF"),
            ("\"END OF IT\"", "END OF IT"),
            ("\\EOF", "EOF"),
            ("E'O'F", "EOF"),
        ] {
            let text = format!("cat << {word} >x\n$a\n{end}\nls");
            let body = format!("$a\n{end}");
            let classes = tokens(&text, StepType::Bash);
            assert!(
                classes.contains(&(TokenClass::QuotedHeredoc, &body)),
                "{classes:?}"
            );
        }
        let text = "cat <<-end-1;\n\t$a\n\tend-1\n";
        let body = (TokenClass::Heredoc, "\t$a\n\tend-1");
        assert!(tokens(text, StepType::Bash).contains(&body));
        let text = "cat <<EOF\n\tEOF\n";
        assert!(
            tokens(text, StepType::Bash)
                .iter()
                .all(|it| it.0 != TokenClass::Heredoc)
        );
    }

    #[test]
    fn a_here_string_is_no_heredoc() {
        for text in ["cat <<<a\nb\na\n", "cat <<< 'a'\nb\na\n"] {
            let classes = tokens(text, StepType::Bash);
            let is_heredoc =
                |it: TokenClass| matches!(it, TokenClass::Heredoc | TokenClass::QuotedHeredoc);
            assert!(!classes.iter().any(|it| is_heredoc(it.0)), "{classes:?}");
        }
    }

    #[test]
    fn a_text_that_is_nested_without_end_is_no_trouble() {
        for piece in ["\"$(", "<<a\n", "${", "(", "`", "$a$"] {
            let text = piece.repeat(20_000);
            for kind in [StepType::Bash, StepType::Sql] {
                let joined: usize = tokens(&text, kind).into_iter().map(|it| it.1.len()).sum();
                assert_eq!(joined, text.len());
            }
        }
    }

    #[test]
    fn sql_has_comments_words_texts_and_numbers() {
        let text = "SELECT 'it''s', 42 -- why\nFROM t /* a\nb */ WHERE x1 = 1.5";
        assert_eq!(
            classed(text, StepType::Sql),
            [
                (TokenClass::Keyword, "SELECT"),
                (TokenClass::Text, "'it''s'"),
                (TokenClass::Number, "42"),
                (TokenClass::Comment, "-- why"),
                (TokenClass::Keyword, "FROM"),
                (TokenClass::Comment, "/* a\nb */"),
                (TokenClass::Keyword, "WHERE"),
                (TokenClass::Number, "1.5"),
            ]
        );
    }

    proptest! {
        #[test]
        fn joined_the_pieces_are_the_text(text in r#"([a-zé0-9 \n\t'"\\#$<>|;/*(){}`-]|<<EOF\n|\nEOF\n|\$\(|\$\{|--|set |SELECT ){0,40}"#) {
            for kind in [StepType::Bash, StepType::Sql, StepType::Text] {
                let joined: String = tokens(&text, kind).into_iter().map(|it| it.1).collect();
                prop_assert_eq!(&joined, &text);
            }
        }
    }
}
