//! Tests of how a provider's account becomes a user: login, role by groups, refusals.
use super::{FakeProvider, ROLES, session, signed_in, who};
use crate::harness::TestApp;
use app::{
    api::context::now,
    domain::{
        permission::Role,
        provider_account::ProviderAccount,
        scope::ScopeIds,
        user::{User, UserDraft},
    },
    store::accounts::provider_users::ProviderLogin,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn user(app: &TestApp, login: &str) -> User {
    let users = app.store.users(true).await.unwrap();
    let mut users = users.into_iter();
    users.find(|it| it.login == login).unwrap()
}

#[tokio::test]
async fn the_role_is_that_of_the_groups_each_time_and_another_one_ends_the_sessions() {
    let provider = FakeProvider::start().await;
    let app = provider.app(&format!("{ROLES},*=viewer")).await;
    let mut before: Option<String> = None;
    for (groups, role) in [
        (&["team"][..], "operator"),
        (&["other", "release-admins", "team"][..], "admin"),
        (&["Team"][..], "viewer"),
        (&[][..], "viewer"),
    ] {
        provider.groups(groups);
        let cookie = session(&signed_in(&app, &provider).await).unwrap();
        assert_eq!(who(&app, &cookie).await["role"], role, "{groups:?}");
        if let Some(before) = before.filter(|_| role != "viewer") {
            let headers = [("cookie", before.as_str())];
            let asked = app.api("GET", "/api/session", Value::Null, &headers).await;
            asked.problem(401);
        }
        before = Some(cookie);
    }
    // Four sign-ins, and one user.
    assert_eq!(app.store.users(true).await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_plans_for_all_loses_a_scope_and_gets_none_back() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    let ana = user(&app, "ana").await;
    let (id, version) = (ana.id, ana.version);
    let draft = UserDraft {
        scope: Some(ScopeIds::default()),
        ..ana.into()
    };
    let scoped = app.store.update_user(id, draft, version, app.ana()).await;
    scoped.unwrap();
    // What an admin gave stays while the role stays.
    session(&signed_in(&app, &provider).await).unwrap();
    assert!(user(&app, "ana").await.scope.is_some());
    provider.groups(&["release-admins"]);
    session(&signed_in(&app, &provider).await).unwrap();
    let ana = user(&app, "ana").await;
    assert_eq!((ana.role, ana.scope), (Role::Admin, None));
}

#[tokio::test]
async fn without_a_group_that_has_a_role_nobody_is_let_in_or_made() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    for groups in [json!(["other"]), json!([]), Value::Null, json!("other")] {
        provider.claim("groups", groups);
        let answer = signed_in(&app, &provider).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
        let why = "none of your groups has a role here";
        assert!(answer.body.contains(why), "{}", answer.body);
        assert_eq!(session(&answer), None);
    }
    assert_eq!(app.store.users(true).await.unwrap().len(), 1);
    // It is recorded for admins, without the login, since no user has it.
    let admin = app.person(Role::Admin, None).await;
    let path = "/api/audit?entity=session&limit=50";
    let events = app.api_as(&admin, "GET", path, Value::Null).await;
    assert_eq!(events.body.matches("login-failed").count(), 4);
    assert!(!events.body.contains("Ferreira"));
}

#[tokio::test]
async fn who_loses_every_group_is_not_let_in_again() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    let earlier = session(&signed_in(&app, &provider).await).unwrap();
    provider.groups(&[]);
    let answer = signed_in(&app, &provider).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(session(&answer), None);
    // What was open ends, and the history says by whom.
    let headers = [("cookie", earlier.as_str())];
    let asked = app.api("GET", "/api/session", Value::Null, &headers).await;
    asked.problem(401);
    let ana = user(&app, "ana").await;
    let admin = app.person(Role::Admin, None).await;
    let path = "/api/audit?entity=session&action=logout";
    let events = app.api_as(&admin, "GET", path, Value::Null).await.json();
    let event = &events["items"][0];
    assert_eq!(
        (&event["userId"], &event["after"]["by"]),
        (&json!(ana.id), &json!("provider"))
    );
    // An admin decides about the user.
    assert!(ana.is_active);
}

#[tokio::test]
async fn what_the_groups_change_is_in_the_history_as_the_provider_s_doing() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    provider.groups(&["release-admins"]);
    session(&signed_in(&app, &provider).await).unwrap();
    let ana = user(&app, "ana").await;
    let admin = app.person(Role::Admin, None).await;
    let path = format!("/api/audit?entity=user&entityId={}", ana.id);
    let events = app.api_as(&admin, "GET", &path, Value::Null).await.json();
    let items = events["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{events}");
    for event in items {
        assert_eq!(event["userId"], json!(ana.id), "{event}");
        assert_eq!(event["via"], "session", "{event}");
        assert_eq!(event["after"]["by"], "provider", "{event}");
    }
    assert_eq!(items[0]["after"]["role"], "admin");
}

#[tokio::test]
async fn a_name_that_is_taken_gets_the_login_behind_it() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let draft = UserDraft {
        login: "boss".into(),
        name: "ANA Ferreira".into(),
        role: "viewer".into(),
        ..UserDraft::default()
    };
    app.store.create_user(draft, app.ana()).await.unwrap();
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(who(&app, &cookie).await["name"], "Ana Ferreira (ana)");
}

#[tokio::test]
async fn a_deactivated_user_is_not_let_in_and_stays_so() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    let ana = user(&app, "ana").await;
    app.store.deactivate_user(ana.id, app.ana()).await.unwrap();
    for groups in [&["team"][..], &["release-admins"]] {
        provider.groups(groups);
        let answer = signed_in(&app, &provider).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("Your account here is not active."));
        assert_eq!(session(&answer), None);
    }
    assert!(!user(&app, "ana").await.is_active);
}

#[tokio::test]
async fn nothing_is_linked_by_login_or_email() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    let draft = UserDraft {
        login: "ana".into(),
        name: "Another Ana".into(),
        email: "ana@example.com".into(),
        role: "admin".into(),
        ..UserDraft::default()
    };
    app.store.create_user(draft, app.ana()).await.unwrap();
    for (subject, login) in [("account-1", "ana-2"), ("account-2", "ana-3")] {
        provider.claim("sub", json!(subject));
        let cookie = session(&signed_in(&app, &provider).await).unwrap();
        let user = who(&app, &cookie).await;
        assert_eq!([&user["login"], &user["role"]], [login, "operator"]);
    }
    assert_eq!(user(&app, "ana").await.oidc_subject, None);
}

#[tokio::test]
async fn the_first_admin_may_come_from_the_provider_and_the_last_one_stays() {
    let provider = FakeProvider::start().await;
    let app = TestApp::with_provider_and_nobody(provider.settings(ROLES)).await;
    assert_eq!(app.get("/login").await.header("location"), "/setup");
    let setup = app.get("/setup").await;
    assert!(setup.body.contains("Continue with Example ID"));
    provider.groups(&["release-admins"]);
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(who(&app, &cookie).await["role"], "admin");
    for groups in [&["team"][..], &[]] {
        provider.groups(groups);
        let cookie = session(&signed_in(&app, &provider).await).unwrap();
        assert_eq!(who(&app, &cookie).await["role"], "admin", "{groups:?}");
    }
    // With another admin beside, it is as the groups say.
    app.person(Role::Admin, None).await;
    provider.groups(&["team"]);
    let cookie = session(&signed_in(&app, &provider).await).unwrap();
    assert_eq!(who(&app, &cookie).await["role"], "operator");
}

#[tokio::test]
async fn before_there_is_an_admin_only_a_provider_that_makes_admins_is_served() {
    let provider = FakeProvider::start().await;
    let settings = provider.settings("team=operator,*=viewer");
    let app = TestApp::with_provider_and_nobody(settings).await;
    for path in ["/login/oidc", "/login/oidc/callback?code=x&state=y"] {
        assert_eq!(app.get(path).await.header("location"), "/setup", "{path}");
    }
    assert!(!app.get("/setup").await.body.contains("Continue with"));
}

#[tokio::test]
async fn an_account_of_another_issuer_is_somebody_else() {
    let provider = FakeProvider::start().await;
    let app = provider.app(ROLES).await;
    session(&signed_in(&app, &provider).await).unwrap();
    let account = ProviderAccount {
        issuer: "https://other.example".into(),
        subject: "account-1".into(),
        username: Some("ana".into()),
        name: None,
        email: None,
        groups: Vec::new(),
    };
    let role = Some(Role::Viewer);
    let login = app.database.provider_user(&account, role, now()).await;
    let ProviderLogin::User(other) = login.unwrap() else {
        panic!("nobody was made");
    };
    assert_eq!((other.login.as_str(), other.role), ("ana-2", Role::Viewer));
    assert_eq!(user(&app, "ana").await.role, Role::Operator);
}
