//! Filter bar of the matrix: text filters for customers and steps, a cluster, a chip for each status with its count, the
//! Select menu and the density. Written as HTML text, because as reactive elements it would add more to the WASM than the
//! grid itself.
use super::{
    command::GridCommand,
    layout::GridLayout,
    measured_layout::{DENSITIES, Density},
    state::MatrixState,
};
use crate::{
    browser,
    components::step_state::state_icon,
    components::ui::follow_effect::follow,
    components::ui::html::{escape, pluralize, put},
    domain::matrix::Grid,
    domain::matrix_filter::MatrixFilter,
    domain::vocabulary::StepStatus,
};
use leptos::prelude::*;

/// Selector of the customer field, which the key `/` focuses.
pub const CUSTOMER_FIELD: &str = "#filter-customers";
const STEP_FIELD: &str = "#filter-steps";
const CLUSTER_FIELD: &str = "#filter-cluster";
const CHIPS: &str = "#filter-chips";

fn write_text_field(html: &mut String, id: &str, what: &str, short: &str, text: &str) {
    let text = escape(text);
    put!(
        html,
        r##"<div class="search"><svg class="glyph" aria-hidden="true"><use href="#i-search"></use></svg><input class="input" data-size="s" type="search" autocomplete="off" id="{id}" aria-label="Filter {what}" placeholder="{short}" value="{text}"></div>"##
    );
}

fn fields_html(filter: &MatrixFilter, grid: &Grid) -> String {
    let mut html = String::new();
    write_text_field(
        &mut html,
        &CUSTOMER_FIELD[1..],
        "customers",
        "Customers",
        &filter.customers,
    );
    write_text_field(&mut html, &STEP_FIELD[1..], "steps", "Steps", &filter.steps);
    if grid.bands.len() > 1 {
        let id = &CLUSTER_FIELD[1..];
        put!(
            html,
            r#"<select class="input" data-size="s" id="{id}" aria-label="Cluster"><option value="">All clusters</option>"#
        );
        for (index, band) in grid.bands.iter().enumerate() {
            let chosen = if filter.cluster == Some(band.id) {
                " selected"
            } else {
                ""
            };
            let n = grid.columns.iter().filter(|it| it.band == index).count();
            put!(
                html,
                r#"<option value="{}"{chosen}>{} ({n})</option>"#,
                band.id,
                escape(&band.name)
            );
        }
        html.push_str("</select>");
    }
    html
}

/// Writes a toggle with its count. At a count of zero it is left out, unless it is on.
fn write_chip(html: &mut String, name: &str, label: &str, icon: &str, count: u32, is_on: bool) {
    if count == 0 && !is_on {
        return;
    }
    put!(
        html,
        r#"<button class="chip" data-filter="{name}" data-state="{name}" aria-pressed="{is_on}">"#
    );
    if !icon.is_empty() {
        put!(
            html,
            r##"<svg class="glyph" aria-hidden="true" data-size="s"><use href="#{icon}"></use></svg>"##
        );
    }
    put!(
        html,
        r#"{label} <span class="count">{count}</span></button>"#
    );
}

/// The items of the Select menu: name, label, key that does the same, command.
const SELECT_MENU: [(&str, &str, &str, GridCommand); 5] = [
    ("row", "Row", "Shift+Space", GridCommand::SelectRow),
    ("column", "Column", "Ctrl+Space", GridCommand::SelectColumn),
    ("cluster", "Cluster", "", GridCommand::SelectCluster),
    ("all", "All that is shown", "Ctrl+A", GridCommand::SelectAll),
    (
        "previous",
        "Previous open cell",
        "N",
        GridCommand::PreviousOpen,
    ),
];

/// Sets the text of the step field after the filter was changed elsewhere.
pub fn set_step_field(text: &str) {
    browser::dom::set_value(STEP_FIELD, text);
}

/// The chips, the Select menu and the density buttons: the part that changes with the filter and the counts.
fn chips_html(filter: &MatrixFilter, grid: &Grid, density: Density) -> String {
    let mut html = String::new();
    for status in StepStatus::BY_ATTENTION {
        let is_on = filter.states.contains(&status);
        let count = grid.total.of(status);
        write_chip(
            &mut html,
            status.as_str(),
            status.label(),
            state_icon(status),
            count,
            is_on,
        );
    }
    html.push_str(r#"<span class="rule wide"></span>"#);
    let open = grid.total.total() - grid.total.finished();
    write_chip(&mut html, "open", "Open only", "", open, filter.open_only);
    let attention = u32::try_from(grid.attention).unwrap_or(u32::MAX);
    write_chip(
        &mut html,
        "attention",
        "Needs attention",
        "",
        attention,
        filter.attention_only,
    );
    if !filter.is_empty() {
        html.push_str(r#"<button class="button" data-kind="ghost" data-size="s" data-filter="clear" aria-label="Clear filters" title="Clear filters">Clear</button>"#);
    }
    html.push_str(r##"<details class="more wide"><summary class="button" data-kind="ghost" data-size="s">Select<svg class="glyph" aria-hidden="true" data-size="s"><use href="#i-chevron"></use></svg></summary><div class="menu">"##);
    for (name, label, key, _) in SELECT_MENU {
        put!(
            html,
            r#"<button class="menu__item" data-filter="{name}">{label} <kbd aria-hidden="true">{key}</kbd></button>"#
        );
    }
    html.push_str("</div></details>");
    html.push_str(r#"<span class="segments push wide" role="group" aria-label="Density">"#);
    for it in DENSITIES {
        let (name, label, is_on) = (it.name, it.label, it.name == density.name);
        put!(
            html,
            r#"<button data-filter="{name}" aria-pressed="{is_on}" aria-label="{name}" title="{name}">{label}</button>"#
        );
    }
    html.push_str("</span>");
    html
}

/// Clears the filter and its fields, and focuses the first one.
pub fn clear_filter(state: MatrixState) {
    for field in [CUSTOMER_FIELD, STEP_FIELD, CLUSTER_FIELD] {
        browser::dom::set_value(field, "");
    }
    browser::dom::focus(CUSTOMER_FIELD);
    state.change_layout(|it| it.filter.set(MatrixFilter::default()));
}

/// The message in place of the grid if the filter hides everything; empty otherwise.
pub fn empty_message_html(grid: &Grid, layout: &GridLayout) -> String {
    if !layout.visual_rows.is_empty() {
        return String::new();
    }
    format!(
        r#"<p>Nothing matches the filter: {} × {} are hidden.</p><button class="button live-only" data-filter="clear">Show all</button>"#,
        pluralize(grid.rows.len(), "step"),
        pluralize(grid.columns.len(), "customer")
    )
}

/// The filter bar of a matrix. Commands of its Select menu that are not selections go to `on_command`.
#[component]
pub fn FilterBar(state: MatrixState, on_command: Callback<GridCommand>) -> impl IntoView {
    let html = state.grid.with_untracked(|grid| {
        state.filter.with_untracked(|filter| {
            format!(
                r#"{}<span class="chips" id="filter-chips">{}</span>"#,
                fields_html(filter, grid),
                chips_html(filter, grid, state.density.get_untracked())
            )
        })
    });
    let chips = Memo::new(move |_| {
        state.counts_version.track();
        state.grid.with_untracked(|grid| {
            state
                .filter
                .with(|filter| chips_html(filter, grid, state.density.get()))
        })
    });
    follow(move |is_first| {
        let html = chips.get();
        if !is_first {
            browser::dom::replace_content(CHIPS, &html);
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
    // The text fields and the select element both send `input`.
    let input = move |event: leptos::ev::Event| {
        let Some(id) = browser::dom::closest_attribute(&event, "id") else {
            return;
        };
        let text = event_target_value(&event);
        state.change_layout(|it| {
            it.filter.update(|filter| {
                if id == CUSTOMER_FIELD[1..] {
                    filter.customers = text;
                } else if id == STEP_FIELD[1..] {
                    filter.steps = text;
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
    view! {
        <div
            class="toolbar"
            role="toolbar"
            aria-label="Filters"
            inner_html=html
            on:click=click
            on:input=input
            on:keydown=keydown
        ></div>
    }
}
