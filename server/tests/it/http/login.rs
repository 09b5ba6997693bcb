//! Tests of signing in (R24), by REST and by the page: session fixation, wrong passwords, the throttle.
use crate::{
    harness::{TestApp, TestResponse, login_settings},
    people::{PASSWORD, cookie_of},
};
use app::{
    domain::{permission::Role, user::UserDraft},
    store::accounts::password_hash,
};
use axum::http::StatusCode;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use server::ops::auth_settings::AuthSettings;

async fn with_ana() -> TestApp {
    let app = TestApp::with_login().await;
    app.user_with_password("ana", Role::Operator).await;
    app
}

/// The app's answer to a request with this cookie.
async fn session(app: &TestApp, cookie: &str) -> TestResponse {
    let cookie = [("cookie", cookie)];
    app.api("GET", "/api/session", Value::Null, &cookie).await
}

#[tokio::test]
async fn a_login_answers_the_user_and_sets_a_cookie_that_no_script_reads() {
    let app = with_ana().await;
    let answer = app.sign_in("ANA", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.json()["user"]["login"], "ana");
    assert!(!answer.body.to_ascii_lowercase().contains("argon2"));
    let cookie = answer.header("set-cookie");
    for part in ["rollcall_session=", "Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"));
    // 256 bits in hexadecimal digits, new each time.
    let cookie = cookie_of(&answer);
    assert_eq!(cookie.len(), "rollcall_session=".len() + 64);
    assert_ne!(cookie, cookie_of(&app.sign_in("ana", PASSWORD).await));
    let present = session(&app, &cookie).await.json();
    assert_eq!(
        (&present["user"]["name"], &present["mode"]),
        (&json!("ana of the tests"), &json!("login"))
    );
}

#[tokio::test]
async fn five_ways_to_fail_have_one_answer() {
    let app = with_ana().await;
    let gone = app.user_with_password("gone", Role::Viewer).await;
    let deactivated = app.store.deactivate_user(gone.id, app.ana()).await;
    deactivated.unwrap();
    app.person_named("passwordless", Role::Viewer, None).await;
    let runs = password_hash::runs();
    let mut answers = Vec::new();
    for (login, password) in [
        ("nobody", PASSWORD),
        ("ana", "another long one"),
        ("gone", PASSWORD),
        ("passwordless", PASSWORD),
        ("no login at all", ""),
    ] {
        let answer = app.sign_in(login, password).await;
        answer.problem(401);
        assert_eq!(answer.header("set-cookie"), "", "{login}");
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    // Each compared a password with a hash, so that none was quicker. Other tests count here too.
    assert!(password_hash::runs() >= runs + 5);
}

#[tokio::test]
async fn a_session_that_was_planted_is_worth_nothing() {
    let app = with_ana().await;
    let planted = format!("rollcall_session={}", "0".repeat(64));
    let body = json!({ "login": "ana", "password": PASSWORD });
    let headers = [("cookie", planted.as_str())];
    let answer = app.api("POST", "/api/session", body, &headers).await;
    assert_ne!(cookie_of(&answer), planted);
    session(&app, &planted).await.problem(401);
    // The same browser signs in again: the session before ends.
    let before = cookie_of(&answer);
    let body = json!({ "login": "ana", "password": PASSWORD });
    let headers = [("cookie", before.as_str())];
    let again = app.api("POST", "/api/session", body, &headers).await;
    session(&app, &before).await.problem(401);
    assert_eq!(
        session(&app, &cookie_of(&again)).await.status,
        StatusCode::OK
    );
    // Two cookies of this name: one may be planted, so neither counts.
    let both = format!("{}; {planted}", cookie_of(&again));
    session(&app, &both).await.problem(401);
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits_and_others_cannot_lock_ana_out() {
    let app = with_ana().await;
    let from = async |peer: &str, password: &str| {
        let body = json!({ "login": "ana", "password": password });
        app.api_from(peer, "POST", "/api/session", body, &[]).await
    };
    for _ in 0..5 {
        from("192.0.2.1", "another long one").await.problem(401);
    }
    let waits = from("192.0.2.1", PASSWORD).await;
    let problem = waits.problem(429);
    assert_eq!(problem["type"], "urn:rollcall:problem:too-many-tries");
    let seconds: u64 = waits.header("retry-after").parse().unwrap();
    assert!((1..=15).contains(&seconds), "{seconds}");
    assert_eq!(problem["retryAfter"], seconds);
    assert_eq!(
        from("192.0.2.2", PASSWORD).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn of_sixty_passwords_at_once_five_are_compared_and_the_right_one_has_to_wait() {
    let app = with_ana().await;
    let tries = (0..60).map(|n| {
        let app = &app;
        async move {
            let password = format!("another long one {n}");
            let body = json!({ "login": "ana", "password": password });
            let answer = app.api_from("192.0.2.1", "POST", "/api/session", body, &[]);
            answer.await.status.as_u16()
        }
    });
    let answers = join_all(tries).await;
    let of = |status: u16| answers.iter().filter(|it| **it == status).count();
    assert_eq!((of(401), of(429)), (5, 55), "{answers:?}");
    let body = json!({ "login": "ana", "password": PASSWORD });
    let right = app.api_from("192.0.2.1", "POST", "/api/session", body, &[]);
    right.await.problem(429);
}

#[tokio::test]
async fn a_burst_from_one_address_leaves_others_room_to_sign_in() {
    let app = with_ana().await;
    let guess = |n: usize| {
        let app = &app;
        async move {
            // Half of them would take all places there are.
            let login = format!("user{n}");
            let body = json!({ "login": login, "password": "another long one" });
            let answer = app.api_from("192.0.2.1", "POST", "/api/session", body, &[]);
            answer.await.status
        }
    };
    let ana = async {
        let body = json!({ "login": "ana", "password": PASSWORD });
        let answer = app.api_from("192.0.2.2", "POST", "/api/session", body, &[]);
        answer.await.status
    };
    let (burst, ana) = join(join_all((0..130).map(guess)), ana).await;
    assert_eq!(ana, StatusCode::CREATED);
    assert!(
        burst.contains(&StatusCode::SERVICE_UNAVAILABLE),
        "{burst:?}"
    );
}

#[tokio::test]
async fn a_forwarded_address_is_no_way_round_the_throttle_without_a_trusted_proxy() {
    let app = with_ana().await;
    for n in 0..5 {
        let forwarded = format!("203.0.113.{n}");
        let headers = [("x-forwarded-for", forwarded.as_str())];
        let body = json!({ "login": "ana", "password": "another long one" });
        let answer = app.api_from("192.0.2.1", "POST", "/api/session", body, &headers);
        answer.await.problem(401);
    }
    let body = json!({ "login": "ana", "password": PASSWORD });
    let answer = app.api_from("192.0.2.1", "POST", "/api/session", body, &[]);
    answer.await.problem(429);
}

#[tokio::test]
async fn on_https_the_cookie_is_of_this_host_alone_and_the_plain_name_is_ignored() {
    let settings = AuthSettings {
        is_public_https: true,
        ..login_settings()
    };
    let app = TestApp::with(settings).await;
    app.add_first_admin().await;
    app.user_with_password("ana", Role::Viewer).await;
    let answer = app.sign_in("ana", PASSWORD).await;
    let cookie = cookie_of(&answer);
    assert!(cookie.starts_with("__Host-rollcall_session="), "{cookie}");
    assert!(answer.header("set-cookie").ends_with("; Secure"));
    assert_eq!(session(&app, &cookie).await.status, StatusCode::OK);
    let plain = cookie.trim_start_matches("__Host-");
    session(&app, plain).await.problem(401);
}

#[tokio::test]
async fn the_page_signs_in_without_a_script() {
    let app = with_ana().await;
    let asked = app.get("/releases?search=June").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let login = asked.header("location").to_owned();
    assert!(login.starts_with("/login?next="), "{login}");
    let page = app.get(&login).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "<h1>Sign in</h1>",
        ">Login</label>",
        ">Password</label>",
        ">Sign in</button>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("<script"));
    let wrong = app
        .post_form(&login, "login=ana%22&password=another+long+one")
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("Wrong login or password") && wrong.body.contains("ana&quot;"));
    assert!(!wrong.body.contains("another long one"));
    let form = "login=ana&password=a+long+enough+one";
    let right = app.post_form(&login, form).await;
    assert_eq!(
        (right.status, right.header("location")),
        (StatusCode::SEE_OTHER, "/releases?search=June")
    );
    let cookie = cookie_of(&right);
    assert_eq!(session(&app, &cookie).await.status, StatusCode::OK);
    // Signed in, one goes on at once.
    let headers = [("cookie", cookie.as_str())];
    let again = app.api("GET", &login, Value::Null, &headers).await;
    assert_eq!(
        (again.status, again.header("location")),
        (StatusCode::SEE_OTHER, "/releases?search=June")
    );
}

#[tokio::test]
async fn sign_in_leads_nowhere_else() {
    let app = with_ana().await;
    for next in [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "%09//evil.example",
        "/login?next=/x",
        "/x%0D%0ASet-Cookie:y",
    ] {
        let form = "login=ana&password=a+long+enough+one";
        let answer = app.post_form(&format!("/login?next={next}"), form).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, "/"),
            "{next}"
        );
    }
}

#[tokio::test]
async fn a_name_in_cookie_or_header_means_nothing_where_people_sign_in() {
    let app = with_ana().await;
    session(&app, "rollcall_user=ana").await.problem(401);
    let answer = app.sign_in("ana", PASSWORD).await;
    let cookie = cookie_of(&answer);
    let headers = [("cookie", cookie.as_str()), ("x-rollcall-user", "admin")];
    let answer = app.api("GET", "/api/session", Value::Null, &headers).await;
    let problem = answer.problem(403);
    assert_eq!(problem["type"], "urn:rollcall:problem:denied");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("X-Rollcall-User"), "{detail}");
    // Signing in as well.
    let body = json!({ "login": "ana", "password": PASSWORD });
    app.api("POST", "/api/session", body, &[("x-rollcall-user", "ana")])
        .await
        .problem(403);
}

#[tokio::test]
async fn passwords_can_be_left_to_admins() {
    let settings = AuthSettings {
        has_password_login: false,
        ..login_settings()
    };
    let app = TestApp::with(settings).await;
    app.user_with_password("root", Role::Admin).await;
    app.user_with_password("ana", Role::Manager).await;
    app.sign_in("ana", PASSWORD).await.problem(401);
    assert_eq!(
        app.sign_in("root", PASSWORD).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn whoever_signs_out_is_nobody_again() {
    let app = with_ana().await;
    let by_rest = cookie_of(&app.sign_in("ana", PASSWORD).await);
    let headers = [("cookie", by_rest.as_str())];
    let ended = app
        .api("DELETE", "/api/session", Value::Null, &headers)
        .await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    session(&app, &by_rest).await.problem(401);
    app.api("DELETE", "/api/session", Value::Null, &headers)
        .await
        .problem(401);
    let by_page = cookie_of(&app.sign_in("ana", PASSWORD).await);
    let headers = [("cookie", by_page.as_str())];
    let ended = app.api("POST", "/logout", Value::Null, &headers).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (StatusCode::SEE_OTHER, "/login")
    );
    session(&app, &by_page).await.problem(401);
}

#[tokio::test]
async fn the_history_tells_admins_who_signed_in_and_keeps_no_mistyped_password() {
    let app = with_ana().await;
    let cookie = cookie_of(&app.sign_in("ana", PASSWORD).await);
    app.sign_in("a long enough one", "ana").await.problem(401);
    let headers = [("cookie", cookie.as_str())];
    app.api("DELETE", "/api/session", Value::Null, &headers)
        .await;
    let admin = app.person(Role::Admin, None).await;
    let events = app
        .api_as(&admin, "GET", "/api/audit?entity=session", Value::Null)
        .await;
    let actions: Vec<Value> = events.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].clone())
        .collect();
    for action in ["login", "login-failed", "logout"] {
        assert!(actions.contains(&json!(action)), "{action}: {actions:?}");
    }
    assert!(!events.body.contains("a long enough one"));
    // The page says whose session it is, although a session has no name.
    let page = app
        .api_as(&admin, "GET", "/activity", Value::Null)
        .await
        .body;
    assert!(page.contains("an unknown login"), "{page}");
    assert!(!page.contains("deleted item"), "{page}");
    let manager = app.person(Role::Manager, None).await;
    let hidden = app
        .api_as(&manager, "GET", "/api/audit?entity=session", Value::Null)
        .await;
    assert_eq!(hidden.json()["items"], json!([]));
}

#[tokio::test]
async fn each_failure_is_in_the_history_and_a_try_that_has_to_wait_is_not() {
    let app = with_ana().await;
    for _ in 0..5 {
        app.sign_in("ana", "another long one").await.problem(401);
    }
    for _ in 0..3 {
        app.sign_in("ana", PASSWORD).await.problem(429);
    }
    let admin = app.person(Role::Admin, None).await;
    let path = "/api/audit?entity=session&action=login-failed";
    let events = app.api_as(&admin, "GET", path, Value::Null).await;
    assert_eq!(events.json()["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn in_open_mode_nobody_signs_in() {
    let app = TestApp::new().await;
    let draft = UserDraft {
        login: "ana".into(),
        name: "Ana".into(),
        role: "admin".into(),
        password: Some(PASSWORD.into()),
        ..UserDraft::default()
    };
    app.store.create_user(draft, app.ana()).await.unwrap();
    app.sign_in("ana", PASSWORD).await.problem(409);
    assert_eq!(app.get("/login").await.header("location"), "/");
    let present = app.read("/api/session").await;
    assert_eq!(present, json!({ "user": null, "mode": "open" }));
}
