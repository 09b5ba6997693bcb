//! The texts of events are kept in `texts`. In what an event of a step or a template stores of its row, each text `content`,
//! at whatever depth, is `{"text": ID}`; a `content` that is an object itself is `{"value": OBJECT}`, so that what is read
//! is exactly what was written, and hashes alike (R89). Events of other nouns have no such texts, but variables of any name.
use crate::domain::event::{Entity, Event};
use crate::store::{
    engine::row_decode::of_row, entity::audit_event, error::StoreError, texts, texts::TextIds,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

const TABLE: &str = "audit_events";

/// The member that is a text.
const CONTENT: &str = "content";

/// Whether a member is a text that is kept in `texts`. One with NUL, which no step has and PostgreSQL refuses, stays in the
/// event, where JSON escapes it.
fn is_kept(name: &str, text: &str) -> bool {
    name == CONTENT && !text.contains('\0')
}

fn has_texts(event: &Event) -> bool {
    matches!(event.entity, Entity::Step | Entity::Template)
}

/// The rows of these events, after their texts were saved.
pub async fn rows(
    tx: &DatabaseTransaction,
    events: Vec<Event>,
) -> Result<Vec<audit_event::ActiveModel>, DbErr> {
    let mut bodies = Vec::new();
    for event in &events {
        bodies.extend(event.resolved_text.as_deref());
        if has_texts(event) {
            for row in [&event.before, &event.after].into_iter().flatten() {
                add_texts(row, &mut bodies);
            }
        }
    }
    let ids = texts::save(tx, &bodies, true).await?;
    let rows = events.into_iter().map(|mut event| {
        let text = event.resolved_text.as_deref().and_then(|it| ids.of(it));
        if has_texts(&event) {
            for row in [&mut event.before, &mut event.after].into_iter().flatten() {
                *row = stored(std::mem::take(row), &ids);
            }
        }
        audit_event::ActiveModel::of(event, text)
    });
    Ok(rows.collect())
}

/// Events with their texts. Errors: `Corrupt` with the row, also for a text that is missing.
pub async fn read(
    db: &impl ConnectionTrait,
    rows: Vec<audit_event::Model>,
) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        let event = row.without_texts().map_err(|it| of_row(it, TABLE, id))?;
        events.push(event);
    }
    let ids: HashSet<i64> = events.iter().flat_map(text_ids).collect();
    let bodies = texts::bodies(db, ids).await?;
    for event in &mut events {
        put_back(event, &bodies).map_err(|it| of_row(it, TABLE, event.id.0))?;
    }
    Ok(events)
}

/// The texts that `before` and `after` of an event, as it is stored, refer to.
pub fn text_ids(event: &Event) -> Vec<i64> {
    let mut ids = Vec::new();
    if has_texts(event) {
        for row in [&event.before, &event.after].into_iter().flatten() {
            add_ids(row, &mut ids);
        }
    }
    ids
}

/// Puts the texts back into an event as it is stored. Errors: `Corrupt` for a text that is missing.
pub fn put_back(event: &mut Event, bodies: &HashMap<i64, String>) -> Result<(), StoreError> {
    if has_texts(event) {
        for row in [&mut event.before, &mut event.after].into_iter().flatten() {
            tell(row, bodies)?;
        }
    }
    Ok(())
}

fn add_texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| add_texts(it, found)),
        Value::Object(members) => {
            for (name, it) in members {
                match it {
                    Value::String(text) if is_kept(name, text) => found.push(text),
                    it => add_texts(it, found),
                }
            }
        }
        _ => {}
    }
}

fn stored(value: Value, ids: &TextIds) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|it| stored(it, ids)).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, it)| {
                let is_content = name == CONTENT;
                let it = match it {
                    Value::String(text) if is_kept(&name, &text) => {
                        json!({ "text": ids.of(&text) })
                    }
                    Value::Object(_) if is_content => json!({ "value": stored(it, ids) }),
                    it => stored(it, ids),
                };
                (name, it)
            });
            Value::Object(members.collect())
        }
        value => value,
    }
}

/// The id in `{"text": ID}`.
fn reference(content: &Map<String, Value>) -> Option<i64> {
    content.get("text").filter(|_| content.len() == 1)?.as_i64()
}

fn add_ids(value: &Value, ids: &mut Vec<i64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| add_ids(it, ids)),
        Value::Object(members) => {
            for (name, it) in members {
                // A `content` that was an object is wrapped in `value`; its own texts are within.
                let content = it.as_object().filter(|_| name == CONTENT);
                match content.map(|it| (reference(it), it.get("value"))) {
                    Some((Some(id), _)) => ids.push(id),
                    Some((None, Some(inner))) => add_ids(inner, ids),
                    _ => add_ids(it, ids),
                }
            }
        }
        _ => {}
    }
}

fn tell(value: &mut Value, bodies: &HashMap<i64, String>) -> Result<(), StoreError> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|it| tell(it, bodies)),
        Value::Object(members) => {
            for (name, it) in members.iter_mut() {
                let mut inner = None;
                if let Some(content) = it.as_object_mut().filter(|_| name == CONTENT) {
                    if let Some(id) = reference(content) {
                        let body = bodies.get(&id).cloned().map(Value::String);
                        inner = Some(body.ok_or_else(|| missing(id))?);
                    } else if content.len() == 1 {
                        inner = content.remove("value");
                    }
                }
                if let Some(inner) = inner {
                    *it = inner;
                }
                tell(it, bodies)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn missing(id: i64) -> StoreError {
    StoreError::corrupt(TABLE, format!("text {id} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entity::text_key;

    #[test]
    fn what_is_read_is_what_was_written_at_whatever_depth() {
        let written = json!({
            "content": "SELECT 1;",
            "exceptions": [{ "content": "SELECT 2;" }, { "content": null }, { "content": 7 }],
            "own": { "content": { "text": 5, "content": "SELECT 1;" } },
            "kept": { "content": { "text": 5 } },
            "later": { "content": "with NUL \u{0}" },
            "name": "content",
        });
        let mut texts = Vec::new();
        add_texts(&written, &mut texts);
        assert_eq!(texts, ["SELECT 1;", "SELECT 2;", "SELECT 1;"]);
        let known = [("SELECT 1;", 1), ("SELECT 2;", 2)];
        let (mut ids, mut bodies) = (TextIds::default(), HashMap::new());
        for (body, id) in known {
            ids.add(&text_key(body), id);
            bodies.insert(id, body.to_owned());
        }
        let mut read = stored(written.clone(), &ids);
        assert_eq!(read["content"], json!({ "text": 1 }));
        let mut found = Vec::new();
        add_ids(&read, &mut found);
        found.sort_unstable();
        assert_eq!(found, [1, 1, 2]);
        tell(&mut read, &bodies).unwrap();
        assert_eq!(read, written);
        let mut lost = json!({ "content": { "text": 3 } });
        assert!(tell(&mut lost, &bodies).is_err());
    }
}
