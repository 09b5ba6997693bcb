//! The chain of an imported history (R89): a broken one is refused, the hashes of a good one are kept, and the events of
//! the format without hashes are chained as they come in. An export of one release has gaps, because events of others are
//! left out: its import's event says which events came, so that a check accepts exactly these gaps.
use crate::domain::{
    event::Event,
    history_chain::{self, Head, is_sha256},
    history_walk::{Break, ImportedEvents, Walk},
    id::ReleaseId,
    transfer::{ImportErrors, Transfer},
};
use crate::store::entity::sha256;

/// A field of an event, and what is wrong with it.
type ImportProblem = (&'static str, String);

/// Takes the events of a text, one by one.
pub struct ImportChain {
    has_hashes: bool,
    /// The head at the end of the text of one release, with its line.
    head: Option<(Head, usize)>,
    /// The release of such a text.
    release: Option<ReleaseId>,
    n_releases: usize,
    walk: Walk,
    is_broken: bool,
    /// The line of the first event that does not follow the one before it.
    gap_line: usize,
}

impl ImportChain {
    /// Before the first event of a text.
    pub fn of(file: &Transfer) -> Self {
        Self {
            has_hashes: file.has_hashes,
            head: file.head.clone(),
            release: None,
            n_releases: 0,
            walk: Walk::new(sha256),
            is_broken: false,
            gap_line: 0,
        }
    }

    /// A release of the text.
    pub fn release(&mut self, id: ReleaseId) {
        self.n_releases += 1;
        self.release = Some(id);
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
        if self.has_hashes {
            for (field, hash) in [
                ("hash", &event.hash),
                ("previousHash", &event.previous_hash),
            ] {
                if !hash.as_deref().is_some_and(is_sha256) {
                    let problem = "Enter 64 lowercase hexadecimal digits";
                    return Some((field, problem.to_owned()));
                }
            }
        } else {
            if event.id < last.id {
                return Some(("id", "events come in the order of their ids".to_owned()));
            }
            event.hash = Some(history_chain::hash(&last.hash, event, sha256));
            event.previous_hash = Some(last.hash.clone());
        }
        if self.head.is_some() && event.release_id != self.release {
            let problem = "the text is of one release, and this event of something else";
            return Some(("releaseId", problem.to_owned()));
        }
        if self.gap_line == 0 && event.previous_hash.as_ref() != Some(&last.hash) {
            self.gap_line = line;
        }
        let broken = self.walk.take(event).err()?;
        let field = match broken {
            Break::Gap(..) => "previousHash",
            Break::NoHash(_) | Break::Changed(_) | Break::Import(_) => "hash",
        };
        Some((field, broken.to_string()))
    }

    /// Behind the last event: what its import's event says of the history, or why the history is not taken.
    pub fn finish(self, faults: &mut ImportErrors) -> (Option<Head>, Option<ImportedEvents>) {
        if self.is_broken {
            return (None, None);
        }
        let last = self.walk.last().cloned();
        let Some((head, line)) = self.head else {
            if let Err(broken) = self.walk.finish() {
                faults.add(self.gap_line, "events.previousHash", broken);
            }
            return (last, None);
        };
        let release = self.release.filter(|_| self.n_releases == 1);
        if release.is_none() {
            faults.add(line, "head", "a text with a head is of one release");
        }
        let is_behind =
            last.is_none_or(|it| it.id < head.id || (it.id == head.id && it.hash == head.hash));
        if !is_behind {
            let problem = "the events of the text are not of the history with this head";
            faults.add(line, "head", problem);
        }
        (Some(head), release.map(|it| self.walk.imported(it)))
    }
}
