//! The order of the history in an import: events come by their ids, and a batch undoes only an earlier one. A batch that
//! undoes itself, or a later one, is a cycle, and a loop that follows `undoes` would never terminate (R88).
use crate::domain::id::{BatchId, EventId};
use std::collections::{HashMap, HashSet};

/// What the events so far say of their batches.
#[derive(Default)]
pub struct BatchOrder {
    last: Option<EventId>,
    /// Each batch, and the one that it undoes.
    undoes: HashMap<BatchId, Option<BatchId>>,
    /// Batches that were undone before an event of theirs was seen: of another release, or later than their undo.
    undone_unseen: HashSet<BatchId>,
}

impl BatchOrder {
    /// Takes the next event. Answers what is wrong with it: fields and problems.
    pub fn take(
        &mut self,
        id: EventId,
        batch: &BatchId,
        undoes: Option<&BatchId>,
    ) -> Vec<(&'static str, &'static str)> {
        let mut wrong = Vec::new();
        // An id that is there twice is a fault of its own.
        if self.last.is_some_and(|last| id < last) {
            wrong.push(("id", "events come in the order of their ids"));
        }
        self.last = self.last.max(Some(id));
        if undoes == Some(batch) {
            wrong.push(("undoes", "a change does not undo itself"));
        }
        if let Some(said) = self.undoes.get(batch) {
            if said.as_ref() != undoes {
                let problem = "an earlier event of this batch says something else";
                wrong.push(("undoes", problem));
            }
            return wrong;
        }
        if self.undone_unseen.contains(batch) {
            wrong.push(("batchId", "an earlier change undoes it"));
        }
        self.undoes.insert(batch.clone(), undoes.cloned());
        let unseen = undoes.filter(|it| !self.undoes.contains_key(*it));
        self.undone_unseen.extend(unseen.cloned());
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(events: &[(i64, &str, Option<&str>)]) -> Vec<&'static str> {
        let mut order = BatchOrder::default();
        let mut wrong = Vec::new();
        for (id, batch, undoes) in events {
            let undoes = undoes.map(|it| BatchId(it.into()));
            let found = order.take(EventId(*id), &BatchId((*batch).into()), undoes.as_ref());
            wrong.extend(found.into_iter().map(|it| it.1));
        }
        wrong
    }

    #[test]
    fn an_undo_comes_after_what_it_undoes() {
        let good = [
            (1, "a", None),
            (2, "a", None),
            (4, "b", Some("a")),
            (5, "b", Some("a")),
            (6, "c", Some("b")),
            // Of another release, which is not in this file.
            (7, "d", Some("x")),
        ];
        assert!(problems(&good).is_empty());
        assert_eq!(
            problems(&[(1, "a", Some("b")), (2, "b", Some("a"))]),
            ["an earlier change undoes it"]
        );
        assert_eq!(
            problems(&[(1, "a", Some("a")), (2, "a", Some("a"))]),
            [
                "a change does not undo itself",
                "a change does not undo itself"
            ]
        );
    }

    #[test]
    fn all_events_of_a_batch_undo_the_same() {
        assert_eq!(
            problems(&[(1, "a", None), (2, "b", Some("a")), (3, "a", Some("b"))]),
            ["an earlier event of this batch says something else"]
        );
        assert_eq!(
            problems(&[(2, "a", None), (1, "b", None)]),
            ["events come in the order of their ids"]
        );
    }
}
