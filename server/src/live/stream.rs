//! One client's stream of server-sent events. It is asked for the next event only when the connection takes more, and has no queue:
//! a position in the ring is all that it keeps.
use super::{
    Live, RingAnswer, StreamSlot, jitter,
    presence::{PresenceMessage, PresenceReport},
    runs::{self, OutputMessage, RunMessage, RunNews},
};
use app::{
    api::context,
    domain::{
        committed::CommittedEvent,
        id::{CustomerId, ReleaseId},
    },
    store::{Store, error::StoreError, runs::notices::RunNotice},
};
use axum::{
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    time::Duration,
};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Instant, sleep_until},
};

/// Between two comments of a stream that has nothing to say: proxies give up on a silent connection after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a stream lives, without its jitter.
const LIFETIME: Duration = Duration::from_mins(15);
const LIFETIME_JITTER: Duration = Duration::from_mins(1);
/// How often it is asked whether the caller still has its rights, beside when an event says that they changed.
const RIGHTS_INTERVAL: Duration = Duration::from_secs(4);
/// Clients come back after a second, and are spread over five.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_JITTER: Duration = Duration::from_secs(4);

/// Where a client goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// It is new.
    Now,
    /// It has everything up to this event.
    After(i64),
    /// It said something that cannot be read.
    Unreadable,
}

/// What one stream knows.
struct ChangeStream {
    live: Live,
    /// That of the caller, with its rights of now.
    store: Store,
    release: Option<ReleaseId>,
    person: String,
    /// The last event that was told, or that the caller does not see.
    position: i64,
    /// What is to be sent next.
    ready: VecDeque<Event>,
    /// Who is here, as it was told: the JSON by release.
    present: BTreeMap<ReleaseId, String>,
    told: watch::Receiver<i64>,
    presence: watch::Receiver<u64>,
    runs: broadcast::Receiver<RunNews>,
    stop: watch::Receiver<bool>,
    ends_at: Instant,
    rights_at: Instant,
    /// Whether who is here has to be told anew.
    is_presence_due: bool,
    is_over: bool,
    _slot: StreamSlot,
}

/// An event with JSON.
fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(data)
}

fn retry() -> Duration {
    RETRY + jitter(RETRY_JITTER)
}

/// The response: the stream of what the caller sees, of one release or of all.
pub async fn respond(
    live: &Live,
    store: Store,
    slot: StreamSlot,
    release: Option<ReleaseId>,
    resume: Resume,
) -> Result<Response, StoreError> {
    let now = Instant::now();
    let (told, presence) = (live.hear(), live.0.presence.follow());
    let runs = live.follow_runs();
    let last = live.advance().await?;
    let position = match resume {
        Resume::Now => last,
        Resume::After(position) => position,
        // Before everything: if that cannot be told from there, it gets a reset.
        Resume::Unreadable => -1,
    };
    let hello = json!({ "last": last, "version": env!("CARGO_PKG_VERSION") });
    let hello = event("hello", &hello).id(position.max(0).to_string());
    let stream = ChangeStream {
        live: live.clone(),
        person: store.caller().person(),
        // It outlives the request.
        store: store.arrived_at(None),
        release,
        position,
        ready: VecDeque::from([hello.retry(retry())]),
        present: BTreeMap::new(),
        told,
        presence,
        runs,
        stop: live.0.stop.subscribe(),
        ends_at: now + LIFETIME + jitter(LIFETIME_JITTER),
        rights_at: now + RIGHTS_INTERVAL,
        is_presence_due: true,
        is_over: false,
        _slot: slot,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    // Who polls once more after the end gets nothing again.
    let events = stream::unfold(stream, ChangeStream::next).fuse();
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // nginx would gather events until its buffer is full.
    response.headers_mut().insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

impl ChangeStream {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.is_over {
                return None;
            }
            self.advance().await;
        }
    }

    /// Makes something ready, or waits until there may be something.
    async fn advance(&mut self) {
        let now = Instant::now();
        if *self.stop.borrow() || now >= self.ends_at {
            return self.end();
        }
        if now >= self.rights_at {
            self.renew_rights().await;
            if self.is_over || !self.ready.is_empty() {
                return;
            }
        }
        // Seen before the ring is looked at, so that nothing falls between the two.
        self.told.borrow_and_update();
        let batches = match self.live.after(self.position) {
            RingAnswer::Unknown => return self.reset(),
            RingAnswer::Batches(batches) => batches,
        };
        if let Some(newest) = batches.last() {
            let is_about_rights = batches
                .iter()
                .any(|it| it.events.iter().any(CommittedEvent::is_about_rights));
            if is_about_rights {
                self.renew_rights().await;
                if self.is_over || !self.ready.is_empty() {
                    return;
                }
            }
            let Ok(seen) = self.store.seen_batches(&batches, self.release).await else {
                return self.end();
            };
            for batch in seen {
                let id = batch.last.0.to_string();
                let event = Event::default().event("change").data(batch.json());
                self.ready.push_back(event.id(id));
            }
            self.position = newest.last.0;
            return;
        }
        self.is_presence_due |= self.presence.has_changed().unwrap_or_default();
        if self.is_presence_due {
            self.presence.borrow_and_update();
            self.is_presence_due = false;
            if self.tell_presence().await.is_err() {
                self.end();
            }
            return;
        }
        let heard = tokio::select! {
            heard = self.runs.recv() => heard,
            _ = self.told.changed() => return,
            _ = self.presence.changed() => {
                self.is_presence_due = true;
                return;
            }
            _ = self.stop.changed() => return,
            () = sleep_until(self.ends_at.min(self.rights_at)) => return,
        };
        match heard {
            Ok(Some(notice)) => {
                if self.tell_run(&notice).await.is_err() {
                    self.end();
                }
            }
            Ok(None) | Err(RecvError::Lagged(_)) => self.reset(),
            Err(RecvError::Closed) => self.end(),
        }
    }

    /// Makes ready what the caller sees of a run. Its output, and that there is more of it, is told to streams of its release only.
    async fn tell_run(&mut self, notice: &RunNotice) -> Result<(), StoreError> {
        let is_wanted = match self.release {
            Some(release) => release == notice.release,
            None => !runs::is_of_output(notice),
        };
        let place = [(notice.release, Some(notice.customer))];
        if !is_wanted || self.store.sees_places(&place).await? != [true] {
            return Ok(());
        }
        if self.release.is_some() && !notice.chunks.is_empty() {
            let output = event("run-output", &OutputMessage::from(notice));
            self.ready.push_back(output);
        }
        let run = event("run", &RunMessage::from(notice));
        self.ready.push_back(run);
        Ok(())
    }

    /// The last event: where to go on from, and when.
    fn end(&mut self) {
        self.is_over = true;
        let last = Event::default().id(self.position.max(0).to_string());
        self.ready.push_back(last.retry(retry()));
    }

    /// What was missed cannot be told.
    fn reset(&mut self) {
        let last = self.live.end();
        self.position = last;
        let event = event("reset", &json!({ "last": last })).id(last.to_string());
        self.ready.push_back(event);
    }

    /// Asks again what the caller may do. A session that is over ends the stream; with another scope the page reads anew.
    async fn renew_rights(&mut self) {
        self.rights_at = Instant::now() + RIGHTS_INTERVAL;
        let Ok(Some(store)) = self.store.renewed(context::now()).await else {
            return self.end();
        };
        let (before, now) = (self.store.caller(), store.caller());
        let is_same = (before.role, &before.scope) == (now.role, &now.scope);
        self.store = store;
        if !is_same {
            self.is_presence_due = true;
            self.reset();
        }
    }

    /// Makes ready who else is here, for each release where that is another than was told.
    async fn tell_presence(&mut self) -> Result<(), StoreError> {
        let reports = self.live.0.presence.others(self.release, &self.person);
        let places: Vec<(ReleaseId, Option<CustomerId>)> = reports
            .iter()
            .filter_map(|it| Some((it.release?, it.of_customer)))
            .collect();
        let sees = self.store.sees_places(&places).await?;
        let mut present: BTreeMap<ReleaseId, Vec<&PresenceReport>> = BTreeMap::new();
        // Who left is told by an empty list.
        for release in self.present.keys() {
            present.insert(*release, Vec::new());
        }
        for ((report, (release, _)), _) in reports.iter().zip(&places).zip(sees).filter(|it| it.1) {
            present.entry(*release).or_default().push(report);
        }
        for (release, reports) in present {
            let message = PresenceMessage::new(release, &reports);
            let text = serde_json::to_string(&message).unwrap_or_default();
            if self.present.get(&release) == Some(&text) {
                continue;
            }
            let event = Event::default().event("presence").data(&text);
            self.ready.push_back(event);
            if reports.is_empty() {
                self.present.remove(&release);
            } else {
                self.present.insert(release, text);
            }
        }
        Ok(())
    }
}
