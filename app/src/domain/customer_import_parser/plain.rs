//! Rows without a header: `name, namespace, KEY=value...`, a bare namespace, a comment.
use super::{
    SourceRow,
    cells::{Record, TableCell},
    excerpt, heads,
};
use crate::domain::{
    fold::fold,
    metadata::{Value, is_key},
    text::Namespace,
};

/// What a comment begins with in other files, with a blank behind it.
const COMMENT_MARKS: [&str; 3] = ["//", "--", ";"];

/// What a row says below the customers that it counts, in small letters without accents.
const TOTALS: [&str; 20] = [
    "anzahl",
    "average",
    "count",
    "durchschnitt",
    "gesamt",
    "gesamtsumme",
    "grand total",
    "insgesamt",
    "mittelwert",
    "moyenne",
    "promedio",
    "somme",
    "subtotal",
    "sum",
    "suma",
    "summe",
    "total",
    "total general",
    "totals",
    "zwischensumme",
];

/// Whether a row is a comment.
pub fn is_comment(record: &Record) -> bool {
    comment_mark(record).is_some()
}

/// What a comment begins with: `# text`, or `#text` without a second cell; `// text`. `#1 Plumbing, plumbing` is a customer.
pub fn comment_mark(record: &Record) -> Option<&'static str> {
    if let Some(rest) = record.raw.trim_start().strip_prefix('#') {
        let is_apart = |it: char| it.is_whitespace() || matches!(it, '#' | '!');
        let is_comment = record.width() < 2 || rest.starts_with(is_apart);
        return is_comment.then_some("#");
    }
    let first = record.cells.first().filter(|it| !it.is_quoted)?;
    let is_meant = |mark: &&str| {
        let rest = first.text.strip_prefix(*mark);
        rest.is_some_and(|it| it.is_empty() || it.starts_with(char::is_whitespace))
    };
    COMMENT_MARKS.into_iter().find(is_meant)
}

/// Why a row that reads like a customer may be none, by its first letters or its name.
pub fn doubt_of_name(row: &SourceRow, record: &Record) -> Option<String> {
    let raw = record.raw.trim_start();
    let name = row.name.as_deref().unwrap_or(&row.namespace);
    let rest = name.trim_start_matches(|it: char| it.is_ascii_digit());
    let number = &name[..name.len() - rest.len()];
    if raw
        .strip_prefix('#')
        .is_some_and(|it| it.starts_with(char::is_alphabetic))
    {
        Some(starts_as_comment("#"))
    } else if raw.contains("~~") {
        Some("Crossed out".to_owned())
    } else if TOTALS.contains(&fold(name.trim_end_matches([':', ' '])).as_str()) {
        Some(format!("{} may be a sum of the rows above", excerpt(name)))
    } else if !number.is_empty() && (rest.starts_with(". ") || rest.starts_with(") ")) {
        Some("Starts with a number, as a list does".to_owned())
    } else {
        None
    }
}

/// The doubt about a row whose name is the head of a column: in a block that has a field on each line, such words stand where
/// names do elsewhere.
pub fn doubt_of_head(row: &SourceRow) -> Option<String> {
    let name = row.name.as_deref()?;
    let is_head =
        heads::is_head(name) || heads::may_head_list(name) && !is_named_after(&row.namespace, name);
    is_head.then(|| format!("{} may be a header, not a name", excerpt(name)))
}

/// The doubt about a row that begins like a comment.
pub fn starts_as_comment(mark: &str) -> String {
    format!("Starts with {mark}, as a comment does")
}

/// A cell without the marks of a list (only in the first cell of a row) and of Markdown; none if it has no such marks.
pub fn unmarked(text: &str, is_first: bool) -> Option<String> {
    let mut inner = text;
    if is_first {
        let sign = ["- ", "* ", "• ", "– "]
            .into_iter()
            .find(|it| text.starts_with(*it));
        let rest = sign.and_then(|it| text.strip_prefix(it));
        inner = rest.map_or(text, str::trim_start);
    }
    for mark in ["~~", "**", "`"] {
        let within = inner
            .strip_prefix(mark)
            .and_then(|it| it.strip_suffix(mark));
        inner = within
            .filter(|it| !it.is_empty() && !it.contains(mark))
            .unwrap_or(inner);
    }
    // A link: `[Acme](https://acme.example)`.
    let link = inner.strip_prefix('[').and_then(|it| it.strip_suffix(')'));
    let link = link.and_then(|it| it.split_once("]("));
    inner = link.map_or(inner, |it| it.0);
    (inner.len() < text.len()).then(|| inner.to_owned())
}

/// Whether a row is `name, namespace, KEY=value...`.
pub fn is_well_formed(record: &Record) -> bool {
    let row = plain(record);
    row.left_out.is_none() && is_complete(&row)
}

/// Whether a row has a namespace, and no empty name.
pub fn is_complete(row: &SourceRow) -> bool {
    row.name.as_ref().is_none_or(|it| !it.is_empty()) && Namespace::parse(&row.namespace).is_ok()
}

/// Whether a text is a namespace.
pub fn is_namespace(text: Option<&str>) -> bool {
    text.is_some_and(|it| Namespace::parse(it).is_ok())
}

/// A bare namespace; the customer is named after it.
pub fn bare(record: &Record) -> SourceRow {
    let mut row = SourceRow::at(record.line);
    let text = record.cells.first().map_or("", |it| it.text.as_str());
    if !is_namespace(Some(text)) && text.contains(char::is_whitespace) {
        row.name = Some(text.to_owned());
        row.left_out = Some(NO_NAMESPACE.to_owned());
    } else {
        text.clone_into(&mut row.namespace);
    }
    row
}

const NO_NAMESPACE: &str = "Enter a name and a namespace, such as Acme, acme-prod";

/// `name, namespace, KEY=value...`
pub fn plain(record: &Record) -> SourceRow {
    let mut row = SourceRow::at(record.line);
    let mut cells = record.cells.iter();
    row.name = cells.next().map(|it| it.text.clone());
    let Some(namespace) = cells.next() else {
        row.left_out = Some(NO_NAMESPACE.to_owned());
        return row;
    };
    row.namespace.clone_from(&namespace.text);
    for cell in cells.filter(|it| !it.text.is_empty()) {
        put_assignment(&mut row, cell);
    }
    row
}

/// The key and the value of `KEY=value`.
pub fn assignment(cell: &TableCell) -> Option<(&str, &str)> {
    let (key, value) = cell.text.split_once('=')?;
    let value = if cell.is_quoted { value } else { value.trim() };
    is_key(key.trim()).then_some((key.trim(), value))
}

/// Adds the variable of `KEY=value`; anything else leaves the row out.
pub fn put_assignment(row: &mut SourceRow, cell: &TableCell) {
    match (assignment(cell), cell.text.split_once('=')) {
        (Some((key, value)), _) => row.put(key.to_owned(), Value::Text(value.to_owned())),
        (None, Some((key, _))) if !key.trim().is_empty() => {
            row.leave_out(format!("{} isn't a valid variable name", excerpt(key)));
        }
        (None, _) => row.leave_out(format!("{} isn't KEY=value", excerpt(&cell.text))),
    }
}

/// Whether a namespace has a word of a name, or begins it: `acme-prod` of "The Acme Company", `orchardfoods` of "Orchard Foods".
pub fn is_named_after(namespace: &str, name: &str) -> bool {
    let namespace = letters(namespace);
    let mut words = name.split(|it: char| !it.is_alphanumeric()).map(letters);
    !namespace.is_empty()
        && (letters(name).starts_with(&namespace)
            || words.any(|it| it.len() > 1 && namespace.contains(&it)))
}

/// The letters and digits of a text, folded.
pub fn letters(text: &str) -> String {
    let folded = fold(text);
    folded.chars().filter(|it| it.is_alphanumeric()).collect()
}
