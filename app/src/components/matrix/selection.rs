//! Focus and selection of the matrix grid, in visual rows and columns: the focused cell or header, and the selected
//! rectangle. Movements are computed here, without the DOM, so that tests can check them.
use super::layout::{GridLayout, GridPosition};
use crate::domain::{id::StepId, matrix::CellIndex};
use std::collections::HashSet;

/// Which kind of element has the focus: a cell, or a header beside or above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FocusZone {
    #[default]
    Cell,
    /// The header of the focused visual row.
    RowHead,
    /// The header of the focused visual column.
    ColumnHead,
    /// The header of the cluster of the focused visual column.
    ClusterHead,
}

/// The focused cell or header, and the selected rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The visual row and column of the focus.
    pub focus: GridPosition,
    /// Whether the focus is on the cell there or on one of its headers.
    pub zone: FocusZone,
    /// The corner that stays when the rectangle is extended.
    pub anchor: GridPosition,
    /// The opposite corner, which moves.
    pub extent: GridPosition,
    /// Whether this is the initial selection of a page, its first cell, before the user has selected anything.
    pub is_default: bool,
    /// The number of the set of picked cells that is selected in place of the rectangle; 0 for none.
    pub picked: u32,
}

/// The steps of the picked cells. A selection names the set by its number: whatever selects something else has no number, or
/// another one.
#[derive(Clone, Debug, Default)]
pub struct PickedCells {
    pub number: u32,
    pub steps: HashSet<StepId>,
}

/// A movement of the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    Up,
    Down,
    Left,
    Right,
    RowStart,
    RowEnd,
    First,
    Last,
    PageUp,
    PageDown,
}

/// Number of steps that Page Up and Page Down move by.
const PAGE_ROWS: usize = 10;

impl Selection {
    /// One cell, focused and selected.
    pub fn at(position: GridPosition) -> Self {
        Self {
            focus: position,
            zone: FocusZone::Cell,
            anchor: position,
            extent: position,
            is_default: false,
            picked: 0,
        }
    }

    /// The first cell of a layout; the first row header if all blocks are collapsed. `None` for an empty layout.
    pub fn start(layout: &GridLayout) -> Option<Self> {
        if layout.visual_columns.is_empty() || layout.visual_rows.is_empty() {
            return None;
        }
        let step = layout.visual_rows.iter().position(|it| !it.is_section());
        Some(Self {
            zone: if step.is_some() {
                FocusZone::Cell
            } else {
                FocusZone::RowHead
            },
            is_default: true,
            ..Self::at((step.unwrap_or(0), 0))
        })
    }

    /// The selection after a movement. It stays within the grid. Above the first step are the headers of the columns and
    /// the clusters, left of the first column those of the rows. With `extend` the anchor stays and headers are skipped.
    pub fn after_move(self, layout: &GridLayout, movement: Movement, extend: bool) -> Self {
        let (visual_row, visual_column) = self.focus;
        let last_visual_column = layout.visual_columns.len().saturating_sub(1);
        let steps: Vec<usize> = layout
            .visual_rows
            .iter()
            .enumerate()
            .filter(|it| !it.1.is_section())
            .map(|it| it.0)
            .collect();
        if !extend && let Some(moved) = self.moved_between_heads(layout, movement) {
            return moved;
        }
        let (Some(first_visual_row), Some(last_visual_row)) =
            (steps.first().copied(), steps.last().copied())
        else {
            return self;
        };
        let index = steps
            .iter()
            .position(|it| *it >= visual_row)
            .unwrap_or(steps.len() - 1);
        let step_at = |index: usize| steps[index.min(steps.len() - 1)];
        let focus = match movement {
            Movement::Up => (step_at(index.saturating_sub(1)), visual_column),
            Movement::Down => (step_at(index + 1), visual_column),
            Movement::PageUp => (step_at(index.saturating_sub(PAGE_ROWS)), visual_column),
            Movement::PageDown => (step_at(index + PAGE_ROWS), visual_column),
            Movement::Left => (visual_row, visual_column.saturating_sub(1)),
            Movement::Right => (visual_row, (visual_column + 1).min(last_visual_column)),
            Movement::RowStart => (visual_row, 0),
            Movement::RowEnd => (visual_row, last_visual_column),
            Movement::First => (first_visual_row, 0),
            Movement::Last => (last_visual_row, last_visual_column),
        };
        Self {
            focus,
            zone: FocusZone::Cell,
            anchor: if extend { self.anchor } else { focus },
            extent: focus,
            is_default: false,
            picked: 0,
        }
    }

    /// The selection after a movement to, along or away from the headers. `None` if the movement stays among cells.
    fn moved_between_heads(self, layout: &GridLayout, movement: Movement) -> Option<Self> {
        let (visual_row, visual_column) = self.focus;
        let steps_from = |visual_row: usize| {
            (visual_row..layout.visual_rows.len())
                .filter(|it| !layout.visual_rows[*it].is_section())
        };
        let first_visual_row = steps_from(0).next();
        let at = |zone: FocusZone, visual_row: usize, visual_column: usize| {
            Some(Self {
                zone,
                ..Self::at((visual_row, visual_column))
            })
        };
        let last_visual_column = layout.visual_columns.len().saturating_sub(1);
        let last_visual_row = layout.visual_rows.len().saturating_sub(1);
        match (self.zone, movement) {
            (FocusZone::Cell, Movement::Up) if Some(visual_row) == first_visual_row => {
                at(FocusZone::ColumnHead, visual_row, visual_column)
            }
            (FocusZone::Cell, Movement::Left) if visual_column == 0 => {
                at(FocusZone::RowHead, visual_row, visual_column)
            }
            (FocusZone::ColumnHead, Movement::Up) => {
                at(FocusZone::ClusterHead, visual_row, visual_column)
            }
            (FocusZone::ClusterHead, Movement::Down) => {
                at(FocusZone::ColumnHead, visual_row, visual_column)
            }
            (FocusZone::ColumnHead, Movement::Down) => match first_visual_row {
                Some(visual_row) => at(FocusZone::Cell, visual_row, visual_column),
                None => at(FocusZone::RowHead, 0, visual_column),
            },
            (FocusZone::ColumnHead | FocusZone::ClusterHead, Movement::Left) => {
                at(self.zone, visual_row, visual_column.saturating_sub(1))
            }
            (FocusZone::ColumnHead | FocusZone::ClusterHead, Movement::Right) => at(
                self.zone,
                visual_row,
                (visual_column + 1).min(last_visual_column),
            ),
            (FocusZone::RowHead, Movement::Up) if visual_row == 0 => {
                at(FocusZone::ColumnHead, 0, visual_column)
            }
            (FocusZone::RowHead, Movement::Up) => {
                at(FocusZone::RowHead, visual_row - 1, visual_column)
            }
            (FocusZone::RowHead, Movement::Down) => at(
                FocusZone::RowHead,
                (visual_row + 1).min(last_visual_row),
                visual_column,
            ),
            (FocusZone::RowHead, Movement::Right) => at(
                FocusZone::Cell,
                steps_from(visual_row).next().or(first_visual_row)?,
                0,
            ),
            (FocusZone::RowHead, Movement::Left) | (FocusZone::ClusterHead, Movement::Up) => {
                Some(self)
            }
            _ => None,
        }
    }

    /// The rectangle up to another cell during a drag. The focus stays where the drag began.
    pub fn dragged_to(self, to: GridPosition) -> Self {
        Self {
            focus: self.anchor,
            zone: FocusZone::Cell,
            extent: to,
            ..self
        }
    }

    /// All rows of the columns from `first` to `last`, both included.
    pub fn columns_between(self, layout: &GridLayout, (first, last): (usize, usize)) -> Self {
        Self {
            anchor: (0, first),
            extent: (layout.visual_rows.len().saturating_sub(1), last),
            ..self
        }
    }

    /// The rectangle from the anchor to another cell, which gets the focus.
    pub fn extended_to(self, to: GridPosition) -> Self {
        Self {
            focus: to,
            zone: FocusZone::Cell,
            anchor: self.anchor,
            extent: to,
            is_default: false,
            picked: 0,
        }
    }

    /// All cells of the focused row.
    pub fn whole_row(self, layout: &GridLayout) -> Self {
        let visual_row = self.focus.0;
        Self {
            anchor: (visual_row, 0),
            extent: (visual_row, layout.visual_columns.len().saturating_sub(1)),
            ..self
        }
    }

    /// All cells of the focused column.
    pub fn whole_column(self, layout: &GridLayout) -> Self {
        let visual_column = self.focus.1;
        Self {
            anchor: (0, visual_column),
            extent: (layout.visual_rows.len().saturating_sub(1), visual_column),
            ..self
        }
    }

    /// All cells of the layout.
    pub fn whole_grid(self, layout: &GridLayout) -> Self {
        let last = (
            layout.visual_rows.len().saturating_sub(1),
            layout.visual_columns.len().saturating_sub(1),
        );
        Self {
            anchor: (0, 0),
            extent: last,
            ..self
        }
    }

    /// The top left and the bottom right corner of the rectangle.
    pub fn rectangle(self) -> (GridPosition, GridPosition) {
        let (a, b) = (self.extent, self.anchor);
        ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)))
    }

    /// Whether a position is within the rectangle.
    pub fn contains(self, (row, column): GridPosition) -> bool {
        let ((top, left), (bottom, right)) = self.rectangle();
        (top..=bottom).contains(&row) && (left..=right).contains(&column)
    }

    /// Whether exactly one position is selected.
    pub fn is_single(self) -> bool {
        self.extent == self.anchor
    }

    /// The cells within the rectangle, row by row. Block headers and collapsed clusters have none.
    pub fn cells(self, layout: &GridLayout) -> Vec<CellIndex> {
        let ((top, left), (bottom, right)) = self.rectangle();
        (top..=bottom)
            .flat_map(|visual_row| {
                (left..=right).map(move |visual_column| (visual_row, visual_column))
            })
            .flat_map(|(visual_row, visual_column)| layout.cells_at(visual_row, visual_column))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::layout::{GridLine, VisualColumn},
        domain::matrix::RowBlock,
    };

    fn layout() -> GridLayout {
        use GridLine::{Block as B, Step as S};
        GridLayout {
            visual_rows: vec![B(RowBlock::Custom), S(0), S(1), B(RowBlock::Custom), S(2)],
            visual_columns: vec![
                VisualColumn::Customer(0),
                VisualColumn::Group(1),
                VisualColumn::Customer(5),
            ],
            ..GridLayout::default()
        }
    }

    #[test]
    fn moving_skips_block_headers_and_stops_at_the_edges() {
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        assert_eq!(start.focus, (1, 0));
        let walk = |movements: &[Movement]| {
            movements
                .iter()
                .fold(start, |it, movement| {
                    it.after_move(&layout, *movement, false)
                })
                .focus
        };
        assert_eq!(
            walk(&[Movement::Down, Movement::Down, Movement::Down]),
            (4, 0)
        );
        assert_eq!(
            walk(&[Movement::Down, Movement::Down, Movement::Up]),
            (2, 0)
        );
        assert_eq!(walk(&[Movement::Down, Movement::PageUp]), (1, 0));
        assert_eq!(walk(&[Movement::Last, Movement::Right]), (4, 2));
    }

    #[test]
    fn above_and_beside_the_cells_are_the_headers() {
        use Movement::{Down, Left, Right, Up};
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        let walk = |movements: &[Movement]| {
            let end = movements.iter().fold(start, |it, movement| {
                it.after_move(&layout, *movement, false)
            });
            (end.zone, end.focus)
        };
        assert_eq!(walk(&[Up]), (FocusZone::ColumnHead, (1, 0)));
        assert_eq!(walk(&[Up, Right, Up]), (FocusZone::ClusterHead, (1, 1)));
        assert_eq!(walk(&[Up, Up, Up, Down, Down]), (FocusZone::Cell, (1, 0)));
        assert_eq!(walk(&[Left]), (FocusZone::RowHead, (1, 0)));
        assert_eq!(walk(&[Left, Up]), (FocusZone::RowHead, (0, 0)));
        assert_eq!(walk(&[Left, Down, Down, Right]), (FocusZone::Cell, (4, 0)));
        // With Shift the rectangle ends at the edge.
        assert_eq!(start.after_move(&layout, Up, true).zone, FocusZone::Cell);
    }

    #[test]
    fn a_drag_keeps_the_focus_where_it_began() {
        let dragged = Selection::at((1, 0)).dragged_to((4, 2));
        assert_eq!(dragged.focus, (1, 0));
        assert_eq!(dragged.rectangle(), ((1, 0), (4, 2)));
        assert_eq!(dragged.cells(&layout()).len(), 6);
    }

    #[test]
    fn a_rectangle_contains_only_cells_that_exist() {
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        let wide = start
            .after_move(&layout, Movement::RowEnd, true)
            .after_move(&layout, Movement::Down, true);
        assert_eq!(wide.cells(&layout).len(), 4);
        assert_eq!(start.whole_grid(&layout).cells(&layout).len(), 6);
        assert_eq!(start.whole_column(&layout).cells(&layout).len(), 3);
        assert_eq!(start.whole_row(&layout).cells(&layout).len(), 2);
    }
}
