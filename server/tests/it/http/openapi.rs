//! Tests of the OpenAPI description and of Swagger UI.
use crate::harness::TestApp;
use axum::http::StatusCode;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

const VERBS: [&str; 4] = ["get", "post", "patch", "delete"];

/// Every operation: verb, path, description.
fn operations(api: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for verb in VERBS {
            if let Some(operation) = item.get(verb) {
                operations.push((verb.to_owned(), path.clone(), operation.clone()));
            }
        }
    }
    operations
}

/// Every `$ref` in it.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.insert(reference.to_owned());
            }
            members.values().for_each(|it| references(it, found));
        }
        Value::Array(items) => items.iter().for_each(|it| references(it, found)),
        _ => {}
    }
}

#[tokio::test]
async fn it_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let app = TestApp::new().await;
    let api = app.read("/api/openapi.json").await;
    assert_eq!(api["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&api, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(api.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_says_what_can_go_wrong() {
    let app = TestApp::new().await;
    let api = app.read("/api/openapi.json").await;
    let mut names = BTreeSet::new();
    for (verb, path, operation) in operations(&api) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name), "{verb} {path}");
        let answers = operation["responses"].as_object().unwrap();
        let mut expected = vec!["500", "503"];
        if path.contains('{') {
            expected.push("404");
        }
        if verb != "get" {
            expected.extend(["403", "409", "413", "422"]);
        }
        if operation.get("requestBody").is_some() {
            expected.extend(["400", "415"]);
        }
        // One's own account has no version.
        if verb == "patch" && path != "/api/account" {
            expected.push("428");
        }
        for status in expected {
            assert!(answers.contains_key(status), "{verb} {path}: {status}");
        }
    }
    let documented = |path: &str| api["paths"].get(path).is_some();
    for path in [
        "/api/clusters/{id}/restore",
        "/api/customers/{id}/restore",
        "/api/releases/{id}/restore",
        "/api/releases/{id}/activate",
        "/api/releases/{id}/archive",
        "/api/releases/{id}/clone",
        "/api/releases/{id}/matrix",
        "/api/releases/{id}/progress",
        "/api/releases/{id}/customers",
        "/api/releases/{id}/add-customers",
        "/api/releases/{id}/remove-customers",
        "/api/releases/{id}/templates",
        "/api/templates/{id}",
        "/api/releases/{id}/customers/{customerId}/steps",
        "/api/releases/{id}/customers/{customerId}/reorder",
        "/api/steps/reorder",
        "/api/steps/bulk",
        "/api/steps/{id}",
        "/api/steps/{id}/detail",
        "/api/steps/{id}/start",
        "/api/steps/{id}/done",
        "/api/steps/{id}/fail",
        "/api/steps/{id}/skip",
        "/api/steps/{id}/revert",
        "/api/steps/{id}/reopen",
        "/api/steps/{id}/override",
        "/api/steps/{id}/reset",
        "/api/steps/{id}/move",
        "/api/steps/{id}/promote",
        "/api/audit",
        "/api/audit/{batchId}/undo",
    ] {
        assert!(documented(path), "{path}");
    }
}

#[tokio::test]
async fn every_operation_that_is_described_is_served() {
    let app = TestApp::new().await;
    let api = app.read("/api/openapi.json").await;
    for (verb, path, operation) in operations(&api) {
        let address = path.replace("{id}", "999999").replace("{customerId}", "1");
        let address = address.replace("{batchId}", "none").replace("{n}", "1");
        let verb = verb.to_uppercase();
        let answer = app.api(&verb, &address, Value::Null, &[]).await;
        let status = answer.status.as_str().to_owned();
        assert_ne!(status, "405", "{verb} {path}");
        let known = operation["responses"].as_object().unwrap();
        assert!(known.contains_key(&status), "{verb} {path}: {status}");
    }
}

#[tokio::test]
async fn the_page_that_shows_it_comes_from_here_alone() {
    let app = TestApp::new().await;
    let moved = app.get("/api/docs").await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (StatusCode::SEE_OTHER, "/api/docs/")
    );
    let page = app.get("/api/docs/").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with(
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        ),
        "{policy}"
    );
    assert!(!page.body.contains("http://") && !page.body.contains("https://"));
    let scripts: Vec<&str> = page.body.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 3);
    assert!(scripts.iter().all(|it| it.trim_start().starts_with("src=")));
    let start = app.get("/api/docs/swagger-initializer.js").await;
    assert!(start.body.contains("/api/openapi.json"));
    assert!(
        start.body.contains("\"validatorUrl\": \"none\""),
        "{}",
        start.body
    );
    let bundle = app.get("/api/docs/swagger-ui-bundle.js").await;
    assert_eq!(bundle.status, StatusCode::OK);
    assert!(bundle.header("content-type").contains("javascript"));
}

/// `UPDATE=1 cargo test the_committed_description` rewrites the committed file.
#[tokio::test]
async fn the_committed_description_is_the_one_that_is_served() {
    let app = TestApp::new().await;
    let api = app.read("/api/openapi.json").await;
    let text = serde_json::to_string_pretty(&api).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "run it with UPDATE=1, look at the difference, and commit it"
    );
}
