//! Tests of the table that says which version each customer is on: on the dashboard, by REST, and as a download.
use crate::world::World;
use app::{domain::vocabulary::StepAction, store::steps::transitions::TransitionOptions};
use serde_json::Value;

/// June with Acme, which has finished it, Globex and Initech.
async fn finished_by_acme() -> World {
    let world = World::active().await;
    let ids = world.steps(world.acme.id).await;
    let ids = ids.into_iter().map(|it| it.id).collect();
    let done = world.app.store.act_on_steps(
        ids,
        StepAction::Done,
        TransitionOptions::default(),
        world.app.ana(),
    );
    done.await.unwrap();
    world
}

#[tokio::test]
async fn the_versions_are_listed_filtered_and_paged() {
    let world = Box::pin(finished_by_acme()).await;
    let list = world.app.read("/api/customers/versions").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let acme = &list["items"][0];
    assert_eq!(
        (&acme["name"], &acme["cluster"]),
        (&"Acme".into(), &"eu-west".into())
    );
    assert_eq!(acme["finished"]["name"], "June");
    assert_eq!(acme["finished"]["versionNumber"], "6.0");
    assert!(acme["finished"]["finishedAt"].is_string());
    assert_eq!(list["items"][1]["finished"], Value::Null);
    let first = world.app.read("/api/customers/versions?limit=2").await;
    let next = first["nextCursor"].as_str().unwrap();
    let path = format!("/api/customers/versions?limit=2&cursor={next}");
    let rest = world.app.read(&path).await;
    assert_eq!(rest["items"][0]["name"], "Initech");
    assert_eq!(rest["nextCursor"], Value::Null);
    let found = world.app.read("/api/customers/versions?q=JUNE").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let wrong = "/api/customers/versions?format=xml";
    let wrong = world.app.api("GET", wrong, Value::Null, &[]).await;
    assert!(wrong.problem(422)["errors"]["format"].is_string());
}

#[tokio::test]
async fn the_versions_are_a_table_for_a_spreadsheet() {
    let world = Box::pin(finished_by_acme()).await;
    let path = "/api/customers/versions?format=csv&q=eu-west";
    let table = world.app.api("GET", path, Value::Null, &[]).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let disposition = "attachment; filename=\"versions.csv\"";
    assert_eq!(table.header("content-disposition"), disposition);
    let lines: Vec<&str> = table.body.lines().collect();
    let head = "\"customer\",\"cluster\",\"release\",\"versionNumber\",\"finishedAt\",\"customerId\",\"releaseId\"";
    assert_eq!((lines.len(), lines[0]), (3, head));
    assert!(lines[1].starts_with("\"Acme\",\"eu-west\",\"June\",\"6.0\",\"2026-"));
    assert!(lines[2].starts_with("\"Globex\",\"eu-west\",\"\",\"\",\"\","));
}

#[tokio::test]
async fn the_dashboard_shows_the_versions_and_filters_them_by_its_address() {
    let world = Box::pin(finished_by_acme()).await;
    let page = world.app.get("/").await.body;
    assert!(page.contains("Customer versions") && page.contains("No finished release"));
    let link = format!("href=\"/customers/{}\"", world.initech.id);
    assert!(page.contains(&link));
    let filtered = world.app.get("/?customer=acme").await.body;
    assert!(!filtered.contains(&link) && filtered.contains("value=\"acme\""));
}
