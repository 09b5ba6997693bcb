//! Tests of the page cache: the same page requested again within a second.
use crate::{
    harness::{TestApp, TestResponse},
    world::World,
};
use app::{
    api::context::ACTOR_HEADER, domain::vocabulary::StepAction,
    store::steps::transitions::TransitionOptions,
};
use axum::{
    body::Body,
    http::{Request, header},
};

async fn get(app: &TestApp, path: &str, who: &str) -> TestResponse {
    let request = Request::builder()
        .uri(path)
        .header(header::ACCEPT, "text/html")
        .header(ACTOR_HEADER, who);
    app.send(request.body(Body::empty()).unwrap()).await
}

fn nonce(page: &TestResponse) -> String {
    let policy = page.headers[header::CONTENT_SECURITY_POLICY.as_str()]
        .to_str()
        .unwrap();
    let (_, rest) = policy.split_once("'nonce-").unwrap();
    rest.split_once('\'').unwrap().0.to_owned()
}

#[tokio::test]
async fn every_answer_has_a_nonce_of_its_own_in_head_and_page() {
    let world = World::active().await;
    let path = format!("/releases/{}", world.june);
    let mut before = get(&world.app, &path, "Ana").await;
    // The second may end between two requests, so there are several tries.
    for _ in 0..4 {
        let page = get(&world.app, &path, "Ana").await;
        let (old, new) = (nonce(&before), nonce(&page));
        assert_ne!(old, new);
        assert!(before.body.contains(&old) && page.body.contains(&new));
        assert!(!page.body.contains(&old));
        assert_eq!(
            before.headers[header::CONTENT_TYPE.as_str()],
            page.headers[header::CONTENT_TYPE.as_str()]
        );
        before = page;
    }
}

#[tokio::test]
async fn whatever_was_changed_is_on_the_next_page_and_nobody_sees_the_page_of_another() {
    let world = World::active().await;
    let app = &world.app;
    let path = format!("/releases/{}", world.june);
    let steps = world.steps(world.acme.id).await;
    for (n, step) in steps.iter().enumerate() {
        let ana = get(app, &path, "Ana Ferreira").await;
        let ravi = get(app, &path, "Ravi Menon").await;
        assert!(ana.body.contains("Ana Ferreira") && !ana.body.contains("Ravi Menon"));
        assert!(ravi.body.contains("Ravi Menon"));
        assert_eq!(
            ana.body.matches(r#"data-state="done" aria-label"#).count(),
            n
        );
        let done = app.store.act_on_step(
            step.id,
            StepAction::Done,
            TransitionOptions::default(),
            app.by("Mei"),
        );
        done.await.unwrap();
    }
}

#[tokio::test]
async fn a_name_that_reads_like_a_cookie_is_not_that_cookie() {
    let world = World::active().await;
    let ask = |header: &str| {
        let request = Request::builder()
            .uri("/releases")
            .header(header::ACCEPT, "text/html")
            .header(header, "rollcall_user=Mei%20Tan");
        world.app.send(request.body(Body::empty()).unwrap())
    };
    // Whether cached or not, each page is rendered for the actor of its own request.
    let by_cookie = ask(header::COOKIE.as_str()).await;
    let by_name = ask(ACTOR_HEADER).await;
    assert!(by_cookie.body.contains("You: Mei Tan"));
    assert!(by_name.body.contains("You: rollcall_user=Mei%20Tan"));
    assert!(!by_name.body.contains("You: Mei Tan"));
}
