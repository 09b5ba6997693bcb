//! Cuts a step's text at its variables (R18, R83): `{{customer.name}}`, `{{var.KEY | quote}}`. Only the roots `customer`,
//! `cluster`, `release` and `var` are ours; every other pair of braces (Helm, Go templates, Jinja) passes untouched.
//! Backslashes before one of ours are read in pairs, each pair as one backslash; one that is left over is the escape.
use crate::domain::quote::Quoting;
use std::collections::HashSet;

/// The first words of our variables' names.
pub(super) const ROOTS: [&str; 4] = ["customer", "cluster", "release", "var"];

/// A piece of a step's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSegment<'a> {
    Literal(&'a str),
    /// Pairs of backslashes before a variable: half of them are printed.
    Backslashes(&'a str),
    /// A variable behind a single backslash: printed with its braces, without the backslash that this piece begins with.
    Escaped(&'a str),
    /// `text` is the source with its braces; `name` is `customer.name` or `var.KEY`.
    Variable {
        text: &'a str,
        name: &'a str,
        quoting: Option<Quoting>,
    },
}

impl<'a> TextSegment<'a> {
    /// The source of the piece.
    pub fn source(self) -> &'a str {
        match self {
            Self::Literal(text)
            | Self::Backslashes(text)
            | Self::Escaped(text)
            | Self::Variable { text, .. } => text,
        }
    }
}

/// Cuts a text into pieces. The pieces' sources joined are the text.
pub fn pieces(text: &str) -> Vec<TextSegment<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        let Some((variable, end)) = variable_at(text, open) else {
            at = open + 1;
            continue;
        };
        let before = &text[from..open];
        let literal = before.trim_end_matches('\\');
        let backslashes = &before[literal.len()..];
        let (pairs, escape) = backslashes.split_at(backslashes.len() / 2 * 2);
        if !literal.is_empty() {
            pieces.push(TextSegment::Literal(literal));
        }
        if !pairs.is_empty() {
            pieces.push(TextSegment::Backslashes(pairs));
        }
        pieces.push(if escape.is_empty() {
            variable
        } else {
            TextSegment::Escaped(&text[open - 1..end])
        });
        (from, at) = (end, end);
    }
    if from < text.len() {
        pieces.push(TextSegment::Literal(&text[from..]));
    }
    pieces
}

/// The variable whose braces open at byte `open`, and where it ends; none if these braces are not a variable of ours.
fn variable_at(text: &str, open: usize) -> Option<(TextSegment<'_>, usize)> {
    let inside = &text[open + 2..];
    // A variable never contains these characters, so the search for its end stays linear for any text.
    let inside = &inside[..inside.find(['\n', '\r', '{']).unwrap_or(inside.len())];
    let close = inside.find("}}")?;
    let trimmed = inside[..close].trim_matches([' ', '\t']);
    let (name, filter) = match trimmed.split_once('|') {
        Some((name, filter)) => (
            name.trim_end_matches([' ', '\t']),
            Some(filter.trim_matches([' ', '\t'])),
        ),
        None => (trimmed, None),
    };
    let (root, field) = name.split_once('.')?;
    if !ROOTS.contains(&root) || field.is_empty() {
        return None;
    }
    let end = open + 2 + close + 2;
    // An unknown filter cannot be honoured: the whole is the name, and stays unresolved.
    let quoting = filter.and_then(|filter| {
        let mut known = Quoting::ALL.iter().copied();
        known.find(|it| it.as_str() == filter)
    });
    let is_known = filter.is_none() || quoting.is_some();
    let name = if is_known { name } else { trimmed };
    let variable = TextSegment::Variable {
        text: &text[open..end],
        name,
        quoting,
    };
    Some((variable, end))
}

/// The names of the variables in a text, each once, in order of appearance.
pub fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in pieces(text) {
        if let TextSegment::Variable { name, .. } = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// How the variables of a text are used, each way once, in order of appearance: `var.KEY`, or `var.KEY | quote` where sql
/// has no literal for every value. `VariableScope::is_unresolved` and `name_of` read them.
pub fn uses(text: &str) -> Vec<String> {
    let mut uses = Vec::new();
    let mut known = HashSet::new();
    for piece in pieces(text) {
        if let TextSegment::Variable { name, quoting, .. } = piece {
            let used = match quoting {
                Some(Quoting::Quote) => [name, QUOTED].concat(),
                _ => name.to_owned(),
            };
            if known.insert(used.clone()) {
                uses.push(used);
            }
        }
    }
    uses
}

const QUOTED: &str = " | quote";

/// The variable's name in one of `uses`.
pub fn name_of(used: &str) -> &str {
    used.strip_suffix(QUOTED).unwrap_or(used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn backslashes_before_one_of_ours_go_in_pairs() {
        let cut = |text| {
            pieces(text)
                .into_iter()
                .map(TextSegment::source)
                .collect::<Vec<_>>()
        };
        assert_eq!(cut(r"a\{{var.A}}"), ["a", r"\{{var.A}}"]);
        assert_eq!(cut(r"a\\{{var.A}}"), ["a", r"\\", "{{var.A}}"]);
        assert_eq!(cut(r"\\\{{var.A}}\\"), [r"\\", r"\{{var.A}}", r"\\"]);
        assert_eq!(cut(r"\\{{ .x }}"), [r"\\{{ .x }}"]);
    }

    #[test]
    fn the_three_filters_are_known_and_others_belong_to_the_name() {
        let filter = |text| match pieces(text)[0] {
            TextSegment::Variable { name, quoting, .. } => (name, quoting),
            other => panic!("{other:?}"),
        };
        assert_eq!(filter("{{var.A|quote}}"), ("var.A", Some(Quoting::Quote)));
        assert_eq!(
            filter("{{var.A | quote_ansi }}"),
            ("var.A", Some(Quoting::Ansi))
        );
        assert_eq!(
            filter("{{var.A | quote_mysql}}"),
            ("var.A", Some(Quoting::Mysql))
        );
        assert_eq!(filter("{{var.A | upper}}"), ("var.A | upper", None));
        assert_eq!(filter("{{var.A | Quote}}"), ("var.A | Quote", None));
    }

    #[test]
    fn a_use_says_whether_the_value_must_be_a_literal() {
        let text = "{{var.A}} {{var.A|quote}} {{var.A | quote_ansi}} {{var.A | upper}}";
        assert_eq!(uses(text), ["var.A", "var.A | quote", "var.A | upper"]);
        assert_eq!(name_of("var.A | quote"), "var.A");
        assert_eq!(name_of("var.A | upper"), "var.A | upper");
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_loss(text in r"(\{\{|\}\}|\\|customer\.name|var\.A|quote|[ |{}\n$é]){0,20}") {
            let joined: String = pieces(&text).into_iter().map(TextSegment::source).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
