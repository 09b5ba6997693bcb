//! Walks the chain of the history (R89) from its first event on, and names where it is broken first. The only gaps that it
//! accepts are those of an imported release, whose other events are left out.
use super::{
    event::{Event, EventAction},
    history_chain::{Digest, Head, NONE_BEFORE, hash},
    id::{EventId, ReleaseId},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the chain is broken first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// Ids count from 1.
    Id(EventId),
    NoHash(EventId),
    Changed(EventId),
    Gap(Option<EventId>, EventId),
    Import(EventId),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(event) => write!(
                f,
                "event {} was added by hand: events count from 1",
                event.0
            ),
            Self::NoHash(event) => write!(f, "event {} has no hash", event.0),
            Self::Changed(event) => write!(f, "event {} is not what was written", event.0),
            Self::Gap(None, event) => {
                write!(f, "event {} is not the first that was written", event.0)
            }
            Self::Gap(Some(before), event) => write!(
                f,
                "event {} does not follow event {}: something was removed, added or put elsewhere",
                event.0, before.0
            ),
            Self::Import(event) => write!(
                f,
                "the events before event {} are not those that it says were imported",
                event.0
            ),
        }
    }
}

/// The part of an import's event that describes the events of an imported release. Only these may have gaps: a history that
/// begins with other events was not imported in this way, even if an event claims so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedEvents {
    /// True: not the whole history was imported.
    pub partial: bool,
    pub release: ReleaseId,
    /// The number of events that came.
    pub events: u64,
    /// A SHA-256 over the hashes of all these events, in order.
    pub events_sha256: String,
}

/// Walks the history from its first event on.
pub struct Walk {
    digest: Digest,
    last: Option<Head>,
    n_events: u64,
    folded: String,
    /// The release of the first event, and whether all are of it.
    release: Option<ReleaseId>,
    is_mixed: bool,
    /// The first gap so far: allowed if the event of a partial import comes.
    gap: Option<Break>,
    /// Whether that came, so that there may be no gaps any more.
    is_imported: bool,
}

impl Walk {
    /// Before the first event.
    pub fn new(digest: Digest) -> Self {
        Self {
            digest,
            last: None,
            n_events: 0,
            folded: NONE_BEFORE.to_owned(),
            release: None,
            is_mixed: false,
            gap: None,
            is_imported: false,
        }
    }

    /// The newest event so far.
    pub fn last(&self) -> Option<&Head> {
        self.last.as_ref()
    }

    /// What the event of their import says of the events so far, which are those of a release.
    pub fn imported(&self, release: ReleaseId) -> ImportedEvents {
        ImportedEvents {
            partial: true,
            release,
            events: self.n_events,
            events_sha256: self.folded.clone(),
        }
    }

    /// The next event, by id.
    ///
    /// # Errors
    /// Where the chain is broken first; what comes behind a break proves nothing. Among events of one release, which may
    /// have gaps, that is the first event that is wrong by itself.
    pub fn take(&mut self, event: &Event) -> Result<(), Break> {
        let Err(broken) = self.look_at(event) else {
            return Ok(());
        };
        Err(self.broken().cloned().unwrap_or(broken))
    }

    /// The first break so far, whatever comes: a gap among events that may have none, because not all are of one release.
    pub fn broken(&self) -> Option<&Break> {
        self.gap.as_ref().filter(|_| self.is_mixed)
    }

    fn look_at(&mut self, event: &Event) -> Result<(), Break> {
        if event.id.0 < 1 {
            return Err(Break::Id(event.id));
        }
        let (Some(own), Some(previous)) = (&event.hash, &event.previous_hash) else {
            return Err(Break::NoHash(event.id));
        };
        if *own != hash(previous, event, self.digest) {
            return Err(Break::Changed(event.id));
        }
        let import = imported_events(event).filter(|_| !self.is_imported);
        let expected = self.last.as_ref().map_or(NONE_BEFORE, |it| &it.hash);
        if previous != expected {
            let before = self.last.as_ref().map(|it| it.id);
            let gap = Break::Gap(before, event.id);
            let is_next = before.map_or(0, |it| it.0) + 1 == event.id.0;
            // Only the imported ones have gaps: not the event of the import itself, and none behind it.
            if is_next || self.is_imported || import.is_some() {
                return Err(gap);
            }
            self.gap.get_or_insert(gap);
        }
        if let Some(said) = import {
            let is_of_it = self.n_events == 0 || self.release == Some(said.release);
            if self.is_mixed || !is_of_it || said != self.imported(said.release) {
                return Err(Break::Import(event.id));
            }
            self.gap = None;
            self.is_imported = true;
        }
        if self.n_events == 0 {
            self.release = event.release_id;
        }
        self.is_mixed |= event.release_id.is_none() || event.release_id != self.release;
        self.n_events += 1;
        self.folded = (self.digest)(&format!("{}\n{own}", self.folded));
        self.last = Some(Head {
            id: event.id,
            hash: own.clone(),
        });
        Ok(())
    }

    /// After the last event.
    ///
    /// # Errors
    /// A gap that no import explains.
    pub fn finish(self) -> Result<(), Break> {
        self.gap.map_or(Ok(()), Err)
    }
}

fn imported_events(event: &Event) -> Option<ImportedEvents> {
    if event.action != EventAction::Import {
        return None;
    }
    let said: ImportedEvents = serde_json::from_value(event.after.clone()?).ok()?;
    said.partial.then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history_chain::tests::{digest, event};

    /// Events with these ids, chained.
    fn chained(ids: impl IntoIterator<Item = i64>, previous: &str) -> Vec<Event> {
        let mut previous = previous.to_owned();
        ids.into_iter()
            .map(|id| {
                let mut it = event(id);
                let own = hash(&previous, &it, digest);
                it.previous_hash = Some(std::mem::replace(&mut previous, own.clone()));
                it.hash = Some(own);
                it
            })
            .collect()
    }

    fn walk(events: &[Event]) -> Result<(), Break> {
        let mut walk = Walk::new(digest);
        events.iter().try_for_each(|it| walk.take(it))?;
        walk.finish()
    }

    #[test]
    fn an_event_that_was_changed_removed_added_or_moved_is_the_first_break() {
        let good = chained(1..=9, NONE_BEFORE);
        assert_eq!(walk(&good), Ok(()));
        let mut changed = good.clone();
        changed[4].actor = "Eve".into();
        assert_eq!(walk(&changed), Err(Break::Changed(EventId(5))));
        let mut removed = good.clone();
        removed.remove(4);
        let gap = Break::Gap(Some(EventId(4)), EventId(6));
        assert_eq!(walk(&removed), Err(gap));
        let mut first = good.clone();
        first.remove(0);
        assert_eq!(walk(&first), Err(Break::Gap(None, EventId(2))));
        let mut added = good.clone();
        added[4] = chained([5], "ab").remove(0);
        let gap = Break::Gap(Some(EventId(4)), EventId(5));
        assert_eq!(walk(&added), Err(gap));
        let mut bare = good.clone();
        bare[4].hash = None;
        assert_eq!(walk(&bare), Err(Break::NoHash(EventId(5))));
    }

    #[test]
    fn an_event_whose_id_is_not_above_0_is_a_break_though_its_hashes_are_right() {
        for id in [i64::MIN, -1, 0] {
            let broken = walk(&chained([id, 1, 2], NONE_BEFORE)).unwrap_err();
            assert_eq!(broken, Break::Id(EventId(id)));
            assert!(broken.to_string().starts_with(&format!("event {id} ")));
        }
    }

    /// Some events of a longer history, the event of their import, and work behind it.
    fn imported(kept: &[usize]) -> Vec<Event> {
        let whole = chained(1..=9, NONE_BEFORE);
        let mut events: Vec<Event> = kept.iter().map(|it| whole[*it].clone()).collect();
        let mut walk = Walk::new(digest);
        events.iter().for_each(|it| walk.take(it).unwrap());
        let mut import = event(10);
        import.action = EventAction::Import;
        import.release_id = None;
        import.after = serde_json::to_value(walk.imported(ReleaseId(3))).ok();
        let previous = walk.last().map_or(NONE_BEFORE, |it| &it.hash);
        import.hash = Some(hash(previous, &import, digest));
        import.previous_hash = Some(previous.to_owned());
        let own = import.hash.clone().unwrap();
        events.push(import);
        events.extend(chained(11..=13, &own));
        events
    }

    #[test]
    fn only_the_gaps_of_a_partial_import_are_allowed() {
        for kept in [&[][..], &[0, 1], &[2, 3, 7], &[8]] {
            let good = imported(kept);
            assert_eq!(walk(&good), Ok(()), "{kept:?}");
            for at in 0..good.len() - 1 {
                let mut less = good.clone();
                less.remove(at);
                assert!(walk(&less).is_err(), "{kept:?} without {at}");
            }
        }
        let mut added = imported(&[2, 7]);
        added.insert(1, chained(1..=9, NONE_BEFORE)[4].clone());
        assert_eq!(walk(&added), Err(Break::Import(EventId(10))));
        let mut other = imported(&[0, 1]);
        other.insert(2, chained(1..=9, NONE_BEFORE)[2].clone());
        assert!(walk(&other).is_err());
        // Without the import's event they are gaps like any others.
        let mut bare = imported(&[2, 7]);
        bare.truncate(2);
        assert_eq!(walk(&bare), Err(Break::Gap(None, EventId(3))));
    }

    #[test]
    fn in_an_imported_release_the_first_event_that_is_wrong_by_itself_is_named() {
        let good = imported(&[2, 3, 7]);
        // The three events, and that of their import.
        for at in 0..4 {
            let mut changed = good.clone();
            changed[at].actor = "Eve".into();
            assert_eq!(walk(&changed), Err(Break::Changed(changed[at].id)));
            changed[at].hash = None;
            assert_eq!(walk(&changed), Err(Break::NoHash(changed[at].id)));
        }
        // One in the middle is missing: only the import tells.
        let mut removed = good.clone();
        removed.remove(1);
        assert_eq!(walk(&removed), Err(Break::Import(EventId(10))));
        // With a hash of its own making it does not follow the one before it.
        let mut forged = good;
        forged[1] = chained([4], NONE_BEFORE).remove(0);
        let gap = Break::Gap(Some(EventId(3)), EventId(4));
        assert_eq!(walk(&forged), Err(gap));
    }

    #[test]
    fn an_import_that_is_made_up_hides_no_gap() {
        // A history that began with something else than the release: a cluster, as every one does.
        let mut events = chained(1..=9, NONE_BEFORE);
        let mut previous = NONE_BEFORE.to_owned();
        for event in &mut events {
            event.release_id = event.release_id.filter(|_| event.id.0 > 1);
            event.previous_hash = Some(previous.clone());
            previous = hash(&previous, event, digest);
            event.hash = Some(previous.clone());
        }
        assert_eq!(walk(&events), Ok(()));
        events.remove(4);
        let mut walked = Walk::new(digest);
        events.iter().for_each(|it| walked.take(it).unwrap());
        let last = walked.last().unwrap().hash.clone();
        let mut made_up = event(10);
        made_up.action = EventAction::Import;
        made_up.after = serde_json::to_value(walked.imported(ReleaseId(3))).ok();
        made_up.hash = Some(hash(&last, &made_up, digest));
        made_up.previous_hash = Some(last);
        events.push(made_up);
        let gap = Break::Gap(Some(EventId(4)), EventId(6));
        assert_eq!(walk(&events), Err(gap));
    }
}
