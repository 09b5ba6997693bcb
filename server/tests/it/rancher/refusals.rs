//! What keeps an import from Rancher: settings, rights, wrong requests, and a Rancher that does not answer as it should.
use super::{FakeRancher, TOKEN, import, preview, set_rancher, world_with};
use crate::{harness::TestApp, world::World};
use app::domain::permission::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn without_its_settings_it_is_no_rancher_and_says_which_are_missing() {
    let chosen = json!([{ "cluster": "eu-west", "namespace": "hooli" }]);
    let both = "Set RANCHER_URL and RANCHER_TOKEN on the server to import from Rancher";
    for (world, detail) in [
        (World::draft().await, both),
        (world_with("", "").await, both),
        (
            world_with("http://127.0.0.1:9", "").await,
            "Set RANCHER_TOKEN on the server to import from Rancher",
        ),
    ] {
        for answer in [
            preview(&world, json!({})).await,
            import(&world, chosen.clone()).await,
        ] {
            let problem = answer.problem(409);
            assert_eq!(problem["type"], "urn:rollcall:problem:no-rancher");
            assert_eq!(problem["detail"], detail);
        }
    }
}

#[tokio::test]
async fn a_wrong_filter_or_choice_is_refused_at_its_field_and_nothing_is_written() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let answer = preview(&world, json!({ "clusters": ["nowhere"] })).await;
    let problem = answer.problem(422);
    assert_eq!(
        problem["errors"]["clusters"],
        "Rancher has no cluster nowhere"
    );
    let problem = preview(&world, json!({ "label": "=x" })).await.problem(422);
    assert!(problem["errors"]["label"].is_string(), "{problem}");
    let last = world.app.database.last_event().await.unwrap();
    for wrong in [
        json!([]),
        json!([{ "cluster": "eu-west", "namespace": "hooli" }, { "cluster": "eu-west", "namespace": "leaving" }]),
        json!([{ "cluster": "nowhere", "namespace": "hooli" }]),
        json!([{ "cluster": "far-away", "namespace": "hooli" }]),
        json!([{ "cluster": "eu-west", "namespace": "hooli", "name": "x".repeat(101) }]),
    ] {
        let problem = import(&world, wrong.clone()).await.problem(422);
        assert!(
            problem["errors"]["namespaces"].is_string(),
            "{wrong}: {problem}"
        );
    }
    assert_eq!(world.app.database.last_event().await.unwrap(), last);
}

#[tokio::test]
async fn only_a_manager_imports_and_nobody_else_makes_it_ask() {
    let rancher = FakeRancher::start().await;
    let world = World::draft_in(TestApp::with_login().await).await;
    set_rancher(&world.app, &rancher.url, TOKEN);
    let body = json!({ "namespaces": [{ "cluster": "eu-west", "namespace": "hooli" }] });
    for role in [Role::Viewer, Role::Operator] {
        let person = world.app.person(role, None).await;
        for (path, body) in [
            ("/api/rancher/preview", json!({})),
            ("/api/rancher/import", body.clone()),
        ] {
            let answer = world.app.api_as(&person, "POST", path, body).await;
            assert_eq!(answer.problem(403)["role"], "manager");
        }
    }
    assert!(rancher.asked().is_empty());
    let manager = world.app.person(Role::Manager, None).await;
    let path = "/api/rancher/import";
    let done = world.app.api_as(&manager, "POST", path, body).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
}

#[tokio::test]
async fn a_cluster_that_cannot_be_read_costs_no_other_and_nothing_of_it_is_gone() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let namespaces = "/k8s/clusters/c-eu/api/v1/namespaces";
    for (status, body, why) in [
        (StatusCode::SERVICE_UNAVAILABLE, "", "Rancher answers 503"),
        (StatusCode::FORBIDDEN, "{}", "may not read this"),
        (StatusCode::OK, "<html>", "isn't Rancher's"),
    ] {
        rancher.answers(namespaces, status, body);
        let answer = preview(&world, json!({})).await.json();
        let clusters = answer["clusters"].as_array().unwrap();
        let eu = clusters.iter().find(|it| it["name"] == "eu-west").unwrap();
        let problem = eu["problem"].as_str().unwrap();
        assert!(problem.contains(why), "{problem}");
        let rows = answer["namespaces"].as_array().unwrap();
        assert_eq!(rows.len(), 3, "{answer}");
        assert!(rows.iter().all(|it| it["cluster"] == "ap-south"));
    }
}

#[tokio::test]
async fn a_rancher_that_does_not_answer_as_one_is_502_with_what_to_do() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    for (status, body, detail) in [
        (StatusCode::FOUND, "", "RANCHER_URL"),
        (StatusCode::FORBIDDEN, "{}", "may not read this"),
        (StatusCode::INTERNAL_SERVER_ERROR, "", "Rancher answers 500"),
        (StatusCode::OK, "<html>", "isn't Rancher's"),
    ] {
        rancher.answers("/v3/clusters", status, body);
        let problem = preview(&world, json!({})).await.problem(502);
        assert_eq!(problem["type"], "urn:rollcall:problem:rancher-failed");
        let said = problem["detail"].as_str().unwrap();
        assert!(said.contains(detail), "{said}");
    }
    let other = world_with(&rancher.url, "token-other:secret").await;
    let answer = preview(&other, json!({})).await;
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    let said = answer.problem(502)["detail"].as_str().unwrap().to_owned();
    assert!(said.contains("RANCHER_TOKEN"), "{said}");
    // Nobody listens at port 1.
    let away = world_with("http://127.0.0.1:1", TOKEN).await;
    let problem: Value = preview(&away, json!({})).await.problem(502);
    let said = problem["detail"].as_str().unwrap();
    assert!(said.contains("doesn't answer"), "{said}");
    let metadata = world_with("http://169.254.169.254/", TOKEN).await;
    let problem = preview(&metadata, json!({})).await.problem(502);
    let said = problem["detail"].as_str().unwrap();
    assert!(said.contains("link-local"), "{said}");
}

#[tokio::test]
async fn pages_that_never_end_are_given_up() {
    let rancher = FakeRancher::start().await;
    let world = rancher.world().await;
    let next = format!("{}/v3/clusters?limit=500&marker=x", rancher.url);
    let page = json!({ "data": [], "pagination": { "next": next } });
    rancher.answers("/v3/clusters", StatusCode::OK, &page.to_string());
    let problem = preview(&world, json!({})).await.problem(502);
    let said = problem["detail"].as_str().unwrap();
    assert!(said.contains("more than can be read"), "{said}");
    assert_eq!(rancher.asked().len(), 40);
}
