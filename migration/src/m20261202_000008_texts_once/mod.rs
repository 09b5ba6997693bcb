//! Texts are kept once: table `texts`, by the SHA-256 of the whole text. Template steps, their copies and events get the id of
//! their text, and the columns that had the texts go. What an event stores of its row has `{"text": ID}` for a text, so that
//! what is read, and hashed (R89), is what it was. The names of variables belong to the text's row from now on.
mod event_texts;
mod uses;

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, boolean, text},
    sea_orm::QueryResult,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

/// This migration.
pub struct Migration;

// The derived name would be that of the file.
impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261202_000008_texts_once"
    }
}

/// How many rows are read at once.
const ROWS: u64 = 500;
/// How many rows are written by one statement.
const ROWS_PER_STATEMENT: usize = 500;
/// How many rows are moved between two lines of the log.
const ROWS_PER_LINE: u64 = 20_000;

/// The tables whose rows have a text.
const STEP_TABLES: [&str; 2] = ["step_templates", "customer_steps"];

/// Covers the query of the matrix.
const MATRIX_INDEX: (&str, &str, &[&str]) = (
    "index_customer_steps_release_id",
    "customer_steps",
    &[
        "release_id",
        "customer_id",
        "category",
        "order_index",
        "template_id",
        "status",
        "is_overridden",
        "is_custom",
        "has_notes",
        "text_id",
        "state_by",
        "state_at",
    ],
);

const INDEXES: [(&str, &str, &[&str]); 4] = [
    ("unique_texts_key", "texts", &["key"]),
    MATRIX_INDEX,
    (
        "index_customer_steps_text_id",
        "customer_steps",
        &["text_id"],
    ),
    (
        "index_step_templates_text_id",
        "step_templates",
        &["text_id"],
    ),
];

/// The texts that no event has: those that a change may leave without any use.
const OUT_OF_HISTORY: &str =
    "CREATE INDEX index_texts_out_of_history ON texts (id) WHERE NOT in_history";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        create_tables(manager).await?;
        create_index(manager, INDEXES[0]).await?;
        let mut progress = Progress::begin(db).await?;
        let mut texts = Texts::default();
        for table in STEP_TABLES {
            add_column(manager, table, &mut pointer()).await?;
            move_steps(db, table, &mut texts, &mut progress).await?;
        }
        db.execute_unprepared("DROP INDEX index_customer_steps_release_id")
            .await?;
        for table in STEP_TABLES {
            for column in ["content", "text_key"] {
                drop_column(manager, table, column).await?;
            }
        }
        add_column(manager, "audit_events", &mut big_integer_null("text_id")).await?;
        let of_steps = texts.ids.values().copied().collect();
        event_texts::move_all(db, &mut texts, of_steps, &mut progress).await?;
        drop_column(manager, "audit_events", "resolved_text").await?;
        for index in INDEXES.into_iter().skip(1) {
            create_index(manager, index).await?;
        }
        db.execute_unprepared(OUT_OF_HISTORY).await?;
        Ok(())
    }
}

async fn create_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let texts = Table::create()
        .table(Alias::new("texts"))
        .col(big_integer("id").primary_key().auto_increment())
        .col(blob("key"))
        .col(text("body"))
        .col(boolean("in_history").default(false))
        .to_owned();
    manager.create_table(texts).await?;
    let earlier = Table::drop().table(Alias::new("text_variables")).to_owned();
    manager.drop_table(earlier).await?;
    let mut of_text = ForeignKey::create()
        .name("fk_text_variables_text_id")
        .from(Alias::new("text_variables"), Alias::new("text_id"))
        .to(Alias::new("texts"), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned();
    let variables = Table::create()
        .table(Alias::new("text_variables"))
        .col(big_integer("text_id"))
        .col(text("name"))
        .primary_key(Index::create().col("text_id").col("name"))
        .foreign_key(&mut of_text)
        .to_owned();
    manager.create_table(variables).await
}

/// The column of a step's text. SQLite adds a column that refers to another table only if it may be null.
fn pointer() -> ColumnDef {
    let refers = "REFERENCES texts (id) ON DELETE RESTRICT";
    big_integer_null("text_id").extra(refers).to_owned()
}

async fn add_column(
    manager: &SchemaManager<'_>,
    table: &str,
    column: &mut ColumnDef,
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    alter.table(Alias::new(table)).add_column(column);
    manager.alter_table(alter).await
}

async fn drop_column(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    alter
        .table(Alias::new(table))
        .drop_column(Alias::new(column));
    manager.alter_table(alter).await
}

async fn create_index(
    manager: &SchemaManager<'_>,
    (name, table, columns): (&str, &str, &[&str]),
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    if name.starts_with("unique_") {
        index.unique();
    }
    manager.create_index(index).await
}

/// How far the migration is, for the log.
struct Progress {
    moved: u64,
    total: u64,
}

impl Progress {
    async fn begin(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let mut total = 0;
        for table in ["step_templates", "customer_steps", "audit_events"] {
            let query = Query::select()
                .expr(Func::count(Expr::col(Asterisk)))
                .from(Alias::new(table))
                .to_owned();
            let rows: i64 = match db.query_one(&query).await? {
                Some(row) => row.try_get_by_index(0)?,
                None => 0,
            };
            total += rows.unsigned_abs();
        }
        Ok(Self { moved: 0, total })
    }

    fn add(&mut self, rows: usize) {
        let before = self.moved / ROWS_PER_LINE;
        self.moved += rows as u64;
        if self.moved / ROWS_PER_LINE > before {
            let Self { moved, total } = self;
            tracing::info!("texts are kept once: {moved} of {total} rows");
        }
    }
}

/// The texts that are saved: their ids by their keys.
#[derive(Default)]
struct Texts {
    ids: HashMap<[u8; 32], i64>,
}

impl Texts {
    fn id(&self, body: &str) -> Option<i64> {
        self.ids.get(&key(body)).copied()
    }

    /// Saves those of these texts that are not saved yet, in their order. Answers these.
    async fn save<'a>(
        &mut self,
        db: &impl ConnectionTrait,
        bodies: &[&'a str],
        in_history: bool,
    ) -> Result<Vec<&'a str>, DbErr> {
        let mut seen = HashSet::new();
        let mut new: Vec<([u8; 32], &str)> = Vec::new();
        for &body in bodies {
            let key = key(body);
            if !self.ids.contains_key(&key) && seen.insert(key) {
                new.push((key, body));
            }
        }
        for part in new.chunks(ROWS_PER_STATEMENT) {
            let mut insert = Query::insert();
            insert
                .into_table(Alias::new("texts"))
                .columns(["key", "body", "in_history"].map(Alias::new));
            for (key, body) in part {
                let key = Expr::val(key.to_vec());
                insert.values_panic([key, Expr::val(*body), Expr::val(in_history)]);
            }
            db.execute(&insert).await?;
            let saved = Query::select()
                .columns(["id", "key"].map(Alias::new))
                .from(Alias::new("texts"))
                .and_where(Expr::col(Alias::new("key")).is_in(part.iter().map(|it| it.0.to_vec())))
                .to_owned();
            for row in db.query_all(&saved).await? {
                let key: Vec<u8> = row.try_get_by_index(1)?;
                if let Ok(key) = <[u8; 32]>::try_from(key) {
                    self.ids.insert(key, row.try_get_by_index(0)?);
                }
            }
        }
        Ok(new.into_iter().map(|it| it.1).collect())
    }
}

fn key(body: &str) -> [u8; 32] {
    Sha256::digest(body.as_bytes()).into()
}

/// The next rows of a table behind a row, by their ids.
async fn rows_after(
    db: &impl ConnectionTrait,
    (table, columns): (&str, &[&str]),
    last_id: Option<i64>,
) -> Result<Vec<QueryResult>, DbErr> {
    let mut query = Query::select();
    query
        .columns(columns.iter().map(|it| Alias::new(*it)))
        .from(Alias::new(table))
        .order_by(Alias::new("id"), Order::Asc)
        .limit(ROWS);
    if let Some(id) = last_id {
        query.and_where(Expr::col(Alias::new("id")).gt(id));
    }
    db.query_all(&query).await
}

/// Why a row stops the migration.
fn unreadable(table: &str, id: i64, error: &DbErr) -> DbErr {
    DbErr::Custom(format!("row {id} of {table} cannot be read: {error}"))
}

/// Saves the texts of a table of steps with their variables, and points its rows to them.
async fn move_steps(
    db: &impl ConnectionTrait,
    table: &str,
    texts: &mut Texts,
    progress: &mut Progress,
) -> Result<(), DbErr> {
    let mut last_id = None;
    loop {
        let rows = rows_after(db, (table, &["id", "content"]), last_id).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut steps: Vec<(i64, String)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let id: i64 = row.try_get_by_index(0)?;
            let body = row.try_get_by_index(1);
            steps.push((id, body.map_err(|error| unreadable(table, id, &error))?));
        }
        let bodies: Vec<&str> = steps.iter().map(|it| it.1.as_str()).collect();
        let new = texts.save(db, &bodies, false).await?;
        save_uses(db, texts, &new).await?;
        // SQLite and PostgreSQL both take many rows in one statement by this form.
        let mut sql = "WITH moved (id, text_id) AS (VALUES ".to_owned();
        for (index, (id, body)) in steps.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let text = texts.id(body).ok_or_else(|| lost(table, *id))?;
            let _ = write!(sql, "{comma}({id},{text})");
        }
        let _ = write!(
            sql,
            ") UPDATE {table} SET text_id = moved.text_id FROM moved WHERE {table}.id = moved.id"
        );
        db.execute_unprepared(&sql).await?;
        last_id = steps.last().map(|it| it.0);
        progress.add(steps.len());
    }
}

/// A text that was saved is not found again.
fn lost(table: &str, id: i64) -> DbErr {
    DbErr::Custom(format!("row {id} of {table} has a text that was not saved"))
}

async fn save_uses(db: &impl ConnectionTrait, texts: &Texts, new: &[&str]) -> Result<(), DbErr> {
    let uses = new.iter().flat_map(|body| {
        let id = texts.id(body);
        uses::uses(body).into_iter().map(move |used| (id, used))
    });
    let uses: Vec<(Option<i64>, String)> = uses.collect();
    for part in uses.chunks(ROWS_PER_STATEMENT) {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new("text_variables"))
            .columns(["text_id", "name"].map(Alias::new));
        for (id, used) in part {
            insert.values_panic([Expr::val(*id), Expr::val(used.as_str())]);
        }
        db.execute(&insert).await?;
    }
    Ok(())
}
