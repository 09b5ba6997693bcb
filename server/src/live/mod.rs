//! Server-sent events: the stream of changes (R31), runs in it (R71), and presence (R33). One reader a process reads what was
//! committed, on whatever server, once for all streams; each stream takes from that what its caller sees.
//!
//! `ring` keeps the newest batches, `presence` who looks at what, `runs` the events of runs, `runner_waits` the runners that wait for
//! one, `stream` is one client's stream.
pub mod presence;
mod ring;
pub mod runner_waits;
pub mod runs;
pub mod stream;

use app::{
    domain::{
        caller::Caller,
        event::{Entity, EventAction},
        id::UserId,
    },
    store::{
        Database,
        engine::notices::Notice,
        error::{StoreError, chain},
        runs::notices::RunNotice,
        views::committed_batches::CommittedSince,
    },
};
use presence::{Presence, PresenceReport};
use ring::{Ring, RingAnswer};
use runner_waits::RunnerWaits;
use runs::{RunNews, ServerRunMessage};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc, watch,
    },
    task::yield_now,
    time::{Instant, sleep_until},
};

/// Streams of one process, and of one person on it.
const STREAMS_MAX: usize = 1_000;
const STREAMS_OF_PERSON_MAX: usize = 20;
/// How long a commit waits to be read for the streams: the answer to who made it goes first, and what is committed meanwhile is
/// read along. A request is not to wait behind a thousand streams.
const ANSWER_FIRST: Duration = Duration::from_millis(5);
/// The shortest time between two wakings of the streams. Commits that come faster than this are told together: telling 200 streams
/// takes milliseconds of a core, which requests need too.
const TELL_INTERVAL: Duration = Duration::from_millis(40);
/// The number of parts in which the streams are woken, and requests get their turn after each.
const PARTS: usize = 16;
/// Notices of other processes that wait to be taken in.
const NOTICES_MAX: usize = 256;
/// Notices of runs that wait for the slowest stream: at most 8 MiB of output. A stream that falls behind has to read anew.
const RUN_NOTICES_MAX: usize = 128;

/// Messages between the processes on one database.
#[derive(Debug, Serialize, Deserialize)]
enum ServerMessage {
    /// A report of presence that a page sent to the process of that number.
    Presence(u64, PresenceReport),
    /// The process of that number is new, and asks for the reports of the others.
    WhoIsHere(u64),
    /// A run changed, as the process of that number knows.
    Run(u64, ServerRunMessage),
}

/// The changes and the people of one process. Clones share it.
#[derive(Clone, Debug)]
pub struct Live(Arc<LiveState>);

#[derive(Debug)]
struct LiveState {
    database: Database,
    /// Tells the processes on one database apart.
    process: u64,
    ring: Mutex<Ring>,
    /// Held while the ring is extended.
    reading: tokio::sync::Mutex<()>,
    /// The end of the ring.
    told: watch::Sender<i64>,
    /// The same, as the parts of the streams hear of it.
    parts: [watch::Sender<i64>; PARTS],
    /// The open streams, by person.
    people: Mutex<HashMap<String, usize>>,
    open: watch::Sender<usize>,
    presence: Presence,
    /// What becomes of runs, here and on other servers.
    runs: broadcast::Sender<RunNews>,
    runner_waits: RunnerWaits,
    is_started: AtomicBool,
    stop: watch::Sender<bool>,
}

/// A random number; for spreading and telling apart, not for secrets.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// A random part of this time.
fn jitter(longest: Duration) -> Duration {
    let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random() % longest.max(1))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of an open stream; free again when dropped.
#[derive(Debug)]
pub struct StreamSlot {
    live: Live,
    person: String,
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let shared = &self.live.0;
        let mut people = locked(&shared.people);
        if let Some(n) = people.get_mut(&self.person) {
            *n -= 1;
            if *n == 0 {
                people.remove(&self.person);
            }
        }
        drop(people);
        shared.open.send_modify(|it| *it -= 1);
        metrics::gauge!("rollcall_open_streams").decrement(1.0);
    }
}

impl Live {
    /// For this database. Nothing runs before the first stream or message, or `start`.
    pub fn new(database: Database) -> Self {
        Self(Arc::new(LiveState {
            database,
            process: random(),
            ring: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            told: watch::Sender::new(0),
            parts: std::array::from_fn(|_| watch::Sender::new(0)),
            people: Mutex::default(),
            open: watch::Sender::new(0),
            presence: Presence::default(),
            runs: broadcast::Sender::new(RUN_NOTICES_MAX),
            runner_waits: RunnerWaits::default(),
            is_started: AtomicBool::new(false),
            stop: watch::Sender::new(false),
        }))
    }

    /// Begins to follow what is committed and said, also on other servers. Once is enough.
    pub fn start(&self) {
        if self.0.is_started.swap(true, Ordering::Relaxed) {
            return;
        }
        let (sender, notices) = mpsc::channel(NOTICES_MAX);
        let database = self.0.database.clone();
        tokio::spawn(async move { database.hear(sender).await });
        tokio::spawn(self.clone().take_in(notices));
        // From now on, not from when the task has begun.
        tokio::spawn(self.clone().tell_runs(self.0.database.follow_runs()));
        tokio::spawn(self.clone().wake());
        tokio::spawn(self.clone().follow());
    }

    /// Ends all streams, and what `start` began.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Waits until the server is told to end.
    pub async fn stopped(&self) {
        let mut stop = self.0.stop.subscribe();
        // The other end is in `self`.
        let _ = stop.wait_for(|it| *it).await;
    }

    /// What becomes of runs from now on, once `start` was called.
    pub fn follow_runs(&self) -> broadcast::Receiver<RunNews> {
        self.0.runs.subscribe()
    }

    /// The runners that wait for a run in this process.
    pub fn runner_waits(&self) -> &RunnerWaits {
        &self.0.runner_waits
    }

    /// A place for a stream of this person; none if there are too many.
    pub fn take_slot(&self, person: &str) -> Option<StreamSlot> {
        let mut people = locked(&self.0.people);
        let n_all: usize = people.values().sum();
        let of_person = people.get(person).copied().unwrap_or_default();
        if n_all >= STREAMS_MAX || of_person >= STREAMS_OF_PERSON_MAX {
            return None;
        }
        people.insert(person.to_owned(), of_person + 1);
        drop(people);
        self.0.open.send_modify(|it| *it += 1);
        metrics::gauge!("rollcall_open_streams").increment(1.0);
        self.start();
        Some(StreamSlot {
            live: self.clone(),
            person: person.to_owned(),
        })
    }

    /// Reads what was committed since it was read last, and has the streams woken; the last event.
    pub async fn advance(&self) -> Result<i64, StoreError> {
        let shared = &self.0;
        let _reading = shared.reading.lock().await;
        let end = locked(&shared.ring).end();
        let read = shared.database.batches_since(end).await?;
        let last = read.end;
        if end != Some(last) {
            self.forget_deactivated(&read);
            locked(&shared.ring).extend(read);
            shared.told.send_replace(last);
        }
        Ok(last)
    }

    /// Who was deactivated is here no longer, whatever the own pages said before.
    fn forget_deactivated(&self, read: &CommittedSince) {
        for event in read.batches.iter().flat_map(|it| &it.events) {
            if (event.entity, event.action) == (Entity::User, EventAction::Deactivate) {
                let person = Caller::person_of(UserId(event.entity_id));
                self.0.presence.forget(&person);
            }
        }
    }

    /// The last event that is known.
    fn end(&self) -> i64 {
        locked(&self.0.ring).end().unwrap_or_default()
    }

    /// Wakes a stream when there is more in the ring. It joins the smallest part.
    fn hear(&self) -> watch::Receiver<i64> {
        let shared = &self.0;
        let smallest = shared.parts.iter().min_by_key(|it| it.receiver_count());
        smallest.unwrap_or(&shared.told).subscribe()
    }

    fn after(&self, position: i64) -> RingAnswer {
        locked(&self.0.ring).after(position)
    }

    /// Wakes the streams when there is more in the ring, one part after the other.
    async fn wake(self) {
        let shared = &self.0;
        let (mut told, mut stop) = (shared.told.subscribe(), shared.stop.subscribe());
        while !*stop.borrow_and_update() {
            let end = *told.borrow_and_update();
            for part in &shared.parts {
                if part.receiver_count() == 0 {
                    continue;
                }
                part.send_replace(end);
                yield_now().await;
            }
            tokio::select! {
                _ = told.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Follows the commits as long as there are streams.
    async fn follow(self) {
        let shared = &self.0;
        let (mut commits, mut open) = (shared.database.commits(), shared.open.subscribe());
        let mut stop = shared.stop.subscribe();
        let mut is_failing = false;
        while !*stop.borrow_and_update() {
            if *open.borrow_and_update() == 0 {
                tokio::select! {
                    _ = open.changed() => {}
                    _ = stop.changed() => {}
                }
                continue;
            }
            commits.borrow_and_update();
            let told_at = Instant::now();
            let advanced = self.advance().await;
            if let (Err(error), false) = (&advanced, is_failing) {
                tracing::warn!(error = %chain(error), "what was committed could not be read for the open streams");
            }
            is_failing = advanced.is_err();
            let now = Instant::now();
            let look = now + shared.database.look_interval();
            let next = shared.presence.expire(now).map_or(look, |it| it.min(look));
            tokio::select! {
                _ = commits.changed() => {
                    let answered_at = Instant::now() + ANSWER_FIRST;
                    sleep_until(answered_at.max(told_at + TELL_INTERVAL)).await;
                }
                _ = open.changed() => {}
                _ = stop.changed() => {}
                () = sleep_until(next) => {}
            }
        }
    }

    /// Tells the streams, the runners that wait, and the other servers what becomes of runs here.
    async fn tell_runs(self, mut notices: broadcast::Receiver<RunNotice>) {
        let shared = &self.0;
        let mut stop = shared.stop.subscribe();
        while !*stop.borrow_and_update() {
            let heard = tokio::select! {
                heard = notices.recv() => heard,
                _ = stop.changed() => continue,
            };
            match heard {
                Ok(notice) => {
                    let message =
                        ServerMessage::Run(shared.process, ServerRunMessage::from(&notice));
                    self.tell_here(Some(Arc::new(notice)));
                    self.tell_others(&message).await;
                }
                Err(RecvError::Lagged(_)) => self.tell_here(None),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn tell_here(&self, news: RunNews) {
        // It is no failure that nobody listens.
        let _ = self.0.runs.send(news);
    }

    /// Takes in what other processes say.
    async fn take_in(self, mut notices: mpsc::Receiver<Notice>) {
        let shared = &self.0;
        let mut stop = shared.stop.subscribe();
        while !*stop.borrow_and_update() {
            let notice = tokio::select! {
                notice = notices.recv() => notice,
                _ = stop.changed() => continue,
            };
            match notice {
                // Nobody else says anything.
                None => return,
                Some(Notice::Committed(last)) => shared.database.heard_of_commit(last),
                Some(Notice::Word(text)) => self.take_in_word(&text).await,
                Some(Notice::Missed) => {
                    // Those who follow look whether there is more than they know.
                    shared.open.send_modify(|_| {});
                    self.tell_others(&ServerMessage::WhoIsHere(shared.process))
                        .await;
                }
            }
        }
    }

    async fn take_in_word(&self, text: &str) {
        let shared = &self.0;
        // What cannot be read is a newer program's.
        match serde_json::from_str(text) {
            Ok(ServerMessage::Presence(process, message)) if process != shared.process => {
                shared.presence.take_in(message, false, Instant::now());
            }
            Ok(ServerMessage::Run(process, message)) if process != shared.process => {
                self.tell_here(Some(Arc::new(message.into())));
            }
            Ok(ServerMessage::WhoIsHere(process)) if process != shared.process => {
                shared.presence.expire(Instant::now());
                for message in shared.presence.own_reports() {
                    self.tell_others(&ServerMessage::Presence(shared.process, message))
                        .await;
                }
            }
            _ => {}
        }
    }

    async fn tell_others(&self, told: &ServerMessage) {
        let Ok(text) = serde_json::to_string(told) else {
            return;
        };
        if let Err(error) = self.0.database.say(&text).await {
            tracing::debug!(error = %chain(&error), "other servers were not told what happens here");
        }
    }

    /// Takes in what a page says somebody looks at, and tells the other servers.
    pub async fn say(&self, message: PresenceReport) {
        self.start();
        let now = Instant::now();
        self.0.presence.expire(now);
        self.0.presence.take_in(message.clone(), true, now);
        self.tell_others(&ServerMessage::Presence(self.0.process, message))
            .await;
    }
}
