//! Tests of the store: import and export of template steps as Markdown, names of variables, previews of texts.
use crate::world::{World, draft, metadata};
use app::{
    domain::{
        event::EventFilter,
        release::ReleaseDraft,
        template::TemplateDraft,
        template_markdown::{TemplateImport, to_markdown},
        vocabulary::StepType,
    },
    store::error::StoreError,
};

#[tokio::test]
async fn imported_steps_reach_every_member_and_go_with_one_undo() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let before = world.names(&world.globex).await;
    let steps = vec![
        draft("Snapshot", "deploy", "bash", "pg_dump"),
        draft("Purge", "deploy", "text", "Purge the cache."),
        draft("Count", "verify", "sql", "SELECT 1;"),
    ];
    let imported = store
        .import_templates(world.june, steps, ana())
        .await
        .unwrap();
    assert_eq!(imported.row, 3);
    let names = [
        "Announce",
        "Migrate schema",
        "Upgrade",
        "Snapshot",
        "Purge",
        "Check",
        "Count",
    ];
    assert_eq!(world.names(&world.globex).await, names);
    let batch = imported.batch_id.unwrap();
    let events = EventFilter {
        batch_id: Some(batch.clone()),
        ..EventFilter::default()
    };
    assert_eq!(store.events(events).await.unwrap().items.len(), 3);
    let undone = store.undo(batch, ana()).await.unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (3, 0));
    assert_eq!(world.names(&world.globex).await, before);
    store.undo(undone.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!(world.names(&world.globex).await, names);
}

#[tokio::test]
async fn one_wrong_step_imports_nothing() {
    let world = World::draft().await;
    let store = &world.app.store;
    let import = async |steps| {
        let answer = store.import_templates(world.june, steps, world.app.ana());
        answer.await.map(|it| it.row)
    };
    let good = draft("Good", "deploy", "bash", "true");
    for wrong in [
        vec![],
        vec![good.clone(), draft("", "deploy", "bash", "true")],
        vec![good.clone(), draft("Bad", "deploy", "perl", "true")],
        vec![good.clone(); 501],
    ] {
        assert!(matches!(import(wrong).await, Err(StoreError::Invalid(_))));
    }
    let detail = store.release(world.june).await.unwrap();
    assert_eq!(detail.templates.len(), 4);
}

#[tokio::test]
async fn an_archived_release_takes_no_import() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    let steps = vec![draft("Late", "deploy", "bash", "true")];
    let refused = store.import_templates(world.june, steps, ana()).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn what_is_exported_is_imported_unchanged_into_another_release() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let odd = TemplateDraft {
        description: "Two\nlines, and a ``` fence.".into(),
        ..draft(
            "Verify",
            "verify",
            "bash",
            "cat <<'X'\r\n````\n# no heading\nX\n\n",
        )
    };
    let steps = vec![odd];
    store
        .import_templates(world.june, steps, ana())
        .await
        .unwrap();
    let drafts = async |release| -> Vec<TemplateDraft> {
        let detail = store.release(release).await.unwrap();
        detail.templates.into_iter().map(Into::into).collect()
    };
    let exported = drafts(world.june).await;
    let read = TemplateImport::read(&to_markdown(&exported));
    assert!(read.may_be_imported());
    let july = ReleaseDraft {
        name: "July".into(),
        ..ReleaseDraft::default()
    };
    let july = store.create_release(july, ana()).await.unwrap().row.id;
    store
        .import_templates(july, read.drafts(), ana())
        .await
        .unwrap();
    assert_eq!(drafts(july).await, exported);
}

#[tokio::test]
async fn the_names_of_variables_are_the_fixed_ones_and_every_key() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let release = ReleaseDraft {
        name: "June".into(),
        metadata: metadata(&[("TAG", "6"), ("HOST", "x")]),
        ..ReleaseDraft::default()
    };
    store
        .update_release(world.june, release, 1, ana())
        .await
        .unwrap();
    let names = store.variable_names(world.june).await.unwrap();
    assert_eq!(names[..2], ["customer.name", "customer.namespace"]);
    assert_eq!(names[6..], ["var.HOST", "var.TAG"]);
}

#[tokio::test]
async fn a_text_that_is_only_typed_is_filled_with_a_customer_s_values() {
    let world = World::draft().await;
    let store = &world.app.store;
    let resolved = async |customer, text: &str| {
        let text = text.to_owned();
        let answer = store.preview_text(world.june, customer, text, StepType::Sql);
        answer.await.unwrap()
    };
    let text = "-- {{customer.name | quote}} {{var.HOST}}";
    let acme = resolved(world.acme.id, text).await;
    assert_eq!(acme.resolved.text(), "-- 'Acme' acme.example");
    assert!(acme.warnings.is_empty());
    let initech = resolved(world.initech.id, text).await;
    assert_eq!(initech.resolved.unresolved(), ["var.HOST"]);
    assert_eq!(resolved(world.acme.id, "  \n").await.resolved.text(), "");
}

#[tokio::test]
async fn a_draft_is_seen_with_any_active_customer_and_a_release_with_its_members() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let names = async || -> Vec<String> {
        let targets = store.preview_targets(world.june).await.unwrap();
        targets.into_iter().map(|it| it.name).collect()
    };
    store
        .deactivate_customer(world.globex.id, ana())
        .await
        .unwrap();
    assert_eq!(names().await, ["Acme", "Initech"]);
    store
        .activate_release(world.june, Some(vec![world.initech.id]), ana())
        .await
        .unwrap();
    assert_eq!(names().await, ["Initech"]);
}

#[tokio::test]
async fn a_template_says_who_changed_it_last() {
    let world = World::draft().await;
    let store = &world.app.store;
    let edited = TemplateDraft {
        content: "wget".into(),
        ..TemplateDraft::from(world.upgrade.clone())
    };
    let by = world.app.by("Jonas");
    store
        .update_template(world.upgrade.id, edited, 1, by.clone())
        .await
        .unwrap();
    let detail = store.template(world.upgrade.id).await.unwrap();
    assert_eq!(detail.template.version, 2);
    assert_eq!(
        (detail.changed_by, detail.changed_at),
        (Some(by.by), Some(by.at))
    );
}
