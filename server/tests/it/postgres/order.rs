//! Tests of the order of events over two servers: an id is given when a row is written, and seen when its change is committed,
//! so a reader that asks for what is after the last id it saw would miss what commits late.
use crate::{
    harness::{TestApp, TestResponse},
    model::chain::ChainWatch,
    test_database::TestEngine,
    world::World,
};
use app::{
    domain::{id::StepId, vocabulary::StepAction},
    store::{entity::audit_event, error::StoreError, steps::transitions::TransitionOptions},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

const WRITERS: usize = 32;
const READERS: usize = 4;
/// How often each writer counts a note up.
const WRITES: usize = 15;

/// Counts the notes of a step up by one, based on the version that was read; again after a conflict.
async fn count_up(server: &TestApp, id: StepId) {
    let store = &server.store;
    loop {
        let step = store.step(id).await.unwrap().step;
        let count = step.notes.map_or(0, |it| it.parse::<u32>().unwrap());
        let notes = (count + 1).to_string();
        match store.note_step(id, notes, step.version, server.ana()).await {
            Ok(_) => return,
            Err(StoreError::Stale(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_writers_over_two_servers_no_reader_misses_an_event_and_no_update_is_lost() {
    let world = World::active_in(TestApp::on(TestEngine::Postgres).await).await;
    let mut cells = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        cells.extend(world.steps(customer.id).await.into_iter().map(|it| it.id));
    }
    let first = world.app.store.head().await.unwrap().unwrap().0.id.0;
    let servers = Arc::new([world.app.beside().await, world.app.beside().await]);
    let are_written = Arc::new(AtomicBool::new(false));
    let mut reading = Vec::new();
    for _ in 0..READERS {
        let (are_written, server) = (Arc::clone(&are_written), world.app.beside().await);
        reading.push(tokio::spawn(async move {
            // The chain has a gap where an event is missed.
            let mut watch = ChainWatch::new();
            let mut looks = 0;
            while !are_written.load(Ordering::Relaxed) {
                assert_eq!(watch.follow(&server.database).await, Ok(()));
                looks += 1;
            }
            assert_eq!(watch.follow(&server.database).await, Ok(()));
            (watch.last_id(), looks)
        }));
    }
    let writing: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (servers, cells) = (Arc::clone(&servers), cells.clone());
            tokio::spawn(async move {
                let server = &servers[writer % 2];
                let mut counted = HashMap::<StepId, u32>::new();
                for n in 0..WRITES {
                    let id = cells[(writer * 7 + n * 3) % cells.len()];
                    count_up(server, id).await;
                    *counted.entry(id).or_default() += 1;
                }
                counted
            })
        })
        .collect();
    let mut counted = HashMap::<StepId, u32>::new();
    for writer in writing {
        for (id, n) in writer.await.unwrap() {
            *counted.entry(id).or_default() += n;
        }
    }
    are_written.store(true, Ordering::Relaxed);
    for (id, n) in counted {
        let notes = world.app.store.step(id).await.unwrap().step.notes;
        assert_eq!(notes, Some(n.to_string()), "an update of {id} was lost");
    }
    let newest = world.app.store.head().await.unwrap().unwrap().0.id.0;
    // An id that was given to a change that did not happen is not given again, so that ids are not counted.
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Id.gt(first))
        .count(world.app.database.writer());
    let acknowledged = u64::try_from(WRITERS * WRITES).unwrap();
    assert_eq!(events.await.unwrap(), acknowledged, "one event for each");
    for reader in reading {
        let (last, looks) = reader.await.unwrap();
        assert_eq!(last, newest);
        assert!(looks > 3, "a reader looked {looks} times only");
    }
}

/// The cells of the first window that the matrix shows as done.
fn n_done(page: &TestResponse) -> usize {
    page.body.matches(r#"data-state="done" aria-label"#).count()
}

#[tokio::test]
async fn a_change_on_one_server_is_on_the_pages_of_the_other_at_once() {
    let world = World::active_in(TestApp::on(TestEngine::Postgres).await).await;
    let other = world.app.beside().await;
    let servers = [&world.app, &other];
    let matrix = format!("/releases/{}", world.june);
    for (n, step) in world.steps(world.acme.id).await.iter().enumerate() {
        // Both have the grid, and the page in their caches.
        for server in servers {
            assert_eq!(n_done(&server.get(&matrix).await), n);
        }
        let done = servers[n % 2].store.act_on_step(
            step.id,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.by("Jonas"),
        );
        done.await.unwrap();
        assert_eq!(n_done(&servers[(n + 1) % 2].get(&matrix).await), n + 1);
    }
}
