//! Tests of the store: what the dashboard puts first, what it says of missing values, and which version each customer is on.
use super::runs_work;
use crate::{
    harness::TestApp,
    world::{World, draft, metadata},
};
use app::{
    domain::{
        actor_stamp::ActorStamp,
        attention::{Urgency, waiting_text},
        cluster::ClusterDraft,
        customer::CustomerDraft,
        customer_version::CustomerVersion,
        id::{CustomerId, ReleaseId, StepId},
        order::Position,
        release::ReleaseDraft,
        summary::Dashboard,
        text_change::TextChange,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};
use chrono::{DateTime, TimeDelta, Utc};

#[tokio::test]
async fn newer_reverts_never_hide_older_failures() {
    let app = TestApp::new().await;
    let (store, customers) = (&app.store, app.customers(60).await);
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    let step = draft("Go", "deploy", "text", "Go.");
    let added = store.add_template(release, step, Position::Last, app.ana());
    added.await.unwrap();
    let activated = store.activate_release(release, Some(customers.clone()), app.ana());
    activated.await.unwrap();
    let mut ids = Vec::new();
    for customer in customers {
        let work = store.customer_work(release, customer).await.unwrap();
        ids.push(work.steps[0].id);
    }
    let act = async |cells: &[_], action: StepAction| {
        let because = TransitionOptions {
            reason: Some("because".into()),
            ..TransitionOptions::default()
        };
        let done = store.act_on_steps(cells.to_vec(), action, because, app.ana());
        assert_eq!(done.await.unwrap().changed_ids.len(), cells.len());
    };
    act(&ids[..5], StepAction::Fail).await;
    act(&ids[5..56], StepAction::Done).await;
    act(&ids[5..56], StepAction::Revert).await;
    let dashboard = store.dashboard(app.ana().at).await.unwrap();
    let shown: Vec<StepStatus> = dashboard.attention.iter().map(|it| it.status).collect();
    assert_eq!(shown.len(), 50);
    assert!(shown[..5].iter().all(|it| *it == StepStatus::Failed));
    assert!(shown[5..].iter().all(|it| *it == StepStatus::Reverted));
    assert!(dashboard.has_more_attention);
}

#[tokio::test]
async fn a_missing_value_that_was_there_is_told_with_who_took_it_away() {
    let world = World::draft().await;
    let store = &world.app.store;
    let bare = CustomerDraft {
        metadata: metadata(&[]),
        ..world.acme.clone().into()
    };
    let (acme, version) = (world.acme.id, world.acme.version);
    store
        .update_customer(acme, bare, version, world.app.by("Jonas"))
        .await
        .unwrap();
    let removed = |it: Option<TextChange>| it.map(|it| (it.name, it.by, it.from, it.to));
    let expected = Some((
        "var.HOST".to_owned(),
        "Jonas".to_owned(),
        Some("acme.example".to_owned()),
        None,
    ));
    let both = vec![acme, world.initech.id];
    let dry = store.dry_run(world.june, Some(both.clone())).await.unwrap();
    let told = dry
        .unresolved
        .into_iter()
        .map(|it| (it.customer_id, removed(it.removed)));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [(acme, expected.clone()), (world.initech.id, None)]);
    store
        .activate_release(world.june, Some(both), world.app.ana())
        .await
        .unwrap();
    let dashboard = store.dashboard(world.app.ana().at).await.unwrap();
    let [line] = dashboard.missing.as_slice() else {
        panic!("{:?}", dashboard.missing)
    };
    assert_eq!(
        (line.n_customers, removed(line.removed.clone())),
        (2, expected)
    );
}

#[tokio::test]
async fn a_value_lost_by_a_move_to_another_cluster_is_told() {
    let world = World::draft().await;
    let store = &world.app.store;
    let step = draft("Zone", "deploy", "bash", "zone {{var.ZONE}}");
    let added = store.add_template(world.june, step, Position::Last, world.app.ana());
    added.await.unwrap();
    let zone = ClusterDraft {
        metadata: metadata(&[("ZONE", "z1")]),
        ..world.eu_west.clone().into()
    };
    let (eu_west, version) = (world.eu_west.id, world.eu_west.version);
    let edited = store.update_cluster(eu_west, zone, version, world.app.ana());
    edited.await.unwrap();
    let only = |id| Some(vec![id]);
    store
        .activate_release(world.june, only(world.acme.id), world.app.ana())
        .await
        .unwrap();
    for customer in [&world.acme, &world.globex] {
        let moved = CustomerDraft {
            cluster_id: Some(world.us_east.id),
            ..customer.clone().into()
        };
        let jonas = world.app.by("Jonas");
        let moved = store.update_customer(customer.id, moved, customer.version, jonas);
        moved.await.unwrap();
    }
    // What happens to the value afterwards is none of theirs.
    let zone = ClusterDraft::from(world.eu_west.clone());
    let edited = store.update_cluster(eu_west, zone, version + 1, world.app.ana());
    edited.await.unwrap();
    let removed = |it: Option<TextChange>| it.map(|it| (it.by, it.from, it.to));
    let expected = Some(("Jonas".to_owned(), Some("z1".to_owned()), None));
    let dry_run = store.dry_run(world.june, only(world.globex.id)).await;
    let missing = dry_run.unwrap().unresolved.remove(0);
    assert_eq!(missing.variable, "var.ZONE");
    assert_eq!(removed(missing.removed), expected);
    let dashboard = store.dashboard(world.app.ana().at).await.unwrap();
    let [line] = dashboard.missing.as_slice() else {
        panic!("{:?}", dashboard.missing)
    };
    assert_eq!(line.variable, "var.ZONE");
    assert_eq!(removed(line.removed.clone()), expected);
}

/// A release with this name and one step, active for these customers: the steps of each.
async fn one_step_each(app: &TestApp, name: &str, customers: &[CustomerId]) -> Vec<StepId> {
    let store = &app.store;
    let release = ReleaseDraft {
        name: name.into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    let step = draft("Go", "deploy", "text", "Go.");
    let added = store.add_template(release, step, Position::Last, app.ana());
    added.await.unwrap();
    let activated = store.activate_release(release, Some(customers.to_vec()), app.ana());
    activated.await.unwrap();
    let mut ids = Vec::new();
    for customer in customers {
        let work = store.customer_work(release, *customer).await.unwrap();
        ids.push(work.steps[0].id);
    }
    ids
}

/// Acts on a step as somebody, at a time.
async fn act(app: &TestApp, step: StepId, action: StepAction, by: &str, at: DateTime<Utc>) {
    let options = TransitionOptions {
        reason: Some("because".into()),
        ..TransitionOptions::default()
    };
    let by = by.to_owned();
    let done = app
        .store
        .act_on_step(step, action, options, ActorStamp { by, at });
    done.await.unwrap();
}

#[tokio::test]
async fn failures_come_first_then_own_work_then_what_takes_longer_than_usual() {
    let app = TestApp::new().await;
    let customers = app.customers(6).await;
    let ids = one_step_each(&app, "June", &customers).await;
    let start = app.ana().at;
    let at = |minutes| start + TimeDelta::minutes(minutes);
    for (step, took) in ids.iter().zip([10, 14, 600]) {
        act(&app, *step, StepAction::Start, "Ben", at(0)).await;
        act(&app, *step, StepAction::Done, "Ben", at(took)).await;
    }
    act(&app, ids[3], StepAction::Start, "Ben", at(700)).await;
    act(&app, ids[4], StepAction::Start, "Test", at(715)).await;
    let soon = app.store.dashboard(at(720)).await.unwrap();
    let shown = |it: &Dashboard| {
        let cells = it.attention.iter();
        cells.map(|it| (it.urgency, it.step_id)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&soon), [(Urgency::Own, ids[4])]);
    assert_eq!(soon.active[0].own_in_progress, 1);
    act(&app, ids[5], StepAction::Fail, "Ben", at(730)).await;
    let later = app.store.dashboard(at(832)).await.unwrap();
    let expected = [
        (Urgency::Failed, ids[5]),
        (Urgency::Own, ids[4]),
        (Urgency::Long, ids[3]),
    ];
    assert_eq!(shown(&later), expected);
    let long = &later.attention[2];
    assert_eq!(
        waiting_text(long.elapsed_seconds, long.usual_seconds),
        "2 h 12 min, usually 14 min"
    );
    // Another done step makes another duration usual.
    act(&app, ids[4], StepAction::Done, "Test", at(835)).await;
    let last = app.store.dashboard(at(840)).await.unwrap();
    assert_eq!(last.attention[1].usual_seconds, Some(67 * 60));
}

#[tokio::test]
async fn work_whose_run_was_lost_needs_attention_until_somebody_decides_about_it() {
    let world = World::active().await;
    let (app, at) = (&world.app, runs_work::at);
    let lost = runs_work::begun(&world).await.run;
    let needs = async |seconds| {
        let dashboard = app.store.dashboard(at(seconds)).await.unwrap();
        let cells = dashboard.attention.into_iter();
        cells.map(|it| (it.urgency, it.reason)).collect::<Vec<_>>()
    };
    assert!(needs(60).await.iter().all(|it| it.0 != Urgency::Lost));
    assert_eq!(app.database.expire_runs(at(125)).await.unwrap(), 1);
    let reason = "lost its runner at 14:02 UTC, nobody knows how far it came";
    assert_eq!(needs(126).await, [(Urgency::Lost, Some(reason.to_owned()))]);
    act(app, lost.step_id, StepAction::Done, "Ben", at(130)).await;
    assert_eq!(needs(131).await, []);
}

#[tokio::test]
async fn two_durations_say_nothing_about_what_is_usual() {
    let app = TestApp::new().await;
    let customers = app.customers(3).await;
    let ids = one_step_each(&app, "June", &customers).await;
    let start = app.ana().at;
    let at = |minutes| start + TimeDelta::minutes(minutes);
    for step in &ids[..2] {
        act(&app, *step, StepAction::Start, "Ben", at(0)).await;
        act(&app, *step, StepAction::Done, "Ben", at(5)).await;
    }
    act(&app, ids[2], StepAction::Start, "Ben", at(10)).await;
    let soon = app.store.dashboard(at(130)).await.unwrap();
    assert_eq!(soon.attention, []);
    let later = app.store.dashboard(at(131)).await.unwrap();
    let [line] = later.attention.as_slice() else {
        panic!("{:?}", later.attention)
    };
    assert_eq!((line.elapsed_seconds, line.usual_seconds), (121 * 60, None));
}

#[tokio::test]
async fn cells_of_a_release_stand_together_the_release_with_the_most_urgent_first() {
    let app = TestApp::new().await;
    let customers = app.customers(2).await;
    let june = one_step_each(&app, "June", &customers).await;
    let july = one_step_each(&app, "July", &customers).await;
    let start = app.ana().at;
    let at = |minutes| start + TimeDelta::minutes(minutes);
    for (step, minutes) in [(june[0], 1), (june[1], 2), (july[0], 3), (july[1], 4)] {
        act(&app, step, StepAction::Fail, "Ben", at(minutes)).await;
    }
    act(&app, june[0], StepAction::Revert, "Ben", at(5)).await;
    act(&app, july[1], StepAction::Revert, "Ben", at(6)).await;
    let dashboard = app.store.dashboard(at(7)).await.unwrap();
    let shown: Vec<StepId> = dashboard.attention.iter().map(|it| it.step_id).collect();
    assert_eq!(shown, [july[0], july[1], june[1], june[0]]);
}

#[tokio::test]
async fn each_customer_is_on_the_release_that_it_finished_last() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let finish = async |release: ReleaseId, customer: CustomerId| {
        let work = store.customer_work(release, customer).await.unwrap();
        let options = TransitionOptions {
            allow_unresolved: true,
            ..TransitionOptions::default()
        };
        let ids = work.steps.iter().map(|it| it.id).collect();
        let done = store.act_on_steps(ids, StepAction::Done, options, ana());
        done.await.unwrap();
    };
    let versions = async || {
        let found = store.customer_versions(String::new(), 9).await.unwrap();
        let row = |it: CustomerVersion| (it.customer, it.finished.map(|it| it.name));
        found.rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let expected = |of: &[(&str, Option<&str>)]| -> Vec<(String, Option<String>)> {
        let row = |it: &(&str, Option<&str>)| (it.0.to_owned(), it.1.map(str::to_owned));
        of.iter().map(row).collect()
    };
    let none = [("Acme", None), ("Globex", None), ("Initech", None)];
    assert_eq!(versions().await, expected(&none));
    finish(world.june, world.acme.id).await;
    let clone = store.clone_release(world.june, "July".into(), None, ana());
    let july = clone.await.unwrap().row.id;
    let both = vec![world.acme.id, world.globex.id];
    store
        .activate_release(july, Some(both), ana())
        .await
        .unwrap();
    finish(july, world.globex.id).await;
    let (june, july_name) = (Some("June"), Some("July"));
    let mixed = [("Acme", june), ("Globex", july_name), ("Initech", None)];
    assert_eq!(versions().await, expected(&mixed));
    // An archived release counts as it was left.
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    assert_eq!(versions().await, expected(&mixed));
    finish(july, world.acme.id).await;
    store
        .deactivate_customer(world.globex.id, ana())
        .await
        .unwrap();
    let last = [("Acme", july_name), ("Initech", None)];
    assert_eq!(versions().await, expected(&last));
}
