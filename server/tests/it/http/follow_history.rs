//! Tests of `GET /api/audit?after=ID`: the history forwards, for those who follow it.
use crate::{harness::TestApp, people::scope, world::World};
use app::domain::permission::Role;
use serde_json::Value;

fn ids(list: &Value) -> Vec<i64> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|it| it["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn what_came_after_an_event_is_told_oldest_first_page_by_page() {
    let world = World::active().await;
    let last = world.app.database.last_event().await.unwrap();
    let first = world.app.read("/api/audit?after=2&limit=3").await;
    assert_eq!(ids(&first), [3, 4, 5]);
    assert_eq!(first["nextCursor"], "5");
    let next = world.app.read("/api/audit?after=2&limit=3&cursor=5").await;
    assert_eq!(ids(&next), [6, 7, 8]);
    let rest = world.app.read("/api/audit?after=8&limit=500").await;
    assert_eq!(ids(&rest), (9..=last).collect::<Vec<i64>>());
    assert_eq!(rest["nextCursor"], Value::Null);
    let nothing = world.app.read(&format!("/api/audit?after={last}")).await;
    assert!(ids(&nothing).is_empty());
    let of_kind = world.app.read("/api/audit?after=0&entity=customer").await;
    let kept = ids(&of_kind);
    assert!(kept.is_sorted() && kept.len() == 3, "{kept:?}");
    let lines = world.app.get("/api/audit?after=2&format=jsonl").await.body;
    assert!(lines.starts_with("{\"id\":3,"), "{lines}");
    assert_eq!(lines.lines().count(), usize::try_from(last - 2).unwrap());
    for unreadable in ["x", "-1", ""] {
        let path = format!("/api/audit?after={unreadable}");
        let refused = world.app.api("GET", &path, Value::Null, &[]).await;
        assert!(refused.problem(422)["errors"]["after"].is_string());
    }
}

#[tokio::test]
async fn who_has_a_scope_follows_what_is_in_it() {
    let world = World::active_in(TestApp::with_login().await).await;
    let eu = scope(&[world.eu_west.id], &[]);
    let person = world.app.person(Role::Viewer, eu).await;
    let ask = async |path: &str| {
        let answer = world.app.api_as(&person, "GET", path, Value::Null).await;
        answer.json()
    };
    let mut backwards = ids(&ask("/api/audit").await);
    backwards.reverse();
    let forwards = ask("/api/audit?after=0").await;
    assert_eq!(ids(&forwards), backwards);
    assert!(!forwards.to_string().contains("Initech"));
}

#[tokio::test]
async fn the_history_is_narrowed_to_a_cluster_and_a_name_also_as_a_file() {
    let world = World::active().await;
    let path = format!("/api/audit?clusterId={}", world.us_east.id);
    let of_cluster = world.app.read(&path).await;
    assert_eq!(ids(&of_cluster).len(), 2);
    let named = format!("{path}&q=INI");
    let list = world.app.read(&named).await;
    assert_eq!(ids(&list).len(), 1);
    assert_eq!(list["items"][0]["entity"], "customer");
    let lines = world.app.get(&format!("{named}&format=jsonl")).await.body;
    assert_eq!(lines.lines().count(), 1);
}
