//! Tests of R42 on databases from before texts were kept once, which were all of `SQLite`.
use crate::{harness::in_open_mode, store::history_chain::execute};
use app::{
    domain::{check_finding::Check, id::ReleaseId},
    store::{
        Database,
        audit::event_texts,
        entity::{audit_event, customer_step, text, text_variable},
    },
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    Statement,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A database with the schema before texts were kept once, and a history in it.
async fn before_texts_were_kept_once() -> (TempDir, Database) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let database = Database::open(&url).await.unwrap();
    Migrator::up(database.writer(), Some(2)).await.unwrap();
    execute(&database, include_str!("history_before_the_chain.sql")).await;
    Migrator::up(database.writer(), Some(5)).await.unwrap();
    let rows = "INSERT INTO clusters (id, name, created_at, updated_at) \
        VALUES (1, 'eu-west', '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00'); \
        INSERT INTO customers (id, cluster_id, namespace, name, created_at, updated_at) \
        VALUES (1, 1, 'acme', 'Acme', '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00'); \
        INSERT INTO releases (id, name, type, status, created_at, updated_at) \
        VALUES (1, 'June', 'release', 'active', '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00')";
    execute(&database, rows).await;
    (folder, database)
}

/// Adds template steps with these texts, and a copy of each for Acme.
async fn add_steps(database: &Database, texts: &[&str]) {
    for (index, text) in texts.iter().enumerate() {
        let text = text.replace('\'', "''");
        // The fingerprints of that schema do not matter: what they were of is read from the texts.
        let sql = format!(
            "INSERT INTO step_templates (id, release_id, name, category, type, content, text_key, order_index, created_at, updated_at) \
             VALUES ({index} + 1, 1, 'step {index}', 'deploy', 'bash', '{text}', 7, {index}, '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00'); \
             INSERT INTO customer_steps (release_id, customer_id, template_id, name, category, type, content, text_key, order_index, created_at, updated_at) \
             VALUES (1, 1, {index} + 1, 'step {index}', 'deploy', 'bash', '{text}', 7, {index}, '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00')"
        );
        execute(database, &sql).await;
    }
}

#[tokio::test]
async fn a_migration_keeps_each_text_once_and_all_that_is_read_stays() {
    let (_folder, database) = before_texts_were_kept_once().await;
    // The second and the third are the same text; two have their one fingerprint.
    let of_steps = ["curl {{var.HOST}}", "it's\nü {{", "it's\nü {{", ""];
    add_steps(&database, &of_steps).await;
    let sql = "SELECT id, before, after, resolved_text FROM audit_events ORDER BY id";
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    let earlier = database.writer().query_all_raw(statement).await.unwrap();
    Migrator::up(database.writer(), None).await.unwrap();

    let rows = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let rows = rows.all(database.writer()).await.unwrap();
    let is_moved = |it: &audit_event::Model| {
        let row = it.after.as_deref().unwrap_or_default();
        row.contains("{\"text\":")
    };
    assert!(rows.iter().filter(|it| is_moved(it)).count() > 3);
    assert!(rows.iter().any(|it| it.text_id.is_some()));
    let events = event_texts::read(database.writer(), rows).await.unwrap();
    assert_eq!(events.len(), earlier.len());
    for (event, earlier) in events.iter().zip(earlier) {
        let json = |at: usize| {
            let text: Option<String> = earlier.try_get_by_index(at).unwrap();
            text.map(|it| serde_json::from_str::<Value>(&it).unwrap())
        };
        assert_eq!(earlier.try_get_by_index::<i64>(0).unwrap(), event.id.0);
        assert_eq!(event.before, json(1), "{}", event.id);
        assert_eq!(event.after, json(2), "{}", event.id);
        let executed: Option<String> = earlier.try_get_by_index(3).unwrap();
        assert_eq!(event.resolved_text, executed, "{}", event.id);
    }

    let store = in_open_mode(&database);
    let found = store.release(ReleaseId(1)).await.unwrap().templates;
    let found: Vec<String> = found.into_iter().map(|it| it.content).collect();
    assert_eq!(found, of_steps);
    let copies = customer_step::Entity::find().order_by_asc(customer_step::Column::Id);
    let copies = copies.all(database.writer()).await.unwrap();
    let found: Vec<&str> = copies
        .iter()
        .filter_map(|it| it.content.as_deref())
        .collect();
    assert_eq!(found, of_steps);
    let pointers: BTreeSet<Option<i64>> = copies.iter().map(|it| it.text_id).collect();
    assert_eq!(pointers.len(), 3);
    let uses = text_variable::Entity::find().all(database.writer()).await;
    let uses: Vec<(Option<i64>, String)> = uses
        .unwrap()
        .into_iter()
        .map(|it| (Some(it.text_id), it.name))
        .collect();
    assert_eq!(uses, [(copies[0].text_id, "var.HOST".to_owned())]);
    // The chain is what it was, and every text is kept once and pointed to. That the steps were never added is not their matter.
    let findings = store.check().await.unwrap();
    let of_texts = |it: Check| [Check::Chain, Check::Texts, Check::ForeignKeys].contains(&it);
    assert!(
        findings.iter().all(|it| !of_texts(it.check)),
        "{findings:?}"
    );
    database.compact().await.unwrap();
    let release = store.release(ReleaseId(1)).await.unwrap();
    assert_eq!(release.templates.len(), 4);
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing() {
    let (_folder, database) = before_texts_were_kept_once().await;
    add_steps(&database, &["true"]).await;
    execute(&database, "UPDATE customer_steps SET content = x'ff'").await;
    let failed = Migrator::up(database.writer(), None).await.unwrap_err();
    let failed = failed.to_string();
    assert!(failed.contains("row 1 of customer_steps"), "{failed}");
    let still = "SELECT content FROM step_templates UNION SELECT resolved_text FROM audit_events";
    execute(&database, still).await;
    let texts = database.writer().execute_unprepared("SELECT * FROM texts");
    assert!(texts.await.is_err());
}

#[tokio::test]
async fn twenty_thousand_copies_and_events_move_in_seconds() {
    const COPIES: u32 = 20_000;
    let (_folder, database) = before_texts_were_kept_once().await;
    add_steps(&database, &["curl {{var.HOST}}"]).await;
    let rows = format!(
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= {COPIES}) \
         INSERT INTO customers (id, cluster_id, namespace, name, created_at, updated_at) \
         SELECT i, 1, 'c' || i, 'c' || i, '2026-06-01T09:00:00+00:00', '2026-06-01T09:00:00+00:00' FROM n; \
         INSERT INTO customer_steps (release_id, customer_id, template_id, name, category, type, content, text_key, order_index, created_at, updated_at) \
         SELECT 1, id, 1, 'step 0', 'deploy', 'bash', 'curl {{{{var.HOST}}}}' || (id % 100), 7, 0, created_at, updated_at FROM customers WHERE id > 1; \
         INSERT INTO audit_events (batch_id, entity, entity_id, release_id, customer_id, action, actor, at, resolved_text) \
         SELECT 'b', 'step', id, 1, customer_id, 'done', 'Ana', created_at, 'curl ' || id FROM customer_steps"
    );
    execute(&database, &rows).await;
    let began = Instant::now();
    Migrator::up(database.writer(), None).await.unwrap();
    let took = began.elapsed();
    eprintln!("{COPIES} copies and as many events moved in {took:.1?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    let of_copies = text::Entity::find().filter(text::Column::InHistory.eq(false));
    assert_eq!(of_copies.count(database.writer()).await.unwrap(), 101);
    let without = customer_step::Entity::find().filter(customer_step::Column::TextId.is_null());
    assert_eq!(without.count(database.writer()).await.unwrap(), 0);
}
