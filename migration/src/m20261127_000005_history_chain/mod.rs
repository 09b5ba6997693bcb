//! Each event of the history gets a hash that covers the event and the hash before it (R89), and the events that are there
//! are chained. Later migrations never hash anew, because people keep hashes elsewhere to compare with.
mod canonical_json;

use chrono::{DateTime, Utc};
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, FromQueryResult},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

pub struct Migration;

// The derived name would be that of the file.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261127_000005_history_chain"
    }
}

/// How many events are read and written at once.
const ROWS: u64 = 1_000;

const EVENTS: &str = "audit_events";

/// What is hashed of an event. Its text counts by its SHA-256.
#[derive(FromQueryResult)]
struct EventRow {
    id: i64,
    batch_id: String,
    entity: String,
    entity_id: i64,
    release_id: Option<i64>,
    customer_id: Option<i64>,
    action: String,
    actor: String,
    at: DateTime<Utc>,
    before: Option<String>,
    after: Option<String>,
    resolved_sha256: Option<String>,
    undoes: Option<String>,
}

const COLUMNS: [&str; 13] = [
    "id",
    "batch_id",
    "entity",
    "entity_id",
    "release_id",
    "customer_id",
    "action",
    "actor",
    "at",
    "before",
    "after",
    "resolved_sha256",
    "undoes",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["hash", "previous_hash"] {
            let mut table = Table::alter();
            table
                .table(Alias::new(EVENTS))
                .add_column(ColumnDef::new(Alias::new(column)).text().null());
            manager.alter_table(table).await?;
        }
        chain(manager.get_connection()).await
    }
}

async fn chain(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let (mut last_id, mut previous) = (0, "0".repeat(64));
    loop {
        let events = read(db, last_id).await?;
        let Some(last) = events.last() else {
            return Ok(());
        };
        last_id = last.id;
        // SQLite and PostgreSQL both take many rows in one statement by this form. Hashes need no quoting.
        let mut sql = "WITH chained (id, hash, previous_hash) AS (VALUES ".to_owned();
        for (index, event) in events.iter().enumerate() {
            let hash = sha256(&format!("{previous}\n{}", canonical(event)?));
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(sql, "{comma}({}, '{hash}', '{previous}')", event.id);
            previous = hash;
        }
        sql.push_str(
            ") UPDATE audit_events SET hash = chained.hash, previous_hash = chained.previous_hash \
             FROM chained WHERE audit_events.id = chained.id",
        );
        db.execute_unprepared(&sql).await?;
    }
}

async fn read(db: &impl ConnectionTrait, after: i64) -> Result<Vec<EventRow>, DbErr> {
    let query = Query::select()
        .columns(COLUMNS.map(Alias::new))
        .from(Alias::new(EVENTS))
        .and_where(Expr::col(Alias::new("id")).gt(after))
        .order_by(Alias::new("id"), Order::Asc)
        .limit(ROWS)
        .to_owned();
    let rows = db.query_all(&query).await?;
    rows.iter()
        .map(|row| EventRow::from_query_result(row, ""))
        .collect()
}

/// The event as it is hashed: members that are none are left out, and texts count by their SHA-256.
fn canonical(event: &EventRow) -> Result<String, DbErr> {
    let json = |text: &Option<String>| {
        let value = text.as_deref().map(serde_json::from_str::<Value>);
        let value = value
            .transpose()
            .map_err(|error| DbErr::Custom(format!("event {} cannot be read: {error}", event.id)));
        value.map(|it| it.filter(|it| !it.is_null()))
    };
    let text = |text: &Option<String>| text.clone().map(Value::from);
    let at = event.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let members = [
        ("action", Some(event.action.clone().into())),
        ("actor", Some(event.actor.clone().into())),
        ("after", json(&event.after)?),
        ("at", Some(at.into())),
        ("batchId", Some(event.batch_id.clone().into())),
        ("before", json(&event.before)?),
        ("customerId", event.customer_id.map(Value::from)),
        ("entity", Some(event.entity.clone().into())),
        ("entityId", Some(event.entity_id.into())),
        ("id", Some(event.id.into())),
        ("releaseId", event.release_id.map(Value::from)),
        ("resolvedSha256", text(&event.resolved_sha256)),
        ("undoes", text(&event.undoes)),
    ];
    let members: Map<String, Value> = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    let mut out = String::with_capacity(1_024);
    canonical_json::write(&mut out, &members.into(), &|out, name, text| {
        if name == "content" {
            canonical_json::write_text(out, &sha256(text));
        } else {
            canonical_json::write_text(out, text);
        }
    });
    Ok(out)
}

/// SHA-256 in hexadecimal digits.
fn sha256(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
