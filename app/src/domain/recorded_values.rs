//! Values of variables in a record (customer, cluster, release) as audit events store it: the JSON of its row (R81).
use super::{event::Entity, variables::Source};
use serde_json::Value;
use std::collections::BTreeSet;

/// The kind of record that an event is about; none for rows that have no values of variables.
pub fn record_of(entity: Entity) -> Option<Source> {
    match entity {
        Entity::Customer => Some(Source::Customer),
        Entity::Cluster => Some(Source::Cluster),
        Entity::Release => Some(Source::Release),
        Entity::Template
        | Entity::Step
        | Entity::Database
        | Entity::User
        | Entity::Session
        | Entity::Token => None,
    }
}

/// The variables whose value is a field of the row, each with the JSON name of that field. Values of `var.…` are in `metadata`.
fn fields(record: Source) -> [(&'static str, &'static str); 2] {
    match record {
        Source::Customer => [
            ("customer.name", "name"),
            ("customer.namespace", "namespace"),
        ],
        Source::Cluster => [
            ("cluster.name", "name"),
            ("cluster.kubeconfig", "kubeconfigPath"),
        ],
        Source::Release => [
            ("release.name", "name"),
            ("release.version", "versionNumber"),
        ],
    }
}

/// The value of a variable in a row; none if it has no value there.
pub fn recorded_value<'a>(record: Source, row: &'a Value, name: &str) -> Option<&'a Value> {
    let field = fields(record).into_iter().find(|it| it.0 == name);
    let value = match field {
        Some((_, field)) => row.get(field),
        None => row.get("metadata")?.get(name.strip_prefix("var.")?),
    };
    value.filter(|it| !it.is_null())
}

/// The variables that have other values in the row after an event than before it: fields first, then `var.…` by name. Empty if
/// the event does not store the whole row, as when a release's members change.
pub fn changed_variables(record: Source, before: &Value, after: &Value) -> Vec<String> {
    let (Some(old), Some(new)) = (
        before["metadata"].as_object(),
        after["metadata"].as_object(),
    ) else {
        return Vec::new();
    };
    let names = fields(record).into_iter().map(|it| it.0.to_owned());
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .chain(keys.into_iter().map(|key| format!("var.{key}")))
        .filter(|name| recorded_value(record, before, name) != recorded_value(record, after, name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_a_field_of_its_own_record_or_in_the_metadata() {
        let row = json!({ "name": "eu", "kubeconfigPath": null, "metadata": { "HOST": "a", "NONE": null } });
        let value = |record, name: &str| recorded_value(record, &row, name).and_then(Value::as_str);
        assert_eq!(value(Source::Cluster, "cluster.name"), Some("eu"));
        assert_eq!(value(Source::Cluster, "cluster.kubeconfig"), None);
        assert_eq!(value(Source::Cluster, "customer.name"), None);
        assert_eq!(value(Source::Release, "var.HOST"), Some("a"));
        assert_eq!(value(Source::Release, "var.NONE"), None);
        assert_eq!(value(Source::Release, "HOST"), None);
    }

    #[test]
    fn variables_that_differ_are_named_once_and_only_of_whole_rows() {
        let before = json!({ "name": "Acme", "namespace": "acme", "metadata": { "B": 1, "A": "x", "C": "y" } });
        let after =
            json!({ "name": "Acme", "namespace": "acme2", "metadata": { "A": "z", "C": "y" } });
        let changed = changed_variables(Source::Customer, &before, &after);
        assert_eq!(changed, ["customer.namespace", "var.A", "var.B"]);
        let part = json!({ "customerIds": [1] });
        assert!(changed_variables(Source::Release, &part, &part).is_empty());
    }
}
