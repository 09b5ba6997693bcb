//! Tests of the way to the provider and back.
use super::{FakeProvider, PUBLIC_URL, ROLES, page, sent, session, settings_of, signed_in, who};
use crate::{
    harness::TestApp,
    program::{RunningServer, ended, program},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn the_browser_is_sent_to_the_provider_with_a_challenge_a_state_and_a_nonce() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let browser = sent(&app, "/releases").await;
    let endpoint = format!("{}/protocol/openid-connect/auth?", provider.issuer);
    assert!(
        browser.address.starts_with(&endpoint),
        "{}",
        browser.address
    );
    let redirect = format!("{PUBLIC_URL}/login/oidc/callback");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "rollcall"),
        ("redirect_uri", redirect.as_str()),
        ("scope", "openid profile email groups"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(browser.asked[name], value, "{name}");
    }
    let again = sent(&app, "/releases").await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(browser.asked[name].len(), 43, "{name}");
        assert_ne!(browser.asked[name], again.asked[name], "{name}");
        assert!(!browser.cookie.contains(&browser.asked[name]), "{name}");
    }
    let answer = app.get("/login/oidc").await;
    let cookie = answer.header("set-cookie");
    for part in ["rollcall_oidc=", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn who_comes_back_is_signed_in_by_a_new_session_and_goes_on() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let browser = sent(&app, "/releases").await;
    let back = provider.allow(&browser);
    // A session that was planted before is not taken over.
    let cookies = format!("{}; rollcall_session=planted", browser.cookie);
    let answer = page(&app, &back, &cookies).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.header("location"), "/releases");
    let first = session(&answer).unwrap();
    assert_ne!(first, "rollcall_session=planted");
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|it| it.to_str().unwrap())
        .collect();
    assert!(
        set.iter()
            .any(|it| it.starts_with("rollcall_oidc=; ") && it.contains("Max-Age=0")),
        "{set:?}"
    );
    let user = who(&app, &first).await;
    assert_eq!(
        [&user["login"], &user["name"], &user["role"]],
        ["ana", "Ana Ferreira", "operator"]
    );
    assert_eq!(user["hasPassword"], json!(false));
    // The next time it is the same user, and another session.
    let second = session(&signed_in(&app, &provider).await).unwrap();
    assert_ne!(first, second);
    assert_eq!(who(&app, &second).await["id"], user["id"]);
    // The dialog of a session that ends under an open page offers the provider too.
    let shown = page(&app, "/releases", &second).await;
    assert!(shown.body.contains("href=\"/login/oidc?next=/account\""));
    let headers = [("cookie", second.as_str())];
    let list = app.api("GET", "/api/sessions", Value::Null, &headers).await;
    assert_eq!(list.json()["items"][0]["how"], "oidc");
}

#[tokio::test]
async fn signing_in_at_the_provider_leads_nowhere_but_here() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    for elsewhere in [
        "//evil.example",
        "https:evil",
        "%2F%2Fevil",
        "/login",
        "%09//x",
    ] {
        let browser = sent(&app, elsewhere).await;
        let answer = page(&app, &provider.allow(&browser), &browser.cookie).await;
        assert_eq!(answer.header("location"), "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn the_page_offers_the_provider_by_a_link_that_goes_on_too() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let shown = app.get("/login?next=/releases").await;
    assert!(shown.body.contains("Continue with Example ID"));
    assert!(shown.body.contains("href=\"/login/oidc?next=/releases\""));
    // Without a provider there is none.
    let app = TestApp::with_login().await;
    let shown = app.get("/login").await;
    assert!(!shown.body.contains("Continue with"));
    for path in ["/login/oidc", "/login/oidc/callback?code=x&state=y"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.header("location"), "/login", "{path}");
    }
}

#[tokio::test]
async fn userinfo_is_read_where_the_id_token_lacks_a_claim_and_only_there() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(provider.userinfo_reads(), 0);
    for name in ["preferred_username", "name", "email", "groups"] {
        provider.claim(name, Value::Null);
    }
    provider.claim("sub", json!("account-2"));
    provider.set(|it| {
        it.userinfo = json!({
            "sub": "account-2",
            "preferred_username": "ben",
            "name": "Ben",
            "groups": ["release-admins"],
            "updated_at": "2026-06-01T09:00:00Z",
        });
    });
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(provider.userinfo_reads(), 1);
    let user = who(&app, &cookie).await;
    assert_eq!([&user["login"], &user["role"]], ["ben", "admin"]);
}

#[tokio::test]
async fn the_claim_of_the_groups_may_be_a_path_into_objects() {
    let provider = FakeProvider::start().await;
    let mut settings = provider.settings(ROLES);
    "realm_access.roles".clone_into(&mut settings.groups_claim);
    let app = TestApp::with_provider(settings).await;
    let roles = json!({ "roles": ["offline_access", "team"] });
    provider.claim("realm_access", roles);
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(who(&app, &cookie).await["role"], "operator");
    assert_eq!(provider.userinfo_reads(), 0);
    // Also if only userinfo has it.
    provider.claim("realm_access", json!({ "verify_caller": true }));
    provider.set(|it| {
        let roles = json!({ "roles": ["release-admins"] });
        it.userinfo = json!({ "sub": "account-1", "realm_access": roles });
    });
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(who(&app, &cookie).await["role"], "admin");
}

#[tokio::test]
async fn a_key_that_the_provider_has_since_is_read_when_it_signs() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    provider.rotate_key();
    session(&signed_in(&app, &provider).await).unwrap();
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_so_and_passwords_go_on() {
    // Nothing listens at port 1.
    let settings = settings_of("http://127.0.0.1:1/", ROLES);
    let app = TestApp::with_provider(settings).await;
    let answer = app.get("/login/oidc?next=/releases").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    for part in [
        "Example ID cannot be reached. Try again in a moment.",
        "<h1>Sign in</h1>",
        "action=\"/login?next=/releases\"",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(app.get("/login").await.status, StatusCode::OK);
}

#[test]
fn the_program_starts_while_the_provider_is_away_and_not_with_half_of_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let mut with_provider = program(&database);
    with_provider
        .env("ROLLCALL_AUTH", "login")
        .env("ROLLCALL_PUBLIC_URL", "http://localhost:3000")
        .env("ROLLCALL_OIDC_ISSUER", "http://127.0.0.1:1/")
        .env("ROLLCALL_OIDC_CLIENT_ID", "rollcall");
    let server = RunningServer::start(&mut with_provider);
    assert_eq!(server.ask("GET", "/healthz", "").0, 200);
    drop(server);
    with_provider.env_remove("ROLLCALL_OIDC_ISSUER");
    ended(&mut with_provider).failed(2, &["ROLLCALL_OIDC_ISSUER"]);
}
