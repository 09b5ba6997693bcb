//! The values of a JSON text, one after the other, and the text between them: `jq` prints an object for each customer, and
//! somebody may have pasted what several commands print.
use super::{
    SourceRow,
    commands::{Listed, is_prompt, listed, statement},
    json::{Item, read, rows_of_broken},
    json_elements::element_lines,
    releases,
};
use crate::domain::unique_members::MarkedValue;
use serde_json::Deserializer;
use std::collections::HashSet;

/// JSON that goes on begins within this many lines below one that is none.
const LINES_BETWEEN_MAX: usize = 10;

/// Reads every object of a text whose first line has the number `first_line`. If several begin on one line, rows are
/// numbered one by one instead. `of` is what the command above the text lists.
pub fn rows(text: &str, first_line: u32, of: Option<&Listed>) -> Vec<SourceRow> {
    let (mut rows, mut of) = (Vec::new(), of.cloned());
    let (mut rest, mut line) = (text, first_line);
    // The text between two values, and the line at which the rows below it begin.
    let (mut above, mut starts): (Vec<&str>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        let start = rows.len();
        starts.push(start);
        let between = read_values(rest, line, &mut rows);
        if let Some((row, _)) = rows.get_mut(start).filter(|_| !above.is_empty()) {
            row.above = format!("{}\n{}", above.join("\n"), row.above);
            above.clear();
        }
        if let Some(doubt) = of.as_ref().and_then(Listed::doubt) {
            for item in &mut rows[start..] {
                judge_other(item, &doubt);
            }
        }
        let Some(between) = between else {
            break;
        };
        let (first, next) = between.split_once('\n').unwrap_or((between, ""));
        line = after(&rest[..rest.len() - next.len()], line);
        above.push(statement(first));
        of = listed(first).or(of);
        rest = next;
    }
    if rows.windows(2).any(|it| it[0].0.line >= it[1].0.line) {
        for (number, (row, _)) in (1..).zip(&mut rows) {
            row.line = number;
        }
    }
    let place = |index: usize, row: &SourceRow| {
        (
            starts.partition_point(|it| *it <= index),
            row.cluster.clone(),
            row.cluster_id.clone(),
            row.namespace.clone(),
        )
    };
    let certain = rows.iter().enumerate();
    let certain = certain.filter(|(_, it)| it.1 && it.0.doubt.is_none());
    let certain: HashSet<_> = certain.map(|(index, it)| place(index, &it.0)).collect();
    let mut seen = HashSet::new();
    let mut index = 0;
    rows.retain(|(row, is_merged)| {
        let place = place(index, row);
        index += 1;
        let is_gone = releases::is_uninstalled(row) && certain.contains(&place);
        !is_merged || !is_gone && seen.insert(place)
    });
    rows.into_iter().map(|it| it.0).collect()
}

/// Judges what a command printed that lists other things than namespaces: its name is no customer's.
fn judge_other((row, is_merged): &mut Item, doubt: &str) {
    if *is_merged {
        return;
    }
    if row.name.is_some() && !row.namespace.is_empty() {
        row.keep_namespace_only();
        *is_merged = true;
    } else {
        row.put_doubt(doubt.to_owned());
    }
}

/// The line behind a text that begins on `line`.
fn after(text: &str, line: u32) -> u32 {
    let breaks = u32::try_from(text.matches('\n').count());
    line.saturating_add(breaks.unwrap_or(u32::MAX))
}

/// Reads values up to the end of a text, or to a line that is no JSON and has JSON below it: then answers the text from there.
fn read_values<'a>(text: &'a str, first_line: u32, rows: &mut Vec<Item>) -> Option<&'a str> {
    let mut values = Deserializer::from_str(text).into_iter::<MarkedValue>();
    let (mut start, mut line) = (0, first_line);
    while let Some(value) = values.next() {
        match value {
            Ok(value) => {
                let source = &text[start..values.byte_offset()];
                read(value.0, &element_lines(source, line), rows);
                start += source.len();
                line = after(source, line);
            }
            Err(_) if !rows.is_empty() && is_over(&text[start..]) => break,
            Err(error) => {
                let between = line_between(&text[start..]);
                if between.is_some() {
                    return between;
                }
                let at = u32::try_from(error.line()).unwrap_or(u32::MAX);
                let mut row = SourceRow::at(first_line.saturating_add(at).saturating_sub(1));
                row.left_out = Some(if error.is_eof() {
                    "The JSON ends too early. Paste all of it".to_owned()
                } else {
                    format!("The JSON isn't valid here (column {})", error.column())
                });
                rows.extend(rows_of_broken(&text[start..], line, row));
                break;
            }
        }
    }
    None
}

/// A text from its first line on, if that is no JSON and JSON follows: a command, or what a shell says between two lists.
fn line_between(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let (first, next) = text.split_once('\n')?;
    let is_text = !first.starts_with(['{', '[', '"']) && first.contains(char::is_alphabetic);
    let mut below = next.lines().take(LINES_BETWEEN_MAX);
    (is_text && below.any(|it| it.starts_with(['{', '[']))).then_some(text)
}

/// Whether nothing but a prompt or the fence of a code block follows.
fn is_over(rest: &str) -> bool {
    let mut lines = rest.lines().map(str::trim).filter(|it| !it.is_empty());
    lines.all(|it| it.starts_with("```") || is_prompt(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(u32, String, Option<String>)> {
        let rows = rows(text, 1, None).into_iter();
        rows.map(|it| (it.line, it.namespace, it.left_out))
            .collect()
    }

    #[test]
    fn objects_on_one_line_are_numbered_one_by_one() {
        let found = read_all("[\"a\", {\"namespace\": \"b\"}, 3]");
        assert_eq!(
            found
                .iter()
                .map(|it| (it.0, it.1.as_str()))
                .collect::<Vec<_>>(),
            [(1, "a"), (2, "b"), (3, "")]
        );
        assert!(found[2].2.is_some());
    }

    #[test]
    fn of_json_that_is_broken_the_good_elements_are_read() {
        let left_out = |text: &str| -> Vec<String> {
            let found = read_all(text).into_iter();
            found
                .map(|(line, namespace, reason)| match reason {
                    Some(it) => format!("{line} left out: {it}"),
                    None => format!("{line} {namespace}"),
                })
                .collect()
        };
        let early = "left out: The JSON ends too early. Paste all of it";
        for text in [
            "[{\"name\":\"A\",\"namespace\":\"a\"},\n",
            "[{\"namespace\":\"a\"},\n{\"names",
            "[{\"namespace\":\"a\"}\n",
            "[\"a\",\n",
            "[\"a\",\n\"b",
            "{\"items\":[{\"namespace\":\"a\"},\n",
            "{\"items\":[{\"metadata\":{\"name\":\"a\"}},\n{\"metadata\":{",
            "{\"customers\":[{\"namespace\":\"a\"}],\n\"next\":",
        ] {
            assert_eq!(
                left_out(text),
                ["1 a".to_owned(), format!("2 {early}")],
                "{text}"
            );
        }
        let found = left_out("[{\"namespace\":\"a\"},\n{'b'},\n{\"namespace\":\"c\"}\n]");
        assert_eq!((found[0].as_str(), found[2].as_str()), ("1 a", "3 c"));
        assert!(found[1].starts_with("2 left out: The JSON isn't valid here"));
        let found =
            left_out("[{\"namespace\":\"a\"},\n{\"namespace\":\"b},\n{\"namespace\":\"c\"}\n]");
        assert_eq!((found.len(), found[0].as_str()), (2, "1 a"));
    }

    #[test]
    fn a_list_may_be_the_member_of_an_object() {
        let namespaces = |text: &str| -> Vec<String> {
            let found = read_all(text).into_iter();
            found.map(|it| it.1).collect()
        };
        for member in ["items", "customers", "data", "results", "value"] {
            let text = format!(
                "{{\"{member}\": [{{\"namespace\": \"a\"}}, {{\"namespace\": \"b\"}}], \"next\": null}}"
            );
            assert_eq!(namespaces(&text), ["a", "b"], "{text}");
        }
        assert_eq!(
            namespaces("{\"namespace\": \"a\", \"hosts\": [{\"ip\": 1}]}"),
            ["a"]
        );
        assert_eq!(
            namespaces("{\"name\": \"a\", \"hosts\": [{\"ip\": 1}]}"),
            ["a"]
        );
        assert_eq!(
            namespaces("{\"a\": [{\"namespace\": \"a\"}], \"b\": [{\"namespace\": \"b\"}]}"),
            ["a", "b"]
        );
    }

    #[test]
    fn json_that_is_cut_off_says_so() {
        let text = "{\"metadata\": {\"name\": \"a\"}}\n{\"metadata\": {\n";
        let found = read_all(text);
        assert_eq!((found.len(), found[0].1.as_str()), (2, "a"));
        assert_eq!(
            found[1].2.as_deref(),
            Some("The JSON ends too early. Paste all of it")
        );
        let found = read_all("{\"namespace\": \"a\",\n 'b'}");
        assert_eq!(found[0].0, 2);
        assert!(found[0].2.as_ref().unwrap().contains("isn't valid"));
        assert_eq!(read_all("{\"namespace\": \"a\"}\n```\nana@ops:~$").len(), 1);
    }
}
