//! Undo in the model: what it restores, what it deletes, and what it leaves alone (R16, R101).
use super::{
    ModelCell, ReleaseModel,
    drive::{ModelRun, NOT_UNDOABLE, PastBatches},
    yes,
};
use app::{
    domain::vocabulary::{ReleaseStatus, StepStatus},
    store::error::StoreError,
};
use std::collections::{HashMap, HashSet};

/// Operations that add steps to the template or to one customer's list, and change nothing else.
const ADDING: [&str; 4] = ["add template", "duplicate template", "import", "add custom"];

/// What an undo is expected to do.
struct Expected {
    next: ReleaseModel,
    /// Whether anything is undone.
    is_done: bool,
    /// How many cells have work that is deleted, or would be.
    with_work: usize,
}

impl ModelRun {
    /// Undoes the last batch; or an older one since which only cells were changed: one that changed cells itself, or one that
    /// added steps.
    pub async fn undo(&mut self) {
        let Some(last) = self.past.last().cloned() else {
            return;
        };
        let deletes_work = self.dice.one_in(3);
        let n_cells = self
            .past
            .iter()
            .rev()
            .take_while(|it| it.only_cells)
            .count();
        let older: Vec<PastBatches> = self
            .past
            .iter()
            .rev()
            .take(n_cells.min(12))
            .cloned()
            .collect();
        let behind = self
            .past
            .len()
            .checked_sub(n_cells + 1)
            .filter(|_| n_cells > 0);
        let adding = behind.map(|at| self.past[at].clone());
        let adding = adding.filter(|it| ADDING.contains(&it.op) && self.dice.one_in(2));
        let past = match (adding, self.dice.of(&older)) {
            (Some(past), _) => past,
            (None, Some(past)) if self.dice.one_in(2) => past,
            _ => last.clone(),
        };
        self.trace
            .push(format!("  of {}, with work {deletes_work}", past.op));
        let expected = if past.batch == last.batch {
            without_rows(&self.model, &past, deletes_work)
        } else if past.only_cells {
            let Some(expected) = put_back(&self.model, &past, &self.text_versions) else {
                // It changed only what the model does not have: the template version that a text is based on.
                return;
            };
            expected
        } else {
            without_added(&self.model, &past, deletes_work)
        };
        let may = self.model.status != ReleaseStatus::Archived && !NOT_UNDOABLE.contains(&past.op);
        let answer = yes(may && expected.is_done);
        self.undoes_promotion = past.promotes;
        let got = self.try_and_undo(&past, deletes_work, may.then_some(expected.with_work));
        let got = got.await;
        self.settle("undo", answer, expected.next, got, past.only_cells)
            .await;
        self.undoes_promotion = false;
    }

    /// Tries the undo, which changes nothing and says what the undo then does.
    async fn try_and_undo(
        &mut self,
        past: &PastBatches,
        deletes_work: bool,
        with_work: Option<usize>,
    ) -> Result<Option<app::domain::id::BatchId>, StoreError> {
        let (store, batch) = (self.app.store.clone(), past.batch.clone());
        let tried = store.preview_undo(batch.clone(), deletes_work, self.app.ana());
        let tried = tried.await;
        assert_eq!(self.read().await, self.model, "{}", self.story());
        let undone = if deletes_work {
            store.undo_with_work(batch, self.app.ana()).await
        } else {
            store.undo(batch, self.app.ana()).await
        };
        if let (Ok(tried), Some(with_work)) = (&tried, with_work) {
            assert_eq!(tried.with_work.len(), with_work, "{}", self.story());
        }
        match (&tried, &undone) {
            (Ok(tried), Ok(undone)) => {
                assert_eq!(tried.restored, undone.restored, "{}", self.story());
                assert_eq!(tried.conflicts, undone.conflicts, "{}", self.story());
            }
            (Ok(tried), Err(_)) => assert_eq!(tried.restored, 0, "{}", self.story()),
            (Err(_), done) => assert!(done.is_err(), "{}", self.story()),
        }
        undone.map(|it| it.batch_id)
    }
}

fn cells(model: &ReleaseModel) -> impl Iterator<Item = &ModelCell> {
    model.lists.values().flatten().flatten()
}

fn template_ids(model: &ReleaseModel) -> HashSet<i64> {
    model.templates.iter().flatten().map(|it| it.id).collect()
}

/// The last batch undone: the state before it, but for cells with work that would be deleted. They stay, as custom steps if
/// their template goes; or all copies of that template go, also those that a deletion had made custom steps. Only a step that
/// was promoted is as it was before.
fn without_rows(present: &ReleaseModel, past: &PastBatches, deletes_work: bool) -> Expected {
    let mut next = past.before.clone();
    let left = template_ids(&past.before);
    let goes = |it: &ModelCell| it.template.is_some_and(|id| !left.contains(&id));
    let is_at_stake = |it: &&ModelCell| {
        let is_kept = past.before.cell(it.id).is_some();
        it.has_work() && (!is_kept || goes(it) && !past.promotes)
    };
    let at_stake: HashSet<i64> = cells(present).filter(is_at_stake).map(|it| it.id).collect();
    if at_stake.is_empty() {
        return Expected {
            next,
            is_done: true,
            with_work: 0,
        };
    }
    for (customer, lists) in &mut next.lists {
        for (category, list) in lists.iter_mut().enumerate() {
            let before = std::mem::take(list);
            for cell in &present.lists[customer][category] {
                let was = before.iter().find(|it| it.id == cell.id).cloned();
                if !at_stake.contains(&cell.id) {
                    list.extend(was);
                } else if !deletes_work {
                    let mut stays = was.unwrap_or_else(|| cell.clone());
                    if goes(cell) {
                        (stays.template, stays.is_custom) = (None, true);
                    }
                    list.push(stays);
                }
            }
        }
    }
    Expected {
        is_done: next != *present,
        next,
        with_work: at_stake.len(),
    }
}

/// A batch undone that added steps, since which only cells were changed.
fn without_added(present: &ReleaseModel, past: &PastBatches, deletes_work: bool) -> Expected {
    let mut next = present.clone();
    let left = template_ids(&past.before);
    for list in &mut next.templates {
        list.retain(|it| left.contains(&it.id));
    }
    let mut with_work = 0;
    for list in next.lists.values_mut().flatten() {
        list.retain_mut(|cell| {
            let is_new = past.before.cell(cell.id).is_none();
            let left_by_it = past.after.cell(cell.id).filter(|_| is_new);
            let Some(left_by_it) = left_by_it else {
                return true;
            };
            if cell.template.is_none() && cell.text != left_by_it.text {
                return true;
            }
            if !cell.has_work() {
                return false;
            }
            with_work += 1;
            (cell.template, cell.is_custom) = (None, true);
            !deletes_work
        });
    }
    Expected {
        is_done: next != *present,
        next,
        with_work,
    }
}

/// A batch undone that changed only cells: those are restored that have not changed since. None if it changed nothing that the
/// model has.
fn put_back(
    present: &ReleaseModel,
    past: &PastBatches,
    text_versions: &HashMap<i64, Option<i64>>,
) -> Option<Expected> {
    let mut next = present.clone();
    let (mut touched, mut restored) = (0, 0);
    for was in cells(&past.before) {
        let Some(left) = past.after.cell(was.id).filter(|it| *it != was) else {
            continue;
        };
        touched += 1;
        let mut back = was.clone();
        if left.is_overridden && !back.is_overridden && back.status == StepStatus::Pending {
            // It follows its template again, as that is now.
            let place = back.template.and_then(|it| next.place_of(it));
            if let Some((category, at)) = place {
                back.text = next.templates[category][at].text.clone();
            }
        }
        let has_its_text = text_versions.get(&was.id) == past.text_versions.get(&was.id);
        let cell = next.cell_mut(back.id).filter(|it| *it == left);
        if let Some(cell) = cell.filter(|_| has_its_text) {
            *cell = back;
            restored += 1;
        }
    }
    (touched > 0).then_some(Expected {
        next,
        is_done: restored > 0,
        with_work: 0,
    })
}
