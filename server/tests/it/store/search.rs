//! Tests of the store: search over names and the lines of steps' texts (R106), on both engines.
use crate::{
    harness::TestApp,
    people::scope,
    world::{World, draft},
};
use app::{
    domain::{
        order::Position,
        permission::Role,
        search::{FoundStep, SearchQuery, SearchResults},
        vocabulary::StepAction,
    },
    store::{Store, steps::transitions::TransitionOptions},
};

async fn search(store: &Store, text: &str) -> SearchResults {
    let query = SearchQuery::parse(text).unwrap().unwrap();
    store.search(&query, 100).await.unwrap()
}

/// Step, line and number of customers of each hit in a text.
async fn lines(store: &Store, text: &str) -> Vec<(String, String, u32)> {
    let found = search(store, text).await.texts;
    let line = |it: &FoundStep| it.line.clone().unwrap().text;
    let hits = found.into_iter();
    hits.map(|it| (it.name.clone(), line(&it), it.customers))
        .collect()
}

fn hit(name: &str, line: &str, customers: u32) -> (String, String, u32) {
    (name.to_owned(), line.to_owned(), customers)
}

#[tokio::test]
async fn a_line_is_found_once_a_step_with_the_number_of_customers_and_a_cell_to_open() {
    let world = World::active().await;
    let store = &world.app.store;
    assert_eq!(
        lines(store, "CURL").await,
        [hit("Upgrade", "curl {{var.HOST}}", 3)]
    );
    let found = search(store, "curl").await.texts.remove(0);
    assert_eq!(
        (found.release, found.release_name.as_str()),
        (world.june, "June")
    );
    let cells = [
        world.id(&world.acme, "Upgrade").await,
        world.id(&world.globex, "Upgrade").await,
        world.id(&world.initech, "Upgrade").await,
    ];
    assert!(cells.contains(&found.step.unwrap()) && !found.is_executed);
    assert_eq!(found.line.unwrap().number, 1);
    assert!(lines(store, "curls").await.is_empty());
}

#[tokio::test]
async fn an_override_a_custom_step_and_a_text_that_was_executed_are_found_too() {
    let world = World::active().await;
    let (app, store) = (&world.app, &world.app.store);
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let text = "set -e\nwget acme.example".to_owned();
    let overridden = store.override_step(upgrade, text, 1, app.ana()).await;
    overridden.unwrap();
    assert_eq!(
        lines(store, "wget").await,
        [hit("Upgrade", "wget acme.example", 1)]
    );
    let found = search(store, "wget").await.texts.remove(0);
    assert_eq!((found.step, found.line.unwrap().number), (Some(upgrade), 2));
    assert_eq!(
        lines(store, "curl").await,
        [hit("Upgrade", "curl {{var.HOST}}", 2)]
    );

    let own = draft("Warm the cache", "deploy", "bash", "warm --all");
    let (june, globex) = (world.june, world.globex.id);
    let added = store.add_custom_step(june, globex, own, Position::Last, false, app.ana());
    added.await.unwrap();
    assert_eq!(
        lines(store, "warm --").await,
        [hit("Warm the cache", "warm --all", 1)]
    );

    let announce = world.id(&world.acme, "Announce").await;
    let (done, options) = (StepAction::Done, TransitionOptions::default());
    let done = store.act_on_step(announce, done, options, app.ana()).await;
    done.unwrap();
    let found = search(store, "tell acme").await.texts.remove(0);
    assert_eq!(
        (found.name.as_str(), found.step),
        ("Announce", Some(announce))
    );
    assert_eq!(
        (found.line.unwrap().text.as_str(), found.is_executed),
        ("Tell Acme.", true)
    );
    // What its text has as it is written is said once.
    assert_eq!(
        lines(store, "tell").await,
        [hit("Announce", "Tell {{customer.name}}.", 3)]
    );
}

#[tokio::test]
async fn signs_are_found_as_themselves_and_only_a_to_z_have_two_cases() {
    let world = World::draft().await;
    let (app, store) = (&world.app, &world.app.store);
    let text = "echo 100%_! \\ 'Ärger'";
    let signs = draft("Signs", "deploy", "bash", text);
    let added = store.add_template(world.june, signs, Position::Last, app.ana());
    added.await.unwrap();
    for sought in ["100%", "%_", "_!", "! \\", "'Ärger'", "ECHO", "RGER"] {
        // Of a draft no customer has a step.
        assert_eq!(
            lines(store, sought).await,
            [hit("Signs", text, 0)],
            "{sought}"
        );
    }
    for sought in ["1%0", "1_0", "'ärger", "%%", "\\\\"] {
        assert!(lines(store, sought).await.is_empty(), "{sought}");
    }
    let found = search(store, "echo").await.texts.remove(0);
    assert!(found.step.is_none() && found.template.is_some());
}

#[tokio::test]
async fn names_are_found_of_releases_customers_clusters_steps_and_people() {
    let world = World::active().await;
    let store = &world.app.store;
    let found = search(store, "jun").await;
    assert_eq!(
        (found.releases.len(), found.releases[0].id),
        (1, world.june)
    );
    let found = search(store, "GLOB").await;
    let customer = &found.customers[0];
    assert_eq!(
        (customer.id, customer.cluster.as_str()),
        (world.globex.id, "eu-west")
    );
    let found = search(store, "us-").await;
    assert_eq!(
        (found.clusters.len(), found.clusters[0].id),
        (1, world.us_east.id)
    );
    let found = search(store, "schema").await;
    let step = &found.steps[0];
    assert_eq!(
        (found.steps.len(), step.name.as_str()),
        (1, "Migrate schema")
    );
    assert_eq!((step.customers, step.step.is_some()), (3, true));
    assert_eq!(step.line, None);
    let found = search(store, "ana").await;
    assert_eq!(found.people, ["Ana"]);
    assert_eq!(search(store, "zz").await, SearchResults::default());
}

#[tokio::test]
async fn each_kind_has_at_most_as_many_hits_as_were_asked_for() {
    let world = World::active().await;
    let query = SearchQuery::parse("e").unwrap().unwrap();
    let found = world.app.store.search(&query, 1).await.unwrap();
    let numbers = [
        found.releases.len(),
        found.customers.len(),
        found.clusters.len(),
        found.steps.len(),
        found.texts.len(),
    ];
    assert_eq!(numbers, [1; 5]);
    let all = world.app.store.search(&query, 100).await.unwrap();
    assert_eq!(found.totals, all.totals);
    assert_eq!(
        (all.totals.steps, all.totals.texts),
        (all.steps.len(), all.texts.len())
    );
    assert!(all.totals.customers > 1 && all.totals.steps > 1);
}

#[tokio::test]
async fn steps_that_customers_have_come_before_those_of_a_newer_draft() {
    let world = World::active().await;
    let (app, store) = (&world.app, &world.app.store);
    let cloned = store.clone_release(world.june, "July".into(), None, app.ana());
    let july = cloned.await.unwrap().row.id;
    for found in [
        search(store, "curl").await.texts,
        search(store, "upgrade").await.steps,
    ] {
        let releases: Vec<_> = found.iter().map(|it| (it.release, it.customers)).collect();
        assert_eq!(releases, [(world.june, 3), (july, 0)]);
    }
    let query = SearchQuery::parse("curl").unwrap().unwrap();
    let first = store.search(&query, 1).await.unwrap();
    assert_eq!(first.texts[0].release, world.june);
    assert_eq!(first.totals.texts, 2);
}

#[tokio::test]
async fn all_words_are_found_in_any_order_and_the_words_as_they_were_written_first() {
    let world = World::active().await;
    let (app, store) = (&world.app, &world.app.store);
    for (name, text) in [
        ("Apart", "helm version\nupgrade api with helm"),
        ("Together", "helm upgrade api"),
    ] {
        let step = draft(name, "verify", "bash", text);
        let added = store.add_template(world.june, step, Position::Last, app.ana());
        added.await.unwrap();
    }
    let (apart, together) = (
        hit("Apart", "upgrade api with helm", 3),
        hit("Together", "helm upgrade api", 3),
    );
    assert_eq!(
        lines(store, "helm upgrade").await,
        [together.clone(), apart.clone()]
    );
    assert_eq!(lines(store, "api  helm").await, [apart, together]);
    assert!(lines(store, "helm worker").await.is_empty());
    for sought in ["schema migrate", "migrate  schema", "us-east us"] {
        let found = search(store, sought).await;
        assert_eq!(found.steps.len() + found.clusters.len(), 1, "{sought}");
    }
    // The values of their time.
    let announce = world.id(&world.acme, "Announce").await;
    let (done, options) = (StepAction::Done, TransitionOptions::default());
    let done = store.act_on_step(announce, done, options, app.ana()).await;
    done.unwrap();
    let found = search(store, "acme  tell").await.texts.remove(0);
    assert_eq!((found.step, found.is_executed), (Some(announce), true));
    assert_eq!(found.line.unwrap().text, "Tell Acme.");
}

#[tokio::test]
async fn words_as_they_were_written_are_found_behind_the_newest_two_hundred_executed_texts() {
    let world = World::draft().await;
    let (app, store) = (&world.app, &world.app.store);
    for n in 0..=200 {
        let text = match n {
            0 => "run {{customer.name}}".to_owned(),
            _ => format!("run {n} for {{{{customer.name}}}}"),
        };
        let step = draft(&format!("Run {n}"), "deploy", "bash", &text);
        let added = store.add_template(world.june, step, Position::Last, app.ana());
        added.await.unwrap();
    }
    let activated = store.activate_release(world.june, Some(vec![world.acme.id]), app.ana());
    Box::pin(activated).await.unwrap();
    let oldest = world.id(&world.acme, "Run 0").await;
    let (done, options) = (StepAction::Done, TransitionOptions::default());
    let first = store.act_on_step(oldest, done, options.clone(), app.ana());
    first.await.unwrap();
    let steps = world.steps(world.acme.id).await.into_iter();
    let others = steps.map(|it| it.id).filter(|it| *it != oldest).collect();
    let all = store.act_on_steps(others, done, options, app.ana());
    all.await.unwrap();
    let found = search(store, "run acme").await;
    assert_eq!(found.totals.texts, 200);
    let first = &found.texts[0];
    assert_eq!((first.step, first.is_executed), (Some(oldest), true));
    assert_eq!(first.line.as_ref().unwrap().text, "run Acme");
}

#[tokio::test]
async fn who_has_a_scope_finds_and_counts_what_is_in_it() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    for customer in [&world.acme, &world.initech] {
        let id = world.id(customer, "Announce").await;
        let (done, options) = (StepAction::Done, TransitionOptions::default());
        let done = app.store.act_on_step(id, done, options, app.ana()).await;
        done.unwrap();
    }
    let ben = app.person(Role::Viewer, scope(&[], &[world.acme.id])).await;
    assert_eq!(
        lines(&ben.store, "curl").await,
        [hit("Upgrade", "curl {{var.HOST}}", 1)]
    );
    assert_eq!(search(&ben.store, "tell acme").await.texts.len(), 1);
    assert_eq!(
        search(&ben.store, "tell initech").await,
        SearchResults::default()
    );
    let names = search(&ben.store, "e").await;
    assert_eq!((names.customers.len(), names.clusters.len()), (1, 1));
    assert_eq!(names.steps.iter().map(|it| it.customers).max(), Some(1));
}
