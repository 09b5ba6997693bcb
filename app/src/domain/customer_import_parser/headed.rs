//! Rows of a table with a header: which cell is which field of the customer.
use super::{
    NO_NAME, NO_NAMESPACE, SourceRow,
    cells::Record,
    head_words::Column,
    heads::Heads,
    plain::{assignment, is_namespace, put_assignment},
    releases, two_namespaces,
};
use crate::domain::metadata::Value;

/// A row of a table with a header. An empty cell is no variable.
pub fn by_heads(heads: &Heads, record: &Record) -> SourceRow {
    let mut row = SourceRow::at(record.line);
    let width = record.width();
    for (index, cell) in record.cells[..width].iter().enumerate() {
        let text = cell.text.clone();
        // kubectl prints <none> for an empty cell.
        if text.is_empty() || !cell.is_quoted && matches!(text.as_str(), "<none>" | "<unset>") {
            continue;
        }
        if heads.cluster_id == Some(index) {
            row.put_cluster_id(text);
            continue;
        }
        if heads.other_clusters.contains(&index) {
            row.put_cluster(text.clone());
        }
        match heads.columns.get(index) {
            Some(Column::Name) => row.name = Some(text),
            Some(Column::Namespace) => row.namespace = text,
            Some(Column::Cluster) => row.put_cluster(text),
            Some(Column::Description) => row.description = text,
            Some(Column::Variable(key)) => row.put(key.clone(), Value::Text(text)),
            Some(Column::NotTaken) => {}
            Some(Column::Untitled) | None
                if heads.has_no_variables() && assignment(cell).is_some() =>
            {
                put_assignment(&mut row, cell);
            }
            Some(Column::Untitled) => row.leave_out(format!("Column {} has no header", index + 1)),
            None => {
                let columns = heads.columns.len();
                row.leave_out(format!("Has {width} cells, but the header has {columns}"));
            }
        }
    }
    if heads.may_lack_name() {
        row.note = Some(NO_NAME.to_owned());
    }
    let mut others = heads.other_namespaces.iter();
    let other = others.find_map(|it| {
        let cell = record.cells.get(*it)?;
        (!cell.text.is_empty() && cell.text != row.namespace).then_some(&cell.text)
    });
    if let Some(other) = other {
        let reason = two_namespaces(&row.namespace, other);
        row.put_doubt(reason);
    }
    if let Some(status) = heads.release_status.and_then(|it| record.cells.get(it)) {
        releases::judge(&mut row, &status.text);
    }
    if heads.is_namespace_guessed {
        row.put_doubt(NO_NAMESPACE.to_owned());
    }
    if !heads.has(&Column::Namespace) {
        // A column of bare namespaces.
        if is_namespace(row.name.as_deref()) {
            row.namespace = row.name.take().unwrap_or_default();
        } else {
            row.left_out = Some("Add a namespace column".to_owned());
        }
    }
    row
}

/// A row that is left out because the header is below it.
pub fn above_header(record: &Record) -> SourceRow {
    let mut row = SourceRow::at(record.line);
    let mut texts = record.cells.iter().map(|it| &it.text);
    row.name = texts.find(|it| !it.is_empty()).cloned();
    row.left_out = Some("Above the header row".to_owned());
    row
}
