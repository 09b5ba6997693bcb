//! The state of the matrix page in its URL: filter, arrangement, collapsed groups, open step, and the first row and column that the
//! server renders. A link to the page shows the same view.
use crate::{
    browser,
    components::matrix::{
        arrangement::Arrangement, filter_bar, layout::Collapsed, paging, state::MatrixState,
    },
    components::ui::follow_effect::follow,
    domain::{
        id::{ReleaseId, StepId},
        matrix::{CellIndex, Grid},
        matrix_filter::MatrixFilter,
    },
    pages::releases::text_questions::is_at,
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
    params::ParamsMap,
};

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
fn filter_of(query: &ParamsMap) -> MatrixFilter {
    MatrixFilter::parse(|key| query.get_str(key))
}

/// The state of the page that the URL asks for.
pub fn state_of(query: &ParamsMap, grid: Grid) -> MatrixState {
    let opened = step_of(query).and_then(|it| grid.index_of(it));
    let on_arrival = Collapsed::on_arrival(&grid, opened);
    let collapsed = collapsed_of(query).unwrap_or_else(|| on_arrival.clone());
    let filter = filter_of(query);
    let arrangement = Arrangement::parse(|key| query.get_str(key), &grid, &filter);
    MatrixState::new(
        grid,
        filter,
        (collapsed, on_arrival),
        arrangement,
        first_of(query),
    )
}

/// Shows in the present matrix what a query asks for, be it a saved one or that of the address.
pub fn show_view(state: MatrixState, query: &ParamsMap) {
    let filter = filter_of(query);
    filter_bar::set_filter_fields(&filter);
    let arrangement = state
        .grid
        .with_untracked(|grid| Arrangement::parse(|key| query.get_str(key), grid, &filter));
    let on_arrival = || state.collapsed_on_arrival.get_value();
    let collapsed = collapsed_of(query).unwrap_or_else(on_arrival);
    state.change_layout(|it| {
        it.filter.set(filter);
        it.arrangement.set(arrangement);
        it.collapsed.set(collapsed);
    });
}

/// The collapsed clusters and blocks that the URL asks for; none if it says nothing of them.
fn collapsed_of(query: &ParamsMap) -> Option<Collapsed> {
    query.get_str("closed").map(Collapsed::parse)
}

/// What an address says if nothing is collapsed, where something would be on arrival.
const NOTHING_COLLAPSED: &str = "none";

/// Keeps in this tab what is collapsed, so that a reload does not collapse what was finished since one arrived. After a reload
/// it is as it was before, unless the URL says it.
pub fn keep_collapsed(state: MatrixState, query: Memo<ParamsMap>) {
    let key = format!(
        "rollcall.closed.{}",
        state.grid.with_untracked(|it| it.release.id)
    );
    follow(move |is_first| {
        if is_first && browser::dom::is_reloaded() {
            let is_said = query.with_untracked(|it| it.get_str("closed").is_some());
            let kept = browser::dom::read_tab_value(&key).filter(|_| !is_said);
            if let Some(kept) = kept {
                let kept = Collapsed::parse(&kept);
                state.change_layout(|it| it.collapsed.set(kept));
            }
        }
        let value = state.collapsed.with(Collapsed::to_query_value);
        browser::dom::write_tab_value(&key, &value);
    });
}

/// The step that is open in the panel.
pub fn step_of(query: &ParamsMap) -> Option<StepId> {
    query.get("step").and_then(|it| it.parse().ok())
}

/// What is collapsed, as it is written.
fn collapsed_text(collapsed: &Collapsed) -> String {
    match collapsed.to_query_value() {
        text if text.is_empty() => NOTHING_COLLAPSED.to_owned(),
        text => text,
    }
}

/// Filter, arrangement and collapsed groups as query parameters. What is collapsed on arrival anyhow is left out.
fn view_parameters(state: MatrixState) -> Vec<(&'static str, String)> {
    let mut parameters = state.filter.with(MatrixFilter::parts);
    parameters.extend(state.arrangement.with(Arrangement::parts));
    let collapsed = state.collapsed.read();
    let is_expected = state
        .collapsed_on_arrival
        .with_value(|it| *it == *collapsed);
    if !is_expected {
        parameters.push(("closed", collapsed_text(&collapsed)));
    }
    parameters
}

/// The URL of the present view, with a step open in the panel.
pub fn address(state: MatrixState, step: Option<StepId>) -> String {
    let step = step.map(|it| it.to_string()).unwrap_or_default();
    let mut parameters = view_parameters(state);
    parameters.push(("step", step));
    paths::matrix_view(state.grid.with_untracked(|it| it.release.id), &parameters)
}

/// The query of a release's address. The router's own, `use_query_map`, stays that of the release before on the way from one release to
/// another: `leptos_router` 0.8.17 sets only the parameters where the route is the same. While the address is another page's, it stays
/// as it was.
pub fn query_of(release: ReleaseId) -> Memo<ParamsMap> {
    let (path, query) = (use_location().pathname, use_location().query);
    let own = paths::release(release);
    Memo::new(move |before: Option<&ParamsMap>| {
        if is_at(path, &own) {
            query.get()
        } else {
            before.cloned().unwrap_or_default()
        }
    })
}

/// Replaces the address of a release after the next paint, by the last one that was asked for until then: it costs the browser as much
/// as a change of some cells. If somebody goes elsewhere in between, by a link or in the history, that stands.
pub fn navigation(release: ReleaseId, query: Memo<ParamsMap>) -> Callback<String> {
    let navigate = use_navigate();
    let (path, own) = (use_location().pathname, paths::release(release));
    let next = StoredValue::new(None::<String>);
    Callback::new(move |address| {
        let before = next.try_update_value(|it| it.replace(address));
        if before != Some(None) {
            return;
        }
        let (navigate, own) = (navigate.clone(), own.clone());
        let query_before = query.get_untracked();
        browser::dom::after_paint(move || {
            // The page may be gone by now.
            let Some(address) = next.try_update_value(Option::take).flatten() else {
                return;
            };
            if untrack(|| is_at(path, &own) && query.get() == query_before) {
                let options = NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                };
                navigate(&address, options);
            }
        });
    })
}

/// The URL of the same view as a page for paper.
pub fn print_address(state: MatrixState) -> String {
    let release = state.grid.with_untracked(|it| it.release.id);
    let mut parameters = view_parameters(state);
    parameters.retain(|it| it.0 != "closed");
    parameters.push(("closed", state.collapsed.with(collapsed_text)));
    parameters.push(("view", "print".to_owned()));
    paths::matrix_view(release, &parameters)
}

/// The query of the present view, to be saved: without the open step.
pub fn query_text(state: MatrixState) -> String {
    let release = state.grid.with_untracked(|it| it.release.id);
    let address = paths::matrix_view(release, &untrack(|| view_parameters(state)));
    let query = address.split_once('?').map(|it| it.1);
    format!("?{}", query.unwrap_or_default())
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
