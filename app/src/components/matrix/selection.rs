//! Where the person is and what is selected: a cell, or a rectangle between two. In visual lines and lanes.
use super::layout::{Layout, Line};
use crate::domain::matrix::At;

/// A visual place: line and lane.
pub type Place = (usize, usize);

/// What the keyboard is at: a cell, or a head beside or above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
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
    pub focus: Place,
    pub zone: Zone,
    /// The corner that stays when the rectangle is extended.
    pub anchor: Place,
    /// The corner across.
    pub head: Place,
}

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
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
    pub fn at(place: Place) -> Self {
        Self {
            focus: place,
            zone: Zone::Cell,
            anchor: place,
            head: place,
        }
    }

    /// The first cell of a layout; the first head of a row if all are collapsed.
    pub fn start(layout: &Layout) -> Option<Self> {
        if layout.lanes.is_empty() || layout.lines.is_empty() {
            return None;
        }
        let step = layout
            .lines
            .iter()
            .position(|it| matches!(it, Line::Step(_)));
        Some(Self {
            zone: if step.is_some() {
                Zone::Cell
            } else {
                Zone::Row
            },
            ..Self::at((step.unwrap_or(0), 0))
        })
    }

    /// The selection after a move. It never leaves the grid; above the first step are the heads of the columns and
    /// the clusters, at the left those of the rows.
    pub fn moved(self, layout: &Layout, step: Step, extend: bool) -> Self {
        let (line, lane) = self.focus;
        let last_lane = layout.lanes.len().saturating_sub(1);
        let steps: Vec<usize> = layout
            .lines
            .iter()
            .enumerate()
            .filter(|it| matches!(it.1, Line::Step(_)))
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
            Step::Up => (by(index.saturating_sub(1)), lane),
            Step::Down => (by(index + 1), lane),
            Step::PageUp => (by(index.saturating_sub(PAGE)), lane),
            Step::PageDown => (by(index + PAGE), lane),
            Step::Left => (line, lane.saturating_sub(1)),
            Step::Right => (line, (lane + 1).min(last_lane)),
            Step::LineStart => (line, 0),
            Step::LineEnd => (line, last_lane),
            Step::First => (first_line, 0),
            Step::Last => (last_line, last_lane),
        };
        Self {
            focus,
            zone: Zone::Cell,
            anchor: if extend { self.anchor } else { focus },
            head: focus,
        }
    }

    /// A move to, along or away from the heads; none if it is one among cells.
    fn among_heads(self, layout: &Layout, step: Step) -> Option<Self> {
        let (line, lane) = self.focus;
        let steps_from = |line: usize| {
            (line..layout.lines.len()).filter(|it| matches!(layout.lines[*it], Line::Step(_)))
        };
        let first_line = steps_from(0).next();
        let at = |zone: Zone, line: usize, lane: usize| {
            Some(Self {
                zone,
                ..Self::at((line, lane))
            })
        };
        let last_lane = layout.lanes.len().saturating_sub(1);
        let last_line = layout.lines.len().saturating_sub(1);
        match (self.zone, step) {
            (Zone::Cell, Step::Up) if Some(line) == first_line => at(Zone::Column, line, lane),
            (Zone::Cell, Step::Left) if lane == 0 => at(Zone::Row, line, lane),
            (Zone::Column, Step::Up) => at(Zone::Band, line, lane),
            (Zone::Band, Step::Down) => at(Zone::Column, line, lane),
            (Zone::Column, Step::Down) => match first_line {
                Some(line) => at(Zone::Cell, line, lane),
                None => at(Zone::Row, 0, lane),
            },
            (Zone::Column | Zone::Band, Step::Left) => at(self.zone, line, lane.saturating_sub(1)),
            (Zone::Column | Zone::Band, Step::Right) => {
                at(self.zone, line, (lane + 1).min(last_lane))
            }
            (Zone::Row, Step::Up) if line == 0 => at(Zone::Column, 0, lane),
            (Zone::Row, Step::Up) => at(Zone::Row, line - 1, lane),
            (Zone::Row, Step::Down) => at(Zone::Row, (line + 1).min(last_line), lane),
            (Zone::Row, Step::Right) => at(Zone::Cell, steps_from(line).next().or(first_line)?, 0),
            (Zone::Row, Step::Left) | (Zone::Band, Step::Up) => Some(self),
            _ => None,
        }
    }

    /// The rectangle up to another cell, while the mouse is held; the keyboard stays where the drag began.
    pub fn dragged(self, to: Place) -> Self {
        Self {
            focus: self.anchor,
            zone: Zone::Cell,
            head: to,
            ..self
        }
    }

    /// All the lanes of a cluster.
    pub fn lanes(self, layout: &Layout, (first, last): (usize, usize)) -> Self {
        Self {
            anchor: (0, first),
            head: (layout.lines.len().saturating_sub(1), last),
            ..self
        }
    }

    /// The same cell, and the rectangle up to another.
    pub fn extended(self, to: Place) -> Self {
        Self {
            focus: to,
            zone: Zone::Cell,
            anchor: self.anchor,
            head: to,
        }
    }

    pub fn row(self, layout: &Layout) -> Self {
        let line = self.focus.0;
        Self {
            anchor: (line, 0),
            head: (line, layout.lanes.len().saturating_sub(1)),
            ..self
        }
    }

    pub fn column(self, layout: &Layout) -> Self {
        let lane = self.focus.1;
        Self {
            anchor: (0, lane),
            head: (layout.lines.len().saturating_sub(1), lane),
            ..self
        }
    }

    pub fn all(self, layout: &Layout) -> Self {
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
    pub fn rectangle(self) -> (Place, Place) {
        let (a, b) = (self.head, self.anchor);
        ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)))
    }

    pub fn is_single(self) -> bool {
        self.head == self.anchor
    }

    /// The cells of the grid within the rectangle.
    pub fn cells(self, layout: &Layout) -> Vec<At> {
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
    use crate::{components::matrix::layout::Lane, domain::matrix::Block};

    fn layout() -> Layout {
        use Line::{Block as B, Step as S};
        Layout {
            lines: vec![B(Block::Custom), S(0), S(1), B(Block::Custom), S(2)],
            lanes: vec![Lane::Customer(0), Lane::Group(1), Lane::Customer(5)],
            filter: None,
        }
    }

    #[test]
    fn moving_passes_over_heads_and_stops_at_the_edges() {
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        assert_eq!(start.focus, (1, 0));
        let walk = |steps: &[Step]| {
            steps
                .iter()
                .fold(start, |it, step| it.moved(&layout, *step, false))
                .focus
        };
        assert_eq!(walk(&[Step::Down, Step::Down, Step::Down]), (4, 0));
        assert_eq!(walk(&[Step::Down, Step::Down, Step::Up]), (2, 0));
        assert_eq!(walk(&[Step::Down, Step::PageUp]), (1, 0));
        assert_eq!(walk(&[Step::Last, Step::Right]), (4, 2));
    }

    #[test]
    fn above_and_beside_the_cells_are_the_heads() {
        use Step::{Down, Left, Right, Up};
        let layout = layout();
        let start = Selection::start(&layout).unwrap();
        let walk = |steps: &[Step]| {
            let end = steps
                .iter()
                .fold(start, |it, step| it.moved(&layout, *step, false));
            (end.zone, end.focus)
        };
        assert_eq!(walk(&[Up]), (Zone::Column, (1, 0)));
        assert_eq!(walk(&[Up, Right, Up]), (Zone::Band, (1, 1)));
        assert_eq!(walk(&[Up, Up, Up, Down, Down]), (Zone::Cell, (1, 0)));
        assert_eq!(walk(&[Left]), (Zone::Row, (1, 0)));
        assert_eq!(walk(&[Left, Up]), (Zone::Row, (0, 0)));
        assert_eq!(walk(&[Left, Down, Down, Right]), (Zone::Cell, (4, 0)));
        // With Shift the rectangle ends at the edge.
        assert_eq!(start.moved(&layout, Up, true).zone, Zone::Cell);
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
        let wide = start
            .moved(&layout, Step::LineEnd, true)
            .moved(&layout, Step::Down, true);
        assert_eq!(wide.cells(&layout).len(), 4);
        assert_eq!(start.all(&layout).cells(&layout).len(), 6);
        assert_eq!(start.column(&layout).cells(&layout).len(), 3);
        assert_eq!(start.row(&layout).cells(&layout).len(), 2);
    }
}
