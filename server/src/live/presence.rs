//! Who is here (R33): what each person looks at, by the last word of their pages. In memory only; a word counts for 30 seconds.
use app::domain::id::{CustomerId, ReleaseId, StepId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How long a word counts.
pub const PRESENT_FOR: Duration = Duration::from_secs(30);
/// The most entries that are kept.
const ENTRIES_MAX: usize = 5_000;

/// What somebody looks at, as a page says it and servers tell each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceWord {
    /// The person, as streams are counted by it.
    pub person: String,
    pub name: String,
    /// None: nowhere any more.
    pub release: Option<ReleaseId>,
    pub step: Option<StepId>,
    pub customer: Option<CustomerId>,
    /// Whose step or page it is, said or not: who may not see that customer does not see the person there.
    pub of_customer: Option<CustomerId>,
    pub is_editing: bool,
    pub since: DateTime<Utc>,
}

impl PresenceWord {
    fn is_same(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.step, it.customer, it.is_editing);
        place(self) == place(other) && self.name == other.name
    }
}

/// A person at a release.
#[derive(Clone, Debug)]
struct PresenceEntry {
    word: PresenceWord,
    /// Until when it counts.
    until: Instant,
    /// Whether it was said to this process: then it answers for it.
    is_own: bool,
}

/// Everybody who is here: one entry a person and release.
#[derive(Debug)]
pub struct Presence {
    entries: Mutex<HashMap<(String, ReleaseId), PresenceEntry>>,
    /// Counts up with each change.
    version: watch::Sender<u64>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            version: watch::Sender::new(0),
        }
    }
}

impl Presence {
    /// Wakes when somebody came, went, or looks at something else.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<(String, ReleaseId), PresenceEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, is_changed: bool) {
        if is_changed {
            self.version.send_modify(|it| *it += 1);
        }
    }

    /// Takes in a word; `is_own` if it was said to this process.
    pub fn take_in(&self, word: PresenceWord, is_own: bool, now: Instant) {
        let Some(release) = word.release else {
            return self.forget(&word.person);
        };
        let mut entries = self.entries();
        let key = (word.person.clone(), release);
        let until = now + PRESENT_FOR;
        let is_changed = if let Some(entry) = entries.get_mut(&key) {
            // It is there since it first said so.
            let is_known = entry.until > now && entry.word.is_same(&word);
            if !is_known {
                entry.word = word;
            }
            entry.until = until;
            entry.is_own = is_own;
            !is_known
        } else if entries.len() < ENTRIES_MAX {
            let entry = PresenceEntry {
                word,
                until,
                is_own,
            };
            entries.insert(key, entry);
            true
        } else {
            false
        };
        drop(entries);
        self.tell(is_changed);
    }

    /// Forgets a person, who is nowhere any more.
    pub fn forget(&self, person: &str) {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|_, it| it.word.person != person);
        let is_changed = entries.len() < before;
        drop(entries);
        self.tell(is_changed);
    }

    /// Forgets whose last word is too old; when the next one will be.
    pub fn expire(&self, now: Instant) -> Option<Instant> {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|_, it| it.until > now);
        let is_changed = entries.len() < before;
        let next = entries.values().map(|it| it.until).min();
        drop(entries);
        self.tell(is_changed);
        next
    }

    /// The words that were said to this process and still count.
    pub fn own_words(&self) -> Vec<PresenceWord> {
        let entries = self.entries();
        let own = entries.values().filter(|it| it.is_own);
        own.map(|it| it.word.clone()).collect()
    }

    /// Everybody but this person, at one release or at all, in the order of names.
    pub fn others(&self, release: Option<ReleaseId>, person: &str) -> Vec<PresenceWord> {
        let entries = self.entries();
        let there = entries
            .iter()
            .filter(|((who, at), _)| who != person && release.is_none_or(|release| release == *at));
        let mut words: Vec<PresenceWord> = there.map(|(_, it)| it.word.clone()).collect();
        words.sort_by(|a, b| (&a.name, &a.person).cmp(&(&b.name, &b.person)));
        words
    }
}

/// A person, as the stream tells it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PresentPerson<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_id: Option<StepId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    editing: bool,
    since: DateTime<Utc>,
}

/// Who else is at a release, as the stream tells it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceMessage<'a> {
    release_id: ReleaseId,
    people: Vec<PresentPerson<'a>>,
}

impl<'a> PresenceMessage<'a> {
    pub fn new(release_id: ReleaseId, words: &[&'a PresenceWord]) -> Self {
        let person = |it: &&'a PresenceWord| PresentPerson {
            name: &it.name,
            step_id: it.step,
            customer_id: it.customer,
            editing: it.is_editing,
            since: it.since,
        };
        Self {
            release_id,
            people: words.iter().map(person).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNE: ReleaseId = ReleaseId(6);

    fn word(name: &str, step: Option<i64>, second: i64) -> PresenceWord {
        PresenceWord {
            person: format!("name {name}"),
            name: name.to_owned(),
            release: Some(JUNE),
            step: step.map(StepId),
            customer: None,
            of_customer: None,
            is_editing: false,
            since: DateTime::from_timestamp(second, 0).unwrap(),
        }
    }

    fn steps(presence: &Presence) -> Vec<(String, Option<i64>, i64)> {
        let others = presence.others(Some(JUNE), "name Nobody").into_iter();
        let shown = others.map(|it| (it.name, it.step.map(|it| it.0), it.since.timestamp()));
        shown.collect()
    }

    #[test]
    fn the_latest_word_of_a_person_counts_and_says_since_when() {
        let (presence, now) = (Presence::default(), Instant::now());
        let changes = presence.follow();
        for (step, second) in [(None, 1), (Some(17), 2), (Some(17), 3)] {
            presence.take_in(word("Ben", step, second), true, now);
        }
        assert_eq!(steps(&presence), [("Ben".to_owned(), Some(17), 2)]);
        assert_eq!(*changes.borrow(), 2);
        presence.take_in(word("Ana", None, 4), false, now);
        let names: Vec<String> = steps(&presence).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["Ana", "Ben"]);
        assert_eq!(presence.others(None, "name Ben").len(), 1);
        assert_eq!(presence.others(Some(ReleaseId(7)), "name Ben").len(), 0);
        assert_eq!(presence.own_words().len(), 1);
    }

    #[test]
    fn who_says_nothing_for_thirty_seconds_is_gone() {
        let (presence, now) = (Presence::default(), Instant::now());
        presence.take_in(word("Ana", None, 0), true, now);
        presence.take_in(word("Ben", None, 0), true, now + Duration::from_secs(10));
        let changes = presence.follow();
        let next = presence.expire(now + Duration::from_secs(29));
        assert_eq!((next, *changes.borrow()), (Some(now + PRESENT_FOR), 2));
        presence.expire(now + PRESENT_FOR);
        assert_eq!(steps(&presence), [("Ben".to_owned(), None, 0)]);
        assert_eq!(presence.expire(now + PRESENT_FOR * 2), None);
        assert_eq!(*changes.borrow(), 4);
    }

    #[test]
    fn who_goes_nowhere_is_gone_from_every_release() {
        let (presence, now) = (Presence::default(), Instant::now());
        presence.take_in(word("Ana", None, 0), true, now);
        let july = PresenceWord {
            release: Some(ReleaseId(7)),
            ..word("Ana", None, 0)
        };
        presence.take_in(july, true, now);
        let nowhere = PresenceWord {
            release: None,
            ..word("Ana", None, 0)
        };
        presence.take_in(nowhere, true, now);
        assert!(presence.others(None, "name Ben").is_empty());
    }
}
