//! Filter bar of the matrix: one text that finds customers and steps, a chip for each status with its count, a cluster, the
//! Select and View menus and the density. Written as HTML text, because as reactive elements it would add more to the WASM than
//! the grid itself.
use super::{
    command::GridCommand,
    layout::GridLayout,
    measured_layout::{DENSITIES, Density},
    state::MatrixState,
};
use crate::{
    browser, components::step_state::state_icon, components::ui::follow_effect::follow,
    components::ui::html::icon_html, components::ui::icon::Icon, domain::digit_groups::grouped,
    domain::matrix::Grid, domain::matrix_filter::MatrixFilter, domain::plural::pluralize,
    domain::progress::Counts, domain::vocabulary::StepStatus,
};
use leptos::prelude::*;
use maud::{Markup, PreEscaped, html};

/// Selector of the text field, which the key `/` focuses.
pub const FILTER_FIELD: &str = "#filter-text";
const CLUSTER_FIELD: &str = "#filter-cluster";
const CHIPS: &str = "#filter-chips";
const DENSITY: &str = "#filter-density";

fn text_field_html(filter: &MatrixFilter) -> Markup {
    html! {
        div class="search" {
            svg class="glyph" aria-hidden="true" { use href="#i-search" {} }
            input class="input" data-size="s" type="search" autocomplete="off" id=(FILTER_FIELD[1..]) aria-label="Filter customers and steps" aria-keyshortcuts="/" placeholder="Filter" value=(filter.field_text());
            kbd aria-hidden="true" { "/" }
        }
    }
}

/// The select element of clusters. It comes after the chips, so that a narrow screen shows a chip first.
fn cluster_field_html(filter: &MatrixFilter, grid: &Grid) -> Markup {
    let n_customers = |group| grid.columns.iter().filter(|it| it.group == group).count();
    html! {
        @if grid.groups.len() > 1 {
            select class="input" data-size="s" id=(CLUSTER_FIELD[1..]) aria-label="Cluster" {
                option value="" { "All clusters" }
                @for (index, group) in grid.groups.iter().enumerate() {
                    option value=(group.id) selected[filter.cluster == Some(group.id)] {
                        (group.name) " (" (grouped(n_customers(index))) ")"
                    }
                }
            }
        }
    }
}

/// From this many cells on the counts of the chips are large.
const LARGE_COUNT: u32 = 1_000;

/// A toggle with its count of what is shown. At zero it is left out, unless it is on. Beside large counts there is less room for names.
fn chip_html(
    (name, label, icon): (&str, &str, &str),
    (count, is_large): (u32, bool),
    is_on: bool,
) -> Markup {
    html! {
        @if count > 0 || is_on {
            button class="chip" data-filter=(name) data-state=(name) aria-pressed=(is_on) title=[(!icon.is_empty()).then_some(label)] {
                @if icon.is_empty() {
                    (label)
                } @else {
                    (icon_html(icon))
                    span class="chip__label" data-large[is_large] { (label) }
                }
                " "
                span class="count" { (grouped(usize::try_from(count).unwrap_or_default())) }
            }
        }
    }
}

/// The items of the Select menu: name, label, key that does the same, command.
const SELECT_MENU: [(&str, &str, &str, GridCommand); 5] = [
    ("row", "Row", "Shift+Space", GridCommand::SelectRow),
    ("column", "Column", "Ctrl+Space", GridCommand::SelectColumn),
    ("cluster", "Cluster", "", GridCommand::SelectCluster),
    ("all", "All visible", "Ctrl+A", GridCommand::SelectAll),
    (
        "previous",
        "Previous open cell",
        "N",
        GridCommand::PreviousOpen,
    ),
];

/// Sets the fields after the filter was changed elsewhere.
pub fn set_filter_fields(filter: &MatrixFilter) {
    browser::dom::set_value(FILTER_FIELD, &filter.field_text());
    let cluster = filter.cluster.map(|it| it.to_string()).unwrap_or_default();
    browser::dom::set_value(CLUSTER_FIELD, &cluster);
}

/// The chips: the part that changes with the filter and the counts.
fn chips_html(filter: &MatrixFilter, grid: &Grid, layout: &GridLayout) -> Markup {
    let (shown, attention) = layout.shown_counts(grid);
    let attention = u32::try_from(attention).unwrap_or(u32::MAX);
    let n_open = |it: Counts| it.total() - it.finished();
    let is_large = shown.total() >= LARGE_COUNT;
    html! {
        @for it in StepStatus::BY_ATTENTION {
            (chip_html((it.as_str(), it.label(), state_icon(it)), (shown.of(it), is_large), filter.states.contains(&it)))
        }
        span class="rule wide" {}
        (chip_html(("open", "Open only", ""), (n_open(shown), is_large), filter.open_only))
        (chip_html(("attention", "Needs attention", ""), (attention, is_large), filter.attention_only))
        @if !filter.is_empty() {
            button class="button" data-kind="ghost" data-size="s" data-filter="clear" aria-label="Clear filters" title="Clear filters" { "Clear" }
        }
    }
}

fn select_menu_html() -> Markup {
    html! {
        details class="more wide" {
            summary class="button" data-kind="ghost" data-size="s" { "Select" (icon_html("i-chevron")) }
            div class="menu" {
                @for (name, label, key, _) in SELECT_MENU {
                    button class="menu__item" data-filter=(name) { (label) " " kbd aria-hidden="true" { (key) } }
                }
            }
        }
    }
}

fn density_html(density: Density) -> Markup {
    html! {
        @for it in DENSITIES {
            button data-filter=(it.name) aria-pressed=(it.name == density.name) aria-label=(it.name) title=(it.title) { (it.label) }
        }
    }
}

/// Clears the filter and its fields, and focuses the first one.
pub fn clear_filter(state: MatrixState) {
    for field in [FILTER_FIELD, CLUSTER_FIELD] {
        browser::dom::set_value(field, "");
    }
    browser::dom::focus(FILTER_FIELD);
    state.change_layout(|it| it.filter.set(MatrixFilter::default()));
}

/// The message in place of the grid if the filter hides everything; empty otherwise.
pub fn empty_message_html(grid: &Grid, layout: &GridLayout) -> String {
    if !layout.visual_rows.is_empty() {
        return String::new();
    }
    let html = html! {
        p {
            "No matches; " (pluralize(grid.total.total(), "cell")) " hidden"
        }
        button class="button live-only" data-filter="clear" { "Show all" }
    };
    html.into_string()
}

/// The filter bar of a matrix. Commands of its Select menu that are not selections go to `on_command`.
#[component]
pub fn FilterBar(
    state: MatrixState,
    on_command: Callback<GridCommand>,
    /// Renders the content of the View menu, once it is opened: it is loaded lazily.
    view_menu: Callback<(), AnyView>,
) -> impl IntoView {
    let chips = move || {
        state.counts_version.track();
        state.layout.with(|layout| {
            state.grid.with_untracked(|grid| {
                state
                    .filter
                    .with(|filter| chips_html(filter, grid, layout).into_string())
            })
        })
    };
    let html = untrack(|| {
        let html = html! {
            (state.filter.with(text_field_html))
            span class="chips" id="filter-chips" { (PreEscaped(chips())) }
            (state.grid.with(|grid| state.filter.with(|filter| cluster_field_html(filter, grid))))
            (select_menu_html())
            span class="segments wide" role="group" aria-label="Density" id="filter-density" {
                (density_html(state.density.get()))
            }
        };
        html.into_string()
    });
    let chips = Memo::new(move |_| chips());
    follow(move |is_first| {
        let html = chips.get();
        if !is_first {
            browser::dom::replace_content(CHIPS, &html);
        }
    });
    follow(move |is_first| {
        let html = density_html(state.density.get());
        if !is_first {
            browser::dom::replace_content(DENSITY, &html.into_string());
        }
    });
    let click = move |event: leptos::ev::MouseEvent| {
        let Some(name) = browser::dom::closest_attribute(&event, "data-filter") else {
            return;
        };
        if let Some((_, _, _, command)) = SELECT_MENU.into_iter().find(|it| it.0 == name) {
            if !state.run_selection_command(command) {
                on_command.run(command);
            }
            state.request_focus();
            return;
        }
        if let Some(density) = DENSITIES.into_iter().find(|it| it.name == name) {
            state.set_density(density);
            return;
        }
        if name == "clear" {
            clear_filter(state);
            return;
        }
        state.change_layout(|it| {
            it.filter.update(|filter| match name.as_str() {
                "open" => filter.open_only = !filter.open_only,
                "attention" => filter.attention_only = !filter.attention_only,
                status => {
                    if let Ok(status) = status.parse() {
                        filter.toggle(status);
                    }
                }
            });
        });
    };
    // The text field and the select element both send `input`.
    let input = move |event: leptos::ev::Event| {
        let Some(id) = browser::dom::closest_attribute(&event, "id") else {
            return;
        };
        let text = event_target_value(&event);
        state.change_layout(|it| {
            it.collapsed.update(|it| it.though_found.clear());
            it.filter.update(|filter| {
                if id == FILTER_FIELD[1..] {
                    filter.set_field_text(text);
                } else {
                    filter.cluster = text.parse().ok();
                }
            });
        });
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            state.request_focus();
        }
    };
    let was_opened = RwSignal::new(false);
    view! {
        <div
            class="toolbar"
            role="toolbar"
            aria-label="Filters"
            on:keydown=keydown
        >
            <div class="toolbar__filters" inner_html=html on:click=click on:input=input></div>
            <details class="more live-only" on:toggle=move |_| was_opened.set(true)>
                <summary class="button" data-kind="ghost" data-size="s">
                    "View"
                    <Icon name="i-chevron" small=true/>
                </summary>
                {move || was_opened.get().then(|| view_menu.run(()))}
            </details>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::{
            matrix::{arrangement::Arrangement, layout::Collapsed},
            ui::html::tests::{HOSTILE, assert_escaped},
        },
        domain::{
            id::ClusterId,
            matrix::{
                ClusterGroup,
                tests::{cell, grid},
            },
        },
    };

    #[test]
    fn what_a_filter_hides_is_counted_in_cells_that_are_there() {
        // A custom step has a cell for one customer only.
        let grid = grid(2, 3, |at| {
            let is_there = at.row == 0 || at.column == 1;
            is_there.then(|| cell(1, StepStatus::Pending))
        });
        let filter = MatrixFilter {
            customers: "nobody".into(),
            ..MatrixFilter::default()
        };
        let arrangement = Arrangement::default();
        let layout = GridLayout::new(&grid, &Collapsed::default(), &filter, &arrangement);
        let html = empty_message_html(&grid, &layout);
        assert!(html.contains("No matches; 4 cells hidden"), "{html}");
    }

    #[test]
    fn hostile_texts_stay_text_in_the_filter_bar() {
        let mut grid = grid(1, 1, |_| None);
        grid.groups = [1, 2]
            .map(|it| ClusterGroup {
                id: ClusterId(it),
                name: HOSTILE.into(),
            })
            .into();
        let filter = MatrixFilter {
            text: HOSTILE.into(),
            ..MatrixFilter::default()
        };
        assert_escaped(&text_field_html(&filter).0, 1);
        assert_escaped(&cluster_field_html(&filter, &grid).0, 2);
        assert_escaped(
            &chip_html((HOSTILE, HOSTILE, HOSTILE), (1, true), true).0,
            5,
        );
    }
}
