//! The state of the matrix page in its URL: filter, collapsed groups, open step, and the first row and column that the
//! server renders. A link to the page shows the same view.
use crate::{
    browser,
    components::matrix::{layout::Collapsed, paging, state::MatrixState},
    domain::{id::StepId, matrix::CellIndex, matrix_filter::MatrixFilter},
    paths,
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// The first cell that the server renders: `row` and `col`. Only links for browsers without JavaScript set them.
pub fn first_of(query: &ParamsMap) -> CellIndex {
    let number = |key| {
        query
            .get_str(key)
            .and_then(|it| it.parse().ok())
            .unwrap_or(0)
    };
    CellIndex {
        row: number("row"),
        column: number("col"),
    }
}

/// The filter that the URL asks for.
pub fn filter_of(query: &ParamsMap) -> MatrixFilter {
    MatrixFilter::parse(|key| query.get_str(key))
}

/// The collapsed clusters and blocks that the URL asks for.
pub fn collapsed_of(query: &ParamsMap) -> Collapsed {
    Collapsed::parse(query.get_str("closed").unwrap_or_default())
}

/// The step that is open in the panel.
pub fn step_of(query: &ParamsMap) -> Option<StepId> {
    query.get("step").and_then(|it| it.parse().ok())
}

/// Filter and collapsed groups as query parameters.
fn view_parameters(state: MatrixState) -> Vec<(&'static str, String)> {
    let mut parameters = state.filter.with(MatrixFilter::parts);
    parameters.push(("closed", state.collapsed.with(Collapsed::to_query_value)));
    parameters
}

/// The URL of the present view, with a step open in the panel.
pub fn address(state: MatrixState, step: Option<StepId>) -> String {
    let step = step.map(|it| it.to_string()).unwrap_or_default();
    address_with(state, ("step", step))
}

/// The URL of the same view as a page for paper.
pub fn print_address(state: MatrixState) -> String {
    address_with(state, ("view", "print".to_owned()))
}

fn address_with(state: MatrixState, parameter: (&'static str, String)) -> String {
    let mut parameters = view_parameters(state);
    parameters.push(parameter);
    paths::matrix_view(state.grid.with_untracked(|it| it.release.id), &parameters)
}

/// Links to the windows next to the one that the server renders, as HTML. Empty in the browser, which renders whatever is
/// scrolled into view.
pub fn neighbor_links(state: MatrixState) -> String {
    if browser::dom::is_browser() {
        return String::new();
    }
    let (release, parameters) = (
        state.grid.with_untracked(|it| it.release.id),
        untrack(|| view_parameters(state)),
    );
    state.layout.with_untracked(|layout| {
        paging::page_links_html(layout, state.first_cell, |at| {
            let first = [("row", at.row.to_string()), ("col", at.column.to_string())];
            paths::matrix_view(release, &[parameters.as_slice(), &first].concat())
        })
    })
}
