//! Exports carry the chain of the history, and imports refuse a broken one (R89). The gaps of an export of one release are
//! the only ones that a check accepts. The import itself is the last event (R88).
use super::transfer::{exported, faults, import, is_well, rich, text_of, without_import};
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        check_finding::Check, cluster::ClusterDraft, event::Event, event::EventFilter,
        history_chain::Head, vocabulary::StepAction,
    },
    store::{Store, steps::transitions::TransitionOptions},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

async fn breaks(store: &Store) -> Vec<String> {
    let findings = store.check().await.unwrap();
    let chain = findings.into_iter().filter(|it| it.check == Check::Chain);
    chain.map(|it| it.detail).collect()
}

pub async fn newest(store: &Store) -> Event {
    let page = store.events(EventFilter::default()).await.unwrap();
    page.items.into_iter().next().unwrap()
}

fn head_of(event: &Event) -> Head {
    Head {
        id: event.id,
        hash: event.hash.clone().unwrap(),
    }
}

async fn work_on(app: &TestApp) {
    let draft = ClusterDraft {
        name: "later".into(),
        ..ClusterDraft::default()
    };
    app.store.create_cluster(draft, app.ana()).await.unwrap();
}

/// The lines of the events, without the comma behind each.
pub fn events_of(text: &str) -> Vec<&str> {
    let (_, rest) = text.split_once("\"events\":[\n").unwrap();
    let (events, _) = rest.split_once("\n]").unwrap();
    events.split(",\n").collect()
}

#[tokio::test]
async fn an_import_is_the_last_event_and_cannot_be_undone() {
    let world = rich().await;
    let before = newest(&world.app.store).await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    let event = newest(&other.store).await;
    assert_eq!(event.id.0, before.id.0 + 1);
    assert_eq!(event.actor, "Ana");
    assert_eq!((event.entity.as_str(), event.entity_id), ("database", 0));
    let after = event.after.clone().unwrap();
    assert_eq!(after["imported"]["events"], events_of(&text).len());
    assert_eq!(after["head"], json!(head_of(&before)));
    assert_eq!(after.get("partial"), None);
    assert!(after["schema"].as_str().unwrap().starts_with("m2026"));
    let refused = other.store.undo(event.batch_id, other.ana()).await;
    assert!(refused.is_err());
    is_well(&other.store).await;
}

#[tokio::test]
async fn an_export_of_everything_carries_the_chain_both_ways() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    let (head, _) = world.app.store.head().await.unwrap().unwrap();
    assert_eq!(other.database.head_mismatch(&head).await.unwrap(), None);
    work_on(&other).await;
    let back = exported(&other.store).await;
    let third = TestApp::new().await;
    import(&third, &back).await.unwrap().unwrap();
    is_well(&third.store).await;
    assert_eq!(third.database.head_mismatch(&head).await.unwrap(), None);
    let (head, _) = other.store.head().await.unwrap().unwrap();
    assert_eq!(third.database.head_mismatch(&head).await.unwrap(), None);
}

#[tokio::test]
async fn a_history_that_was_changed_is_refused_by_line_and_field() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let events = events_of(&text);
    let at = 1 + text.lines().position(|it| it.contains(events[4])).unwrap();
    let id = serde_json::from_str::<Value>(events[4]).unwrap()["id"].clone();
    for (from, to, line, problem) in [
        (
            "\"actor\":\"Ana\"",
            "\"actor\":\"Eve\"",
            at,
            format!("events.hash: event {id} is not what was written"),
        ),
        (
            "\"hash\":\"",
            "\"hash\":\"0",
            at,
            "events.hash: Enter 64 lowercase hexadecimal digits".into(),
        ),
        (
            "\"previousHash\":\"",
            "\"previousHash\":null,\"x\":\"",
            at,
            "events.x: unknown".into(),
        ),
    ] {
        let wrong = events[4].replacen(from, to, 1);
        assert_ne!(wrong, events[4]);
        let faults = faults(&text.replacen(events[4], &wrong, 1)).await;
        let expected = format!("line {line}, {problem}");
        assert!(faults.contains(&expected), "{to}: {faults}");
    }
    // Without one, or two in each other's place.
    let removed = text.replacen(&format!("{},\n", events[4]), "", 1);
    let found = faults(&removed).await;
    let expected = format!("line {at}, events.previousHash: event ");
    assert!(found.contains(&expected), "{found}");
    // That is the first break, whatever comes behind it.
    let later = events[6].replacen("\"actor\":\"Ana\"", "\"actor\":\"Eve\"", 1);
    assert_ne!(later, events[6]);
    let both = faults(&removed.replacen(events[6], &later, 1)).await;
    assert!(both.contains(&expected), "{both}");
    // A member of a row that is there twice.
    let twice = events[4].replacen("\"after\":{", "\"after\":{\"x\":1,\"x\":1,", 1);
    assert_ne!(twice, events[4]);
    let twice = faults(&text.replacen(events[4], &twice, 1)).await;
    let problem = format!("line {at}, events.after: the member \"x\" is there twice");
    assert!(twice.contains(&problem), "{twice}");
    // Behind the first break nothing is told.
    assert_eq!(found.matches("events.").count(), 1, "{found}");
    let first = text.replacen(&format!("{},\n", events[0]), "", 1);
    let found = faults(&first).await;
    assert!(
        found.contains("is not the first that was written"),
        "{found}"
    );
}

#[tokio::test]
async fn a_release_s_export_ends_with_the_head_and_comes_in_with_its_gaps() {
    let world = rich().await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    let (head, _) = world.app.store.head().await.unwrap().unwrap();
    let end = format!(
        "\n],\n\"head\":{{\"id\":{},\"hash\":\"{}\"}}\n}}\n",
        head.id, head.hash
    );
    assert!(text.ends_with(&end), "{text}");
    let read: Value = serde_json::from_str(&text).unwrap();
    let first = &read["events"][0];
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    is_well(&other.store).await;
    // Events keep both hashes, and the chain goes on from the last of them.
    let event = newest(&other.store).await;
    let last = read["events"].as_array().unwrap().last().unwrap();
    assert_eq!(event.previous_hash.as_deref(), last["hash"].as_str());
    let after = event.after.unwrap();
    assert_eq!(after["head"], json!(head));
    assert_eq!(
        (&after["partial"], &after["release"]),
        (&json!(true), &json!(1))
    );
    let kept = Head {
        id: app::domain::id::EventId(first["id"].as_i64().unwrap()),
        hash: first["hash"].as_str().unwrap().to_owned(),
    };
    assert_eq!(other.database.head_mismatch(&kept).await.unwrap(), None);
    // Work goes on, and the whole of it goes out and in.
    work_on(&other).await;
    is_well(&other.store).await;
    let third = TestApp::new().await;
    let whole = exported(&other.store).await;
    import(&third, &whole).await.unwrap().unwrap();
    is_well(&third.store).await;
    assert_eq!(
        without_import(&text_of(&third.store, Some(world.june)).await).len(),
        { without_import(&text_of(&other.store, Some(world.june)).await).len() }
    );
    // And one release of it too.
    let fourth = TestApp::new().await;
    let part = text_of(&other.store, Some(world.june)).await;
    import(&fourth, &part).await.unwrap().unwrap();
    is_well(&fourth.store).await;
}

#[tokio::test]
async fn a_check_accepts_the_gaps_of_an_imported_release_and_no_others() {
    let world = rich().await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    let other = TestApp::new().await;
    import(&other, &text).await.unwrap().unwrap();
    work_on(&other).await;
    let db = other.database.writer();
    let execute = async |sql: &str| db.execute_unprepared(sql).await.unwrap();
    execute("CREATE TABLE good AS SELECT * FROM audit_events").await;
    let ids: Vec<Value> = {
        let page = other.store.events(EventFilter::default()).await.unwrap();
        page.items.iter().rev().map(|it| json!(it.id)).collect()
    };
    // Every event but the last one, of which only SQLite's sequence tells.
    for id in &ids[..ids.len() - 1] {
        execute(&format!("DELETE FROM audit_events WHERE id = {id}")).await;
        assert_eq!(breaks(&other.store).await.len(), 1, "event {id}");
        execute("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM good").await;
    }
    is_well(&other.store).await;
}

#[tokio::test]
async fn a_head_that_the_events_of_a_release_are_not_of_is_refused() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Check").await;
    let ask = TransitionOptions::default();
    let done = store.act_on_step(step, StepAction::Done, ask, world.app.ana());
    done.await.unwrap();
    let text = text_of(store, Some(world.june)).await;
    let line = text.lines().count() - 1;
    let (head, _) = store.head().await.unwrap().unwrap();
    let number = format!("\"head\":{{\"id\":{},", head.id);
    for (from, to, problem) in [
        (
            number.as_str(),
            "\"head\":{\"id\":1,",
            "are not of the history",
        ),
        (
            &format!("{},\"hash\":\"{}", head.id, &head.hash[..2]),
            &format!("{},\"hash\":\"{}", head.id, "zz"),
            "write the id and hash",
        ),
        ("\"head\":", "\"heads\":", "heads: unknown"),
    ] {
        let at = text.rfind(from).unwrap();
        let wrong = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        let found = faults(&wrong).await;
        let expected = format!("line {line}, head");
        assert!(
            found.contains(&expected) && found.contains(problem),
            "{found}"
        );
    }
    // Its hash is another event's, or no event ever had its id.
    let at = text.rfind("\"head\"").unwrap();
    let last_id = format!("\"events\":{}", head.id);
    let higher = text[..at].replacen(&last_id, "\"events\":99999", 1);
    assert_ne!(higher, &text[..at]);
    let other = format!("{:064x}", 7);
    for (text, id, hash) in [
        (higher.as_str(), 99_999, &head.hash),
        (&text[..at], head.id.0 + 1, &other),
    ] {
        let end = format!("\"head\":{{\"id\":{id},\"hash\":\"{hash}\"}}\n}}\n");
        let found = faults(&format!("{text}{end}")).await;
        assert!(found.contains("are not of the history"), "{id}: {found}");
    }
    // The text of a release without its head is a history with gaps.
    let at = text.rfind(",\n\"head\"").unwrap();
    let found = faults(&format!("{}\n}}\n", &text[..at])).await;
    assert!(found.contains("events.previousHash: event "), "{found}");
    // Events of something else are no part of it.
    let whole = exported(store).await;
    let end = whole.rfind("\n}").unwrap();
    let hash = &head.hash;
    let both = format!(
        "{},\n\"head\":{{\"id\":{},\"hash\":\"{hash}\"}}\n}}\n",
        &whole[..end],
        head.id
    );
    let found = faults(&both).await;
    assert!(found.contains("this event of something else"), "{found}");
}

#[tokio::test]
async fn in_the_text_of_a_release_the_first_event_that_is_wrong_is_named() {
    let world = rich().await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    let events = events_of(&text);
    let at = 1 + text.lines().position(|it| it.contains(events[10])).unwrap();
    let id = serde_json::from_str::<Value>(events[10]).unwrap()["id"].clone();
    let wrong = events[10].replacen("\"actor\":\"Ana\"", "\"actor\":\"Eve\"", 1);
    assert_ne!(wrong, events[10]);
    let found = faults(&text.replacen(events[10], &wrong, 1)).await;
    let expected = format!("line {at}, events.hash: event {id} is not what was written");
    assert!(found.contains(&expected), "{found}");
    let swapped = text
        .replacen(events[10], "x", 1)
        .replacen(events[11], events[10], 1)
        .replacen("\nx,", &format!("\n{},", events[11]), 1);
    let found = faults(&swapped).await;
    assert!(
        found.contains("events come in the order of their ids"),
        "{found}"
    );
}

#[tokio::test]
async fn the_text_of_a_release_without_an_event_that_its_steps_need_is_refused() {
    let world = rich().await;
    let text = text_of(&world.app.store, Some(world.june)).await;
    let line = 1 + text
        .lines()
        .position(|it| it.contains("\"status\":\"in_progress\""))
        .unwrap();
    let events = events_of(&text);
    let started = events
        .iter()
        .find(|it| it.contains("\"action\":\"start\""))
        .unwrap();
    let found = faults(&text.replacen(&format!("{started},\n"), "", 1)).await;
    let expected = format!("line {line}, steps.status: the events of the text say pending");
    assert_eq!(found.matches("line ").count(), 1, "{found}");
    assert!(found.contains(&expected), "{found}");
}

/// An export as format 1 had it: without hashes.
pub fn without_hashes(text: &str) -> String {
    let text = text.replacen("{\"rollcall\":6,", "{\"rollcall\":1,", 1);
    let lines = text
        .lines()
        .map(|line| match line.split_once(",\"hash\":\"") {
            Some((start, rest)) if !line.starts_with("\"head\"") => {
                let comma = if rest.ends_with(',') { "," } else { "" };
                format!("{start}}}{comma}")
            }
            _ => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_text_of_everything_without_its_last_events_is_refused() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let events = events_of(&text);
    let id_of = |event: &str| serde_json::from_str::<Value>(event).unwrap()["id"].clone();
    let cut = |n: usize| {
        let (start, end) = (events[..n].join(",\n"), events[n..].join(",\n"));
        text.replacen(&format!("{start},\n{end}"), &start, 1)
    };
    let last = id_of(events[events.len() - 1]);
    let found = faults(&cut(events.len() - 1)).await;
    let expected = format!("events.id: event {last} was the last one, and it is missing");
    assert!(found.contains(&expected), "{found}");
    // Nor if the text says that there were no more: steps are in states that no event explains.
    let started = events
        .iter()
        .position(|it| it.contains("\"action\":\"start\""));
    let started = started.unwrap();
    let before = id_of(events[started - 1]);
    let number = format!("\"events\":{last}");
    let shorter = cut(started).replacen(&number, &format!("\"events\":{before}"), 1);
    let line = text
        .lines()
        .position(|it| it.contains("\"status\":\"in_progress\""));
    let line = 1 + line.unwrap();
    let expected = format!("line {line}, steps.status: the events of the text say pending");
    for text in [without_hashes(&shorter), shorter] {
        let found = faults(&text).await;
        assert!(found.contains(&expected), "{found}");
    }
}

#[tokio::test]
async fn events_that_a_check_would_find_wrong_are_refused() {
    let world = rich().await;
    // Without hashes, so that nothing else is wrong.
    let text = without_hashes(&exported(&world.app.store).await);
    let done = events_of(&text)
        .into_iter()
        .find(|it| it.contains("\"action\":\"done\""))
        .unwrap();
    let changed = |members: &[(&str, Value)]| {
        let mut event: Value = serde_json::from_str(done).unwrap();
        for (member, value) in members {
            event[*member] = value.clone();
        }
        text.replacen(done, &event.to_string(), 1)
    };
    let without_text = [
        ("resolvedText", Value::Null),
        ("resolvedSha256", Value::Null),
    ];
    let found = faults(&changed(&without_text)).await;
    let problem = "events.resolvedText: a done step has the text that was executed";
    assert!(found.contains(problem), "{found}");
    let found = faults(&changed(&[("after", json!({}))])).await;
    let problem = "events.after: this tells no state of the step";
    assert!(found.contains(problem), "{found}");
}

#[tokio::test]
async fn a_file_of_the_format_without_hashes_is_chained_when_it_comes_in() {
    let world = rich().await;
    let text = exported(&world.app.store).await;
    let old = without_hashes(&text);
    assert!(!old.contains("hash\":") && old.contains("resolvedSha256"));
    let other = TestApp::new().await;
    import(&other, &old).await.unwrap().unwrap();
    is_well(&other.store).await;
    // Nothing is missing, so it is the same chain.
    let twin = exported(&other.store).await;
    assert_eq!(without_import(&twin), without_import(&text));
    // Of one release: its events become the whole history.
    let text = text_of(&world.app.store, Some(world.june)).await;
    let at = text.rfind(",\n\"head\"").unwrap();
    let old = without_hashes(&format!("{}\n}}\n", &text[..at]));
    let other = TestApp::new().await;
    import(&other, &old).await.unwrap().unwrap();
    is_well(&other.store).await;
    work_on(&other).await;
    is_well(&other.store).await;
}

/// What an earlier Rollcall wrote has neither contexts of clusters nor how many runs they take, and no jobs at Jenkins.
#[tokio::test]
async fn an_export_of_the_first_format_is_taken() {
    let world = World::active().await;
    let as_then = |text: String| {
        let text = text.replace("\"context\":null,", "");
        let text = text.replace("\"maxParallel\":1,", "");
        text.replace("\"jenkins\":null,", "")
    };
    let text = as_then(exported(&world.app.store).await);
    let old = without_hashes(&text);
    assert!(!old.contains("context") && !old.contains("maxParallel"));
    assert!(old.starts_with("{\"rollcall\":1,"));
    let app = TestApp::new().await;
    import(&app, &old).await.unwrap().unwrap();
    let twin = exported(&app.store).await;
    assert!(twin.contains(
        "\"name\":\"eu-west\",\"kubeconfigPath\":null,\"context\":null,\"maxParallel\":1,"
    ));
    let twin = as_then(twin);
    // The hashes are of events without these members.
    let twin = without_hashes(&without_import(&twin));
    assert_eq!(twin, without_import(&old));
}

#[tokio::test]
async fn a_history_that_undoes_in_a_circle_is_refused() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Announce").await;
    let ask = TransitionOptions::default();
    let done = store.act_on_step(step, StepAction::Done, ask, ana()).await;
    let done = done.unwrap().batch_id.unwrap();
    let undone = store.undo(done.clone(), ana()).await.unwrap().batch_id;
    let undone = undone.unwrap();
    let text = exported(store).await;
    let line = text.lines().find(|it| it.contains("\"action\":\"done\""));
    let line = line.unwrap();
    let undoing = |batch: &str| {
        let changed = line.replace("\"undoes\":null", &format!("\"undoes\":\"{batch}\""));
        assert_ne!(changed, line);
        text.replace(line, &changed)
    };
    let circle = faults(&undoing(&undone.0)).await;
    assert!(circle.contains("an earlier change undoes it"), "{circle}");
    let itself = faults(&undoing(&done.0)).await;
    assert!(itself.contains("a change does not undo itself"), "{itself}");
}
