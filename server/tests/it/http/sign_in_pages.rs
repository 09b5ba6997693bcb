//! Tests of `/login`, `/logout` and `/setup`, which work without JavaScript (R24, R26).
use super::people::{PASSWORD, ask, session, sign_in, user};
use crate::harness::{TestApp, TestResponse};
use app::{
    api::context::now,
    domain::{permission::Role, setup_code::SetupCode},
};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::Value;

/// Posts the form of `/login`.
async fn post_login(app: &TestApp, next: &str, password: &str) -> TestResponse {
    let body = format!("login=ana&password={}", password.replace(' ', "+"));
    app.post_form(&format!("/login?next={next}"), &body).await
}

#[tokio::test]
async fn the_page_signs_in_and_out_without_javascript() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    let sent = app.get("/releases").await;
    assert_eq!(sent.header("location"), "/login?next=/releases");
    let page = app.get("/login?next=/releases").await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "<title>Sign in · Rollcall</title>",
        "<h1>Sign in</h1>",
        "action=\"/login?next=/releases\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let wrong = post_login(&app, "/releases", "wrong").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(
        wrong.body.contains("Login or password is wrong.") && wrong.body.contains("value=\"ana\"")
    );
    assert!(!wrong.headers.contains_key("set-cookie") && !wrong.body.contains("wrong\""));
    let signed_in = post_login(&app, "/releases", PASSWORD).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    assert_eq!(signed_in.header("location"), "/releases");
    let cookie = signed_in
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = ask(&app, &cookie, "GET", "/releases", Value::Null).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("ana of the tests"));
    let out = ask(&app, &cookie, "POST", "/logout", Value::Null).await;
    assert_eq!(
        (out.status, out.header("location")),
        (StatusCode::SEE_OTHER, "/login")
    );
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let page = ask(&app, &cookie, "GET", "/releases", Value::Null).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_leads_nowhere_but_here() {
    let app = TestApp::with_login().await;
    user(&app, "ana", Role::Admin).await;
    for elsewhere in [
        "//evil.example",
        "/%5Cevil",
        "https:evil",
        "%2F%2Fevil",
        "/login",
        "/logout",
        "%09//evil",
        "",
    ] {
        let answer = post_login(&app, elsewhere, PASSWORD).await;
        assert_eq!(answer.header("location"), "/", "{elsewhere}");
    }
    // Where nobody signs in there is nothing to be shown.
    let open = TestApp::new().await;
    let page = open.get("/login?next=/releases").await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/releases")
    );
}

#[tokio::test]
async fn until_there_is_an_admin_only_the_setup_is_served_and_its_code_counts_once() {
    let app = TestApp::with_login_and_nobody().await;
    for page in ["/", "/releases", "/login", "/nothing"] {
        let sent = app.get(page).await;
        assert_eq!(
            (sent.status, sent.header("location")),
            (StatusCode::SEE_OTHER, "/setup"),
            "{page}"
        );
    }
    let refused = app
        .api("GET", "/api/releases", Value::Null, &[])
        .await
        .problem(503);
    assert_eq!(refused["type"], "urn:rollcall:problem:setup");
    sign_in(&app, "ana", PASSWORD).await.problem(503);
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    let page = app.get("/setup").await;
    for label in ["Code", "Login", "Name", "Password"] {
        assert!(page.body.contains(&format!(">{label}</label>")), "{label}");
    }
    let code = SetupCode::from_random([7, 1, 2, 3, 4, 5, 6, 7]);
    app.database.set_setup_code(&code, now()).await.unwrap();
    let post = async |code: &str, password: &str| {
        let body = format!(
            "code={code}&login=ana&name=Ana&password={}",
            password.replace(' ', "+")
        );
        app.post_form("/setup", &body).await
    };
    let wrong = post("AAAA-AAAA", PASSWORD).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"code-error\"") && !wrong.body.contains("horse"));
    let weak = post(&code.to_string(), "short").await;
    assert!(weak.body.contains("id=\"password-error\""), "{}", weak.body);
    let made = post(&code.to_string().to_ascii_lowercase(), PASSWORD).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/"),
        "{}",
        made.body
    );
    let cookie = made
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let who = ask(&app, &cookie, "GET", "/api/session", Value::Null)
        .await
        .json();
    assert_eq!(
        (&who["user"]["login"], &who["user"]["role"]),
        (&"ana".into(), &"admin".into())
    );
    let again = post(&code.to_string(), PASSWORD).await;
    assert_eq!(
        (again.status, again.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    assert!(!again.headers.contains_key("set-cookie"));
    session(&app, "ana").await;
}

#[tokio::test]
async fn a_setup_code_that_expired_is_none_and_wrong_ones_have_to_wait() {
    let app = TestApp::with_login_and_nobody().await;
    let code = SetupCode::from_random([1; 8]);
    let earlier = now() - TimeDelta::minutes(31);
    app.database.set_setup_code(&code, earlier).await.unwrap();
    let body = format!("code={code}&login=ana&name=Ana&password=correct+horse+battery");
    for _ in 0..5 {
        let wrong = app.post_form("/setup", &body).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let waits = app.post_form("/setup", &body).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(waits.headers.contains_key("retry-after"));
}
