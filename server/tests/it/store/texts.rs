//! Tests of R42: a text is kept once, by its SHA-256, as long as anything points to it.
use super::{
    history_chain::execute,
    transfer::{is_well, rich},
};
use crate::{
    harness::TestApp,
    test_database::TestEngine,
    world::{World, draft},
};
use app::{
    domain::{
        check_finding::Check, id::StepId, order::Position, release::ReleaseDraft,
        vocabulary::StepAction,
    },
    store::{
        Database,
        entity::{customer_step, step_template, text, text_key, text_variable},
        steps::transitions::TransitionOptions,
    },
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryOrder,
};
use std::collections::BTreeMap;

async fn texts(database: &Database) -> Vec<text::Model> {
    let all = text::Entity::find().order_by_asc(text::Column::Id);
    all.all(database.writer()).await.unwrap()
}

async fn bodies(database: &Database) -> Vec<String> {
    let texts = texts(database).await.into_iter();
    texts.map(|it| it.body).collect()
}

/// Adds a text that nothing has, and answers its id.
async fn add_text(database: &Database, key: &[u8], body: &str) -> i64 {
    let row = text::ActiveModel {
        id: NotSet,
        key: Set(key.to_vec()),
        body: Set(body.to_owned()),
        in_history: Set(false),
    };
    let inserted = text::Entity::insert(row).exec(database.writer()).await;
    inserted.unwrap().last_insert_id
}

#[tokio::test]
async fn a_text_is_kept_once_however_many_copies_and_events_have_it() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    // Four template steps, three copies of each, and the events that added them.
    let of_templates = [
        "Tell {{customer.name}}.",
        "SELECT {{customer.namespace | quote}};",
        "curl {{var.HOST}}",
        "true",
    ];
    assert_eq!(bodies(database).await, of_templates);
    let templates = step_template::Entity::find().all(database.writer());
    let of_template: BTreeMap<i64, Option<i64>> = templates
        .await
        .unwrap()
        .into_iter()
        .map(|it| (it.id, it.text_id))
        .collect();
    let copies = customer_step::Entity::find().all(database.writer());
    for copy in copies.await.unwrap() {
        assert_eq!(copy.text_id, of_template[&copy.template_id.unwrap()]);
    }
    // Two are done with a text that has no variables, one with a text of its own.
    for (customer, step) in [
        (&world.acme, "Check"),
        (&world.globex, "Check"),
        (&world.acme, "Announce"),
    ] {
        let id = world.id(customer, step).await;
        let done = StepAction::Done;
        let made = store.act_on_step(id, done, TransitionOptions::default(), world.app.ana());
        made.await.unwrap();
    }
    assert_eq!(bodies(database).await[4..], ["Tell Acme."]);
    for text in texts(database).await {
        assert_eq!(text.key, text_key(&text.body));
        assert!(text.in_history, "{}", text.body);
    }
    is_well(store).await;
}

#[tokio::test]
async fn a_text_that_only_the_history_has_stays_and_comes_back_with_an_undo() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let own = draft("Own", "verify", "sql", "SELECT 42;");
    let made = store.add_custom_step(
        world.june,
        world.acme.id,
        own,
        Position::Last,
        false,
        world.app.ana(),
    );
    let id = made.await.unwrap().row.id;
    let deleted = store.delete_custom_step(id, None, world.app.ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    assert!(bodies(database).await.contains(&"SELECT 42;".to_owned()));
    is_well(store).await;
    store.undo(batch, world.app.ana()).await.unwrap();
    assert_eq!(store.step(id).await.unwrap().step.content, "SELECT 42;");
}

#[tokio::test]
async fn a_text_that_nothing_points_to_any_more_goes_with_the_change() {
    let app = TestApp::new().await;
    let (store, database) = (&app.store, &app.database);
    let release = ReleaseDraft {
        name: "May".into(),
        ..ReleaseDraft::default()
    };
    let may = store.create_release(release, app.ana()).await.unwrap();
    let may = may.row.id;
    let step = draft("One", "deploy", "bash", "curl {{var.HOST}}");
    let made = store.add_template(may, step, Position::Last, app.ana());
    made.await.unwrap();
    // As a text would be whose events were left out of an export.
    let id = add_text(database, &[1], "out of the history").await;
    execute(
        database,
        &format!(
            "INSERT INTO text_variables (text_id, name) VALUES ({id}, 'var.X'); \
             UPDATE step_templates SET text_id = {id}"
        ),
    )
    .await;
    let july = ReleaseDraft {
        name: "July".into(),
        ..ReleaseDraft::default()
    };
    store.create_release(july, app.ana()).await.unwrap();
    assert_eq!(
        bodies(database).await,
        ["curl {{var.HOST}}", "out of the history"]
    );
    store.delete_draft(may, app.ana()).await.unwrap();
    assert_eq!(bodies(database).await, ["curl {{var.HOST}}"]);
    let names = text_variable::Entity::find().all(database.writer()).await;
    let names: Vec<String> = names.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["var.HOST"]);
}

/// Nobody has two texts whose SHA-256 begin alike, so their keys are made up.
#[tokio::test]
async fn two_texts_whose_keys_begin_with_the_same_eight_bytes_are_two() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let (mut first, mut second) = ([7; 32], [7; 32]);
    (first[31], second[31]) = (1, 2);
    let one = add_text(database, &first, "echo {{var.NOWHERE}}").await;
    let two = add_text(database, &second, "echo").await;
    let (acme, globex) = (
        world.id(&world.acme, "Check").await,
        world.id(&world.globex, "Check").await,
    );
    execute(
        database,
        &format!(
            "INSERT INTO text_variables (text_id, name) VALUES ({one}, 'var.NOWHERE'); \
             UPDATE customer_steps SET text_id = {one} WHERE id = {}; \
             UPDATE customer_steps SET text_id = {two} WHERE id = {}",
            acme.0, globex.0
        ),
    )
    .await;
    let step = async |id: StepId| store.step(id).await.unwrap().step.content;
    assert_eq!(step(acme).await, "echo {{var.NOWHERE}}");
    assert_eq!(step(globex).await, "echo");
    let grid = store.grid(world.june).await.unwrap();
    let is_missing = |id: StepId| {
        let at = grid.indexes_of(|it| it == id)[0];
        grid.cell(at).unwrap().is_unresolved
    };
    assert!(is_missing(acme) && !is_missing(globex));
}

#[tokio::test]
async fn a_check_finds_a_forged_text_a_pointer_to_nothing_and_a_text_without_use() {
    let world = rich().await;
    let store = &world.app.store;
    let engine = TestEngine::of_this_run();
    is_well(store).await;
    for (sql, undo, check, word) in [
        (
            "UPDATE texts SET body = body || ' ' WHERE id = 1",
            "UPDATE texts SET body = substr(body, 1, length(body) - 1) WHERE id = 1",
            Check::Texts,
            "text 1: its key is not its SHA-256",
        ),
        (
            engine.pick(
                "PRAGMA foreign_keys = OFF; UPDATE customer_steps SET text_id = text_id + 1000 WHERE id = 2; PRAGMA foreign_keys = ON",
                "SET session_replication_role = replica; UPDATE customer_steps SET text_id = text_id + 1000 WHERE id = 2; RESET session_replication_role",
            ),
            "UPDATE customer_steps SET text_id = text_id - 1000 WHERE id = 2",
            Check::Texts,
            "is missing, and something points to it",
        ),
        (
            "UPDATE audit_events SET text_id = text_id + 1000",
            "UPDATE audit_events SET text_id = text_id - 1000",
            Check::Texts,
            "is missing, and something points to it",
        ),
        (
            "UPDATE audit_events SET before = replace(before, '{\"text\":', '{\"text\":1000')",
            "UPDATE audit_events SET before = replace(before, '{\"text\":1000', '{\"text\":')",
            Check::Chain,
            "is missing",
        ),
        (
            "UPDATE texts SET in_history = false",
            "UPDATE texts SET in_history = true",
            Check::Texts,
            "is not kept for the history",
        ),
        (
            engine.pick(
                "INSERT INTO texts (key, body) VALUES (x'00', 'nobody has it')",
                r"INSERT INTO texts (key, body) VALUES ('\x00', 'nobody has it')",
            ),
            "DELETE FROM texts WHERE body = 'nobody has it'",
            Check::Texts,
            "is not used by anything",
        ),
    ] {
        execute(&world.app.database, sql).await;
        let findings = store.check().await.unwrap();
        let is_found = findings
            .iter()
            .any(|it| it.check == check && it.detail.contains(word));
        assert!(is_found, "{sql}: {findings:?}");
        execute(&world.app.database, undo).await;
        is_well(store).await;
    }
}
