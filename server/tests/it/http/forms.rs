//! Forms without JavaScript.
use crate::{harness::Bench, world::World};
use axum::http::StatusCode;

#[tokio::test]
async fn a_right_form_leads_to_what_it_made() {
    let bench = Bench::new().await;
    let made = bench
        .post_form("/clusters/new", "name=eu-west&kubeconfigPath=&description=")
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/clusters/1")
    );
    let made = bench
        .post_form(
            "/customers/new",
            "name=Acme&clusterId=1&namespace=acme&description=",
        )
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/customers/1")
    );
    let made = bench
        .post_form(
            "/releases/new",
            "name=June&type=release&versionNumber=6&releaseDate=2026-06-01&description=",
        )
        .await;
    assert_eq!(
        (made.status, made.header("location")),
        (StatusCode::SEE_OTHER, "/releases/1/steps")
    );
}

#[tokio::test]
async fn a_wrong_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    let world = World::draft().await;
    let page = world
        .bench
        .post_form(
            "/customers/new",
            "name=Hooli&clusterId=1&namespace=Not+One&description=Keep+me",
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("value=\"Hooli\"") && page.body.contains("Keep me"));
    assert!(
        page.body.contains("is not a namespace") && page.body.contains("aria-invalid=\"true\"")
    );
    let page = world.bench.post_form("/clusters/new", "name=eu-west").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("is already used"));
}
