//! Tests of refused sign-ins: unsolicited callbacks, invalid id tokens, errors of the provider.
use super::{Browser, CLIENT, FakeProvider, ROLES, Signature, page, sent, session, signed_in};
use crate::harness::{TestApp, TestResponse};
use app::api::context::now;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Checks that no session and no user was created, and that the login page says why.
async fn refused(app: &TestApp, answer: &TestResponse, status: StatusCode, why: &str) {
    assert_eq!(answer.status, status, "{why}: {}", answer.body);
    assert_eq!(session(answer), None);
    assert!(answer.body.contains("<h1>Sign in</h1>"), "{}", answer.body);
    assert!(answer.body.contains(why), "{why}: {}", answer.body);
    let users = app.store.users(true).await.unwrap();
    assert!(
        users.iter().all(|it| it.login == "first.admin"),
        "{users:?}"
    );
}

#[tokio::test]
async fn an_answer_counts_only_in_the_browser_that_asked_and_once() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let (browser, other) = (sent(&app, "/").await, sent(&app, "/").await);
    let back = provider.allow(&browser);
    let forged = back.replacen(&browser.asked["state"], "forged", 1);
    let elsewhere = "was begun in another window";
    for (path, cookie) in [
        (&back, other.cookie.as_str()),
        (&back, ""),
        (&back, "rollcall_oidc=x.1.Lw"),
        (&forged, browser.cookie.as_str()),
        (&"/login/oidc/callback".to_owned(), browser.cookie.as_str()),
    ] {
        let answer = page(&app, path, cookie).await;
        refused(&app, &answer, StatusCode::BAD_REQUEST, elsewhere).await;
        // The sign-in that is under way is not ended by it.
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let answer = page(&app, &back, &browser.cookie).await;
    session(&answer).unwrap();
    // The browser lost its cookie; one that kept it has a code that is used up.
    let again = page(&app, &back, &browser.cookie).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert_eq!(session(&again), None);
}

/// Comes back while the provider says what it was told to.
async fn proves_nothing(change: impl FnOnce(&FakeProvider)) {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    change(&provider);
    let browser = sent(&app, "/").await;
    let answer = page(&app, &provider.allow(&browser), &browser.cookie).await;
    let why = "What Example ID answered does not prove who you are.";
    refused(&app, &answer, StatusCode::UNAUTHORIZED, why).await;
}

#[tokio::test]
async fn an_id_token_of_another_sign_in_proves_nothing() {
    proves_nothing(|it| it.claim("nonce", json!("another"))).await;
    proves_nothing(|it| it.claim("nonce", Value::Null)).await;
}

#[tokio::test]
async fn an_id_token_that_has_expired_proves_nothing() {
    proves_nothing(|it| it.claim("exp", json!(now().timestamp() - 3600))).await;
}

#[tokio::test]
async fn an_id_token_for_another_client_or_for_more_than_this_one_proves_nothing() {
    proves_nothing(|it| it.claim("aud", json!("another"))).await;
    proves_nothing(|it| it.claim("aud", json!([CLIENT, "another"]))).await;
    proves_nothing(|it| it.claim("aud", Value::Null)).await;
    proves_nothing(|it| it.claim("azp", json!("another"))).await;
}

#[tokio::test]
async fn an_id_token_that_is_not_valid_yet_proves_nothing() {
    proves_nothing(|it| it.claim("nbf", json!(now().timestamp() + 3600))).await;
    proves_nothing(|it| it.claim("nbf", json!("soon"))).await;
    // Clocks differ by some seconds.
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    provider.claim("nbf", json!(now().timestamp() + 20));
    provider.claim("azp", json!(CLIENT));
    session(&signed_in(&app, &provider).await).unwrap();
}

#[tokio::test]
async fn a_subject_that_no_user_can_have_proves_nothing() {
    for subject in ["a\tb", "a\u{0}", "", &"x".repeat(256)] {
        proves_nothing(|it| it.claim("sub", json!(subject))).await;
    }
}

#[tokio::test]
async fn an_id_token_of_another_issuer_proves_nothing() {
    proves_nothing(|it| it.claim("iss", json!("https://evil.example"))).await;
    // As the issuer is written, so it is compared.
    proves_nothing(|it| it.claim("iss", json!(format!("{}/", it.issuer)))).await;
}

#[tokio::test]
async fn an_id_token_that_no_key_of_the_provider_signed_proves_nothing() {
    for signature in [
        Signature::Missing,
        Signature::BySecret,
        Signature::ByStranger,
    ] {
        proves_nothing(|it| it.set(|it| it.signature = signature)).await;
    }
}

#[tokio::test]
async fn an_id_token_with_another_s_access_token_proves_nothing() {
    proves_nothing(|it| it.claim("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))).await;
}

#[tokio::test]
async fn userinfo_of_somebody_else_proves_nothing() {
    proves_nothing(|it| {
        it.claim("groups", Value::Null);
        it.set(|it| it.userinfo = json!({ "sub": "another", "groups": ["release-admins"] }));
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_says_no_is_told_in_plain_words() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let back = |browser: &Browser, error: &str| {
        let state = &browser.asked["state"];
        let issuer = provider.issuer.replace(':', "%3A");
        format!(
            "/login/oidc/callback?error={error}&error_description=%3Cb%3Ex&state={state}&iss={issuer}"
        )
    };
    for (error, why) in [
        ("access_denied", "The sign-in was cancelled at Example ID"),
        ("server_error", "Example ID could not sign you in."),
        ("%3Cscript%3E", "Example ID could not sign you in."),
    ] {
        let browser = sent(&app, "/").await;
        let answer = page(&app, &back(&browser, error), &browser.cookie).await;
        refused(&app, &answer, StatusCode::FORBIDDEN, why).await;
        assert!(!answer.body.contains("<script") && !answer.body.contains("<b>"));
    }
}

#[tokio::test]
async fn an_answer_in_the_name_of_another_provider_proves_nothing() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let browser = sent(&app, "/").await;
    let back = provider.allow(&browser);
    let back = back.replacen("realms%2Fops", "realms%2Fevil", 1);
    let why = "does not prove who you are";
    let answer = page(&app, &back, &browser.cookie).await;
    refused(&app, &answer, StatusCode::UNAUTHORIZED, why).await;
    // Nor does one in nobody's name, from a provider that always gives its own.
    let unnamed = provider.allow(&browser).replacen("&iss=", "&other=", 1);
    let answer = page(&app, &unnamed, &browser.cookie).await;
    refused(&app, &answer, StatusCode::UNAUTHORIZED, why).await;
}

#[tokio::test]
async fn failures_at_the_provider_have_to_wait_as_those_of_an_address_do() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let browser = sent(&app, "/releases").await;
    let state = &browser.asked["state"];
    let issuer = provider.issuer.replace(':', "%3A");
    let wrong = format!("/login/oidc/callback?state={state}&iss={issuer}&code=wrong");
    // What another site can bring about is not counted.
    for _ in 0..60 {
        let answer = page(&app, &wrong, "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    for _ in 0..50 {
        let answer = page(&app, &wrong, &browser.cookie).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    }
    // Even the right code; passwords from there go on.
    let waits = page(&app, &provider.allow(&browser), &browser.cookie).await;
    let why = "Too many failed attempts. Try again in";
    refused(&app, &waits, StatusCode::TOO_MANY_REQUESTS, why).await;
    assert!(!waits.header("retry-after").is_empty());
    assert!(!waits.headers.contains_key("set-cookie"));
    app.sign_in("ana", "whatever").await.problem(401);
}
