//! Rows without a header: `name, namespace, KEY=value...`, a bare namespace, a comment.
use super::{
    SourceRow,
    cells::{Record, TableCell},
    excerpt,
};
use crate::domain::{
    metadata::{Value, is_key},
    text::Namespace,
};

/// `# text`, or `#text` without a second cell. `#1 Plumbing, plumbing` is a customer.
pub fn is_comment(record: &Record) -> bool {
    let Some(rest) = record.raw.trim_start().strip_prefix('#') else {
        return false;
    };
    record.width() < 2 || rest.starts_with(|it: char| it.is_whitespace() || matches!(it, '#' | '!'))
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
