//! Rights that change while a session, a page in the cache and an idempotency key are there: the next request obeys (R23).
use crate::{
    harness::TestApp,
    people::{Person, scope},
    world::World,
};
use app::domain::{
    permission::Role,
    user::{User, UserDraft},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn world() -> World {
    World::active_in(TestApp::with_login().await).await
}

/// Another admin changes this user.
async fn update(world: &World, person: &Person, change: impl FnOnce(&mut UserDraft)) {
    let store = &world.app.store;
    let user: User = store.user(person.user.id).await.unwrap();
    let (id, version) = (user.id, user.version);
    let mut draft = UserDraft::from(user);
    change(&mut draft);
    let updated = store.update_user(id, draft, version, world.app.ana());
    updated.await.unwrap();
}

async fn status(world: &World, person: &Person, path: &str) -> StatusCode {
    let answer = world.app.api_as(person, "GET", path, Value::Null).await;
    answer.status
}

#[tokio::test]
async fn another_scope_counts_at_the_next_request_and_ends_no_session() {
    let world = world().await;
    let person = world.app.person(Role::Viewer, None).await;
    let page = format!("/customers/{}", world.initech.id);
    let row = format!("/api/customers/{}", world.initech.id);
    let matrix = format!("/releases/{}", world.june);
    // The pages are in the cache now.
    for path in [&page, &row, &matrix] {
        assert_eq!(
            status(&world, &person, path).await,
            StatusCode::OK,
            "{path}"
        );
    }
    let eu = scope(&[world.eu_west.id], &[]);
    update(&world, &person, |it| it.scope = eu).await;
    for path in [&page, &row] {
        assert_eq!(
            status(&world, &person, path).await,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let cut = world.app.api_as(&person, "GET", &matrix, Value::Null).await;
    assert_eq!(cut.status, StatusCode::OK);
    assert!(!cut.body.contains("Initech") && cut.body.contains("Acme"));
    update(&world, &person, |it| it.scope = None).await;
    assert_eq!(status(&world, &person, &page).await, StatusCode::OK);
}

#[tokio::test]
async fn another_role_or_a_deactivation_ends_the_session() {
    let world = world().await;
    let demoted = world.app.person(Role::Manager, None).await;
    let gone = world.app.person(Role::Operator, None).await;
    for person in [&demoted, &gone] {
        assert_eq!(
            status(&world, person, "/api/releases").await,
            StatusCode::OK
        );
    }
    update(&world, &demoted, |it| it.role = "viewer".into()).await;
    let left = world
        .app
        .store
        .deactivate_user(gone.user.id, world.app.ana());
    left.await.unwrap();
    for person in [&demoted, &gone] {
        let answer = world
            .app
            .api_as(person, "GET", "/api/releases", Value::Null);
        assert_eq!(
            answer.await.problem(401)["type"],
            "urn:rollcall:problem:sign-in"
        );
        let page = world
            .app
            .api_as(person, "GET", "/releases?q=x", Value::Null)
            .await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        assert_eq!(page.header("location"), "/login?next=/releases%3Fq%3Dx");
    }
}

#[tokio::test]
async fn rights_are_asked_before_a_kept_answer_is_given() {
    let world = world().await;
    let person = world.app.person(Role::Operator, None).await;
    let path = format!(
        "/api/releases/{}/customers/{}/steps",
        world.june, world.initech.id
    );
    let own = json!({ "name": "Own", "category": "deploy", "type": "bash", "content": "true" });
    let ask = async |person: &Person, body: &Value| {
        let headers = [
            ("cookie", person.cookie.as_str()),
            ("idempotency-key", "k1"),
        ];
        world.app.api("POST", &path, body.clone(), &headers).await
    };
    assert_eq!(ask(&person, &own).await.status, StatusCode::CREATED);
    assert_eq!(ask(&person, &own).await.status, StatusCode::CREATED);
    // The key is this person's: another's of the same text is another key.
    let other = world.app.person(Role::Operator, None).await;
    assert_eq!(ask(&other, &own).await.status, StatusCode::CREATED);
    let steps = world.names(&world.initech).await;
    assert_eq!(steps.iter().filter(|it| *it == "Own").count(), 2);
    // Out of scope meanwhile.
    let eu = scope(&[world.eu_west.id], &[]);
    update(&world, &person, |it| it.scope = eu).await;
    ask(&person, &own).await.problem(404);
}

#[tokio::test]
async fn an_answer_that_was_kept_under_another_scope_is_not_given() {
    let world = world().await;
    let person = world.app.person(Role::Operator, None).await;
    let [announce, migrate] = [
        world.step(&world.initech, "Announce").await,
        world.step(&world.initech, "Migrate schema").await,
    ];
    let check = world.id(&world.initech, "Check").await;
    // None of these paths says whose step it is.
    let asked = [
        (
            "/rpc/note_step",
            json!({ "id": announce.id, "notes": "hidden words", "version": announce.version }),
        ),
        (
            "/rpc/override_step",
            json!({ "id": migrate.id, "content": "hidden text", "version": migrate.version }),
        ),
        ("/api/runs", json!({ "ids": [check] })),
    ];
    let each = || asked.iter().map(|it| (it.0, &it.1));
    let ask = async |path: &str, body: &Value| {
        let headers = [
            ("cookie", person.cookie.as_str()),
            ("idempotency-key", path),
        ];
        world.app.api("POST", path, body.clone(), &headers).await
    };
    for (path, body) in each() {
        let first = ask(path, body).await;
        assert_eq!(first.status, StatusCode::OK, "{path}: {}", first.body);
        let again = ask(path, body).await;
        assert_eq!(
            (again.status, again.body),
            (first.status, first.body),
            "{path}"
        );
    }
    let eu = scope(&[world.eu_west.id], &[]);
    update(&world, &person, |it| it.scope = eu).await;
    for (path, body) in each() {
        let late = ask(path, body).await;
        assert!(late.status.is_client_error(), "{path}: {}", late.body);
        for word in ["hidden", "Initech", "initech"] {
            assert!(!late.body.contains(word), "{path}: {}", late.body);
        }
    }
}

#[tokio::test]
async fn what_only_reads_is_read_anew_under_a_key() {
    let world = world().await;
    let person = world.app.person(Role::Operator, None).await;
    let step = world.id(&world.initech, "Check").await;
    let ask = async || {
        let headers = [
            ("cookie", person.cookie.as_str()),
            ("idempotency-key", "k1"),
        ];
        let app = &world.app;
        app.api("POST", "/rpc/read_step", json!({ "id": step }), &headers)
            .await
    };
    for _ in 0..2 {
        let seen = ask().await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    }
    let eu = scope(&[world.eu_west.id], &[]);
    update(&world, &person, |it| it.scope = eu).await;
    assert_eq!(ask().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn two_people_never_share_a_page() {
    let world = world().await;
    let all = world.app.person(Role::Viewer, None).await;
    let eu = world
        .app
        .person(Role::Viewer, scope(&[world.eu_west.id], &[]))
        .await;
    for path in [
        "/",
        "/customers",
        "/activity",
        &format!("/releases/{}", world.june),
    ] {
        for _ in 0..2 {
            let seen = world.app.api_as(&all, "GET", path, Value::Null).await;
            assert!(seen.body.contains("Initech") || path == "/", "{path}");
            let cut = world.app.api_as(&eu, "GET", path, Value::Null).await;
            assert!(!cut.body.contains("Initech"), "{path}");
            assert!(
                cut.body.contains("viewer"),
                "{path}: the frame names who asks"
            );
        }
    }
}
