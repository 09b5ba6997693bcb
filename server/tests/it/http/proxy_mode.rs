//! Tests of `proxy` mode (R21): a header of a trusted peer names the user, and nothing else does.
use crate::{
    harness::{TestApp, TestResponse},
    people::PASSWORD,
};
use app::domain::{permission::Role, user::User};
use axum::http::StatusCode;
use serde_json::{Value, json};
use server::ops::auth_settings::AuthSettings;

const PROXY: &str = "10.0.0.1";

/// The app behind a proxy in 10.0.0.0/24, with these settings beside.
async fn app(more: &[(&str, &str)]) -> (TestApp, User) {
    let settings = AuthSettings::parse(|name| {
        let given = more.iter().find(|it| it.0 == name).map(|it| it.1);
        let text = match name {
            "ROLLCALL_AUTH" => Some("proxy"),
            "ROLLCALL_TRUSTED_PROXIES" => Some("10.0.0.0/24"),
            _ => given,
        };
        text.map(str::to_owned)
    });
    let app = TestApp::with(settings.unwrap()).await;
    let ana = app.user_with_password("ana", Role::Operator).await;
    (app, ana)
}

/// Authenticates a request from this peer with these headers.
async fn ask(app: &TestApp, peer: &str, headers: &[(&str, &str)]) -> TestResponse {
    app.api_from(peer, "GET", "/api/session", Value::Null, headers)
        .await
}

#[tokio::test]
async fn the_header_of_a_trusted_peer_names_the_user() {
    let (app, ana) = app(&[]).await;
    for (name, login) in [("X-Rollcall-User", "ana"), ("x-rollcall-user", " ANA ")] {
        let answer = ask(&app, PROXY, &[(name, login)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{login}: {}", answer.body);
        let present = answer.json();
        assert_eq!(
            (&present["user"]["id"], &present["mode"]),
            (&json!(ana.id), &json!("proxy"))
        );
    }
    // IPv4 within IPv6 is the same peer.
    let answer = ask(&app, "::ffff:10.0.0.1", &[("x-rollcall-user", "ana")]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn the_header_of_any_other_peer_does_not_count() {
    let (app, _) = app(&[]).await;
    let header = ("x-rollcall-user", "ana");
    ask(&app, "192.0.2.1", &[header]).await.problem(401);
    for forwarded in [
        ("x-forwarded-for", PROXY),
        ("forwarded", "for=10.0.0.1"),
        ("x-real-ip", PROXY),
    ] {
        ask(&app, "192.0.2.1", &[header, forwarded])
            .await
            .problem(401);
    }
    // Of a peer that the system does not tell.
    app.api("GET", "/api/session", Value::Null, &[header])
        .await
        .problem(401);
    let page = app
        .api_from("192.0.2.1", "GET", "/", Value::Null, &[header])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_doubled_an_unknown_and_a_missing_name_are_nobody() {
    let (app, ana) = app(&[]).await;
    let twice = [("x-rollcall-user", "ana"), ("x-rollcall-user", "ana")];
    ask(&app, PROXY, &twice).await.problem(400);
    for (method, path) in [("GET", "/"), ("POST", "/rpc/read_frame")] {
        let answer = app.api_from(PROXY, method, path, json!({}), &twice).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains("named two users"), "{}", answer.body);
    }
    ask(&app, PROXY, &[]).await.problem(401);
    for unknown in ["eve", "ana,eve", "", "zoë"] {
        ask(&app, PROXY, &[("x-rollcall-user", unknown)])
            .await
            .problem(403);
    }
    assert_eq!(app.store.users(true).await.unwrap().len(), 1);
    app.store.deactivate_user(ana.id, app.ana()).await.unwrap();
    ask(&app, PROXY, &[("x-rollcall-user", "ana")])
        .await
        .problem(403);
}

#[tokio::test]
async fn the_header_can_have_another_name_and_then_the_usual_one_means_nothing() {
    let (app, _) = app(&[("ROLLCALL_PROXY_HEADER", "X-Forwarded-User")]).await;
    ask(&app, PROXY, &[("x-rollcall-user", "ana")])
        .await
        .problem(401);
    let answer = ask(&app, PROXY, &[("x-forwarded-user", "ana")]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_counts_before_the_header_and_from_any_peer() {
    let (app, _) = app(&[]).await;
    let admin = app.person(Role::Admin, None).await;
    let as_admin = [("x-rollcall-user", admin.user.login.as_str())];
    let body = json!({ "name": "nightly" });
    let made = app
        .api_from(PROXY, "POST", "/api/tokens", body, &as_admin)
        .await
        .json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let token = ("authorization", bearer.as_str());
    let path = "/api/export";
    let answer = app
        .api_from("192.0.2.1", "GET", path, Value::Null, &[token])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let both = [token, ("x-rollcall-user", "ana")];
    let answer = app.api_from(PROXY, "GET", path, Value::Null, &both).await;
    assert_eq!(answer.status, StatusCode::OK);
    let bad = [
        ("authorization", "Bearer rcp_x"),
        ("x-rollcall-user", "ana"),
    ];
    app.api_from(PROXY, "GET", path, Value::Null, &bad)
        .await
        .problem(401);
}

#[tokio::test]
async fn a_change_behind_the_proxy_says_so_and_is_by_the_account() {
    let (app, _) = app(&[]).await;
    let mei = app.user_with_password("mei", Role::Manager).await;
    let headers = [("x-rollcall-user", "mei")];
    let body = json!({ "name": "eu-west" });
    let made = app
        .api_from(PROXY, "POST", "/api/clusters", body, &headers)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = "/api/audit?entity=cluster";
    let events = app
        .api_from(PROXY, "GET", path, Value::Null, &headers)
        .await
        .json();
    assert_eq!(
        (&events["items"][0]["via"], &events["items"][0]["userId"]),
        (&json!("proxy"), &json!(mei.id))
    );
}

#[tokio::test]
async fn nobody_signs_in_with_a_password_behind_the_proxy() {
    let (app, _) = app(&[]).await;
    let body = json!({ "login": "ana", "password": PASSWORD });
    app.api_from(PROXY, "POST", "/api/session", body, &[])
        .await
        .problem(409);
}

#[tokio::test]
async fn a_page_for_nobody_does_not_go_round_in_a_circle() {
    let (app, _) = app(&[]).await;
    let page = app.api_from(PROXY, "GET", "/", Value::Null, &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let login = page.header("location").to_owned();
    let login = app.api_from(PROXY, "GET", &login, Value::Null, &[]).await;
    assert_eq!(login.status, StatusCode::UNAUTHORIZED);
    assert!(login.body.contains("it named nobody"), "{}", login.body);
    assert!(!login.body.contains("<form"));
}

#[tokio::test]
async fn the_cookie_of_the_theme_is_secure_by_a_trusted_proxy_s_word_only() {
    let (app, _) = app(&[]).await;
    let admin = app.person(Role::Admin, None).await;
    let headers = [
        ("x-rollcall-user", admin.user.login.as_str()),
        ("x-forwarded-proto", "https"),
    ];
    let body = json!({ "theme": "dark" });
    let path = "/rpc/set_theme";
    let set = app
        .api_from(PROXY, "POST", path, body.clone(), &headers)
        .await;
    assert!(
        set.header("set-cookie").ends_with("; Secure"),
        "{}",
        set.body
    );
    let open = TestApp::new().await;
    let peer = "192.0.2.1";
    let set = open.api_from(peer, "POST", path, body, &headers[1..]).await;
    let cookie = set.header("set-cookie");
    assert!(cookie.starts_with("rollcall_theme=dark") && !cookie.contains("Secure"));
}
