//! Heads of the history over HTTP (R89), and who imported what (R88).
use crate::{
    harness::TestApp,
    people::scope,
    store::{
        history_chain::hash_of,
        transfer::{exported, rich},
    },
    world::World,
};
use app::domain::permission::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn import(app: &TestApp, text: &str) -> crate::harness::TestResponse {
    let file: Value = serde_json::from_str(text).unwrap();
    let by = [("x-rollcall-user", "Ravi Menon")];
    app.api("POST", "/api/import", file, &by).await
}

#[tokio::test]
async fn an_import_says_who_took_what_in_and_answers_with_its_batch() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    let taken = import(&other, &text).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    let batch = taken.header("x-rollcall-batch").to_owned();
    let last = other.read("/api/audit?limit=1").await["items"][0].take();
    assert_eq!(last["batchId"], batch.as_str());
    assert_eq!(last["actor"], "Ravi Menon");
    assert_eq!(
        (&last["entity"], &last["action"]),
        (&"database".into(), &"import".into())
    );
    assert_eq!(last["after"]["imported"]["steps"], 12);
    let undo = format!("/api/audit/{batch}/undo");
    let refused = other.api("POST", &undo, Value::Null, &[]).await;
    refused.problem(409);
    for query in ["entity=database", "action=import"] {
        let found = other.read(&format!("/api/audit?{query}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{query}");
    }
    // The page of the history shows it.
    let page = other.get("/activity").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("imported") && page.body.contains("the database"));
}

#[tokio::test]
async fn an_import_with_a_broken_chain_is_a_problem_by_line_and_field() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file["events"][3]["actor"] = "Eve".into();
    let answer = other.api("POST", "/api/import", file, &[]).await;
    let problem = answer.problem(422);
    let errors = problem["errors"].as_object().unwrap();
    assert_eq!(errors.len(), 1, "{problem}");
    assert!(errors.keys().all(|it| it.ends_with("events.hash")));
    assert_eq!(answer.header("x-rollcall-batch"), "");
    assert!(other.store.head().await.unwrap().is_none());
}

#[tokio::test]
async fn a_report_and_a_release_s_json_end_with_the_head_that_they_were_made_at() {
    let world = rich().await;
    let head = world.app.read("/api/audit/head").await;
    let (id, hash) = (&head["id"], head["hash"].as_str().unwrap());
    let path = format!("/api/releases/{}/export", world.june);
    let file = world.app.read(&path).await;
    assert_eq!(file["head"], serde_json::json!({ "id": id, "hash": hash }));
    let report = world.app.get(&format!("{path}?format=md")).await;
    let last = report.body.lines().last().unwrap();
    let expected = format!(
        "Head of the history: event {id}, SHA-256 `{hash}`. Whether today's history still contains it: \
         `rollcall check --head {id}:{hash}`."
    );
    assert_eq!(last, expected);
    // The whole export is the history itself.
    let whole = exported(&world.app.store).await;
    assert!(!whole.contains("\"head\":{\"id\""));
    // A table has rows only.
    let table = world.app.get(&format!("{path}?format=csv")).await;
    assert!(!table.body.contains(hash));
}

#[tokio::test]
async fn the_history_as_a_table_and_as_lines_has_both_hashes() {
    let world = World::draft().await;
    let events = world.app.read("/api/audit?limit=500").await;
    let items = events["items"].as_array().unwrap();
    let lines = world.app.get("/api/audit?format=jsonl").await;
    let lines: Vec<Value> = lines
        .body
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(&lines, items);
    let table = world.app.get("/api/audit?format=csv").await;
    let mut reader = csv::Reader::from_reader(&table.bytes[..]);
    let names = reader.headers().unwrap().clone();
    let at = |name: &str| names.iter().position(|it| it == name).unwrap();
    for (row, event) in reader.records().map(Result::unwrap).zip(items) {
        assert_eq!(&row[at("hash")], event["hash"].as_str().unwrap());
        assert_eq!(
            &row[at("previousHash")],
            event["previousHash"].as_str().unwrap()
        );
    }
}

/// The events of a table, as JSON. An empty cell is null.
fn events_of(table: &[u8]) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(table);
    let names = reader.headers().unwrap().clone();
    let event = |row: csv::StringRecord| {
        let cells = names.iter().zip(&row).map(|(name, cell)| {
            let is_text = !matches!(
                name,
                "id" | "entityId"
                    | "releaseId"
                    | "customerId"
                    | "userId"
                    | "before"
                    | "after"
                    | "textShown"
            );
            let value = match cell {
                "" => Value::Null,
                _ if is_text => json!(cell),
                _ => serde_json::from_str(cell).unwrap(),
            };
            (name.to_owned(), value)
        });
        Value::Object(cells.collect())
    };
    reader.records().map(|it| event(it.unwrap())).collect()
}

#[tokio::test]
async fn the_history_as_a_table_has_all_that_a_hash_is_computed_from() {
    let world = rich().await;
    let table = world.app.get("/api/audit?format=csv").await;
    let mut events = events_of(&table.bytes);
    assert!(events.len() > 30);
    // Who it was, and by what way, is hashed too.
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let cluster = json!({ "name": "eu-west" });
    let made = app.api_as(&admin, "POST", "/api/clusters", cluster).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = "/api/audit?format=csv";
    let table = app.api_as(&admin, "GET", path, Value::Null).await;
    let signed_in = events_of(&table.bytes);
    assert_eq!(
        (&signed_in[0]["via"], &signed_in[0]["userId"]),
        (&json!("session"), &json!(admin.user.id))
    );
    events.extend(signed_in);
    for event in &events {
        assert_eq!(event["hash"], hash_of(event).as_str(), "{event}");
    }
}

#[tokio::test]
async fn who_has_a_scope_is_told_in_a_sentence_that_the_head_is_of_all_customers() {
    let world = World::active_in(TestApp::with_login().await).await;
    let of_acme = scope(&[], &[world.acme.id]);
    let viewer = world.app.person(Role::Viewer, of_acme).await;
    let path = "/api/audit/head";
    let refused = world.app.api_as(&viewer, "GET", path, Value::Null).await;
    let problem = refused.problem(403);
    assert_eq!(
        problem["detail"],
        "This needs someone who sees all customers"
    );
}
