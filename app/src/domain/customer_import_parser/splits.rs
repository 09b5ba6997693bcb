//! Rows that are split at the wrong places: a missing quote took others along, or the row has another separator than the table.
use super::{
    SourceRow,
    cells::{self, Record, SEPARATORS, Separator},
    head_words::Column,
    heads::Heads,
    plain::{is_namespace, is_well_formed},
};

/// A quoted name over several lines that holds what looks like rows: some quote is probably missing.
pub fn swallowed(row: &SourceRow, record: &Record, separator: Separator) -> Option<String> {
    let (_, lines) = row.name.as_deref()?.split_once('\n')?;
    let rows = cells::records(lines, 1, separator);
    rows.iter().any(is_well_formed).then(|| {
        let breaks = u32::try_from(record.raw.matches('\n').count()).unwrap_or(u32::MAX);
        let last = record.line.saturating_add(breaks);
        format!("The quoted name goes on to line {last}. Check the quotes")
    })
}

/// A name that holds another separator than the table's, at which the whole row is a good row as well.
pub fn split_otherwise(
    row: &SourceRow,
    record: &Record,
    heads: Option<&Heads>,
    separator: Separator,
) -> Option<String> {
    let name = row.name.as_deref()?;
    let place = |column: Column| heads?.columns.iter().position(|it| *it == column);
    let index = place(Column::Name).unwrap_or_default();
    if record.cells.get(index).is_none_or(|it| it.is_quoted) {
        return None;
    }
    let is_good = |it: &Record| match heads {
        Some(heads) => {
            let namespace = place(Column::Namespace).and_then(|index| it.cells.get(index));
            it.width() == heads.columns.len() && is_namespace(namespace.map(|it| it.text.as_str()))
        }
        None => is_well_formed(it),
    };
    let other = SEPARATORS.into_iter().find(|other| {
        let is_own =
            *other == separator || separator == Separator::Pipes && *other == Separator::Char('|');
        let is_in = match other {
            Separator::Char(it) => name.contains(*it),
            Separator::Pipes => false,
            Separator::Blanks => name.contains("  "),
        };
        !is_own
            && is_in
            && matches!(cells::records(record.raw, 1, *other).as_slice(), [it] if is_good(it))
    })?;
    let (other, own) = (said(other), said(separator));
    Some(format!(
        "May be split at {other}, where other rows are split at {own}"
    ))
}

fn said(separator: Separator) -> String {
    match separator {
        Separator::Char(';') => "semicolons".to_owned(),
        Separator::Char('\t') => "tabs".to_owned(),
        Separator::Char(',') => "commas".to_owned(),
        Separator::Char('|') | Separator::Pipes => "pipes".to_owned(),
        Separator::Char(it) => it.to_string(),
        Separator::Blanks => "blanks".to_owned(),
    }
}
