//! The chain of the history (R89): each event's hash covers the event and the hash before it, so that no event can be
//! changed, left out or put in between without changing every later hash. What is hashed never changes, because people
//! keep hashes elsewhere to compare with.
use super::{
    canonical_json,
    event::{Event, EventAction},
    id::{EventId, ReleaseId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};

/// The previous hash of the first event, and the hash of a history without events.
pub const NONE_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Hexadecimal SHA-256 of a text, in small letters. Only the server can compute it.
pub type Digest = fn(&str) -> String;

/// An event and its hash, which proves this event and all before it. Written as `ID:HASH`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub id: EventId,
    pub hash: String,
}

impl Default for Head {
    /// Of a history without events.
    fn default() -> Self {
        Self {
            id: EventId(0),
            hash: NONE_BEFORE.to_owned(),
        }
    }
}

/// Whether a text is a SHA-256 as it is written here: 64 hexadecimal digits in small letters.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

impl FromStr for Head {
    type Err = &'static str;

    /// `41:9f86…`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write ID:HASH, the hash as 64 hexadecimal digits in small letters";
        let (id, hash) = text.split_once(':').ok_or(WRONG)?;
        let id = id.parse().map(EventId).map_err(|_| WRONG)?;
        let hash = hash.to_owned();
        // Only a history without events has the id 0.
        let is_none = id.0 == 0 && hash == NONE_BEFORE;
        if is_none || (id.0 > 0 && is_sha256(&hash)) {
            Ok(Self { id, hash })
        } else {
            Err(WRONG)
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id.0, self.hash)
    }
}

/// Writes the members of the hashed object, in the order of their names. One that is none is left out: a member that is
/// added later changes no earlier hash.
struct Members<'a> {
    out: &'a mut String,
    digest: Digest,
}

impl Members<'_> {
    fn name(&mut self, name: &str) {
        self.out.push(if self.out.is_empty() { '{' } else { ',' });
        canonical_json::write_text(self.out, name);
        self.out.push(':');
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(name);
            canonical_json::write_text(self.out, text);
        }
    }

    fn number(&mut self, name: &str, number: Option<i64>) {
        self.value(name, number.map(Value::from).as_ref());
    }

    /// Contents count by their SHA-256, at whatever depth.
    fn value(&mut self, name: &str, value: Option<&Value>) {
        let Some(value) = value.filter(|it| !it.is_null()) else {
            return;
        };
        self.name(name);
        let digest = self.digest;
        let text = |out: &mut String, name: &str, text: &str| {
            if name == "content" {
                canonical_json::write_text(out, &digest(text));
            } else {
                canonical_json::write_text(out, text);
            }
        };
        canonical_json::write(self.out, value, &text);
    }
}

/// The event as it is hashed: without its hashes, and with texts by their SHA-256 only.
pub fn canonical(event: &Event, digest: Digest) -> String {
    // A field that is added to events is added here, behind its name in the order of the others.
    let Event {
        id,
        batch_id,
        entity,
        entity_id,
        release_id,
        customer_id,
        action,
        actor,
        at,
        before,
        after,
        resolved_text: _,
        resolved_sha256,
        undoes,
        hash: _,
        previous_hash: _,
    } = event;
    let mut out = String::with_capacity(1_024);
    let at = at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let mut members = Members {
        out: &mut out,
        digest,
    };
    members.text("action", Some(action.as_str()));
    members.text("actor", Some(actor));
    members.value("after", after.as_ref());
    members.text("at", Some(&at));
    members.text("batchId", Some(&batch_id.0));
    members.value("before", before.as_ref());
    members.number("customerId", customer_id.map(|it| it.0));
    members.text("entity", Some(entity.as_str()));
    members.number("entityId", Some(*entity_id));
    members.number("id", Some(id.0));
    members.number("releaseId", release_id.map(|it| it.0));
    members.text("resolvedSha256", resolved_sha256.as_deref());
    members.text("undoes", undoes.as_ref().map(|it| it.0.as_str()));
    out.push('}');
    out
}

/// The hash of an event behind the one with `previous`.
pub fn hash(previous: &str, event: &Event, digest: Digest) -> String {
    digest(&format!("{previous}\n{}", canonical(event, digest)))
}

/// Where the chain is broken first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    NoHash(EventId),
    Changed(EventId),
    Gap(Option<EventId>, EventId),
    Import(EventId),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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

/// What the event of an import says of the events that came with one release. They have gaps, and no others may have: a
/// history that began with anything else than events of that release was not imported so, whatever its events say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedEvents {
    pub partial: bool,
    pub release: ReleaseId,
    pub events: u64,
    /// Of all their hashes, one folded into the other.
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
    /// Where the chain is broken first; what comes behind a break proves nothing.
    pub fn take(&mut self, event: &Event) -> Result<(), Break> {
        let broken = self.look_at(event).err();
        match broken {
            Some(broken) => Err(self.gap.take().unwrap_or(broken)),
            None => Ok(()),
        }
    }

    fn look_at(&mut self, event: &Event) -> Result<(), Break> {
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
    use crate::domain::{
        event::Entity,
        id::{BatchId, CustomerId},
    };
    use serde_json::json;

    // Good enough to tell texts apart: the domain has no SHA-256.
    fn digest(text: &str) -> String {
        let fold = |seed: u64| {
            text.bytes().fold(seed, |hash, it| {
                (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        [1, 2, 3, 4].map(|it| format!("{:016x}", fold(it))).concat()
    }

    fn event(id: i64) -> Event {
        Event {
            id: EventId(id),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 7,
            release_id: Some(ReleaseId(3)),
            customer_id: Some(CustomerId(5)),
            action: EventAction::Done,
            actor: "Ana \"A\"".into(),
            at: "2026-06-01T09:12:00.123456789Z".parse().unwrap(),
            before: None,
            after: Some(
                json!({ "status": "done", "notes": null, "own": [{ "content": "x", "id": 1 }] }),
            ),
            resolved_text: Some("echo".into()),
            resolved_sha256: Some("sha".into()),
            undoes: None,
            hash: None,
            previous_hash: None,
        }
    }

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
    fn what_is_hashed_is_written_down_here_and_never_changes() {
        let x = digest("x");
        let expected = format!(
            "{{\"action\":\"done\",\"actor\":\"Ana \\\"A\\\"\",\
             \"after\":{{\"notes\":null,\"own\":[{{\"content\":\"{x}\",\"id\":1}}],\"status\":\"done\"}},\
             \"at\":\"2026-06-01T09:12:00.123456Z\",\"batchId\":\"b\",\"customerId\":5,\"entity\":\"step\",\"entityId\":7,\
             \"id\":1,\"releaseId\":3,\"resolvedSha256\":\"sha\"}}"
        );
        assert_eq!(canonical(&event(1), digest), expected);
    }

    #[test]
    fn a_head_is_an_id_and_a_hash() {
        let text = format!("41:{}", "a0".repeat(32));
        assert_eq!(text.parse::<Head>().unwrap().to_string(), text);
        for wrong in ["", "41", "41:", "0:a", "x:a"] {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
        assert!(format!("41:{}", "A0".repeat(32)).parse::<Head>().is_err());
        assert!(format!("0:{}", "a0".repeat(32)).parse::<Head>().is_err());
        let none = Head::default().to_string();
        assert_eq!(none.parse::<Head>().unwrap(), Head::default());
        assert!(none.replace("0:", "1:").parse::<Head>().is_ok());
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
        assert_eq!(walk(&added), Err(Break::Gap(None, EventId(3))));
        let mut other = imported(&[0, 1]);
        other.insert(2, chained(1..=9, NONE_BEFORE)[2].clone());
        assert!(walk(&other).is_err());
        // Without the import's event they are gaps like any others.
        let mut bare = imported(&[2, 7]);
        bare.truncate(2);
        assert_eq!(walk(&bare), Err(Break::Gap(None, EventId(3))));
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
