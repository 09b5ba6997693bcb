//! Tests of REST: `GET /api/search`.
use crate::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn every_hit_has_the_address_of_its_page() {
    let world = World::active().await;
    let app = &world.app;
    let found = app.read("/api/search?q=curl").await;
    let hit = &found["texts"][0];
    let path = format!("/releases/{}?step={}", world.june, hit["stepId"]);
    assert_eq!(hit["path"], path.as_str());
    assert_eq!(
        (&hit["release"], &hit["name"], &hit["customers"]),
        (&json!("June"), &json!("Upgrade"), &json!(3))
    );
    assert_eq!(
        (&hit["line"], &hit["lineNumber"], &hit["isExecuted"]),
        (&json!("curl {{var.HOST}}"), &json!(1), &json!(false))
    );
    let found = app.read("/api/search?q=acme").await;
    let acme = json!({
        "id": world.acme.id, "name": "Acme", "namespace": "acme", "cluster": "eu-west", "isActive": true,
        "path": format!("/customers/{}", world.acme.id),
    });
    assert_eq!(found["customers"], json!([acme]));
    let found = app.read("/api/search?q=east").await;
    let path = format!("/clusters/{}", world.us_east.id);
    assert_eq!(found["clusters"][0]["path"], path.as_str());
    let found = app.read("/api/search?q=june").await;
    let release = json!({
        "id": world.june, "name": "June", "status": "active", "path": format!("/releases/{}", world.june),
    });
    assert_eq!(found["releases"], json!([release]));
    let found = app.read("/api/search?q=ana").await;
    let ana = json!({ "name": "Ana", "path": "/activity?person=Ana" });
    assert_eq!(found["people"], json!([ana]));
}

#[tokio::test]
async fn a_step_of_a_draft_leads_to_it_among_the_steps_of_its_release() {
    let world = World::draft().await;
    let found = world.app.read("/api/search?q=migrate").await;
    let step = &found["steps"][0];
    let path = format!("/releases/{}/steps?step={}", world.june, world.migrate.id);
    assert_eq!(
        (&step["path"], &step["stepId"], &step["customers"]),
        (&json!(path), &Value::Null, &json!(0))
    );
}

#[tokio::test]
async fn a_blank_search_finds_nothing_and_a_wrong_one_says_why() {
    let world = World::active().await;
    let app = &world.app;
    for blank in ["/api/search?q=", "/api/search?q=%20"] {
        let mut found = app.read(blank).await;
        let kinds = found.as_object_mut().unwrap();
        let totals = kinds.remove("totals").unwrap();
        assert!(kinds.values().all(|it| it == &json!([])));
        let totals = totals.as_object().unwrap();
        assert_eq!(totals.len(), kinds.len());
        assert!(totals.values().all(|it| it == &json!(0)));
    }
    let refused = async |path: &str| app.api("GET", path, Value::Null, &[]).await.problem(422);
    assert!(refused("/api/search").await["errors"]["q"].is_string());
    let long = format!("/api/search?q={}", "a".repeat(201));
    let said = refused(&long).await["errors"]["q"].clone();
    assert_eq!(said, "At most 200 characters, you have 201");
    assert!(refused("/api/search?q=a&limit=0").await["errors"]["limit"].is_string());
    let found = app.read("/api/search?q=e&limit=1").await;
    assert_eq!(found["steps"].as_array().unwrap().len(), 1);
    let all = app.read("/api/search?q=e").await;
    let n_steps = all["steps"].as_array().unwrap().len();
    assert_eq!(found["totals"], all["totals"]);
    assert_eq!(found["totals"]["steps"], n_steps);
}
