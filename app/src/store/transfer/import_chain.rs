//! The chain of an imported history (R89): a broken one is refused, the hashes of a good one are kept, and the events of
//! the format without hashes are chained as they come in. An export of one release has gaps, because events of others are
//! left out: its import's event says which events came, so that a check accepts exactly these gaps.
use super::recorded_states::{RecordedState, RecordedStates, RemovedSteps};
use crate::domain::{
    event::{Entity, Event},
    history_chain::{self, Head, is_sha256},
    history_walk::{Break, ImportedEvents, Walk},
    id::ReleaseId,
    step::CustomerStep,
    transfer::{ImportErrors, NO_HASHES_IN_FORMAT, Transfer, TransferPart},
};
use crate::store::entity::sha256;
use serde::Deserialize;
use std::collections::HashSet;

/// A line, a field of the event there, and what is wrong with it.
type ImportProblem = (usize, &'static str, String);

/// What a step of the text says of its state.
struct StepAtLine {
    line: usize,
    id: i64,
    state: RecordedState,
}

/// Takes the events of a text, one by one.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts about a file, each by itself"
)]
pub struct ImportChain {
    has_hashes: bool,
    /// Whether there are events that had no hashes, which were chained here.
    is_chained_anew: bool,
    /// The head at the end of the text of one release, with its line.
    head: Option<(Head, usize)>,
    /// The release of such a text.
    release: Option<ReleaseId>,
    n_releases: usize,
    walk: Walk,
    is_broken: bool,
    /// The line of the first event that does not follow the one before it.
    gap_line: usize,
    /// The highest id that an event of the source had.
    last_id: Option<i64>,
    /// Whether an event of the text cannot be of a history with the head.
    is_other_head: bool,
    /// The line of the last event.
    last_line: usize,
    /// The steps and what the events tell of them: an event that is missing may be seen only there.
    steps: Vec<StepAtLine>,
    states: RecordedStates,
}

impl ImportChain {
    /// Before the first event of a text.
    pub fn of(file: &Transfer) -> Self {
        Self {
            has_hashes: file.has_hashes,
            is_chained_anew: false,
            head: file.head.clone(),
            release: None,
            n_releases: 0,
            walk: Walk::new(sha256),
            is_broken: false,
            gap_line: 0,
            last_id: file.last_ids.get(&TransferPart::Events).copied(),
            is_other_head: false,
            last_line: 1,
            steps: Vec::new(),
            states: RecordedStates::default(),
        }
    }

    /// Whether the events had no hashes, and were chained as they came in.
    pub fn is_chained_anew(&self) -> bool {
        self.is_chained_anew
    }

    /// A release of the text.
    pub fn release(&mut self, id: ReleaseId) {
        self.n_releases += 1;
        self.release = Some(id);
    }

    /// A step of the text. Steps come before events.
    pub fn step(&mut self, step: &CustomerStep, line: usize) {
        self.steps.push(StepAtLine {
            line,
            id: step.id.0,
            state: step.into(),
        });
    }

    /// The next event. Behind the first break nothing is asked any more.
    pub fn take(&mut self, event: &mut Event, line: usize) -> Option<ImportProblem> {
        if self.is_broken {
            return None;
        }
        let problem = self.problem(event, line);
        self.is_broken = problem.is_some();
        problem
    }

    fn problem(&mut self, event: &mut Event, line: usize) -> Option<ImportProblem> {
        let last = self.walk.last().cloned().unwrap_or_default();
        self.last_line = line;
        if self.walk.last().is_some_and(|it| event.id < it.id) {
            let problem = "events come in the order of their ids";
            return Some((line, "id", problem.to_owned()));
        }
        if self.has_hashes {
            for (field, hash) in [
                ("hash", &event.hash),
                ("previousHash", &event.previous_hash),
            ] {
                if !hash.as_deref().is_some_and(is_sha256) {
                    let problem = "Enter 64 lowercase hexadecimal digits";
                    return Some((line, field, problem.to_owned()));
                }
            }
        } else {
            for (field, hash) in [
                ("hash", &event.hash),
                ("previousHash", &event.previous_hash),
            ] {
                if hash.is_some() {
                    return Some((line, field, NO_HASHES_IN_FORMAT.to_owned()));
                }
            }
            self.is_chained_anew = true;
            event.hash = Some(history_chain::hash(&last.hash, event, sha256));
            event.previous_hash = Some(last.hash.clone());
        }
        if self.head.is_some() && event.release_id != self.release {
            let problem = "the text is of one release, and this event of something else";
            return Some((line, "releaseId", problem.to_owned()));
        }
        if self.gap_line == 0 && event.previous_hash.as_ref() != Some(&last.hash) {
            self.gap_line = line;
        }
        if let Some((head, _)) = &self.head {
            let has_hash = event.hash.as_ref() == Some(&head.hash);
            let is_behind = event.previous_hash.as_ref() == Some(&head.hash);
            self.is_other_head |= has_hash != (event.id == head.id) || is_behind;
        }
        let Err(broken) = self.walk.take(event) else {
            return self.take_state(event, line);
        };
        let (line, field) = match broken {
            Break::Id(_) => (line, "id"),
            Break::Gap(_, at) if at == event.id => (line, "previousHash"),
            Break::Gap(..) => (self.gap_line, "previousHash"),
            Break::NoHash(_) | Break::Changed(_) | Break::Import(_) => (line, "hash"),
        };
        Some((line, field, broken.to_string()))
    }

    /// What a step's event tells of its state.
    fn take_state(&mut self, event: &Event, line: usize) -> Option<ImportProblem> {
        if event.entity != Entity::Step {
            if let Some(before) = &event.before {
                let removed = RemovedSteps::deserialize(before).unwrap_or_default();
                let release = event.release_id.map(|it| it.0);
                self.states.take_removed(release, &removed);
            }
            return None;
        }
        let state = event.after.as_ref().map(RecordedState::deserialize);
        let Ok(state) = state.transpose() else {
            // What becomes of a run is told without a state once its step was deleted.
            if event.action.is_of_run() && self.states.is_gone(event.entity_id) {
                return None;
            }
            let problem = "this tells no state of the step";
            return Some((line, "after", problem.to_owned()));
        };
        let list = (
            event.release_id.map(|it| it.0),
            event.customer_id.map(|it| it.0),
        );
        self.states.take(event.entity_id, list, state);
        None
    }

    /// The steps that are in other states than the events tell, as a check would find them.
    fn compare_states(&self, faults: &mut ImportErrors) {
        for it in &self.steps {
            for difference in self.states.differences(it.id, &it.state) {
                let (field, told) = (difference.field, difference.told);
                let problem = format!("the events of the text say {told}: is one missing?");
                faults.add(it.line, format!("steps.{field}"), problem);
            }
        }
    }

    /// The steps that the events say are there, and that are not. What a scope hides may be missing.
    fn name_missing_steps(&self, faults: &mut ImportErrors) {
        if !self.has_hashes {
            return;
        }
        let is_there: HashSet<i64> = self.steps.iter().map(|it| it.id).collect();
        for id in self.states.missing(&is_there) {
            let problem = format!("step {id} is missing, and no event says that it was deleted");
            faults.add(self.last_line, "steps.id", problem);
        }
    }

    /// Behind the last event: what its import's event says of the history, or why the history is not taken. `has_rows` is
    /// whether the text has any row.
    pub fn finish(
        self,
        has_rows: bool,
        faults: &mut ImportErrors,
    ) -> (Option<Head>, Option<ImportedEvents>) {
        if self.is_broken {
            return (None, None);
        }
        // Events that were left out because of other errors may be the missing ones.
        let is_whole = faults.is_empty();
        if is_whole {
            self.compare_states(faults);
            self.name_missing_steps(faults);
        }
        let last = self.walk.last().cloned();
        let Some((head, line)) = self.head else {
            // Every event is there, so the last id that was given is that of the last one. Only where there is no row at all an
            // id may have been given and taken back: PostgreSQL keeps that of an import that was rolled back.
            let last_id = self.last_id.unwrap_or_default();
            let is_missing = last.as_ref().map_or(0, |it| it.id.0) < last_id;
            if is_whole && self.has_hashes && has_rows && is_missing {
                let problem = format!("event {last_id} was the last one, and it is missing");
                faults.add(self.last_line, "events.id", problem);
            }
            if let Err(broken) = self.walk.finish() {
                faults.add(self.gap_line, "events.previousHash", broken);
            }
            return (last, None);
        };
        let release = self.release.filter(|_| self.n_releases == 1);
        if release.is_none() {
            faults.add(line, "head", "a text with a head is of one release");
        }
        let is_of_it = !self.is_other_head
            && last.is_none_or(|it| it.id <= head.id)
            && self.last_id.is_none_or(|it| head.id.0 <= it);
        if !is_of_it {
            let problem = "the events of the text are not of the history with this head";
            faults.add(line, "head", problem);
        }
        (Some(head), release.map(|it| self.walk.imported(it)))
    }
}
