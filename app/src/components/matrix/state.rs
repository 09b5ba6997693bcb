//! What the grid and the page around it share: cells, what is drawn of them, and where the person is.
use super::{
    keyboard::GridCommand,
    layout::{BLOCKS, Collapsed, DENSITIES, Density, GridLayout, VisualRow},
    selection::{FocusZone, Selection},
};
use crate::{
    browser,
    components::{
        pending_actions::{ActionRequest, FailedAction, PendingActions},
        step_panel::PanelNeighbors,
        ui::follow_effect::follow,
    },
    domain::{
        id::StepId,
        matrix::{Cell, CellIndex, Grid},
        matrix_filter::MatrixFilter,
        status_info::{StatusChange, StatusInfo, reason_preview},
        step::CustomerStep,
    },
};
use leptos::prelude::*;

/// What the grid and the page around it share.
#[derive(Clone, Copy)]
pub struct MatrixState {
    pub grid: RwSignal<Grid>,
    pub collapsed: RwSignal<Collapsed>,
    pub filter: RwSignal<MatrixFilter>,
    pub selection: RwSignal<Option<Selection>>,
    pub density: RwSignal<Density>,
    /// Whether single letters act (WCAG 2.1.4).
    pub letters: RwSignal<bool>,
    pub layout: Memo<GridLayout>,
    /// Where the window begins that the server draws.
    pub first: CellIndex,
    /// Raised when the keyboard should come back to the grid.
    pub wants_keyboard: RwSignal<u32>,
    /// Raised when the grid is another one: it is drawn as a whole.
    pub renewed: RwSignal<u32>,
    /// Raised when more is known of who set cells, and when.
    pub marked: RwSignal<u32>,
    /// What is asked of single cells.
    pub wishes: RwSignal<PendingActions>,
    /// Raised when counts are to follow the cells: a cell that was set is painted first.
    pub counted: RwSignal<u32>,
}

pub const DENSITY_KEY: &str = "rollcall.density";
pub const LETTERS_KEY: &str = "rollcall.letters";

/// After so many milliseconds without an answer a cell shows that it is being saved.
const SLOW: u32 = 300;

impl MatrixState {
    pub fn new(grid: Grid, filter: MatrixFilter, collapsed: Collapsed, first: CellIndex) -> Self {
        let grid = RwSignal::new(grid);
        let collapsed = RwSignal::new(collapsed);
        let filter = RwSignal::new(filter);
        let layout = Memo::new(move |_| {
            grid.with(|grid| {
                filter.with(|filter| collapsed.with(|it| GridLayout::new(grid, it, filter)))
            })
        });
        let selection = RwSignal::new(layout.with_untracked(Selection::start));
        let counted = RwSignal::new(0);
        follow(move |is_first| {
            grid.track();
            if !is_first {
                browser::dom::after_paint(move || {
                    let _ = counted.try_update(|it| *it += 1);
                });
            }
        });
        Self {
            grid,
            collapsed,
            filter,
            selection,
            density: RwSignal::new(DENSITIES[1]),
            letters: RwSignal::new(true),
            layout,
            first,
            wants_keyboard: RwSignal::new(0),
            renewed: RwSignal::new(0),
            marked: RwSignal::new(0),
            wishes: RwSignal::new(PendingActions::default()),
            counted,
        }
    }

    /// The grid as it is now, in place of what it was.
    pub fn replace(self, grid: Grid) {
        if self.grid.try_set(grid).is_none() {
            self.renewed.update(|it| *it += 1);
        }
    }

    pub fn merge_status_info(self, marks: &StatusInfo) {
        if self
            .grid
            .try_update(|grid| grid.merge_status_info(marks))
            .is_some()
        {
            self.marked.update(|it| *it += 1);
        }
    }

    /// Changes what is drawn; the keyboard stays at its cell if that is still there.
    pub fn redraw(self, change: impl FnOnce(Self)) {
        let at = untrack(|| self.focused());
        change(self);
        let selection = self.layout.with_untracked(|layout| {
            let place = at.and_then(|at| layout.place(at)).map(Selection::at);
            place.or_else(|| Selection::start(layout))
        });
        self.selection.set(selection);
    }

    pub fn set_letters(self, on: bool) {
        self.letters.set(on);
        browser::dom::remember(LETTERS_KEY, if on { "on" } else { "off" });
    }

    pub fn set_density(self, density: Density) {
        self.density.set(density);
        browser::dom::remember(DENSITY_KEY, density.name);
    }

    /// The cell that the keyboard is at.
    pub fn focused(self) -> Option<CellIndex> {
        let selection = self
            .selection
            .get()
            .filter(|it| it.zone == FocusZone::Cell)?;
        self.layout
            .with(|layout| layout.cell(selection.focus.0, selection.focus.1))
    }

    /// The selected cells that exist, without those that the filter has dimmed.
    pub fn selected(self) -> Vec<CellIndex> {
        let Some(selection) = self.selection.get() else {
            return Vec::new();
        };
        let is_one = selection.anchor == selection.head;
        self.layout.with(|layout| {
            let cells = selection.cells(layout).into_iter();
            self.grid.with(|grid| {
                let there =
                    |at: &CellIndex| grid.cell(*at).is_some_and(|it| is_one || layout.wants(it));
                cells.filter(there).collect()
            })
        })
    }

    /// Goes to a cell and selects it alone.
    pub fn go(self, at: CellIndex) {
        if let Some(place) = self.layout.with_untracked(|layout| layout.place(at)) {
            self.selection.set(Some(Selection::at(place)));
        }
    }

    /// The next drawn cell with open work behind the present one (or before it), customer by customer.
    pub fn next_open(self, forward: bool) -> Option<CellIndex> {
        let here = self.focused().unwrap_or(CellIndex { row: 0, column: 0 });
        let (rows, columns) = self.layout.with_untracked(GridLayout::drawn);
        let (height, all) = (rows.len(), rows.len() * columns.len());
        let row = rows.iter().position(|it| *it == here.row).unwrap_or(0);
        let column = columns.iter().position(|it| *it == here.column);
        let start = column.unwrap_or(0) * height + row;
        self.grid.with_untracked(|grid| {
            (1..=all)
                .map(|it| {
                    (if forward {
                        start + it
                    } else {
                        start + all - it
                    }) % all
                })
                .map(|index| CellIndex {
                    row: rows[index % height],
                    column: columns[index / height],
                })
                .find(|at| grid.cell(*at).is_some_and(|it| it.status.is_open()))
        })
    }

    /// One cell changes at once, as it was asked for.
    pub fn begin(self, step: StepId, wish: ActionRequest) {
        let action = wish.action;
        self.wishes.update(|it| it.begin(step, wish));
        browser::dom::after(SLOW, move || {
            if self.wishes.try_update(|it| it.linger(step)) == Some(true) {
                self.set(step, |_| {});
            }
        });
        self.set(step, |cell| {
            if action.allows(cell.status) {
                cell.status = action.target();
            }
        });
    }

    /// And goes back to what it was if that failed.
    pub fn fail(self, step: StepId, before: Option<Cell>, unmet: FailedAction) {
        if self.wishes.try_update(|it| it.fail(step, unmet)).is_some() {
            self.set(step, |cell| *cell = before.unwrap_or(*cell));
        }
    }

    /// Who set it, and when, stays.
    fn set(self, step: StepId, change: impl FnOnce(&mut Cell)) {
        self.grid.update(|grid| {
            let found = grid
                .index_of(step)
                .and_then(|at| Some((at, *grid.cell(at)?)));
            if let Some((at, mut cell)) = found {
                change(&mut cell);
                let mark = grid.status_change(at).cloned();
                grid.set(at, cell, mark);
            }
        });
    }

    /// What failed of a cell.
    pub fn unmet(self, at: CellIndex) -> Option<FailedAction> {
        let step = self.grid.with_untracked(|it| it.cell(at).map(|it| it.step));
        self.wishes.with_untracked(|it| it.unmet(step?))
    }

    pub fn cell_of(self, step: StepId) -> Option<Cell> {
        self.grid
            .with_untracked(|grid| grid.cell(grid.index_of(step)?).copied())
    }

    /// Takes a step in as it is now. Whether it lacks a value is left as it was.
    pub fn put(self, step: &CustomerStep) {
        if self.wishes.try_update(|it| it.end(step.id)).is_none() {
            return;
        }
        self.grid.update(|grid| {
            let Some(at) = grid.index_of(step.id) else {
                return;
            };
            let is_unresolved = grid.cell(at).is_some_and(|it| it.is_unresolved);
            let cell = Cell {
                step: step.id,
                status: step.status,
                is_overridden: step.is_overridden,
                has_notes: step.notes.is_some(),
                is_unresolved,
            };
            let reason = step.reason().map(|it| reason_preview(it).into());
            let mark = step.state_by.clone().zip(step.state_at);
            grid.set(
                at,
                cell,
                mark.map(|(by, at)| StatusChange {
                    by: by.into(),
                    at,
                    reason,
                }),
            );
        });
    }

    /// The names of a step and its customer.
    pub fn names(self, step: StepId) -> Option<(String, String)> {
        self.grid.with_untracked(|grid| {
            let at = grid.index_of(step)?;
            let (row, column) = (&grid.rows[at.row], &grid.columns[at.column]);
            Some((row.name.clone(), column.name.clone()))
        })
    }

    /// Which step it is, and which customer: "6 of 14", "6 of 18".
    pub fn places(self, step: StepId) -> (String, String) {
        self.grid.with(|grid| match grid.index_of(step) {
            Some(at) => (
                format!("{} of {}", at.row + 1, grid.rows.len()),
                format!("{} of {}", at.column + 1, grid.columns.len()),
            ),
            None => (String::new(), String::new()),
        })
    }

    /// Goes to the nearest drawn cell in a direction that exists.
    pub fn go_toward(self, toward: PanelNeighbors) {
        let Some((mut line, mut lane)) = self.selection.get_untracked().map(|it| it.focus) else {
            return;
        };
        let found = self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                loop {
                    match toward {
                        PanelNeighbors::PreviousStep => line = line.checked_sub(1)?,
                        PanelNeighbors::NextStep => line += 1,
                        PanelNeighbors::PreviousCustomer => lane = lane.checked_sub(1)?,
                        PanelNeighbors::NextCustomer => lane += 1,
                    }
                    if line >= layout.lines.len() || lane >= layout.lanes.len() {
                        return None;
                    }
                    let cell = layout.cell(line, lane).and_then(|at| grid.cell(at));
                    if cell.is_some_and(|it| layout.wants(it)) {
                        return Some((line, lane));
                    }
                }
            })
        });
        if let Some(place) = found {
            self.selection.set(Some(Selection::at(place)));
        }
    }

    /// The first open cell of a row that is drawn.
    pub fn open_in(self, row: usize) -> Option<CellIndex> {
        let (_, columns) = self.layout.with_untracked(GridLayout::drawn);
        self.grid.with_untracked(|grid| {
            columns
                .into_iter()
                .map(|column| CellIndex { row, column })
                .find(|at| grid.cell(*at).is_some_and(|it| it.status.is_open()))
        })
    }

    /// Selects a row, column, cluster or all; moves about. False if the command is none of these.
    pub fn select(self, command: GridCommand) -> bool {
        let Some(present) = self.selection.get_untracked() else {
            return false;
        };
        let lanes = |layout: &GridLayout| {
            self.grid
                .with_untracked(|grid| layout.lanes_of(grid, present.focus.1))
        };
        let next = self.layout.with_untracked(|layout| match command {
            GridCommand::Move { step, extend } => Some(present.moved(layout, step, extend)),
            GridCommand::SelectRow => Some(present.row(layout)),
            GridCommand::SelectColumn if present.zone == FocusZone::Band => {
                Some(present.lanes(layout, lanes(layout)))
            }
            GridCommand::SelectColumn => Some(present.column(layout)),
            GridCommand::SelectCluster => Some(present.lanes(layout, lanes(layout))),
            GridCommand::SelectAll => Some(present.all(layout)),
            _ => None,
        });
        if next.is_some() {
            self.selection.set(next);
        }
        next.is_some()
    }

    /// Collapses or opens; the keyboard stays at the head that was pressed.
    pub fn toggle(self, what: &str) {
        self.redraw(|it| it.collapsed.update(|it| it.toggle(what)));
        let head = self.layout.with_untracked(|layout| {
            let (kind, id) = what.split_once(' ')?;
            if kind == "block" {
                let block = BLOCKS.get(id.parse::<usize>().ok()?)?;
                let line = layout
                    .lines
                    .iter()
                    .position(|it| *it == VisualRow::Block(*block))?;
                return Some((FocusZone::Row, (line, 0)));
            }
            let id = id.parse().ok()?;
            let lane = self.grid.with_untracked(|grid| {
                let mut lanes = layout.lanes.iter();
                lanes.position(|it| grid.bands[it.band(grid)].id == id)
            })?;
            let line = self.selection.get_untracked().map_or(0, |it| it.focus.0);
            Some((FocusZone::Band, (line, lane)))
        });
        if let Some((zone, place)) = head {
            self.selection.set(Some(Selection {
                zone,
                ..Selection::at(place)
            }));
        }
    }
}
