//! Tests of a provider that is away, hangs, or is not set up for Rollcall: what people are told, and that nobody has to wait for it.
use super::{FakeProvider, ROLES, page, sent, session, settings_of, signed_in};
use crate::{
    harness::TestApp,
    people::{PASSWORD, cookie_of},
};
use app::domain::permission::Role;
use axum::http::StatusCode;

const NOT_SET_UP: &str = "Example ID and Rollcall are not set up for each other.";

#[tokio::test]
async fn what_the_provider_or_its_settings_do_wrong_keeps_nobody_waiting() {
    for (end, status, body) in [
        (
            "/token",
            StatusCode::UNAUTHORIZED,
            r#"{"error":"invalid_client"}"#,
        ),
        ("/token", StatusCode::OK, "<h1>Hello</h1>"),
        (
            "/token",
            StatusCode::OK,
            r#"{"access_token":"x","token_type":"Bearer"}"#,
        ),
    ] {
        let provider = FakeProvider::start().await;
        let app = provider.app(ROLES).await;
        app.user_with_password("ana", Role::Viewer).await;
        provider.answers(end, status, body);
        for _ in 0..55 {
            let answer = signed_in(&app, &provider).await;
            assert_eq!(
                answer.status,
                StatusCode::BAD_GATEWAY,
                "{body}: {}",
                answer.body
            );
            assert!(answer.body.contains(NOT_SET_UP), "{}", answer.body);
        }
        let by_password = app.sign_in("ana", PASSWORD).await;
        assert!(cookie_of(&by_password).starts_with("rollcall_session="));
    }
}

#[tokio::test]
async fn userinfo_that_cannot_be_read_is_no_provider_that_is_away() {
    let long = format!("{{\"sub\":\"{}\"}}", "x".repeat(1024 * 1024));
    for body in ["<h1>Hello</h1>", long.as_str()] {
        let provider = FakeProvider::start().await;
        let app = provider.app(ROLES).await;
        provider.claim("groups", serde_json::Value::Null);
        provider.answers("/userinfo", StatusCode::OK, body);
        let answer = signed_in(&app, &provider).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
        assert!(answer.body.contains(NOT_SET_UP), "{}", answer.body);
    }
}

#[tokio::test]
async fn one_failed_reading_is_the_answer_for_all_who_come_meanwhile() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let away = StatusCode::SERVICE_UNAVAILABLE;
    provider.answers("/openid-configuration", away, "");
    let ask = || app.get("/login/oidc");
    let together = tokio::join!(ask(), ask(), ask(), ask());
    for answer in [together.0, together.1, together.2, together.3, ask().await] {
        assert_eq!(answer.status, away);
        let text = "Example ID cannot be reached. Try again in a moment.";
        assert!(answer.body.contains(text), "{}", answer.body);
    }
    assert_eq!(provider.discovery_reads(), 1);
}

#[tokio::test]
async fn one_reading_serves_all_who_come_at_once() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let ask = || app.get("/login/oidc");
    let together = tokio::join!(ask(), ask(), ask());
    for answer in [together.0, together.1, together.2] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(provider.discovery_reads(), 1);
}

#[tokio::test]
async fn metadata_that_cannot_be_used_is_said_so() {
    let settings = settings_of("http://127.0.0.1:1/", ROLES);
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    provider.answers("/openid-configuration", StatusCode::NOT_FOUND, "");
    let answer = app.get("/login/oidc").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
    assert!(answer.body.contains(NOT_SET_UP), "{}", answer.body);
    // One that nobody listens for is away.
    let app = TestApp::with_provider(settings).await;
    let answer = app.get("/login/oidc").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn parameters_that_are_there_twice_are_answered_with_the_page() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let login = app.get("/login?next=/releases&next=/clusters").await;
    assert_eq!(login.status, StatusCode::OK);
    assert!(login.body.contains("action=\"/login?next=/releases\""));
    let browser = sent(&app, "/releases&next=/clusters").await;
    let back = format!("{}&state=x&code=y", provider.allow(&browser));
    let answer = page(&app, &back, &browser.cookie).await;
    session(&answer).unwrap();
    assert_eq!(answer.header("location"), "/releases");
    let nobody = page(&app, "/login/oidc/callback?state=a&state=b", "").await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST);
    assert!(nobody.body.contains("<h1>Sign in</h1>"), "{}", nobody.body);
}
