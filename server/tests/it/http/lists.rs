//! Tests of server-rendered lists: search, sorting and paging by the address, and the size of the page.
use crate::{harness::TestApp, world::World};
use app::domain::{cluster::ClusterDraft, customer::CustomerDraft};
use axum::{
    body::Body,
    http::{Request, header},
};

fn at(page: &str, word: &str) -> usize {
    page.find(word).unwrap_or_else(|| panic!("no {word}"))
}

#[tokio::test]
async fn a_list_is_searched_sorted_and_shows_inactive_ones_by_its_address() {
    let world = World::draft().await;
    world
        .app
        .store
        .deactivate_customer(world.globex.id, world.app.ana())
        .await
        .unwrap();
    let page = async |path: &str| world.app.get(path).await.body;
    let all = page("/customers").await;
    assert!(
        all.contains("2 customers in 2 clusters") && !all.contains("<b class=\"label\">Globex")
    );
    let found = page("/customers?q=INI").await;
    assert!(found.contains("1 of 2 customers") && found.contains("<b class=\"label\">Initech"));
    assert!(!found.contains("<b class=\"label\">Acme") && found.contains("value=\"INI\""));
    let inactive = page("/customers?includeInactive=true&sort=-name").await;
    let names = ["<b class=\"label\">Globex", "<b class=\"label\">Acme"];
    assert!(at(&inactive, names[0]) < at(&inactive, names[1]));
    assert!(inactive.contains("aria-sort=\"descending\""));
    let none = page("/customers?q=%3Cb%3E").await;
    assert!(
        none.contains("No customer matches the filter.") && none.contains("value=\"&lt;b&gt;\"")
    );
    let clusters = page("/clusters?q=us").await;
    assert!(clusters.contains("1 of 2 clusters"));
    let releases = page("/releases?status=active").await;
    assert!(releases.contains("0 of 1 release"));
    let releases = page("/releases?type=release&q=ju").await;
    assert!(releases.contains("1 of 1 release") && releases.contains("<b class=\"label\">June"));
}

/// Realistic names that compress as badly as real ones: all different.
fn name(n: usize) -> String {
    const FIRST: [&str; 20] = [
        "Acorn",
        "Banksia",
        "Copper",
        "Drift",
        "Ember",
        "Fairhaven",
        "Granite",
        "Halden",
        "Iron",
        "Juniper",
        "Kestrel",
        "Larkspur",
        "Meridian",
        "Northgate",
        "Orchard",
        "Pinecrest",
        "Quarry",
        "Rowan",
        "Solveig",
        "Tidewater",
    ];
    const LAST: [&str; 10] = [
        "Bank",
        "Dairy",
        "Energy",
        "Foods",
        "Freight",
        "Health",
        "Insurance",
        "Logistics",
        "Mining",
        "Telecom",
    ];
    let (first, last) = (FIRST[n % 20], LAST[n / 20 % 10]);
    format!("{first} {last} {}", n * 7919 % 10_007)
}

#[tokio::test]
async fn a_thousand_customers_weigh_less_than_sixty_kilobytes() {
    let app = TestApp::new().await;
    let store = &app.store;
    let mut clusters = Vec::new();
    for cluster in ["prod-ap", "prod-eu", "prod-us", "staging"] {
        let draft = ClusterDraft {
            name: cluster.into(),
            ..ClusterDraft::default()
        };
        clusters.push(store.create_cluster(draft, app.ana()).await.unwrap().row.id);
    }
    for n in 0..1_000 {
        let name = name(n);
        let draft = CustomerDraft {
            namespace: name.to_ascii_lowercase().replace(' ', "-"),
            name,
            cluster_id: Some(clusters[n % 4]),
            ..CustomerDraft::default()
        };
        store.create_customer(draft, app.ana()).await.unwrap();
    }
    let request = Request::builder()
        .uri("/customers")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_ENCODING, "br")
        .body(Body::empty())
        .unwrap();
    let page = app.send(request).await;
    assert_eq!(page.header("content-encoding"), "br");
    assert!(page.bytes.len() < 60_000, "{} bytes", page.bytes.len());
    let page = app.get("/customers").await.body;
    assert_eq!(page.matches("<td class=\"mono").count(), 200);
    assert!(page.contains("Showing 200 of 1,000") && page.contains("rows=400"));
    let more = app.get("/customers?rows=400").await.body;
    assert_eq!(more.matches("<td class=\"mono").count(), 400);
}

#[tokio::test]
async fn the_history_is_read_without_javascript_page_by_page() {
    let world = World::active().await;
    let page = async |path: &str| world.app.get(path).await;
    let all = page("/activity").await.body;
    assert!(all.contains("name=\"person\"") && all.contains("Show changes"));
    let by = page("/activity?person=Nobody").await.body;
    assert!(by.contains("No matching activity."));
    let of_june = page("/activity?release=1&action=activate").await.body;
    assert!(of_june.contains("activated") && !of_june.contains("Undo</button>"));
    // A filter that cannot be parsed is ignored.
    for odd in [
        "/activity?from=yesterday",
        "/activity?cursor=x&release=x&action=x",
    ] {
        assert_eq!(page(odd).await.status, axum::http::StatusCode::OK, "{odd}");
    }
}
