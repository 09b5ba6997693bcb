//! Tests of REST: idempotency keys.
use crate::{harness::TestApp, world::World};
use app::{
    domain::{actor_stamp::ActorStamp, cluster::ClusterDraft},
    store::audit::idempotency::Claim,
};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

const KEY: [(&str, &str); 1] = [("idempotency-key", "k-1")];

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_again() {
    let app = TestApp::new().await;
    let body = json!({ "name": "eu-west" });
    let first = app.api("POST", "/api/clusters", body.clone(), &KEY).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = app.api("POST", "/api/clusters", body, &KEY).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "etag", "x-rollcall-batch", "content-type"] {
        assert!(!again.header(name).is_empty(), "{name}");
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(app.store.clusters(true).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_mark_that_a_page_sends_again_under_its_key_counts_once_and_gets_its_answer() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let body = json!({ "id": step, "action": "done", "reason": null, "allow_unresolved": false });
    let send = async |body: &Value| {
        let app = &world.app;
        app.api("POST", "/rpc/act_on_step", body.clone(), &KEY)
            .await
    };
    let first = send(&body).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    let again = send(&body).await;
    assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
    // Without the key the second one would be told that it changed nothing.
    let path = "/rpc/act_on_step";
    let plain = world.app.api("POST", path, body.clone(), &[]).await;
    assert_ne!(plain.bytes, first.bytes);
    let other =
        json!({ "id": step, "action": "reopen", "reason": null, "allow_unresolved": false });
    assert_eq!(send(&other).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_change_of_a_mark_claims_its_key_and_is_made_once() {
    let app = TestApp::new().await;
    let start: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
    let claim = async |request: &str, now| {
        let claim = app.store.key_of_change("k", request, now).await;
        claim.unwrap()
    };
    // Both ask before either has changed anything.
    let both = (claim("POST x", start).await, claim("POST x", start).await);
    let (Claim::New(first), Claim::New(second)) = both else {
        panic!("the key is known")
    };
    let draft = |name: &str| ClusterDraft {
        name: name.into(),
        ..ClusterDraft::default()
    };
    let ana = || ActorStamp::new("Ana", start).unwrap();
    let made = first.create_cluster(draft("eu-west"), ana()).await.unwrap();
    let again = second.create_cluster(draft("us-east"), ana()).await;
    assert!(again.is_err());
    assert_eq!(app.store.clusters(true).await.unwrap().len(), 1);
    // The server stops here: no response is stored, and nobody has to wait for one.
    let Claim::ResponseLost(found) = claim("POST x", start).await else {
        panic!("the change is not known")
    };
    assert_eq!(Some(found), made.batch_id);
    let other = claim("POST y", start).await;
    assert!(matches!(other, Claim::OtherRequest));
    let next_day = claim("POST y", start + TimeDelta::hours(25)).await;
    assert!(matches!(next_day, Claim::New(_)));
}

#[tokio::test]
async fn the_same_key_for_another_request_is_refused() {
    let app = TestApp::new().await;
    app.api("POST", "/api/clusters", json!({ "name": "a" }), &KEY)
        .await;
    let body = app
        .api("POST", "/api/clusters", json!({ "name": "b" }), &KEY)
        .await;
    assert!(body.problem(422)["errors"]["Idempotency-Key"].is_string());
    let path = app
        .api("POST", "/api/releases", json!({ "name": "a" }), &KEY)
        .await;
    path.problem(422);
    let somebody = [KEY[0], ("x-rollcall-user", "Mei")];
    let somebody = app
        .api("POST", "/api/clusters", json!({ "name": "a" }), &somebody)
        .await;
    somebody.problem(422);
    assert_eq!(app.store.clusters(true).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_request_lets_its_key_go() {
    let app = TestApp::new().await;
    app.api("POST", "/api/clusters", json!({}), &KEY)
        .await
        .problem(422);
    let made = app
        .api("POST", "/api/clusters", json!({ "name": "a" }), &KEY)
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
}

#[tokio::test]
async fn a_key_is_visible_and_not_too_long() {
    let app = TestApp::new().await;
    let long = "x".repeat(256);
    for wrong in ["", "a b", "é", long.as_str()] {
        let headers = [("idempotency-key", wrong)];
        let body = json!({ "name": "a" });
        let refused = app.api("POST", "/api/clusters", body, &headers).await;
        refused.problem(422);
    }
    assert!(app.store.clusters(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn everything_that_creates_takes_a_key() {
    let world = World::active().await;
    let step = json!({ "name": "x", "category": "deploy", "type": "bash", "content": "true" });
    let june = format!("/api/releases/{}", world.june);
    let customer = json!({ "name": "Hooli", "clusterId": world.us_east.id, "namespace": "hooli" });
    for (path, body) in [
        ("/api/clusters".to_owned(), json!({ "name": "x" })),
        ("/api/customers".to_owned(), customer),
        (
            "/api/releases".to_owned(),
            json!({ "name": "x", "type": "release" }),
        ),
        (format!("{june}/clone"), json!({ "name": "x" })),
        (format!("{june}/templates"), step.clone()),
        (
            format!("/api/templates/{}/duplicate", world.announce.id),
            Value::Null,
        ),
        (format!("{june}/customers/{}/steps", world.acme.id), step),
    ] {
        let headers = [("idempotency-key", path.as_str())];
        let first = world.app.api("POST", &path, body.clone(), &headers).await;
        assert_eq!(first.status, StatusCode::CREATED, "{path}: {}", first.body);
        let again = world.app.api("POST", &path, body, &headers).await;
        assert_eq!(
            (again.status, &again.body),
            (first.status, &first.body),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_at_once_create_one() {
    let app = TestApp::new().await;
    let body = json!({ "name": "eu-west" });
    let call = || app.api("POST", "/api/clusters", body.clone(), &KEY);
    let answers: [_; 4] = tokio::join!(call(), call(), call(), call()).into();
    let created: Vec<&str> = answers
        .iter()
        .filter(|it| it.status == StatusCode::CREATED)
        .map(|it| it.body.as_str())
        .collect();
    assert!(!created.is_empty());
    assert!(created.iter().all(|it| *it == created[0]));
    let others = answers.iter().filter(|it| it.status != StatusCode::CREATED);
    others.for_each(|it| {
        it.problem(409);
    });
    assert_eq!(app.store.clusters(true).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_goes_away_before_the_answer_gets_it_when_asking_again() {
    let app = TestApp::new().await;
    let call = || app.api("POST", "/api/clusters", json!({ "name": "eu-west" }), &KEY);
    // The request is polled once and dropped, as if the client disconnected.
    tokio::select! {
        biased;
        answer = call() => panic!("answered at once: {}", answer.body),
        () = std::future::ready(()) => {}
    }
    let mut answer = call().await;
    for _ in 0..1_000 {
        if answer.status == StatusCode::CREATED {
            break;
        }
        answer.problem(409);
        answer = call().await;
    }
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(app.store.clusters(true).await.unwrap().len(), 1);
}

/// Claims the key `k` for the same request at a time. No response is ever stored.
async fn claim(app: &TestApp, now: DateTime<Utc>) -> Claim {
    app.store.claim_key("k", "POST x", now).await.unwrap()
}

#[tokio::test]
async fn a_key_is_busy_for_a_minute_then_given_up_and_forgotten_after_a_day() {
    let app = TestApp::new().await;
    let start: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
    assert!(matches!(claim(&app, start).await, Claim::New(_)));
    let soon = start + TimeDelta::seconds(59);
    assert!(matches!(claim(&app, soon).await, Claim::InProgress));
    let other = app.store.claim_key("k", "POST y", soon).await.unwrap();
    assert!(matches!(other, Claim::OtherRequest));
    let later = start + TimeDelta::seconds(61);
    assert!(matches!(claim(&app, later).await, Claim::New(_)));
    let next_day = later + TimeDelta::hours(25);
    let other = app.store.claim_key("k", "POST y", next_day).await.unwrap();
    assert!(matches!(other, Claim::New(_)));
}

#[tokio::test]
async fn what_was_carried_out_before_a_crash_is_not_carried_out_again() {
    let app = TestApp::new().await;
    let start: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
    let Claim::New(store) = claim(&app, start).await else {
        panic!("the key is not ours")
    };
    let draft = ClusterDraft {
        name: "eu-west".into(),
        ..ClusterDraft::default()
    };
    let made = store
        .create_cluster(draft, ActorStamp::new("Ana", start).unwrap())
        .await;
    let batch = made.unwrap().batch_id.unwrap();
    // The server stops here: no response is stored.
    let later = start + TimeDelta::seconds(61);
    let Claim::ResponseLost(found) = claim(&app, later).await else {
        panic!("the change is not known")
    };
    assert_eq!(found, batch);
}
