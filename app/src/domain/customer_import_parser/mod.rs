//! Reads customers from a text that somebody pasted: CSV and other tables, `name, namespace, KEY=value` lines, bare
//! namespaces, JSON, and what kubectl, oc and helm print. Only the server calls it. What a row means for the customers
//! that exist is decided in `customer_import`.
mod cells;
mod commands;
mod doubts;
mod head_words;
mod headed;
mod header;
mod heads;
mod json;
mod json_clusters;
mod json_elements;
mod json_lists;
mod json_values;
mod languages;
mod objects;
mod places;
mod plain;
mod releases;
mod splits;
mod table;
mod tools;
mod vertical;

pub use cells::is_zero_width;
pub use heads::{is_cluster as is_cluster_head, is_head as is_known_head, key as key_of_head};

use super::{
    field_error::FieldError,
    metadata::{Metadata, Value},
};
use std::collections::btree_map::Entry;

/// A text has at most this many lines; JSON this many objects.
pub const ROWS_MAX: usize = 5_000;

/// The note on rows of a table without a known column for the name.
const NO_NAME: &str = "No column has the name, so it's named after its namespace";

/// The note on a row without a name in a text that has names.
const EMPTY_NAME: &str = "The name is empty, so it's named after its namespace";

/// The note on rows of a table without a known column for the namespace.
const NO_NAMESPACE: &str = "No column has the namespace, so the name is taken for it";

/// JSON begins within this many lines behind the commands.
const LINES_ABOVE_JSON_MAX: usize = 10;

/// In characters.
const EXCERPT_MAX: usize = 60;

/// In characters: what is repeated at many rows is kept up to here. No cluster has a name as long as that.
const REPEATED_MAX: usize = 200;

/// One customer as a row of the text has it; nothing is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceRow {
    /// The line on which the row begins, counted from 1.
    pub line: u32,
    /// None if the text has no name for it: then it is named after its namespace.
    pub name: Option<String>,
    pub namespace: String,
    /// The name of a cluster; empty if the row names none.
    pub cluster: String,
    /// The id of a cluster. If there is no name either, it is the one that was chosen.
    pub cluster_id: String,
    /// The lines between the row before and this one: commands (of those that name a context, only
    /// that), comments, titles. Also the name of its list. Any of it may say which cluster the rows below are of.
    pub above: String,
    /// The cluster that a row above has in the column in which this one has nothing.
    pub cluster_above: String,
    /// As `cluster_above`, the id.
    pub cluster_id_above: String,
    /// The name of a row above, if this one's cell in the column of names is empty.
    pub name_above: String,
    /// The cells of the header above it, on the first row below that.
    pub heads: Vec<String>,
    /// Its own cells, if the table has no header: they may be one.
    pub cells: Vec<String>,
    /// Texts of the row that no field is read from, each with its name: labels, nested members.
    pub beside: Vec<(String, String)>,
    /// Members of JSON that have a list or an object where a value is meant, and so are not taken.
    pub not_taken: Vec<String>,
    /// Whether the namespace is the only text of its line in a table or list, so that it may be a title.
    pub is_alone: bool,
    /// The namespace is being deleted.
    pub is_deleted: bool,
    pub description: String,
    pub variables: Metadata,
    /// A warning about the row, which is accepted all the same.
    pub note: Option<String>,
    /// Why the row is to be looked at before it is taken.
    pub doubt: Option<String>,
    /// Why the row cannot be taken.
    pub left_out: Option<String>,
}

impl SourceRow {
    fn at(line: u32) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// Keeps the first reason.
    fn leave_out(&mut self, reason: String) {
        self.left_out.get_or_insert(reason);
    }

    /// Leaves it out because its namespace is being deleted.
    fn delete(&mut self) {
        self.is_deleted = true;
        self.leave_out(format!("{} is being deleted", self.namespace));
    }

    /// Makes it a row of which only the namespace counts, and the cluster if it names one: what else it says is of some
    /// object in the namespace.
    fn keep_namespace_only(&mut self) {
        (self.name, self.note) = (None, None);
        self.description.clear();
        self.not_taken.clear();
        let variables = std::mem::take(&mut self.variables.0).into_iter();
        self.beside
            .extend(variables.map(|(key, value)| (key, value.to_string())));
    }

    /// Names the cluster. Another name than before leaves the row out.
    fn put_cluster(&mut self, name: String) {
        if self.cluster.is_empty() {
            self.cluster = name;
        } else if !name.is_empty() && self.cluster.trim() != name.trim() {
            let names = (excerpt(&self.cluster), excerpt(&name));
            self.leave_out(format!("Names two clusters: {} and {}", names.0, names.1));
        }
    }

    /// As `put_cluster`, with an id.
    fn put_cluster_id(&mut self, id: String) {
        if self.cluster_id.is_empty() {
            self.cluster_id = id;
        } else if !id.is_empty() && self.cluster_id.trim() != id.trim() {
            let ids = (excerpt(&self.cluster_id), excerpt(&id));
            self.leave_out(format!("Has two ids of a cluster: {} and {}", ids.0, ids.1));
        }
    }

    /// Whether it says itself which cluster it goes to.
    pub fn names_cluster(&self) -> bool {
        !self.cluster.is_empty() || !self.cluster_id.is_empty()
    }

    /// Keeps the first doubt.
    fn put_doubt(&mut self, reason: String) {
        self.doubt.get_or_insert(reason);
    }

    /// Adds a variable; one that is there already leaves the row out.
    fn put(&mut self, key: String, value: Value) {
        match self.variables.0.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(entry) => {
                let reason = format!("{} is listed twice", entry.key());
                self.leave_out(reason);
            }
        }
    }
}

/// Reads every row of a text. A row that cannot be read is left out with a reason; a text that is too long is refused.
pub fn parse(text: &str) -> Result<Vec<SourceRow>, FieldError> {
    let text = text.replace('\u{feff}', "");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (body, first_line) = commands::after_commands(&text);
    let said_above = |body: &str| -> String {
        let commands = text.strip_suffix(body).unwrap_or_default();
        commands.replace("\\\n", " ")
    };
    let last_listed = |said: &str| said.lines().rev().find_map(commands::listed);
    if let Some((body, first_line)) = json_in(body, first_line) {
        let said = said_above(body);
        let rows = json_values::rows(body, first_line, last_listed(&said).as_ref());
        at_most(rows.len())?;
        return Ok(doubts::looked_at(rows, &said));
    }
    let said = said_above(body);
    at_most(text.lines().count())?;
    if let Some(rows) = vertical::marked(body, first_line) {
        return Ok(doubts::looked_at(rows, &said));
    }
    if let Some(reason) = languages::unreadable(body) {
        let mut row = SourceRow::at(first_line);
        row.leave_out(reason.to_owned());
        return Ok(vec![row]);
    }
    let of = last_listed(&said);
    let rows = vertical::in_pairs(body, first_line)
        .or_else(|| tools::rows(body, first_line, of.as_ref()))
        .unwrap_or_else(|| table::rows(body, first_line, of.as_ref()));
    Ok(doubts::looked_at(rows, &said))
}

/// The JSON that begins on one of the first lines of a text, and the number of that line. Above it stands what a shell says.
fn json_in(text: &str, first_line: u32) -> Option<(&str, u32)> {
    let (mut rest, mut line) = (text, first_line);
    for _ in 0..LINES_ABOVE_JSON_MAX {
        if json::is_json(rest) {
            return Some((rest, line));
        }
        let (first, next) = rest.split_once('\n')?;
        let may_be_row = first.contains([',', ';', '\t', '|']) || plain::is_namespace(Some(first));
        if may_be_row && !commands::is_command(first) {
            return None;
        }
        (rest, line) = (next, line + 1);
    }
    None
}

fn two_namespaces(one: &str, other: &str) -> String {
    let (one, other) = (excerpt(one), excerpt(other));
    format!("Has two namespaces: {one} and {other}")
}

/// The doubt about a row whose cluster may be in a column or member of this name.
pub fn may_name_cluster(head: &str) -> String {
    let head = excerpt(head);
    format!("{head} may name the cluster, but the row goes to the chosen one")
}

/// The doubt about rows whose columns may be clusters: in each there would be namespaces, and no names.
pub fn may_be_columns_of(clusters: &[&str]) -> String {
    let clusters = clusters.join(", ");
    format!("The columns may be clusters: {}", excerpt(&clusters))
}

/// A text of the person's in a sentence: on one line, not too long.
pub fn excerpt(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The beginning of a text that is kept at many rows.
fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(REPEATED_MAX);
    end.map_or(text, |(end, _)| &text[..end])
}

fn at_most(long: usize) -> Result<(), FieldError> {
    if long > ROWS_MAX {
        return Err(FieldError::TooMany {
            max: ROWS_MAX,
            long,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    mod field_texts;
    mod marked_texts;
    mod table_texts;
    mod tool_texts;

    use super::*;
    use proptest::prelude::*;

    /// A line for each row: its number, name, namespace and variables, or why it is left out.
    fn read(text: &str) -> Vec<String> {
        let rows = parse(text).unwrap().into_iter();
        rows.map(|row| {
            let mut says = format!("{}:", row.line);
            if let Some(reason) = row.left_out {
                return format!("{says} left out: {reason}");
            }
            for text in [row.name.as_deref().unwrap_or("-"), &row.namespace] {
                says.extend([" ", text, ","]);
            }
            if !row.cluster.is_empty() {
                says.extend([" in ", &row.cluster, ","]);
            }
            if !row.cluster_id.is_empty() {
                says.extend([" in no. ", &row.cluster_id, ","]);
            }
            if !row.description.is_empty() {
                says.extend([" about ", &row.description, ","]);
            }
            for (key, value) in &row.variables.0 {
                says.extend([" ", key, "=", &value.to_string(), ","]);
            }
            if let Some(doubt) = row.doubt {
                says.extend([" doubt: ", &doubt, ","]);
            }
            says.trim_end_matches(',').to_owned()
        })
        .collect()
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        let long = "# nothing\n".repeat(ROWS_MAX + 1);
        assert_eq!(
            parse(&long),
            Err(FieldError::TooMany {
                max: ROWS_MAX,
                long: ROWS_MAX + 1
            })
        );
        let lines = "\n".repeat(ROWS_MAX * 3);
        let json = format!("[{lines}\"acme\"]");
        assert_eq!(parse(&json).unwrap().len(), 1);
        assert!(parse("").unwrap().is_empty() && parse("\n \n,,\n").unwrap().is_empty());
    }

    const PIECES: &[&str] = &[
        "Acme",
        "acme",
        ", ",
        ",",
        ";",
        "\t",
        "|",
        "   ",
        " ",
        "\"",
        "\"\"",
        "\n",
        "\n",
        "\r\n",
        "#",
        "# ",
        "=",
        "A=1",
        "name",
        "namespace",
        "cluster",
        "sep=;",
        "NAME",
        "STATUS",
        "AGE",
        "Active",
        "DISPLAY NAME",
        "NAMESPACE",
        "REVISION",
        "namespace/acme",
        "$ kubectl get ns\n",
        "\n$ kubectl get pods\n",
        "# Acme,Acme",
        "NULL",
        "{",
        "}",
        "[",
        "]",
        "\"items\":",
        "\u{feff}",
        "\u{301}",
        "\u{2028}",
        "---",
        "```",
        "\\",
    ];

    fn texts() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|it| it.concat())
    }

    /// A cell as people have it: any letters, separators, quotes, line breaks.
    fn cell() -> impl Strategy<Value = String> {
        "[a-zA-Zé0-9,;|\"= #\t\n.'-]{0,12}"
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_text_stops_the_parser_and_lines_rise(text in texts()) {
            let rows = parse(&text).unwrap();
            prop_assert!(rows.windows(2).all(|it| it[0].line < it[1].line), "{rows:?}");
            let lines = text.replace("\r\n", "\n").replace('\r', "\n").split('\n').count();
            let plain = text.replace('\u{feff}', "").replace("\r\n", "\n").replace('\r', "\n");
            let is_json = json_in(commands::after_commands(&plain).0, 1).is_some();
            prop_assert!(is_json || rows.iter().all(|it| (1..=lines).contains(&(it.line as usize))));
            for row in &rows {
                prop_assert!(row.variables.0.keys().all(|it| crate::domain::metadata::is_key(it)), "{row:?}");
            }
        }

        #[test]
        fn any_unicode_is_parsed(text in any::<String>()) {
            prop_assert!(parse(&text).is_ok());
        }

        #[test]
        fn a_table_that_a_csv_writer_quoted_comes_back_the_same(
            rows in prop::collection::vec((cell(), "[a-z][a-z0-9]{0,9}", cell(), cell()), 1..8),
            delimiter in prop::sample::select(b",;\t|".as_slice()),
            is_crlf in any::<bool>(),
            is_always in any::<bool>(),
        ) {
            // Blanks around a cell count only within quotes; so does a cell that seems to open or draw something.
            let tidy = |text: &str| if is_always { text.to_owned() } else { text.trim().trim_start_matches(['#', '-', '=', ' ', '\t']).trim().to_owned() };
            let rows: Vec<_> = rows.iter().map(|it| (tidy(&it.0), it.1.clone(), tidy(&it.2), tidy(&it.3))).collect();
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .terminator(if is_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
                .quote_style(if is_always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
                .from_writer(Vec::new());
            writer.write_record(["Customer name", "Namespace", "A", "Second value"]).unwrap();
            for (name, namespace, a, second) in &rows {
                writer.write_record([name, namespace, a, second]).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read = parse(&text).unwrap();
            prop_assert_eq!(read.len(), rows.len(), "{}", text);
            for (row, (name, namespace, a, second)) in read.iter().zip(&rows) {
                prop_assert_eq!(&row.left_out, &None, "{}", text);
                prop_assert_eq!(row.name.as_deref().unwrap_or_default(), name, "{}", text);
                prop_assert_eq!(&row.namespace, namespace, "{}", text);
                let value = |key: &str| row.variables.0.get(key).map(ToString::to_string).unwrap_or_default();
                prop_assert_eq!(&value("A"), a, "{}", text);
                prop_assert_eq!(&value("Second_value"), second, "{}", text);
            }
        }
    }
}
