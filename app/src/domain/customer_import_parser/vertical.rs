//! Customers with a field on each line: what `\x` of psql and `\G` of `MySQL` print, and blocks such as `customer,acme` above
//! `namespace,acme-prod`.
use super::{
    EMPTY_NAME, SourceRow, beginning,
    cells::{self, Record, SEPARATORS, Separator, TableCell},
    commands::is_noise,
    head_words::Column,
    headed::by_heads,
    heads::{self, Heads},
    plain::{doubt_of_head, doubt_of_name, is_comment},
    table::is_decoration,
};
use crate::domain::fold::lowercase;
use std::iter::once;

/// The first mark between records stands within this many lines.
const LINES_ABOVE_MARK_MAX: usize = 10;

/// In characters: a longer key is a part of the value above it.
const KEY_MAX: usize = 64;

/// Heads of the value column, beside "Key" or "Field", above such blocks.
const VALUES: [&str; 6] = ["value", "values", "wert", "valeur", "valor", "content"];

const UNSURE: &str =
    "A field on each line can't be read here. Paste a table with a row per customer instead";

/// One customer: its fields in their order.
#[derive(Default)]
struct Block {
    line: u32,
    /// What stands above it and says no field.
    above: String,
    fields: Vec<(String, String)>,
}

impl Block {
    fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|it| it.0.as_str())
    }

    /// As a row of a table that has the keys for its header.
    fn into_row(self) -> SourceRow {
        let heads = Heads::of(self.keys());
        let cells = self.fields.into_iter().map(|(_, text)| TableCell {
            text,
            ..TableCell::default()
        });
        let record = Record {
            line: self.line,
            raw: "",
            cells: cells.collect(),
        };
        let mut row = by_heads(&heads, &record);
        row.above = self.above;
        if let Some(doubt) = doubt_of_name(&row, &record).or_else(|| doubt_of_head(&row)) {
            row.put_doubt(doubt);
        }
        if row.name.is_none() && heads.has(&Column::Name) && heads.has(&Column::Namespace) {
            row.note = Some(EMPTY_NAME.to_owned());
        }
        row
    }
}

/// Reads records with a mark above each: `-[ RECORD 1 ]---` or `*** 1. row ***`; none if the text has no such marks.
pub fn marked(text: &str, first_line: u32) -> Option<Vec<SourceRow>> {
    let lines: Vec<(u32, &str)> = lines_of(text, first_line);
    let mut top = lines.iter().take(LINES_ABOVE_MARK_MAX);
    let start = top.position(|it| mark(it.1).is_some())?;
    let separator = mark(lines[start].1)?;
    let above: Vec<&str> = lines[..start].iter().map(|it| beginning(it.1)).collect();
    let mut blocks: Vec<Block> = Vec::new();
    let mut above = above.join("\n");
    for (number, line) in &lines[start..] {
        if mark(line).is_some() {
            blocks.push(Block {
                line: *number,
                above: std::mem::take(&mut above),
                ..Block::default()
            });
            continue;
        }
        let Some(block) = blocks.last_mut().filter(|_| !is_decoration(line)) else {
            continue;
        };
        let pair = line.split_once(separator);
        let key = pair.map_or("", |it| it.0.trim());
        let is_apart = pair.is_some_and(|it| it.1.is_empty() || it.1.starts_with(' '));
        if let Some((_, value)) = pair.filter(|_| is_apart && is_field(key)) {
            block.fields.push((key.to_owned(), value.trim().to_owned()));
        } else if let Some((_, value)) = block.fields.last_mut() {
            // The value above has several lines; psql ends each of them with a plus.
            let more = pair.filter(|_| key.is_empty()).map_or(*line, |it| it.1);
            let length = value.trim_end_matches('+').trim_end().len();
            value.truncate(length);
            value.push('\n');
            value.push_str(more.trim());
        }
    }
    let filled = blocks.into_iter().filter(|it| !it.fields.is_empty());
    Some(filled.map(Block::into_row).collect())
}

/// What separates the fields below the mark of a record; none if the line is no mark.
fn mark(line: &str) -> Option<char> {
    let line = line.trim();
    if line.starts_with("-[ ") && line[3..].contains(" ]") {
        return Some('|');
    }
    let inner = line.strip_prefix("***")?.strip_suffix("***")?;
    inner
        .trim_matches(['*', ' '])
        .ends_with(". row")
        .then_some(':')
}

fn is_field(key: &str) -> bool {
    key.contains(char::is_alphabetic) && key.chars().count() <= KEY_MAX && !key.contains([',', ';'])
}

fn lines_of(text: &str, first_line: u32) -> Vec<(u32, &str)> {
    let lines = (first_line..).zip(text.split('\n'));
    lines.filter(|it| !is_noise(it.1)).collect()
}

/// Reads blocks of lines that have a key and a value each, if words for the name and for the namespace are among the keys;
/// none if the text has no such lines. Where a key is repeated, a block begins. Blocks that may be something else are refused
/// as a whole: their keys would become customers.
pub fn in_pairs(text: &str, first_line: u32) -> Option<Vec<SourceRow>> {
    let lines = lines_of(text, first_line);
    let mut separators = SEPARATORS.into_iter();
    let pairs = separators.find_map(|it| pairs(&lines, it).filter(|it| have_fields(it)))?;
    let mut blocks: Vec<Block> = Vec::new();
    for (line, key, value) in pairs {
        let is_first = blocks.first().is_none_or(|it| {
            let mut keys = it.keys();
            keys.next()
                .is_some_and(|it| lowercase(it) == lowercase(&key))
        });
        if is_first {
            blocks.push(Block {
                line,
                ..Block::default()
            });
        }
        if let Some(block) = blocks.last_mut() {
            block.fields.push((key, value));
        }
    }
    if blocks.iter().all(|it| is_sure(it, &blocks)) {
        return Some(blocks.into_iter().map(Block::into_row).collect());
    }
    let mut row = SourceRow::at(first_line);
    row.leave_out(UNSURE.to_owned());
    Some(vec![row])
}

/// The line, the key and the value of each line, if all have both.
fn pairs(lines: &[(u32, &str)], separator: Separator) -> Option<Vec<(u32, String, String)>> {
    let mut pairs = Vec::new();
    for (number, line) in lines.iter().filter(|it| !is_decoration(it.1)) {
        let inner = match separator {
            Separator::Char('|') => line.trim().trim_matches('|'),
            _ => *line,
        };
        let mut records = cells::records(inner, *number, separator);
        let record = records.pop().filter(|_| records.is_empty())?;
        if is_comment(&record) {
            continue;
        }
        let [key, value] = record.cells.as_slice() else {
            return None;
        };
        let is_title = pairs.is_empty() && VALUES.contains(&lowercase(&value.text).as_str());
        if !is_title {
            pairs.push((*number, key.text.clone(), value.text.clone()));
        }
    }
    Some(pairs)
}

/// Whether words for a name and for a namespace are keys with values that are no heads themselves, as they are in a header.
fn have_fields(pairs: &[(u32, String, String)]) -> bool {
    let has = |column: &Column| {
        pairs.iter().any(|(_, key, value)| {
            heads::is_head(key)
                && !heads::may_head_list(value)
                && Heads::of(once(key.as_str())).has(column)
        })
    };
    has(&Column::Name) && has(&Column::Namespace)
}

/// Whether a block is certainly one customer: it has a namespace, and each key is a known head or occurs in all of several blocks.
fn is_sure(block: &Block, blocks: &[Block]) -> bool {
    let is_repeated =
        |key: &str| blocks.len() > 1 && blocks.iter().all(|it| it.keys().any(|other| other == key));
    block.keys().any(heads::is_of_namespace)
        && block
            .keys()
            .all(|it| heads::may_head_list(it) || is_repeated(it))
}
