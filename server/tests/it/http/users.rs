//! Tests of users by REST (R22): the permission, refusals, and that no answer has a password hash.
use crate::{
    harness::{TestApp, TestResponse},
    people::{PASSWORD, Person},
    world::World,
};
use app::domain::permission::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn world() -> World {
    World::active_in(TestApp::with_login().await).await
}

/// Asks as this person.
async fn ask(app: &TestApp, by: &Person, method: &str, path: &str, body: Value) -> TestResponse {
    app.api_as(by, method, path, body).await
}

/// A user as it is sent; `more` replaces members.
fn ana(more: Value) -> Value {
    let mut user = json!({ "login": "ana", "name": "Ana Ferreira", "role": "viewer" });
    for (key, value) in more.as_object().unwrap() {
        user[key] = value.clone();
    }
    user
}

#[tokio::test]
async fn an_admin_creates_reads_edits_deactivates_and_restores_a_user() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let body = ana(json!({ "login": " Ana ", "email": "ana@example.com", "password": PASSWORD }));
    let made = ask(&app, &admin, "POST", "/api/users", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = made.header("location").to_owned();
    let user = made.json();
    assert_eq!(path, format!("/api/users/{}", user["id"]));
    assert_eq!(
        (
            &user["login"],
            &user["role"],
            &user["hasPassword"],
            &user["scope"]
        ),
        (&json!("ana"), &json!("viewer"), &json!(true), &Value::Null)
    );
    let read = ask(&app, &admin, "GET", &path, Value::Null).await;
    assert_eq!((read.header("etag"), read.json()), ("\"1\"", user));
    ask(&app, &admin, "PATCH", &path, json!({ "name": "Ana" }))
        .await
        .problem(428);
    let patch = json!({ "name": "Ana F.", "version": 1 });
    let patched = ask(&app, &admin, "PATCH", &path, patch.clone()).await;
    assert_eq!(patched.json()["name"], "Ana F.", "{}", patched.body);
    assert_eq!(patched.json()["email"], "ana@example.com");
    let stale = ask(&app, &admin, "PATCH", &path, patch).await.problem(409);
    assert_eq!(stale["type"], "urn:rollcall:problem:stale");
    let gone = ask(&app, &admin, "DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let logins = async |query: &str| {
        let path = format!("/api/users{query}");
        let list = ask(&app, &admin, "GET", &path, Value::Null).await.json();
        let items = list["items"].as_array().unwrap().clone();
        items.iter().any(|it| it["login"] == "ana")
    };
    assert!(!logins("").await && logins("?includeInactive=true").await);
    let restored = ask(
        &app,
        &admin,
        "POST",
        &format!("{path}/restore"),
        Value::Null,
    )
    .await;
    assert_eq!(restored.json()["isActive"], true);
    ask(&app, &admin, "GET", "/api/users/999", Value::Null)
        .await
        .problem(404);
}

#[tokio::test]
async fn no_answer_about_users_has_a_hash_and_the_export_has_none() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let body = ana(json!({ "password": PASSWORD }));
    ask(&app, &admin, "POST", "/api/users", body).await;
    for path in [
        "/api/users",
        "/api/audit",
        "/api/export",
        "/api/audit?format=jsonl",
    ] {
        let answer = ask(&app, &admin, "GET", path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for word in ["argon2", "passwordHash", "password_hash", PASSWORD] {
            assert!(!answer.body.contains(word), "{path}: {word}");
        }
    }
    let export = ask(&app, &admin, "GET", "/api/export", Value::Null)
        .await
        .json();
    assert_eq!(export["rollcall"], 6);
    let logins: Vec<&Value> = export["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["login"])
        .collect();
    assert!(logins.contains(&&json!("ana")), "{logins:?}");
}

#[tokio::test]
async fn only_admins_manage_users_and_the_refusal_names_the_role() {
    let app = TestApp::with_login().await;
    for role in [Role::Viewer, Role::Operator, Role::Manager] {
        let person = app.person(role, None).await;
        let own = format!("/api/users/{}", person.user.id);
        for (method, path, body) in [
            ("GET", "/api/users", Value::Null),
            ("GET", own.as_str(), Value::Null),
            ("POST", "/api/users", ana(json!({}))),
            (
                "PATCH",
                own.as_str(),
                json!({ "role": "admin", "version": 1 }),
            ),
            ("DELETE", "/api/users/1", Value::Null),
            ("DELETE", "/api/users/1/sessions", Value::Null),
        ] {
            let answer = ask(&app, &person, method, path, body).await;
            let problem = answer.problem(403);
            assert_eq!(problem["type"], "urn:rollcall:problem:needs-role");
            assert_eq!(problem["role"], "admin", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_wrong_user_is_refused_at_its_fields() {
    let world = world().await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let scope = json!({ "clusters": [world.eu_west.id], "customers": [] });
    for (more, field) in [
        (json!({ "login": "" }), "login"),
        (json!({ "login": "a b" }), "login"),
        (json!({ "login": "a".repeat(101) }), "login"),
        (json!({ "name": " " }), "name"),
        (json!({ "role": "root" }), "role"),
        (json!({ "email": "ana" }), "email"),
        (json!({ "password": "elevenchars" }), "password"),
        (json!({ "password": "x".repeat(129) }), "password"),
        (json!({ "password": "password1234" }), "password"),
        (json!({ "role": "manager", "scope": scope }), "scope"),
        (json!({ "role": "admin", "scope": scope }), "scope"),
        (
            json!({ "scope": { "clusters": [999], "customers": [] } }),
            "scope",
        ),
        (
            json!({ "scope": { "clusters": [], "customers": [999] } }),
            "scope",
        ),
    ] {
        let answer = ask(app, &admin, "POST", "/api/users", ana(more.clone())).await;
        let problem = answer.problem(422);
        assert!(problem["errors"][field].is_string(), "{more}: {problem}");
    }
    let scoped = ana(json!({ "scope": scope }));
    let made = ask(app, &admin, "POST", "/api/users", scoped).await;
    assert_eq!(made.json()["scope"], scope, "{}", made.body);
    let taken = ask(
        app,
        &admin,
        "POST",
        "/api/users",
        ana(json!({ "login": "ANA" })),
    )
    .await;
    let problem = taken.problem(409);
    assert!(problem["errors"]["login"].is_string(), "{problem}");
}

#[tokio::test]
async fn whoever_becomes_a_manager_loses_a_scope_that_the_request_does_not_speak_of() {
    let world = world().await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let scope = json!({ "clusters": [world.eu_west.id], "customers": [] });
    let body = ana(json!({ "role": "operator", "scope": scope }));
    let made = ask(app, &admin, "POST", "/api/users", body).await.json();
    let path = format!("/api/users/{}", made["id"]);
    let given = json!({ "role": "manager", "scope": scope, "version": 1 });
    ask(app, &admin, "PATCH", &path, given).await.problem(422);
    let unsaid = json!({ "role": "manager", "version": 1 });
    let promoted = ask(app, &admin, "PATCH", &path, unsaid).await.json();
    assert_eq!(
        (&promoted["role"], &promoted["scope"]),
        (&json!("manager"), &Value::Null)
    );
}

#[tokio::test]
async fn a_body_sets_only_what_it_may() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let more = json!({
        "id": 77, "isActive": false, "version": 9, "passwordHash": "x", "hasPassword": true,
        "oidcIssuer": "https://evil.example", "oidcSubject": "1", "createdAt": "2001-01-01T00:00:00Z"
    });
    let made = ask(&app, &admin, "POST", "/api/users", ana(more))
        .await
        .json();
    assert_eq!(
        (
            &made["isActive"],
            &made["version"],
            &made["hasPassword"],
            &made["oidcSubject"]
        ),
        (&json!(true), &json!(1), &json!(false), &Value::Null)
    );
    assert_ne!(made["id"], 77);
    // Changing one's own account can't change one's role.
    let viewer = app.person(Role::Viewer, None).await;
    let body = json!({ "name": "Vera", "role": "admin", "scope": null, "login": "root" });
    let named = ask(&app, &viewer, "PATCH", "/api/account", body)
        .await
        .json();
    assert_eq!(
        (&named["name"], &named["role"], &named["login"]),
        (&json!("Vera"), &json!("viewer"), &json!(viewer.user.login))
    );
}

#[tokio::test]
async fn the_last_active_admin_is_neither_demoted_nor_deactivated() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let own = format!("/api/users/{}", admin.user.id);
    // The other admin goes.
    let gone = ask(&app, &admin, "DELETE", "/api/users/1", Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    ask(&app, &admin, "DELETE", &own, Value::Null)
        .await
        .problem(409);
    let demoted = json!({ "role": "manager", "version": 1 });
    ask(&app, &admin, "PATCH", &own, demoted).await.problem(409);
    let still = ask(&app, &admin, "GET", &own, Value::Null).await.json();
    assert_eq!(
        (&still["role"], &still["isActive"]),
        (&json!("admin"), &json!(true))
    );
}

#[tokio::test]
async fn the_whole_import_is_the_command_line_s_where_people_sign_in() {
    let app = TestApp::with_login().await;
    let (admin, viewer) = (
        app.person(Role::Admin, None).await,
        app.person(Role::Viewer, None).await,
    );
    ask(&app, &viewer, "POST", "/api/import", json!({}))
        .await
        .problem(403);
    let refused = ask(&app, &admin, "POST", "/api/import", json!({}))
        .await
        .problem(409);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("rollcall import"), "{detail}");
}

#[tokio::test]
async fn the_history_names_the_account_and_the_way_and_can_be_asked_by_user() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let body = json!({ "name": "eu-west" });
    ask(&app, &admin, "POST", "/api/clusters", body).await;
    let path = format!("/api/audit?userId={}", admin.user.id);
    let events = ask(&app, &admin, "GET", &path, Value::Null).await.json();
    let made = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["entity"] == "cluster");
    let made = made.unwrap();
    assert_eq!(
        (&made["userId"], &made["via"], &made["actor"]),
        (
            &json!(admin.user.id),
            &json!("session"),
            &json!(admin.user.name)
        )
    );
    let other = ask(&app, &admin, "GET", "/api/audit?userId=999", Value::Null).await;
    assert_eq!(other.json()["items"], json!([]));
}

#[tokio::test]
async fn nobody_takes_the_name_of_another_active_user() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let made = ask(&app, &admin, "POST", "/api/users", ana(json!({}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let ana_path = format!("/api/users/{}", made.json()["id"]);
    let ben = app.person(Role::Viewer, None).await;
    let taken = json!({ "name": " ana FERREIRA " });
    let patch = json!({ "name": " ana FERREIRA ", "version": 1 });
    let refused = ask(&app, &ben, "PATCH", "/api/account", taken.clone()).await;
    assert_eq!(
        refused.problem(422)["errors"]["name"],
        "Another user has this name. Choose one that tells you apart"
    );
    // One that looks the same is the same: with another blank, with two, and with a letter of full width.
    for alike in ["Ana\u{a0}Ferreira", "Ana  Ferreira", "\u{ff21}na Ferreira"] {
        let alike = json!({ "name": alike });
        let refused = ask(&app, &ben, "PATCH", "/api/account", alike).await;
        assert!(refused.problem(422)["errors"]["name"].is_string());
    }
    // One's own in other letters is free, and so is that of somebody inactive.
    let own = ask(&app, &admin, "PATCH", &ana_path, patch).await;
    assert_eq!(own.json()["name"], "ana FERREIRA", "{}", own.body);
    ask(&app, &admin, "DELETE", &ana_path, Value::Null).await;
    let renamed = ask(&app, &ben, "PATCH", "/api/account", taken).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
}
