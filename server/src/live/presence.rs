//! Presence (R33): which release or step each user is looking at, as their pages last reported. In memory only; a report expires after 30
//! seconds.
use app::domain::id::{CustomerId, ReleaseId, StepId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// How long a report is valid.
pub const PRESENT_FOR: Duration = Duration::from_secs(30);
/// The most entries that are kept.
const ENTRIES_MAX: usize = 5_000;

/// What a user is looking at, as a page reports it and servers pass it on to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceReport {
    /// The key of the user, by which streams are counted too.
    pub person: String,
    pub name: String,
    /// None if the user has left all pages of releases.
    pub release: Option<ReleaseId>,
    pub step: Option<StepId>,
    pub customer: Option<CustomerId>,
    /// The customer of the step or page, also if the report did not name it: who may not see that customer does not see the user there.
    pub of_customer: Option<CustomerId>,
    pub is_editing: bool,
    pub since: DateTime<Utc>,
}

impl PresenceReport {
    fn is_same(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.step, it.customer, it.is_editing);
        place(self) == place(other) && self.name == other.name
    }
}

/// A person at a release.
#[derive(Clone, Debug)]
struct PresenceEntry {
    report: PresenceReport,
    /// When it expires.
    until: Instant,
    /// Whether it was reported to this process, which then repeats it for new servers.
    is_own: bool,
}

/// The present users: one entry for each user and release.
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

    /// Stores a report; `is_own` if a page sent it to this process.
    pub fn take_in(&self, report: PresenceReport, is_own: bool, now: Instant) {
        let Some(release) = report.release else {
            return self.forget(&report.person);
        };
        let mut entries = self.entries();
        let key = (report.person.clone(), release);
        let until = now + PRESENT_FOR;
        let is_changed = if let Some(entry) = entries.get_mut(&key) {
            // `since` stays that of the first report.
            let is_known = entry.until > now && entry.report.is_same(&report);
            if !is_known {
                entry.report = report;
            }
            entry.until = until;
            entry.is_own = is_own;
            !is_known
        } else if entries.len() < ENTRIES_MAX {
            let entry = PresenceEntry {
                report,
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

    /// Removes a user who has left all pages of releases.
    pub fn forget(&self, person: &str) {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|_, it| it.report.person != person);
        let is_changed = entries.len() < before;
        drop(entries);
        self.tell(is_changed);
    }

    /// Removes expired reports. Returns when the next one expires.
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

    /// The reports that pages sent to this process and that are not expired.
    pub fn own_reports(&self) -> Vec<PresenceReport> {
        let entries = self.entries();
        let own = entries.values().filter(|it| it.is_own);
        own.map(|it| it.report.clone()).collect()
    }

    /// Everybody but this person, at one release or at all, in the order of names.
    pub fn others(&self, release: Option<ReleaseId>, person: &str) -> Vec<PresenceReport> {
        let entries = self.entries();
        let there = entries
            .iter()
            .filter(|((who, at), _)| who != person && release.is_none_or(|release| release == *at));
        let mut reports: Vec<PresenceReport> = there.map(|(_, it)| it.report.clone()).collect();
        reports.sort_by(|a, b| (&a.name, &a.person).cmp(&(&b.name, &b.person)));
        reports
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
    pub fn new(release_id: ReleaseId, reports: &[&'a PresenceReport]) -> Self {
        let person = |it: &&'a PresenceReport| PresentPerson {
            name: &it.name,
            step_id: it.step,
            customer_id: it.customer,
            editing: it.is_editing,
            since: it.since,
        };
        Self {
            release_id,
            people: reports.iter().map(person).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNE: ReleaseId = ReleaseId(6);

    fn report(name: &str, step: Option<i64>, second: i64) -> PresenceReport {
        PresenceReport {
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
            presence.take_in(report("Ben", step, second), true, now);
        }
        assert_eq!(steps(&presence), [("Ben".to_owned(), Some(17), 2)]);
        assert_eq!(*changes.borrow(), 2);
        presence.take_in(report("Ana", None, 4), false, now);
        let names: Vec<String> = steps(&presence).into_iter().map(|it| it.0).collect();
        assert_eq!(names, ["Ana", "Ben"]);
        assert_eq!(presence.others(None, "name Ben").len(), 1);
        assert_eq!(presence.others(Some(ReleaseId(7)), "name Ben").len(), 0);
        assert_eq!(presence.own_reports().len(), 1);
    }

    #[test]
    fn who_says_nothing_for_thirty_seconds_is_gone() {
        let (presence, now) = (Presence::default(), Instant::now());
        presence.take_in(report("Ana", None, 0), true, now);
        presence.take_in(report("Ben", None, 0), true, now + Duration::from_secs(10));
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
        presence.take_in(report("Ana", None, 0), true, now);
        let july = PresenceReport {
            release: Some(ReleaseId(7)),
            ..report("Ana", None, 0)
        };
        presence.take_in(july, true, now);
        let nowhere = PresenceReport {
            release: None,
            ..report("Ana", None, 0)
        };
        presence.take_in(nowhere, true, now);
        assert!(presence.others(None, "name Ben").is_empty());
    }
}
