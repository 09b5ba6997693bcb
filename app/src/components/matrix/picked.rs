//! Cells that are added to the selection one by one, with Ctrl and a click or with Space: any set, where the selection alone is a
//! rectangle. They are kept by their steps, so that they stay selected while cells are drawn again, come or move.
use super::{
    layout::{GridLayout, GridPosition},
    selection::{FocusZone, PickedCells, Selection},
    state::MatrixState,
};
use crate::{
    browser::{self, grid_dom::Pane},
    domain::{
        id::StepId,
        matrix::{CellIndex, Grid},
    },
};
use leptos::prelude::*;
use std::collections::HashSet;

/// The visible cells of these steps, in the order of the table. A step of merged customers is found behind their one cell.
fn cells_of(steps: &HashSet<StepId>, grid: &Grid, layout: &GridLayout) -> Vec<CellIndex> {
    let mut cells = Selection::at((0, 0)).whole_grid(layout).cells(layout);
    cells.retain(|at| grid.cell(*at).is_some_and(|it| steps.contains(&it.step)));
    cells
}

impl MatrixState {
    /// Reads the picked steps; none if the selection is a rectangle. Tracked.
    fn with_picked<T>(self, read: impl FnOnce(Option<&HashSet<StepId>>) -> T) -> T {
        let number = self.selection.get().map_or(0, |it| it.picked);
        self.picked.with(|it| {
            let is_selected = number != 0 && number == it.number && !it.steps.is_empty();
            read(is_selected.then_some(&it.steps))
        })
    }

    /// The selected cells that have a step. Cells that the filter dims are left out, unless only one cell is selected.
    /// Tracked.
    pub fn selected_cells(self) -> Vec<CellIndex> {
        let Some(selection) = self.selection.get() else {
            return Vec::new();
        };
        self.with_picked(|picked| {
            let is_single = picked.map_or(selection.is_single(), |it| it.len() == 1);
            self.layout.with(|layout| {
                self.grid.with(|grid| {
                    let mut cells = match picked {
                        Some(steps) => cells_of(steps, grid, layout),
                        None => selection.cells(layout),
                    };
                    cells.retain(|at| {
                        let cell = grid.cell(*at);
                        cell.is_some_and(|it| is_single || layout.matches_filter(it))
                    });
                    cells
                })
            })
        })
    }

    /// The steps of the selected cells. Tracked.
    pub fn selected_steps(self) -> Vec<StepId> {
        let cells = self.selected_cells();
        self.grid.with(|grid| {
            let cells = cells.iter();
            cells.filter_map(|it| Some(grid.cell(*it)?.step)).collect()
        })
    }

    /// Whether cells are picked one by one. Tracked.
    pub fn has_picked(self) -> bool {
        self.with_picked(|it| it.is_some())
    }

    /// Whether the selection is more than the place of the focus. Tracked.
    pub fn selects_places(self) -> bool {
        self.has_picked() || self.selection.get().is_some_and(|it| !it.is_single())
    }

    /// Whether a bulk action would meet more than one cell, or cells are picked one by one. Tracked.
    pub fn selects_many(self) -> bool {
        self.selects_places() || self.is_on_alike()
    }

    /// Selects only the cell with the focus.
    pub fn clear_selection(self) {
        self.selection
            .update(|it| *it = it.map(|it| Selection::at(it.focus)));
    }

    /// The steps at a position: one, or those of merged customers.
    fn steps_at(self, position: GridPosition) -> Vec<StepId> {
        self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                let cells = layout.cells_at(position.0, position.1);
                cells.filter_map(|it| Some(grid.cell(it)?.step)).collect()
            })
        })
    }

    /// The selected steps before a cell is added by Ctrl+click or Space. Empty if the selection is the default cell of a new page, or
    /// only the cell that is added.
    fn picked_before(self, position: GridPosition) -> HashSet<StepId> {
        let Some(selection) = self.selection.get_untracked() else {
            return HashSet::new();
        };
        let is_plain = !untrack(|| self.has_picked());
        let is_none = selection.is_default
            || selection.zone != FocusZone::Cell
            || selection.focus == position;
        if is_plain && selection.is_single() && is_none {
            return HashSet::new();
        }
        let cells = untrack(|| self.selected_cells());
        self.grid.with_untracked(|grid| {
            let cells = cells.iter();
            cells.filter_map(|it| Some(grid.cell(*it)?.step)).collect()
        })
    }

    /// Adds a cell to the selection, or takes it out, and with it all customers that are merged there. It gets the focus.
    pub fn toggle_cell(self, position: GridPosition) {
        let here = self.steps_at(position);
        if here.is_empty() {
            return;
        }
        let mut steps = self.picked_before(position);
        let n_before = steps.len();
        steps.retain(|it| !here.contains(it));
        if steps.len() == n_before {
            steps.extend(here);
        }
        let number = self.picked.with_untracked(|it| it.number) + 1;
        self.picked.set(PickedCells { number, steps });
        self.selection.set(Some(Selection {
            picked: number,
            ..Selection::at(position)
        }));
    }

    /// Marks the selected cells that are rendered.
    pub(super) fn paint_selection(self, pane: &Pane) {
        let selection = self.selection.get();
        self.with_picked(|picked| {
            let single = selection.filter(|it| picked.is_none() && it.is_single());
            let is_selected = |position: GridPosition| match picked {
                Some(steps) => self.steps_at(position).iter().any(|it| steps.contains(it)),
                None => selection.is_some_and(|it| it.contains(position)),
            };
            browser::grid::paint_selection(pane, single.map(|it| it.anchor), &is_selected);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::{
            arrangement::Arrangement, command::GridCommand, layout::Collapsed, selection::Movement,
        },
        domain::{
            matrix::tests::{cell, grid},
            matrix_filter::MatrixFilter,
            vocabulary::StepStatus,
        },
    };

    /// Three steps by three customers; the first step's ids are 0, 1 and 2. Visual row 0 is the header of the block.
    fn state() -> MatrixState {
        let id = |at: CellIndex| i64::try_from(at.row * 3 + at.column).unwrap();
        let grid = grid(3, 3, |at| Some(cell(id(at), StepStatus::Pending)));
        MatrixState::new(
            grid,
            MatrixFilter::default(),
            (Collapsed::default(), Collapsed::default()),
            Arrangement::default(),
            CellIndex::default(),
        )
    }

    fn selected(state: MatrixState) -> Vec<(usize, usize)> {
        let cells = untrack(|| state.selected_cells());
        cells.into_iter().map(|it| (it.row, it.column)).collect()
    }

    fn arrow(state: MatrixState, movement: Movement) {
        state.run_selection_command(GridCommand::Move {
            movement,
            extend: false,
        });
    }

    #[test]
    fn any_set_of_cells_is_selected_one_by_one_and_taken_out_again() {
        Owner::new().with(|| {
            let state = state();
            state.select_cell(CellIndex { row: 0, column: 0 });
            state.toggle_cell((2, 1));
            state.toggle_cell((3, 0));
            assert_eq!(selected(state), [(0, 0), (1, 1), (2, 0)]);
            assert!(untrack(|| state.selects_many()));
            state.toggle_cell((2, 1));
            assert_eq!(selected(state), [(0, 0), (2, 0)]);
            state.clear_selection();
            assert_eq!(selected(state), [(1, 1)]);
            assert!(!untrack(|| state.selects_many()));
        });
    }

    #[test]
    fn the_first_cell_that_nobody_has_chosen_is_not_part_of_it() {
        Owner::new().with(|| {
            let state = state();
            // Not either where the table is arranged another way.
            state.arrange(|it, _| it.is_swapped = true);
            state.arrange(|it, _| it.is_swapped = false);
            state.toggle_cell((2, 2));
            assert_eq!(selected(state), [(1, 2)]);
        });
    }

    #[test]
    fn space_picks_cells_that_the_arrows_lead_to() {
        Owner::new().with(|| {
            let state = state();
            state.select_cell(CellIndex { row: 0, column: 0 });
            state.run_selection_command(GridCommand::Pick);
            arrow(state, Movement::Down);
            arrow(state, Movement::Right);
            assert_eq!(selected(state), [(0, 0)]);
            state.run_selection_command(GridCommand::Pick);
            assert_eq!(selected(state), [(0, 0), (1, 1)]);
            // Whatever selects something else ends the set.
            state.run_selection_command(GridCommand::SelectRow);
            assert_eq!(selected(state), [(1, 0), (1, 1), (1, 2)]);
            state.run_selection_command(GridCommand::Pick);
            assert_eq!(selected(state), [(1, 0), (1, 2)]);
        });
    }

    #[test]
    fn with_swapped_axes_the_same_cells_are_picked() {
        Owner::new().with(|| {
            let state = state();
            state.arrange(|it, _| it.is_swapped = true);
            // Visual row 0 is the header of the cluster.
            state.toggle_cell((0, 1));
            assert!(!untrack(|| state.has_picked()));
            state.select_cell(CellIndex { row: 2, column: 0 });
            state.toggle_cell((3, 1));
            assert_eq!(selected(state), [(2, 0), (1, 2)]);
            state.toggle_cell((1, 2));
            assert_eq!(selected(state), [(1, 2)]);
        });
    }

    #[test]
    fn where_customers_are_merged_all_of_them_are_picked_and_taken_out_again() {
        Owner::new().with(|| {
            let state = state();
            state.arrange(|it, _| it.set_merged(true));
            state.toggle_cell((1, 0));
            assert_eq!(selected(state), [(0, 0), (0, 1), (0, 2)]);
            state.toggle_cell((3, 0));
            assert_eq!(selected(state).len(), 6);
            state.toggle_cell((1, 0));
            assert_eq!(selected(state), [(2, 0), (2, 1), (2, 2)]);
            state.clear_selection();
            assert!(!untrack(|| state.selects_places()));
            assert!(untrack(|| state.selects_many()));
        });
    }

    #[test]
    fn merged_customers_that_nobody_has_chosen_are_no_selection_of_many() {
        Owner::new().with(|| {
            let state = state();
            for is_swapped in [false, true] {
                state.arrange(|it, _| {
                    it.set_merged(true);
                    it.is_swapped = is_swapped;
                });
                assert_eq!(selected(state).len(), 3);
                assert!(!untrack(|| state.selects_many()));
            }
            state.select_cell(CellIndex { row: 0, column: 0 });
            assert!(untrack(|| state.selects_many()));
        });
    }

    #[test]
    fn picked_cells_stay_selected_though_rows_move() {
        Owner::new().with(|| {
            let state = state();
            state.select_cell(CellIndex { row: 0, column: 0 });
            state.toggle_cell((3, 2));
            let id = |at: CellIndex| match at.row {
                // A new step stands before all others.
                0 => 100 + i64::try_from(at.column).unwrap(),
                row => i64::try_from((row - 1) * 3 + at.column).unwrap(),
            };
            let later = grid(4, 3, |at| Some(cell(id(at), StepStatus::Done)));
            state.replace_grid(later);
            assert_eq!(selected(state), [(1, 0), (3, 2)]);
        });
    }
}
