//! Test of many streams for long: the server is killed twice while changes go on, every client comes back by itself, and what each of
//! them was not told is counted. `./dev soak` runs it with 200 streams for ten minutes.
use crate::{
    harness::number,
    program::{RunningServer, program_at},
    streams::OpenStream,
    world::World,
};
use app::{
    domain::{
        event::EventFilter,
        id::{EventId, StepId},
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

/// Between two marks.
const MARK_EVERY: Duration = Duration::from_millis(100);
/// The people that the streams are of.
const PEOPLE: u64 = 50;
/// The author of the last mark, at which every client stops.
const LAST_AUTHOR: &str = "The End";

/// What one client was told.
#[derive(Default)]
struct Followed {
    batches: BTreeSet<String>,
    resets: usize,
    connections: usize,
}

/// Follows the changes after an event as a page does: comes back to wherever the server is, from the last event that it knows.
async fn follow(mut address: watch::Receiver<SocketAddr>, person: u64, known: i64) -> Followed {
    let mut followed = Followed::default();
    let name = format!("person {person}");
    let mut last = known;
    loop {
        let server = *address.borrow_and_update();
        let id = last.to_string();
        let headers = [
            ("X-Rollcall-User", name.as_str()),
            ("Last-Event-ID", id.as_str()),
        ];
        if let Some(mut stream) = OpenStream::try_open(server, "/api/events", &headers).await {
            followed.connections += 1;
            while let Some(event) = stream.next().await {
                last = event.id.unwrap_or(last);
                match event.name.as_str() {
                    "change" => {
                        let batch = event.data["batchId"].as_str().unwrap();
                        followed.batches.insert(batch.to_owned());
                        if event.data["actor"] == LAST_AUTHOR {
                            return followed;
                        }
                    }
                    "reset" => followed.resets += 1,
                    _ => {}
                }
            }
        }
        // The server is gone: until the next one is there.
        address.changed().await.unwrap();
    }
}

/// Starts the server on this database; it logs nothing but where it is.
fn start(url: &str) -> (RunningServer, SocketAddr) {
    let mut command = program_at(url);
    let server = RunningServer::start(command.env("RUST_LOG", "warn,server::cli=info"));
    let address = server.address.parse().unwrap();
    (server, address)
}

/// Starts or reopens a step, in turn; the author is `by`.
async fn mark(world: &World, step: StepId, n: usize, by: &str) {
    let action = [StepAction::Start, StepAction::Reopen][n % 2];
    let options = TransitionOptions::default();
    let store = &world.app.store;
    let done = store.act_on_step(step, action, options, world.app.by(by));
    assert!(done.await.unwrap().batch_id.is_some());
}

/// The batches after this event.
async fn batches_after(world: &World, after: i64) -> BTreeSet<String> {
    let mut batches = BTreeSet::new();
    let mut filter = EventFilter {
        limit: Some(500),
        ..EventFilter::default()
    };
    loop {
        let store = &world.app.store;
        let page = store.events_after(EventId(after), filter.clone()).await;
        let page = page.unwrap();
        batches.extend(page.items.into_iter().map(|it| it.batch_id.0));
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            return batches;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_the_server_is_killed_reaches_every_stream() {
    let n_streams = number("SOAK_STREAMS", 20);
    let seconds = number("SOAK_STREAM_SECONDS", 3);
    let world = World::active().await;
    let url = world.app.url();
    let step = world.id(&world.acme, "Check").await;
    let (mut server, first) = start(&url);
    let (tell, address) = watch::channel(first);
    let before = world.app.database.last_event().await.unwrap();
    let clients: Vec<_> = (0..n_streams)
        .map(|n| tokio::spawn(follow(address.clone(), n % PEOPLE, before)))
        .collect();

    let (began, duration) = (Instant::now(), Duration::from_secs(seconds));
    let mut ticks = interval(MARK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut n_marks, mut n_kills) = (0, 0);
    while began.elapsed() < duration || n_marks % 2 == 1 {
        ticks.tick().await;
        mark(&world, step, n_marks, "Ana").await;
        n_marks += 1;
        if n_kills < 2 && began.elapsed() > duration * (n_kills + 1) / 3 {
            // Dropped is killed.
            let (next, at) = start(&url);
            drop(std::mem::replace(&mut server, next));
            tell.send(at).unwrap();
            n_kills += 1;
        }
    }
    assert_eq!(n_kills, 2);
    mark(&world, step, n_marks, LAST_AUTHOR).await;
    let committed = batches_after(&world, before).await;
    let (mut missed, mut resets, mut connections) = (0, 0, 0);
    for client in clients {
        let followed = client.await.unwrap();
        missed += committed.difference(&followed.batches).count();
        resets += followed.resets;
        connections += followed.connections;
    }
    eprintln!(
        "soak: {n_streams} streams for {seconds} s, {} changes, the server was killed {n_kills} times, {connections} connections; \
         {missed} changes were missed, {resets} times all had to be read anew",
        committed.len()
    );
    assert_eq!((missed, resets), (0, 0));
    server.end();
}
