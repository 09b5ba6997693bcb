//! Commands of the grid that are about the panel: a step is shown there, and the keyboard goes to it.
use super::{controller::MatrixController, url_state};
use crate::{
    browser, components::matrix::filter_bar, components::matrix::state::PanelRequest,
    domain::id::StepId, domain::matrix_filter::MatrixFilter,
};
use leptos::prelude::*;
use leptos_router::location::{BrowserUrl, LocationProvider};

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

    /// Shows one step over all customers, and opens its first open cell in the panel. Back leads to what was shown before. Loaded
    /// lazily, so the page may be gone when it runs.
    pub fn work_on_row(self, row: usize) {
        let state = self.state;
        if self.open_step.try_get_untracked().is_none() || self.asks_reason() {
            return;
        }
        let name = state
            .grid
            .with_untracked(|grid| grid.rows.get(row).map(|it| it.name.clone()));
        let Some(steps) = name else { return };
        let filter = MatrixFilter {
            steps,
            ..MatrixFilter::default()
        };
        if state.filter.with_untracked(|it| *it != filter) {
            browser::history::keep_entry();
        }
        filter_bar::set_filter_fields(&filter);
        state.change_layout(|it| it.filter.set(filter));
        if let Some(at) = state.first_cell(row) {
            state.select_cell(at);
            self.open(self.focused_step());
        }
    }

    /// Shows what the address says, after a navigation through history. Loaded lazily, so the page may be gone when it runs.
    pub fn show_address(self) {
        let url = BrowserUrl::parse(&browser::dom::current_url());
        let Some(url) = url
            .ok()
            .filter(|_| self.open_step.try_get_untracked().is_some())
        else {
            return;
        };
        let query = url.search_params();
        let step = url_state::step_of(query);
        url_state::show_view(self.state, query);
        self.select_step(step);
        self.open(step);
    }
}
