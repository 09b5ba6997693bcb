//! Tests of REST: steps from a Markdown runbook (R86).
use crate::{harness::TestResponse, world::World};
use axum::http::StatusCode;
use serde_json::{Value, json};

const RUNBOOK: &str = "# July\n\nTell everybody.\n\n## 1. Snapshot\n```\nkubectl get pods\n```\n## Verify\n```sql\nSELECT 1;\n```\n";

async fn import(world: &World, body: Value) -> TestResponse {
    let path = format!("/api/releases/{}/templates/import", world.june);
    world.app.api("POST", &path, body, &[]).await
}

async fn names(world: &World) -> Vec<String> {
    let path = format!("/api/releases/{}/templates", world.june);
    let list = world.app.read(&path).await;
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_step_of_a_runbook_has_warnings_about_its_text() {
    let world = World::draft().await;
    let markdown = "## A\n```bash\ncurl\u{a0}x \u{202e}abc\n```\n";
    for is_dry_run in [true, false] {
        let answer = import(
            &world,
            json!({ "markdown": markdown, "dryRun": is_dry_run }),
        )
        .await;
        let answer = answer.json();
        let warnings = answer["steps"][0]["warnings"].as_array().unwrap();
        let kinds: Vec<_> = warnings
            .iter()
            .map(|it| (&it["kind"], &it["name"]))
            .collect();
        assert_eq!(
            kinds,
            [
                (&json!("invisible"), &json!("No-break space")),
                (&json!("invisible"), &json!("Text direction control"))
            ]
        );
    }
}

#[tokio::test]
async fn a_runbook_is_tried_imported_with_edits_and_undone() {
    let world = World::active().await;
    let before = names(&world).await;
    let release = world
        .app
        .read(&format!("/api/releases/{}", world.june))
        .await;
    let dry = import(&world, json!({ "markdown": RUNBOOK, "dryRun": true })).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.body);
    assert_eq!(dry.header("x-rollcall-batch"), "");
    let answer = dry.json();
    assert_eq!(
        (&answer["releaseName"], &answer["releaseDescription"]),
        (&json!("July"), &json!("Tell everybody."))
    );
    assert_eq!(answer["created"], 2);
    let question = answer["steps"][0]["question"].as_str().unwrap();
    assert!(question.contains("Is it bash?"), "{question}");
    assert_eq!(
        answer["steps"][1],
        json!({ "category": "verify", "type": "sql", "name": "Verify", "description": "", "content": "SELECT 1;",
                "line": 10, "question": null, "warnings": [] })
    );
    assert_eq!(answer["notes"], json!([]));
    assert_eq!(names(&world).await, before);

    let edits =
        json!([{ "row": 0, "type": "text", "name": "Look" }, { "row": 1, "category": "deploy" }]);
    let body = json!({ "markdown": RUNBOOK, "dryRun": true, "edits": edits });
    let dry = import(&world, body).await.json();
    let done = import(&world, json!({ "markdown": RUNBOOK, "edits": edits })).await;
    assert_eq!((done.status, done.json()), (StatusCode::OK, dry));
    assert_eq!(done.json()["steps"][0]["type"], "text");
    assert_eq!(
        names(&world).await,
        [
            "Announce",
            "Migrate schema",
            "Upgrade",
            "Look",
            "Verify",
            "Check"
        ]
    );
    assert_eq!(world.names(&world.acme).await[3], "Look");
    // What the text offers is never written unasked.
    let present = world
        .app
        .read(&format!("/api/releases/{}", world.june))
        .await;
    assert_eq!(
        (
            &present["name"],
            &present["description"],
            &present["version"]
        ),
        (
            &release["name"],
            &release["description"],
            &release["version"]
        )
    );
    let undo = format!("/api/audit/{}/undo", done.header("x-rollcall-batch"));
    let undone = world.app.api("POST", &undo, json!({}), &[]).await;
    assert_eq!(undone.json()["restored"], 2, "{}", undone.body);
    assert_eq!(names(&world).await, before);
}

#[tokio::test]
async fn an_error_is_a_note_in_a_dry_run_and_refuses_the_import() {
    let world = World::draft().await;
    let open = format!("{RUNBOOK}## Open\n```bash\ntrue\n");
    let dry = import(&world, json!({ "markdown": open, "dryRun": true })).await;
    let note = &dry.json()["notes"][0];
    assert_eq!(
        (&note["line"], &note["isError"], &note["row"]),
        (&json!(14), &json!(true), &Value::Null)
    );
    assert_eq!(dry.json()["created"], 0);
    let refused = import(&world, json!({ "markdown": open }))
        .await
        .problem(422);
    let error = refused["errors"]["markdown"].as_str().unwrap();
    assert!(error.starts_with("Line 14: Missing closing ```"), "{error}");
    assert_eq!(names(&world).await.len(), 4);
    for (body, field) in [
        (json!({}), "markdown"),
        (json!({ "markdown": "" }), "markdown"),
        (json!({ "markdown": "Only prose." }), "markdown"),
        (json!({ "markdown": RUNBOOK, "dryRun": 1 }), "dryRun"),
        (
            json!({ "markdown": RUNBOOK, "edits": [{ "leaveOut": true }] }),
            "edits",
        ),
        (
            json!({ "markdown": RUNBOOK, "edits": [{ "row": 9 }] }),
            "edits",
        ),
        (
            json!({ "markdown": RUNBOOK, "dryRun": true, "edits": [{ "row": 1, "joinPrevious": true }] }),
            "edits",
        ),
        (
            json!({ "markdown": RUNBOOK, "edits": [{ "row": 0, "name": " " }] }),
            "markdown",
        ),
        (
            json!({ "markdown": RUNBOOK, "edits": [{ "row": 0, "type": "perl" }] }),
            "edits",
        ),
    ] {
        let refused = import(&world, body).await.problem(422);
        assert!(refused["errors"][field].is_string(), "{refused}");
    }
    let nobody = "/api/releases/99/templates/import";
    let body = json!({ "markdown": RUNBOOK, "dryRun": true });
    let unknown = world.app.api("POST", nobody, body, &[]).await;
    unknown.problem(404);
}

#[tokio::test]
async fn the_same_key_imports_a_runbook_once() {
    let world = World::draft().await;
    let path = format!("/api/releases/{}/templates/import", world.june);
    let key = [("idempotency-key", "k-1")];
    let body = json!({ "markdown": RUNBOOK });
    let first = world.app.api("POST", &path, body.clone(), &key).await;
    let again = world.app.api("POST", &path, body, &key).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let batch = first.header("x-rollcall-batch");
    assert!(!batch.is_empty());
    assert_eq!(again.header("x-rollcall-batch"), batch);
    assert_eq!(names(&world).await.len(), 6);
}
