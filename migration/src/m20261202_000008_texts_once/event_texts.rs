//! The texts of events: what was executed, and each member `content` of what is stored of a step's or template's row.
use super::{Progress, ROWS_PER_STATEMENT, Texts, lost, rows_after, unreadable};
use sea_orm_migration::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

const TABLE: &str = "audit_events";
const COLUMNS: [&str; 5] = ["id", "entity", "before", "after", "resolved_text"];
/// The member that is a text.
const CONTENT: &str = "content";

/// Whether a member is a text that is kept in `texts`. One with NUL, which no step has and PostgreSQL refuses, stays in the
/// event, where JSON escapes it.
fn is_kept(name: &str, text: &str) -> bool {
    name == CONTENT && !text.contains('\0')
}

/// What an event keeps of texts. Rows are `None` if nothing of them changes.
struct EventTexts {
    id: i64,
    before: Option<Value>,
    after: Option<Value>,
    executed: Option<String>,
}

/// Saves the texts of all events, and points the events to them. `of_steps` are the texts that steps have already.
pub async fn move_all(
    db: &impl ConnectionTrait,
    texts: &mut Texts,
    mut of_steps: HashSet<i64>,
    progress: &mut Progress,
) -> Result<(), DbErr> {
    let mut last_id = None;
    // Texts of steps that an event turned out to have too.
    let mut of_both = Vec::new();
    loop {
        let rows = rows_after(db, (TABLE, &COLUMNS), last_id).await?;
        if rows.is_empty() {
            break;
        }
        let mut events = Vec::new();
        for row in &rows {
            let id: i64 = row.try_get_by_index(0)?;
            last_id = Some(id);
            let unreadable = |error: DbErr| unreadable(TABLE, id, &error);
            let entity: String = row.try_get_by_index(1).map_err(unreadable)?;
            let is_step = entity == "step" || entity == "template";
            let stored = |at: usize| -> Result<Option<Value>, DbErr> {
                if !is_step {
                    return Ok(None);
                }
                let text: Option<String> = row.try_get_by_index(at).map_err(unreadable)?;
                Ok(text.and_then(|it| with_texts(&it)))
            };
            let event = EventTexts {
                id,
                before: stored(2)?,
                after: stored(3)?,
                executed: row.try_get_by_index(4).map_err(unreadable)?,
            };
            if event.before.is_some() || event.after.is_some() || event.executed.is_some() {
                events.push(event);
            }
        }
        let mut bodies: Vec<&str> = Vec::new();
        for event in &events {
            bodies.extend(event.executed.as_deref());
            for row in [&event.before, &event.after].into_iter().flatten() {
                add_texts(row, &mut bodies);
            }
        }
        texts.save(db, &bodies, true).await?;
        let ids = bodies.iter().filter_map(|it| texts.id(it));
        of_both.extend(ids.filter(|it| of_steps.remove(it)));
        for event in events {
            write(db, event, texts).await?;
        }
        progress.add(rows.len());
    }
    for part in of_both.chunks(ROWS_PER_STATEMENT) {
        let update = Query::update()
            .table(Alias::new("texts"))
            .value(Alias::new("in_history"), true)
            .and_where(Expr::col(Alias::new("id")).is_in(part.iter().copied()))
            .to_owned();
        db.execute(&update).await?;
    }
    Ok(())
}

async fn write(db: &impl ConnectionTrait, event: EventTexts, texts: &Texts) -> Result<(), DbErr> {
    let mut update = Query::update();
    update
        .table(Alias::new(TABLE))
        .and_where(Expr::col(Alias::new("id")).eq(event.id));
    for (column, row) in [("before", event.before), ("after", event.after)] {
        if let Some(row) = row {
            update.value(Alias::new(column), referring(row, texts).to_string());
        }
    }
    if let Some(body) = event.executed {
        let text = texts.id(&body).ok_or_else(|| lost(TABLE, event.id))?;
        update.value(Alias::new("text_id"), text);
    }
    db.execute(&update).await?;
    Ok(())
}

/// What an event stores of a row, if there is a `content` in it. What has more than is read of it stays as it is: a member that
/// is there twice, for example, which a check has to find.
fn with_texts(stored: &str) -> Option<Value> {
    if !stored.contains("\"content\"") {
        return None;
    }
    let value: Value = serde_json::from_str(stored).ok()?;
    (value.to_string().len() == stored.len()).then_some(value)
}

fn add_texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => {
            for it in items {
                add_texts(it, found);
            }
        }
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

/// The same with references in place of texts. A `content` that is an object is told apart from one.
fn referring(value: Value, texts: &Texts) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|it| referring(it, texts)).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, it)| {
                let is_content = name == CONTENT;
                let it = match it {
                    Value::String(text) if is_kept(&name, &text) => {
                        json!({ "text": texts.id(&text) })
                    }
                    Value::Object(_) if is_content => json!({ "value": referring(it, texts) }),
                    it => referring(it, texts),
                };
                (name, it)
            });
            Value::Object(members.collect())
        }
        value => value,
    }
}
