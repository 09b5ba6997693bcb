//! Tests of export and import over REST: complete, safe to open in a spreadsheet, and errors by line and field.
use crate::{
    harness::{TestApp, TestResponse},
    store::transfer::{exported, without_import},
    world::{World, draft},
};
use app::{
    domain::{
        customer::CustomerDraft, order::Position, release::ReleaseDraft, vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::Value;

async fn import(app: &TestApp, text: impl Into<Body>) -> TestResponse {
    app.send(post("application/json", text)).await
}

fn post(kind: &str, text: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri("/api/import")
        .header(header::CONTENT_TYPE, kind)
        .body(text.into())
        .unwrap()
}

fn json(answer: &TestResponse) -> Value {
    serde_json::from_slice(&answer.bytes).unwrap()
}

#[tokio::test]
async fn everything_goes_out_and_in_again() {
    let world = World::active().await;
    let answer = world.app.get("/api/export").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(
        answer
            .header("content-disposition")
            .contains("rollcall.json")
    );
    let text = exported(&world.app.store).await;
    assert_eq!(answer.bytes, text);
    let other = TestApp::new().await;
    let taken = import(&other, text.clone()).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    assert_eq!(json(&taken)["imported"]["steps"], 12);
    let twin = exported(&other.store).await;
    assert_eq!(without_import(&twin), without_import(&text));
    // The output of runs comes only if it is asked for, in JSON.
    let with = async |query: &str| {
        let release = format!("/api/releases/{}/export?{query}", world.june);
        world.app.get(&release).await
    };
    for asked in [
        world.app.get("/api/export?include=output").await,
        with("include=output").await,
    ] {
        assert_eq!(json(&asked)["output"], Value::Array(Vec::new()));
    }
    assert!(json(&answer)["output"].is_null());
    for wrong in ["include=runs", "include=output&format=csv"] {
        let refused = with(wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    // A second import is refused, because the database is not empty.
    let again = import(&other, text).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn what_is_sent_piece_by_piece_is_whole_when_it_is_compressed_too() {
    let world = World::active().await;
    for path in [
        "/api/export",
        "/api/releases/1/export",
        "/api/audit?format=csv",
        "/api/audit?format=jsonl",
    ] {
        let plain = world.app.api("GET", path, Value::Null, &[]).await;
        assert_eq!(plain.status, StatusCode::OK, "{path}");
        let accept = [("accept-encoding", "gzip")];
        let packed = world.app.api("GET", path, Value::Null, &accept).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        // gzip ends with the length of the content.
        let length = u32::try_from(plain.bytes.len()).unwrap();
        assert!(packed.bytes.ends_with(&length.to_le_bytes()), "{path}");
    }
}

#[tokio::test]
async fn an_import_that_is_wrong_is_a_problem_by_line_and_field() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    let app = TestApp::new().await;
    let wrong = text.replacen("\"namespace\":\"acme\"", "\"namespace\":\"No\"", 1);
    let line = 1 + wrong.lines().position(|it| it.contains("\"No\"")).unwrap();
    let answer = import(&app, wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let place = format!("line {line}, customers.namespace");
    assert!(
        json(&answer)["errors"][place].is_string(),
        "{}",
        answer.body
    );
    for damaged in ["", "{", "[]", "{}", "null", &text[..text.len() / 2]] {
        let answer = import(&app, damaged.to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{damaged}");
        assert!(json(&answer)["errors"].is_object());
    }
    let answer = app.send(post("text/plain", text.clone())).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(import(&app, text).await.status.is_success());
}

#[tokio::test]
async fn an_import_may_be_larger_than_anything_else_but_not_of_any_size() {
    let app = TestApp::new().await;
    let text = exported(&app.store).await;
    let padded = format!("{}{text}", " ".repeat(9 * 1024 * 1024));
    assert_eq!(import(&app, padded).await.status, StatusCode::OK);
    let mut request = post("application/json", text);
    let long = (257 * 1024 * 1024).to_string().parse().unwrap();
    request.headers_mut().insert(header::CONTENT_LENGTH, long);
    let answer = app.send(request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

const FORMULA: &str = "=cmd|' /C calc'!A0";
const MARKUP: &str = "# a | b <script>alert(1)</script> [x](http://evil) ``` *c*";

/// A release in which every text that can be typed is hostile: formulas, Markdown, HTML.
async fn hostile() -> World {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let release = ReleaseDraft {
        name: "+1 June".into(),
        version_number: "@1".into(),
        description: "1. two\n# three".into(),
        ..ReleaseDraft::default()
    };
    store
        .update_release(world.june, release, 1, ana())
        .await
        .unwrap();
    for (namespace, name) in [("one", FORMULA), ("two", MARKUP)] {
        let customer = CustomerDraft {
            name: name.into(),
            cluster_id: Some(world.eu_west.id),
            namespace: namespace.into(),
            ..CustomerDraft::default()
        };
        store.create_customer(customer, ana()).await.unwrap();
    }
    let content = "echo\n```\n# not a heading\n````\n<b>";
    for name in ["@SUM(1)", MARKUP] {
        let step = draft(name, "deploy", "bash", content);
        store
            .add_template(world.june, step, Position::Last, ana())
            .await
            .unwrap();
    }
    store
        .activate_release(world.june, None, ana())
        .await
        .unwrap();
    let id = world.id(&world.acme, "@SUM(1)").await;
    let ask = TransitionOptions {
        reason: Some("-1+1\n\n```\n# reason".into()),
        ..TransitionOptions::default()
    };
    store
        .act_on_step(id, StepAction::Fail, ask, ana())
        .await
        .unwrap();
    world
}

#[tokio::test]
async fn a_release_as_csv_has_a_row_for_every_cell_and_no_formula() {
    let world = hostile().await;
    let path = format!("/api/releases/{}/export?format=csv", world.june);
    let answer = world.app.get(&path).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(&answer.bytes[..]);
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5 * 6);
    let at = |name: &str| names.iter().position(|it| it == name).unwrap();
    for row in &rows {
        for cell in row {
            assert!(
                !cell.trim_start().starts_with(['=', '+', '-', '@']),
                "{cell}"
            );
        }
        assert_eq!(&row[at("release")], "'+1 June");
    }
    let failed = rows
        .iter()
        .find(|it| &it[at("status")] == "failed")
        .unwrap();
    assert_eq!(&failed[at("customer")], "Acme");
    assert_eq!(&failed[at("step")], "'@SUM(1)");
    assert_eq!(&failed[at("by")], "Ana");
    assert!(failed[at("reason")].starts_with("'-1+1\n"));
    let formula = format!("'{FORMULA}");
    assert!(rows.iter().any(|it| it[at("customer")] == formula));
}

#[tokio::test]
async fn a_release_as_markdown_is_a_report_that_no_name_breaks() {
    let world = hostile().await;
    let path = format!("/api/releases/{}/export?format=md", world.june);
    let answer = world.app.get(&path).await;
    assert_eq!(
        answer.header("content-type"),
        "text/markdown; charset=utf-8"
    );
    let text = &answer.body;
    assert!(text.starts_with("# \\+1 June\n"), "{text}");
    assert!(!text.contains("<script") && text.contains("&lt;script&gt;"));
    assert!(text.contains("- [ ] Deploy 4. \\@SUM\\(1\\): failed by Ana, 2026-06-01 "));
    // Outside of code blocks, only the report's own headings and tables.
    let (mut fence, mut headings, mut cells) = (None::<String>, 0, 0);
    for line in text.lines().map(str::trim_start) {
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => {
                fence = Some(line.trim_end_matches(char::is_alphabetic).to_owned());
            }
            None => {
                headings += usize::from(line.starts_with('#'));
                let bars = line.replace("\\|", "").matches('|').count();
                cells += usize::from(bars == 11);
                assert!(bars == 0 || bars == 11, "{line}");
            }
        }
    }
    assert_eq!(fence, None);
    // The release, the progress, five customers, the template and its six steps.
    assert_eq!(headings, 1 + 1 + 5 + 1 + 6);
    assert_eq!(cells, 2 + 5);
}

#[tokio::test]
async fn a_release_as_json_can_be_imported_elsewhere() {
    let world = World::active().await;
    let path = format!("/api/releases/{}/export", world.june);
    let text = world.app.get(&path).await.body;
    let other = TestApp::new().await;
    assert_eq!(import(&other, text).await.status, StatusCode::OK);
    let work = other.store.customer_work(world.june, world.acme.id).await;
    assert_eq!(work.unwrap().steps, world.steps(world.acme.id).await);
    for (path, status) in [
        ("/api/releases/99/export", StatusCode::NOT_FOUND),
        (
            "/api/releases/1/export?format=pdf",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(world.app.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_history_is_a_table_of_all_that_the_filter_finds() {
    let world = hostile().await;
    let store = &world.app.store;
    let steps = world.steps(world.globex.id).await;
    for _ in 0..60 {
        let ids: Vec<_> = steps.iter().map(|it| it.id).collect();
        for action in [StepAction::Start, StepAction::Reopen] {
            store
                .act_on_steps(
                    ids.clone(),
                    action,
                    TransitionOptions::default(),
                    world.app.ana(),
                )
                .await
                .unwrap();
        }
    }
    // More events than are read at once.
    let lines = world.app.get("/api/audit?format=jsonl&customerId=2").await;
    assert_eq!(lines.header("content-type"), "application/jsonl");
    let events: Vec<Value> = lines
        .body
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(events.len(), 1 + 60 * 2 * 6);
    let ids: Vec<i64> = events.iter().map(|it| it["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first, none twice");
    let table = world.app.get("/api/audit?format=csv").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(&table.bytes[..]);
    assert_eq!(reader.headers().unwrap().len(), 19);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(rows.len() > events.len());
    for cell in rows.iter().flatten() {
        assert!(
            !cell.trim_start().starts_with(['=', '+', '-', '@']),
            "{cell}"
        );
    }
}

#[tokio::test]
async fn an_import_that_begins_with_a_byte_order_mark_is_taken_in() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    let taken = import(&other, format!("\u{feff}{text}")).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    assert_eq!(json(&taken)["imported"]["steps"], 12);
}
