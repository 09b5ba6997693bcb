//! Commands of the grid that are about the panel: a step is shown there, and the keyboard goes to it.
use super::controller::MatrixController;
use crate::{
    browser, components::matrix::filter_bar, components::matrix::state::PanelRequest,
    domain::id::StepId,
};
use leptos::prelude::*;

impl MatrixController {
    /// Shows a step in the panel, or closes it. The focus stays where it is, and so does the address if it says so already.
    pub(super) fn show_step(self, step: Option<StepId>) {
        if !self.is_intended(step) {
            self.open(step);
        }
    }

    /// Selects the cell of a step. False if there is none.
    pub(super) fn select_step(self, step: Option<StepId>) -> bool {
        let at = step.and_then(|it| self.state.grid.with_untracked(|grid| grid.index_of(it)));
        if let Some(at) = at {
            self.state.show_apart(at);
            self.state.select_cell(at);
        }
        at.is_some()
    }

    /// Asks whether to run the selected steps. One step alone is shown in the panel, where its output will be.
    pub(super) fn run_selection(self) {
        let steps = untrack(|| self.state.selected_steps());
        if let [only] = steps.as_slice() {
            self.show_step(Some(*only));
        }
        browser::runs::ask(&steps);
    }

    /// Shows the focused step in the panel, and asks something of the panel as soon as it is there.
    pub(super) fn ask_panel(self, request: PanelRequest) {
        let step = self.focused_step();
        self.show_step(step);
        let asked = step.map(|it| (it, request));
        self.state.panel_requests.set(asked);
    }

    /// Filters for one step, and opens its first open cell in the panel. The other filters stay as they are.
    pub(super) fn work_on_row(self, row: usize) {
        let state = self.state;
        let name = state
            .grid
            .with_untracked(|grid| grid.rows[row].name.clone());
        let at = state.first_cell(row);
        filter_bar::set_filter_field(&name);
        state.change_layout(|it| {
            it.filter.update(|filter| {
                filter.set_field_text(String::new());
                filter.steps = name;
            });
        });
        if let Some(at) = at {
            state.select_cell(at);
            self.open(self.focused_step());
        }
    }
}
