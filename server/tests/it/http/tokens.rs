//! Tests of tokens (R25): made once, never above their owner, and no way to more.
use crate::{
    harness::{TestApp, TestResponse},
    people::{Person, scope},
    world::World,
};
use app::domain::{permission::Role, scope::ScopeIds, user::UserDraft};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Makes a token of this person's; its text.
async fn token(app: &TestApp, person: &Person, mut body: Value) -> String {
    body["name"] = json!("nightly");
    let made = app.api_as(person, "POST", "/api/tokens", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()["token"].as_str().unwrap().to_owned()
}

/// Asks with a token.
async fn ask(app: &TestApp, token: &str, method: &str, path: &str, body: Value) -> TestResponse {
    let bearer = format!("Bearer {token}");
    app.api(method, path, body, &[("authorization", bearer.as_str())])
        .await
}

async fn status(app: &TestApp, token: &str, path: &str) -> StatusCode {
    ask(app, token, "GET", path, Value::Null).await.status
}

#[tokio::test]
async fn a_token_is_told_once_and_listed_without_its_text() {
    let app = TestApp::with_login().await;
    let ana = app.person(Role::Operator, None).await;
    let body = json!({ "name": "nightly" });
    let made = app.api_as(&ana, "POST", "/api/tokens", body).await.json();
    let text = made["token"].as_str().unwrap().to_owned();
    assert!(text.starts_with("rcp_") && text.len() == 50, "{text}");
    assert_eq!(
        (&made["role"], &made["scope"]),
        (&Value::Null, &Value::Null)
    );
    let present = ask(&app, &text, "GET", "/api/session", Value::Null).await;
    assert_eq!(present.json()["user"]["id"], json!(ana.user.id));
    let list = app.api_as(&ana, "GET", "/api/tokens", Value::Null).await;
    assert!(!list.body.contains(&text), "{}", list.body);
    let row = &list.json()["items"][0];
    assert_eq!((&row["name"], &row["id"]), (&json!("nightly"), &made["id"]));
    assert_eq!(row["hint"], text[..8]);
    assert_eq!(status(&app, &text, "/api/clusters").await, StatusCode::OK);
    app.database.write_last_used().await.unwrap();
    let list = app
        .api_as(&ana, "GET", "/api/tokens", Value::Null)
        .await
        .json();
    assert!(list["items"][0]["lastUsedAt"].is_string(), "{list}");
}

#[tokio::test]
async fn a_change_by_token_names_the_owner_and_the_token() {
    let app = TestApp::with_login().await;
    let mei = app.person(Role::Manager, None).await;
    let text = token(&app, &mei, json!({})).await;
    let body = json!({ "name": "eu-west" });
    let made = ask(&app, &text, "POST", "/api/clusters", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let events = app
        .api_as(&mei, "GET", "/api/audit?entity=cluster", Value::Null)
        .await
        .json();
    let event = &events["items"][0];
    assert_eq!(
        (&event["via"], &event["userId"], &event["actor"]),
        (
            &json!("token nightly"),
            &json!(mei.user.id),
            &json!(mei.user.name)
        )
    );
}

#[tokio::test]
async fn a_bad_token_is_refused_even_beside_a_good_session() {
    let app = TestApp::with_login().await;
    let ana = app.person(Role::Viewer, None).await;
    let good = token(&app, &ana, json!({})).await;
    let wrong = format!(
        "{}{}",
        &good[..49],
        if good.ends_with('0') { '1' } else { '0' }
    );
    let unknown = "rcp_00000000000000000000000000000000000000002kaqcA";
    for bad in [wrong.as_str(), unknown, "", "rcp_", "x"] {
        let bearer = format!("Bearer {bad}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("cookie", ana.cookie.as_str()),
        ];
        let answer = app.api("GET", "/api/clusters", Value::Null, &headers).await;
        answer.problem(401);
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{bad}"
        );
    }
    // A server that reads a connection has cut the blanks at the end. What names the scheme and has no token is a bad token too.
    for bad in ["Bearer", "bearer", "Bearer\t", "Bearer:x", "Bearer \u{e9}"] {
        let headers = [("authorization", bad), ("cookie", ana.cookie.as_str())];
        for (method, path, body) in [
            ("GET", "/api/clusters", Value::Null),
            ("GET", "/", Value::Null),
            ("POST", "/rpc/read_frame", json!({})),
        ] {
            let answer = app.api(method, path, body, &headers).await;
            let what = format!("{bad} {path}");
            assert_eq!(answer.status, 401, "{what}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer"), "{what}: {challenge}");
            if path.starts_with("/api/") {
                let detail = "This token is unknown, expired or revoked";
                assert!(answer.problem(401).to_string().contains(detail));
            }
        }
    }
    // Another scheme is a proxy's business, and the session counts.
    let basic = [
        ("authorization", "Basic YTpi"),
        ("cookie", ana.cookie.as_str()),
    ];
    let answer = app.api("GET", "/api/clusters", Value::Null, &basic).await;
    assert_eq!(answer.status, StatusCode::OK);
    // Pages and server functions answer the same.
    let bearer = format!("Bearer {wrong}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("cookie", ana.cookie.as_str()),
    ];
    for (method, path, body) in [
        ("GET", "/", Value::Null),
        ("POST", "/rpc/read_frame", json!({})),
    ] {
        let answer = app.api(method, path, body, &headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer"), "{path}: {challenge}");
    }
    let bearer = format!("bearer {good}");
    let lower = [("authorization", bearer.as_str())];
    let answer = app.api("GET", "/api/clusters", Value::Null, &lower).await;
    assert_eq!(answer.status, StatusCode::OK);
    let twice = [lower[0], lower[0]];
    app.api("GET", "/api/clusters", Value::Null, &twice)
        .await
        .problem(400);
    let in_query = format!("/api/clusters?access_token={good}");
    app.api("GET", &in_query, Value::Null, &[])
        .await
        .problem(401);
}

#[tokio::test]
async fn a_token_is_never_above_its_owner_also_when_that_shrinks_later() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let ana = app.person(Role::Operator, None).await;
    for (more, field) in [
        (json!({ "role": "manager" }), "role"),
        (json!({ "role": "admin" }), "role"),
        (json!({ "role": "root" }), "role"),
        (json!({ "expiresInDays": 0 }), "expiresInDays"),
        (json!({ "expiresInDays": 366 }), "expiresInDays"),
        (
            json!({ "scope": { "clusters": [], "customers": [999] } }),
            "scope",
        ),
        (json!({ "name": "" }), "name"),
    ] {
        let mut body = json!({ "name": "x" });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let refused = app
            .api_as(&ana, "POST", "/api/tokens", body)
            .await
            .problem(422);
        assert!(refused["errors"][field].is_string(), "{more}: {refused}");
    }
    let follows = token(app, &ana, json!({})).await;
    let customer = format!("/api/customers/{}", world.initech.id);
    assert_eq!(status(app, &follows, &customer).await, StatusCode::OK);
    let change = async |change: &dyn Fn(&mut UserDraft)| {
        let user = app.store.user(ana.user.id).await.unwrap();
        let (id, version) = (user.id, user.version);
        let mut draft = user.into();
        change(&mut draft);
        let changed = app.store.update_user(id, draft, version, app.ana());
        changed.await.unwrap();
    };
    change(&|it| it.scope = scope(&[world.eu_west.id], &[])).await;
    assert_eq!(
        status(app, &follows, &customer).await,
        StatusCode::NOT_FOUND
    );
    change(&|it| it.role = "viewer".into()).await;
    let step = world.id(&world.acme, "Upgrade").await;
    let start = format!("/api/steps/{step}/start");
    ask(app, &follows, "POST", &start, json!({}))
        .await
        .problem(403);
}

#[tokio::test]
async fn the_scope_of_a_token_narrows_that_of_its_owner() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let mei = app.person(Role::Operator, None).await;
    let acme: ScopeIds = scope(&[], &[world.acme.id]).unwrap();
    let text = token(app, &mei, json!({ "scope": acme })).await;
    let path = |id| format!("/api/customers/{id}");
    assert_eq!(
        status(app, &text, &path(world.acme.id)).await,
        StatusCode::OK
    );
    assert_eq!(
        status(app, &text, &path(world.initech.id)).await,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_token_makes_and_lists_nothing_of_people() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let text = token(&app, &admin, json!({})).await;
    let user = json!({ "login": "eve", "name": "Eve", "role": "admin" });
    let password = json!({ "current": "x", "password": "a long enough one" });
    for (method, path, body) in [
        ("GET", "/api/users", Value::Null),
        ("POST", "/api/users", user),
        (
            "PATCH",
            "/api/users/1",
            json!({ "name": "x", "version": 1 }),
        ),
        ("DELETE", "/api/users/1", Value::Null),
        ("POST", "/api/users/1/restore", Value::Null),
        ("DELETE", "/api/users/1/sessions", Value::Null),
        ("GET", "/api/tokens", Value::Null),
        ("GET", "/api/tokens?all=true", Value::Null),
        ("POST", "/api/tokens", json!({ "name": "more" })),
        ("DELETE", "/api/tokens/1", Value::Null),
        ("POST", "/api/account/password", password),
        ("PATCH", "/api/account", json!({ "name": "x" })),
        ("GET", "/api/sessions", Value::Null),
        ("DELETE", "/api/session", Value::Null),
    ] {
        ask(&app, &text, method, path, body).await.problem(403);
    }
    let users = app.api_as(&admin, "GET", "/api/users", Value::Null).await;
    assert!(!users.body.contains("eve"));
}

#[tokio::test]
async fn who_revokes_expires_and_deactivates_ends_a_token() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let ana = app.person(Role::Viewer, None).await;
    let ben = app.person(Role::Viewer, None).await;
    let (first, second) = (
        token(&app, &ana, json!({})).await,
        token(&app, &ana, json!({ "expiresInDays": 1 })).await,
    );
    let list = app
        .api_as(&ana, "GET", "/api/tokens", Value::Null)
        .await
        .json();
    let path = format!("/api/tokens/{}", list["items"][1]["id"]);
    app.api_as(&ben, "DELETE", &path, Value::Null)
        .await
        .problem(404);
    app.api_as(&ben, "GET", "/api/tokens?all=true", Value::Null)
        .await
        .problem(403);
    let all = app
        .api_as(&admin, "GET", "/api/tokens?all=true", Value::Null)
        .await
        .json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    // An admin revokes anybody's.
    let revoked = app.api_as(&admin, "DELETE", &path, Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(
        status(&app, &first, "/api/clusters").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(status(&app, &second, "/api/clusters").await, StatusCode::OK);
    app.store
        .deactivate_user(ana.user.id, app.ana())
        .await
        .unwrap();
    assert_eq!(
        status(&app, &second, "/api/clusters").await,
        StatusCode::UNAUTHORIZED
    );
    app.store
        .restore_user(ana.user.id, app.ana())
        .await
        .unwrap();
    assert_eq!(status(&app, &second, "/api/clusters").await, StatusCode::OK);
    let sql = "UPDATE tokens SET expires_at = '2026-01-01T00:00:00+00:00'";
    let writer = app.database.writer();
    sea_orm::ConnectionTrait::execute_unprepared(writer, sql)
        .await
        .unwrap();
    // No token is read again before something has happened.
    let left = app.store.deactivate_user(ben.user.id, app.ana());
    left.await.unwrap();
    assert_eq!(
        status(&app, &second, "/api/clusters").await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_metrics_need_a_token_without_a_scope() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let viewer = app.person(Role::Viewer, None).await;
    app.api("GET", "/metrics", Value::Null, &[])
        .await
        .problem(401);
    app.api_as(&admin, "GET", "/metrics", Value::Null)
        .await
        .problem(403);
    let whole = token(app, &viewer, json!({})).await;
    assert_eq!(status(app, &whole, "/metrics").await, StatusCode::OK);
    let acme: ScopeIds = scope(&[], &[world.acme.id]).unwrap();
    let part = token(app, &viewer, json!({ "scope": acme })).await;
    assert_eq!(status(app, &part, "/metrics").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_has_a_secret_is_made_once_under_a_key_and_its_secret_is_not_kept() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let cluster = world.acme.cluster_id;
    let hook = json!({ "name": "ci", "kind": "webhook", "target": "http://127.0.0.1:9/x", "events": ["step.done"] });
    let incoming = format!("/api/releases/{}/hooks", world.june);
    for (n, (path, body, secret)) in [
        ("/api/tokens", json!({ "name": "nightly" }), "token"),
        ("/api/webhooks", hook, "secret"),
        (
            "/api/runners",
            json!({ "name": "eu-1", "clusters": [cluster] }),
            "token",
        ),
        (incoming.as_str(), json!({ "name": "Jenkins" }), "key"),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{n}");
        let headers = [
            ("cookie", admin.cookie.as_str()),
            ("idempotency-key", key.as_str()),
        ];
        let first = app.api("POST", path, body.clone(), &headers).await;
        assert_eq!(first.status, StatusCode::CREATED, "{path}: {}", first.body);
        let first = first.json();
        let again = app.api("POST", path, body.clone(), &headers).await;
        let problem = again.problem(409);
        assert_eq!(problem["current"]["id"], first["id"], "{path}");
        assert!(problem["batchId"].is_string(), "{path}");
        assert!(!again.body.contains(first[secret].as_str().unwrap()));
        let list = app.api_as(&admin, "GET", path, Value::Null).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{path}");
        let mut other = body;
        other["name"] = json!("another");
        let other = app.api("POST", path, other, &headers).await;
        assert!(other.problem(422)["errors"]["Idempotency-Key"].is_string());
    }
    // The answer of a page's function is binary, and is not kept either.
    let headers = [
        ("cookie", admin.cookie.as_str()),
        ("idempotency-key", "page"),
    ];
    let draft = json!({ "draft": { "name": "by page" } });
    for status in [StatusCode::OK, StatusCode::CONFLICT] {
        let path = "/rpc/create_token";
        let answer = app.api("POST", path, draft.clone(), &headers).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

#[tokio::test]
async fn in_open_mode_a_bad_token_is_refused_and_nobody_has_an_account() {
    let app = TestApp::new().await;
    for bad in [
        "rcp_bad",
        "rcp_0123456789012345678901234567890123456789000000",
    ] {
        let refused = ask(&app, bad, "GET", "/api/releases", Value::Null).await;
        refused.problem(401);
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
    }
    // What a proxy in front wants to know is nothing to this server.
    assert_eq!(
        status(&app, "of-a-proxy", "/api/releases").await,
        StatusCode::OK
    );
    let password = json!({ "current": "x", "password": "y" });
    for (method, path, body) in [
        ("POST", "/api/tokens", json!({ "name": "nightly" })),
        ("PATCH", "/api/account", json!({ "name": "Ana" })),
        ("POST", "/api/account/password", password),
    ] {
        let problem = app.api(method, path, body, &[]).await.problem(409);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("ROLLCALL_AUTH=login"), "{path}: {detail}");
    }
}

#[tokio::test]
async fn an_admin_s_token_reads_no_history_of_people() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let text = token(&app, &admin, json!({})).await;
    let cluster = json!({ "name": "eu-west" });
    ask(&app, &text, "POST", "/api/clusters", cluster).await;
    for path in [
        "/api/audit?entity=user",
        "/api/audit?entity=token",
        "/api/audit?entity=session",
    ] {
        let by_token = ask(&app, &text, "GET", path, Value::Null).await.json();
        assert_eq!(by_token["items"], json!([]), "{path}");
        let by_session = app.api_as(&admin, "GET", path, Value::Null).await.json();
        assert_ne!(by_session["items"], json!([]), "{path}");
    }
    for path in [
        "/api/audit",
        "/api/audit?after=0",
        "/api/audit?format=csv",
        "/api/audit?format=jsonl",
    ] {
        let answer = ask(&app, &text, "GET", path, Value::Null).await;
        assert!(answer.body.contains("eu-west"), "{path}: {}", answer.body);
        // Each event of a user or a session has a login in it, and that of a cluster has none.
        assert!(!answer.body.contains("login"), "{path}: {}", answer.body);
    }
}

/// Makes a webhook and a runner; their paths in the history.
async fn make_machines(app: &TestApp, admin: &Person) -> [&'static str; 2] {
    let cluster = json!({ "name": "eu-west" });
    app.api_as(admin, "POST", "/api/clusters", cluster).await;
    let hook = json!({
        "name": "ci", "kind": "webhook", "target": "https://203.0.113.7/in", "events": ["step.done"],
    });
    let runner = json!({ "name": "eu-1", "clusters": ["eu-west"] });
    for (path, body) in [("/api/webhooks", hook), ("/api/runners", runner)] {
        let made = app.api_as(admin, "POST", path, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    }
    ["/api/audit?entity=webhook", "/api/audit?entity=runner"]
}

#[tokio::test]
async fn an_admin_s_token_reads_the_history_of_webhooks_and_runners_and_a_manager_s_does_not() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let paths = make_machines(&app, &admin).await;
    let by_admin = token(&app, &admin, json!({})).await;
    let by_manager = token(&app, &admin, json!({ "role": "manager" })).await;
    for path in paths {
        let seen = ask(&app, &by_admin, "GET", path, Value::Null).await.json();
        assert_eq!(seen["items"].as_array().unwrap().len(), 1, "{path}");
        let hidden = ask(&app, &by_manager, "GET", path, Value::Null).await;
        assert_eq!(hidden.json()["items"], json!([]), "{path}");
    }
}

#[tokio::test]
async fn what_an_admin_s_token_exports_can_be_imported_with_its_whole_history() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    make_machines(&app, &admin).await;
    let text = token(&app, &admin, json!({})).await;
    // An event that follows those of accounts, and has to fit to them.
    let cluster = json!({ "name": "us-east" });
    ask(&app, &text, "POST", "/api/clusters", cluster).await;
    let by_token = ask(&app, &text, "GET", "/api/export", Value::Null).await;
    assert_eq!(by_token.status, StatusCode::OK, "{}", by_token.body);
    let by_session = app.api_as(&admin, "GET", "/api/export", Value::Null).await;
    assert_eq!(by_token.json()["events"], by_session.json()["events"]);
    let other = TestApp::new().await;
    let taken = other.api("POST", "/api/import", by_token.json(), &[]).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
}
