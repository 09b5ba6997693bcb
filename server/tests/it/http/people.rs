//! Tests of REST: sessions, users, tokens, and one's own password (R22, R24, R25).
use crate::harness::{TestApp, TestResponse};
use app::domain::{
    permission::Role,
    user::{User, UserDraft},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Of everybody here.
pub const PASSWORD: &str = "correct horse battery";

pub async fn user(app: &TestApp, login: &str, role: Role) -> User {
    let draft = UserDraft {
        login: login.into(),
        name: format!("{login} of the tests"),
        role: role.to_string(),
        password: Some(PASSWORD.into()),
        ..UserDraft::default()
    };
    app.store.create_user(draft, app.ana()).await.unwrap().row
}

pub async fn sign_in(app: &TestApp, login: &str, password: &str) -> TestResponse {
    let body = json!({ "login": login, "password": password });
    app.api("POST", "/api/session", body, &[]).await
}

/// The cookie of a new session.
pub async fn session(app: &TestApp, login: &str) -> String {
    let answer = sign_in(app, login, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.json()["user"]["login"], login);
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().unwrap().to_owned()
}

pub async fn ask(
    app: &TestApp,
    cookie: &str,
    method: &str,
    path: &str,
    body: Value,
) -> TestResponse {
    app.api(method, path, body, &[("cookie", cookie)]).await
}

#[tokio::test]
async fn a_session_begins_with_login_and_password_and_ends_with_the_logout() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    let answer = sign_in(&app, " ANA ", PASSWORD).await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in [
        "rollcall_session=",
        "; Path=/",
        "; HttpOnly",
        "; SameSite=Lax",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !answer.body.contains("Hash"));
    let cookie = cookie.split(';').next().unwrap();
    let who = ask(&app, cookie, "GET", "/api/session", Value::Null)
        .await
        .json();
    assert_eq!(
        (&who["user"]["login"], &who["mode"]),
        (&"ana".into(), &"login".into())
    );
    let other = session(&app, "ana").await;
    let list = ask(&app, cookie, "GET", "/api/sessions", Value::Null)
        .await
        .json();
    let current: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["isCurrent"])
        .collect();
    assert_eq!(current, [&json!(false), &json!(true)]);
    // The other one is ended from here.
    let path = format!("/api/sessions/{}", list["items"][0]["id"]);
    let ended = ask(&app, cookie, "DELETE", &path, Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    ask(&app, &other, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    let out = ask(&app, cookie, "DELETE", "/api/session", Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ask(&app, cookie, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    ask(&app, cookie, "DELETE", "/api/session", Value::Null)
        .await
        .problem(401);
}

#[tokio::test]
async fn five_ways_to_fail_have_one_answer_and_are_in_the_history() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    let gone = user(&app, "gone", Role::Viewer).await;
    app.store.deactivate_user(gone.id, app.ana()).await.unwrap();
    let draft = UserDraft {
        login: "proxied".into(),
        name: "P".into(),
        role: "viewer".into(),
        ..UserDraft::default()
    };
    app.store.create_user(draft, app.ana()).await.unwrap();
    let mut answers = Vec::new();
    for (login, password) in [
        ("ana", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("my secret password", PASSWORD),
        ("gone", PASSWORD),
        ("proxied", ""),
    ] {
        let answer = sign_in(&app, login, password).await;
        answer.problem(401);
        assert!(!answer.headers.contains_key("set-cookie"));
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    let cookie = session(&app, "ana").await;
    let path = "/api/audit?entity=session&limit=50";
    let events = ask(&app, &cookie, "GET", path, Value::Null).await;
    assert_eq!(events.body.matches("login-failed").count(), 5);
    // People type passwords where the login goes.
    assert!(!events.body.contains("my secret") && !events.body.contains("horse"));
}

#[tokio::test]
async fn after_five_failures_a_login_waits_and_others_do_not() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    user(&app, "ben", Role::Viewer).await;
    for _ in 0..5 {
        sign_in(&app, "ana", "wrong").await.problem(401);
    }
    let waits = sign_in(&app, "Ana", PASSWORD).await;
    waits.problem(429);
    let seconds: u64 = waits.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&seconds));
    session(&app, "ben").await;
}

#[tokio::test]
async fn a_session_that_was_planted_is_worth_nothing() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    let planted = "rollcall_session=planted";
    let body = json!({ "login": "ana", "password": PASSWORD });
    let answer = ask(&app, planted, "POST", "/api/session", body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(!answer.header("set-cookie").contains("planted"));
    let named = [("x-rollcall-user", "ana")];
    let body = json!({ "login": "ana", "password": PASSWORD });
    let denied = app.api("POST", "/api/session", body, &named).await;
    assert_eq!(denied.problem(403)["type"], "urn:rollcall:problem:denied");
    ask(&app, planted, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    let cookie = session(&app, "ana").await;
    // Twice, or under the name of TLS: none.
    let twice = format!("{cookie}; rollcall_session=x");
    ask(&app, &twice, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    let as_host = format!("__Host-{cookie}");
    ask(&app, &as_host, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
}

#[tokio::test]
async fn changing_ones_own_password_keeps_this_session_and_ends_the_others() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Viewer).await;
    let (this, other) = (session(&app, "ana").await, session(&app, "ana").await);
    let path = "/api/account/password";
    let new = "another horse battery";
    let wrong = json!({ "current": "wrong", "password": new });
    let wrong = ask(&app, &this, "POST", path, wrong).await.problem(422);
    assert!(wrong["errors"]["current"].is_string(), "{wrong}");
    let weak = json!({ "current": PASSWORD, "password": "short" });
    let weak = ask(&app, &this, "POST", path, weak).await.problem(422);
    assert!(weak["errors"]["password"].is_string(), "{weak}");
    let body = json!({ "current": PASSWORD, "password": new });
    let done = ask(&app, &this, "POST", path, body).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.body);
    ask(&app, &other, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    let here = ask(&app, &this, "GET", "/api/session", Value::Null).await;
    assert_eq!(here.status, StatusCode::OK);
    sign_in(&app, "ana", PASSWORD).await.problem(401);
    assert_eq!(sign_in(&app, "ana", new).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn users_are_managed_by_admins_and_the_last_of_them_stays() {
    let app = TestApp::with_login_and_nobody().await;
    let ana = user(&app, "ana", Role::Admin).await;
    user(&app, "max", Role::Manager).await;
    let (admin, manager) = (session(&app, "ana").await, session(&app, "max").await);
    let new = json!({ "login": "Ben", "name": "Ben", "role": "viewer", "scope": { "clusters": [], "customers": [] } });
    let refused = ask(&app, &manager, "POST", "/api/users", new.clone())
        .await
        .problem(403);
    assert_eq!(
        (&refused["type"], &refused["role"]),
        (&"urn:rollcall:problem:needs-role".into(), &"admin".into())
    );
    let made = ask(&app, &admin, "POST", "/api/users", new.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = made.header("location").to_owned();
    let row = made.json();
    assert_eq!(
        (&row["login"], &row["hasPassword"], &row["version"]),
        (&"ben".into(), &json!(false), &json!(1))
    );
    assert_eq!(row["scope"], json!({ "clusters": [], "customers": [] }));
    ask(&app, &admin, "POST", "/api/users", new)
        .await
        .problem(409);
    let planner =
        json!({ "login": "p", "name": "P", "role": "manager", "scope": { "customers": [] } });
    let planner = ask(&app, &admin, "POST", "/api/users", planner)
        .await
        .problem(422);
    assert!(planner["errors"]["scope"].is_string(), "{planner}");
    let patch = |body: Value| ask(&app, &admin, "PATCH", &path, body);
    patch(json!({ "name": "B" })).await.problem(428);
    let named = patch(json!({ "name": "Benjamin", "version": 1 }))
        .await
        .json();
    assert_eq!(
        (
            &named["name"],
            &named["login"],
            &named["scope"]["customers"]
        ),
        (&"Benjamin".into(), &"ben".into(), &json!([]))
    );
    patch(json!({ "name": "B", "version": 1 }))
        .await
        .problem(409);
    let free = patch(json!({ "scope": null, "password": PASSWORD, "version": 2 }))
        .await
        .json();
    assert_eq!(
        (&free["scope"], &free["hasPassword"]),
        (&Value::Null, &json!(true))
    );
    let ben = session(&app, "ben").await;
    let gone = ask(&app, &admin, "DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    ask(&app, &ben, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
    let list = ask(&app, &admin, "GET", "/api/users", Value::Null).await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 2);
    assert!(!list.body.contains("argon2"));
    let back = ask(
        &app,
        &admin,
        "POST",
        &format!("{path}/restore"),
        Value::Null,
    )
    .await;
    assert_eq!(back.json()["isActive"], true);
    let own = format!("/api/users/{}", ana.id);
    ask(&app, &admin, "DELETE", &own, Value::Null)
        .await
        .problem(409);
    let demoted = json!({ "role": "viewer", "version": 1 });
    ask(&app, &admin, "PATCH", &own, demoted).await.problem(409);
    let ended = ask(
        &app,
        &admin,
        "DELETE",
        &format!("{own}/sessions"),
        Value::Null,
    )
    .await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    ask(&app, &admin, "GET", "/api/session", Value::Null)
        .await
        .problem(401);
}

#[tokio::test]
async fn a_token_is_shown_once_and_makes_nothing_of_people() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Operator).await;
    user(&app, "eve", Role::Viewer).await;
    let (cookie, eve) = (session(&app, "ana").await, session(&app, "eve").await);
    let make = |body: Value| ask(&app, &cookie, "POST", "/api/tokens", body);
    make(json!({ "name": "ci", "role": "admin" }))
        .await
        .problem(422);
    make(json!({ "name": "ci", "expiresInDays": 366 }))
        .await
        .problem(422);
    let made = make(json!({ "name": "ci" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("rcp_") && token.len() == 50, "{token}");
    let bearer = format!("Bearer {token}");
    let with = async |method: &str, path: &str, more: &[(&str, &str)]| {
        let headers = [&[("authorization", bearer.as_str())], more].concat();
        app.api(method, path, Value::Null, &headers).await
    };
    assert_eq!(
        with("GET", "/api/releases", &[]).await.status,
        StatusCode::OK
    );
    for (method, path) in [
        ("GET", "/api/tokens"),
        ("POST", "/api/tokens"),
        ("GET", "/api/users"),
        ("POST", "/api/users"),
        ("POST", "/api/account/password"),
        ("GET", "/api/session"),
        ("GET", "/api/sessions"),
    ] {
        let refused = with(method, path, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    let list = ask(&app, &cookie, "GET", "/api/tokens", Value::Null).await;
    assert!(
        !list.body.contains(&token) && list.body.contains("\"hint\":\"rcp_"),
        "{}",
        list.body
    );
    ask(&app, &cookie, "GET", "/api/tokens?all=true", Value::Null)
        .await
        .problem(403);
    // A bad token beside a good session is 401.
    let headers = [
        ("cookie", cookie.as_str()),
        ("authorization", "Bearer rcp_bad"),
    ];
    let bad = app.api("GET", "/api/releases", Value::Null, &headers).await;
    bad.problem(401);
    assert!(bad.header("www-authenticate").starts_with("Bearer"));
    // Another's is not there.
    let path = format!("/api/tokens/{}", made.json()["id"]);
    ask(&app, &eve, "DELETE", &path, Value::Null)
        .await
        .problem(404);
    let revoked = ask(&app, &cookie, "DELETE", &path, Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    with("GET", "/api/releases", &[]).await.problem(401);
}

#[tokio::test]
async fn the_whole_import_is_the_command_line_s_where_people_sign_in() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    user(&app, "max", Role::Manager).await;
    let cookie = session(&app, "ana").await;
    let refused = ask(&app, &cookie, "POST", "/api/import", json!({}))
        .await
        .problem(409);
    assert!(
        refused["detail"].as_str().unwrap().contains("command line"),
        "{refused}"
    );
    let cookie = session(&app, "max").await;
    ask(&app, &cookie, "POST", "/api/import", json!({}))
        .await
        .problem(403);
}

#[tokio::test]
async fn in_open_mode_nobody_signs_in() {
    let app = TestApp::new().await;
    let who = app.read("/api/session").await;
    assert_eq!(who, json!({ "user": null, "mode": "open" }));
    sign_in(&app, "ana", PASSWORD).await.problem(409);
}
