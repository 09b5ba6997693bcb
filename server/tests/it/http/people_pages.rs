//! Tests of the pages of people as the server draws them: who sees them, and what the layout says of the person.
use crate::{
    harness::{TestApp, TestResponse},
    people::{PASSWORD, Person, cookie_of, scope},
    world::World,
};
use app::{
    api::context::now,
    domain::{permission::Role, provider_account::ProviderAccount, user::UserDraft},
    store::accounts::provider_users::ProviderLogin,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn get(app: &TestApp, person: &Person, path: &str) -> TestResponse {
    app.api_as(person, "GET", path, Value::Null).await
}

#[tokio::test]
async fn an_admin_has_a_second_navigation_and_the_pages_behind_it() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let edit = format!("/users/{}/edit", admin.user.id);
    for (path, title) in [
        ("/users", "Users"),
        ("/users/new", "New user"),
        (edit.as_str(), "Edit"),
        ("/account", "Your account"),
    ] {
        let page = get(&app, &admin, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let heading = format!("<h1>{title}");
        assert!(page.body.contains(&heading), "{path}: {}", page.body);
        assert!(
            page.body.contains("aria-label=\"Administration\""),
            "{path}"
        );
    }
    for summary in Role::ALL.iter().map(|it| it.summary()) {
        let page = get(&app, &admin, "/users/new").await;
        assert!(page.body.contains(summary), "{summary}");
    }
}

#[tokio::test]
async fn nobody_else_has_them_and_the_refusal_names_the_role() {
    let app = TestApp::with_login().await;
    for role in [Role::Viewer, Role::Operator, Role::Manager] {
        let person = app.person(role, None).await;
        for path in ["/users", "/users/new", "/users/1/edit", "/runners"] {
            let page = get(&app, &person, path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{role}: {path}");
            assert!(page.body.contains("role admin"), "{}", page.body);
        }
        let page = get(&app, &person, "/account").await;
        assert_eq!(page.status, StatusCode::OK);
        for path in ["/users", "/webhooks", "/runners"] {
            let link = format!("href=\"{path}\"");
            assert!(!page.body.contains(&link), "{role}: {path}");
        }
        // Whoever runs something finds the runs there; a viewer has no such navigation.
        let runs = role >= Role::Operator;
        for part in ["aria-label=\"Administration\"", "href=\"/runs\""] {
            assert_eq!(page.body.contains(part), runs, "{role}: {part}");
        }
        assert_eq!(get(&app, &person, "/runs").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_foot_of_the_sidebar_is_the_person_with_a_way_out() {
    let app = TestApp::with_login().await;
    let ana = app.person_named("ana", Role::Viewer, None).await;
    let page = get(&app, &ana, "/").await;
    for part in [
        "You: ana of the tests",
        "href=\"/account\"",
        "action=\"/logout\"",
        "Sign in to go on",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    // On a phone the menu has the second navigation, for admins.
    let users = "class=\"menu__item narrow\" href=\"/users\"";
    assert!(!page.body.contains(users));
    let admin = app.person(Role::Admin, None).await;
    assert!(get(&app, &admin, "/").await.body.contains(users));
    let open = TestApp::new().await;
    let page = open.get("/").await;
    assert!(page.body.contains("You: Test"));
    for part in ["/logout", "/account", "href=\"/users\"", "Sign in to go on"] {
        assert!(!page.body.contains(part), "{part}");
    }
    assert_eq!(open.get("/account").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_viewer_s_pages_leave_out_what_a_viewer_can_never_do() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let (viewer, manager) = (
        app.person(Role::Viewer, None).await,
        app.person(Role::Manager, None).await,
    );
    let customer = format!("/customers/{}", world.acme.id);
    for (path, part) in [
        ("/clusters", "href=\"/clusters/new\""),
        ("/customers", "href=\"/customers/new\""),
        ("/releases", "href=\"/releases/new\""),
        ("/", "href=\"/releases/new\""),
        (customer.as_str(), "/edit\""),
    ] {
        assert!(!get(app, &viewer, path).await.body.contains(part), "{path}");
        assert!(get(app, &manager, path).await.body.contains(part), "{path}");
    }
}

#[tokio::test]
async fn hostile_names_of_people_stay_text() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let hostile = "<script>alert(1)</script>";
    let draft = UserDraft {
        login: "eve".into(),
        name: hostile.into(),
        role: "viewer".into(),
        password: Some(PASSWORD.into()),
        ..UserDraft::default()
    };
    let eve = app.store.create_user(draft, app.ana()).await.unwrap().row;
    for path in [
        "/users".to_owned(),
        format!("/users/{}/edit", eve.id),
        "/activity".to_owned(),
    ] {
        let page = get(&app, &admin, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains(hostile), "{path}");
    }
}

#[tokio::test]
async fn the_filter_of_the_activity_keeps_what_has_no_control() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let path = format!("/activity?user={}&batch=b&action=create", admin.user.id);
    let page = get(&app, &admin, &path).await;
    let user = format!(
        "<input type=\"hidden\" name=\"user\" value=\"{}\">",
        admin.user.id
    );
    for part in [
        user.as_str(),
        "<input type=\"hidden\" name=\"batch\" value=\"b\">",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let page = get(&app, &admin, "/activity?action=create").await;
    assert!(!page.body.contains("type=\"hidden\""));
}

#[tokio::test]
async fn a_session_is_named_by_its_browser_and_system() {
    let app = TestApp::with_login().await;
    app.user_with_password("ana", Role::Viewer).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let body = json!({ "login": "ana", "password": PASSWORD });
    let agent = [("user-agent", firefox)];
    let made = app.api("POST", "/api/session", body, &agent).await;
    let cookie = cookie_of(&made);
    let headers = [("cookie", cookie.as_str())];
    let page = app.api("GET", "/account", Value::Null, &headers).await;
    assert!(page.body.contains("<td>Firefox on Linux"), "{}", page.body);
    // REST tells the browser as it calls itself.
    let list = app.api("GET", "/api/sessions", Value::Null, &headers).await;
    assert_eq!(list.json()["items"][0]["agent"], firefox);
}

#[tokio::test]
async fn the_form_of_a_token_offers_what_its_owner_sees() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let ana = app
        .person(Role::Operator, scope(&[], &[world.acme.id]))
        .await;
    let page = get(app, &ana, "/account").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Only some"), "{}", page.body);
    assert!(!page.body.contains("Initech"));
    // A manager's token has a scope only with a lower role, which is chosen in the browser.
    let mei = app.person(Role::Manager, None).await;
    let page = get(app, &mei, "/account").await;
    assert!(!page.body.contains("Only some"));
}

#[tokio::test]
async fn the_form_of_a_user_says_who_gives_the_role() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    let hint = "Each sign-in at the provider sets the role by its groups";
    let path = format!("/users/{}/edit", admin.user.id);
    assert!(!get(&app, &admin, &path).await.body.contains(hint));
    let account = ProviderAccount {
        issuer: "https://id.example".into(),
        subject: "1".into(),
        username: Some("ben".into()),
        name: None,
        email: None,
        groups: Vec::new(),
    };
    let made = app
        .database
        .provider_user(&account, Some(Role::Viewer), now());
    let ProviderLogin::User(ben) = made.await.unwrap() else {
        panic!("no user was made");
    };
    let page = get(&app, &admin, &format!("/users/{}/edit", ben.id)).await;
    assert!(page.body.contains(hint), "{}", page.body);
}
