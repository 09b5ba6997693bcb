//! Tests of R81: proof is of the text that was shown.
use crate::world::{World, draft, metadata};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        event::EventAction,
        id::StepId,
        text_change::{ChangedText, TextChange, TextChangeKind},
        vocabulary::{StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

/// Sets HOST of Acme.
async fn set_host(world: &World, who: &str, value: &str) {
    let store = &world.app.store;
    let acme = store.customer(world.acme.id).await.unwrap().customer;
    let draft = CustomerDraft {
        metadata: metadata(&[("HOST", value)]),
        ..acme.clone().into()
    };
    let by = world.app.by(who);
    store
        .update_customer(acme.id, draft, acme.version, by)
        .await
        .unwrap();
}

fn shown(sha: &str) -> TransitionOptions {
    TransitionOptions {
        text_sha256: Some(sha.to_owned()),
        ..TransitionOptions::default()
    }
}

async fn refused(world: &World, id: StepId, action: StepAction, sha: &str) -> ChangedText {
    let done = world
        .app
        .store
        .act_on_step(id, action, shown(sha), world.app.ana());
    let Err(StoreError::TextChanged(now)) = done.await else {
        panic!("not refused")
    };
    *now
}

/// Kind, name, by whom, from what, to what.
type Told<'a> = (
    TextChangeKind,
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
);

fn told(changes: &[TextChange]) -> Vec<Told<'_>> {
    let told = changes.iter().map(|it| {
        let (from, to) = (it.from.as_deref(), it.to.as_deref());
        (it.kind, it.name.as_str(), it.by.as_str(), from, to)
    });
    told.collect()
}

#[tokio::test]
async fn a_text_that_is_another_by_now_is_not_proved() {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let before = store.step(id).await.unwrap();
    set_host(&world, "Jonas", "new.example").await;
    for action in [StepAction::Done, StepAction::Start] {
        let now = refused(&world, id, action, &before.resolved_sha256).await;
        assert_eq!(now.resolved_content, "curl new.example");
        let old = before.resolved_content.strip_prefix("curl ");
        assert_eq!(
            told(&now.changes),
            [(
                TextChangeKind::Variable,
                "var.HOST",
                "Jonas",
                old,
                Some("new.example")
            )]
        );
    }
    let now = store.step(id).await.unwrap();
    assert_eq!(now.step.status, StepStatus::Pending);
    assert_eq!(now.changes.len(), 1);
    let ana = world.app.ana();
    store
        .act_on_step(id, StepAction::Done, shown(&now.resolved_sha256), ana)
        .await
        .unwrap();
    let done = store.step(id).await.unwrap();
    assert_eq!(done.history[0].text_shown, Some(true));
    assert!(done.changes.is_empty() && done.kept.unwrap().is_shown);
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_done_step_keeps_its_text_and_tells_what_changed_after_it() {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let before = store.step(id).await.unwrap().resolved_content;
    let options = TransitionOptions::default();
    store
        .act_on_step(id, StepAction::Done, options, world.app.ana())
        .await
        .unwrap();
    set_host(&world, "Jonas", "new.example").await;
    let done = store.step(id).await.unwrap();
    let kept = done.kept.unwrap();
    assert_eq!((kept.text, kept.is_shown), (before, false));
    assert_ne!(kept.sha256, done.resolved_sha256);
    assert_eq!(done.changes.len(), 1);
}

#[tokio::test]
async fn a_start_keeps_the_hash_and_a_done_after_it_says_what_changed_in_between() {
    let world = World::active().await;
    let store = &world.app.store;
    let options = TransitionOptions::default();
    let (one, two) = (
        world.id(&world.acme, "Upgrade").await,
        world.id(&world.acme, "Announce").await,
    );
    let sha = store.step(one).await.unwrap().resolved_sha256;
    store
        .act_on_step(one, StepAction::Start, shown(&sha), world.app.ana())
        .await
        .unwrap();
    store
        .act_on_steps(
            vec![two],
            StepAction::Start,
            options.clone(),
            world.app.ana(),
        )
        .await
        .unwrap();
    for id in [one, two] {
        let start = store.step(id).await.unwrap().history.remove(0);
        assert_eq!(start.action, EventAction::Start);
        assert!(start.resolved_sha256.is_some() && start.resolved_text.is_none());
    }
    set_host(&world, "Jonas", "new.example").await;
    let done = store
        .act_on_step(one, StepAction::Done, options.clone(), world.app.ana())
        .await
        .unwrap();
    assert_eq!(told(&done.changes)[0].4, Some("new.example"));
    store
        .act_on_steps(vec![two], StepAction::Done, options, world.app.ana())
        .await
        .unwrap();
    let of = async |id| {
        let step = store.step(id).await.unwrap().step;
        store.step_events(&step).await.unwrap().remove(0)
    };
    let event = of(one).await;
    assert_eq!(event.after.unwrap()["changes"][0]["name"], "var.HOST");
    // The text of this one has no variable that changed.
    let event = of(two).await;
    assert_eq!(event.text_shown, Some(false));
    assert!(event.after.unwrap().get("changes").is_none());
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_override_is_told_with_its_texts_and_a_hash_that_the_text_never_had_tells_nothing() {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let before = store.step(id).await.unwrap();
    let content = "curl -f {{var.HOST}}".to_owned();
    store
        .override_step(
            id,
            content.clone(),
            before.step.version,
            world.app.by("Jonas"),
        )
        .await
        .unwrap();
    let now = refused(&world, id, StepAction::Done, &before.resolved_sha256).await;
    let from = Some(before.step.content.as_str());
    assert_eq!(
        told(&now.changes),
        [(
            TextChangeKind::Override,
            "Upgrade",
            "Jonas",
            from,
            Some(content.as_str())
        )]
    );
    let unknown = refused(&world, id, StepAction::Done, &"0".repeat(64)).await;
    assert!(unknown.changes.is_empty());
}

#[tokio::test]
async fn a_malformed_hash_is_refused_and_one_of_a_done_step_is_not_looked_at() {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let act = |sha: String| store.act_on_step(id, StepAction::Done, shown(&sha), world.app.ana());
    for wrong in [
        String::new(),
        "A".repeat(64),
        "a".repeat(63),
        "é".repeat(32),
    ] {
        assert!(matches!(act(wrong).await, Err(StoreError::Invalid(_))));
    }
    let sha = store.step(id).await.unwrap().resolved_sha256;
    act(sha).await.unwrap();
    let again = act("0".repeat(64)).await.unwrap();
    assert!(again.batch_id.is_none());
}

#[tokio::test]
async fn a_template_s_edit_and_a_move_to_another_cluster_are_told() {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let before = store.step(id).await.unwrap();
    let template = before.template.clone().unwrap();
    let draft = draft(
        "Upgrade",
        "deploy",
        "bash",
        "echo {{cluster.name}} {{var.HOST}}",
    );
    let jonas = world.app.by("Jonas");
    store
        .update_template(template.id, draft, template.version, jonas.clone())
        .await
        .unwrap();
    let other = ClusterDraft {
        name: "other".into(),
        ..ClusterDraft::default()
    };
    let other = store
        .create_cluster(other, jonas.clone())
        .await
        .unwrap()
        .row;
    let acme = store.customer(world.acme.id).await.unwrap().customer;
    let draft = CustomerDraft {
        cluster_id: Some(other.id),
        ..acme.clone().into()
    };
    store
        .update_customer(acme.id, draft, acme.version, jonas)
        .await
        .unwrap();
    let now = refused(&world, id, StepAction::Done, &before.resolved_sha256).await;
    let [edit, moved] = now.changes.as_slice() else {
        panic!("{:?}", now.changes)
    };
    assert_eq!(
        (edit.kind, edit.name.as_str(), edit.from.as_deref()),
        (
            TextChangeKind::Template,
            "Upgrade",
            Some(before.step.content.as_str())
        )
    );
    assert_eq!(
        (moved.name.as_str(), moved.to.as_deref()),
        ("cluster.name", Some("other"))
    );
    assert_eq!(store.step(id).await.unwrap().changes, now.changes);
}

#[tokio::test]
async fn a_type_that_changes_the_text_is_told_with_who_changed_it() {
    let world = World::active().await;
    let (store, jonas) = (&world.app.store, || world.app.by("Jonas"));
    let quoted = world.id(&world.acme, "Migrate schema").await;
    let plain = world.id(&world.acme, "Check").await;
    for id in [quoted, plain] {
        let template = store.step(id).await.unwrap().template.unwrap();
        let category = template.category.as_str();
        let draft = draft(&template.name, category, "text", &template.content);
        let shown = store.step(id).await.unwrap();
        store
            .update_template(template.id, draft, template.version, jonas())
            .await
            .unwrap();
        if id == plain {
            // No value is quoted, so the text is the same.
            assert_eq!(store.step(id).await.unwrap().changes, shown.changes);
            continue;
        }
        let now = refused(&world, id, StepAction::Done, &shown.resolved_sha256).await;
        let (from, to) = (Some("sql"), Some("text"));
        let told_now = told(&now.changes);
        let expected = (
            TextChangeKind::Template,
            "Migrate schema",
            "Jonas",
            from,
            to,
        );
        assert_eq!(told_now, [expected]);
        let detail = store.step(id).await.unwrap();
        assert_eq!(told(&detail.changes).last(), Some(&expected));
    }
}

#[tokio::test]
async fn a_start_counts_until_the_step_is_reopened_whatever_came_in_between() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let options = |reason: Option<&str>| TransitionOptions {
        reason: reason.map(str::to_owned),
        allow_unresolved: true,
        ..TransitionOptions::default()
    };
    let cases: [(&[StepAction], usize); 3] = [
        (&[StepAction::Fail], 1),
        (&[StepAction::Fail, StepAction::Revert], 1),
        (&[StepAction::Skip, StepAction::Reopen], 0),
    ];
    let id = world.id(&world.globex, "Upgrade").await;
    let act = async |action, reason| {
        let done = store.act_on_step(id, action, options(reason), ana());
        done.await.unwrap().changes
    };
    for (index, (between, n_told)) in cases.into_iter().enumerate() {
        act(StepAction::Start, None).await;
        let globex = store.customer(world.globex.id).await.unwrap().customer;
        let host = format!("host-{index}");
        let draft = CustomerDraft {
            metadata: metadata(&[("HOST", host.as_str())]),
            ..globex.clone().into()
        };
        let edited = store.update_customer(globex.id, draft, globex.version, ana());
        edited.await.unwrap();
        for action in between {
            let reason = (*action != StepAction::Reopen).then_some("slow");
            act(*action, reason).await;
        }
        let changes = act(StepAction::Done, None).await;
        assert_eq!(changes.len(), n_told, "{between:?}");
        act(StepAction::Reopen, None).await;
    }
}

#[tokio::test]
async fn who_is_added_later_is_told_what_changed_after_the_activation() {
    let world = World::draft().await;
    let store = &world.app.store;
    let only = Some(vec![world.globex.id]);
    let draft = store.dry_run(world.june, only.clone()).await.unwrap();
    assert!(draft.warnings.is_empty());
    store
        .activate_release(world.june, only, world.app.ana())
        .await
        .unwrap();
    set_host(&world, "Jonas", "new.example").await;
    let later = vec![world.acme.id, world.initech.id];
    let dry_run = store.dry_run(world.june, Some(later.clone())).await;
    let warnings = dry_run.unwrap().warnings;
    let [warning] = warnings.as_slice() else {
        panic!("{warnings:?}")
    };
    assert_eq!(
        (warning.kind.as_str(), warning.name.as_str()),
        ("changed", "var.HOST")
    );
    let message = &warning.message;
    assert!(message.starts_with("HOST changed 2026-06-01 "), "{message}");
    assert!(
        message.ends_with(" UTC by Jonas: acme.example -> new.example (Acme)"),
        "{message}"
    );
    store
        .add_customers(world.june, later, world.app.ana())
        .await
        .unwrap();
    let detail = store.step(world.id(&world.acme, "Upgrade").await).await;
    let (from, to) = (Some("acme.example"), Some("new.example"));
    assert_eq!(
        told(&detail.unwrap().changes),
        [(TextChangeKind::Variable, "var.HOST", "Jonas", from, to)]
    );
}
