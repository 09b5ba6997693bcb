//! Follows the stream of changes of a release (R31), and reads an answer anew after each of them. A stream that ends or breaks is
//! opened again, from where it was.
use crate::{cli::remote::RemoteServer, ops::failure::Failure};
use reqwest::Response;
use serde_json::Value;
use std::{mem, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

/// So long the server may be away until it counts as gone.
const AWAY_MAX: Duration = Duration::from_secs(30);
/// Until the stream is opened again, unless the server says how long.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(5);
/// The server says something every 20 seconds, so a stream that is silent for longer is broken.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// Between two readings of the answer: changes that come meanwhile are read together.
const READ_INTERVAL: Duration = Duration::from_millis(250);

/// What was read last, and how it stands with the stream.
#[derive(Clone, Debug, Default)]
pub struct FollowedAnswer {
    /// None before the first reading.
    pub answer: Option<Arc<Value>>,
    /// Whether the stream is open.
    pub is_live: bool,
    /// Why it is given up: the server was away for too long, or says no.
    pub gone: Option<String>,
}

/// Follows this release, and reads this path after each change, until the receiver is dropped.
pub fn follow(
    server: &RemoteServer,
    release: i64,
    path: String,
) -> watch::Receiver<FollowedAnswer> {
    let (answers, receiver) = watch::channel(FollowedAnswer::default());
    let follower = ChangeFollower {
        server: server.clone(),
        stream: format!("/api/events?release={release}"),
        path,
        answers,
        last: None,
        retry: RETRY,
    };
    tokio::spawn(follower.run());
    receiver
}

struct ChangeFollower {
    server: RemoteServer,
    /// The paths of the stream, and of what is read.
    stream: String,
    path: String,
    answers: watch::Sender<FollowedAnswer>,
    /// The id of the last event.
    last: Option<String>,
    retry: Duration,
}

impl ChangeFollower {
    async fn run(mut self) {
        let mut seen_at = Instant::now();
        let mut wait = RETRY;
        while !self.answers.is_closed() {
            let last = self.last.clone();
            let opened = self.server.open_stream(&self.stream, last.as_deref()).await;
            let failure = match opened {
                Ok(Ok(answer)) => {
                    let end = self.read(answer).await;
                    if end.has_read {
                        (seen_at, wait) = (Instant::now(), self.retry);
                    }
                    let silent =
                        || Failure::Refused("the stream of changes says nothing".to_owned());
                    end.failure.or_else(|| (!end.has_read).then(silent))
                }
                Ok(Err(refusal)) => {
                    let is_final = refusal.status < 500 && refusal.status != 429;
                    let refusal = Failure::from(refusal);
                    if is_final {
                        return self.give_up(&refusal);
                    }
                    Some(refusal)
                }
                Err(no_answer) => Some(no_answer),
            };
            self.answers.send_modify(|it| it.is_live = false);
            if let Some(failure) = failure.filter(|_| seen_at.elapsed() >= AWAY_MAX) {
                return self.give_up(&failure);
            }
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    fn give_up(&self, failure: &Failure) {
        let gone = Some(failure.to_string());
        self.answers.send_modify(|it| it.gone = gone);
    }

    /// Reads the stream to its end, and the answer whenever something changed.
    async fn read(&mut self, mut stream: Response) -> StreamEnd {
        let mut end = StreamEnd::default();
        let mut parser = EventParser::default();
        while let Ok(Ok(Some(bytes))) = timeout(SILENCE_MAX, stream.chunk()).await {
            let mut is_changed = false;
            for event in parser.push(&bytes) {
                is_changed |= matches!(event.name.as_str(), "hello" | "change" | "reset");
                self.last = event.id.or(self.last.take());
                if let Some(retry) = event.retry {
                    self.retry = Duration::from_millis(retry).min(RETRY_MAX);
                }
            }
            if !is_changed {
                continue;
            }
            match self.server.get(&self.path).await {
                Ok(answer) => {
                    end.has_read = true;
                    let answer = Some(Arc::new(answer));
                    self.answers.send_modify(|it| {
                        it.answer = answer;
                        it.is_live = true;
                    });
                }
                // The stream is opened anew, and begins with a word that has it read again.
                Err(failure) => {
                    end.failure = Some(failure);
                    break;
                }
            }
            sleep(READ_INTERVAL).await;
        }
        end
    }
}

/// How a stream went.
#[derive(Debug, Default)]
struct StreamEnd {
    /// Whether the answer was read at least once.
    has_read: bool,
    /// Why it could not be read at last.
    failure: Option<Failure>,
}

/// An event of the stream. Its data is not looked at: the answer is read anew.
#[derive(Debug, Default, PartialEq, Eq)]
struct SentEvent {
    name: String,
    id: Option<String>,
    /// In milliseconds.
    retry: Option<u64>,
}

/// Takes server-sent events out of bytes as they arrive.
#[derive(Debug, Default)]
struct EventParser {
    line: Vec<u8>,
    event: SentEvent,
    has_fields: bool,
}

impl EventParser {
    fn push(&mut self, bytes: &[u8]) -> Vec<SentEvent> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r');
            if !line.is_empty() {
                self.field(line);
            } else if mem::take(&mut self.has_fields) {
                events.push(mem::take(&mut self.event));
            }
        }
        events
    }

    fn field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.event.id = Some(value.to_owned()),
            "retry" => self.event.retry = value.parse().ok(),
            "data" => {}
            // A comment, or what a later server may add.
            _ => return,
        }
        self.has_fields = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_wherever_their_bytes_are_cut() {
        let text = "event: hello\ndata: {\"last\":3}\nid: 3\nretry: 1200\n\n: still here\n\nevent:change\r\ndata: {}\r\nid: 4\r\n\r\n";
        let expected = [
            SentEvent {
                name: "hello".to_owned(),
                id: Some("3".to_owned()),
                retry: Some(1_200),
            },
            SentEvent {
                name: "change".to_owned(),
                id: Some("4".to_owned()),
                retry: None,
            },
        ];
        for size in 1..text.len() {
            let mut parser = EventParser::default();
            let parts = text.as_bytes().chunks(size);
            let events: Vec<SentEvent> = parts.flat_map(|it| parser.push(it)).collect();
            assert_eq!(events, expected, "{size}");
        }
    }
}
