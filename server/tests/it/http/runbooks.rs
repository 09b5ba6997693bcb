//! A customer's runbook: as a file, and as a page to be printed.
use crate::world::World;
use app::domain::customer::CustomerDraft;
use axum::http::StatusCode;

#[tokio::test]
async fn a_runbook_is_a_file_of_markdown_whatever_the_customer_is_called() {
    let world = World::active().await;
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.name = "\"; filename=evil.exe </title><img src=x>".into();
    world
        .bench
        .store
        .update_customer(world.acme.id, acme, 1, world.bench.ana())
        .await
        .unwrap();
    let path = format!(
        "/releases/{}/customer/{}/runbook.md",
        world.june, world.acme.id
    );
    let file = world.bench.get(&path).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(
        (
            file.header("content-type"),
            file.header("content-disposition"),
            file.header("x-content-type-options")
        ),
        (
            "text/markdown; charset=utf-8",
            "attachment; filename=\"june-filename-evil-exe-title-img-src-x.md\"",
            "nosniff"
        )
    );
    assert!(file.body.contains("- [ ] pending") && file.body.contains("curl acme.example"));
    let title = "# June: \"; filename=evil.exe \\</title\\>\\<img src=x\\>\n";
    assert!(file.body.starts_with(title), "{}", file.body);
}

#[tokio::test]
async fn nobody_s_runbook_is_not_found() {
    let world = World::active().await;
    for path in [
        format!("/releases/99/customer/{}/runbook.md", world.acme.id),
        format!("/releases/{}/customer/99/runbook.md", world.june),
        format!("/releases/x/customer/{}/runbook.md", world.acme.id),
    ] {
        assert_eq!(
            world.bench.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
