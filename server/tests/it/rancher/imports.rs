//! What is read of Rancher, and what is created of it.
use super::{FakeRancher, import, preview, told};
use app::domain::id::BatchId;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn all_pages_are_read_and_each_namespace_is_new_known_or_gone() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let answer = preview(&world, json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let answer = answer.json();
    assert_eq!(
        told(&answer),
        [
            "new ap-south stark",
            "new ap-south umbrella",
            "new ap-south wayne",
            "known eu-west acme",
            "new eu-west backups",
            "gone eu-west globex",
            "new eu-west hooli",
            "new eu-west kube-system",
        ]
    );
    let rows = answer["namespaces"].as_array().unwrap();
    let row = |namespace: &str| rows.iter().find(|it| it["namespace"] == namespace).unwrap();
    assert_eq!(row("acme")["customer"], "Acme");
    assert_eq!(row("acme")["project"], "Customers");
    assert_eq!(row("stark")["project"], "c-ap:p-9");
    // One by its name, one by the project that Rancher keeps for the system.
    for (namespace, is_system) in [("kube-system", true), ("backups", true), ("hooli", false)] {
        assert_eq!(row(namespace)["isSystem"], is_system, "{namespace}");
        assert_eq!(row(namespace)["reason"].is_string(), is_system);
    }
    let clusters = answer["clusters"].as_array().unwrap();
    let clusters: Vec<_> = clusters
        .iter()
        .map(|it| (&it["name"], &it["state"], &it["status"]))
        .collect();
    assert_eq!(
        clusters,
        [
            (&json!("ap-south"), &json!("active"), &json!("new")),
            (&json!("eu-west"), &json!("active"), &json!("known")),
            (&json!("far-away"), &json!("unavailable"), &json!("new")),
            (&json!("us-east"), &Value::Null, &json!("gone")),
        ]
    );
    // Nothing but lists was asked for.
    let asked = rancher.asked();
    let is_list = |it: &String| {
        it.starts_with("/v3/clusters?")
            || it.starts_with("/v3/projects?")
            || it.contains("/api/v1/namespaces?")
    };
    assert!(asked.iter().all(is_list), "{asked:?}");
    assert_eq!(world.app.store.customers(true).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_filter_narrows_what_is_asked_for_and_what_is_told() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    for (filter, expected) in [
        (json!({ "clusters": ["ap-south"] }), 3),
        (json!({ "clusters": ["c-ap", "EU-WEST"] }), 8),
        (json!({ "name": "ac" }), 2),
        (json!({ "label": "team=shop" }), 3),
        (json!({ "label": "team=shop", "clusters": ["eu-west"] }), 2),
        (json!({ "project": "customers" }), 2),
        (json!({ "project": "p-9", "name": "st" }), 1),
    ] {
        let answer = preview(&world, filter.clone()).await.json();
        assert_eq!(told(&answer).len(), expected, "{filter}: {answer}");
    }
    let before = rancher.asked().len();
    preview(&world, json!({ "clusters": ["ap-south"] })).await;
    let asked = &rancher.asked()[before..];
    assert!(!asked.iter().any(|it| it.contains("c-eu/")), "{asked:?}");
    // Without the names of projects their ids remain.
    rancher.hide_projects();
    let answer = preview(&world, json!({ "project": "c-eu:p-1" })).await;
    let answer = answer.json();
    assert_eq!(told(&answer).len(), 2);
    assert_eq!(answer["namespaces"][0]["project"], "c-eu:p-1");
}

#[tokio::test]
async fn what_is_chosen_is_created_with_its_clusters_in_one_change_and_undone() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let chosen = json!([
        { "cluster": "ap-south", "namespace": "stark", "name": "Stark Industries" },
        { "cluster": "ap-south", "namespace": "wayne" },
        { "cluster": "eu-west", "namespace": "hooli" },
        { "cluster": "eu-west", "namespace": "acme", "name": "Another name" },
    ]);
    let done = import(&world, chosen.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let answer = done.json();
    assert_eq!(
        (&answer["created"], &answer["clustersCreated"]),
        (&json!(3), &json!(1))
    );
    let rows = answer["rows"].as_array().unwrap();
    let states: Vec<_> = rows
        .iter()
        .map(|it| {
            format!(
                "{} {}",
                it["state"].as_str().unwrap(),
                it["name"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            "new Stark Industries",
            "new wayne",
            "new hooli",
            "known Acme"
        ]
    );
    assert!(
        rows.iter()
            .all(|it| it["customerId"].is_i64() && it["clusterId"].is_i64())
    );
    let clusters = world.app.read("/api/clusters").await;
    let names: Vec<_> = clusters["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["ap-south", "eu-west", "us-east"]);
    let created = clusters["items"][0].clone();
    assert_eq!(created["kubeconfigPath"], Value::Null);
    // One batch, with an event for each row.
    let batch = done.header("x-rollcall-batch").to_owned();
    let events = world.app.read(&format!("/api/audit?batchId={batch}")).await;
    assert_eq!(events["items"].as_array().unwrap().len(), 4);
    // Once more there is nothing to do.
    let again = import(&world, chosen).await;
    assert_eq!(again.header("x-rollcall-batch"), "");
    assert_eq!(again.json()["created"], 0);

    let undo = async |batch: &str| {
        let path = format!("/api/audit/{batch}/undo");
        world.app.api("POST", &path, json!({}), &[]).await
    };
    let undone = undo(&batch).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    assert_eq!(undone.json()["restored"], 4);
    assert_eq!(world.app.store.customers(true).await.unwrap().len(), 3);
    assert_eq!(world.app.store.clusters(true).await.unwrap().len(), 2);
    let redone = undo(undone.header("x-rollcall-batch")).await;
    assert_eq!(redone.json()["restored"], 4, "{}", redone.body);
    let id = created["id"].as_i64().unwrap();
    let back = world.app.read(&format!("/api/clusters/{id}")).await;
    assert_eq!(back["name"], "ap-south");
    assert_eq!(world.app.store.customers(true).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_cluster_that_has_customers_by_now_stays_when_its_import_is_undone() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let done = import(
        &world,
        json!([{ "cluster": "ap-south", "namespace": "stark" }]),
    )
    .await;
    let batch = done.header("x-rollcall-batch").to_owned();
    let cluster = done.json()["rows"][0]["clusterId"].clone();
    let body = json!({ "name": "Late", "namespace": "late", "clusterId": cluster });
    let late = world.app.api("POST", "/api/customers", body, &[]).await;
    assert_eq!(late.status, StatusCode::CREATED, "{}", late.body);
    let undone = world.app.store.undo(BatchId(batch), world.app.ana()).await;
    let undone = undone.unwrap();
    assert_eq!(undone.restored, 1);
    assert_eq!(undone.conflicts[0].reason, "ap-south has customers by now");
    assert_eq!(world.app.store.clusters(true).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_import_under_one_key_is_made_once() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let body = json!({ "namespaces": [{ "cluster": "eu-west", "namespace": "hooli" }] });
    let key = [("idempotency-key", "one")];
    let mut answers = Vec::new();
    for _ in 0..2 {
        let path = "/api/rancher/import";
        let answer = world.app.api("POST", path, body.clone(), &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answers.push(answer.json());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["created"], 1);
}

#[tokio::test]
async fn the_page_is_linked_where_there_is_a_rancher_to_import_from() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let without = crate::world::World::draft().await;
    for path in ["/clusters", "/customers"] {
        let page = world.app.get(path).await;
        assert!(page.body.contains("data-rancher"), "{path}");
        assert!(
            page.body.contains("href=\"/customers/new?rancher\""),
            "{path}"
        );
        // The style sheet hides it.
        assert!(!without.app.get(path).await.body.contains("data-rancher"));
    }
    let page = world.app.get("/customers/new?rancher").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("<h1>Import from Rancher"),
        "{}",
        page.body
    );
    // The page reads Rancher by itself.
    assert!(rancher.asked().is_empty());
}
