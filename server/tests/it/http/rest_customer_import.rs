//! Tests of REST: many customers from a pasted text (R85).
use crate::{harness::TestResponse, world::World};
use axum::http::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/api/customers/import";

async fn import(world: &World, body: Value) -> TestResponse {
    world.app.api("POST", PATH, body, &[]).await
}

/// The states and names of an answer's rows.
fn states(answer: &Value) -> Vec<String> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|it| {
        format!(
            "{} {} {}",
            it["line"],
            it["state"].as_str().unwrap(),
            it["name"].as_str().unwrap()
        )
    })
    .collect()
}

#[tokio::test]
async fn what_was_changed_of_a_pasted_text_is_said() {
    let world = World::draft().await;
    let text = "\u{feff}name,namespace\r\nHooli,hooli\r\n";
    for is_dry_run in [true, false] {
        let body = json!({ "text": text, "clusterId": 1, "dryRun": is_dry_run });
        let answer = import(&world, body).await.json();
        assert_eq!(answer["created"], 1, "{answer}");
        let warnings = answer["warnings"].as_array().unwrap();
        let kinds: Vec<_> = warnings.iter().map(|it| &it["kind"]).collect();
        assert_eq!(kinds, ["line-breaks", "byte-order-mark"]);
    }
    let body = json!({ "text": "Hooli,hooli2", "clusterId": 1, "dryRun": true });
    assert_eq!(import(&world, body).await.json()["warnings"], json!([]));
}

#[tokio::test]
async fn what_is_not_taken_and_what_cannot_be_seen_in_values_is_said() {
    let world = World::draft().await;
    let text = "[{\"name\":\"Hooli\",\"namespace\":\"hooli\",\"HOST\":\"a\u{a0}b\",\"tags\":[1]}]";
    for is_dry_run in [true, false] {
        let body = json!({ "text": text, "clusterId": 1, "dryRun": is_dry_run });
        let answer = import(&world, body).await.json();
        assert_eq!(answer["created"], 1, "{answer}");
        let warnings = answer["warnings"].as_array().unwrap();
        let said: Vec<_> = warnings
            .iter()
            .map(|it| (&it["kind"], &it["name"]))
            .collect();
        assert_eq!(
            said,
            [
                (&json!("not-taken"), &json!("tags")),
                (&json!("invisible"), &json!("HOST"))
            ],
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_pasted_text_is_tried_imported_updated_and_undone() {
    let world = World::draft().await;
    let text = "name;namespace;HOST\nAcme;acme;new.example\nHooli;hooli;h.example\nHouse;kube-system;\nNo one;Not One;";
    let body = json!({ "text": text, "clusterId": 1, "dryRun": true });
    let dry = import(&world, body).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.body);
    assert_eq!(dry.header("x-rollcall-batch"), "");
    let expected = [
        "2 known Acme",
        "3 new Hooli",
        "4 doubtful House",
        "5 left-out No one",
    ];
    let answer = dry.json();
    assert_eq!(states(&answer), expected);
    assert_eq!(
        (&answer["created"], &answer["updated"]),
        (&json!(1), &json!(0))
    );
    let change =
        json!({ "kind": "variable", "name": "HOST", "from": "acme.example", "to": "new.example" });
    assert_eq!(answer["rows"][0]["changes"], json!([change]));
    assert_eq!(
        answer["rows"][1]["variables"],
        json!({ "HOST": "h.example" })
    );
    assert_eq!(answer["rows"][1]["reason"], Value::Null);
    assert!(
        answer["rows"][3]["reason"]
            .as_str()
            .unwrap()
            .contains("isn't a namespace")
    );
    assert_eq!(world.app.store.customers(true).await.unwrap().len(), 3);

    let body = json!({ "text": text, "clusterId": 1, "update": true });
    let done = import(&world, body).await;
    let answer = done.json();
    assert_eq!(
        (&answer["created"], &answer["updated"]),
        (&json!(1), &json!(1))
    );
    let acme = world.app.read("/api/customers/1").await;
    assert_eq!(acme["metadata"]["HOST"], "new.example");
    let batch = done.header("x-rollcall-batch").to_owned();
    assert!(!batch.is_empty());
    let undo = format!("/api/audit/{batch}/undo");
    let undone = world.app.api("POST", &undo, json!({}), &[]).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    assert_eq!(undone.json()["restored"], 2);
    assert_eq!(
        world.app.read("/api/customers/1").await["metadata"]["HOST"],
        "acme.example"
    );
    let gone = world
        .app
        .api("GET", "/api/customers/4", Value::Null, &[])
        .await;
    gone.problem(404);
}

#[tokio::test]
async fn the_separator_and_the_head_are_those_of_the_whole_text() {
    let world = World::draft().await;
    let read = async |text: &str| {
        let body = json!({ "text": text, "clusterId": 2, "dryRun": true });
        import(&world, body).await.json()["rows"].clone()
    };
    let rows = read("company,namespace\nAcme,acme").await;
    assert_eq!(
        (&rows[0]["name"], &rows[0]["state"]),
        (&json!("Acme"), &json!("new"))
    );
    let rows = read("Acme;acme;NOTE=a,b").await;
    assert_eq!(rows[0]["variables"], json!({ "NOTE": "a,b" }));
    let rows = read("name;namespace;note, x\nAcme;acme;y").await;
    assert_eq!(rows[0]["variables"], json!({ "note_x": "y" }));
    let rows = read("#1 Plumbing, plumbing").await;
    assert_eq!(
        (&rows[0]["name"], &rows[0]["state"]),
        (&json!("#1 Plumbing"), &json!("new"))
    );
    let rows = read("name,namespace,NOTE\n\"Acme\",acme,\"two\nlines\"\nB,b,").await;
    assert_eq!(rows[0]["variables"], json!({ "NOTE": "two\nlines" }));
    assert_eq!(rows[1]["line"], 4);
    let rows = read("sep=;\nAcme, Inc.;acme").await;
    assert_eq!(
        (&rows[0]["name"], &rows[0]["line"]),
        (&json!("Acme, Inc."), &json!(2))
    );
}

#[tokio::test]
async fn the_same_key_imports_once_and_wrong_requests_are_refused() {
    let world = World::draft().await;
    let key = [("idempotency-key", "k-1")];
    let body = json!({ "text": "Hooli, hooli", "clusterId": 1 });
    let first = world.app.api("POST", PATH, body.clone(), &key).await;
    let again = world.app.api("POST", PATH, body, &key).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let batch = first.header("x-rollcall-batch");
    assert_eq!(
        (
            again.header("x-rollcall-batch"),
            again.json()["created"].clone()
        ),
        (batch, json!(1))
    );
    assert_eq!(world.app.store.customers(true).await.unwrap().len(), 4);
    for (body, field) in [
        (json!({ "clusterId": 1 }), "text"),
        (json!({ "text": "", "clusterId": 1 }), "text"),
        (json!({ "text": "a, a", "clusterId": 99 }), "clusterId"),
        (json!({ "text": "a, a", "clusterId": "x" }), "clusterId"),
        (json!({ "text": "a, a", "dryRun": 1 }), "dryRun"),
    ] {
        let refused = import(&world, body).await.problem(422);
        assert!(refused["errors"][field].is_string(), "{refused}");
    }
    let unchosen = import(&world, json!({ "text": "a, a", "dryRun": null }))
        .await
        .json();
    assert_eq!(unchosen["rows"][0]["reason"], "Choose a cluster");
}
