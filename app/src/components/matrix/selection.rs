//! Where the person is and what is selected: a cell, or a rectangle between two. In visual lines and lanes.
use super::layout::{GridLayout, VisualRow};
use crate::domain::matrix::CellIndex;

/// A visual place: line and lane.
pub type GridPosition = (usize, usize);

/// What the keyboard is at: a cell, or a head beside or above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FocusZone {
    #[default]
    Cell,
    /// The head of the focused line.
    Row,
    /// The head of the focused lane.
    Column,
    /// The cluster above it.
    Band,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where the keyboard is.
    pub focus: GridPosition,
    pub zone: FocusZone,
    /// The corner that stays when the rectangle is extended.
    pub anchor: GridPosition,
    /// The corner across.
    pub head: GridPosition,
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    Up,
    Down,
    Left,
    Right,
    LineStart,
    LineEnd,
    First,
    Last,
    PageUp,
    PageDown,
}

const PAGE: usize = 10;

impl Selection {
    pub fn at(place: GridPosition) -> Self {
        Self {
            focus: place,
            zone: FocusZone::Cell,
            anchor: place,
            head: place,
        }
    }

    /// The first cell of a layout; the first head of a row if all are collapsed.
    pub fn start(layout: &GridLayout) -> Option<Self> {
        if layout.lanes.is_empty() || layout.lines.is_empty() {
            return None;
        }
        let step = layout
            .lines
            .iter()
            .position(|it| matches!(it, VisualRow::Step(_)));
        Some(Self {
            zone: if step.is_some() {
                FocusZone::Cell
            } else {
                FocusZone::Row
            },
            ..Self::at((step.unwrap_or(0), 0))
        })
    }

    /// The selection after a move. It never leaves the grid; above the first step are the heads of the columns and
    /// the clusters, at the left those of the rows.
    pub fn moved(self, layout: &GridLayout, step: Movement, extend: bool) -> Self {
        let (line, lane) = self.focus;
        let last_lane = layout.lanes.len().saturating_sub(1);
        let steps: Vec<usize> = layout
            .lines
            .iter()
            .enumerate()
            .filter(|it| matches!(it.1, VisualRow::Step(_)))
            .map(|it| it.0)
            .collect();
        if !extend && let Some(there) = self.among_heads(layout, step) {
            return there;
        }
        let (Some(first_line), Some(last_line)) = (steps.first().copied(), steps.last().copied())
        else {
            return self;
        };
        let index = steps
            .iter()
            .position(|it| *it >= line)
            .unwrap_or(steps.len() - 1);
        let by = |index: usize| steps[index.min(steps.len() - 1)];
        let focus = match step {
            Movement::Up => (by(index.saturating_sub(1)), lane),
            Movement::Down => (by(index + 1), lane),
            Movement::PageUp => (by(index.saturating_sub(PAGE)), lane),
            Movement::PageDown => (by(index + PAGE), lane),
            Movement::Left => (line, lane.saturating_sub(1)),
            Movement::Right => (line, (lane + 1).min(last_lane)),
            Movement::LineStart => (line, 0),
            Movement::LineEnd => (line, last_lane),
            Movement::First => (first_line, 0),
            Movement::Last => (last_line, last_lane),
        };
        Self {
            focus,
            zone: FocusZone::Cell,
            anchor: if extend { self.anchor } else { focus },
            head: focus,
        }
    }

    /// A move to, along or away from the heads; none if it is one among cells.
    fn among_heads(self, layout: &GridLayout, step: Movement) -> Option<Self> {
        let (line, lane) = self.focus;
        let steps_from = |line: usize| {
            (line..layout.lines.len()).filter(|it| matches!(layout.lines[*it], VisualRow::Step(_)))
        };
        let first_line = steps_from(0).next();
        let at = |zone: FocusZone, line: usize, lane: usize| {
            Some(Self {
                zone,
                ..Self::at((line, lane))
            })
        };
        let last_lane = layout.lanes.len().saturating_sub(1);
        let last_line = layout.lines.len().saturating_sub(1);
        match (self.zone, step) {
            (FocusZone::Cell, Movement::Up) if Some(line) == first_line => {
                at(FocusZone::Column, line, lane)
            }
            (FocusZone::Cell, Movement::Left) if lane == 0 => at(FocusZone::Row, line, lane),
            (FocusZone::Column, Movement::Up) => at(FocusZone::Band, line, lane),
            (FocusZone::Band, Movement::Down) => at(FocusZone::Column, line, lane),
            (FocusZone::Column, Movement::Down) => match first_line {
                Some(line) => at(FocusZone::Cell, line, lane),
                None => at(FocusZone::Row, 0, lane),
            },
            (FocusZone::Column | FocusZone::Band, Movement::Left) => {
                at(self.zone, line, lane.saturating_sub(1))
            }
            (FocusZone::Column | FocusZone::Band, Movement::Right) => {
                at(self.zone, line, (lane + 1).min(last_lane))
            }
            (FocusZone::Row, Movement::Up) if line == 0 => at(FocusZone::Column, 0, lane),
            (FocusZone::Row, Movement::Up) => at(FocusZone::Row, line - 1, lane),
            (FocusZone::Row, Movement::Down) => at(FocusZone::Row, (line + 1).min(last_line), lane),
            (FocusZone::Row, Movement::Right) => {
                at(FocusZone::Cell, steps_from(line).next().or(first_line)?, 0)
            }
            (FocusZone::Row, Movement::Left) | (FocusZone::Band, Movement::Up) => Some(self),
            _ => None,
        }
    }

    /// The rectangle up to another cell, while the mouse is held; the keyboard stays where the drag began.
    pub fn dragged(self, to: GridPosition) -> Self {
        Self {
            focus: self.anchor,
            zone: FocusZone::Cell,
            head: to,
            ..self
        }
    }

    /// All the lanes of a cluster.
    pub fn lanes(self, layout: &GridLayout, (first, last): (usize, usize)) -> Self {
        Self {
            anchor: (0, first),
            head: (layout.lines.len().saturating_sub(1), last),
            ..self
        }
    }

    /// The same cell, and the rectangle up to another.
    pub fn extended(self, to: GridPosition) -> Self {
        Self {
            focus: to,
            zone: FocusZone::Cell,
            anchor: self.anchor,
            head: to,
        }
    }

    pub fn row(self, layout: &GridLayout) -> Self {
        let line = self.focus.0;
        Self {
            anchor: (line, 0),
            head: (line, layout.lanes.len().saturating_sub(1)),
            ..self
        }
    }

    pub fn column(self, layout: &GridLayout) -> Self {
        let lane = self.focus.1;
        Self {
            anchor: (0, lane),
            head: (layout.lines.len().saturating_sub(1), lane),
            ..self
        }
    }

    pub fn all(self, layout: &GridLayout) -> Self {
        let last = (
            layout.lines.len().saturating_sub(1),
            layout.lanes.len().saturating_sub(1),
        );
        Self {
            anchor: (0, 0),
            head: last,
            ..self
        }
    }

    /// The two corners, first to last.
    pub fn rectangle(self) -> (GridPosition, GridPosition) {
        let (a, b) = (self.head, self.anchor);
        ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)))
    }

    pub fn is_single(self) -> bool {
        self.head == self.anchor
    }

    /// The cells of the grid within the rectangle.
    pub fn cells(self, layout: &GridLayout) -> Vec<CellIndex> {
        let ((top, left), (bottom, right)) = self.rectangle();
        (top..=bottom)
            .flat_map(|line| (left..=right).map(move |lane| (line, lane)))
            .filter_map(|(line, lane)| layout.cell(line, lane))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::matrix::layout::VisualColumn, domain::matrix::RowBlock};

    fn layout() -> GridLayout {
        use VisualRow::{Block as B, Step as S};
        GridLayout {
            lines: vec![B(RowBlock::Custom), S(0), S(1), B(RowBlock::Custom), S(2)],
            lanes: vec![
                VisualColumn::Customer(0),
                VisualColumn::Group(1),
                VisualColumn::Customer(5),
            ],
            filter: None,
        }
    }

    #[test]
    fn moving_passes_over_heads_and_stops_at_the_edges() {
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        assert_eq!(start.focus, (1, 0));
        let walk = |steps: &[Movement]| {
            steps
                .iter()
                .fold(start, |it, step| it.moved(&layout, *step, false))
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
    fn above_and_beside_the_cells_are_the_heads() {
        use Movement::{Down, Left, Right, Up};
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        let walk = |steps: &[Movement]| {
            let end = steps
                .iter()
                .fold(start, |it, step| it.moved(&layout, *step, false));
            (end.zone, end.focus)
        };
        assert_eq!(walk(&[Up]), (FocusZone::Column, (1, 0)));
        assert_eq!(walk(&[Up, Right, Up]), (FocusZone::Band, (1, 1)));
        assert_eq!(walk(&[Up, Up, Up, Down, Down]), (FocusZone::Cell, (1, 0)));
        assert_eq!(walk(&[Left]), (FocusZone::Row, (1, 0)));
        assert_eq!(walk(&[Left, Up]), (FocusZone::Row, (0, 0)));
        assert_eq!(walk(&[Left, Down, Down, Right]), (FocusZone::Cell, (4, 0)));
        // With Shift the rectangle ends at the edge.
        assert_eq!(start.moved(&layout, Up, true).zone, FocusZone::Cell);
    }

    #[test]
    fn a_drag_keeps_the_keyboard_where_it_began() {
        let dragged = Selection::at((1, 0)).dragged((4, 2));
        assert_eq!(dragged.focus, (1, 0));
        assert_eq!(dragged.rectangle(), ((1, 0), (4, 2)));
        assert_eq!(dragged.cells(&layout()).len(), 6);
    }

    #[test]
    fn a_rectangle_has_the_cells_that_exist() {
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        let wide =
            start
                .moved(&layout, Movement::LineEnd, true)
                .moved(&layout, Movement::Down, true);
        assert_eq!(wide.cells(&layout).len(), 4);
        assert_eq!(start.all(&layout).cells(&layout).len(), 6);
        assert_eq!(start.column(&layout).cells(&layout).len(), 3);
        assert_eq!(start.row(&layout).cells(&layout).len(), 2);
    }
}
