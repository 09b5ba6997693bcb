//! Commands of the grid that are about the panel: a step is shown there, and the keyboard goes to it.
use super::controller::MatrixController;
use crate::{components::matrix::state::PanelRequest, domain::id::StepId};
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

    /// Shows the focused step in the panel, and asks something of the panel as soon as it is there.
    pub(super) fn ask_panel(self, request: PanelRequest) {
        let step = self.focused_step();
        self.show_step(step);
        let asked = step.map(|it| (it, request));
        self.state.panel_requests.set(asked);
    }
}
