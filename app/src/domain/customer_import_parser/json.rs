//! Customers from JSON: what `kubectl get ns -o json`, `oc get projects -o json` and `helm list -A -o json` print, and
//! lists of plain objects with a namespace each. Several values may follow each other, as `jq` prints them.
use super::{
    EMPTY_NAME, NO_NAME, NO_NAMESPACE, SourceRow, beginning, excerpt,
    head_words::Column,
    heads::{Heads, is_cluster, names_cluster},
    json_clusters::{
        clusters_in, member_above, put_beside, put_cluster, put_cluster_id, put_clusters,
        put_clusters_of_list, take_cluster, text,
    },
    json_elements::{element_lines, element_starts},
    json_lists::{Group, group_in, groups_in, list_in},
    may_name_cluster, releases, two_namespaces,
};
use crate::domain::{
    fold::lowercase,
    metadata::Value as Variable,
    text::Namespace,
    unique_members::{MarkedValue, TWICE, take_twice},
};
use serde_json::{Deserializer, Map, Value};

/// Members of our own answers that are no variables of a customer.
const OWN_MEMBERS: [&str; 5] = ["id", "version", "isActive", "createdAt", "updatedAt"];

/// Whether a text is meant as JSON: no table begins like this.
pub fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let inner = |open| text.strip_prefix(open).map(str::trim_start);
    inner('{').is_some_and(|it| it.starts_with(['"', '}']))
        || inner('[').is_some_and(|it| it.starts_with(['"', '{', ']']))
}

/// A row, and whether only the first of its namespace counts.
pub type Item = (SourceRow, bool);

/// Reads a value: a list, an object with one, or a customer. `lines` are those of the value and of its elements.
pub fn read(value: Value, lines: &[u32], rows: &mut Vec<Item>) {
    let root = lines.first().copied().unwrap_or_default();
    let mut clusters = Vec::new();
    let mut whole = SourceRow::at(root);
    let (mut list, mut twice) = (String::new(), None);
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Object(mut object) => {
            let Some((member, elements)) = list_in(&mut object) else {
                let groups = groups_in(&mut object);
                if groups.is_empty() {
                    rows.push(item(Value::Object(object), root));
                }
                for group in groups {
                    read_group(group, false, root, rows);
                }
                return;
            };
            clusters = clusters_in(&object);
            whole.above = member_above(&member, &object);
            put_clusters_of_list(&object, &mut whole);
            if let Some(Value::String(member)) = object.get(TWICE) {
                let mut row = SourceRow::at(root);
                row.leave_out(is_twice(member));
                rows.push((row, false));
                twice = Some(format!("{}: check the whole list", is_twice(member)));
            }
            list = member;
            elements
        }
        other => {
            rows.push(item(other, root));
            return;
        }
    };
    let is_of_clusters = is_cluster(&list);
    let has_lines = lines.len() == elements.len() + 1;
    for (index, mut element) in elements.into_iter().enumerate() {
        let line = if has_lines { lines[index + 1] } else { root };
        if let Some(group) = group_in(&mut element, is_of_clusters) {
            read_group(group, is_of_clusters, line, rows);
            continue;
        }
        let (mut row, is_merged) = item(element, line);
        if !row.names_cluster() {
            take_cluster(&mut row, &whole);
        }
        if let Some(reason) = &twice {
            row.put_doubt(reason.clone());
        }
        if is_of_clusters {
            row.put_doubt(format!("{} lists clusters, not customers", excerpt(&list)));
        }
        // Ids of an export are its own: the name tells which cluster it is here.
        if let Some((_, name)) = clusters.iter().find(|it| it.0 == row.cluster_id) {
            row.put_cluster(name.clone());
            row.cluster_id.clear();
        }
        rows.push((row, is_merged));
    }
}

/// Reads the customers of a group. Where groups are clusters, they go into that; else the group may be one.
fn read_group((name, elements): Group, is_cluster: bool, line: u32, rows: &mut Vec<Item>) {
    let name = beginning(&name);
    for element in elements {
        let (mut row, is_merged) = item(element, line);
        if !row.names_cluster() && is_cluster && !name.is_empty() {
            row.put_cluster(name.to_owned());
        } else if !row.names_cluster() {
            row.put_doubt(format!("Listed under {}: check the cluster", excerpt(name)));
        }
        rows.push((row, is_merged));
    }
}

/// Rows of the elements of a list that is no valid JSON: each element that is valid by itself, and `broken` where the first
/// one is that is not.
pub fn rows_of_broken(text: &str, first_line: u32, broken: SourceRow) -> Vec<Item> {
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
    // The text does not tell which of the two counts.
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
                    releases::judge(&mut row, &text(&object, "status"));
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
    for beside in ["labels", "annotations"] {
        put_beside(beside, metadata.get(beside).unwrap_or(&Value::Null), row);
    }
    let annotations = metadata.get("annotations").and_then(Value::as_object);
    let display_name = annotations.map(|it| text(it, "openshift.io/display-name"));
    row.name = display_name.filter(|it| !it.trim().is_empty());
    row.namespace = name;
    let phase = object.get("status").and_then(|it| it.get("phase"));
    if phase.and_then(Value::as_str) == Some("Terminating")
        || metadata.contains_key("deletionTimestamp")
    {
        row.delete();
    }
    false
}

/// A plain object: its members are the columns of a table. Lists and objects in it are not taken, which is told, except
/// those that hold variables.
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
            (Column::Description, it @ (Value::Number(_) | Value::Bool(_))) => {
                row.description = it.to_string();
            }
            (Column::Description, it) if has_parts(&it) => row.not_taken.push(member),
            (Column::Variable(key), value) => {
                // Lists and objects are no variables, but may say which cluster it is.
                if !value.is_null() && names_cluster(&member) {
                    may_be_cluster = Some(member);
                }
                if has_parts(&value) && heads.is_of_cluster(index) {
                    // The cluster was read from it.
                    put_beside(key, &value, row);
                } else {
                    put(row, key.clone(), value);
                }
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
    if row.name.is_none() && heads.has(&Column::Name) && heads.has(&Column::Namespace) {
        row.note = Some(EMPTY_NAME.to_owned());
    }
}

/// Whether a value is a list or an object with anything in it.
fn has_parts(value: &Value) -> bool {
    match value {
        Value::Array(it) => !it.is_empty(),
        Value::Object(it) => !it.is_empty(),
        _ => false,
    }
}

fn put(row: &mut SourceRow, key: String, value: Value) {
    if value.is_array() || value.is_object() {
        put_beside(&key, &value, row);
        if has_parts(&value) {
            row.not_taken.push(key);
        }
    } else if value.as_str() != Some("")
        && let Ok(value) = serde_json::from_value::<Variable>(value)
    {
        row.put(key, value);
    }
}
