//! Tests of REST: a row that the client has as it is comes as 304 (R88).
use crate::world::{World, metadata};
use app::{
    domain::{
        customer::CustomerDraft,
        vocabulary::{Category, StepAction},
    },
    store::steps::transitions::TransitionOptions,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The answer to a GET with `If-None-Match`: its status, its body, its ETag.
async fn read(world: &World, path: &str, tag: &str) -> (StatusCode, usize, String) {
    let headers = [("if-none-match", tag)];
    let answer = world.app.api("GET", path, Value::Null, &headers).await;
    let tag = answer.header("etag").to_owned();
    (answer.status, answer.bytes.len(), tag)
}

async fn tag_of(world: &World, path: &str) -> String {
    let answer = world.app.api("GET", path, Value::Null, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer.header("etag").to_owned()
}

#[tokio::test]
async fn a_row_that_the_client_has_is_not_sent_again() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Upgrade").await;
    for path in [
        format!("/api/clusters/{}", world.eu_west.id),
        format!("/api/customers/{}", world.acme.id),
        format!("/api/releases/{}", world.june),
        format!("/api/templates/{}", world.upgrade.id),
        format!("/api/steps/{step}"),
        format!("/api/steps/{step}/detail"),
    ] {
        let tag = tag_of(&world, &path).await;
        let weak = format!("W/{tag}");
        let several = format!("\"x\", {tag}");
        for sent in [tag.as_str(), &weak, &several, "*"] {
            let answer = read(&world, &path, sent).await;
            let expected = (StatusCode::NOT_MODIFIED, 0, tag.clone());
            assert_eq!(answer, expected, "{path} {sent}");
        }
        let (status, bytes, _) = read(&world, &path, "\"x\"").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(bytes > 0, "{path}");
    }
    // What is not there is not unchanged.
    let (status, ..) = read(&world, "/api/steps/99999", "*").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_changed_is_sent_again_though_the_version_is_the_same() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    let cluster = format!("/api/clusters/{}", world.eu_west.id);
    let release = format!("/api/releases/{}", world.june);
    let detail = format!("/api/steps/{step}/detail");
    let (of_release, of_detail) = (
        tag_of(&world, &release).await,
        tag_of(&world, &detail).await,
    );
    let of_cluster = tag_of(&world, &cluster).await;
    // The progress of the release, by a mark of another cell.
    let other = world.id(&world.globex, "Announce").await;
    let done = store.act_on_step(other, StepAction::Done, TransitionOptions::default(), ana());
    done.await.unwrap();
    let (status, ..) = read(&world, &release, &of_release).await;
    assert_eq!(status, StatusCode::OK);
    // The text of the step, by a variable of its customer.
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.metadata = metadata(&[("HOST", "elsewhere")]);
    store
        .update_customer(world.acme.id, acme, 1, ana())
        .await
        .unwrap();
    let (status, _, fresh) = read(&world, &detail, &of_detail).await;
    assert_eq!(status, StatusCode::OK);
    // Both begin with the version, which is the same.
    assert_eq!(fresh.split('-').next(), of_detail.split('-').next());
    // The count of the cluster's customers.
    store
        .deactivate_customer(world.globex.id, ana())
        .await
        .unwrap();
    let (status, ..) = read(&world, &cluster, &of_cluster).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_tag_of_a_view_is_the_base_of_a_change() {
    let world = World::active().await;
    let path = format!("/api/customers/{}", world.acme.id);
    let tag = tag_of(&world, &path).await;
    let patch = json!({ "description": "new" });
    let headers = [("if-match", tag.as_str())];
    let changed = world.app.api("PATCH", &path, patch.clone(), &headers).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let patch = json!({ "description": "newer" });
    let stale = world.app.api("PATCH", &path, patch, &headers).await;
    stale.problem(409);
}

#[tokio::test]
async fn a_row_that_has_another_position_is_sent_again() {
    let world = World::active().await;
    let first = world.id(&world.acme, "Announce").await;
    let paths = [
        format!("/api/steps/{first}"),
        format!("/api/templates/{}", world.upgrade.id),
    ];
    let mut tags = Vec::new();
    for path in &paths {
        tags.push(tag_of(&world, path).await);
    }
    let store = &world.app.store;
    let release = store.release(world.june).await.unwrap();
    let deploy = release
        .templates
        .iter()
        .filter(|it| it.category == Category::Deploy);
    let turned = deploy.map(|it| it.id).rev().collect();
    let done = store.reorder_templates(world.june, None, Category::Deploy, turned, world.app.ana());
    done.await.unwrap();
    for (path, tag) in paths.iter().zip(tags) {
        let answer = read(&world, path, &tag).await;
        assert_eq!(answer.0, StatusCode::OK, "{path}");
    }
}
