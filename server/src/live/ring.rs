//! Ring buffer of the newest committed batches, shared by all event streams of this process. A stream has only a position: a client
//! that reads slowly costs nothing, and one that falls behind the buffer has to read anew.
use app::{domain::committed::CommittedBatch, store::views::committed_batches::CommittedSince};
use std::{collections::VecDeque, sync::Arc};

/// Batches that are kept.
const BATCHES_MAX: usize = 1_000;
/// Events of all of them.
const EVENTS_MAX: usize = 20_000;
/// Batches that a stream takes at once.
const TAKEN_MAX: usize = 50;

/// The batches after `start` up to `end`, which are ids of events.
#[derive(Debug, Default)]
pub struct Ring {
    start: i64,
    end: i64,
    batches: VecDeque<Arc<CommittedBatch>>,
    n_events: usize,
    is_filled: bool,
}

/// What follows a position.
#[derive(Debug, PartialEq, Eq)]
pub enum RingAnswer {
    /// The next batches, and the position after them; without batches it is the end.
    Batches(Vec<Arc<CommittedBatch>>),
    /// It cannot be told.
    Unknown,
}

impl Ring {
    /// The last event that is known; none before the first was read.
    pub fn end(&self) -> Option<i64> {
        self.is_filled.then_some(self.end)
    }

    /// Adds what was read after `end`. What does not follow it without a gap takes its place.
    pub fn extend(&mut self, read: CommittedSince) {
        if !self.is_filled || read.start != self.end {
            self.batches.clear();
            self.n_events = 0;
            self.start = read.start;
            self.is_filled = true;
        }
        self.end = read.end;
        for batch in read.batches {
            self.n_events += batch.events.len();
            self.batches.push_back(Arc::new(batch));
        }
        while self.batches.len() > BATCHES_MAX || self.n_events > EVENTS_MAX {
            let Some(oldest) = self.batches.pop_front() else {
                return;
            };
            self.n_events -= oldest.events.len();
            self.start = oldest.last.0;
        }
    }

    /// What follows this position.
    pub fn after(&self, position: i64) -> RingAnswer {
        if !(self.start..=self.end).contains(&position) {
            return RingAnswer::Unknown;
        }
        let first = self.batches.partition_point(|it| it.last.0 <= position);
        let next = self.batches.range(first..).take(TAKEN_MAX);
        RingAnswer::Batches(next.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::{
        committed::CommittedEvent,
        event::{Entity, EventAction},
        id::{BatchId, EventId},
    };
    use chrono::DateTime;
    use std::sync::OnceLock;

    fn batch(first: i64, last: i64) -> CommittedBatch {
        let event = |id: i64| CommittedEvent {
            id: EventId(id),
            entity: Entity::Step,
            entity_id: 1,
            action: EventAction::Done,
            release_id: None,
            customer_id: None,
        };
        CommittedBatch {
            id: BatchId(first.to_string()),
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            last: EventId(last),
            events: (first..=last).map(event).collect(),
            json: OnceLock::new(),
        }
    }

    fn read(start: i64, batches: &[(i64, i64)]) -> CommittedSince {
        CommittedSince {
            start,
            end: batches.last().map_or(start, |it| it.1),
            batches: batches.iter().map(|it| batch(it.0, it.1)).collect(),
        }
    }

    fn lasts(ring: &Ring, position: i64) -> Option<Vec<i64>> {
        match ring.after(position) {
            RingAnswer::Batches(batches) => Some(batches.iter().map(|it| it.last.0).collect()),
            RingAnswer::Unknown => None,
        }
    }

    #[test]
    fn a_position_is_followed_by_what_came_after_it() {
        let mut ring = Ring::default();
        assert_eq!((ring.end(), lasts(&ring, 1)), (None, None));
        ring.extend(read(4, &[(5, 7), (8, 8)]));
        assert_eq!(ring.end(), Some(8));
        ring.extend(read(8, &[(9, 9)]));
        assert_eq!(lasts(&ring, 4), Some(vec![7, 8, 9]));
        // Within a batch: that batch is told whole.
        assert_eq!(lasts(&ring, 6), Some(vec![7, 8, 9]));
        assert_eq!(lasts(&ring, 8), Some(vec![9]));
        assert_eq!(lasts(&ring, 9), Some(vec![]));
        for unknown in [-1, 3, 10] {
            assert_eq!(lasts(&ring, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_was_not_read_without_a_gap_takes_the_place_of_all() {
        let mut ring = Ring::default();
        ring.extend(read(0, &[(1, 1)]));
        ring.extend(read(50, &[(51, 51)]));
        assert_eq!((lasts(&ring, 1), lasts(&ring, 50)), (None, Some(vec![51])));
    }

    #[test]
    fn it_keeps_the_newest_and_is_bounded_by_batches_and_events() {
        let mut ring = Ring::default();
        let singles: Vec<(i64, i64)> = (1..=1_200).map(|it| (it, it)).collect();
        ring.extend(read(0, &singles));
        assert_eq!(lasts(&ring, 199), None);
        assert_eq!(lasts(&ring, 200).unwrap().len(), TAKEN_MAX);
        ring.extend(read(1_200, &[(1_201, 11_200), (11_201, 21_200)]));
        assert_eq!(lasts(&ring, 1_199), None);
        assert_eq!(lasts(&ring, 1_200), Some(vec![11_200, 21_200]));
    }
}
