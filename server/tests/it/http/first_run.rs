//! Tests of what the empty dashboard offers: the demo, and the import of an export.
use crate::{
    harness::{TestApp, TestResponse},
    store::transfer::exported,
    world::World,
};
use app::domain::permission::Role;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

const IMPORT: &str = "Import a database export";

/// Posts a file as the form of the dashboard does.
pub async fn post_file(app: &TestApp, text: &str, cookie: Option<&str>) -> TestResponse {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"rollcall.json\"\r\n\
         Content-Type: application/json\r\n\r\n{text}\r\n--x--\r\n"
    );
    let mut request = Request::builder()
        .method("POST")
        .uri("/")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_demo_is_loaded_from_the_empty_dashboard_and_refused_once_there_is_anything() {
    let app = TestApp::new().await;
    let page = app.get("/").await.body;
    assert!(page.contains("Load the demo") && page.contains(IMPORT));
    let done = app.post_form("/", "").await;
    let expected = (StatusCode::SEE_OTHER, "/");
    assert_eq!((done.status, done.header("location")), expected);
    let page = app.get("/").await.body;
    assert!(page.contains("2026.11 Invoicing") && !page.contains("Load the demo"));
    let last = app.database.last_event().await.unwrap();
    let refused = app.post_form("/", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("The database is not empty"));
    assert_eq!(app.database.last_event().await.unwrap(), last);
}

#[tokio::test]
async fn an_export_is_imported_from_the_empty_dashboard_whole_or_not_at_all() {
    let world = World::active().await;
    let export = exported(&world.app.store).await;
    let app = TestApp::new().await;
    for (wrong, says) in [
        ("", "Choose a file"),
        ("{", "Nothing was imported. Line 1: the file is damaged"),
        ("[]", "Nothing was imported. Line 1: not a Rollcall export."),
    ] {
        let refused = post_file(&app, wrong, None).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{wrong}");
        assert!(refused.body.contains(says), "{says}: {}", refused.body);
    }
    assert_eq!(app.database.last_event().await.unwrap(), 0);
    let done = post_file(&app, &export, None).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(app.get("/").await.body.contains("June"));
    let again = post_file(&app, &export, None).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn where_people_sign_in_the_demo_is_an_admin_s_and_an_import_the_command_line_s() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let page = app
        .api_as(&admin, "GET", "/", serde_json::Value::Null)
        .await;
    assert!(page.body.contains("Load the demo") && !page.body.contains(IMPORT));
    let refused = post_file(&app, "{}", Some(&admin.cookie)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let manager = app.person(Role::Manager, None).await;
    let page = app
        .api_as(&manager, "GET", "/", serde_json::Value::Null)
        .await;
    assert!(page.body.contains("Set up your first release"));
    assert!(!page.body.contains("Load the demo"));
}
