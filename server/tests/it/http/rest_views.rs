//! Tests of saved views by REST (R104): whose they are, who may share them, and what they may say.
use crate::{
    harness::TestApp,
    people::{Person, scope},
    world::World,
};
use app::domain::permission::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

fn failed(for_all: bool) -> Value {
    json!({ "name": "Failed", "address": "?status=failed", "forAll": for_all })
}

/// The names of the views that somebody sees, by name.
fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|it| it["name"].as_str().unwrap()).collect()
}

async fn seen_by(app: &TestApp, person: &Person) -> Value {
    app.api_as(person, "GET", "/api/views", Value::Null)
        .await
        .json()
}

#[tokio::test]
async fn in_open_mode_a_view_is_that_of_the_name_or_for_all() {
    let app = TestApp::new().await;
    let ana = [("x-rollcall-user", "Ana")];
    let ben = [("x-rollcall-user", "Ben")];
    let mine = app.api("POST", "/api/views", failed(false), &ana).await;
    assert_eq!(mine.status, StatusCode::CREATED, "{}", mine.body);
    assert_eq!(mine.json()["createdBy"], "Ana");
    let mut shared = failed(true);
    shared["name"] = json!("Everyone's");
    app.api("POST", "/api/views", shared, &ana).await;
    let list = app.api("GET", "/api/views", Value::Null, &ana).await.json();
    assert_eq!(names(&list), ["Everyone's", "Failed"]);
    let list = app.api("GET", "/api/views", Value::Null, &ben).await.json();
    assert_eq!(names(&list), ["Everyone's"]);
    // What another keeps for itself is not there; what is for all is deleted by any who may share.
    let of_ana = mine.header("location").to_owned();
    let answer = app.api("DELETE", &of_ana, Value::Null, &ben).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let of_all = format!("/api/views/{}", list["items"][0]["id"]);
    let answer = app.api("DELETE", &of_all, Value::Null, &ben).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let answer = app.api("DELETE", &of_ana, Value::Null, &ana).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let list = app.api("GET", "/api/views", Value::Null, &ana).await.json();
    assert!(names(&list).is_empty());
}

#[tokio::test]
async fn a_viewer_keeps_own_views_and_an_operator_shares() {
    let app = TestApp::with_login().await;
    let viewer = app.person(Role::Viewer, None).await;
    let operator = app.person(Role::Operator, None).await;
    let own = app
        .api_as(&viewer, "POST", "/api/views", failed(false))
        .await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.body);
    let refused = app
        .api_as(&viewer, "POST", "/api/views", failed(true))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let shared = app
        .api_as(&operator, "POST", "/api/views", failed(true))
        .await;
    assert_eq!(shared.status, StatusCode::CREATED, "{}", shared.body);
    assert_eq!(names(&seen_by(&app, &viewer).await), ["Failed", "Failed"]);
    assert_eq!(names(&seen_by(&app, &operator).await), ["Failed"]);
    let (own, shared) = (own.header("location"), shared.header("location"));
    for (path, expected) in [
        (shared, StatusCode::FORBIDDEN),
        (own, StatusCode::NO_CONTENT),
        (own, StatusCode::NOT_FOUND),
    ] {
        let answer = app.api_as(&viewer, "DELETE", path, Value::Null).await;
        assert_eq!(answer.status, expected, "{path}");
    }
}

#[tokio::test]
async fn who_has_a_scope_sees_only_own_views() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let operator = app.person(Role::Operator, None).await;
    let limited = app
        .person(Role::Operator, scope(&[], &[world.acme.id]))
        .await;
    let mut shared = failed(true);
    shared["address"] = json!("?q=globex");
    app.api_as(&operator, "POST", "/api/views", shared).await;
    assert!(names(&seen_by(app, &limited).await).is_empty());
    let mut own = failed(false);
    own["releaseId"] = json!(world.june);
    let made = app.api_as(&limited, "POST", "/api/views", own).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(names(&seen_by(app, &limited).await), ["Failed"]);
}

#[tokio::test]
async fn a_release_has_its_own_views_and_those_of_every_release() {
    let world = World::active().await;
    let app = &world.app;
    for (name, release) in [("June's", json!(world.june)), ("Every", Value::Null)] {
        let body = json!({ "name": name, "address": "?open=1", "releaseId": release });
        let made = app.api("POST", "/api/views", body, &[]).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    let of = async |query: &str| app.read(&format!("/api/views{query}")).await;
    let june = format!("?releaseId={}", world.june);
    assert_eq!(names(&of(&june).await), ["Every", "June's"]);
    assert_eq!(names(&of("?releaseId=99").await), ["Every"]);
    assert_eq!(names(&of("").await), ["Every", "June's"]);
    let first = of("?limit=1").await;
    assert_eq!(names(&first), ["Every"]);
    let next = first["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(names(&of(&format!("?cursor={next}")).await), ["June's"]);
}

#[tokio::test]
async fn a_view_has_a_name_and_leads_nowhere_else() {
    let app = TestApp::new().await;
    for wrong in [
        json!({ "address": "?open=1" }),
        json!({ "name": "x" }),
        json!({ "name": "x", "address": "https://example.com/" }),
        json!({ "name": "x", "address": "//example.com" }),
        json!({ "name": "x", "address": "javascript:alert(1)" }),
        json!({ "name": "x", "address": "?open=1", "releaseId": 99 }),
    ] {
        let answer = app.api("POST", "/api/views", wrong.clone(), &[]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert!(names(&app.read("/api/views").await).is_empty());
}
