//! Tests of the download of a release's template steps.
use crate::world::World;
use app::domain::template_markdown::TemplateImport;
use axum::http::StatusCode;

#[tokio::test]
async fn a_release_s_steps_are_a_markdown_file_that_can_be_imported() {
    let world = World::active().await;
    let file = world
        .app
        .get(&format!("/releases/{}/steps.md", world.june))
        .await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"June-steps.md\"; filename*=UTF-8''June%20steps.md"
    );
    let read = TemplateImport::read(&String::from_utf8_lossy(&file.bytes));
    let names: Vec<_> = read.steps.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Announce", "Migrate schema", "Upgrade", "Check"]);
    assert!(read.may_be_imported());
}

#[tokio::test]
async fn a_release_that_is_not_there_has_no_file_but_a_page_that_says_so() {
    let world = World::draft().await;
    for path in ["/releases/99/steps.md", "/releases/x/steps.md"] {
        let page = world.app.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("<h1>Not found</h1>"), "{path}");
    }
}
