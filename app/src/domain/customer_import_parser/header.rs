//! Which row of a table is its header, and whether the first row of a table without one looks like it.
use super::{
    cells::{Record, TableCell},
    head_words::Column,
    heads::{self, Heads},
    may_be_columns_of,
    places::are_places,
    plain::{assignment, is_comment, is_named_after, is_namespace, is_well_formed, letters},
};
use crate::domain::fold::fold;
use std::collections::HashSet;

/// A header is looked for in this many rows: exports often have a title above it.
const ROWS_ABOVE_HEADER_MAX: usize = 10;

/// In characters; longer ones are seldom a column's header.
const HEAD_MAX: usize = 24;

/// What a row is that has a known word and could be a customer as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Header,
    Doubtful,
    Customer,
}

/// The header of a table, and which row it is.
pub fn header_of(records: &[Record]) -> Option<(usize, Heads)> {
    let is_wide = records.iter().any(|it| !is_comment(it) && it.width() > 1);
    for (index, record) in records.iter().take(ROWS_ABOVE_HEADER_MAX).enumerate() {
        // One cell above rows of several is a title.
        if is_header(record) && (record.width() > 1 || !is_wide) {
            let heads = heads_of(record);
            let is_first = records[..index].iter().all(is_comment);
            let is_clear = heads.has(&Column::Namespace) && heads.fields() > 1;
            if is_first || is_clear {
                return Some((index, heads));
            }
        }
        if !is_comment(record) && is_well_formed(record) {
            let is_header =
                first_row(records) == Some(index) && likeness(records, index) == Likeness::Header;
            return is_header.then(|| (index, heads_of(record)));
        }
    }
    None
}

/// The first row of a table without a header, if it looks like one.
pub fn doubtful_header(records: &[Record]) -> Option<usize> {
    let index = first_row(records)?;
    let is_doubtful = likeness(records, index) != Likeness::Customer
        || looks_like_unknown_header(&records[index], &records[index + 1..]);
    is_doubtful.then_some(index)
}

/// Whether a first row looks like a header with unknown column names: lower-case words, while each of the several rows below has a
/// capitalised name and a namespace after it.
fn looks_like_unknown_header(record: &Record, below: &[Record]) -> bool {
    let cells = &record.cells[..record.width()];
    let below: Vec<&Record> = below.iter().filter(|it| !is_comment(it)).collect();
    let is_capital = |it: &Record| it.cells[0].text.starts_with(char::is_uppercase);
    let is_customer = |it: &&Record| is_capital(it) && reads_like_customer(it);
    below.len() > 1
        && !is_capital(record)
        && look_like_heads(cells, cells.len())
        && below.iter().all(is_customer)
}

/// The first row of a table without a header, if nothing below it is certain either, and why: its cells are what clusters are
/// called; or it looks like a header, though not one of ours, and the rows below do not read like customers.
pub fn doubt_below(records: &[Record]) -> Option<(usize, String)> {
    let index = first_row(records)?;
    let record = &records[index];
    let below = records[index + 1..].iter();
    let below: Vec<&Record> = below
        .filter(|it| !is_comment(it) && it.width() > 1)
        .collect();
    let n_customers = below.iter().filter(|it| reads_like_customer(it)).count();
    let are_customers = n_customers * 2 >= below.len();
    let texts: Vec<&str> = record
        .cells
        .iter()
        .map(|it| it.text.as_str())
        .filter(|it| !it.is_empty())
        .collect();
    // `Cluster, prod-eu` is a title.
    if texts.first().is_some_and(|it| heads::is_cluster(it)) {
        return None;
    }
    // The first column may have the names of customers.
    let places = [texts.as_slice(), texts.get(1..).unwrap_or_default()]
        .into_iter()
        .find(|it| are_places(it));
    if let Some(places) = places {
        // "Demo, demo-eu" is a customer.
        let is_customer = are_customers && extends(texts[0], texts[1]);
        return (!is_customer).then(|| (index, may_be_columns_of(places)));
    }
    let is_doubtful =
        || below.len() > 1 && !are_customers && likeness(records, index) != Likeness::Customer;
    let are_columns = || !below.is_empty() && below.iter().all(|it| has_only_namespaces(it));
    let is_left_out = || !is_well_formed(record) && may_be_heads(record) && are_columns();
    (is_doubtful() || is_left_out()).then(|| (index, BELOW_HEADER.to_owned()))
}

const BELOW_HEADER: &str = "The first row may be a header: check what the columns are";

/// Whether a row that is no customer may be a header in any words: all cells are filled with different short texts.
fn may_be_heads(record: &Record) -> bool {
    let cells = &record.cells[..record.width()];
    let may_be_head = |it: &TableCell| {
        it.text.contains(char::is_alphabetic)
            && !it.text.contains(['=', '"'])
            && it.text.chars().count() <= HEAD_MAX
    };
    let mut seen = HashSet::new();
    cells.len() > 1
        && cells.iter().all(may_be_head)
        && cells.iter().all(|it| seen.insert(fold(&it.text)))
        && !extends(&cells[0].text, &cells[1].text)
}

fn has_only_namespaces(record: &Record) -> bool {
    let mut filled = record.cells.iter().filter(|it| !it.text.is_empty());
    filled.all(|it| is_namespace(Some(&it.text)))
}

/// Whether one of two texts begins with the other.
fn extends(one: &str, other: &str) -> bool {
    let (one, other) = (letters(one), letters(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// Whether a row of a table has the heads of its header again.
pub fn is_again(record: &Record, header: &Record) -> bool {
    record.width() == header.width()
        && record
            .cells
            .iter()
            .zip(&header.cells)
            .take(header.width())
            .all(|(cell, head)| fold(&cell.text) == fold(&head.text))
}

/// Whether a row between others has nothing but heads, of two fields of ours: a header of another table.
pub fn is_of_heads(record: &Record) -> bool {
    let texts = || record.cells.iter().map(|it| it.text.as_str());
    let mut filled = texts().filter(|it| !it.is_empty());
    filled.all(heads::is_head) && Heads::of(texts()).fields() > 1
}

/// The first row that is neither a comment nor a title of one cell.
fn first_row(records: &[Record]) -> Option<usize> {
    records
        .iter()
        .position(|it| !is_comment(it) && it.width() > 1)
}

fn heads_of(record: &Record) -> Heads {
    let cells = &record.cells[..record.width()];
    Heads::of(cells.iter().map(|it| it.text.as_str()))
}

/// Whether a row that reads like `name, namespace` is a header rather. It is one if its cells look like heads, and most rows
/// below do not read like `name, namespace` themselves. No customer is simply called "Customer", so that is always doubtful.
fn likeness(records: &[Record], index: usize) -> Likeness {
    let record = &records[index];
    let cells = &record.cells[..record.width()];
    let Some(known) = cells.iter().position(|it| heads::is_known(&it.text)) else {
        return Likeness::Customer;
    };
    let below = records[index + 1..].iter().filter(|it| !is_comment(it));
    let below: Vec<&Record> = below.collect();
    let has_heads = look_like_heads(cells, known) && !below.iter().any(|it| repeats(it, cells));
    let n_customers = below.iter().filter(|it| reads_like_customer(it)).count();
    if has_heads && !below.is_empty() && n_customers * 2 < below.len() {
        Likeness::Header
    } else if has_heads || known == 0 {
        Likeness::Doubtful
    } else {
        Likeness::Customer
    }
}

/// Whether all cells are different short words without digits. Where the known word is not the first cell, they must also
/// begin alike: "region, customer" are heads, "Billing, account" is a customer.
fn look_like_heads(cells: &[TableCell], known: usize) -> bool {
    let is_word = |it: &TableCell| {
        let is_letter = |it: char| it.is_alphabetic() || matches!(it, ' ' | '_' | '-');
        let text = &it.text;
        !text.is_empty() && text.chars().count() <= HEAD_MAX && text.chars().all(is_letter)
    };
    let is_capital = |it: &TableCell| it.text.starts_with(char::is_uppercase);
    let are_alike = cells
        .iter()
        .all(|it| is_capital(it) == is_capital(&cells[0]));
    let mut seen = HashSet::new();
    cells.iter().all(is_word)
        && cells.iter().all(|it| seen.insert(fold(&it.text)))
        && (known == 0 || are_alike)
        && !is_named_after(&cells[1].text, &cells[0].text)
}

/// Whether a row has one of the cells at the same place.
fn repeats(record: &Record, cells: &[TableCell]) -> bool {
    let mut pairs = record.cells.iter().zip(cells);
    pairs.any(|(cell, head)| !cell.text.is_empty() && fold(&cell.text) == fold(&head.text))
}

/// Whether a row has a variable as `KEY=value`, or a namespace that is named after the first cell.
fn reads_like_customer(record: &Record) -> bool {
    let [name, namespace, variables @ ..] = record.cells.as_slice() else {
        return false;
    };
    variables.iter().any(|it| assignment(it).is_some())
        || is_namespace(Some(&namespace.text)) && is_named_after(&namespace.text, &name.text)
}

/// Whether a row is a header: it has a header word that is never a name, or words for two fields, or a known word in a row
/// that does not look like a customer.
fn is_header(record: &Record) -> bool {
    let texts = || record.cells.iter().map(|it| it.text.as_str());
    if record.raw.trim_start().starts_with('#')
        && (record.width() < 2 || !texts().all(|it| heads::is_known(it) || heads::is_untitled(it)))
    {
        return false;
    }
    if texts().any(heads::is_certain) {
        return true;
    }
    let is_customer = is_well_formed(record) || record.width() < 2 && is_namespace(texts().next());
    texts().any(heads::is_known) && (!is_customer || Heads::of(texts()).fields() > 1)
}
