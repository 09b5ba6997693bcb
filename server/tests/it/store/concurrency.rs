//! Test of concurrent writes: 32 tasks write to one release through one store.
use crate::{harness::number, model::chain::ChainWatch, world::World};
use app::{
    domain::{event::EventFilter, id::StepId, vocabulary::StepAction},
    store::{error::StoreError, steps::transitions::TransitionOptions},
};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const TASKS: usize = 32;
/// The least number of writes of each task. With `SOAK_SECONDS` the tasks go on for that long.
const WRITES: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_at_once_lose_nothing_and_nobody_is_turned_away() {
    let world = World::draft().await;
    let store = world.app.store.clone();
    let mut everybody = vec![world.acme.id, world.globex.id, world.initech.id];
    let seconds = Duration::from_secs(number("SOAK_SECONDS", 0));
    // A long run needs more cells, or each would get an unrealistically long history.
    let more = if seconds.is_zero() { 7 } else { 147 };
    everybody.extend(world.app.customers(more).await);
    store
        .activate_release(world.june, Some(everybody.clone()), world.app.ana())
        .await
        .unwrap();
    let mut cells = Vec::new();
    for customer in everybody {
        cells.extend(world.steps(customer).await.into_iter().map(|it| it.id));
    }
    let first_event = store.events(EventFilter::default()).await.unwrap().items[0].id;

    let began = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (store, cells, stamp) = (store.clone(), cells.clone(), world.app.by("Jonas"));
            tokio::spawn(async move {
                // What the store acknowledged: the notes of each cell that counted up, and the batches of all changes.
                let (mut counted, mut batches) = (HashMap::<StepId, u32>::new(), Vec::new());
                let mut n = 0;
                while n < WRITES || began.elapsed() < seconds {
                    let id = cells[(task * 7 + n * 3) % cells.len()];
                    let action = [StepAction::Start, StepAction::Done, StepAction::Reopen][n % 3];
                    let ask = TransitionOptions {
                        allow_unresolved: true,
                        ..TransitionOptions::default()
                    };
                    match store.act_on_step(id, action, ask, stamp.clone()).await {
                        Ok(changed) => batches.extend(changed.batch_id),
                        // A violated rule is a valid result; any other error is not.
                        Err(StoreError::Refused(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                    // Counts the notes up by one, based on the version that was read. After a conflict it reads again.
                    loop {
                        let step = store.step(id).await.unwrap().step;
                        let count = step.notes.map_or(0, |it| it.parse::<u32>().unwrap());
                        let notes = (count + 1).to_string();
                        match store
                            .note_step(id, notes, step.version, stamp.clone())
                            .await
                        {
                            Ok(changed) => {
                                batches.extend(changed.batch_id);
                                *counted.entry(id).or_default() += 1;
                                break;
                            }
                            Err(StoreError::Stale(_)) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    n += 1;
                }
                (counted, batches, n)
            })
        })
        .collect();
    let (mut counted, mut batches) = (HashMap::<StepId, u32>::new(), Vec::new());
    let mut written = 0;
    for task in tasks {
        let (of_task, these, n) = task.await.unwrap();
        written += n;
        for (id, n) in of_task {
            *counted.entry(id).or_default() += n;
        }
        batches.extend(these);
    }
    let took = began.elapsed();
    assert_eq!(counted.values().sum::<u32>() as usize, written);
    for (id, n) in counted {
        let notes = store.step(id).await.unwrap().step.notes;
        assert_eq!(notes, Some(n.to_string()), "an update of {id} was lost");
    }
    let mut told = Vec::new();
    let mut cursor = None;
    loop {
        let filter = EventFilter {
            cursor,
            limit: Some(500),
            ..EventFilter::default()
        };
        let page = store.events(filter).await.unwrap();
        let new = page.items.into_iter().filter(|it| it.id > first_event);
        told.extend(new.map(|it| it.batch_id.0));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut acknowledged: Vec<String> = batches.into_iter().map(|it| it.0).collect();
    told.sort_unstable();
    acknowledged.sort_unstable();
    assert_eq!(told, acknowledged, "one event for each acknowledged change");
    // However many wrote, it is one chain.
    assert_eq!(ChainWatch::new().follow(&world.app.database).await, Ok(()));
    eprintln!(
        "soak: {TASKS} writers at once for {took:.1?}, {written} notes counted up, {} changes acknowledged, as many events; none was lost and nobody was turned away",
        told.len()
    );
}
