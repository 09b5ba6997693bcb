//! Tests of the checks of an import's rows: each fault is named by its line and field.
use super::{json_lines::JsonItem, row_checker::RowChecker};
use serde_json::{Value, json};

fn cluster(change: impl Fn(&mut Value)) -> String {
    let mut row = json!({
        "id": 1, "name": "eu", "kubeconfigPath": null, "description": null, "isActive": true, "metadata": {},
        "version": 1, "createdAt": "2026-06-01T09:00:00Z", "updatedAt": "2026-06-01T09:00:00Z",
    });
    change(&mut row);
    serde_json::to_string_pretty(&row).unwrap()
}

fn errors(rows: &[String]) -> String {
    let mut check = RowChecker::default();
    for text in rows {
        check.cluster(&JsonItem {
            text,
            line: 10,
            offset: 0,
        });
    }
    check.finish().to_string()
}

#[test]
fn a_row_as_it_is_written_is_taken() {
    assert_eq!(errors(&[cluster(|_| ())]), "");
}

#[test]
fn every_fault_names_its_line_and_field() {
    let one = |change: fn(&mut Value)| errors(&[cluster(change)]);
    let text = cluster(|_| ());
    let line = 10 + text.lines().position(|it| it.contains("name")).unwrap();
    assert_eq!(
        one(|it| it["name"] = json!(7)),
        format!("line {line}, clusters.name: invalid type: integer `7`, expected a string")
    );
    assert_eq!(
        one(|it| it["name"] = json!("")),
        "line 10, clusters.name: Enter a name"
    );
    assert_eq!(one(|it| it["x"] = json!(1)), "line 10, clusters.x: unknown");
    assert_eq!(
        one(|it| it["id"] = json!(0)),
        "line 10, clusters.id: count from 1"
    );
    let missing = one(|it| {
        it.as_object_mut().unwrap().remove("isActive");
    });
    assert!(
        missing.contains("clusters.isActive: missing field"),
        "{missing}"
    );
    assert!(one(|it| it["createdAt"] = json!("yesterday")).contains("clusters.createdAt"));
    assert!(one(|it| it["metadata"] = json!({ "1": "x" })).contains("clusters.metadata"));
    let twice = text.replacen("\"metadata\": {}", "\"metadata\": {\"A\": 1, \"A\": 2}", 1);
    assert_eq!(
        errors(&[twice]),
        "line 10, clusters.metadata: the member \"A\" is there twice"
    );
}

#[test]
fn a_double_id_and_a_double_name_are_two_faults() {
    let twice = errors(&[cluster(|_| ()), cluster(|_| ())]);
    assert!(twice.contains("an earlier row has this id"));
    assert!(twice.contains("an earlier cluster has this name"));
}
