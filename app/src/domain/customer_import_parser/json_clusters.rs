//! Which cluster an object of JSON names, by name or id.
use super::{
    SourceRow, beginning,
    heads::{Heads, names_cluster},
    may_name_cluster,
    tools::OWN_LABEL,
};
use serde_json::{Map, Value};

/// The ids and names of the clusters that a whole export has beside its customers.
pub fn clusters_in(object: &Map<String, Value>) -> Vec<(String, String)> {
    let clusters = object.get("clusters").and_then(Value::as_array);
    let clusters = clusters.into_iter().flatten().filter_map(Value::as_object);
    clusters
        .filter_map(|it| Some((id_of(it.get("id")?)?, text(it, "name"))))
        .collect()
}

/// The cluster of an object that a tool has written, if somebody has added it.
pub fn put_clusters(object: &Map<String, Value>, row: &mut SourceRow) {
    let heads = Heads::of(object.keys().map(String::as_str));
    for (index, value) in object.values().enumerate() {
        if heads.cluster_id == Some(index) {
            put_cluster_id(row, value);
        } else if heads.is_of_cluster(index) {
            put_cluster(row, value);
        }
    }
}

/// The cluster that an object beside its list names for all rows of the list. Lists of clusters name none.
pub fn put_clusters_of_list(object: &Map<String, Value>, whole: &mut SourceRow) {
    let is_said = |it: &(&String, &Value)| !it.1.is_null() && !it.1.is_array();
    let members = object.iter().filter(is_said);
    let said: Map<String, Value> = members.map(|it| (it.0.clone(), it.1.clone())).collect();
    put_clusters(&said, whole);
    if let Some(member) = said.keys().find(|it| names_cluster(it)) {
        whole.put_doubt(may_name_cluster(member));
    }
}

/// The name of a list and the texts beside it: they may say which cluster its rows are of.
pub fn member_above(member: &str, object: &Map<String, Value>) -> String {
    let mut beside = SourceRow::default();
    for (name, value) in object.iter().filter(|it| !it.1.is_array()) {
        put_beside(name, value, &mut beside);
    }
    let texts: Vec<String> = beside.beside.into_iter().map(|it| it.1).collect();
    [beginning(member), beginning(&texts.join("\n"))].join("\n")
}

/// Keeps the texts of a member that no field of the row is read from.
pub fn put_beside(path: &str, value: &Value, row: &mut SourceRow) {
    let path = beginning(path);
    match value {
        Value::String(text) if row.beside.len() < BESIDE_MAX => {
            row.beside.push((path.to_owned(), text.clone()));
        }
        Value::Array(elements) => {
            for element in elements {
                put_beside(path, element, row);
            }
        }
        Value::Object(members) => {
            for (member, value) in members.iter().filter(|it| it.0 != OWN_LABEL) {
                put_beside(&format!("{path}.{member}"), value, row);
            }
        }
        _ => {}
    }
}

/// The number of texts of a row's unread members that are kept.
const BESIDE_MAX: usize = 100;

/// Puts a row that names no cluster into that of its whole list.
pub fn take_cluster(row: &mut SourceRow, whole: &SourceRow) {
    beginning(&whole.cluster).clone_into(&mut row.cluster);
    beginning(&whole.cluster_id).clone_into(&mut row.cluster_id);
    row.above.clone_from(&whole.above);
    if let Some(reason) = &whole.left_out {
        row.leave_out(reason.clone());
    }
    if let Some(reason) = whole.doubt.as_ref().filter(|_| !whole.names_cluster()) {
        row.put_doubt(reason.clone());
    }
}

/// The cluster of a row: its name, or an object that has its name or id. One that cannot be told leaves the row out, so that
/// it never goes into the chosen one.
pub fn put_cluster(row: &mut SourceRow, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(name) => row.put_cluster(name.clone()),
        Value::Number(name) => row.put_cluster(name.to_string()),
        Value::Object(cluster) => {
            let name = text(cluster, "name");
            let id = cluster.get("id").and_then(id_of);
            let is_named = !name.trim().is_empty();
            if !is_named && id.is_none() {
                row.leave_out(NO_CLUSTER.to_owned());
            }
            if is_named {
                row.put_cluster(name);
            }
            if let Some(id) = id {
                row.put_cluster_id(id);
            }
        }
        Value::Array(_) | Value::Bool(_) => row.leave_out(NO_CLUSTER.to_owned()),
    }
}

const NO_CLUSTER: &str = "Cluster: enter its name or id";

/// The id of a row's cluster. One that cannot be read leaves the row out.
pub fn put_cluster_id(row: &mut SourceRow, value: &Value) {
    match id_of(value) {
        Some(id) => row.put_cluster_id(id),
        None if value.is_null() => {}
        None => row.leave_out(NO_CLUSTER.to_owned()),
    }
}

fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(id) => Some(id.to_string()),
        Value::String(id) => Some(id.clone()),
        _ => None,
    }
}

/// The text of a member; empty if there is none.
pub fn text(object: &Map<String, Value>, member: &str) -> String {
    let text = object.get(member).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
