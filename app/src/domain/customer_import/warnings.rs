//! Warnings about customers that are imported all the same: members of their JSON that are not imported (R85), invisible characters
//! in their values, and byte order marks that were removed from the text (R84).
use crate::domain::{
    customer_import_parser::{SourceRow, excerpt},
    digit_groups::grouped,
    invisible::{self, HiddenCharacter},
    metadata::Value,
    normalize::normalized,
    warning::{Warning, WarningKind},
};
use std::collections::HashMap;

/// More warnings than this say nothing new.
const WARNINGS_MAX: usize = 100;

/// What a warning is about, in one or more rows.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Remark {
    /// The member of this name is a list or an object, and is not imported.
    NotTaken(String),
    /// The value of this variable contains this invisible character.
    Invisible(String, char),
}

/// Remarks in the order of their first rows, each with the line of that row and the number of its rows.
#[derive(Default)]
struct Remarks {
    places: HashMap<Remark, usize>,
    found: Vec<(Remark, u32, usize)>,
}

impl Remarks {
    fn add(&mut self, remark: Remark, line: u32) {
        if let Some(place) = self.places.get(&remark) {
            self.found[*place].2 += 1;
        } else if self.found.len() < WARNINGS_MAX {
            self.places.insert(remark.clone(), self.found.len());
            self.found.push((remark, line, 1));
        }
    }
}

/// Warnings about a text and those of its rows that can be read, each once with its first line; about rows at most 100.
pub fn warnings(text: &str, rows: &[SourceRow]) -> Vec<Warning> {
    let mut remarks = Remarks::default();
    for row in rows.iter().filter(|it| it.left_out.is_none()) {
        for member in &row.not_taken {
            remarks.add(Remark::NotTaken(member.clone()), row.line);
        }
        for (key, value) in &row.variables.0 {
            let Value::Text(text) = value else { continue };
            let letters = invisible::marked(text).into_iter();
            let mut letters: Vec<char> = letters
                .map(|HiddenCharacter { letter, .. }| letter)
                .filter(|it| !invisible::is_visible(*it))
                .collect();
            letters.sort_unstable();
            letters.dedup();
            for letter in letters {
                remarks.add(Remark::Invisible(key.clone(), letter), row.line);
            }
        }
    }
    let of_rows = remarks.found.into_iter();
    let of_rows = of_rows.map(|(remark, line, n_rows)| warning(remark, line, n_rows));
    removed_marks(text).into_iter().chain(of_rows).collect()
}

/// Byte order marks within the text. The parser removes them wherever they are, since files that were put together have one where each
/// began; so they are in no value. Those at the start of the text `normalize::notices` tells of.
fn removed_marks(text: &str) -> Option<Warning> {
    let text = normalized(text);
    let mut lines = (1..).zip(text.split('\n'));
    let (line, _) = lines.find(|it| it.1.contains('\u{feff}'))?;
    let more = lines.filter(|it| it.1.contains('\u{feff}')).count();
    let message = format!("Removed the byte order mark on {}", place(line, more));
    Some(Warning::new(
        WarningKind::ByteOrderMark,
        invisible::name('\u{feff}'),
        message,
    ))
}

/// "line 3 and 2 more".
fn place(line: u32, more: usize) -> String {
    match more {
        0 => format!("line {line}"),
        more => format!("line {line} and {} more", grouped(more)),
    }
}

fn warning(remark: Remark, line: u32, n_rows: usize) -> Warning {
    let at = place(line, n_rows - 1);
    match remark {
        Remark::NotTaken(member) => {
            let member = excerpt(&member);
            let message =
                format!("{member} isn't taken ({at}): a list or an object can't be a value");
            Warning::new(WarningKind::NotTaken, member, message)
        }
        Remark::Invisible(key, letter) => {
            let message = format!("contains {} on {at}", invisible::title(letter));
            Warning::new(WarningKind::Invisible, key, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer_import_parser::parse;

    fn told(text: &str) -> Vec<String> {
        let warnings = warnings(text, &parse(text).unwrap()).into_iter();
        warnings
            .map(|it| format!("{}: {}", it.kind, it.text()))
            .collect()
    }

    #[test]
    fn what_is_not_taken_of_json_is_told_once_with_its_first_line() {
        let text = r#"[
            {"name": "A", "namespace": "a", "tags": [1], "HOST": "h"},
            {"name": "B", "namespace": "b", "tags": [2], "metadata": {"owner": {"mail": "b"}}},
            {"name": "C", "namespace": "c", "tags": [], "HOST": "h"},
            {"name": "D", "namespace": "d", "tags": [3], "x": [4]}
        ]"#;
        let why = "a list or an object can't be a value";
        assert_eq!(
            told(text),
            [
                format!("not-taken: tags isn't taken (line 2 and 2 more): {why}"),
                format!("not-taken: owner isn't taken (line 3): {why}"),
                format!("not-taken: x isn't taken (line 5): {why}"),
            ]
        );
        // A row that is left out says why itself.
        assert!(told(r#"[{"name": "A", "tags": [1]}]"#).is_empty());
    }

    #[test]
    fn characters_of_values_that_nobody_sees_are_told_with_their_first_line() {
        for text in [
            "name,namespace,HOST,NOTE\nA,a,x\u{a0}y\u{a0}z,\nB,b,h,\nC,c,x\u{a0}y,p\u{200b}q",
            "# list\nA, a, HOST=x\u{a0}y\nC, c, HOST=x\u{a0}y, NOTE=p\u{200b}q",
            "{\"namespace\": \"a\",\n\"HOST\": \"h\"}\n{\"namespace\": \"b\", \"HOST\": \"x\u{a0}y\"}",
        ] {
            let first = &told(text)[0];
            assert!(
                first.starts_with("invisible: HOST contains No-break space (U+00A0) on line "),
                "{text}: {first}"
            );
        }
        assert_eq!(
            told("name,namespace,HOST,NOTE\nA,a,x\u{a0}y\u{a0}z,\nB,b,h,\nC,c,x\u{a0}y,p\u{200b}q"),
            [
                "invisible: HOST contains No-break space (U+00A0) on line 2 and 1 more",
                "invisible: NOTE contains Zero-width space (U+200B) on line 4",
            ]
        );
        // What can be seen is no trouble in a value, nor is what belongs to letters of other scripts.
        assert!(told("A, a, NOTE=O\u{2019}Hara \u{2013} M\u{fc}ller").is_empty());
    }

    #[test]
    fn byte_order_marks_within_a_text_are_told_and_those_at_its_start_are_not() {
        let text = "name,namespace,HOST\r\nA,a,x\u{feff}y\r\nB,b,h";
        let rows = parse(text).unwrap();
        assert_eq!(rows[0].variables.0["HOST"], Value::Text("xy".into()));
        assert_eq!(
            told(text),
            ["byte-order-mark: Removed the byte order mark on line 2"]
        );
        // Two files, one behind the other, and a mark in a name.
        assert_eq!(
            told("\u{feff}A, a\n\u{feff}\u{feff}B, b\nC\u{feff}o, c"),
            ["byte-order-mark: Removed the byte order mark on line 2 and 1 more"]
        );
        assert!(told("\u{feff}A, a\nB, b").is_empty());
        // What JSON writes as an escape is a letter of its value.
        assert_eq!(
            told(r#"{"namespace": "a", "HOST": "x\ufeffy"}"#),
            ["invisible: HOST contains Byte order mark (U+FEFF) on line 1"]
        );
    }

    #[test]
    fn a_hundred_warnings_are_enough() {
        let members: Vec<String> = (0..150).map(|it| format!("\"m{it}\":[1]")).collect();
        let text = format!("{{\"namespace\":\"a\",{}}}", members.join(","));
        assert_eq!(told(&text).len(), WARNINGS_MAX);
    }
}
