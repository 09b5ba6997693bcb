//! Tests of the store: the history as `/activity` shows it, and the dashboard.
use super::history_chain::execute;
use crate::world::World;
use app::{
    domain::{
        attention::STALE_WORK_HOURS,
        customer::Customer,
        event::{EventAction, EventFilter, ListPage},
        id::{EventId, StepId},
        rule_violation::RuleViolation,
        summary::{NamedEvent, SEARCHED_EVENTS_MAX, UndoState},
        vocabulary::{StepAction, StepStatus},
    },
    store::{Store, error::StoreError, steps::transitions::TransitionOptions},
};
use chrono::{DateTime, TimeDelta};
use std::collections::HashSet;

async fn lines(store: &Store, filter: EventFilter) -> Vec<NamedEvent> {
    store.activity(filter).await.unwrap().items
}

async fn all_steps(world: &World) -> Vec<StepId> {
    let mut ids = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        ids.extend(world.steps(customer.id).await.iter().map(|it| it.id));
    }
    ids
}

#[tokio::test]
async fn a_batch_is_one_line_with_its_count_on_whatever_page() {
    let world = World::active().await;
    let store = &world.app.store;
    let ids = all_steps(&world).await;
    let started = store
        .act_on_steps(
            ids,
            StepAction::Start,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let filter = EventFilter {
            cursor,
            limit: Some(2),
            ..EventFilter::default()
        };
        let page = store.activity(filter).await.unwrap();
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let batches: HashSet<_> = all.iter().map(|it| it.entry.batch_id.clone()).collect();
    assert_eq!(batches.len(), all.len());
    assert_eq!((all[0].in_batch, all[1].in_batch), (12, 1));
    // Two clusters, three customers, a release, its four steps, its activation, and the bulk action.
    assert_eq!(all.len(), 12);
    // Filtered by one customer it is still one line, which counts what the filter lets through.
    let of_acme = EventFilter {
        customer_id: Some(world.acme.id),
        action: Some(EventAction::Start),
        ..EventFilter::default()
    };
    let of_acme = lines(store, of_acme).await;
    assert_eq!((of_acme.len(), of_acme[0].in_batch), (1, 4));
    assert_eq!((of_acme[0].customers, of_acme[0].batch_size), (1, 12));
    assert_eq!((all[0].customers, all[0].batch_size), (3, 12));
    assert_eq!((all[0].steps, all[1].steps), (4, 1));
    assert_eq!(of_acme[0].customer.as_deref(), Some("Acme"));
    let row_by_row = EventFilter {
        batch_id: started.batch_id,
        ..EventFilter::default()
    };
    assert_eq!(lines(store, row_by_row).await.len(), 12);
}

#[tokio::test]
async fn the_history_is_narrowed_to_a_cluster_a_person_and_a_time() {
    let world = World::draft().await;
    let store = &world.app.store;
    let stamp = world.app.by("Jonas");
    store
        .deactivate_customer(world.initech.id, stamp.clone())
        .await
        .unwrap();
    let in_us = EventFilter {
        cluster_id: Some(world.us_east.id),
        ..EventFilter::default()
    };
    let actions: Vec<_> = lines(store, in_us)
        .await
        .iter()
        .map(|it| (it.entry.action, it.subject.clone().unwrap()))
        .collect();
    let named = |action, name: &str| (action, name.to_owned());
    assert_eq!(
        actions,
        [
            named(EventAction::Deactivate, "Initech"),
            named(EventAction::Create, "Initech"),
            named(EventAction::Create, "us-east"),
        ]
    );
    let by_jonas = EventFilter {
        actor: Some("Jonas".into()),
        ..EventFilter::default()
    };
    assert_eq!(lines(store, by_jonas).await.len(), 1);
    let since = EventFilter {
        from: Some(stamp.at),
        to: Some(stamp.at),
        ..EventFilter::default()
    };
    assert_eq!(lines(store, since).await.len(), 1);
    let choices = store.activity_choices().await.unwrap();
    assert_eq!(choices.people, ["Ana", "Jonas"]);
    assert_eq!(choices.releases, [(world.june, "June".to_owned())]);
    assert_eq!((choices.clusters.len(), choices.customers.len()), (2, 3));
}

#[tokio::test]
async fn the_history_is_searched_by_the_names_of_people_and_of_what_it_is_about() {
    let world = World::active().await;
    let store = &world.app.store;
    let announce = world.id(&world.acme, "Announce").await;
    let jonas = world.app.by("Jonas Weber");
    let options = TransitionOptions::default();
    store
        .act_on_step(announce, StepAction::Start, options, jonas)
        .await
        .unwrap();
    let found = async |text: &str| {
        let filter = EventFilter {
            q: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let lines = lines(store, filter).await.into_iter();
        let about = lines.map(|it| (it.entry.entity.as_str(), it.entry.action.as_str()));
        about.collect::<Vec<_>>()
    };
    assert_eq!(found("weber").await, [("step", "start")]);
    assert_eq!(
        found("  ACMÉ ").await,
        [("step", "start"), ("customer", "create")]
    );
    assert_eq!(
        found("announ").await,
        [("step", "start"), ("template", "create")]
    );
    assert_eq!(found("us-east").await, [("cluster", "create")]);
    // Signs of a pattern are only letters, and no text is no filter.
    assert!(found("%").await.is_empty());
    assert_eq!(found(" ").await.len(), 12);
}

#[tokio::test]
async fn the_history_is_searched_by_the_reasons_that_its_lines_say() {
    let world = World::active().await;
    let store = &world.app.store;
    let act = async |name: &str, action, reason: Option<&str>, who: &str| {
        let options = TransitionOptions {
            reason: reason.map(Into::into),
            ..TransitionOptions::default()
        };
        let step = world.id(&world.acme, name).await;
        let answer = store.act_on_step(step, action, options, world.app.by(who));
        answer.await.unwrap();
    };
    let reason = Some("Lock \"timeout\" of the séquence");
    act("Announce", StepAction::Fail, reason, "Jonas").await;
    act("Check", StepAction::Skip, Some("nothing to check"), "Ana").await;
    act("Announce", StepAction::Reopen, None, "Ana").await;
    let found = async |text: &str| {
        let filter = EventFilter {
            q: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let lines = lines(store, filter).await.into_iter();
        lines.map(|it| it.entry.action).collect::<Vec<_>>()
    };
    assert_eq!(found("lock \"timeout\"").await, [EventAction::Fail]);
    assert_eq!(found("SEQUENCE").await, [EventAction::Fail]);
    assert_eq!(found("nothing to").await, [EventAction::Skip]);
    // Nothing else of a row is looked in.
    assert!(found("failReason").await.is_empty());
    assert!(found("in_progress").await.is_empty());
}

#[tokio::test]
async fn a_person_is_a_whole_name_or_else_a_part_of_several() {
    let world = World::active().await;
    let store = &world.app.store;
    let options = TransitionOptions::default;
    for (name, who) in [("Announce", "Anabel"), ("Check", "Jonas Weber")] {
        let step = world.id(&world.acme, name).await;
        let stamp = world.app.by(who);
        let answer = store.act_on_step(step, StepAction::Start, options(), stamp);
        answer.await.unwrap();
    }
    let found = async |text: &str| {
        let filter = EventFilter {
            person: Some(text.to_owned()),
            action: Some(EventAction::Start),
            ..EventFilter::default()
        };
        let lines = lines(store, filter).await.into_iter();
        lines.map(|it| it.entry.actor).collect::<Vec<_>>()
    };
    assert!(found("Ana").await.is_empty());
    assert_eq!(found("ANA").await, ["Anabel"]);
    assert_eq!(found("an").await, ["Anabel"]);
    assert_eq!(found("a").await, ["Jonas Weber", "Anabel"]);
    assert_eq!(found("Jonas Weber").await, ["Jonas Weber"]);
    assert!(found("nobody").await.is_empty());
    assert_eq!(found(" ").await.len(), 2);
}

#[tokio::test]
async fn only_new_events_that_the_filter_lets_through_are_counted() {
    let world = World::active().await;
    let store = &world.app.store;
    let of_acme = || EventFilter {
        customer_id: Some(world.acme.id),
        limit: Some(2),
        ..EventFilter::default()
    };
    let newest = store.activity_page(of_acme()).await.unwrap().newest;
    let count = async || store.new_activity(newest, of_acme()).await.unwrap();
    let start = async |customer: &Customer, name: &str| {
        let step = world.id(customer, name).await;
        let options = TransitionOptions::default();
        let answer = store.act_on_step(step, StepAction::Start, options, world.app.ana());
        answer.await.unwrap();
    };
    start(&world.globex, "Announce").await;
    assert_eq!(count().await, (0, false));
    start(&world.acme, "Announce").await;
    assert_eq!(count().await, (1, false));
    start(&world.acme, "Check").await;
    start(&world.acme, "Upgrade").await;
    assert_eq!(count().await, (2, true));
    // A page that is read now has all of it.
    let newest = store.activity_page(of_acme()).await.unwrap().newest;
    let count = store.new_activity(newest, of_acme()).await.unwrap();
    assert_eq!(count, (0, false));
}

#[tokio::test]
async fn a_search_ends_after_the_newest_events_and_leads_on() {
    let world = World::active().await;
    let store = &world.app.store;
    let search = |cursor| EventFilter {
        q: Some("Globex".into()),
        cursor,
        ..EventFilter::default()
    };
    let ids = |page: &ListPage<NamedEvent>| -> Vec<EventId> {
        page.items.iter().map(|it| it.entry.id).collect()
    };
    let whole = store.activity(search(None)).await.unwrap();
    assert!(!whole.items.is_empty() && whole.next_cursor.is_none());
    // One event that is as far from the others as a long history is.
    let newest = store.activity_page(EventFilter::default()).await.unwrap();
    let id = newest.newest.0 + i64::from(SEARCHED_EVENTS_MAX) + 1;
    let sql = format!(
        "INSERT INTO audit_events (id, batch_id, entity, entity_id, action, actor, at) \
         VALUES ({id}, 'far', 'cluster', 1, 'update', 'Ana', '2026-06-01T08:00:00+00:00')"
    );
    execute(&world.app.database, &sql).await;
    let page = store.activity(search(None)).await.unwrap();
    assert!(page.items.is_empty() && page.next_cursor.is_some());
    let further = store.activity(search(page.next_cursor)).await.unwrap();
    assert_eq!(ids(&further), ids(&whole));
    assert_eq!(further.next_cursor, None);
    // What an index leads to is looked at whole, and nothing earlier than the filter's first day.
    let of_customer = EventFilter {
        customer_id: Some(world.globex.id),
        ..search(None)
    };
    assert!(!lines(store, of_customer).await.is_empty());
    let of_later_days = EventFilter {
        from: DateTime::from_timestamp(4_102_444_800, 0),
        ..search(None)
    };
    let page = store.activity(of_later_days).await.unwrap();
    assert!(page.items.is_empty() && page.next_cursor.is_none());
}

#[tokio::test]
async fn a_record_says_what_failed_what_is_missing_and_who_changed_it_last() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.initech, "Announce").await;
    let options = TransitionOptions {
        reason: Some("no answer".into()),
        ..TransitionOptions::default()
    };
    store
        .act_on_step(step, StepAction::Fail, options, world.app.by("Jonas"))
        .await
        .unwrap();
    let detail = store.customer(world.initech.id).await.unwrap();
    assert_eq!(detail.changed.map(|it| it.by).as_deref(), Some("Ana"));
    let [failed] = detail.work.failed.as_slice() else {
        panic!("{:?}", detail.work)
    };
    assert_eq!((failed.step_id, failed.step.as_str()), (step, "Announce"));
    assert_eq!(failed.reason.as_deref(), Some("no answer"));
    assert_eq!(failed.by.as_deref(), Some("Jonas"));
    let [missing] = detail.work.missing.as_slice() else {
        panic!("{:?}", detail.work)
    };
    assert_eq!((missing.variable.as_str(), missing.cells), ("var.HOST", 1));
    assert_eq!(missing.step_id, world.id(&world.initech, "Upgrade").await);
    let of_cluster = store.cluster(world.us_east.id).await.unwrap();
    assert_eq!(of_cluster.work, detail.work);
    assert_eq!(of_cluster.releases[0].customers, [world.initech.id]);
    let others = store.cluster(world.eu_west.id).await.unwrap().work;
    assert_eq!((others.n_failed, others.missing.len()), (0, 0));
}

#[tokio::test]
async fn undo_is_offered_where_it_still_applies() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Announce").await;
    let done = store
        .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let states = async || {
        let all = lines(store, EventFilter::default()).await;
        let states = all.into_iter().map(|it| (it.entry.action, it.undo));
        states.collect::<Vec<_>>()
    };
    let before = states().await;
    assert_eq!(before[0], (EventAction::Done, UndoState::Open));
    assert_eq!(before[1], (EventAction::Activate, UndoState::Never));
    assert_eq!(before[2], (EventAction::Create, UndoState::Open));
    let undone = store.undo(done.batch_id.unwrap(), ana()).await.unwrap();
    let after = states().await;
    assert_eq!(after[0], (EventAction::Undo, UndoState::Open));
    assert_eq!(after[1], (EventAction::Done, UndoState::Undone));
    let redone = store.undo(undone.batch_id.unwrap(), ana()).await.unwrap();
    let after = states().await;
    assert_eq!(after[1], (EventAction::Undo, UndoState::Undone));
    assert_eq!(after[2], (EventAction::Done, UndoState::Open));
    store.undo(redone.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!(states().await[3], (EventAction::Done, UndoState::Undone));
    let all = lines(store, EventFilter::default()).await;
    let undid = all.iter().take(3).filter_map(|it| it.undid);
    let undid: Vec<_> = undid.map(|it| (it.action, it.is_redo)).collect();
    let (first, again) = ((EventAction::Done, false), (EventAction::Done, true));
    assert_eq!(undid, [first, again, first]);
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    assert_eq!(
        states().await[1],
        (EventAction::Undo, UndoState::Never),
        "what is archived is read-only"
    );
}

#[tokio::test]
async fn a_long_row_of_undos_and_redos_is_told_by_the_first_action_and_a_circle_by_none() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Announce").await;
    let done = store
        .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let mut batches = vec![done.batch_id.unwrap()];
    for at in 0..30 {
        let undone = store.undo(batches[at].clone(), ana()).await.unwrap();
        batches.push(undone.batch_id.unwrap());
    }
    // Newest first: the last of an even number did it again.
    let all = lines(store, EventFilter::default()).await;
    let undid = all.iter().take(30).map(|it| it.undid);
    for (at, undid) in undid.enumerate() {
        let undid = undid.map(|it| (it.action, it.is_redo));
        assert_eq!(undid, Some((EventAction::Done, at % 2 == 0)), "{at}");
    }
    let (first, last) = (&batches[1], &batches[30]);
    let circle = format!("UPDATE audit_events SET undoes = '{last}' WHERE batch_id = '{first}'");
    execute(&world.app.database, &circle).await;
    let all = lines(store, EventFilter::default()).await;
    assert!(all.iter().take(30).all(|it| it.undid.is_none()));
}

#[tokio::test]
async fn what_was_changed_since_is_refused_by_name_and_author() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Announce").await;
    let act = async |action, who: &str| {
        let stamp = world.app.by(who);
        let answer = store.act_on_step(step, action, TransitionOptions::default(), stamp);
        answer.await.unwrap().batch_id.unwrap()
    };
    let started = act(StepAction::Start, "Ana").await;
    act(StepAction::Done, "Jonas").await;
    let refused = store.undo(started, world.app.ana()).await.unwrap_err();
    let StoreError::Refused(RuleViolation::NothingToUndo { reasons, last }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(reasons, ["Announce, Acme was changed since by Jonas"]);
    assert_eq!(last.map(|it| it.by).as_deref(), Some("Jonas"));
}

#[tokio::test]
async fn the_dashboard_says_what_needs_attention_and_how_far_each_cluster_is() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let act = async |customer: &Customer, name: &str, action, reason: Option<&str>| {
        let step = world.id(customer, name).await;
        let ask = TransitionOptions {
            reason: reason.map(Into::into),
            allow_unresolved: true,
            ..TransitionOptions::default()
        };
        store.act_on_step(step, action, ask, ana()).await.unwrap();
    };
    act(&world.globex, "Announce", StepAction::Start, None).await;
    act(&world.acme, "Announce", StepAction::Done, None).await;
    act(&world.acme, "Check", StepAction::Fail, Some("no pods")).await;
    let soon = store.dashboard(ana().at).await.unwrap();
    let later = ana().at + TimeDelta::hours(STALE_WORK_HOURS);
    let found = |it: &app::domain::summary::Dashboard| {
        let found = it.attention.iter();
        found
            .map(|it| (it.status, it.customer.clone()))
            .collect::<Vec<_>>()
    };
    let failed = (StepStatus::Failed, "Acme".to_owned());
    let stuck = (StepStatus::InProgress, "Globex".to_owned());
    assert_eq!(found(&soon), std::slice::from_ref(&failed));
    assert_eq!(soon.attention[0].reason.as_deref(), Some("no pods"));
    assert_eq!(
        found(&store.dashboard(later).await.unwrap()),
        [failed, stuck]
    );
    let june = &soon.active[0];
    assert_eq!((june.summary.templates, june.summary.customers), (4, 3));
    assert_eq!(
        june.summary.progress,
        store.releases().await.unwrap()[0].progress
    );
    let clusters: Vec<_> = june
        .clusters
        .iter()
        .map(|it| (it.name.as_str(), it.customers, it.progress.total))
        .collect();
    assert_eq!(clusters, [("eu-west", 2, 8), ("us-east", 1, 4)]);
    assert_eq!(june.clusters[0].progress.counts.done, 1);

    let [missing] = soon.missing.as_slice() else {
        panic!("{:?}", soon.missing)
    };
    assert_eq!((missing.variable.as_str(), missing.cells), ("var.HOST", 1));
    assert_eq!(
        missing.customers,
        [(world.initech.id, "Initech".to_owned())]
    );
    // A value is not reported as missing when all steps that need it are finished.
    act(&world.initech, "Upgrade", StepAction::Done, None).await;
    assert!(store.dashboard(later).await.unwrap().missing.is_empty());
}
