//! The chain of the history (R89): anybody can recompute it, and whatever is changed by hand breaks it.
use super::transfer::{exported, rich, text_of};
use crate::{harness::TestApp, test_database::TestEngine, world::metadata};
use app::{
    domain::{
        check_finding::Check,
        customer::CustomerDraft,
        history_chain::{Head, NONE_BEFORE},
        metadata::Value as Variable,
    },
    store::{
        Database, Store,
        entity::{audit_event, sha256},
    },
};
use sea_orm::{ConnectionTrait, Iterable};
use serde_json::{Map, Value};

/// Canonical JSON once more, for the values of these tests; a text `content` counts by its SHA-256.
fn canonical(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) if name == "content" => format!("\"{}\"", sha256(text)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|it| canonical("", it)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, it)| format!("\"{name}\":{}", canonical(name, it)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// What anybody computes from an event as `/api/audit` shows it.
pub fn hash_of(event: &Value) -> String {
    let mut members: Map<String, Value> = event.as_object().unwrap().clone();
    for name in ["hash", "previousHash", "resolvedText"] {
        members.remove(name).unwrap();
    }
    members.retain(|_, it| !it.is_null());
    let previous = event["previousHash"].as_str().unwrap();
    sha256(&format!(
        "{previous}\n{}",
        canonical("", &Value::Object(members))
    ))
}

/// The whole history as REST shows it, oldest first.
async fn history(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/api/audit?format=jsonl").await;
    let lines = answer.body.lines();
    let mut events: Vec<Value> = lines.map(|it| serde_json::from_str(it).unwrap()).collect();
    events.reverse();
    events
}

pub async fn breaks(store: &Store) -> Vec<String> {
    let findings = store.check().await.unwrap();
    let chain = findings.into_iter().filter(|it| it.check == Check::Chain);
    chain.map(|it| it.detail).collect()
}

pub async fn execute(database: &Database, sql: &str) {
    database.writer().execute_unprepared(sql).await.unwrap();
}

#[tokio::test]
async fn every_event_follows_the_one_before_it_as_anybody_can_recompute() {
    let world = rich().await;
    let events = history(&world.app).await;
    assert!(events.len() > 30);
    let mut previous = NONE_BEFORE.to_owned();
    for event in &events {
        assert_eq!(event["previousHash"], previous.as_str(), "{event}");
        assert_eq!(event["hash"], hash_of(event).as_str(), "{event}");
        assert_eq!(event["at"].as_str().unwrap().len(), 27, "{event}");
        previous = event["hash"].as_str().unwrap().to_owned();
    }
    // Newest first, a page has the same.
    let page = world.app.read("/api/audit?limit=1").await;
    assert_eq!(&page["items"][0], events.last().unwrap());
    let head = world.app.read("/api/audit/head").await;
    assert_eq!(head["hash"], previous.as_str());
    for name in ["id", "at"] {
        assert_eq!(head[name], events.last().unwrap()[name]);
    }
    assert_eq!(head.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn an_export_has_all_that_a_hash_is_computed_from() {
    let world = rich().await;
    let whole = exported(&world.app.store).await;
    let part = text_of(&world.app.store, Some(world.june)).await;
    for text in [whole, part] {
        let export: Value = serde_json::from_str(&text).unwrap();
        let events = export["events"].as_array().unwrap();
        assert!(events.len() > 12);
        for event in events {
            assert_eq!(event["hash"], hash_of(event).as_str(), "{event}");
        }
    }
}

#[tokio::test]
async fn a_history_without_events_has_a_head_too() {
    let app = TestApp::new().await;
    let head = app.read("/api/audit/head").await;
    let expected = serde_json::json!({ "id": 0, "hash": NONE_BEFORE, "at": null });
    assert_eq!(head, expected);
    let mismatch = app.database.head_mismatch(&Head::default()).await.unwrap();
    assert_eq!(mismatch, None);
}

/// Changes of one event by hand, for each column.
fn forgeries(column: audit_event::Column) -> &'static [&'static str] {
    use audit_event::Column as Of;
    match column {
        Of::Id => &["id = 1000"],
        Of::BatchId => &["batch_id = batch_id || 'x'"],
        Of::Entity => &["entity = 'customer'"],
        Of::EntityId => &["entity_id = entity_id + 1"],
        Of::ReleaseId => &["release_id = NULL", "release_id = 2"],
        Of::CustomerId => &["customer_id = NULL", "customer_id = 2"],
        Of::Action => &["action = 'skip'"],
        Of::Actor => &["actor = 'Eve'"],
        Of::At => &["at = '2026-06-01 09:00:00.001+00:00'"],
        Of::Before => &[
            "before = NULL",
            "before = replace(before, 'pending', 'failed')",
        ],
        Of::After => &["after = NULL", "after = replace(after, '\"done\"', 'null')"],
        // Found by the check of the texts themselves.
        Of::ResolvedText | Of::TextId => &[],
        Of::ResolvedSha256 => &["resolved_sha256 = replace(resolved_sha256, 'a', 'b')"],
        Of::TextShown => &["text_shown = NULL", "text_shown = true"],
        Of::Undoes => &["undoes = 'x'"],
        Of::UserId => &["user_id = 1"],
        Of::Via => &["via = 'cli'"],
        Of::Hash => &[
            "hash = previous_hash",
            "hash = NULL",
            "hash = 'x'",
            "hash = upper(hash)",
        ],
        Of::PreviousHash => &["previous_hash = hash", "previous_hash = NULL"],
    }
}

#[tokio::test]
async fn whatever_is_changed_by_hand_is_the_break_that_a_check_names() {
    let world = rich().await;
    let store = &world.app.store;
    let events = history(&world.app).await;
    let done = events.iter().find(|it| it["action"] == "done").unwrap();
    let id = done["id"].as_i64().unwrap();
    execute(
        &world.app.database,
        "CREATE TABLE good AS SELECT * FROM audit_events",
    )
    .await;
    let restore = "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM good";
    let mut forgeries: Vec<String> = audit_event::Column::iter()
        .flat_map(|it| forgeries(it).iter())
        .map(|change| format!("UPDATE audit_events SET {change} WHERE id = {id}"))
        .collect();
    assert!(forgeries.len() > 20);
    let next = id + 1;
    forgeries.extend([
        format!("DELETE FROM audit_events WHERE id = {id}"),
        format!("DELETE FROM audit_events WHERE id < {id}"),
        // Two events in each other's place.
        format!(
            "UPDATE audit_events SET id = 1000 WHERE id = {id}; \
             UPDATE audit_events SET id = {id} WHERE id = {next}; \
             UPDATE audit_events SET id = {next} WHERE id = 1000"
        ),
    ]);
    for sql in forgeries {
        execute(&world.app.database, &sql).await;
        let found = breaks(store).await;
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
        let names = [id, next].map(|it| format!("event {it} "));
        assert!(
            names.iter().any(|it| found[0].starts_with(it)),
            "{sql}: {found:?}"
        );
        execute(&world.app.database, restore).await;
        assert_eq!(breaks(store).await, [""; 0], "{sql}");
    }
}

#[tokio::test]
async fn an_event_whose_id_is_not_above_0_is_a_break_and_is_exported() {
    let world = rich().await;
    let (store, database) = (&world.app.store, &world.app.database);
    for id in [0, -1, i64::MIN] {
        let insert = format!(
            "INSERT INTO audit_events (id, batch_id, entity, entity_id, action, actor, at) \
             VALUES ({id}, 'b', 'cluster', 1, 'update', 'Eve', '2026-06-01T09:00:00+00:00')"
        );
        execute(database, &insert).await;
        let found = breaks(store).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("event {id} ")), "{found:?}");
        let text = exported(store).await;
        assert!(text.contains(&format!("\n{{\"id\":{id},")), "{id}");
        execute(
            database,
            &format!("DELETE FROM audit_events WHERE id = {id}"),
        )
        .await;
        assert_eq!(breaks(store).await, [""; 0]);
    }
}

/// The place of an added event is made free by moving those behind it, and its own hash is right.
#[tokio::test]
async fn an_event_that_is_added_by_hand_is_found_though_its_own_hash_is_right() {
    let world = rich().await;
    let store = &world.app.store;
    let events = history(&world.app).await;
    let mut added = events[9].clone();
    let (id, next) = (
        added["id"].as_i64().unwrap(),
        added["id"].as_i64().unwrap() + 1,
    );
    added["actor"] = "Eve".into();
    let hash = hash_of(&added);
    let move_and_add = format!(
        "CREATE TABLE good AS SELECT * FROM audit_events; \
         UPDATE audit_events SET id = -id - 1 WHERE id >= {id}; \
         UPDATE audit_events SET id = -id WHERE id < 0; \
         INSERT INTO audit_events SELECT * FROM good WHERE id = {id}; \
         UPDATE audit_events SET actor = 'Eve', hash = '{hash}' WHERE id = {id}"
    );
    execute(&world.app.database, &move_and_add).await;
    let found = breaks(store).await;
    assert_eq!(found, [format!("event {next} is not what was written")]);
}

#[tokio::test]
async fn an_end_that_was_cut_off_or_written_anew_is_found_by_a_head_only() {
    let world = rich().await;
    let store = &world.app.store;
    let (head, _) = store.head().await.unwrap().unwrap();
    assert_eq!(world.app.database.head_mismatch(&head).await.unwrap(), None);
    execute(
        &world.app.database,
        &format!("DELETE FROM audit_events WHERE id = {}", head.id),
    )
    .await;
    // Who knows that the last id is kept changes that too.
    execute(
        &world.app.database,
        TestEngine::of_this_run().pick(
            "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit_events'",
            "SELECT setval(pg_get_serial_sequence('audit_events', 'id'), (SELECT max(id) FROM audit_events))",
        ),
    )
    .await;
    assert_eq!(breaks(store).await, [""; 0]);
    let mismatch = world
        .app
        .database
        .head_mismatch(&head)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(mismatch, format!("event {} is not in the history", head.id));
    // Who writes it anew gets another hash.
    world.app.customers(1).await;
    assert_eq!(breaks(store).await, [""; 0]);
    let mismatch = world
        .app
        .database
        .head_mismatch(&head)
        .await
        .unwrap()
        .unwrap();
    assert!(mismatch.contains("has another hash"), "{mismatch}");
}

/// Any double is hashed the same before and after it was stored.
#[tokio::test]
async fn numbers_hash_the_same_before_and_after_they_were_stored() {
    let app = TestApp::new().await;
    let cluster = app.customers(1).await;
    let of = app.store.customer(cluster[0]).await.unwrap();
    let (mut bits, mut seed) = (Vec::new(), 1_u64);
    while bits.len() < 600 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bits.extend(Some(f64::from_bits(seed)).filter(|it| it.is_finite()));
    }
    bits.extend([
        0.0,
        -0.0,
        5e-324,
        f64::MAX,
        1e21,
        1e-7,
        9_007_199_254_740_993.0,
    ]);
    for (n, values) in bits.chunks(100).enumerate() {
        let mut variables = metadata(&[]);
        for (at, value) in values.iter().enumerate() {
            let number = Variable::Number(format!("{value:?}"));
            variables.0.insert(format!("V{at}"), number);
        }
        let draft = CustomerDraft {
            name: format!("numbers {n}"),
            cluster_id: Some(of.cluster.id),
            namespace: format!("numbers-{n}"),
            metadata: variables,
            ..CustomerDraft::default()
        };
        app.store.create_customer(draft, app.ana()).await.unwrap();
    }
    assert_eq!(breaks(&app.store).await, [""; 0]);
}
