//! The selection of the matrix while steps or customers come, go or move: by step and customer instead of by position, so that it
//! is found again on the same cell, or else on the nearest one.
use super::{
    layout::{GridLayout, GridLine, GridPosition},
    selection::Selection,
    state::MatrixState,
};
use crate::{
    browser,
    domain::{
        id::{ClusterId, CustomerId, StepId, TemplateId},
        matrix::{CellIndex, Grid, RowBlock},
    },
};
use leptos::prelude::*;
use std::collections::HashSet;

/// How long a cell that somebody else has changed is outlined.
const CHANGED_MARK_MS: u32 = 2_000;

/// A row or a column of the table, wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineIdentity {
    Block(RowBlock),
    Template(TemplateId),
    /// A custom step, which has a line of its own.
    Custom(StepId),
    Customer(CustomerId),
    Group(ClusterId),
}

/// A selection by what its corners are.
pub struct RememberedSelection {
    selection: Selection,
    /// The step of the focused cell. A copy whose step leaves the template stays as a custom one, in another row.
    step: Option<StepId>,
    focus: (Option<LineIdentity>, Option<LineIdentity>),
    anchor: (Option<LineIdentity>, Option<LineIdentity>),
    extent: (Option<LineIdentity>, Option<LineIdentity>),
}

fn line_key(grid: &Grid, line: GridLine) -> Option<LineIdentity> {
    let row = match line {
        GridLine::Step(row) => row,
        GridLine::Block(block) => return Some(LineIdentity::Block(block)),
        GridLine::Group(group) => return Some(LineIdentity::Group(grid.groups.get(group)?.id)),
        GridLine::Customer(column) | GridLine::Alike(column) => {
            return Some(LineIdentity::Customer(grid.columns.get(column)?.id));
        }
    };
    if let Some(template) = grid.rows.get(row)?.template {
        return Some(LineIdentity::Template(template));
    }
    let mut columns = 0..grid.columns.len();
    let cell = columns.find_map(|column| grid.cell(CellIndex { row, column }))?;
    Some(LineIdentity::Custom(cell.step))
}

/// The row of cells at this visual row, or the nearest one: the next, or the last before it.
fn nearest_row(layout: &GridLayout, visual_row: usize) -> usize {
    let is_step = |at: &usize| {
        let row = layout.visual_rows.get(*at);
        row.is_some_and(|it| !it.is_section())
    };
    let n_rows = layout.visual_rows.len();
    let next = (visual_row..n_rows).find(is_step);
    let before = || (0..visual_row.min(n_rows)).rev().find(is_step);
    next.or_else(before).unwrap_or(0)
}

impl RememberedSelection {
    /// Remembers a selection of this grid.
    pub fn new(selection: Selection, grid: &Grid, layout: &GridLayout) -> Self {
        let key = |at: GridPosition| {
            let row = layout.visual_rows.get(at.0);
            let column = layout.visual_columns.get(at.1);
            (
                row.and_then(|it| line_key(grid, *it)),
                column.and_then(|it| line_key(grid, *it)),
            )
        };
        let (row, column) = selection.focus;
        let at = layout.cell_index(row, column);
        Self {
            selection,
            step: at.and_then(|it| grid.cell(it)).map(|it| it.step),
            focus: key(selection.focus),
            anchor: key(selection.anchor),
            extent: key(selection.extent),
        }
    }

    /// The selection in another reading of the grid, and whether the focus is still on what it was on. None if nothing is visible.
    pub fn find(&self, grid: &Grid, layout: &GridLayout) -> Option<(Selection, bool)> {
        let last_column = layout.visual_columns.len().checked_sub(1)?;
        let row_of = |key: Option<LineIdentity>| {
            let mut rows = layout.visual_rows.iter();
            rows.position(|it| key.is_some() && line_key(grid, *it) == key)
        };
        let column_of = |key: Option<LineIdentity>| {
            let mut columns = layout.visual_columns.iter();
            columns.position(|it| key.is_some() && line_key(grid, *it) == key)
        };
        let (row, column) = (row_of(self.focus.0), column_of(self.focus.1));
        let moved = || layout.position_of(grid.index_of(self.step?)?);
        let at = row.zip(column).or_else(moved);
        let focus = at.map_or((row, column), |it| (Some(it.0), Some(it.1)));
        let (old_row, old_column) = self.selection.focus;
        let nearest = (
            focus.0.unwrap_or_else(|| nearest_row(layout, old_row)),
            focus.1.unwrap_or(old_column.min(last_column)),
        );
        let single = Selection {
            zone: self.selection.zone,
            is_default: self.selection.is_default,
            picked: self.selection.picked,
            ..Selection::at(nearest)
        };
        let corner = |(row, column)| row_of(row).zip(column_of(column));
        let is_same = focus.0.is_some() && focus.1.is_some();
        Some(match (corner(self.anchor), corner(self.extent)) {
            (Some(anchor), Some(extent)) if is_same => {
                let whole = Selection {
                    anchor,
                    extent,
                    ..single
                };
                (whole, true)
            }
            _ => (single, is_same),
        })
    }
}

impl MatrixState {
    /// Replaces the grid by a newer one from the server. Filter and selection stay; if steps or customers came, went or moved, the
    /// selection stays on its cells. True if the focused cell is gone, and the nearest one has the focus.
    pub fn replace_grid(self, grid: Grid) -> bool {
        let remembered = self.remember_selection(&grid);
        if self.grid.try_set(grid).is_some() {
            return false;
        }
        let _ = self.pending_actions.try_update(|it| {
            it.forget_past(|step| self.cell_of(step).map(|it| it.status));
        });
        self.grid_version.update(|it| *it += 1);
        self.layout_changes.update_value(|it| *it += 1);
        let Some(remembered) = remembered else {
            return false;
        };
        let found = self.layout.with_untracked(|layout| {
            self.grid
                .with_untracked(|grid| remembered.find(grid, layout))
        });
        let now = found.map(|it| it.0);
        if self.selection.get_untracked() != now {
            self.selection.set(now);
        }
        found.is_some_and(|it| !it.1)
    }

    /// The selection by what it is on; none if all cells stay where they are in `next`.
    fn remember_selection(self, next: &Grid) -> Option<RememberedSelection> {
        let selection = self.selection.try_get_untracked().flatten()?;
        self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                let moves = grid.shape() != next.shape();
                moves.then(|| RememberedSelection::new(selection, grid, layout))
            })
        })
    }

    /// Outlines the cells of these steps for a moment: somebody else has changed them.
    pub fn mark_changed(self, steps: Vec<StepId>) {
        if steps.is_empty() {
            return;
        }
        browser::dom::after_paint(move || {
            let steps: HashSet<StepId> = steps.into_iter().collect();
            let cells = self
                .grid
                .try_with_untracked(|grid| grid.indexes_of(|it| steps.contains(&it)));
            let Some(cells) = cells else { return };
            let positions: Vec<GridPosition> = self.layout.with_untracked(|layout| {
                let cells = cells.into_iter();
                cells.filter_map(|it| layout.position_of(it)).collect()
            });
            browser::grid::mark_changed(&positions, CHANGED_MARK_MS);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::{arrangement::Arrangement, layout::Collapsed},
        domain::{
            matrix::tests::{cell, grid},
            matrix_filter::MatrixFilter,
            vocabulary::StepStatus,
        },
    };

    /// Steps and customers by their ids.
    fn of(steps: &[i64], customers: &[i64]) -> (Grid, GridLayout) {
        let mut grid = grid(steps.len(), customers.len(), |at| {
            let id = steps[at.row] * 100 + customers[at.column];
            Some(cell(id, StepStatus::Pending))
        });
        for (row, id) in grid.rows.iter_mut().zip(steps) {
            row.template = Some(TemplateId(*id));
        }
        for (column, id) in grid.columns.iter_mut().zip(customers) {
            column.id = CustomerId(*id);
        }
        let layout = GridLayout::new(
            &grid,
            &Collapsed::default(),
            &MatrixFilter::default(),
            &Arrangement::default(),
        );
        (grid, layout)
    }

    #[test]
    fn the_focus_stays_on_its_cell_though_rows_and_columns_move() {
        let (before, layout) = of(&[1, 2], &[4, 5]);
        // Visual row 0 is the header of the block.
        let selection = Selection {
            anchor: (1, 0),
            ..Selection::at((2, 1))
        };
        let remembered = RememberedSelection::new(selection, &before, &layout);
        let (now, layout) = of(&[2, 3, 1], &[3, 5, 4]);
        let moved = Selection {
            anchor: (3, 2),
            ..Selection::at((1, 1))
        };
        assert_eq!(remembered.find(&now, &layout), Some((moved, true)));
    }

    #[test]
    fn a_removed_cell_gives_the_focus_to_the_nearest_one() {
        let (before, layout) = of(&[1, 2, 3], &[4, 5]);
        let at = |position| RememberedSelection::new(Selection::at(position), &before, &layout);
        let (now, fewer) = of(&[1, 3], &[4, 5]);
        let next = Some((Selection::at((2, 1)), false));
        assert_eq!(at((2, 1)).find(&now, &fewer), next);
        let (now, fewer) = of(&[1, 2], &[4]);
        let last = Some((Selection::at((2, 0)), false));
        assert_eq!(at((3, 1)).find(&now, &fewer), last);
        let (now, none) = of(&[], &[]);
        assert_eq!(at((1, 0)).find(&now, &none), None);
    }

    #[test]
    fn the_focus_follows_a_copy_that_became_a_custom_step_and_back() {
        let (before, layout) = of(&[1, 2, 3], &[4, 5]);
        // Step 2 left the template, and only customer 5's copy stayed.
        let mut now = grid(3, 2, |at| {
            let id = [100, 300, 200][at.row] + [4, 5][at.column];
            (id != 204).then(|| cell(id, StepStatus::Pending))
        });
        for (row, id) in now.rows.iter_mut().zip([1, 3, 2]) {
            row.template = (id != 2).then_some(TemplateId(id));
        }
        for (column, id) in now.columns.iter_mut().zip([4, 5]) {
            column.id = CustomerId(id);
        }
        let custom = GridLayout::new(
            &now,
            &Collapsed::default(),
            &MatrixFilter::default(),
            &Arrangement::default(),
        );
        // Below the two steps that are left, and the header of the custom ones.
        let at = (4, 1);
        let remembered = RememberedSelection::new(Selection::at((2, 1)), &before, &layout);
        assert_eq!(
            remembered.find(&now, &custom),
            Some((Selection::at(at), true))
        );
        let remembered = RememberedSelection::new(Selection::at(at), &now, &custom);
        let back = Some((Selection::at((2, 1)), true));
        assert_eq!(remembered.find(&before, &layout), back);
        // A copy that went with its step is gone.
        let remembered = RememberedSelection::new(Selection::at((2, 0)), &before, &layout);
        let found = remembered.find(&now, &custom);
        assert_eq!(found, Some((Selection::at((2, 0)), false)));
    }

    #[test]
    fn a_selection_that_lost_a_corner_is_the_focused_cell() {
        let (before, layout) = of(&[1, 2, 3], &[4, 5]);
        let selection = Selection {
            anchor: (3, 0),
            ..Selection::at((1, 1))
        };
        let remembered = RememberedSelection::new(selection, &before, &layout);
        let (now, fewer) = of(&[1, 2], &[4, 5]);
        let single = Some((Selection::at((1, 1)), true));
        assert_eq!(remembered.find(&now, &fewer), single);
    }
}
