//! Tests of the pages of runs and runners as the server draws them (R73, R75), which are complete without JavaScript.
use crate::world::World;
use app::domain::{run::RunRequest, runner::RunnerDraft};

/// Runs of Acme's and Globex's step "Upgrade", which wait for the runner eu-1.
async fn with_queue() -> World {
    let world = World::active().await;
    let store = &world.app.store;
    let draft = RunnerDraft {
        name: "eu-1".into(),
        clusters: vec!["eu-west".into()],
    };
    store.create_runner(draft, world.app.ana()).await.unwrap();
    for customer in [&world.acme, &world.globex] {
        let step = world.id(customer, "Upgrade").await;
        let asked = store.ask_run(step, RunRequest::default(), world.app.ana());
        asked.await.unwrap();
    }
    world
}

#[tokio::test]
async fn the_list_of_runs_is_filtered_by_its_address() {
    let empty = World::active().await;
    let page = empty.app.get("/runs").await.body;
    assert!(page.contains("No runs yet"), "{page}");
    let world = with_queue().await;
    let step = world.id(&world.acme, "Upgrade").await;
    let link = format!("href=\"/releases/{}?step={step}\"", world.june);
    let of_june = format!("/runs?release={}", world.june);
    for path in [
        "/runs",
        "/runs?state=unfinished",
        "/runs?state=queued",
        &of_june,
    ] {
        let page = world.app.get(path).await.body;
        for part in [link.as_str(), "Acme", "eu-west", "June", ">Queued</span>"] {
            assert!(page.contains(part), "{path}: {part}: {page}");
        }
    }
    for path in [
        "/runs?state=failed",
        "/runs?runner=eu-1",
        "/runs?release=99",
    ] {
        let page = world.app.get(path).await.body;
        assert!(page.contains("No run matches the filter"), "{path}");
        assert!(!page.contains(&link), "{path}");
    }
    // What cannot be is ignored.
    let odd = world.app.get("/runs?state=x&release=x&rows=x").await.body;
    assert!(odd.contains(&link));
}

#[tokio::test]
async fn the_page_of_runners_says_what_each_does_and_shows_no_token() {
    let world = with_queue().await;
    let page = world.app.get("/runners").await.body;
    for part in ["eu-1", "eu-west", "Not connected", "Never", "New runner"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("rcr_"));
}
