//! Display text of a field in an audit event: evidence and runs in words, other values as stored.
use super::{evidence::EvidenceDigest, run_digest::RunDigest};
use serde_json::{Map, Value};

/// A field of a row; none if it is missing or empty.
pub fn field_text(row: &Map<String, Value>, field: &str) -> Option<String> {
    let value = row.get(field)?;
    match RunDigest::of_member(field, value) {
        Some(run) => Some(run.to_string()),
        None => readable(value),
    }
}

fn readable(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        // Pieces of evidence.
        Value::Array(items) if items.iter().any(|it| it.get("sha256").is_some()) => {
            let pieces = items.iter().filter_map(EvidenceDigest::of);
            let pieces: Vec<String> = pieces.map(|it| it.to_string()).collect();
            Some(pieces.join("; "))
        }
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_is_told_in_words_and_what_is_empty_is_nothing() {
        let run = json!({ "id": 12, "runner": "eu-1", "exitCode": 0 });
        let row = json!({ "run": run, "name": "Upgrade", "version": 3, "notes": null });
        let row = row.as_object().unwrap();
        let text = |field| field_text(row, field);
        assert_eq!(text("run").as_deref(), Some("12 on eu-1, exit code 0"));
        assert_eq!(text("name").as_deref(), Some("Upgrade"));
        assert_eq!(text("version").as_deref(), Some("3"));
        assert_eq!((text("notes"), text("status")), (None, None));
    }
}
