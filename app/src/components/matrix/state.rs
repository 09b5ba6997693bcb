//! State of the matrix that the grid and the page around it share: cells, filter, layout, focus and selection, and actions
//! that are being saved. All fields are signals, so a copy of the struct is a handle to the same state.
use super::{
    arrangement::Arrangement,
    command::GridCommand,
    layout::{Collapsed, GridLayout, GridPosition},
    measured_layout::{DENSITIES, Density},
    selection::{FocusZone, PickedCells, Selection},
};
use crate::{
    browser,
    components::{
        pending_actions::{ActionRequest, FailedAction, PendingActions},
        step_panel::events::PanelNeighbors,
        ui::follow_effect::follow,
    },
    domain::{
        digit_groups::{grouped, grouped_count},
        id::StepId,
        matrix::{Cell, CellIndex, Grid},
        matrix_filter::MatrixFilter,
        own_changes::cell_in_words,
        status_info::{StatusChange, StatusInfo, reason_preview},
        step::CustomerStep,
    },
};
use leptos::prelude::*;

/// The shared state of one matrix.
#[derive(Clone, Copy)]
pub struct MatrixState {
    pub grid: RwSignal<Grid>,
    pub collapsed: RwSignal<Collapsed>,
    /// What is collapsed for who arrives now. The address leaves it out.
    pub collapsed_on_arrival: StoredValue<Collapsed>,
    pub filter: RwSignal<MatrixFilter>,
    pub arrangement: RwSignal<Arrangement>,
    /// How often what is shown was changed on demand, and the selection with it.
    pub layout_changes: StoredValue<u32>,
    /// The cell that had the focus, and whether by itself, until what is shown hid it. Shown again, it has the focus again.
    pub hidden_focus: StoredValue<Option<(StepId, bool)>>,
    /// `None` while no cell is visible.
    pub selection: RwSignal<Option<Selection>>,
    /// Cells that were added to the selection one by one.
    pub picked: RwSignal<PickedCells>,
    pub density: RwSignal<Density>,
    /// Whether single letters are shortcuts. They can be switched off (WCAG 2.1.4).
    pub letter_keys_enabled: RwSignal<bool>,
    /// Derived from grid, filter, arrangement and collapsed clusters.
    pub layout: Memo<GridLayout>,
    /// The first cell of the window that the server renders.
    pub first_cell: CellIndex,
    /// Raised to move the focus back to the grid.
    pub focus_requests: RwSignal<u32>,
    /// What the panel of a step is asked for, once it shows that step.
    pub panel_requests: RwSignal<Option<(StepId, PanelRequest)>>,
    /// Raised when `grid` is replaced. The renderer then writes it as a whole.
    pub grid_version: RwSignal<u32>,
    /// Raised when who changed cells and when has arrived.
    pub status_info_version: RwSignal<u32>,
    /// Actions on single cells that are being saved or have failed.
    pub pending_actions: RwSignal<PendingActions>,
    /// Raised after the paint that follows a change of the grid. Counts are updated then, so that a changed cell is
    /// painted first.
    pub counts_version: RwSignal<u32>,
}

/// What the keyboard asks of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelRequest {
    /// To take the focus.
    Focus,
    /// To open the dialog that overrides the step's text.
    Override,
}

/// The key of the saved density in this browser; its value is `Density::name`.
pub const DENSITY_SETTING: &str = "rollcall.density";
/// The key of the saved choice for letter shortcuts in this browser: `on` or `off`.
pub const LETTER_KEYS_SETTING: &str = "rollcall.letters";

/// How long an action on a cell takes before the cell shows that it is being saved.
pub const SAVING_INDICATOR_DELAY_MS: u32 = 300;

impl MatrixState {
    /// `first_cell` is where the window begins that the server renders.
    pub fn new(
        grid: Grid,
        filter: MatrixFilter,
        (collapsed, collapsed_on_arrival): (Collapsed, Collapsed),
        arrangement: Arrangement,
        first_cell: CellIndex,
    ) -> Self {
        let grid = RwSignal::new(grid);
        let collapsed = RwSignal::new(collapsed);
        let filter = RwSignal::new(filter);
        let arrangement = RwSignal::new(arrangement);
        let layout = Memo::new(move |_| {
            let (collapsed, filter) = (collapsed.read(), filter.read());
            let arrangement = arrangement.read();
            grid.with(|grid| GridLayout::new(grid, &collapsed, &filter, &arrangement))
        });
        let selection = RwSignal::new(layout.with_untracked(Selection::start));
        let counts_version = RwSignal::new(0);
        follow(move |is_first| {
            grid.track();
            if !is_first {
                browser::dom::after_paint(move || {
                    let _ = counts_version.try_update(|it| *it += 1);
                });
            }
        });
        let this = Self {
            grid,
            collapsed,
            collapsed_on_arrival: StoredValue::new(collapsed_on_arrival),
            filter,
            arrangement,
            layout_changes: StoredValue::new(0),
            hidden_focus: StoredValue::new(None),
            selection,
            picked: RwSignal::new(PickedCells::default()),
            density: RwSignal::new(DENSITIES[1]),
            letter_keys_enabled: RwSignal::new(true),
            layout,
            first_cell,
            focus_requests: RwSignal::new(0),
            panel_requests: RwSignal::new(None),
            grid_version: RwSignal::new(0),
            status_info_version: RwSignal::new(0),
            pending_actions: RwSignal::new(PendingActions::default()),
            counts_version,
        };
        this.keep_selection();
        this
    }

    /// Moves the focus back to the grid.
    pub fn request_focus(self) {
        self.focus_requests.update(|it| *it += 1);
    }

    /// Applies who changed cells, when and why. Returns false, and changes nothing, if it was made for another arrangement
    /// of cells.
    pub fn set_status_info(self, info: &StatusInfo) -> bool {
        let taken = self.grid.try_update(|grid| grid.merge_status_info(info));
        if taken == Some(true) {
            self.status_info_version.update(|it| *it += 1);
        }
        taken != Some(false)
    }

    /// Switches letter shortcuts, and saves the choice in this browser.
    pub fn set_letter_keys(self, on: bool) {
        self.letter_keys_enabled.set(on);
        browser::dom::write_setting(LETTER_KEYS_SETTING, if on { "on" } else { "off" });
    }

    /// Sets the density, and saves the choice in this browser.
    pub fn set_density(self, density: Density) {
        self.density.set(density);
        browser::dom::write_setting(DENSITY_SETTING, density.name);
    }

    /// The cell that has the focus. `None` if a header has it. Tracked.
    pub fn focused_cell(self) -> Option<CellIndex> {
        let selection = self
            .selection
            .get()
            .filter(|it| it.zone == FocusZone::Cell)?;
        self.layout
            .with(|layout| layout.cell_index(selection.focus.0, selection.focus.1))
    }

    /// Focuses and selects one cell, if it is visible.
    pub fn select_cell(self, at: CellIndex) {
        let position = self.layout.with_untracked(|layout| layout.position_of(at));
        if let Some(position) = position {
            self.selection.set(Some(Selection::at(position)));
        }
    }

    /// Takes over a cell that has got the focus by itself, as assistive technology does it.
    pub fn follow_focus(self, position: GridPosition) {
        self.hidden_focus.set_value(None);
        let is_there = |it: Selection| it.zone == FocusZone::Cell && it.focus == position;
        if !self.selection.get_untracked().is_some_and(is_there) {
            self.selection.set(Some(Selection::at(position)));
        }
    }

    /// The next visible cell with open work after the focused one, or the previous one, customer by customer. It goes on
    /// at the other end of the grid. `None` if no cell is open.
    pub fn next_open_cell(self, forward: bool) -> Option<CellIndex> {
        let here = self
            .focused_cell()
            .unwrap_or(CellIndex { row: 0, column: 0 });
        let (rows, columns) = self.layout.with_untracked(GridLayout::visible_indices);
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

    /// Shows the result of an action before the server has answered. `settle_action` or `fail_action` ends it. Answers the
    /// action's number.
    pub fn begin_action(self, step: StepId, request: ActionRequest) -> u32 {
        let action = request.action;
        let now = self.cell_of(step);
        let number = self
            .pending_actions
            .try_update(|it| it.begin(step, request, now))
            .unwrap_or_default();
        browser::dom::after(SAVING_INDICATOR_DELAY_MS, move || {
            let is_slow = self
                .pending_actions
                .try_update(|it| it.mark_slow(step, number));
            if is_slow == Some(true) {
                // Redraws the cell.
                self.update_cell(step, |_| ());
            }
        });
        self.update_cell(step, |cell| {
            if action.allows(cell.status) {
                cell.status = action.target();
            }
        });
        number
    }

    /// Restores a cell after an action has failed, and marks it, unless a newer action is asked of it.
    pub fn fail_action(self, step: StepId, number: u32, failed_action: FailedAction) {
        let settled = self
            .pending_actions
            .try_update(|it| it.fail(step, number, failed_action))
            .flatten();
        if let Some(settled) = settled {
            self.update_cell(step, |cell| *cell = settled);
        }
    }

    /// The person has seen why a rule refused the action on a step: its cell shows it no longer.
    pub fn forget_refusal(self, step: Option<StepId>) {
        let pending = self.pending_actions;
        let is_refused = |it: &StepId| pending.with_untracked(|all| all.is_refused(*it));
        if let Some(step) = step.filter(is_refused) {
            let _ = pending.try_update(|it| it.take(step));
            self.update_cell(step, |_| ());
        }
    }

    /// Changes a cell; who changed its status and when is kept.
    fn update_cell(self, step: StepId, change: impl FnOnce(&mut Cell)) {
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

    /// The last action on a cell, if it has failed and the cell shows it.
    pub fn failed_action(self, at: CellIndex) -> Option<FailedAction> {
        let step = self.grid.with_untracked(|it| it.cell(at).map(|it| it.step));
        self.pending_actions.with_untracked(|it| it.failed(step?))
    }

    /// The cell of a step, if the step is in the grid.
    pub fn cell_of(self, step: StepId) -> Option<Cell> {
        self.grid
            .with_untracked(|grid| grid.cell(grid.index_of(step)?).copied())
    }

    /// Applies a step as the server returned it, in the answer to the action of this number or to a change of another kind.
    /// While a newer action has no answer, its state stays rendered. Whether a variable is unresolved is not part of the step,
    /// and is kept.
    pub fn put_step(self, step: &CustomerStep, number: Option<u32>) {
        let Some(before) = self.grid.try_with_untracked(|grid| {
            let at = grid.index_of(step.id)?;
            Some((at, *grid.cell(at)?))
        }) else {
            return;
        };
        let cell = Cell {
            step: step.id,
            status: step.status,
            is_overridden: step.is_overridden,
            has_notes: step.notes.is_some(),
            is_unresolved: before.is_some_and(|it| it.1.is_unresolved),
        };
        let is_newest = self
            .pending_actions
            .try_update(|it| it.settle(cell, number));
        let Some((at, shown)) = before else { return };
        self.grid.update(|grid| {
            if is_newest == Some(false) {
                let mark = grid.status_change(at).cloned();
                let status = shown.status;
                grid.set(at, Cell { status, ..cell }, mark);
                return;
            }
            let reason = step.reason().map(|it| reason_preview(it).into());
            let mark = step.state_by.clone().zip(step.state_at);
            let mark = mark.map(|(by, at)| StatusChange {
                by: by.into(),
                at,
                reason,
            });
            grid.set(at, cell, mark);
        });
    }

    /// The names of a step and its customer; none too once the page is gone.
    pub fn step_and_customer(self, step: StepId) -> Option<(String, String)> {
        let names = self.grid.try_with_untracked(|grid| {
            let at = grid.index_of(step)?;
            let (row, column) = (&grid.rows[at.row], &grid.columns[at.column]);
            Some((row.name.clone(), column.name.clone()))
        });
        names.flatten()
    }

    /// What a change of a cell is called: "mark done, Migrate schema for Acme".
    pub fn change_in_words(self, verb: &str, step: StepId) -> String {
        self.step_and_customer(step).map_or_else(
            || verb.to_owned(),
            |(step, customer)| cell_in_words(verb, &step, &customer),
        )
    }

    /// The positions of a step among its customer's steps and of the customer among the customers: "6 of 14", "6 of 18". Tracked.
    pub fn position_labels(self, step: StepId) -> (String, String) {
        self.grid.with(|grid| match grid.index_of(step) {
            Some(at) => (
                format!(
                    "{} of {}",
                    grouped(grid.number(at)),
                    grouped_count(grid.column_counts(at.column).total())
                ),
                format!(
                    "{} of {}",
                    grouped(at.column + 1),
                    grouped(grid.columns.len())
                ),
            ),
            None => (String::new(), String::new()),
        })
    }

    /// Selects the nearest visible cell in a direction, if there is one. Dimmed cells and positions without a step are
    /// skipped.
    pub fn select_neighbor(self, toward: PanelNeighbors) {
        let Some(selection) = self.selection.get_untracked() else {
            return;
        };
        let (mut visual_row, mut visual_column) = selection.focus;
        let found = self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                loop {
                    match toward.turned_if(layout.is_swapped) {
                        PanelNeighbors::PreviousStep => visual_row = visual_row.checked_sub(1)?,
                        PanelNeighbors::NextStep => visual_row += 1,
                        PanelNeighbors::PreviousCustomer => {
                            visual_column = visual_column.checked_sub(1)?;
                        }
                        PanelNeighbors::NextCustomer => visual_column += 1,
                    }
                    if visual_row >= layout.visual_rows.len()
                        || visual_column >= layout.visual_columns.len()
                    {
                        return None;
                    }
                    let cell = layout
                        .cell_index(visual_row, visual_column)
                        .and_then(|at| grid.cell(at));
                    if cell.is_some_and(|it| layout.matches_filter(it)) {
                        return Some((visual_row, visual_column));
                    }
                }
            })
        });
        if let Some(position) = found {
            self.selection.set(Some(Selection::at(position)));
        }
    }

    /// The first visible cell of a row with open work; if there is none, the first one with a step.
    pub fn first_cell(self, row: usize) -> Option<CellIndex> {
        let (_, columns) = self.layout.with_untracked(GridLayout::visible_indices);
        self.grid.with_untracked(|grid| {
            columns
                .into_iter()
                .map(|column| CellIndex { row, column })
                .filter(|at| grid.cell(*at).is_some())
                .min_by_key(|at| !grid.cell(*at).is_some_and(|it| it.status.is_open()))
        })
    }

    /// Runs a movement or a selection of a row, column, cluster or the whole grid. False if the command is none of these,
    /// or if no cell is visible.
    pub fn run_selection_command(self, command: GridCommand) -> bool {
        let Some(selection) = self.selection.get_untracked() else {
            return false;
        };
        let whole_cluster = |layout: &GridLayout| {
            let column = selection.focus.1;
            let span = self
                .grid
                .with_untracked(|grid| layout.cluster_span(grid, column));
            selection.columns_between(layout, span)
        };
        let next = self.layout.with_untracked(|layout| match command {
            GridCommand::Move { movement, extend } => {
                Some(selection.after_move(layout, movement, extend))
            }
            GridCommand::SelectRow => Some(selection.whole_row(layout)),
            GridCommand::SelectColumn if selection.zone == FocusZone::ClusterHead => {
                Some(whole_cluster(layout))
            }
            GridCommand::SelectColumn => Some(selection.whole_column(layout)),
            GridCommand::SelectCluster => Some(whole_cluster(layout)),
            GridCommand::SelectAll => Some(selection.whole_grid(layout)),
            GridCommand::Pick if selection.zone == FocusZone::RowHead => {
                Some(selection.whole_row(layout))
            }
            GridCommand::Pick if selection.zone == FocusZone::ColumnHead => {
                Some(selection.whole_column(layout))
            }
            _ => None,
        });
        if let Some(next) = next {
            // Picked cells stay selected while the focus alone moves, so that one can go on to the next.
            let moves = matches!(command, GridCommand::Move { extend: false, .. });
            self.selection.set(Some(Selection {
                is_default: false,
                picked: if moves { selection.picked } else { 0 },
                ..next
            }));
        } else if command == GridCommand::Pick {
            self.toggle_cell(selection.focus);
        } else {
            return false;
        }
        true
    }

    /// Collapses or expands a cluster or a block, named as in `Collapsed::toggle`. The focus goes to its header.
    pub fn toggle_collapsed(self, target: &str) {
        if let Some(first) = target.strip_prefix("alike ") {
            if let Ok(first) = first.parse() {
                self.split_alike(first);
            }
            return;
        }
        let is_found = self
            .layout
            .with_untracked(|it| it.shown.as_ref().is_some_and(|it| it.finds_customers));
        self.change_layout(|it| it.collapsed.update(|it| it.toggle(target, is_found)));
        let old = self.selection.get_untracked().map(|it| it.focus);
        let head = self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                let row = old.map_or(0, |it| it.0);
                let mut columns = layout.visual_columns.iter();
                let found = columns.position(|it| it.toggle_target(grid) == target);
                if let Some(visual_column) = found {
                    return Some((FocusZone::ClusterHead, (row, visual_column)));
                }
                let mut rows = layout.visual_rows.iter();
                let visual_row = rows.position(|it| it.toggle_target(grid) == target)?;
                Some((FocusZone::RowHead, (visual_row, 0)))
            })
        });
        if let Some((zone, position)) = head {
            self.selection.set(Some(Selection {
                zone,
                ..Selection::at(position)
            }));
        }
    }
}
