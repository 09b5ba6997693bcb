//! What is seen of the matrix, as an address: filter, what is collapsed, the open step, and where the drawn window begins.
use crate::{
    browser,
    components::matrix::{layout::Collapsed, paging, state::MatrixState},
    domain::{id::StepId, matrix::CellIndex, matrix_filter::MatrixFilter},
    paths,
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// What of the grid is drawn first: `row` and `col` of an address, for those without JavaScript.
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

fn parts(state: MatrixState) -> Vec<(&'static str, String)> {
    let mut parts = state.filter.with(MatrixFilter::parts);
    parts.push(("closed", state.collapsed.with(Collapsed::text)));
    parts
}

/// The address of the matrix as it is seen, with a step's panel open.
pub fn address(state: MatrixState, step: Option<StepId>) -> String {
    with(
        state,
        ("step", step.map(|it| it.to_string()).unwrap_or_default()),
    )
}

/// The same as a page for paper.
pub fn paper(state: MatrixState) -> String {
    with(state, ("view", "print".to_owned()))
}

fn with(state: MatrixState, part: (&'static str, String)) -> String {
    let mut parts = parts(state);
    parts.push(part);
    paths::matrix_view(state.grid.with_untracked(|it| it.release.id), &parts)
}

/// Links to the windows beside the one that the server draws. The browser draws whatever is looked at.
pub fn pages(state: MatrixState) -> String {
    if browser::dom::is_here() {
        return String::new();
    }
    let (id, parts) = (
        state.grid.with_untracked(|it| it.release.id),
        untrack(|| parts(state)),
    );
    state.layout.with_untracked(|layout| {
        paging::pages(layout, state.first, |at| {
            let place = [("row", at.row.to_string()), ("col", at.column.to_string())];
            paths::matrix_view(id, &[parts.as_slice(), &place].concat())
        })
    })
}
