//! Where the customers of a JSON object are: in one list, or in several of which each may be a cluster's.
use super::heads::{Heads, is_cluster};
use serde_json::{Map, Value};

/// The name of a list, and its elements.
pub type Group = (String, Vec<Value>);

/// Members in which a group has its customers.
const OF_GROUP: [&str; 5] = ["customers", "tenants", "namespaces", "projects", "items"];

/// Takes the list of customers out of an object: `items`, `customers`, its clusters, or its only list of objects if it names
/// nothing of a customer itself.
pub fn list_in(object: &mut Map<String, Value>) -> Option<Group> {
    let is_customer = object.contains_key("namespace");
    let has_list = |it: &&str| object.get(*it).is_some_and(Value::is_array);
    let named = ["items", "customers"].into_iter().find(has_list);
    let is_of_clusters = |it: &(&String, &Value)| is_cluster(it.0) && is_list(it.1);
    let clusters = object.iter().find(is_of_clusters);
    let member = if let Some(it) = named.filter(|it| *it == "items" || !is_customer) {
        it.to_owned()
    } else if let Some((it, _)) = clusters.filter(|_| !is_customer && !object.contains_key("name"))
    {
        it.clone()
    } else {
        let heads = Heads::of(object.keys().map(String::as_str));
        if object.contains_key("metadata") || heads.fields() > 0 {
            return None;
        }
        let is_of_objects = |it: &Value| {
            let elements = it.as_array();
            elements.is_some_and(|it| !it.is_empty() && it.iter().all(Value::is_object))
        };
        let mut lists = object
            .iter()
            .filter(|it| is_of_objects(it.1))
            .map(|it| it.0.clone());
        let first = lists.next()?;
        // An object of nothing but lists has groups.
        let are_groups = object.len() > 1 && object.values().all(is_list);
        if lists.next().is_some() || are_groups {
            return None;
        }
        first
    };
    match object.remove(&member) {
        Some(Value::Array(elements)) => Some((member, elements)),
        _ => None,
    }
}

/// Takes the lists out of an object that has nothing else, each with the name of its member, or the one list of a group.
pub fn groups_in(object: &mut Map<String, Value>) -> Vec<Group> {
    if !object.values().all(is_list) {
        return group_of(object, false).into_iter().collect();
    }
    let lists = std::mem::take(object).into_iter();
    lists
        .filter_map(|(member, value)| match value {
            Value::Array(elements) => Some((member, elements)),
            _ => None,
        })
        .collect()
}

/// Takes the customers out of an element that has a list of them, with its own name. A cluster may have none.
pub fn group_in(element: &mut Value, is_cluster: bool) -> Option<Group> {
    group_of(element.as_object_mut()?, is_cluster)
}

fn group_of(object: &mut Map<String, Value>, may_be_empty: bool) -> Option<Group> {
    if object.contains_key("namespace") || object.contains_key("metadata") {
        return None;
    }
    let is_meant = |it: &Value| is_list(it) && (may_be_empty || it != &Value::Array(Vec::new()));
    let mut members = OF_GROUP.into_iter();
    let member = members.find(|it| object.get(*it).is_some_and(is_meant))?;
    let Some(Value::Array(elements)) = object.remove(member) else {
        return None;
    };
    let name = object.get("name").and_then(Value::as_str);
    Some((name.unwrap_or_default().to_owned(), elements))
}

/// Whether a value is a list of what may be customers: objects or names.
fn is_list(value: &Value) -> bool {
    let elements = value.as_array();
    elements.is_some_and(|it| it.iter().all(|it| it.is_object() || it.is_string()))
}
