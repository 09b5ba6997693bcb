//! Tests of the history's chain on `SQLite`: values that only `SQLite` holds in a column, and databases from before the chain,
//! which were all of it.
use crate::{
    harness::in_open_mode,
    store::{
        history_chain::{breaks, execute},
        transfer::rich,
    },
    world::World,
};
use app::{
    domain::{
        check_finding::Check,
        history_chain::{Head, NONE_BEFORE},
        id::EventId,
    },
    store::{Database, entity::audit_event, error::StoreError},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `SQLite` holds any value in any column.
#[tokio::test]
async fn a_value_that_cannot_be_read_is_a_break_that_names_event_and_column() {
    let world = rich().await;
    let (store, database) = (&world.app.store, &world.app.database);
    execute(database, "CREATE TABLE good AS SELECT * FROM audit_events").await;
    let restore = "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM good";
    for (column, value) in [
        ("actor", "x'ff'"),
        ("actor", "CAST(x'ff' AS TEXT)"),
        ("entity_id", "'203x'"),
        ("release_id", "'x'"),
        ("at", "'gestern'"),
        ("before", "'{'"),
        ("after", "x'7b7d'"),
        ("after", "'{\"a\":1,\"a\":2}'"),
        ("text_shown", "'x'"),
        ("hash", "x'ff'"),
    ] {
        let change = format!("UPDATE audit_events SET {column} = {value} WHERE id IN (7, 9)");
        execute(database, &change).await;
        let found = breaks(store).await;
        assert_eq!(found.len(), 1, "{change}: {found:?}");
        let is_named = found[0].starts_with("event 7 cannot be read: ");
        assert!(is_named && found[0].contains(column), "{change}: {found:?}");
        if column == "hash" {
            let head = Head {
                id: EventId(7),
                hash: NONE_BEFORE.to_owned(),
            };
            let mismatch = database.head_mismatch(&head).await.unwrap().unwrap();
            assert!(mismatch.contains("has another hash"), "{mismatch}");
        }
        execute(database, restore).await;
        assert_eq!(breaks(store).await, [""; 0], "{change}");
    }
}

#[tokio::test]
async fn a_value_of_another_table_that_cannot_be_read_is_found_by_row_and_column() {
    let world = rich().await;
    let (store, database) = (&world.app.store, &world.app.database);
    // The rows that a check reads first come last.
    for (table, column, at) in [
        ("customer_steps", "status", "WHERE id = 2"),
        ("release_customers", "added_at", ""),
        (
            "step_templates",
            "category",
            "WHERE id = (SELECT max(id) FROM step_templates)",
        ),
        ("clusters", "name", "WHERE id = 1"),
    ] {
        execute(
            database,
            &format!("UPDATE {table} SET {column} = x'ff' {at}"),
        )
        .await;
        let findings = store.check().await.unwrap();
        let rows = findings.iter().find(|it| it.check == Check::Rows);
        let detail = &rows.unwrap().detail;
        let words = [table, column, "cannot be read"];
        assert!(words.iter().all(|it| detail.contains(it)), "{detail}");
    }
}

/// `SQLite` keeps the last id that was given to an event, as a whole export tells it.
#[tokio::test]
async fn an_end_that_was_deleted_is_found_by_the_last_id_that_was_given() {
    let world = rich().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let (head, _) = store.head().await.unwrap().unwrap();
    let missing = format!(
        "event {} was the last one that was written, and it is missing",
        head.id
    );
    for sql in [
        format!("DELETE FROM audit_events WHERE id = {}", head.id),
        "DELETE FROM audit_events".to_owned(),
    ] {
        execute(database, &sql).await;
        assert_eq!(breaks(store).await, [missing.as_str()], "{sql}");
    }
}

/// A database with the schema before the chain.
async fn before_the_chain() -> (TempDir, Database) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let database = Database::open(&url).await.unwrap();
    Migrator::up(database.writer(), Some(2)).await.unwrap();
    (folder, database)
}

/// The hashes were computed by another program, in another language, from the file and R89 alone.
#[tokio::test]
async fn the_heads_of_the_first_chained_schema_stay_behind_every_later_migration() {
    let (_folder, database) = before_the_chain().await;
    execute(&database, include_str!("history_before_the_chain.sql")).await;
    Migrator::up(database.writer(), None).await.unwrap();
    for head in [
        "1:f9fa5c5d56a5d81e01021892ece309e8a8532504f199a8ad89fe7d7e9a7d172d",
        "17:1bad15487d5fac73be128fe7fb5b6e5ade2572e93cc44d0fa9508037027760ce",
        "45:029f7125094427fb77bc950c9d1721d81d47e91b064b22983cac66a9da09965a",
    ] {
        let mismatch = database
            .head_mismatch(&head.parse().unwrap())
            .await
            .unwrap();
        assert_eq!(mismatch, None, "{head}");
    }
    // What the migration has chained is what a check of today walks.
    assert_eq!(breaks(&in_open_mode(&database)).await, [""; 0]);
    let rows = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let rows = rows.all(database.writer()).await.unwrap();
    assert_eq!(rows.len(), 32);
    assert_eq!(rows[0].previous_hash.as_deref(), Some(NONE_BEFORE));
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_not_chained_and_stays_as_it_is() {
    let (_folder, database) = before_the_chain().await;
    let insert = "INSERT INTO audit_events (batch_id, entity, entity_id, action, actor, at, after) \
                  VALUES ('b', 'step', 1, 'done', 'Ana', '2026-06-01T09:00:00+00:00', '{broken')";
    execute(&database, insert).await;
    let failed = Migrator::up(database.writer(), None).await.unwrap_err();
    let failed = app::store::error::chain(&StoreError::Db(failed));
    assert!(failed.contains("event 1 cannot be read"), "{failed}");
    let pending = Migrator::get_pending_migrations(database.writer()).await;
    assert!(!pending.unwrap().is_empty());
    let columns = "SELECT hash FROM audit_events";
    assert!(database.writer().execute_unprepared(columns).await.is_err());
}

#[tokio::test]
async fn a_long_history_is_chained_in_seconds() {
    const EVENTS: u32 = 20_000;
    let (_folder, database) = before_the_chain().await;
    let insert = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {EVENTS}) \
         INSERT INTO audit_events (batch_id, entity, entity_id, release_id, action, actor, at, before, after) \
         SELECT 'b' || i, 'template', i, 1, 'update', 'Ana', '2026-06-01T09:00:00+00:00', \
         json_object('id', i, 'content', 'true', 'version', 1), json_object('id', i, 'content', 'false', 'version', 2) FROM n"
    );
    execute(&database, &insert).await;
    let began = Instant::now();
    Migrator::up(database.writer(), None).await.unwrap();
    let took = began.elapsed();
    eprintln!("{EVENTS} events were chained in {took:.1?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert_eq!(breaks(&in_open_mode(&database)).await, [""; 0]);
}

/// On PostgreSQL the program gives the ids of events, and the sequence does not follow.
#[tokio::test]
async fn an_id_is_never_given_twice_also_behind_a_removed_end() {
    let world = World::draft().await;
    let store = &world.app.store;
    let (head, _) = store.head().await.unwrap().unwrap();
    execute(&world.app.database, "DELETE FROM audit_events").await;
    world.app.customers(0).await;
    let (next, _) = store.head().await.unwrap().unwrap();
    assert_eq!(next.id, EventId(head.id.0 + 1));
}
