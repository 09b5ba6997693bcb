//! Tests of REST: status codes, problem documents, versions, pagination, and the actor.
use crate::{harness::TestApp, world::World};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    middleware::from_fn,
    routing::get,
};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

#[tokio::test]
async fn what_was_created_says_where_it_is_and_by_which_change() {
    let app = TestApp::new().await;
    let body = json!({ "name": " eu-west ", "metadata": { "ZONE": "b", "n": 1.5, "on": true } });
    let made = app.api("POST", "/api/clusters", body, &[]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.header("location"), "/api/clusters/1");
    assert_eq!(made.header("etag"), "\"1\"");
    assert!(!made.header("x-rollcall-batch").is_empty());
    let cluster = made.json();
    assert_eq!(cluster["name"], "eu-west");
    assert_eq!(cluster["kubeconfigPath"], Value::Null);
    assert_eq!(
        cluster["metadata"],
        json!({ "ZONE": "b", "n": 1.5, "on": true })
    );
    assert_eq!(
        (&cluster["isActive"], &cluster["version"]),
        (&json!(true), &json!(1))
    );
    assert!(cluster["createdAt"].as_str().unwrap().ends_with('Z'));
    let read = app.api("GET", "/api/clusters/1", Value::Null, &[]).await;
    assert_eq!(read.status, StatusCode::OK);
    // The count of customers changes without the version: the tag knows both.
    assert!(read.header("etag").starts_with("\"1-"));
    assert_eq!(read.json()["activeCustomers"], 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_400_what_is_wrong_422_and_no_json_415() {
    let app = TestApp::new().await;
    let send = async |media: &str, body: &'static str| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/clusters")
            .header(header::CONTENT_TYPE, media)
            .body(Body::from(body));
        app.send(request.unwrap()).await
    };
    send("application/json", "{").await.problem(400);
    send("application/json", "").await.problem(400);
    send("text/plain", "{}").await.problem(415);
    send("application/json", "[]").await.problem(422);
    let missing = send("application/json", "{}").await.problem(422);
    assert_eq!(missing["errors"]["name"], "Enter a name");
    let wrong = send("application/json", r#"{"name":5}"#).await.problem(422);
    assert_eq!(wrong["errors"]["name"], "Send a text, not the number 5");
    let nested = r#"{"name":"x","metadata":{"A":[1]}}"#;
    let nested = send("application/json", nested).await.problem(422);
    assert!(
        nested["errors"]["metadata"]
            .as_str()
            .unwrap()
            .starts_with("metadata.A")
    );
    let both = r#"{"name":"","kubeconfigPath":"etc/x"}"#;
    let both = send("application/json", both).await.problem(422);
    assert_eq!(both["errors"].as_object().unwrap().len(), 2);
    assert!(app.store.clusters(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_or_malformed_id_and_an_unknown_address_are_404() {
    let world = World::draft().await;
    for path in [
        "/api/clusters/99",
        "/api/clusters/abc",
        "/api/clusters/99999999999999999999",
        "/api/customers/99",
        "/api/releases/99",
        "/api/releases/99/matrix",
        "/api/releases/99/progress",
        "/api/releases/99/customers",
        "/api/releases/99/templates",
        "/api/releases/1/customers/1/steps",
        "/api/templates/99",
        "/api/steps/99",
        "/api/steps/99/detail",
        "/api",
        "/api/",
        "/api/nowhere",
        "/api/clusters/1/nowhere",
    ] {
        let answer = world.app.api("GET", path, Value::Null, &[]).await;
        answer.problem(404);
    }
    let patch = json!({ "name": "x", "version": 1 });
    for path in ["/api/clusters/99", "/api/templates/99", "/api/steps/99"] {
        let answer = world.app.api("PATCH", path, patch.clone(), &[]).await;
        answer.problem(404);
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let app = TestApp::new().await;
    let answer = app.api("PUT", "/api/clusters", json!({}), &[]).await;
    answer.problem(405);
    let allowed = answer.header("allow");
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_and_another_site_s_request_are_problems_too() {
    let app = TestApp::new().await;
    let large = json!({ "name": "x".repeat(9 * 1024 * 1024) });
    let large = app.api("POST", "/api/clusters", large, &[]).await;
    large.problem(413);
    let headers = [
        ("host", "localhost"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let foreign = json!({ "name": "x" });
    let foreign = app.api("POST", "/api/clusters", foreign, &headers).await;
    foreign.problem(403);
    assert!(app.store.clusters(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_and_an_answer_that_takes_too_long_are_problems_too() {
    let timeout = Duration::from_millis(10);
    let router = Router::new()
        .route(
            "/api/panic",
            get(async || -> &'static str { panic!("a test") }),
        )
        .route("/api/slow", get(std::future::pending::<&'static str>))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            timeout,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(server::rest::problem::convert_failures));
    for (path, status) in [("/api/panic", 500_u16), ("/api/slow", 503)] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_empties() {
    let world = World::draft().await;
    let path = format!("/api/customers/{}", world.acme.id);
    let patch = json!({ "description": "ours", "version": 1 });
    let changed = world.app.api("PATCH", &path, patch, &[]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert!(!changed.header("x-rollcall-batch").is_empty());
    let row = changed.json();
    assert_eq!(
        (&row["name"], &row["description"]),
        (&json!("Acme"), &json!("ours"))
    );
    assert_eq!(row["metadata"]["HOST"], "acme.example");
    let patch = json!({ "description": null, "metadata": null });
    let headers = [("if-match", "\"2\"")];
    let emptied = world.app.api("PATCH", &path, patch, &headers).await.json();
    assert_eq!(
        (&emptied["description"], &emptied["metadata"]),
        (&Value::Null, &json!({}))
    );
    let same = json!({ "name": "Acme", "version": 3 });
    let same = world.app.api("PATCH", &path, same, &[]).await;
    assert_eq!(
        (same.status, same.header("x-rollcall-batch")),
        (StatusCode::OK, "")
    );
    let nameless = json!({ "name": null, "version": 3 });
    let nameless = world.app.api("PATCH", &path, nameless, &[]).await;
    assert_eq!(nameless.problem(422)["errors"]["name"], "Enter a name");
}

#[tokio::test]
async fn a_patch_without_a_version_is_428_and_with_a_stale_one_409() {
    let world = World::draft().await;
    let path = format!("/api/clusters/{}", world.eu_west.id);
    let patch = |version: Value| json!({ "description": "x", "version": version });
    let missing = world.app.api("PATCH", &path, patch(Value::Null), &[]).await;
    missing.problem(428);
    let by = [("x-rollcall-user", "Jonas")];
    let first = world.app.api("PATCH", &path, patch(json!(1)), &by).await;
    assert_eq!(first.status, StatusCode::OK);
    let stale = world.app.api("PATCH", &path, patch(json!(1)), &[]).await;
    let stale = stale.problem(409);
    assert_eq!(stale["type"], "urn:rollcall:problem:stale");
    assert_eq!(stale["current"], first.json());
    assert_eq!(stale["changedBy"], "Jonas");
    assert!(stale["changedAt"].as_str().unwrap().ends_with('Z'));
    let headers = [("if-match", "\"1\"")];
    let stale = json!({ "description": "y" });
    let stale = world.app.api("PATCH", &path, stale, &headers).await;
    stale.problem(409);
}

#[tokio::test]
async fn a_taken_name_is_409_at_its_field_and_an_inactive_holder_is_named() {
    let world = World::draft().await;
    let api = async |path: &str, body: Value| world.app.api("POST", path, body, &[]).await;
    let taken = api("/api/clusters", json!({ "name": "eu-west" }))
        .await
        .problem(409);
    assert!(
        taken["errors"]["name"]
            .as_str()
            .unwrap()
            .contains("eu-west")
    );
    assert_eq!(taken.get("inactiveId"), None);
    let initech = format!("/api/customers/{}", world.initech.id);
    let gone = world.app.api("DELETE", &initech, Value::Null, &[]).await;
    assert_eq!(
        (gone.status, gone.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert!(!gone.header("x-rollcall-batch").is_empty());
    let body = json!({ "name": "Other", "clusterId": world.us_east.id, "namespace": "initech" });
    let taken = api("/api/customers", body).await.problem(409);
    assert!(taken["errors"]["namespace"].is_string());
    assert_eq!(taken["inactiveId"], world.initech.id.0);
}

#[tokio::test]
async fn deleting_deactivates_and_lists_hide_what_is_inactive() {
    let world = World::draft().await;
    let call = async |method: &str, path: &str| world.app.api(method, path, Value::Null, &[]).await;
    let eu_west = format!("/api/clusters/{}", world.eu_west.id);
    let refused = call("DELETE", &eu_west).await.problem(409);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("Acme") && detail.contains("Globex"),
        "{detail}"
    );
    let initech = format!("/api/customers/{}", world.initech.id);
    let us_east = format!("/api/clusters/{}", world.us_east.id);
    assert_eq!(
        call("DELETE", &initech).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        call("DELETE", &us_east).await.status,
        StatusCode::NO_CONTENT
    );
    let again = call("DELETE", &us_east).await;
    assert_eq!(
        (again.status, again.header("x-rollcall-batch")),
        (StatusCode::NO_CONTENT, "")
    );
    let names = async |path: &str| {
        let list = world.app.read(path).await;
        let items = list["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("/api/clusters").await, ["eu-west"]);
    assert_eq!(
        names("/api/clusters?includeInactive=true").await,
        ["eu-west", "us-east"]
    );
    assert_eq!(names("/api/customers").await, ["Acme", "Globex"]);
    let of_one = format!(
        "/api/customers?includeInactive=true&clusterId={}",
        world.us_east.id
    );
    assert_eq!(names(&of_one).await, ["Initech"]);
    let into = json!({ "name": "New", "clusterId": world.us_east.id, "namespace": "new" });
    world
        .app
        .api("POST", "/api/customers", into, &[])
        .await
        .problem(409);
    let nowhere = json!({ "name": "New", "clusterId": 77, "namespace": "new" });
    let nowhere = world.app.api("POST", "/api/customers", nowhere, &[]).await;
    assert_eq!(
        nowhere.problem(422)["errors"]["clusterId"],
        "There is no cluster with the id 77"
    );
    call("POST", &format!("{initech}/restore"))
        .await
        .problem(409);
    let restored = call("POST", &format!("{us_east}/restore")).await;
    assert_eq!(restored.json()["isActive"], true);
    let restored = call("POST", &format!("{initech}/restore")).await;
    assert_eq!(restored.json()["isActive"], true);
    let read = world.app.read(&initech).await;
    assert_eq!(read["cluster"]["name"], "us-east");
}

#[tokio::test]
async fn lists_come_in_pages_by_name_without_gaps() {
    let app = TestApp::new().await;
    app.customers(5).await;
    let (mut names, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = app.read(&format!("/api/customers?limit=2{cursor}")).await;
        for item in page["items"].as_array().unwrap() {
            names.push(item["name"].as_str().unwrap().to_owned());
        }
        pages += 1;
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, 3);
    let expected = [
        "customer 0",
        "customer 1",
        "customer 2",
        "customer 3",
        "customer 4",
    ];
    assert_eq!(names, expected);
    for list in [
        "/api/clusters",
        "/api/customers",
        "/api/releases",
        "/api/audit",
    ] {
        for limit in ["0", "501", "-1", "x"] {
            let path = format!("{list}?limit={limit}");
            let wrong = app.api("GET", &path, Value::Null, &[]).await.problem(422);
            assert!(wrong["errors"]["limit"].is_string(), "{path}");
        }
        let path = format!("{list}?cursor=x");
        let wrong = app.api("GET", &path, Value::Null, &[]).await.problem(422);
        assert!(wrong["errors"]["cursor"].is_string(), "{path}");
        app.read(&format!("{list}?limit=500")).await;
    }
    let wrong = "/api/clusters?includeInactive=perhaps";
    app.api("GET", wrong, Value::Null, &[]).await.problem(422);
}

#[tokio::test]
async fn releases_come_newest_first_and_in_pages() {
    let app = TestApp::new().await;
    for name in ["May", "June", "July"] {
        let body = json!({ "name": name, "type": "release" });
        let made = app.api("POST", "/api/releases", body, &[]).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    let names = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let page = app.read("/api/releases?limit=2").await;
    assert_eq!(names(&page), ["July", "June"]);
    assert_eq!(page["items"][0]["progress"]["percent"], Value::Null);
    let next = page["nextCursor"].as_str().unwrap();
    let page = app
        .read(&format!("/api/releases?limit=2&cursor={next}"))
        .await;
    assert_eq!(
        (names(&page), &page["nextCursor"]),
        (vec!["May".to_owned()], &Value::Null)
    );
}

#[tokio::test]
async fn a_change_is_recorded_under_the_name_that_the_request_brings() {
    let app = TestApp::new().await;
    let create = async |name: &str, headers: &[(&str, &str)]| {
        let body = json!({ "name": name });
        let made = app.api("POST", "/api/clusters", body, headers).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let path = format!("/api/audit?batchId={}", made.header("x-rollcall-batch"));
        app.read(&path).await["items"][0]["actor"].clone()
    };
    assert_eq!(create("a", &[]).await, "Test");
    assert_eq!(
        create("b", &[("cookie", "rollcall_user=Zo%C3%AB")]).await,
        "Zoë"
    );
    let both = [("cookie", "rollcall_user=x"), ("x-rollcall-user", "José")];
    assert_eq!(create("c", &both).await, "José");
    let long = "x".repeat(101);
    for wrong in ["", long.as_str()] {
        let headers = [("x-rollcall-user", wrong)];
        let body = json!({ "name": "d" });
        let refused = app.api("POST", "/api/clusters", body, &headers).await;
        assert!(refused.problem(422)["errors"]["X-Rollcall-User"].is_string());
    }
}
