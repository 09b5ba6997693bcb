//! What is shown of the matrix: two texts, a cluster, a chip for each state with its count, open only, needs attention.
//! Drawn as text, like the grid: a dozen reactive elements would weigh more than the grid itself.
use super::{
    cell_html::plural,
    keyboard::GridCommand,
    layout::{DENSITIES, Density, GridLayout},
    state::MatrixState,
};
use crate::{
    browser,
    components::{
        step_state::state_icon,
        ui::{follow_effect::follow, text_area::escape},
    },
    domain::{matrix::Grid, matrix_filter::MatrixFilter, vocabulary::StepStatus},
};
use leptos::prelude::*;
use std::fmt::Write;

/// Where `/` goes.
pub const FIRST_FIELD: &str = "#filter-customers";
const SECOND_FIELD: &str = "#filter-steps";
const CLUSTER: &str = "#filter-cluster";
const CHIPS: &str = "#filter-chips";

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}

fn field(html: &mut String, id: &str, what: &str, short: &str, text: &str) {
    let text = escape(text);
    put!(
        html,
        r##"<div class="search"><svg class="glyph" aria-hidden="true"><use href="#i-search"></use></svg><input class="input" data-size="s" type="search" autocomplete="off" id="{id}" aria-label="Filter {what}" placeholder="{short}" value="{text}"></div>"##
    );
}

fn fields(filter: &MatrixFilter, grid: &Grid) -> String {
    let mut html = String::new();
    field(
        &mut html,
        &FIRST_FIELD[1..],
        "customers",
        "Customers",
        &filter.customers,
    );
    field(
        &mut html,
        &SECOND_FIELD[1..],
        "steps",
        "Steps",
        &filter.steps,
    );
    if grid.bands.len() > 1 {
        let id = &CLUSTER[1..];
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

/// Chips hide at zero, unless they are pressed.
fn chip(html: &mut String, name: &str, label: &str, icon: &str, count: u32, is_on: bool) {
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

/// What the menu Select offers: each is also a key.
const SELECTIONS: [(&str, &str, &str, GridCommand); 5] = [
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

/// Writes into the field of the steps.
pub fn show_steps(text: &str) {
    browser::dom::set_value(SECOND_FIELD, text);
}

fn chips(filter: &MatrixFilter, grid: &Grid, density: Density) -> String {
    let mut html = String::new();
    for status in StepStatus::BY_ATTENTION {
        let is_on = filter.states.contains(&status);
        let count = grid.total.of(status);
        chip(
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
    chip(&mut html, "open", "Open only", "", open, filter.open_only);
    let attention = u32::try_from(grid.attention).unwrap_or(u32::MAX);
    chip(
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
    for (name, label, key, _) in SELECTIONS {
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

/// Shows all again.
pub fn clear(state: MatrixState) {
    for field in [FIRST_FIELD, SECOND_FIELD, CLUSTER] {
        browser::dom::set_value(field, "");
    }
    browser::dom::focus(FIRST_FIELD);
    state.redraw(|it| it.filter.set(MatrixFilter::default()));
}

/// What is said instead of an empty grid: that the filter leaves nothing.
pub fn nothing(grid: &Grid, layout: &GridLayout) -> String {
    if !layout.lines.is_empty() {
        return String::new();
    }
    format!(
        r#"<p>Nothing matches the filter: {} × {} are hidden.</p><button class="button live-only" data-filter="clear">Show all</button>"#,
        plural(grid.rows.len(), "step"),
        plural(grid.columns.len(), "customer")
    )
}

#[component]
pub fn FilterBar(state: MatrixState, on_command: Callback<GridCommand>) -> impl IntoView {
    let html = state.grid.with_untracked(|grid| {
        state.filter.with_untracked(|filter| {
            format!(
                r#"{}<span class="chips" id="filter-chips">{}</span>"#,
                fields(filter, grid),
                chips(filter, grid, state.density.get_untracked())
            )
        })
    });
    let drawn = Memo::new(move |_| {
        state.counted.track();
        state.grid.with_untracked(|grid| {
            state
                .filter
                .with(|filter| chips(filter, grid, state.density.get()))
        })
    });
    follow(move |is_first| {
        let html = drawn.get();
        if !is_first {
            browser::dom::draw(CHIPS, &html);
        }
    });
    let press = move |event: leptos::ev::MouseEvent| {
        let Some(what) = browser::dom::named(&event, "data-filter") else {
            return;
        };
        if let Some((_, _, _, command)) = SELECTIONS.into_iter().find(|it| it.0 == what) {
            if !state.select(command) {
                on_command.run(command);
            }
            state.wants_keyboard.update(|it| *it += 1);
            return;
        }
        if let Some(density) = DENSITIES.into_iter().find(|it| it.name == what) {
            state.set_density(density);
            return;
        }
        if what == "clear" {
            clear(state);
            return;
        }
        state.redraw(|it| {
            it.filter.update(|filter| match what.as_str() {
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
    // Both what is typed and what is chosen arrive here.
    let input = move |event: leptos::ev::Event| {
        let Some(id) = browser::dom::named(&event, "id") else {
            return;
        };
        let text = event_target_value(&event);
        state.redraw(|it| {
            it.filter.update(|filter| {
                if id == FIRST_FIELD[1..] {
                    filter.customers = text;
                } else if id == SECOND_FIELD[1..] {
                    filter.steps = text;
                } else {
                    filter.cluster = text.parse().ok();
                }
            });
        });
    };
    let keydown = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            state.wants_keyboard.update(|it| *it += 1);
        }
    };
    view! {
        <div
            class="toolbar"
            role="toolbar"
            aria-label="Filters"
            inner_html=html
            on:click=press
            on:input=input
            on:keydown=keydown
        ></div>
    }
}
