//! Tests of sessions (R24): who sees them, and what ends one.
use crate::{
    harness::TestApp,
    people::{PASSWORD, Person, cookie_of},
};
use app::{
    api::context::now,
    domain::{client::Client, id::UserId, permission::Role, session::SignIn},
};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

async fn status(app: &TestApp, cookie: &str) -> StatusCode {
    let headers = [("cookie", cookie)];
    let answer = app.api("GET", "/api/session", Value::Null, &headers).await;
    answer.status
}

/// Signs the user in with its password; the cookie.
async fn cookie(app: &TestApp, login: &str) -> String {
    cookie_of(&app.sign_in(login, PASSWORD).await)
}

/// Changes a user as an admin does.
async fn patch(app: &TestApp, admin: &Person, id: UserId, mut change: Value) {
    let path = format!("/api/users/{id}");
    let row = app.api_as(admin, "GET", &path, Value::Null).await.json();
    change["version"] = row["version"].clone();
    let answer = app.api_as(admin, "PATCH", &path, change).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn everybody_sees_and_ends_own_sessions_only() {
    let app = TestApp::with_login().await;
    app.user_with_password("ana", Role::Viewer).await;
    let body = json!({ "login": "ana", "password": PASSWORD });
    let headers = [("user-agent", "Firefox on a desk")];
    let answer = app
        .api_from("192.0.2.7", "POST", "/api/session", body, &headers)
        .await;
    let desk = cookie_of(&answer);
    let phone = cookie(&app, "ana").await;
    let ask = async |method: &str, path: &str, cookie: &str| {
        app.api(method, path, Value::Null, &[("cookie", cookie)])
            .await
    };
    let list = ask("GET", "/api/sessions", &phone).await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{list}");
    assert_eq!(
        (&items[0]["isCurrent"], &items[1]["isCurrent"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&items[1]["address"], &items[1]["agent"]),
        (&json!("192.0.2.7"), &json!("Firefox on a desk"))
    );
    let path = format!("/api/sessions/{}", items[1]["id"]);
    let other = app.person(Role::Admin, None).await;
    app.api_as(&other, "DELETE", &path, Value::Null)
        .await
        .problem(404);
    let ended = ask("DELETE", &path, &phone).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(status(&app, &desk).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app, &phone).await, StatusCode::OK);
}

#[tokio::test]
async fn another_role_deactivation_and_an_admin_end_sessions_and_another_scope_or_name_ends_none() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let ana = app.user_with_password("ana", Role::Viewer).await;
    let path = format!("/api/users/{}", ana.id);
    let kept = cookie(&app, "ana").await;
    patch(&app, &admin, ana.id, json!({ "name": "Ana F." })).await;
    let scope = json!({ "clusters": [], "customers": [] });
    patch(&app, &admin, ana.id, json!({ "scope": scope })).await;
    assert_eq!(status(&app, &kept).await, StatusCode::OK);
    patch(&app, &admin, ana.id, json!({ "role": "operator" })).await;
    assert_eq!(status(&app, &kept).await, StatusCode::UNAUTHORIZED);

    let ended = cookie(&app, "ana").await;
    let sessions = format!("{path}/sessions");
    app.api_as(&admin, "DELETE", &sessions, Value::Null).await;
    assert_eq!(status(&app, &ended).await, StatusCode::UNAUTHORIZED);

    let ended = cookie(&app, "ana").await;
    patch(
        &app,
        &admin,
        ana.id,
        json!({ "password": "quite another one" }),
    )
    .await;
    assert_eq!(status(&app, &ended).await, StatusCode::UNAUTHORIZED);
    app.sign_in("ana", PASSWORD).await.problem(401);
    patch(&app, &admin, ana.id, json!({ "password": PASSWORD })).await;

    let ended = cookie(&app, "ana").await;
    let gone = app.api_as(&admin, "DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(status(&app, &ended).await, StatusCode::UNAUTHORIZED);
    let restore = format!("{path}/restore");
    app.api_as(&admin, "POST", &restore, Value::Null).await;
    // Restoring brings back the user, not its sessions.
    assert_eq!(status(&app, &ended).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        app.sign_in("ana", PASSWORD).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn changing_one_s_own_password_keeps_this_session_and_ends_the_others() {
    let app = TestApp::with_login().await;
    app.user_with_password("ana", Role::Viewer).await;
    let (here, there) = (cookie(&app, "ana").await, cookie(&app, "ana").await);
    let change = async |current: &str, password: &str| {
        let body = json!({ "current": current, "password": password });
        let headers = [("cookie", here.as_str())];
        app.api("POST", "/api/account/password", body, &headers)
            .await
    };
    let wrong = change("not the present one", "quite another one").await;
    assert!(wrong.problem(422)["errors"]["current"].is_string());
    // Both faults are named at once.
    let both = change("not the present one", "short").await.problem(422);
    assert_eq!(both["errors"]["current"], "Wrong password");
    assert_eq!(
        both["errors"]["password"],
        "Use at least 12 characters; you have 5"
    );
    for (password, why) in [
        ("short", "12"),
        ("ana", "12"),
        ("123456789012", "too common"),
    ] {
        let refused = change(PASSWORD, password).await.problem(422);
        let error = refused["errors"]["password"].as_str().unwrap();
        assert!(error.contains(why), "{password}: {error}");
    }
    let done = change(PASSWORD, "quite another one").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    assert_eq!(status(&app, &here).await, StatusCode::OK);
    assert_eq!(status(&app, &there).await, StatusCode::UNAUTHORIZED);
    app.sign_in("ana", PASSWORD).await.problem(401);
    let again = app.sign_in("ana", "quite another one").await;
    assert_eq!(again.status, StatusCode::CREATED);
}

#[tokio::test]
async fn guessing_one_s_present_password_has_to_wait_as_a_login_does() {
    let app = TestApp::with_login().await;
    app.user_with_password("ana", Role::Viewer).await;
    let cookie = cookie(&app, "ana").await;
    let headers = [("cookie", cookie.as_str())];
    let guess = async || {
        let body = json!({ "current": "a guess that fails", "password": "quite another one" });
        app.api("POST", "/api/account/password", body, &headers)
            .await
    };
    for _ in 0..5 {
        guess().await.problem(422);
    }
    let waits = guess().await;
    waits.problem(429);
    assert!(!waits.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_session_ends_without_use_and_at_last_anyhow() {
    let app = TestApp::with_login().await;
    let ana = app.user_with_password("ana", Role::Viewer).await;
    let begun = async |secret: &'static str, age: TimeDelta| {
        let client = Client::default();
        let how = SignIn::Password;
        let begun =
            app.database
                .begin_session(ana.clone().into(), secret, how, &client, now() - age);
        begun.await.unwrap();
        let cookie = format!("rollcall_session={secret}");
        status(&app, &cookie).await
    };
    assert_eq!(begun("a", TimeDelta::minutes(719)).await, StatusCode::OK);
    assert_eq!(
        begun("b", TimeDelta::minutes(721)).await,
        StatusCode::UNAUTHORIZED
    );
    // The use of a minute ago keeps it.
    assert_eq!(status(&app, "rollcall_session=a").await, StatusCode::OK);
    assert_eq!(
        begun("c", TimeDelta::days(8)).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn reads_that_a_page_makes_by_itself_keep_no_session() {
    let app = TestApp::with_login().await;
    let ana = app.user_with_password("ana", Role::Viewer).await;
    let almost = now() - TimeDelta::minutes(719);
    let (how, client) = (SignIn::Password, Client::default());
    let begun = app
        .database
        .begin_session(ana.into(), "a", how, &client, almost);
    begun.await.unwrap();
    let cookie = ("cookie", "rollcall_session=a");
    let later = now() + TimeDelta::minutes(2);
    let alive = async || {
        let found = app.database.session_caller("a", later, false).await;
        found.unwrap().is_some()
    };
    let background = [cookie, ("x-rollcall-background", "1")];
    let read = app.api("GET", "/api/releases", Value::Null, &background);
    assert_eq!(read.await.status, StatusCode::OK);
    assert!(!alive().await);
    let read = app
        .api("GET", "/api/releases", Value::Null, &[cookie])
        .await;
    assert_eq!(read.status, StatusCode::OK);
    assert!(alive().await);
}

#[tokio::test]
async fn an_admin_who_sets_the_own_password_as_a_user_s_stays_signed_in() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let other = app.person(Role::Admin, None).await;
    for person in [&admin, &other] {
        let change = json!({ "password": "quite another one" });
        patch(&app, &admin, person.user.id, change).await;
    }
    assert_eq!(status(&app, &admin.cookie).await, StatusCode::OK);
    assert_eq!(status(&app, &other.cookie).await, StatusCode::UNAUTHORIZED);
}
