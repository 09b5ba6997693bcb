//! Tests of R42: a text is kept once, by its SHA-256, as long as anything points to it; and a database from before that.
use super::transfer::{is_well, rich};
use crate::{
    harness::{TestApp, in_open_mode},
    world::{World, draft},
};
use app::{
    domain::{
        check_finding::Check,
        id::{ReleaseId, StepId},
        order::Position,
        release::ReleaseDraft,
        vocabulary::StepAction,
    },
    store::{
        Database,
        audit::event_texts,
        entity::{audit_event, customer_step, step_template, text, text_key, text_variable},
        steps::transitions::TransitionOptions,
    },
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    Statement,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use tempfile::TempDir;

async fn texts(database: &Database) -> Vec<text::Model> {
    let all = text::Entity::find().order_by_asc(text::Column::Id);
    all.all(database.writer()).await.unwrap()
}

async fn bodies(database: &Database) -> Vec<String> {
    let texts = texts(database).await.into_iter();
    texts.map(|it| it.body).collect()
}

async fn execute(database: &Database, sql: &str) {
    database.writer().execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn a_text_is_kept_once_however_many_copies_and_events_have_it() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    // Four template steps, three copies of each, and the events that added them.
    let of_templates = [
        "Tell {{customer.name}}.",
        "SELECT {{customer.namespace | quote}};",
        "curl {{var.HOST}}",
        "true",
    ];
    assert_eq!(bodies(database).await, of_templates);
    let templates = step_template::Entity::find().all(database.writer());
    let of_template: BTreeMap<i64, Option<i64>> = templates
        .await
        .unwrap()
        .into_iter()
        .map(|it| (it.id, it.text_id))
        .collect();
    let copies = customer_step::Entity::find().all(database.writer());
    for copy in copies.await.unwrap() {
        assert_eq!(copy.text_id, of_template[&copy.template_id.unwrap()]);
    }
    // Two are done with a text that has no variables, one with a text of its own.
    for (customer, step) in [
        (&world.acme, "Check"),
        (&world.globex, "Check"),
        (&world.acme, "Announce"),
    ] {
        let id = world.id(customer, step).await;
        let done = StepAction::Done;
        let made = store.act_on_step(id, done, TransitionOptions::default(), world.app.ana());
        made.await.unwrap();
    }
    assert_eq!(bodies(database).await[4..], ["Tell Acme."]);
    for text in texts(database).await {
        assert_eq!(text.key, text_key(&text.body));
        assert!(text.in_history, "{}", text.body);
    }
    is_well(store).await;
}

#[tokio::test]
async fn a_text_that_only_the_history_has_stays_and_comes_back_with_an_undo() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let own = draft("Own", "verify", "sql", "SELECT 42;");
    let made = store.add_custom_step(
        world.june,
        world.acme.id,
        own,
        Position::Last,
        false,
        world.app.ana(),
    );
    let id = made.await.unwrap().row.id;
    let deleted = store.delete_custom_step(id, None, world.app.ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    assert!(bodies(database).await.contains(&"SELECT 42;".to_owned()));
    is_well(store).await;
    store.undo(batch, world.app.ana()).await.unwrap();
    assert_eq!(store.step(id).await.unwrap().step.content, "SELECT 42;");
}

#[tokio::test]
async fn a_text_that_nothing_points_to_any_more_goes_with_the_change() {
    let app = TestApp::new().await;
    let (store, database) = (&app.store, &app.database);
    let release = ReleaseDraft {
        name: "May".into(),
        ..ReleaseDraft::default()
    };
    let may = store.create_release(release, app.ana()).await.unwrap();
    let may = may.row.id;
    let step = draft("One", "deploy", "bash", "curl {{var.HOST}}");
    let made = store.add_template(may, step, Position::Last, app.ana());
    made.await.unwrap();
    // As a text would be whose events were left out of an export.
    execute(
        database,
        "INSERT INTO texts (\"key\", body) VALUES (x'01', 'out of the history'); \
         INSERT INTO text_variables (text_id, name) SELECT id, 'var.X' FROM texts WHERE \"key\" = x'01'; \
         UPDATE step_templates SET text_id = (SELECT id FROM texts WHERE \"key\" = x'01')",
    )
    .await;
    let july = ReleaseDraft {
        name: "July".into(),
        ..ReleaseDraft::default()
    };
    store.create_release(july, app.ana()).await.unwrap();
    assert_eq!(
        bodies(database).await,
        ["curl {{var.HOST}}", "out of the history"]
    );
    store.delete_draft(may, app.ana()).await.unwrap();
    assert_eq!(bodies(database).await, ["curl {{var.HOST}}"]);
    let names = text_variable::Entity::find().all(database.writer()).await;
    let names: Vec<String> = names.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["var.HOST"]);
}

/// Nobody has two texts whose SHA-256 begin alike, so their keys are made up.
#[tokio::test]
async fn two_texts_whose_keys_begin_with_the_same_eight_bytes_are_two() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let (mut first, mut second) = ([7; 32], [7; 32]);
    (first[31], second[31]) = (1, 2);
    let mut ids = Vec::new();
    for (key, body) in [(first, "echo {{var.NOWHERE}}"), (second, "echo")] {
        let row = text::ActiveModel {
            id: NotSet,
            key: Set(key.to_vec()),
            body: Set(body.to_owned()),
            in_history: Set(false),
        };
        let inserted = text::Entity::insert(row).exec(database.writer()).await;
        ids.push(inserted.unwrap().last_insert_id);
    }
    let (acme, globex) = (
        world.id(&world.acme, "Check").await,
        world.id(&world.globex, "Check").await,
    );
    let (one, two) = (ids[0], ids[1]);
    execute(
        database,
        &format!(
            "INSERT INTO text_variables (text_id, name) VALUES ({one}, 'var.NOWHERE'); \
             UPDATE customer_steps SET text_id = {one} WHERE id = {}; \
             UPDATE customer_steps SET text_id = {two} WHERE id = {}",
            acme.0, globex.0
        ),
    )
    .await;
    let step = async |id: StepId| store.step(id).await.unwrap().step.content;
    assert_eq!(step(acme).await, "echo {{var.NOWHERE}}");
    assert_eq!(step(globex).await, "echo");
    let grid = store.grid(world.june).await.unwrap();
    let is_missing = |id: StepId| {
        let at = grid.indexes_of(|it| it == id)[0];
        grid.cell(at).unwrap().is_unresolved
    };
    assert!(is_missing(acme) && !is_missing(globex));
}

#[tokio::test]
async fn a_check_finds_a_forged_text_a_pointer_to_nothing_and_a_text_without_use() {
    let world = rich().await;
    let store = &world.app.store;
    is_well(store).await;
    for (sql, undo, check, word) in [
        (
            "UPDATE texts SET body = body || ' ' WHERE id = 1",
            "UPDATE texts SET body = substr(body, 1, length(body) - 1) WHERE id = 1",
            Check::Texts,
            "text 1: its key is not its SHA-256",
        ),
        (
            "PRAGMA foreign_keys = OFF; UPDATE customer_steps SET text_id = text_id + 1000 WHERE id = 2; PRAGMA foreign_keys = ON",
            "UPDATE customer_steps SET text_id = text_id - 1000 WHERE id = 2",
            Check::Texts,
            "is missing, and something points to it",
        ),
        (
            "UPDATE audit_events SET text_id = text_id + 1000",
            "UPDATE audit_events SET text_id = text_id - 1000",
            Check::Texts,
            "is missing, and something points to it",
        ),
        (
            "UPDATE audit_events SET before = replace(before, '{\"text\":', '{\"text\":1000')",
            "UPDATE audit_events SET before = replace(before, '{\"text\":1000', '{\"text\":')",
            Check::Chain,
            "is missing",
        ),
        (
            "UPDATE texts SET in_history = 0",
            "UPDATE texts SET in_history = 1",
            Check::Texts,
            "is not kept for the history",
        ),
        (
            "INSERT INTO texts (\"key\", body) VALUES (x'00', 'nobody has it')",
            "DELETE FROM texts WHERE body = 'nobody has it'",
            Check::Texts,
            "is not used by anything",
        ),
    ] {
        execute(&world.app.database, sql).await;
        let findings = store.check().await.unwrap();
        let is_found = findings
            .iter()
            .any(|it| it.check == check && it.detail.contains(word));
        assert!(is_found, "{sql}: {findings:?}");
        execute(&world.app.database, undo).await;
        is_well(store).await;
    }
}

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
