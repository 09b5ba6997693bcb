//! Customers from JSON: what `kubectl get ns -o json`, `oc get projects -o json` and `helm list -A -o json` print, and
//! lists of plain objects with a namespace each. Several values may follow each other, as `jq` prints them.
use super::{
    NO_NAME, NO_NAMESPACE, SourceRow, beginning, excerpt,
    head_words::Column,
    heads::{Heads, names_cluster},
    json_clusters::{
        clusters_in, put_cluster, put_cluster_id, put_clusters, put_clusters_of_list, take_cluster,
        text,
    },
    json_elements::{element_lines, element_starts},
    may_name_cluster, tools, two_namespaces,
};
use crate::domain::{
    fold::lowercase,
    metadata::Value as Variable,
    text::Namespace,
    unique_members::{MarkedValue, TWICE, take_twice},
};
use serde_json::{Deserializer, Map, Value};
use std::collections::HashSet;

/// Members of our own answers that are no variables of a customer.
const OWN_MEMBERS: [&str; 5] = ["id", "version", "isActive", "createdAt", "updatedAt"];

/// Whether a text is meant as JSON: no table begins like this.
pub fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let inner = |open| text.strip_prefix(open).map(str::trim_start);
    inner('{').is_some_and(|it| it.starts_with(['"', '}']))
        || inner('[').is_some_and(|it| it.starts_with(['"', '{', ']']))
}

/// Reads every object of a text whose first line has the number `first_line`. If several begin on one line, rows are
/// numbered one by one instead.
pub fn rows(text: &str, first_line: u32) -> Vec<SourceRow> {
    let mut rows = Vec::new();
    let mut values = Deserializer::from_str(text).into_iter::<MarkedValue>();
    let (mut start, mut line) = (0, first_line);
    while let Some(value) = values.next() {
        match value {
            Ok(value) => {
                let source = &text[start..values.byte_offset()];
                read(value.0, &element_lines(source, line), &mut rows);
                start += source.len();
                let breaks = u32::try_from(source.matches('\n').count());
                line = line.saturating_add(breaks.unwrap_or(u32::MAX));
            }
            Err(_) if !rows.is_empty() && is_over(&text[start..]) => break,
            Err(error) => {
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
    if rows.windows(2).any(|it| it[0].0.line >= it[1].0.line) {
        for (number, (row, _)) in (1..).zip(&mut rows) {
            row.line = number;
        }
    }
    let mut seen = HashSet::new();
    rows.retain(|(row, is_merged)| {
        let place = || {
            (
                row.cluster.clone(),
                row.cluster_id.clone(),
                row.namespace.clone(),
            )
        };
        !is_merged || seen.insert(place())
    });
    rows.into_iter().map(|it| it.0).collect()
}

/// A row, and whether only the first of its namespace counts.
type Item = (SourceRow, bool);

fn read(value: Value, lines: &[u32], rows: &mut Vec<Item>) {
    let root = lines.first().copied().unwrap_or_default();
    let mut clusters = Vec::new();
    let mut whole = SourceRow::at(root);
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Object(mut object) => {
            let Some((member, elements)) = list_in(&mut object) else {
                rows.push(item(Value::Object(object), root));
                return;
            };
            clusters = clusters_in(&object);
            put_clusters_of_list(&object, &mut whole);
            beginning(&member).clone_into(&mut whole.above);
            if let Some(Value::String(member)) = object.get(TWICE) {
                let mut row = SourceRow::at(root);
                row.leave_out(is_twice(member));
                rows.push((row, false));
            }
            elements
        }
        other => {
            rows.push(item(other, root));
            return;
        }
    };
    let has_lines = lines.len() == elements.len() + 1;
    for (index, element) in elements.into_iter().enumerate() {
        let line = if has_lines { lines[index + 1] } else { root };
        let (mut row, is_merged) = item(element, line);
        if !row.names_cluster() {
            take_cluster(&mut row, &whole);
        }
        // Ids of an export are its own: the name tells which cluster it is here.
        if let Some((_, name)) = clusters.iter().find(|it| it.0 == row.cluster_id) {
            row.put_cluster(name.clone());
            row.cluster_id.clear();
        }
        rows.push((row, is_merged));
    }
}

/// Takes the list of customers out of an object: `items`, `customers`, or its only list of objects if it names nothing of a
/// customer itself.
fn list_in(object: &mut Map<String, Value>) -> Option<(String, Vec<Value>)> {
    let is_customer = object.contains_key("namespace");
    let has_list = |it: &&str| object.get(*it).is_some_and(Value::is_array);
    let named = ["items", "customers"].into_iter().find(has_list);
    let member = if let Some(it) = named.filter(|it| *it == "items" || !is_customer) {
        it.to_owned()
    } else {
        let heads = Heads::of(object.keys().map(String::as_str));
        if object.contains_key("metadata") || heads.fields() > 0 {
            return None;
        }
        let is_list = |it: &Value| {
            let elements = it.as_array();
            elements.is_some_and(|it| !it.is_empty() && it.iter().all(Value::is_object))
        };
        let mut lists = object
            .iter()
            .filter(|it| is_list(it.1))
            .map(|it| it.0.clone());
        let first = lists.next()?;
        if lists.next().is_some() {
            return None;
        }
        first
    };
    match object.remove(&member) {
        Some(Value::Array(elements)) => Some((member, elements)),
        _ => None,
    }
}

/// Rows of the elements of a list that is no valid JSON: each element that is valid by itself, and `broken` where the first
/// one is that is not.
fn rows_of_broken(text: &str, first_line: u32, broken: SourceRow) -> Vec<Item> {
    let starts = element_starts(text);
    let lines = element_lines(text, first_line);
    let is_object = text.trim_start().starts_with('{');
    let around = starts.get(1).and_then(|it| text.get(..*it));
    let may_name = is_object && around.is_some_and(|it| lowercase(it).contains("cluster"));
    let mut broken = Some(broken);
    let mut rows = Vec::new();
    for (index, line) in lines.into_iter().enumerate().skip(1) {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        let source = text.get(starts[index]..end).unwrap_or_default();
        match Deserializer::from_str(source)
            .into_iter::<MarkedValue>()
            .next()
        {
            Some(Ok(value)) => {
                let value = value.0;
                let is_meant = value.is_object() || value.is_string() && !is_object;
                let (mut row, is_merged) = item(value, line);
                if may_name && !row.names_cluster() {
                    row.put_doubt(may_name_cluster("The object that isn't whole"));
                }
                if is_meant && !row.namespace.is_empty() {
                    rows.push((row, is_merged));
                }
            }
            Some(Err(_)) => {
                rows.push((
                    broken.take().unwrap_or_else(|| {
                        let mut row = SourceRow::at(line);
                        row.leave_out("The JSON isn't valid here".to_owned());
                        row
                    }),
                    false,
                ));
                // Behind a quote that is left open nothing can be told.
                if source.matches('"').count() % 2 == 1 {
                    break;
                }
            }
            None => {}
        }
    }
    rows.extend(broken.map(|it| (it, false)));
    rows
}

fn item(mut value: Value, line: u32) -> Item {
    let mut row = SourceRow::at(line);
    let mut is_merged = false;
    // Which of the two is meant, nobody can tell.
    if let Some(member) = take_twice(&mut value) {
        row.leave_out(is_twice(&member));
    }
    match value {
        Value::String(namespace) => row.namespace = namespace,
        Value::Object(object) => {
            let is_helm = object.contains_key("chart") && object.contains_key("revision");
            let metadata = object.get("metadata").and_then(Value::as_object);
            let is_own = object.contains_key("namespace");
            match metadata.filter(|it| !is_own && it.contains_key("name")) {
                Some(metadata) => {
                    is_merged = of_kubernetes(&object, metadata, &mut row);
                    put_clusters(&object, &mut row);
                }
                None if is_helm => {
                    row.namespace = text(&object, "namespace");
                    put_clusters(&object, &mut row);
                    is_merged = true;
                }
                None => of_members(object, &mut row),
            }
        }
        _ => row.leave_out("Not an object with a namespace".to_owned()),
    }
    (row, is_merged)
}

fn is_twice(member: &str) -> String {
    format!("{} is listed twice", excerpt(member))
}

/// An object of Kubernetes: a namespace, a project, or something that is in one. Says whether it is the latter.
fn of_kubernetes(
    object: &Map<String, Value>,
    metadata: &Map<String, Value>,
    row: &mut SourceRow,
) -> bool {
    let (name, namespace) = (text(metadata, "name"), text(metadata, "namespace"));
    if !namespace.is_empty() {
        row.namespace = namespace;
        return true;
    }
    let kind = text(object, "kind");
    if !matches!(kind.as_str(), "" | "Namespace" | "Project") {
        row.leave_out(format!("{name} is a {kind}, not a namespace"));
    }
    let phase = object.get("status").and_then(|it| it.get("phase"));
    if phase.and_then(Value::as_str) == Some("Terminating")
        || metadata.contains_key("deletionTimestamp")
    {
        row.leave_out(format!("{name} is being deleted"));
    }
    let annotations = metadata.get("annotations").and_then(Value::as_object);
    let display_name = annotations.map(|it| text(it, "openshift.io/display-name"));
    row.name = display_name.filter(|it| !it.trim().is_empty());
    row.namespace = name;
    false
}

/// A plain object: its members are the columns of a table. Lists and objects in it are not taken, except those that hold
/// variables.
fn of_members(object: Map<String, Value>, row: &mut SourceRow) {
    let is_ours = object.contains_key("clusterId");
    let heads = Heads::of(object.keys().map(String::as_str));
    let (mut has_unknown, mut may_be_cluster, mut namespaces) = (false, None, Vec::new());
    for (index, (column, (member, value))) in heads.columns.iter().zip(object).enumerate() {
        if is_ours && OWN_MEMBERS.contains(&member.as_str()) {
            if member == "isActive" && value == Value::Bool(false) {
                row.put_doubt("Inactive where it comes from".to_owned());
            }
            continue;
        }
        if heads.cluster_id == Some(index) {
            put_cluster_id(row, &value);
            continue;
        }
        if heads.is_of_cluster(index) {
            put_cluster(row, &value);
        }
        let value = match value {
            Value::Object(variables) if matches!(member.as_str(), "metadata" | "variables") => {
                for (key, value) in variables {
                    put(row, key, value);
                }
                continue;
            }
            value => value,
        };
        has_unknown |= matches!(column, Column::Variable(_)) && !heads.is_of_cluster(index);
        if heads.other_namespaces.contains(&index) {
            namespaces.extend(value.as_str().map(str::to_owned));
        }
        match (column, value) {
            (Column::Name, Value::String(it)) => row.name = Some(it),
            (Column::Name, Value::Number(it)) => row.name = Some(it.to_string()),
            (Column::Name, it) if !it.is_null() => {
                row.put_doubt(
                    "The name isn't a text, so it's named after its namespace".to_owned(),
                );
            }
            (Column::Namespace, Value::String(it)) => row.namespace = it,
            (Column::Description, Value::String(it)) => row.description = it,
            (Column::Variable(key), value) => {
                // Lists and objects are no variables, but may say which cluster it is.
                if !value.is_null() && names_cluster(&member) {
                    may_be_cluster = Some(member);
                }
                put(row, key.clone(), value);
            }
            _ => {}
        }
    }
    let is_other = |it: &&String| !it.is_empty() && **it != row.namespace;
    if let Some(other) = namespaces.iter().find(is_other) {
        let reason = two_namespaces(&row.namespace, other);
        row.put_doubt(reason);
    }
    if heads.is_namespace_guessed && has_unknown {
        row.put_doubt(NO_NAMESPACE.to_owned());
    }
    if let Some(member) = may_be_cluster.filter(|_| !row.names_cluster()) {
        row.put_doubt(may_name_cluster(&member));
    }
    if heads.may_lack_name() {
        row.note = Some(NO_NAME.to_owned());
    }
    if !heads.has(&Column::Namespace) {
        if row
            .name
            .as_deref()
            .is_some_and(|it| Namespace::parse(it).is_ok())
        {
            row.namespace = row.name.take().unwrap_or_default();
        } else {
            row.leave_out("No namespace in this object".to_owned());
        }
    }
    row.name = row.name.take().filter(|it| !it.trim().is_empty());
}

fn put(row: &mut SourceRow, key: String, value: Value) {
    if value.as_str() != Some("")
        && let Ok(value) = serde_json::from_value::<Variable>(value)
    {
        row.put(key, value);
    }
}

/// Whether nothing but a prompt or the fence of a code block follows.
fn is_over(rest: &str) -> bool {
    let mut lines = rest.lines().map(str::trim).filter(|it| !it.is_empty());
    lines.all(|it| it.starts_with("```") || tools::is_prompt(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(u32, String, Option<String>)> {
        let rows = rows(text, 1).into_iter();
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
            [""]
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
