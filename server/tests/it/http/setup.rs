//! Tests of the first admin (R26): what is served until there is one, and the code that makes one.
use crate::{
    harness::{TestApp, TestResponse, login_settings},
    people::{PASSWORD, cookie_of},
};
use app::{
    api::context::now,
    domain::{setup_code::SetupCode, user::UserDraft},
};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

const CODE: &str = "ABCD-2345";

async fn app() -> TestApp {
    TestApp::with(login_settings()).await
}

/// Makes `CODE` the code, this long ago.
async fn set_code(app: &TestApp, age: TimeDelta) {
    let code = SetupCode::parse(CODE).unwrap();
    app.database
        .set_setup_code(&code, now() - age)
        .await
        .unwrap();
}

/// Posts the form with this code and password.
async fn post(app: &TestApp, code: &str, password: &str) -> TestResponse {
    let password = password.replace(' ', "+");
    let form = format!("code={code}&login=root&name=Root&password={password}");
    app.post_form("/setup", &form).await
}

#[tokio::test]
async fn until_there_is_an_admin_nothing_is_served_but_the_setup() {
    let app = app().await;
    for page in ["/", "/releases", "/users", "/login", "/nowhere"] {
        let answer = app.get(page).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, "/setup"),
            "{page}"
        );
    }
    for (method, path) in [
        ("GET", "/api/releases"),
        ("GET", "/api/openapi.json"),
        ("POST", "/api/session"),
        ("GET", "/api/session"),
        ("GET", "/metrics"),
        ("POST", "/api/hooks/in/x"),
        ("POST", "/api/hooks/in"),
    ] {
        let answer = app.api(method, path, Value::Null, &[]).await;
        let problem = answer.problem(503);
        assert_eq!(problem["type"], "urn:rollcall:problem:setup", "{path}");
    }
    // Server functions say it in the shape of their errors.
    for path in ["/rpc/read_frame", "/rpc/create_cluster"] {
        let answer = app.call(path, json!({})).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let text = answer.error().to_string();
        assert!(text.contains("make the first admin at /setup"), "{text}");
    }
    for path in ["/healthz", "/readyz", "/setup"] {
        assert_eq!(app.get(path).await.status, StatusCode::OK, "{path}");
    }
    // For a file that was not built: 404, not 403.
    assert_eq!(app.get("/pkg/x.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_code_of_the_log_makes_the_first_admin_once() {
    let app = app().await;
    set_code(&app, TimeDelta::zero()).await;
    let page = app.get("/setup").await;
    for label in ["Code", "Login", "Name", "Password"] {
        assert!(page.body.contains(&format!(">{label}</label>")), "{label}");
    }
    let short = post(&app, CODE, "short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("id=\"password-error\"") && short.body.contains(CODE));
    // The field has the focus, and both its hint and its error describe it.
    let focused = "autofocus aria-describedby=\"password-hint password-error\"";
    assert!(short.body.contains(focused), "{}", short.body);
    assert!(!short.body.contains("id=\"code-error\""));
    let both = post(&app, "ABCD-2346", "short").await;
    for field in ["code", "password"] {
        let error = format!("id=\"{field}-error\"");
        assert!(both.body.contains(&error), "{field}");
    }
    let made = post(&app, "abcd2345", PASSWORD).await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/"),
        "{}",
        made.body
    );
    let cookie = cookie_of(&made);
    let headers = [("cookie", cookie.as_str())];
    let present = app
        .api("GET", "/api/session", Value::Null, &headers)
        .await
        .json();
    assert_eq!(
        (&present["user"]["login"], &present["user"]["role"]),
        (&json!("root"), &json!("admin"))
    );
    // It is used up, and so is the page.
    assert_eq!(app.get("/setup").await.header("location"), "/login");
    assert_eq!(
        post(&app, CODE, PASSWORD).await.header("location"),
        "/login"
    );
    let next = app.get("/").await;
    assert!(next.header("location").starts_with("/login?next="));
    assert_eq!(
        app.sign_in("root", PASSWORD).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_wrong_and_an_old_code_make_nobody() {
    let app = app().await;
    set_code(&app, TimeDelta::minutes(31)).await;
    for code in [CODE, "ABCD-2346", "", "' OR 1=1"] {
        let refused = post(&app, code, PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(refused.body.contains("id=\"code-error\""), "{code}");
    }
    assert_eq!(app.database.active_admins().await.unwrap(), 0);
}

#[tokio::test]
async fn wrong_codes_have_to_wait_as_logins_do() {
    let app = app().await;
    set_code(&app, TimeDelta::zero()).await;
    for _ in 0..5 {
        post(&app, "ZZZZ-ZZZZ", PASSWORD).await;
    }
    // Even the right one.
    let waits = post(&app, CODE, PASSWORD).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!waits.header("retry-after").is_empty());
    assert!(waits.body.contains("Too many failed attempts"));
    assert_eq!(app.database.active_admins().await.unwrap(), 0);
}

#[tokio::test]
async fn two_who_use_one_code_at_once_make_one_admin() {
    let app = app().await;
    set_code(&app, TimeDelta::zero()).await;
    let make = async |login: &str| {
        let draft = UserDraft {
            login: login.to_owned(),
            name: login.to_owned(),
            password: Some(PASSWORD.to_owned()),
            ..UserDraft::default()
        };
        app.database.create_first_admin(CODE, draft, now()).await
    };
    let (one, two) = tokio::join!(make("one"), make("two"));
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(app.database.active_admins().await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_is_added_on_the_command_line_ends_the_setup_at_the_next_request() {
    let app = app().await;
    assert_eq!(app.get("/").await.header("location"), "/setup");
    app.add_first_admin().await;
    let next = app.get("/").await;
    assert!(next.header("location").starts_with("/login?next="));
}
