//! Where the person is and what is selected: a cell, or a rectangle between two. In visual lines and lanes.
use super::layout::{Layout, Line};
use crate::domain::matrix::At;

/// A visual place: line and lane.
pub type Place = (usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where the keyboard is.
    pub focus: Place,
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
            anchor: place,
            head: place,
        }
    }

    /// The first cell of a layout, if it has one.
    pub fn start(layout: &Layout) -> Option<Self> {
        let line = layout
            .lines
            .iter()
            .position(|it| matches!(it, Line::Step(_)))?;
        (!layout.lanes.is_empty()).then(|| Self::at((line, 0)))
    }

    /// The selection after a move; it never leaves the grid, and passes over the blocks' heads.
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
            anchor: if extend { self.anchor } else { focus },
            head: focus,
        }
    }

    /// The same cell, and the rectangle up to another.
    pub fn extended(self, to: Place) -> Self {
        Self {
            focus: to,
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
        assert_eq!(walk(&[Step::Left, Step::Up]), (1, 0));
        assert_eq!(walk(&[Step::Last, Step::Right]), (4, 2));
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
