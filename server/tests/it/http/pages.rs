//! Tests of server-rendered pages, which are complete without JavaScript.
use crate::{
    harness::TestApp,
    world::{World, draft},
};
use app::{
    domain::{cluster::ClusterDraft, customer::CustomerDraft, order::Position, permission::Role},
    pages::releases::draft::DRAFT_IN_HTML,
};
use axum::http::StatusCode;
use serde_json::Value;

#[tokio::test]
async fn of_two_pages_with_the_address_of_a_matrix_only_a_draft_reads_like_one() {
    for (world, is_draft) in [(World::draft().await, true), (World::active().await, false)] {
        let page = world.app.get(&format!("/releases/{}", world.june)).await;
        assert_eq!(page.body.contains(DRAFT_IN_HTML), is_draft);
    }
}

#[tokio::test]
async fn every_page_has_its_title_its_heading_and_the_navigation() {
    let world = World::active().await;
    let (june, acme, eu) = (world.june, world.acme.id, world.eu_west.id);
    for (path, heading) in [
        ("/".to_owned(), "Dashboard"),
        ("/clusters".into(), "Clusters"),
        ("/clusters/new".into(), "New cluster"),
        (format!("/clusters/{eu}"), "eu-west"),
        (format!("/clusters/{eu}/edit"), "Edit eu-west"),
        ("/customers".into(), "Customers"),
        ("/customers/new".into(), "New customer"),
        ("/customers/new?paste".into(), "Paste customers"),
        ("/customers/new?rancher".into(), "Import from Rancher"),
        (format!("/customers/{acme}"), "Acme"),
        (format!("/customers/{acme}/edit"), "Edit Acme"),
        ("/releases".into(), "Releases"),
        ("/releases/new".into(), "New release"),
        (format!("/releases/{june}"), "June"),
        (format!("/releases/{june}/edit"), "Edit June"),
        (format!("/releases/{june}/hooks"), "CI hooks"),
        (format!("/releases/{june}/steps"), "Steps"),
        (format!("/releases/{june}/customer/{acme}"), "Acme"),
        ("/activity".into(), "Activity"),
        ("/runs".into(), "Runs"),
        ("/runners".into(), "Runners"),
        ("/webhooks".into(), "Webhooks"),
        ("/webhooks/new".into(), "New webhook"),
    ] {
        let page = world.app.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(
            page.body
                .contains(&format!("<title>{heading} · Rollcall</title>")),
            "{path}"
        );
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
        assert!(page.body.contains(&format!("<h1>{heading}</h1>")), "{path}");
        assert!(
            page.body.contains("aria-label=\"Main\"")
                && page.body.contains("aria-label=\"Breadcrumb\""),
            "{path}"
        );
        assert!(
            !page.body.contains(" style="),
            "{path}: the content policy forbids style attributes"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_page_with_the_navigation() {
    let app = TestApp::new().await;
    for path in [
        "/nowhere",
        "/clusters/9",
        "/customers/x",
        "/releases/9",
        "/releases/9/customer/1",
        "/releases/9/steps",
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            page.body.contains("<h1>Not found</h1>") && page.body.contains("aria-label=\"Main\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_page_says_what_is_not_there_and_leads_to_its_list() {
    let app = TestApp::with_login().await;
    let admin = app.person(Role::Admin, None).await;
    for (path, what, list) in [
        ("/releases/99999", "Release", "/releases"),
        ("/releases/99999/steps", "Release", "/releases"),
        ("/releases/99999/edit", "Release", "/releases"),
        ("/releases/99999/customer/1", "Release", "/releases"),
        ("/customers/99999", "Customer", "/customers"),
        ("/customers/99999/edit", "Customer", "/customers"),
        ("/clusters/99999", "Cluster", "/clusters"),
        ("/webhooks/99999", "Webhook", "/webhooks"),
        ("/webhooks/99999/edit", "Webhook", "/webhooks"),
        ("/users/99999/edit", "User", "/users"),
    ] {
        let page = app.api_as(&admin, "GET", path, Value::Null).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        let words =
            format!("{what} not found. It may have been deleted, or the link is incomplete.");
        let (_, part) = page.body.split_once(&words).expect(path);
        let (links, _) = part.split_once("Back to the dashboard").expect(path);
        assert!(
            links.contains(&format!("href=\"{list}\"")) && links.contains(&format!("{what}s</a>")),
            "{path}: {links}"
        );
    }
}

#[tokio::test]
async fn a_step_that_is_not_there_is_said_beside_what_is() {
    let world = World::active().await;
    let (june, acme) = (world.june, world.acme.id);
    for (path, beside) in [
        (format!("/releases/{june}?step=99999"), "role=\"grid\""),
        (
            format!("/releases/{june}/customer/{acme}?step=99999"),
            "aria-label=\"Steps\"",
        ),
        (
            format!("/releases/{june}/customer/{acme}?step=none"),
            "aria-label=\"Steps\"",
        ),
    ] {
        let page = world.app.get(&path).await.body;
        let words = "Step not found. It may have been deleted, or the link is incomplete.";
        assert!(page.contains(words) && page.contains(beside), "{path}");
    }
    let path = format!("/releases/{june}/customer/{acme}?view=list");
    let page = world.app.get(&path).await.body;
    assert!(!page.contains("Step not found"));
}

#[tokio::test]
async fn the_page_of_a_customer_that_is_not_in_the_release_says_so_and_leads_to_it() {
    let world = World::draft().await;
    let (june, acme) = (world.june, world.acme.id);
    let addresses = [
        format!("/releases/{june}/customer/{acme}"),
        format!("/releases/{june}/customer/{acme}?view=print"),
    ];
    let says = async |heading: &str, reason: &str| {
        for path in &addresses {
            let page = world.app.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            let (_, part) = page.body.split_once("<h1>").expect(path);
            let (said, rest) = part.split_once("</h1>").expect(path);
            assert!(
                said.starts_with("Acme") && said.ends_with(heading),
                "{said}"
            );
            let (_, links) = rest.split_once(reason).expect(path);
            assert!(
                links.contains(&format!("href=\"/releases/{june}\"")),
                "{path}"
            );
            assert!(!page.body.contains("may have been deleted"), "{path}");
        }
    };
    says("t in June", "part of the release.").await;
    let store = &world.app.store;
    let all = vec![acme, world.globex.id];
    store
        .activate_release(june, Some(all), world.app.ana())
        .await
        .unwrap();
    for path in &addresses {
        assert_eq!(world.app.get(path).await.status, StatusCode::OK, "{path}");
    }
    store
        .remove_customers(june, vec![acme], world.app.by("Ben"))
        .await
        .unwrap();
    says(
        " is no longer in June",
        "Ben removed this customer from the release at ",
    )
    .await;
}

#[tokio::test]
async fn the_matrix_shows_its_first_window_before_anything_runs() {
    let world = World::active().await;
    let page = world
        .app
        .get(&format!("/releases/{}", world.june))
        .await
        .body;
    assert!(page.contains("role=\"grid\""));
    assert!(page.contains("aria-label=\"Step 2 Migrate schema, Acme, eu-west: pending\""));
    assert!(
        page.contains(
            "aria-label=\"Step 3 Upgrade, Initech, us-east: pending, a value is missing\""
        )
    );
}

#[tokio::test]
async fn an_open_step_is_drawn_with_its_text_filled_in() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Migrate schema").await;
    let page = world
        .app
        .get(&format!("/releases/{}?step={step}", world.june))
        .await
        .body;
    assert!(page.contains("aria-label=\"Migrate schema, Acme\""));
    assert!(page.contains("&#x27;acme&#x27;") || page.contains("'acme'"));
}

#[tokio::test]
async fn a_step_of_another_release_is_never_shown_beside_this_one() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Migrate schema").await;
    let store = &world.app.store;
    let other = store
        .clone_release(world.june, "July".into(), None, world.app.ana())
        .await
        .unwrap()
        .row
        .id;
    store
        .activate_release(other, Some(vec![world.acme.id]), world.app.ana())
        .await
        .unwrap();
    let page = world
        .app
        .get(&format!("/releases/{other}?step={step}"))
        .await
        .body;
    assert!(
        !page.contains("aria-label=\"Migrate schema, Acme\"") && page.contains("Step not found")
    );
}

#[tokio::test]
async fn the_matrix_prints_as_a_page_without_the_app_s_script() {
    let world = World::active().await;
    let path = format!("/releases/{}?view=print&customers=acme", world.june);
    let page = world.app.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"));
    let back = format!("href=\"/releases/{}\"", world.june);
    for part in [
        "<!DOCTYPE html><html lang=\"en\" data-theme=\"light\"><head>",
        "<title>June · Rollcall</title>",
        "<body class=\"paper\"><div hidden><svg",
        "data-print",
        "<main tabindex=\"0\"><",
        "Printed ",
        "by Test",
        back.as_str(),
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // A picture has a name, or a text beside it says the same.
    assert!(!page.body.contains("aria-label=\"\""), "{}", page.body);
    // What prints, and the keys.
    assert_eq!(page.body.matches("<script").count(), 2);
    assert!(
        page.body
            .contains("<script type=\"module\" src=\"/keys.js?")
    );
    // With whatever leptos puts between texts.
    let sent = String::from_utf8_lossy(&page.bytes);
    assert!(sent.contains("<title>June · Rollcall</title>"), "{sent}");
    let missing = world.app.get("/releases/99?view=print").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn hostile_words_are_shown_as_words() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let evil = "</title></textarea></script><img src=x onerror=alert(1)>\"'><b>";
    let cluster = ClusterDraft {
        name: evil.into(),
        description: evil.into(),
        ..ClusterDraft::default()
    };
    let cluster = store.create_cluster(cluster, ana()).await.unwrap().row;
    let customer = CustomerDraft {
        name: evil.into(),
        cluster_id: Some(cluster.id),
        namespace: "evil".into(),
        description: evil.into(),
        ..CustomerDraft::default()
    };
    let customer = store.create_customer(customer, ana()).await.unwrap().row;
    store
        .add_template(
            world.june,
            draft(evil, "deploy", "bash", evil),
            Position::Last,
            ana(),
        )
        .await
        .unwrap();
    store
        .activate_release(world.june, Some(vec![customer.id]), ana())
        .await
        .unwrap();
    let steps = store
        .customer_work(world.june, customer.id)
        .await
        .unwrap()
        .steps;
    let step = steps.iter().find(|it| it.name == evil).unwrap();
    store
        .note_step(step.id, evil.into(), step.version, ana())
        .await
        .unwrap();
    for path in [
        "/".to_owned(),
        "/clusters".into(),
        format!("/clusters/{}", cluster.id),
        format!("/clusters/{}/edit", cluster.id),
        "/customers".into(),
        format!("/customers/{}", customer.id),
        format!("/customers/{}/edit", customer.id),
        format!("/releases/{}?step={}", world.june, step.id),
        format!("/releases/{}?view=print", world.june),
        format!("/releases/{}/steps", world.june),
        format!("/releases/{}/customer/{}", world.june, customer.id),
        format!(
            "/releases/{}/customer/{}?step={}",
            world.june, customer.id, step.id
        ),
        "/activity".into(),
    ] {
        let page = world.app.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("<img src=x"), "{path}");
        assert!(
            !page.body.contains("</title></textarea>")
                && !page.body.contains("</textarea></script>"),
            "{path}"
        );
    }
}
