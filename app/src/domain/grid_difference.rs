//! Which steps have another cell in a newer reading of a matrix.
use super::{
    id::StepId,
    matrix::{Cell, Grid},
};
use std::collections::HashMap;

/// The steps whose cells differ from those in `before`, or were not there. Where they stand makes no difference.
pub fn changed_steps(before: &Grid, now: &Grid) -> Vec<StepId> {
    let old: HashMap<StepId, &Cell> = before.cells().map(|it| (it.1.step, it.1)).collect();
    let cells = now.cells().map(|it| it.1);
    cells
        .filter(|it| old.get(&it.step) != Some(it))
        .map(|it| it.step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        vocabulary::StepStatus,
    };

    #[test]
    fn a_step_that_only_moved_is_not_changed() {
        let before = grid(1, 2, |at| {
            Some(cell([1, 2][at.column], StepStatus::Pending))
        });
        let now = grid(1, 3, |at| {
            let status = [StepStatus::Done, StepStatus::Pending, StepStatus::Pending];
            Some(cell([2, 1, 3][at.column], status[at.column]))
        });
        assert_eq!(changed_steps(&before, &now), [StepId(2), StepId(3)]);
        assert!(changed_steps(&now, &now).is_empty());
    }
}
