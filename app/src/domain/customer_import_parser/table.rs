//! Rows of a table with a header, and rows without one: `name, namespace, KEY=value...` or a bare namespace. The text is
//! read with each separator, and the one that explains most of it wins.
use super::{
    EMPTY_NAME, SourceRow, beginning,
    cells::{self, Record, SEPARATORS, Separator, TableCell},
    commands::{self, Listed},
    head_words::Column,
    headed::{above_header, by_heads},
    header::{doubt_below, doubtful_header, header_of, is_again, is_of_heads},
    heads::{self, Heads},
    objects::TableNames,
    plain::{
        assignment, bare, comment_mark, doubt_of_head, doubt_of_name, is_comment, is_complete,
        is_namespace, plain, starts_as_comment, unmarked,
    },
    releases,
    splits::{split_otherwise, swallowed},
};
use crate::domain::fold::lowercase;
use std::collections::HashSet;

/// The characters between cells of tables that are drawn with boxes.
const BOX_PIPES: [char; 3] = ['│', '┃', '║'];

/// Reads every row of a text whose first line has the number `first_line`. `of` is what the command above it lists: if that
/// is namespaces, their names are in the column of the name.
pub fn rows(text: &str, first_line: u32, of: Option<&Listed>) -> Vec<SourceRow> {
    let piped = with_pipes(text);
    let text = piped.as_deref().unwrap_or(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(separator) = declared_separator(first) {
        return Table::read(rest, first_line + 1, separator).rows(of);
    }
    let mut best: Option<(Score, Table)> = None;
    for separator in SEPARATORS {
        let table = Table::read(text, first_line, separator);
        let score = table.score();
        if best.as_ref().is_none_or(|it| score > it.0) {
            best = Some((score, table));
        }
    }
    best.map(|it| it.1.rows(of)).unwrap_or_default()
}

/// A table whose cells are drawn apart by other lines than `|`: those of a terminal, or the `||` of a wiki's header. None if it
/// has no such lines.
fn with_pipes(text: &str) -> Option<String> {
    let is_drawn = |it: &str| it.trim_start().starts_with(BOX_PIPES);
    let is_wiki = |it: &str| {
        let inner = it.trim().strip_prefix("||");
        inner.is_some_and(|it| it.ends_with("||") && it.len() > 2)
    };
    // A cell of a file with commas may begin with `||`, and another of its row may end with it.
    let is_wiki_head = |it: &str| is_wiki(it) && !it.trim().contains([',', ';', '\t']);
    if text.lines().any(is_drawn) {
        return Some(text.replace(BOX_PIPES, "|"));
    }
    let mut lines = text.lines();
    if !lines
        .find(|it| it.trim_start().starts_with('|'))
        .is_some_and(is_wiki_head)
    {
        return None;
    }
    let lines = text.split('\n').map(|it| {
        if is_wiki(it) {
            it.replace("||", "|")
        } else {
            it.to_owned()
        }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// The first line `sep=;`, which Excel writes and reads.
fn declared_separator(line: &str) -> Option<Separator> {
    let line = line.trim_matches([' ', '"', '\r']);
    let (word, separator) = line.split_at_checked(4)?;
    let mut letters = separator.chars();
    let letter = letters.next()?;
    let is_one = word.eq_ignore_ascii_case("sep=") && letters.next().is_none();
    (is_one && letter != '"').then_some(Separator::Char(letter))
}

/// A table with a namespace among its columns beats everything else; then points count.
type Score = (bool, i64);

struct Table<'a> {
    separator: Separator,
    records: Vec<Record<'a>>,
    /// The header and its index in `records`.
    header: Option<(usize, Heads)>,
}

impl<'a> Table<'a> {
    fn read(text: &'a str, first_line: u32, separator: Separator) -> Self {
        let has_pipes_at_its_edges = || text.lines().any(|it| it.trim_start().starts_with('|'));
        let separator = match separator {
            Separator::Char('|') if has_pipes_at_its_edges() => Separator::Pipes,
            other => other,
        };
        let mut records = cells::records(text, first_line, separator);
        records.retain(|it| it.width() > 0 && !is_decoration(it.raw));
        if matches!(separator, Separator::Char('|') | Separator::Pipes) {
            drop_outer_pipes(&mut records);
        }
        let header = header_of(&records);
        if let Some((index, heads)) = &header {
            let head = records[*index].raw;
            for record in &mut records[index + 1..] {
                if separator == Separator::Blanks && record.width() != heads.columns.len() {
                    record.cells = cells::aligned(head, record.raw)
                        .unwrap_or_else(|| std::mem::take(&mut record.cells));
                }
            }
        }
        // In a variable the same marks may be meant.
        let is_ours = |index: usize| match &header {
            Some((_, heads)) => !matches!(heads.columns.get(index), Some(Column::Variable(_))),
            None => index < 2,
        };
        for record in &mut records {
            for (index, cell) in record.cells.iter_mut().enumerate() {
                let text = unmarked(&cell.text, index == 0);
                if let Some(text) = text.filter(|_| is_ours(index) && !cell.is_quoted) {
                    cell.text = text;
                }
            }
        }
        Self {
            separator,
            records,
            header,
        }
    }

    fn score(&self) -> Score {
        let start = self.header.as_ref().map_or(0, |it| it.0);
        let body = self.records.get(start..).unwrap_or_default();
        let body: Vec<&Record> = body.iter().filter(|it| !is_comment(it)).collect();
        let mut points = if is_even(&body) { count(body.len()) } else { 0 };
        let Some((_, heads)) = &self.header else {
            points += body.iter().map(|it| plain_points(it)).sum::<i64>();
            return (false, points);
        };
        let n_columns = heads.columns.len();
        let namespace = heads.columns.iter().position(|it| *it == Column::Namespace);
        if n_columns > 1 {
            points += 4 * count(heads.fields());
        }
        for record in body.iter().skip(1) {
            if record.width() > n_columns {
                points -= 3;
            } else if n_columns > 1 && [record.width(), record.cells.len()].contains(&n_columns) {
                points += 2;
            }
            let only = (n_columns == 1).then_some(0);
            let cell = namespace.or(only).and_then(|it| record.cells.get(it));
            points += cell.map_or(0, |it| namespace_points(&it.text));
        }
        // Aligned columns have neither tabs nor rules between them.
        let is_drawn =
            self.separator == Separator::Blanks && self.records[start].raw.contains(['\t', '|']);
        (namespace.is_some() && n_columns > 1 && !is_drawn, points)
    }

    fn rows(mut self, of: Option<&Listed>) -> Vec<SourceRow> {
        if let Some((_, heads)) = &mut self.header {
            heads.is_namespace_guessed &= of != Some(&Listed::Namespaces);
        }
        let is_list = self
            .records
            .iter()
            .all(|it| it.width() < 2 || is_comment(it));
        let first = self.records.iter().position(|it| !is_comment(it));
        let doubtful = match &self.header {
            Some(_) => None,
            None => doubtful_header(&self.records),
        };
        let below = match &self.header {
            None if !is_list => doubt_below(&self.records),
            _ => None,
        };
        let doubt_below = |index: usize| below.as_ref().filter(|it| index >= it.0);
        let names = self
            .header
            .as_ref()
            .map(|(index, heads)| TableNames::of(*index, heads, &self.records, self.separator));
        let names = names.unwrap_or_default();
        let is_merged = self.header.as_ref().is_some_and(|it| it.1.is_of_releases);
        // Rows below a command are of another list, perhaps of another cluster.
        let (mut of, mut section) = (of.cloned(), 0);
        let mut seen: HashSet<(u32, String, String)> = HashSet::new();
        let mut rows = Vec::new();
        let mut above: Vec<&str> = Vec::new();
        let mut cells_above = CellsAbove::default();
        let header = self.header.as_ref().map(|it| &self.records[it.0]);
        let mut heads_above = header.map(texts_of).unwrap_or_default();
        for (index, record) in self.records.iter().enumerate() {
            let mut row = match &self.header {
                Some((header, _)) if index < *header => above_header(record),
                Some((header, _)) if is_again(record, &self.records[*header]) => continue,
                Some((_, heads)) => by_heads(heads, record),
                None if is_list => bare(record),
                None => plain(record),
            };
            let mut is_commented = false;
            if let Some(mark) = comment_mark(record) {
                is_commented = row.left_out.is_some() || !is_complete(&row);
                if is_commented && !self.is_row(index, record) {
                    above.push(beginning(record.raw));
                    continue;
                }
                if is_commented {
                    row.left_out = Some(starts_as_comment(mark));
                } else {
                    row.doubt = Some(starts_as_comment(mark));
                }
            } else if first == Some(index) && is_list && heads::may_head_list(&row.namespace) {
                row.doubt = Some("Looks like the header of a column".to_owned());
            } else if doubtful == Some(index) || is_of_heads(record) {
                row.doubt = Some("Looks like a header row".to_owned());
            } else if let Some(doubt) = self.doubt_of_split(&row, record) {
                row.doubt = Some(doubt);
            } else if is_of_cluster(&row) {
                row.doubt = Some("Looks like the title of a cluster".to_owned());
            } else if let Some(doubt) = doubt_of_name(&row, record) {
                row.doubt = Some(doubt);
            } else if let Some((_, doubt)) = doubt_below(index) {
                row.doubt = Some(doubt.clone());
            }
            if record.cells.iter().any(|it| it.is_unclosed) {
                row.left_out = Some("Missing closing quote".to_owned());
            }
            if commands::is_command(record.raw) {
                of = commands::listed(record.raw).or(of);
                section += 1;
            }
            let is_of_namespace = names.judge(&mut row, of.as_ref());
            let is_above = self.header.as_ref().is_some_and(|it| index < it.0);
            if let Some(doubt) = doubt_of_head(&row).filter(|_| !is_of_namespace) {
                row.put_doubt(doubt);
            }
            if self.header.is_none() && record.filled() > 1 && !is_commented {
                row.cells = texts_of(record);
            }
            if !is_commented {
                let has_name = self.has_names() && !is_above && !is_of_namespace;
                cells_above.pass(&mut row, has_name);
            }
            row.is_alone = record.filled() < 2;
            let says_more = is_above || is_commented || is_title(&row) || is_of_cluster(&row);
            let place = (section, row.cluster.clone(), row.namespace.clone());
            if !(is_merged || is_of_namespace) || seen.insert(place) {
                row.above = std::mem::take(&mut above).join("\n");
                if !is_above {
                    row.heads = std::mem::take(&mut heads_above);
                }
                rows.push(row);
            } else if row.doubt.is_none() {
                releases::is_there(&mut rows, &row.namespace);
            }
            if says_more {
                above.push(beginning(record.raw));
            }
        }
        rows
    }

    /// Whether the table has a name and a namespace for each row.
    fn has_names(&self) -> bool {
        self.header
            .as_ref()
            .is_some_and(|it| it.1.has(&Column::Name) && it.1.has(&Column::Namespace))
    }

    /// Whether a comment has cells where the rows of the table have theirs.
    fn is_row(&self, index: usize, record: &Record) -> bool {
        let cell = |index: usize| record.cells.get(index).map_or("", |it| it.text.as_str());
        match &self.header {
            Some((header, heads)) => {
                let namespace = heads.columns.iter().position(|it| *it == Column::Namespace);
                index > *header
                    && record.filled() > 1
                    && namespace.is_some_and(|it| !cell(it).is_empty())
            }
            None => !cell(1).is_empty() && !cell(1).contains(char::is_whitespace),
        }
    }

    /// The doubt about a row that seems to be split at the wrong places.
    fn doubt_of_split(&self, row: &SourceRow, record: &Record) -> Option<String> {
        let heads = self.header.as_ref().map(|it| &it.1);
        swallowed(row, record, self.separator)
            .or_else(|| split_otherwise(row, record, heads, self.separator))
    }
}

/// What the rows above have in cells that may be empty in those below: cells of a spreadsheet that are merged have their value
/// in the first row only.
#[derive(Default)]
struct CellsAbove {
    name: String,
    cluster: String,
    cluster_id: String,
}

impl CellsAbove {
    /// Passes them on to a row that has none of its own, and keeps those of the row. `has_name` says that there is a cell for
    /// its name.
    fn pass(&mut self, row: &mut SourceRow, has_name: bool) {
        if row.names_cluster() {
            beginning(&row.cluster).clone_into(&mut self.cluster);
            beginning(&row.cluster_id).clone_into(&mut self.cluster_id);
        } else {
            row.cluster_above.clone_from(&self.cluster);
            row.cluster_id_above.clone_from(&self.cluster_id);
        }
        if !has_name {
            return;
        }
        if let Some(name) = &row.name {
            beginning(name).clone_into(&mut self.name);
        } else if self.name.is_empty() {
            row.note = Some(EMPTY_NAME.to_owned());
        } else {
            row.name_above.clone_from(&self.name);
        }
    }
}

/// Whether all rows have equally many cells, and more than one.
fn is_even(records: &[&Record]) -> bool {
    let all_same = |sizes: Vec<usize>| sizes.iter().all(|it| *it > 1 && *it == sizes[0]);
    all_same(records.iter().map(|it| it.width()).collect())
        || all_same(records.iter().map(|it| it.cells.len()).collect())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `| Acme | acme |` has two cells, not four.
fn drop_outer_pipes(records: &mut [Record]) {
    let is_empty =
        |it: Option<&TableCell>| it.is_some_and(|it| it.text.is_empty() && !it.is_quoted);
    if records.iter().all(|it| is_empty(it.cells.first())) {
        for record in records {
            record.cells.remove(0);
        }
    }
}

/// What a database's shell says below a table: `(3 rows)`, `1 row in set (0.00 sec)`, `(2 rows affected)`, `3 rows selected.`
fn is_count(line: &str) -> bool {
    let is_in_brackets = line.starts_with('(');
    let words: Vec<&str> = line
        .trim_matches(['(', ')', '.'])
        .split_whitespace()
        .collect();
    let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let is_rows = |it: &str| {
        matches!(
            lowercase(it).as_str(),
            "row" | "rows" | "zeile" | "zeilen" | "ligne" | "lignes"
        )
    };
    match words.as_slice() {
        [number] => is_in_brackets && is_number(number),
        [number, rows] => is_in_brackets && is_number(number) && is_rows(rows),
        [number, rows, "in" | "affected" | "selected", ..] => is_number(number) && is_rows(rows),
        _ => false,
    }
}

/// What the rules of a table are drawn with.
const RULES: &str = "-=+|:─━│┼├┤┌┐└┘┬┴═║╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╤╧╪╭╮╰╯┃┏┓┗┛┣┫┳┻╋┡┩╇┠┨";

/// A line that only draws: a rule of a table, a fence around a code block, or one that counts rows.
pub fn is_decoration(line: &str) -> bool {
    let line = line.trim();
    let is_rule = line.contains(['-', '=', '─', '━', '═'])
        && line
            .chars()
            .all(|it| it.is_whitespace() || RULES.contains(it));
    is_rule || is_count(line) || line.starts_with("```")
}

/// How much a row without a header looks like one of ours.
fn plain_points(record: &Record) -> i64 {
    let [name, namespace, variables @ ..] = &record.cells[..record.width()] else {
        return -2;
    };
    let mut points = namespace_points(&namespace.text);
    for cell in variables.iter().filter(|it| !it.text.is_empty()) {
        points += if assignment(cell).is_some() { 2 } else { -2 };
    }
    if !name.is_quoted {
        // What separates elsewhere is rare in a name.
        points -= if name.text.contains([';', '|', '\t']) {
            3
        } else {
            0
        };
        points -= i64::from(name.text.contains(','));
        points -= i64::from(name.text.contains('='));
        points -= i64::from(name.text.contains("  "));
    }
    points
}

fn namespace_points(text: &str) -> i64 {
    if text.is_empty() {
        0
    } else if is_namespace(Some(text)) {
        3
    } else if is_namespace(Some(&lowercase(text).replace(['_', '.'], "-"))) {
        2
    } else {
        -2
    }
}

/// The cells of a row that say something.
fn texts_of(record: &Record) -> Vec<String> {
    let filled = record.cells.iter().filter(|it| !it.text.is_empty());
    filled.map(|it| beginning(&it.text).to_owned()).collect()
}

/// Whether a row reads `Cluster, prod-eu`.
fn is_of_cluster(row: &SourceRow) -> bool {
    row.name.as_deref().is_some_and(heads::is_cluster)
}

/// Whether a row is no customer, but may say what those below it are.
fn is_title(row: &SourceRow) -> bool {
    row.is_alone && (row.left_out.is_some() || !is_namespace(Some(&row.namespace)))
}
