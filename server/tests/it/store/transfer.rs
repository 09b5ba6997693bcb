//! Tests of the store: export, import and check. An export is complete; an import takes all of it or nothing.
use crate::harness::TestApp;
use crate::test_database::TestEngine;
use crate::world::{World, draft, metadata};
use app::{
    domain::{
        check_finding::Check,
        cluster::ClusterDraft,
        id::{BatchId, ReleaseId},
        metadata::Value,
        order::Position,
        release::ReleaseDraft,
        rule_violation::RuleViolation,
        step::CustomerStep,
        transfer::{ImportErrors, Transfer},
        vocabulary::StepAction,
    },
    store::{
        Store,
        entity::{audit_event, customer_step, text_variable},
        error::StoreError,
        steps::transitions::TransitionOptions,
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::pin::Pin;

pub async fn text_of(store: &Store, release: Option<ReleaseId>) -> String {
    let mut export = store.export(release).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_chunk().await.unwrap() {
        text.push_str(&piece);
    }
    text
}

pub async fn exported(store: &Store) -> String {
    text_of(store, None).await
}

/// An export without what an import adds to it: its own event, the last one, and that event's id.
pub fn without_import(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let own = lines
        .iter()
        .position(|it| it.contains("\"action\":\"import\""));
    if let Some(own) = own {
        lines.remove(own);
        let last = lines[own - 1].trim_end_matches(',').len();
        lines[own - 1].truncate(last);
    }
    let (start, _) = lines[0].split_once("\"events\":").unwrap();
    let start = start.len();
    lines[0].truncate(start);
    lines.join("\n")
}

pub async fn import(app: &TestApp, text: &str) -> Result<Result<usize, ImportErrors>, StoreError> {
    let file = match Transfer::read(text.as_bytes().to_vec()) {
        Ok(file) => file,
        Err(faults) => return Ok(Err(faults)),
    };
    let taken = app.store.import(&file, app.ana()).await?;
    Ok(taken.map(|it| it.imported.values().sum()))
}

pub async fn is_well(store: &Store) {
    let findings = store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

/// The report of an import that fails. Checks that nothing was imported.
pub async fn faults(text: &str) -> String {
    let app = TestApp::new().await;
    let before = exported(&app.store).await;
    let faults = import(&app, text).await.unwrap().unwrap_err();
    assert_eq!(exported(&app.store).await, before, "something was taken");
    faults.to_string()
}

/// A database with every kind of row: all states, an override, custom steps, notes, an archived release, inactive rows,
/// deletions, and an undo.
pub async fn rich() -> World {
    rich_in(TestApp::new().await).await
}

/// The same in this app. In a box: the future is large.
pub fn rich_in(app: TestApp) -> Pin<Box<impl Future<Output = World>>> {
    Box::pin(filled(app))
}

async fn filled(app: TestApp) -> World {
    let world = World::active_in(app).await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let because = || TransitionOptions {
        reason: Some("because, \"quoted\"\nand more".into()),
        notes: Some("noted".into()),
        allow_unresolved: true,
        ..TransitionOptions::default()
    };
    for (customer, name, action) in [
        (&world.acme, "Announce", StepAction::Done),
        (&world.acme, "Migrate schema", StepAction::Fail),
        (&world.acme, "Upgrade", StepAction::Start),
        (&world.globex, "Announce", StepAction::Skip),
        (&world.globex, "Check", StepAction::Done),
        (&world.globex, "Check", StepAction::Revert),
        (&world.initech, "Check", StepAction::Done),
        (&world.initech, "Check", StepAction::Reopen),
    ] {
        let id = world.id(customer, name).await;
        store
            .act_on_step(id, action, because(), ana())
            .await
            .unwrap();
    }
    let step = world.step(&world.initech, "Upgrade").await;
    store
        .override_step(step.id, "mine {{var.OWN}} \u{2028} ünï".into(), 1, ana())
        .await
        .unwrap();
    let own = draft("Own", "verify", "sql", "SELECT 1;");
    let own = store
        .add_custom_step(world.june, world.acme.id, own, Position::Last, false, ana())
        .await
        .unwrap();
    store
        .delete_custom_step(own.row.id, None, ana())
        .await
        .unwrap();
    let own = draft("Own 2", "deploy", "text", "x");
    store
        .add_custom_step(world.june, world.acme.id, own, Position::Last, false, ana())
        .await
        .unwrap();
    let deleted = store
        .delete_template(world.migrate.id, None, ana())
        .await
        .unwrap();
    store.undo(deleted.batch_id.unwrap(), ana()).await.unwrap();
    store
        .delete_template(world.announce.id, None, ana())
        .await
        .unwrap();
    store
        .deactivate_customer(world.initech.id, ana())
        .await
        .unwrap();
    store
        .deactivate_cluster(world.us_east.id, ana())
        .await
        .unwrap();
    let mut values = metadata(&[("TEXT", "a\nb \"c\"")]);
    values.0.insert("N".into(), Value::Number("1.5".into()));
    values.0.insert("ON".into(), Value::Boolean(true));
    let july = ReleaseDraft {
        name: "July".into(),
        kind: "hotfix".into(),
        version_number: "7.0".into(),
        release_date: "2026-07-01".into(),
        description: "two\nlines".into(),
        metadata: values,
    };
    let july = store.create_release(july, ana()).await.unwrap().row.id;
    store
        .add_template(
            july,
            draft("One", "verify", "bash", "true"),
            Position::Last,
            ana(),
        )
        .await
        .unwrap();
    store
        .activate_release(july, Some(vec![world.acme.id]), ana())
        .await
        .unwrap();
    store.archive_release(july, None, ana()).await.unwrap();
    // The last id of this release is used, although its row is deleted.
    let gone = store.create_release(
        ReleaseDraft {
            name: "Gone".into(),
            ..ReleaseDraft::default()
        },
        ana(),
    );
    let gone = gone.await.unwrap().row.id;
    store.delete_draft(gone, ana()).await.unwrap();
    world
}

#[tokio::test]
async fn an_export_that_was_imported_is_exported_the_same_byte_for_byte() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    let taken = import(&other, &text).await.unwrap().unwrap();
    let twin = exported(&other.store).await;
    assert_eq!(without_import(&twin), without_import(&text));
    // One row a line, between the lines that begin and end a list.
    assert_eq!(text.lines().count(), taken + 1 + 10 * 2 + 1);
    is_well(&other.store).await;
    // With their texts, whose ids are the database's own.
    let steps = async |it: &TestApp| -> Vec<CustomerStep> {
        let rows = customer_step::Entity::find().order_by_asc(customer_step::Column::Id);
        let rows = rows.all(it.database.writer()).await.unwrap().into_iter();
        rows.map(|it| it.try_into().unwrap()).collect()
    };
    assert_eq!(steps(&world.app).await, steps(&other).await);
}

#[tokio::test]
async fn what_was_imported_is_worked_on_like_before() {
    let world = rich().await;
    let other = TestApp::new().await;
    let text = exported(&world.app.store).await;
    import(&other, &text).await.unwrap().unwrap();
    // New rows get new ids, also where the last row was deleted.
    let release = ReleaseDraft {
        name: "August".into(),
        ..ReleaseDraft::default()
    };
    let by = other.ana();
    let august = other
        .store
        .create_release(release.clone(), by)
        .await
        .unwrap();
    let by = world.app.ana();
    let twin = world.app.store.create_release(release, by).await.unwrap();
    assert_eq!(august.row.id, twin.row.id);
    // The variables of texts are indexed: the text of Initech lacks a value.
    let id = world.id(&world.initech, "Upgrade").await;
    let step = other.store.step(id).await.unwrap();
    assert_eq!(step.unresolved, ["var.OWN"]);
    let known = text_variable::Entity::find().count(other.database.writer());
    assert!(known.await.unwrap() >= 3);
    // The history can be undone.
    let newest = audit_event::Entity::find()
        .filter(audit_event::Column::Entity.eq("step"))
        .filter(audit_event::Column::Actor.eq("Ana"))
        .order_by_desc(audit_event::Column::Id)
        .one(other.database.writer());
    let last = BatchId(newest.await.unwrap().unwrap().batch_id);
    other.store.undo(last, other.ana()).await.unwrap();
}

#[tokio::test]
async fn one_release_is_exported_with_its_customers_and_its_history_only() {
    let world = rich().await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    assert!(text.contains("\"June\"") && !text.contains("\"July\""));
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    let (here, there) = (
        world.steps(world.acme.id).await,
        other.store.customer_work(world.june, world.acme.id).await,
    );
    assert_eq!(here, there.unwrap().steps);
    is_well(&other.store).await;
    let events = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let events = events.all(other.database.writer()).await.unwrap();
    let (import, events) = events.split_last().unwrap();
    assert!(events.iter().all(|it| it.release_id == Some(world.june.0)));
    assert_eq!(
        (import.action.as_str(), import.release_id),
        ("import", None)
    );
    assert!(matches!(
        world.app.store.export(Some(ReleaseId(99))).await,
        Err(StoreError::NotFound(_))
    ));
}

#[tokio::test]
async fn an_import_goes_into_an_empty_database_only() {
    let world = World::draft().await;
    let text = exported(&world.app.store).await;
    let refused = import(&world.app, &text).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Refused(RuleViolation::NotEmpty)
    ));
    assert_eq!(exported(&world.app.store).await, text);
    // A database with only a deactivated cluster is not empty.
    let app = TestApp::new().await;
    let cluster = ClusterDraft {
        name: "eu".into(),
        ..ClusterDraft::default()
    };
    let cluster = app.store.create_cluster(cluster, app.ana()).await;
    let id = cluster.unwrap().row.id;
    app.store.deactivate_cluster(id, app.ana()).await.unwrap();
    assert!(import(&app, &text).await.is_err());
}

/// The number of the first line that contains `part`, counted from 1.
fn line_of(text: &str, part: &str) -> usize {
    1 + text.lines().position(|it| it.contains(part)).unwrap()
}

#[tokio::test]
async fn whatever_is_wrong_is_told_by_line_and_field_and_nothing_is_taken() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let acme = line_of(&text, "\"name\":\"Acme\"");
    let upgrade = line_of(&text, "\"name\":\"Upgrade\"");
    for (from, to, fault) in [
        (
            "\"name\":\"Acme\"",
            "\"name\":\"\"",
            format!("line {acme}, customers.name: Enter a name"),
        ),
        (
            "\"namespace\":\"acme\"",
            "\"namespace\":\"No\"",
            format!("line {acme}, customers.namespace: "),
        ),
        (
            "\"namespace\":\"acme\"",
            "\"namespace\":\"globex\"",
            "customers.namespace: an earlier customer".into(),
        ),
        (
            "\"name\":\"Upgrade\"",
            "\"name\":7",
            format!("line {upgrade}, templates.name: invalid type"),
        ),
        (
            "\"type\":\"bash\"",
            "\"type\":\"perl\"",
            "templates.type: unknown variant `perl`".into(),
        ),
        (
            "\"status\":\"archived\"",
            "\"status\":\"over\"",
            "releases.status: unknown variant".into(),
        ),
        (
            "\"status\":\"archived\"",
            "\"status\":\"draft\"",
            "members.releaseId: a draft has no customers".into(),
        ),
        (
            "\"action\":\"done\"",
            "\"action\":\"did\"",
            "events.action: unknown variant".into(),
        ),
        (
            "\"resolvedSha256\":\"",
            "\"resolvedSha256\":\"0",
            "events.resolvedSha256: this is not".into(),
        ),
        (
            "\"isActive\":false",
            "\"isActive\":7",
            "clusters.isActive: invalid type".into(),
        ),
        (
            "\"kubeconfigPath\":null",
            "\"kubeconfigPath\":\"../x\"",
            "clusters.kubeconfigPath: Use an absolute path".into(),
        ),
        (
            "\"orderIndex\":1",
            "\"orderIndex\":7",
            "templates.orderIndex: positions count from 0".into(),
        ),
        (
            "\"orderIndex\":1",
            "\"orderIndex\":0",
            "templates.orderIndex: an earlier step has this place".into(),
        ),
        (
            "\"version\":1",
            "\"version\":0",
            "clusters.version: count from 1".into(),
        ),
        (
            "\"createdAt\":\"",
            "\"createdAt\":\"x",
            "clusters.createdAt: ".into(),
        ),
        (
            "{\"releaseId\":1,\"customerId\":1,",
            "{\"releaseId\":1,\"customerId\":99,",
            "members.customerId: there is no such customer".into(),
        ),
        (
            "{\"id\":1,\"clusterId\":1,",
            "{\"id\":1,\"clusterId\":9,",
            "customers.clusterId: there is no such cluster".into(),
        ),
        (
            "\"executedBy\":\"Ana\"",
            "\"executedBy\":null",
            "steps.executedBy: say who and when".into(),
        ),
        (
            "\"isCustom\":true",
            "\"isCustom\":false",
            "steps.isCustom: a step is custom if".into(),
        ),
        (
            "{\"id\":1,\"name\":\"eu-west\"",
            "{\"id\":1,\"x\":1,\"name\":\"eu-west\"",
            "clusters.x: unknown".into(),
        ),
        (
            "{\"rollcall\":6,",
            "{\"rollcall\":7,",
            "a newer Rollcall".into(),
        ),
        (
            "{\"rollcall\":6,",
            "{\"other\":1,",
            "not a Rollcall export".into(),
        ),
        (
            "\"clusters\":[\n",
            "\"places\":[\n",
            "clusters: this list is missing".into(),
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let faults = faults(&text.replacen(from, to, 1)).await;
        assert!(faults.contains(&fault), "{to}: {faults}");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_anywhere_is_refused() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    for part in 0..40 {
        let mut at = text.len() * part / 40;
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let faults = faults(&text[..at]).await;
        assert!(faults.contains("damaged"), "{part}: {faults}");
    }
}

#[tokio::test]
async fn a_check_finds_what_no_rule_would_have_let_happen() {
    let world = rich().await;
    let store = &world.app.store;
    let db = world.app.database.writer();
    is_well(store).await;
    for (sql, undo, check, word) in [
        (
            "UPDATE customer_steps SET order_index = order_index + 70 WHERE id = 2",
            "UPDATE customer_steps SET order_index = order_index - 70 WHERE id = 2",
            Check::Order,
            "out of place",
        ),
        (
            "UPDATE customer_steps SET status = 'done' WHERE status = 'in_progress'",
            "UPDATE customer_steps SET status = 'in_progress' WHERE status = 'done' AND executed_by IS NULL",
            Check::Audit,
            "the history says in_progress",
        ),
        (
            "UPDATE texts SET body = body || ' ' WHERE id IN (SELECT text_id FROM audit_events)",
            "UPDATE texts SET body = substr(body, 1, length(body) - 1) WHERE id IN (SELECT text_id FROM audit_events)",
            Check::Audit,
            "SHA-256",
        ),
        (
            "UPDATE releases SET type = 'party' WHERE name = 'July'",
            "UPDATE releases SET type = 'hotfix' WHERE name = 'July'",
            Check::Rows,
            "party",
        ),
        (
            TestEngine::of_this_run().pick(
                "PRAGMA foreign_keys = OFF; UPDATE customers SET cluster_id = 99 WHERE id = 1; PRAGMA foreign_keys = ON",
                "SET session_replication_role = replica; UPDATE customers SET cluster_id = 99 WHERE id = 1; RESET session_replication_role",
            ),
            "UPDATE customers SET cluster_id = 1 WHERE id = 1",
            Check::ForeignKeys,
            "customers 1",
        ),
    ] {
        db.execute_unprepared(sql).await.unwrap();
        let findings = store.check().await.unwrap();
        let found = findings
            .iter()
            .any(|it| it.check == check && it.detail.contains(word));
        assert!(found, "{sql}: {findings:?}");
        db.execute_unprepared(undo).await.unwrap();
        is_well(store).await;
    }
    let members = "DELETE FROM release_customers WHERE release_id = 1 AND customer_id = 2";
    db.execute_unprepared(members).await.unwrap();
    let findings = store.check().await.unwrap();
    assert!(findings.iter().all(|it| it.check == Check::Members));
    assert!(!findings.is_empty());
}
