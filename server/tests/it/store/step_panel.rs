//! Tests of the store: what the step panel reads (history, undo, changes of the template since), the working list, and the
//! checklist of a customer.
use crate::{
    harness::TestApp,
    world::{World, draft, metadata},
};
use app::{
    domain::{
        customer::CustomerDraft,
        customer_work::OpenStep,
        diff::DiffRow,
        event::EventAction,
        order::Position,
        rule_violation::RuleViolation,
        vocabulary::{Category, StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

async fn open(world: &World, name: &str) -> OpenStep {
    let id = world.id(&world.acme, name).await;
    world.app.store.open_step(id).await.unwrap()
}

/// The changed lines of a diff.
fn changed(rows: &[DiffRow]) -> Vec<(Option<&str>, Option<&str>)> {
    rows.iter()
        .filter_map(|row| match row {
            DiffRow::Changed { before, after } => Some((before.as_deref(), after.as_deref())),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn done_keeps_its_text_whatever_becomes_of_template_and_variables() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    store
        .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let text = draft("Upgrade", "deploy", "bash", "helm upgrade {{var.HOST}}");
    store
        .update_template(world.upgrade.id, text, 1, ana())
        .await
        .unwrap();
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.metadata = metadata(&[("HOST", "elsewhere")]);
    store
        .update_customer(world.acme.id, acme, 1, ana())
        .await
        .unwrap();
    let opened = store.open_step(step).await.unwrap();
    assert_eq!(opened.detail.resolved_content, "curl elsewhere");
    let mut history = opened.detail.history.iter();
    let done = history.find(|it| it.action == EventAction::Done).unwrap();
    assert_eq!(done.resolved_text.as_deref(), Some("curl acme.example"));
    assert_eq!(
        done.resolved_sha256.as_deref(),
        Some("a9d58e8d118db940190663009fbe5f1fcf9485d1902b3e52dfcad2ae4fbba26a")
    );
    // The template has changed since, and the step shows it.
    let drift = opened.drift.unwrap();
    assert_eq!(drift.then.as_deref(), Some("curl {{var.HOST}}"));
    assert_eq!(drift.changed_by.as_deref(), Some("Ana"));
}

#[tokio::test]
async fn an_override_that_the_template_left_behind_is_kept_or_given_up() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    store
        .override_step(step.id, "curl -v {{var.HOST}}".into(), 1, ana())
        .await
        .unwrap();
    assert_eq!(open(&world, "Upgrade").await.drift, None);
    // A change of the description does not count as a change of the text.
    let mut text = draft("Upgrade", "deploy", "bash", "curl {{var.HOST}}");
    text.description = "x".into();
    store
        .update_template(world.upgrade.id, text.clone(), 1, ana())
        .await
        .unwrap();
    assert_eq!(open(&world, "Upgrade").await.drift, None);
    text.content = "curl --fail {{var.HOST}}".into();
    store
        .update_template(world.upgrade.id, text, 2, world.app.by("Ravi"))
        .await
        .unwrap();
    let drift = open(&world, "Upgrade").await.drift.unwrap();
    assert_eq!(drift.then.as_deref(), Some("curl {{var.HOST}}"));
    assert_eq!(drift.changed_by.as_deref(), Some("Ravi"));

    let kept = store.keep_override(step.id, None, ana()).await.unwrap();
    assert_eq!(
        (kept.row.template_version, kept.row.content.as_str()),
        (Some(3), "curl -v {{var.HOST}}")
    );
    let opened = open(&world, "Upgrade").await;
    assert_eq!(opened.drift, None);
    assert_eq!(opened.detail.history[0].action, EventAction::Override);
    store.undo(kept.batch_id.unwrap(), ana()).await.unwrap();
    assert!(open(&world, "Upgrade").await.drift.is_some());
    store.reset_step(step.id, None, ana()).await.unwrap();
    let given_up = open(&world, "Upgrade").await;
    assert_eq!(given_up.drift, None);
    assert_eq!(given_up.detail.step.content, "curl --fail {{var.HOST}}");
    let refused = store.keep_override(step.id, None, ana()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Refused(it @ RuleViolation::NothingToKeep { .. }) if it.to_string() == "Upgrade: already the template's text")
    );
}

#[tokio::test]
async fn a_line_of_the_history_says_what_it_did_to_the_text_and_what_an_undo_would_restore() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    let over = store
        .override_step(step.id, "curl -v".into(), 1, ana())
        .await
        .unwrap()
        .row;
    store
        .note_step(step.id, "slow".into(), over.version, ana())
        .await
        .unwrap();
    let opened = open(&world, "Upgrade").await;
    let of = |action: EventAction| {
        let line = opened.detail.history.iter().find(|it| it.action == action);
        let line = line.unwrap();
        let more = opened.more.iter().find(|it| it.event == line.id);
        (line, more.unwrap())
    };
    let (notes, more) = of(EventAction::Notes);
    assert_eq!((more.undoes, more.diff.len()), (1, 0));
    assert_eq!(notes.changes[0].after.as_deref(), Some("slow"));
    // The notes came after the override, so the override cannot be undone any more.
    let (line, more) = of(EventAction::Override);
    assert_eq!(more.undoes, 0);
    assert_eq!(
        changed(&more.diff),
        [(Some("curl {{var.HOST}}"), Some("curl -v"))]
    );
    assert!(line.changes.iter().all(|it| it.field != "content"));

    let both = vec![step.id, world.id(&world.globex, "Upgrade").await];
    store
        .act_on_steps(both, StepAction::Start, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let opened = open(&world, "Upgrade").await;
    assert_eq!(opened.more[0].undoes, 2);
    assert_eq!(opened.more[0].event, opened.detail.history[0].id);
}

#[tokio::test]
async fn a_promotion_says_first_what_it_will_do() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    assert!(store.promotion(step.id).await.is_err());
    store
        .override_step(step.id, "curl -v".into(), 1, ana())
        .await
        .unwrap();
    let started = world.id(&world.globex, "Upgrade").await;
    store
        .act_on_step(
            started,
            StepAction::Start,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    let effect = store.promotion(step.id).await.unwrap().effect;
    assert_eq!(
        (
            effect.changes,
            effect.keeps.started,
            effect.keeps.overridden
        ),
        (1, 1, 0)
    );
    let custom = store
        .add_custom_step(
            world.june,
            world.acme.id,
            draft("Rotate key", "deploy", "bash", "true"),
            Position::Last,
            false,
            ana(),
        )
        .await
        .unwrap()
        .row;
    let promotion = store.promotion(custom.id).await.unwrap();
    assert_eq!(promotion.customers, ["Globex", "Initech"]);
}

#[tokio::test]
async fn a_custom_step_is_offered_the_places_of_its_customer_s_list() {
    let world = World::active().await;
    let store = &world.app.store;
    let places = store
        .custom_step_positions(world.june, world.acme.id)
        .await
        .unwrap();
    let names: Vec<(Category, &str)> = places
        .steps
        .iter()
        .map(|it| (it.1, it.2.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (Category::Deploy, "Announce"),
            (Category::Deploy, "Migrate schema"),
            (Category::Deploy, "Upgrade"),
            (Category::Verify, "Check"),
        ]
    );
    assert_eq!(places.customers, ["Acme", "Globex", "Initech"]);
}

#[tokio::test]
async fn the_working_list_says_who_and_since_when_and_who_comes_next() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.initech, "Announce").await;
    store
        .act_on_step(
            step,
            StepAction::Start,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let list = store.work_list(world.june, world.initech.id).await.unwrap();
    assert_eq!(list.previous.unwrap().name, "Globex");
    assert_eq!(list.next, None);
    let first = &list.rows[0];
    assert_eq!(
        (first.status, first.state_by.as_deref(), first.is_unresolved),
        (StepStatus::InProgress, Some("Ana"), false)
    );
    assert!(first.state_at.is_some());
    // Initech has no variable HOST.
    assert!(list.rows[2].is_unresolved);
}

#[tokio::test]
async fn a_runbook_holds_every_resolved_text_and_no_name_breaks_out_of_it() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Migrate schema").await;
    store
        .note_step(step.id, "```\n# not a heading".into(), step.version, ana())
        .await
        .unwrap();
    let mut acme = CustomerDraft::from(world.acme.clone());
    acme.name = "<img src=x> # [a](b)".into();
    store
        .update_customer(world.acme.id, acme, 1, ana())
        .await
        .unwrap();
    let checklist = store.checklist(world.june, world.acme.id).await.unwrap();
    let markdown = checklist.to_markdown();
    assert!(markdown.starts_with(
        "# June: \\<img src=x\\> \\# \\[a\\](b)\n\n- Cluster: eu-west\n- Namespace: acme\n- Version: 6.0\n\n## Deploy\n\n### 1. Announce\n\n- [ ] pending\n\n```text\n"
    ), "{markdown}");
    assert!(markdown.contains("### 2. Migrate schema\n\n- [ ] pending\n\n```sql\nSELECT 'acme';\n```\n\nNotes:\n\n````text\n```\n# not a heading\n````\n"), "{markdown}");
    assert_eq!(checklist.file_name(), "june-img-src-x-a-b.md");
}

#[tokio::test]
async fn a_runbook_has_the_text_that_a_step_was_done_with_and_says_if_today_s_differs() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let ids = [
        world.id(&world.acme, "Announce").await,
        world.id(&world.acme, "Upgrade").await,
    ];
    for id in ids {
        let options = TransitionOptions {
            text_sha256: Some(store.step(id).await.unwrap().resolved_sha256),
            ..TransitionOptions::default()
        };
        let done = store.act_on_step(id, StepAction::Done, options, ana());
        done.await.unwrap();
    }
    let acme = CustomerDraft {
        metadata: metadata(&[]),
        ..world.acme.clone().into()
    };
    let edited = store.update_customer(world.acme.id, acme, 1, ana());
    edited.await.unwrap();
    let checklist = store.checklist(world.june, world.acme.id).await.unwrap();
    let markdown = checklist.to_markdown();
    for part in [
        " UTC\n\nText as shown\n\n```text\nTell Acme.\n",
        " UTC\n\nText as shown. Today's text differs.\n\n```bash\ncurl acme.example\n",
    ] {
        assert!(markdown.contains(part), "{markdown}");
    }
    // HOST has no value today, but it had one when the step was done.
    assert!(!markdown.contains("Not set"), "{markdown}");
}

#[tokio::test(flavor = "current_thread")]
async fn others_are_served_while_texts_are_compared() {
    let app = TestApp::new().await;
    let (before, after) = ("a\n".repeat(100_000), "b\n".repeat(100_000));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move { sender.send(()) });
    // There is one thread: it can only send while the comparison computes on another one.
    tokio::select! {
        biased;
        rows = app.store.compare_texts(before, after) => panic!("{} rows came first", rows.unwrap().len()),
        sent = receiver => sent.unwrap(),
    }
}

#[tokio::test]
async fn a_history_of_long_texts_is_compared_up_to_its_budget() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Upgrade").await;
    let long = "x\n".repeat(3_990);
    for version in 1..=5 {
        let text = format!("curl {version}\n{long}");
        let made = world
            .app
            .store
            .override_step(id, text, version, world.app.ana());
        made.await.unwrap();
    }
    let mut more = open(&world, "Upgrade").await.more;
    more.sort_by_key(|it| std::cmp::Reverse(it.event));
    let not_compared = |it: &[DiffRow]| matches!(it, [DiffRow::NotCompared(_)]);
    let found: Vec<bool> = more.iter().map(|it| not_compared(&it.diff)).collect();
    // The first override replaces a text of one line.
    assert_eq!(found, [false, false, true, true, false]);
    assert_eq!(changed(&more[0].diff)[0].1, Some("curl 5"));
}
