//! Tests of accounts on the store: the last admin, what the history says of users, and users in export and import.
use crate::{harness::TestApp, people::PASSWORD};
use app::{
    api::context::now,
    domain::{
        client::Client,
        event::{Entity, EventAction, EventFilter},
        permission::Role,
        rule_violation::RuleViolation,
        scope::ScopeIds,
        session::SignIn,
        token::TokenDraft,
        transfer::{Transfer, TransferPart},
        user::{User, UserDraft},
        vocabulary::Noun,
    },
    store::{
        accounts::{
            random,
            request_caller::{LoginOutcome, ProvedUser},
        },
        entity::{session, user as row},
        error::StoreError,
    },
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::Value;
use std::collections::BTreeMap;

fn draft(login: &str, role: Role) -> UserDraft {
    UserDraft {
        login: login.to_owned(),
        name: format!("{login} of the tests"),
        role: role.to_string(),
        ..UserDraft::default()
    }
}

async fn user(app: &TestApp, login: &str, role: Role) -> User {
    let made = app.store.create_user(draft(login, role), app.ana()).await;
    made.unwrap().row
}

#[tokio::test]
async fn the_last_active_admin_stays_however_many_ask_at_once() {
    let app = TestApp::new().await;
    let mut admins = Vec::new();
    for n in 0..8 {
        admins.push(user(&app, &format!("admin{n}"), Role::Admin).await);
    }
    let mut asked = tokio::task::JoinSet::new();
    for (n, it) in admins.into_iter().enumerate() {
        let (store, stamp) = (app.store.clone(), app.ana());
        asked.spawn(async move {
            if n % 2 == 0 {
                return store.deactivate_user(it.id, stamp).await.is_ok();
            }
            let demoted = draft(&it.login, Role::Manager);
            let changed = store.update_user(it.id, demoted, it.version, stamp);
            changed.await.is_ok()
        });
    }
    let done = asked.join_all().await;
    assert_eq!(done.iter().filter(|it| **it).count(), 7);
    assert_eq!(app.database.active_admins().await.unwrap(), 1);
}

#[tokio::test]
async fn the_last_admin_can_be_renamed_and_another_makes_way() {
    let app = TestApp::new().await;
    let root = user(&app, "root", Role::Admin).await;
    let refused = app.store.deactivate_user(root.id, app.ana()).await;
    let last = RuleViolation::LastAdmin {
        login: "root".into(),
    };
    assert!(matches!(refused, Err(StoreError::Refused(it)) if it == last));
    let renamed = draft("root2", Role::Admin);
    let renamed = app.store.update_user(root.id, renamed, 1, app.ana()).await;
    assert_eq!(renamed.unwrap().row.login, "root2");
    let other = user(&app, "other", Role::Admin).await;
    app.store.deactivate_user(root.id, app.ana()).await.unwrap();
    assert!(
        app.store
            .deactivate_user(other.id, app.ana())
            .await
            .is_err()
    );
    // An inactive user is not the last active admin.
    let again = app.store.deactivate_user(root.id, app.ana()).await.unwrap();
    assert_eq!(again.batch_id, None);
}

#[tokio::test]
async fn each_change_of_a_user_is_an_event_and_none_has_the_password() {
    let app = TestApp::new().await;
    let with_password = UserDraft {
        password: Some(PASSWORD.into()),
        ..draft("ana", Role::Viewer)
    };
    let ana = app
        .store
        .create_user(with_password, app.ana())
        .await
        .unwrap()
        .row;
    let edited = draft("ana", Role::Operator);
    let edited = app.store.update_user(ana.id, edited, 1, app.ana()).await;
    assert_eq!(edited.unwrap().row.version, 2);
    let set = app
        .store
        .set_password("ANA", "quite another one".into(), app.ana());
    assert_eq!(set.await.unwrap().row.version, 3);
    app.store.deactivate_user(ana.id, app.ana()).await.unwrap();
    app.store.restore_user(ana.id, app.ana()).await.unwrap();
    let filter = EventFilter {
        entity: Some(Entity::User),
        ..EventFilter::default()
    };
    let events = app.store.events(filter).await.unwrap().items;
    let actions: Vec<EventAction> = events.iter().rev().map(|it| it.action).collect();
    assert_eq!(
        actions,
        [
            EventAction::Create,
            EventAction::Update,
            EventAction::Password,
            EventAction::Deactivate,
            EventAction::Restore
        ]
    );
    let text = serde_json::to_string(&events).unwrap();
    for secret in ["argon2", PASSWORD, "quite another one"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let outcome = app
        .store
        .set_password("nobody", PASSWORD.into(), app.ana())
        .await;
    assert!(matches!(outcome, Err(StoreError::NotFound(Noun::User))));
}

/// The export of everything as text.
async fn export(app: &TestApp) -> String {
    let mut export = app.store.export(None).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_chunk().await.unwrap() {
        text.push_str(&piece);
    }
    text
}

#[tokio::test]
async fn who_moves_with_credentials_gets_in_as_before() {
    let app = TestApp::new().await;
    let with_password = UserDraft {
        password: Some(PASSWORD.into()),
        ..draft("ana", Role::Operator)
    };
    let made = app.store.create_user(with_password, app.ana()).await;
    let ana = made.unwrap().row;
    let text = random::token_text().unwrap();
    let token = TokenDraft {
        name: "nightly".into(),
        ..TokenDraft::default()
    };
    let made = app.store.create_token_of(ana.id, token, &text, app.ana());
    let token = made.await.unwrap().row;
    let mut export = app.store.export(None).await.unwrap().with_credentials();
    let mut exported = String::new();
    while let Some(piece) = export.next_chunk().await.unwrap() {
        exported.push_str(&piece);
    }
    assert!(!exported.contains(PASSWORD) && !exported.contains(text.as_str()));
    let target = TestApp::new().await;
    let file = Transfer::read(exported.into_bytes()).unwrap();
    let taken = target.store.import(&file, target.ana()).await.unwrap();
    taken.unwrap();
    let signed_in = target.database.check_password("ana", PASSWORD).await;
    assert!(format!("{signed_in:?}").contains("User"));
    let caller = target.database.token_caller(&text, token.created_at).await;
    assert_eq!(caller.unwrap().unwrap().0.user(), Some(ana.id));
    // Later ones get other ids.
    let again = TokenDraft {
        name: "weekly".into(),
        ..TokenDraft::default()
    };
    let text = random::token_text().unwrap();
    let made = target
        .store
        .create_token_of(ana.id, again, &text, target.ana());
    assert!(made.await.unwrap().row.id.0 > token.id.0);
}

#[tokio::test]
async fn users_are_in_the_export_without_their_secrets_and_come_back_without_a_password() {
    let app = TestApp::new().await;
    let customers = app.customers(2).await;
    let scope = ScopeIds {
        customers: [customers[0]].into(),
        ..ScopeIds::default()
    };
    let scoped = UserDraft {
        scope: Some(scope.clone()),
        password: Some(PASSWORD.into()),
        email: "ana@example.com".into(),
        ..draft("ana", Role::Operator)
    };
    let ana = app.store.create_user(scoped, app.ana()).await.unwrap().row;
    let text = random::token_text().unwrap();
    let token = TokenDraft {
        name: "nightly".into(),
        ..TokenDraft::default()
    };
    let made = app.store.create_token_of(ana.id, token, &text, app.ana());
    made.await.unwrap();
    let exported = export(&app).await;
    for secret in ["argon2", PASSWORD, text.as_str()] {
        assert!(!exported.contains(secret), "{secret}");
    }
    let target = TestApp::new().await;
    let file = Transfer::read(exported.clone().into_bytes()).unwrap();
    let taken = target
        .store
        .import(&file, target.ana())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(taken.imported.get(&TransferPart::Users), Some(&1));
    let back = target.store.user(ana.id).await.unwrap();
    let expected = User {
        has_password: false,
        ..ana
    };
    assert_eq!((back.scope.as_ref(), &back), (Some(&scope), &expected));
    let signed_in = target.database.check_password("ana", PASSWORD).await;
    assert!(format!("{signed_in:?}").contains("Wrong"));
    assert!(target.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_user_who_cannot_be_is_named_by_line_and_field() {
    let app = TestApp::new().await;
    user(&app, "ana", Role::Viewer).await;
    let exported = export(&app).await;
    let cases: BTreeMap<&str, (&str, &str)> = [
        ("\"login\":\"ana\"", ("\"login\":\"a b\"", "users.login")),
        ("\"role\":\"viewer\"", ("\"role\":\"root\"", "users.role")),
        (
            "\"scope\":null",
            (
                "\"scope\":{\"clusters\":[9],\"customers\":[]}",
                "users.scope",
            ),
        ),
        (
            "\"oidcIssuer\":null",
            ("\"oidcIssuer\":\"x\"", "users.oidcSubject"),
        ),
        (
            "\"oidcIssuer\":null,\"oidcSubject\":null",
            (
                "\"oidcIssuer\":\"x\",\"oidcSubject\":\"a\\tb\"",
                "a subject has 1 to 255 characters",
            ),
        ),
    ]
    .into();
    for (from, (to, field)) in cases {
        let broken = exported.replacen(from, to, 1);
        assert_ne!(broken, exported, "{from}");
        let target = TestApp::new().await;
        let file = Transfer::read(broken.into_bytes()).unwrap();
        let faults = target.store.import(&file, target.ana()).await.unwrap();
        let faults = faults.unwrap_err().to_string();
        assert!(faults.contains(field), "{to}: {faults}");
    }
}

#[tokio::test]
async fn a_database_with_a_user_is_not_empty() {
    let app = TestApp::new().await;
    let file = Transfer::read(export(&app).await.into_bytes()).unwrap();
    let target = TestApp::new().await;
    user(&target, "root", Role::Admin).await;
    let refused = target.store.import(&file, target.ana()).await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused(RuleViolation::NotEmpty))
    ));
}

#[tokio::test]
async fn a_login_deletes_sessions_of_the_user_that_ended_by_themselves() {
    let app = TestApp::new().await;
    let (ana, ben) = (
        user(&app, "ana", Role::Viewer).await,
        user(&app, "ben", Role::Viewer).await,
    );
    let begin = async |user: &User, secret: &str, age: TimeDelta| {
        let (how, client) = (SignIn::Password, Client::default());
        let begun =
            app.database
                .begin_session(user.clone().into(), secret, how, &client, now() - age);
        begun.await.unwrap();
    };
    begin(&ben, "bens", TimeDelta::hours(14)).await;
    begin(&ana, "idle", TimeDelta::hours(14)).await;
    begin(&ana, "alive", TimeDelta::hours(11)).await;
    begin(&ana, "new", TimeDelta::zero()).await;
    let left = session::Entity::find()
        .order_by_asc(session::Column::Id)
        .all(app.database.writer())
        .await
        .unwrap();
    let owners: Vec<i64> = left.iter().map(|it| it.user_id).collect();
    assert_eq!(owners, [ben.id.0, ana.id.0, ana.id.0]);
}

/// Whether a session begins for a user who proved to be ana before `change` was made.
async fn begins_after(change: impl AsyncFnOnce(&TestApp, User)) -> bool {
    let app = TestApp::new().await;
    user(&app, "root", Role::Admin).await;
    let ana = app.user_with_password("ana", Role::Operator).await;
    let compared = app.database.check_password("ana", PASSWORD).await.unwrap();
    let LoginOutcome::User(proved) = compared else {
        panic!("the password is right");
    };
    change(&app, ana).await;
    let (how, client) = (SignIn::Password, Client::default());
    let signed_in = app.database.signed_in(*proved, how, &client, now()).await;
    let left = session::Entity::find().all(app.database.writer()).await;
    let has_begun = signed_in.unwrap().is_some();
    assert_eq!(left.unwrap().len(), usize::from(has_begun));
    has_begun
}

#[tokio::test]
async fn a_login_that_was_under_way_does_not_outlive_what_ends_sessions() {
    let set_password = async |app: &TestApp, _: User| {
        let another = "quite another one".to_owned();
        let set = app.store.set_password("ana", another, app.ana());
        set.await.unwrap();
    };
    assert!(!begins_after(set_password).await, "another password");
    let deactivate = async |app: &TestApp, ana: User| {
        let gone = app.store.deactivate_user(ana.id, app.ana()).await;
        gone.unwrap();
    };
    assert!(!begins_after(deactivate).await, "deactivated");
    let change_role = async |app: &TestApp, ana: User| {
        let other = draft("ana", Role::Viewer);
        let changed = app.store.update_user(ana.id, other, 1, app.ana());
        changed.await.unwrap();
    };
    assert!(!begins_after(change_role).await, "another role");
    // Another name ends no session.
    let rename = async |app: &TestApp, ana: User| {
        let other = UserDraft {
            name: "Ana Lima".into(),
            ..draft("ana", Role::Operator)
        };
        let changed = app.store.update_user(ana.id, other, 1, app.ana());
        changed.await.unwrap();
    };
    assert!(begins_after(rename).await, "another name");
}

#[tokio::test]
async fn who_was_let_in_by_a_provider_and_is_deactivated_before_the_session_begins_gets_none() {
    let app = TestApp::new().await;
    let ana = user(&app, "ana", Role::Viewer).await;
    let gone = app.store.deactivate_user(ana.id, app.ana()).await;
    gone.unwrap();
    let (how, client) = (SignIn::Oidc, Client::default());
    let proved = ProvedUser::from(ana);
    let signed_in = app.database.signed_in(proved, how, &client, now()).await;
    assert!(signed_in.unwrap().is_none());
}

#[tokio::test]
async fn a_setup_code_counts_for_half_an_hour_and_the_newest_replaces_the_others() {
    let app = TestApp::new().await;
    let (first, second) = (random::setup_code().unwrap(), random::setup_code().unwrap());
    app.database.set_setup_code(&first, now()).await.unwrap();
    assert!(app.database.has_setup_code(now()).await.unwrap());
    app.database.set_setup_code(&second, now()).await.unwrap();
    let make = async |code: &str| {
        let root = UserDraft {
            password: Some(PASSWORD.into()),
            ..draft("root", Role::Viewer)
        };
        app.database.create_first_admin(code, root, now()).await
    };
    assert!(make(&first.to_string()).await.is_err());
    assert_eq!(make(&second.to_string()).await.unwrap().role, Role::Admin);
    assert!(!app.database.has_setup_code(now()).await.unwrap());
    let events = app
        .store
        .events(EventFilter::default())
        .await
        .unwrap()
        .items;
    let text: Value = serde_json::to_value(&events).unwrap();
    assert_eq!(text[0]["entity"], "user");
}

#[tokio::test]
async fn a_hash_of_old_parameters_is_replaced_at_the_next_login() {
    // Of `PASSWORD`, by another program.
    const OLD: &str = "$argon2id$v=19$m=8192,t=1,p=1$okHP0djkvIH28zbN5v+aaA$e337BzXWqobHH4e8UF5JUqbrxpnvf/Nbb3NlNLj3uO0";
    let app = TestApp::new().await;
    let ana = app.user_with_password("ana", Role::Viewer).await;
    let set = format!(
        "UPDATE users SET password_hash = '{OLD}' WHERE id = {}",
        ana.id
    );
    let writer = app.database.writer();
    writer.execute_unprepared(&set).await.unwrap();
    let sign_in = async |password: &str| {
        let client = Client::default();
        let signed_in = app.database.sign_in("ana", password, false, &client, now());
        signed_in.await.unwrap().is_some()
    };
    let hash = async || {
        let row = row::Entity::find_by_id(ana.id.0).one(writer).await.unwrap();
        row.unwrap().password_hash.unwrap()
    };
    assert!(!sign_in("another long one").await);
    assert_eq!(hash().await, OLD);
    assert!(sign_in(PASSWORD).await);
    assert!(hash().await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(sign_in(PASSWORD).await);
}
