//! Lists that kubectl, oc and helm print on a terminal, with or without their header and the command above them. Columns
//! are told by words, not by blanks: a terminal or a chat may have changed those.
use super::{
    SourceRow, beginning,
    cells::{self, TableCell},
    commands::{Listed, is_command, is_noise, is_prompt, listed, statement},
    excerpt, heads, releases,
};
use crate::domain::{metadata::Value, text::Namespace};
use std::collections::HashSet;

/// The label that every namespace has.
pub const OWN_LABEL: &str = "kubernetes.io/metadata.name";
/// A header stands within this many lines; above it there may be warnings.
const LINES_ABOVE_HEADER_MAX: usize = 10;

/// What a list is of. Every word counts as it is printed: a spreadsheet seldom writes `NAME` and `STATUS` like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing<'a> {
    /// `kubectl get ns`, and its header if it has one.
    Namespaces(Option<&'a str>),
    /// `oc get projects`
    Projects,
    /// `helm list -A`
    Releases,
    /// `kubectl get deployments -A`
    Objects,
    /// `kubectl get ns -o name`
    Names,
}

/// Reads the rows of such a list; none if the text is no such list. `of` is what the command above the text lists.
pub fn rows(text: &str, first_line: u32, of: Option<&Listed>) -> Option<Vec<SourceRow>> {
    let lines: Vec<(u32, &str)> = (first_line..)
        .zip(text.split('\n'))
        .filter(|(_, line)| !is_noise(line))
        .collect();
    let mut top = lines.iter().take(LINES_ABOVE_HEADER_MAX);
    if !top.any(|(_, line)| header(watched(line).1).is_some()) {
        // Without a header the text is such a list if most lines look like its rows, and the first one does or there is a command.
        let is_known = |it: &(u32, &str)| shape(watched(it.1).1).is_some();
        let n_known = lines.iter().filter(|it| is_known(it)).count();
        let n_commands = lines.iter().filter(|it| is_command(it.1)).count();
        let begins = n_commands > 0 || lines.first().is_some_and(is_known);
        if !begins || n_known * 2 <= lines.len() - n_commands {
            return None;
        }
    }
    let mut rows: Vec<SourceRow> = Vec::new();
    let mut seen = HashSet::new();
    let (mut listing, mut of) = (None, of.cloned());
    // Lines between rows; rows below them belong to another list, perhaps of another cluster.
    let (mut above, mut section): (Vec<&str>, usize) = (Vec::new(), 0);
    for (number, line) in lines {
        let (event, line) = watched(line);
        if let Some(next) = header(line) {
            listing = Some(next);
            continue;
        }
        if is_command(line) || is_prompt(line) {
            listing = None;
            of = listed(line).or(of);
            above.push(statement(line));
            section += 1;
            continue;
        }
        let listing = listing.or_else(|| shape(line));
        let mut row = match listing {
            Some(it) => read(it, line, number),
            None => Err("Not a line of this list"),
        };
        if let Ok((row, _)) = &mut row {
            if event == Some("DELETED") {
                row.delete();
            }
            // Other lists have the same columns.
            if matches!(listing, Some(Listing::Namespaces(_) | Listing::Projects))
                && let Some(doubt) = of.as_ref().and_then(Listed::doubt)
            {
                row.put_doubt(doubt);
            }
        }
        let before = |above: &mut Vec<&str>| std::mem::take(above).join("\n");
        let row = match row {
            Ok((row, true)) if !seen.insert((section, row.namespace.clone())) => {
                if row.doubt.is_none() {
                    releases::is_there(&mut rows, &row.namespace);
                }
                continue;
            }
            Ok((row, _)) => SourceRow {
                above: before(&mut above),
                ..row
            },
            Err(reason) => {
                let mut row = SourceRow::at(number);
                row.name = Some(excerpt(line));
                row.above = before(&mut above);
                row.leave_out(reason.to_owned());
                above.push(beginning(line));
                section += 1;
                row
            }
        };
        rows.push(row);
    }
    Some(rows)
}

/// What `kubectl get ns -w --output-watch-events` prints before a line, and the rest of the line.
fn watched(line: &str) -> (Option<&str>, &str) {
    let events = ["EVENT", "ADDED", "MODIFIED", "DELETED"];
    match line.split_once(char::is_whitespace) {
        Some((event, rest)) if events.contains(&event) => (Some(event), rest.trim_start()),
        _ => (None, line),
    }
}

/// The list that has this header.
fn header(line: &str) -> Option<Listing<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["NAME", "NAMESPACE", "REVISION", ..] => Some(Listing::Releases),
        ["NAME", "DISPLAY", "NAME", "STATUS", ..] => Some(Listing::Projects),
        ["NAME", "STATUS"] | ["NAME", "STATUS", "AGE", ..] => Some(Listing::Namespaces(Some(line))),
        ["NAMESPACE", "NAME", rest @ ..] if rest.contains(&"AGE") => Some(Listing::Objects),
        _ => None,
    }
}

/// The list that has such a line, if the line alone tells.
fn shape(line: &str) -> Option<Listing<'_>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_label = |it: &str| Namespace::parse(it).is_ok();
    match words.as_slice() {
        [name] if namespace_in(name).is_some_and(is_label) => Some(Listing::Names),
        [name, status, ..] if is_label(name) && is_status(status) => {
            Some(Listing::Namespaces(None))
        }
        [_, namespace, revision, date, ..]
            if is_label(namespace) && is_number(revision) && is_date(date) =>
        {
            Some(Listing::Releases)
        }
        [name, .., status]
            if is_label(name) && is_status(status) && !line.contains([';', '|', '\t']) =>
        {
            Some(Listing::Projects)
        }
        _ => None,
    }
}

/// The row of a line, and whether only the first of its namespace counts; or why the line is none.
fn read(listing: Listing, line: &str, number: u32) -> Result<(SourceRow, bool), &'static str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut row = SourceRow::at(number);
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    let mut status = "Active";
    let namespace = match listing {
        Listing::Namespaces(header) => {
            status = word(1);
            if !is_status(status) {
                return Err("Not a line of kubectl get ns");
            }
            for (key, value) in header.into_iter().flat_map(|it| label_columns(it, line)) {
                row.put(key, Value::Text(value));
            }
            let labels = words.iter().skip(2).flat_map(|it| it.split(','));
            let labels = labels.filter_map(|it| it.split_once('='));
            let labels = labels.filter(|it| it.0 != OWN_LABEL);
            row.beside = labels
                .map(|it| (it.0.to_owned(), it.1.to_owned()))
                .collect();
            word(0)
        }
        Listing::Projects => {
            let index = words.iter().skip(1).rposition(|it| is_status(it));
            let index = index.ok_or("Not a line of oc get projects")? + 1;
            status = word(index);
            row.name = (index > 1).then(|| words[1..index].join(" "));
            word(0)
        }
        Listing::Releases if is_number(word(2)) => {
            // Behind the date, the time and the zone, which a chat may have cut.
            let mut behind = words.iter().skip(3);
            if let Some(status) = behind.find(|it| releases::is_status(it)) {
                releases::judge(&mut row, status);
            }
            word(1)
        }
        Listing::Releases => return Err("Not a line of helm list"),
        Listing::Objects => word(0),
        Listing::Names => namespace_in(word(0)).ok_or("Not a line of kubectl get ns -o name")?,
    };
    namespace.clone_into(&mut row.namespace);
    if status == "Terminating" {
        row.delete();
    }
    let is_merged = matches!(listing, Listing::Releases | Listing::Objects);
    Ok((row, is_merged))
}

/// Columns that somebody asked for with `-L`: variables. The column LABELS has all labels, most of them of Kubernetes
/// itself, and is not taken.
fn label_columns(header: &str, line: &str) -> Vec<(String, String)> {
    let words = |it: &str| -> Vec<String> { it.split_whitespace().map(str::to_owned).collect() };
    let (titles, mut cells) = (words(header), words(line));
    if titles.len() != cells.len() {
        let texts = |it: Vec<TableCell>| it.into_iter().map(|it| it.text).collect();
        cells = cells::aligned(header, line).map_or_else(Vec::new, texts);
    }
    let columns = titles.into_iter().zip(cells).skip(2);
    columns
        .filter(|(title, cell)| {
            !matches!(title.as_str(), "AGE" | "LABELS") && !cell.is_empty() && cell != "<none>"
        })
        .filter_map(|(title, cell)| Some((heads::key(&title)?, cell)))
        .collect()
}

/// `acme` of `namespace/acme` or `project.project.openshift.io/acme`.
fn namespace_in(word: &str) -> Option<&str> {
    let (kind, name) = word.split_once('/')?;
    let kind = kind.split_once('.').map_or(kind, |it| it.0);
    matches!(
        kind,
        "namespace" | "namespaces" | "ns" | "project" | "projects"
    )
    .then_some(name)
}

fn is_status(word: &str) -> bool {
    matches!(word, "Active" | "Terminating")
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|it| it.is_ascii_digit())
}

/// `2026-01-31`
fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|it| it.len()).collect();
    lengths == [4, 2, 2] && parts.into_iter().all(is_number)
}
