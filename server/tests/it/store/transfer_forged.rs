//! What an import has to refuse, or to say, of texts that were changed by hand so that no hash tells (R89): a lower number of the
//! format, and steps that were taken out. A check finds the same in a database.
use super::{
    history_chain::{breaks, execute},
    transfer::{exported, faults, import, is_well, rich, text_of},
    transfer_chain::{newest, without_hashes},
};
use crate::{harness::TestApp, test_database::TestEngine, world::World};
use app::{
    domain::{transfer::NO_HASHES_IN_FORMAT, vocabulary::StepAction},
    store::{Store, steps::transitions::TransitionOptions},
};
use serde_json::{Value, json};

async fn details(store: &Store) -> Vec<String> {
    let findings = store.check().await.unwrap();
    findings.into_iter().map(|it| it.detail).collect()
}

#[tokio::test]
async fn a_format_without_hashes_that_has_some_is_refused() {
    let world = rich().await;
    let store = &world.app.store;
    for text in [
        exported(store).await,
        text_of(store, Some(world.june)).await,
    ] {
        for format in [1, 2] {
            let number = format!("{{\"rollcall\":{format},");
            let lowered = text.replacen("{\"rollcall\":6,", &number, 1);
            assert_ne!(lowered, text);
            let changed = lowered.replacen("\"actor\":\"Ana\"", "\"actor\":\"Eve\"", 1);
            for text in [&lowered, &changed] {
                let found = faults(text).await;
                assert!(found.contains(NO_HASHES_IN_FORMAT), "{found}");
            }
        }
    }
    // One of the two hashes of one event is enough.
    let old = without_hashes(&exported(store).await);
    let hash = format!("\"undoes\":null,\"previousHash\":\"{:064x}\"", 7);
    let one = old.replacen("\"undoes\":null", &hash, 1);
    assert_ne!(one, old);
    let found = faults(&one).await;
    let expected = format!("events.previousHash: {NO_HASHES_IN_FORMAT}");
    assert!(found.contains(&expected), "{found}");
}

#[tokio::test]
async fn the_event_of_an_import_says_that_the_history_was_chained_anew() {
    let world = World::active().await;
    let text = exported(&world.app.store).await;
    for (text, said) in [(without_hashes(&text), Some(true)), (text, None)] {
        let other = TestApp::new().await;
        import(&other, &text).await.unwrap().unwrap();
        let after = newest(&other.store).await.after.unwrap();
        assert_eq!(after.get("chainedAnew"), said.map(|it| json!(it)).as_ref());
    }
}

#[tokio::test]
async fn a_step_that_is_taken_out_of_the_end_of_its_list_is_missed() {
    let world = rich().await;
    let whole: Value = serde_json::from_str(&exported(&world.app.store).await).unwrap();
    let steps = whole["steps"].as_array().unwrap();
    let list =
        |it: &Value| [&it["releaseId"], &it["customerId"], &it["category"]].map(Value::clone);
    let (mut n_custom, mut n_copies) = (0, 0);
    for (at, step) in steps.iter().enumerate() {
        let place = |it: &Value| it["orderIndex"].as_i64().unwrap();
        let mut others = steps.iter().filter(|it| list(it) == list(step));
        if others.any(|it| place(it) > place(step)) {
            continue;
        }
        let mut less = whole.clone();
        less["steps"].as_array_mut().unwrap().remove(at);
        let found = faults(&less.to_string()).await;
        let expected = if step["isCustom"] == true {
            n_custom += 1;
            let id = &step["id"];
            format!("steps.id: step {id} is missing, and no event says that it was deleted")
        } else {
            n_copies += 1;
            let id = &step["templateId"];
            format!("members.customerId: its copy of template step {id} is missing")
        };
        assert!(found.contains(&expected), "{step}: {found}");
    }
    assert!(n_custom > 0 && n_copies > 0, "{n_custom} {n_copies}");
}

#[tokio::test]
async fn a_step_that_was_deleted_by_hand_is_found_though_its_list_has_no_gap() {
    let world = rich().await;
    let store = &world.app.store;
    is_well(store).await;
    let own = world.id(&world.acme, "Own 2").await;
    let copies = world.steps(world.initech.id).await;
    let copy = copies.iter().rfind(|it| it.template_id.is_some()).unwrap();
    let sql = format!(
        "DELETE FROM customer_steps WHERE id IN ({own}, {})",
        copy.id
    );
    execute(&world.app.database, &sql).await;
    let found = details(store).await;
    let template = copy.template_id.unwrap();
    for expected in [
        format!("step {own} is missing, and no event says that it was deleted"),
        format!(
            "customer {} has no copy of template step {template} of release {}",
            world.initech.id, world.june
        ),
    ] {
        assert!(found.contains(&expected), "{found:?}");
    }
}

#[tokio::test]
async fn steps_that_went_with_their_template_or_their_customer_are_not_missed() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    for (customer, name) in [(&world.acme, "Migrate schema"), (&world.initech, "Check")] {
        let id = world.id(customer, name).await;
        for action in [StepAction::Done, StepAction::Reopen] {
            let because = TransitionOptions {
                reason: Some("because".into()),
                allow_unresolved: true,
                ..TransitionOptions::default()
            };
            let done = store.act_on_step(id, action, because, ana());
            done.await.unwrap();
        }
    }
    let removed = store.remove_customers(world.june, vec![world.initech.id], ana());
    removed.await.unwrap();
    store
        .delete_template(world.migrate.id, None, ana())
        .await
        .unwrap();
    is_well(store).await;
    for text in [
        exported(store).await,
        text_of(store, Some(world.june)).await,
    ] {
        let other = TestApp::new().await;
        import(&other, &text).await.unwrap().unwrap();
        is_well(&other.store).await;
    }
}

/// PostgreSQL keeps the ids that an import gave though it was rolled back.
#[tokio::test]
async fn an_empty_database_whose_ids_were_given_once_is_well_and_may_be_moved() {
    let app = TestApp::new().await;
    let given = TestEngine::of_this_run().pick(
        "DELETE FROM sqlite_sequence WHERE name = 'audit_events'; \
         INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_events', 7)",
        "SELECT setval('audit_events_id_seq', 7)",
    );
    execute(&app.database, given).await;
    is_well(&app.store).await;
    let text = exported(&app.store).await;
    assert!(text.contains("\"events\":7"), "{text}");
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    is_well(&other.store).await;
    // The next event has the next id, and nothing is missing before it.
    app.customers(1).await;
    assert_eq!(breaks(&app.store).await, [""; 0]);
    let third = TestApp::new().await;
    let text = exported(&app.store).await;
    import(&third, &text).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_with_null_as_a_text_is_found_though_it_is_hashed_as_none() {
    let world = World::draft().await;
    let sql = "UPDATE audit_events SET before = 'null' WHERE id = 1";
    execute(&world.app.database, sql).await;
    let found = details(&world.app.store).await;
    assert_eq!(found, ["event 1: its before is no object"]);
}

#[tokio::test]
async fn a_field_of_a_state_that_was_changed_by_hand_is_found_with_both_values() {
    let world = rich().await;
    let (store, database) = (&world.app.store, &world.app.database);
    is_well(store).await;
    let copy = "CREATE TABLE good AS SELECT * FROM customer_steps";
    execute(database, copy).await;
    let done = world.id(&world.acme, "Announce").await;
    let failed = world.id(&world.acme, "Migrate schema").await;
    let started = world.id(&world.acme, "Upgrade").await;
    let skipped = world.id(&world.globex, "Announce").await;
    let reopened = world.id(&world.initech, "Check").await;
    let untouched = world.id(&world.globex, "Upgrade").await;
    let time = "'2020-01-01T00:00:00+00:00'";
    let at = "2020-01-01T00:00:00.000000Z";
    let because = r#""because, \"quoted\"\nand more""#;
    for (step, column, value, has, told) in [
        (
            done,
            "executed_by",
            "'Eve'",
            "executedBy \"Eve\"",
            "\"Ana\"",
        ),
        (done, "executed_at", time, &format!("executedAt {at}"), "20"),
        (done, "state_by", "'Eve'", "stateBy \"Eve\"", "\"Ana\""),
        (done, "state_at", "NULL", "stateAt empty", "20"),
        (done, "revert_reason", "'x'", "revertReason \"x\"", "empty"),
        (done, "notes", "'other'", "notes \"other\"", "\"noted\""),
        (
            started,
            "started_by",
            "'Eve'",
            "startedBy \"Eve\"",
            "\"Ana\"",
        ),
        (
            started,
            "started_at",
            time,
            &format!("startedAt {at}"),
            "20",
        ),
        (failed, "fail_reason", "'x'", "failReason \"x\"", because),
        (skipped, "skip_reason", "NULL", "skipReason empty", because),
        (reopened, "state_at", time, &format!("stateAt {at}"), "20"),
        (
            untouched,
            "started_at",
            time,
            &format!("startedAt {at}"),
            "empty",
        ),
    ] {
        let change = format!("UPDATE customer_steps SET {column} = {value} WHERE id = {step}");
        execute(database, &change).await;
        let found = details(store).await;
        let expected = format!("step {step} has the {has}, but the history says {told}");
        assert_eq!(found.len(), 1, "{change}: {found:?}");
        assert!(found[0].starts_with(&expected), "{expected}: {found:?}");
        let restore = format!(
            "UPDATE customer_steps SET {column} = (SELECT {column} FROM good WHERE good.id = {step}) WHERE id = {step}"
        );
        execute(database, &restore).await;
    }
    is_well(store).await;
}

#[tokio::test]
async fn a_text_whose_steps_have_other_times_or_reasons_than_its_events_tell_is_refused() {
    let world = rich().await;
    let whole: Value = serde_json::from_str(&exported(&world.app.store).await).unwrap();
    let mut steps = whole["steps"].as_array().unwrap().iter();
    let failed = steps.position(|it| it["status"] == "failed").unwrap();
    for (field, value, told) in [
        ("failReason", json!("x"), "\"because"),
        ("stateAt", json!("2020-01-01T00:00:00Z"), "20"),
        ("stateBy", json!("Eve"), "\"Ana\""),
        ("startedAt", json!("2020-01-01T00:00:00Z"), "empty"),
        ("notes", json!("x"), "empty"),
    ] {
        let mut forged = whole.clone();
        forged["steps"][failed][field] = value;
        let found = faults(&forged.to_string()).await;
        let expected = format!("steps.{field}: the events of the text say {told}");
        assert!(found.contains(&expected), "{expected}: {found}");
    }
}

/// An import changes line breaks of rows and not of events; `PostgreSQL` keeps microseconds.
#[tokio::test]
async fn what_an_import_makes_of_reasons_and_times_is_no_other_state() {
    let world = rich().await;
    let text = without_hashes(&exported(&world.app.store).await);
    let old = text.replace("\\nand more", "\\r\\nand more");
    assert_ne!(old, text);
    let mut file: Value = serde_json::from_str(&old).unwrap();
    let fine = json!("2026-06-01T09:00:00.123456789Z");
    let mut steps = file["steps"].as_array_mut().unwrap().iter_mut();
    let step = steps.find(|it| it["status"] == "in_progress").unwrap();
    let id = step["id"].clone();
    let fields = ["startedAt", "stateAt"];
    for field in fields {
        step[field] = fine.clone();
    }
    let mut events = file["events"].as_array_mut().unwrap().iter_mut();
    let start = events.find(|it| it["action"] == "start" && it["entityId"] == id);
    let start = start.unwrap();
    for field in fields {
        start["after"][field] = fine.clone();
    }
    let other = TestApp::new().await;
    import(&other, &file.to_string()).await.unwrap().unwrap();
    is_well(&other.store).await;
}
