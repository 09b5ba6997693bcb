//! The matrix: one grid of steps by customers, of which only a window is drawn. One listener hears every press; focus
//! and selection are painted through the DOM, so that moving about draws no cell again.
pub mod filter_bar;
pub mod html;
pub mod keys;
pub mod layout;
pub mod selection;
pub mod wording;

use super::{step_panel::Toward, ui::time::Clock};
use crate::{
    browser::{self, grid::View},
    domain::{
        filter::Filter,
        id::StepId,
        matrix::{At, Grid},
    },
};
use keys::Command;
use layout::{Collapsed, DENSITIES, Density, Layout, Measured, Window};
use leptos::{html as tags, prelude::*};
use selection::{Place, Selection};

/// What the grid and the page around it share.
#[derive(Clone, Copy)]
pub struct MatrixState {
    pub grid: RwSignal<Grid>,
    pub collapsed: RwSignal<Collapsed>,
    pub filter: RwSignal<Filter>,
    pub selection: RwSignal<Option<Selection>>,
    pub density: RwSignal<Density>,
    /// Whether single letters act (WCAG 2.1.4).
    pub letters: RwSignal<bool>,
    pub layout: Memo<Layout>,
    /// Raised when the keyboard should come back to the grid.
    pub wants_keyboard: RwSignal<u32>,
}

const DENSITY_KEY: &str = "rollcall.density";
const LETTERS_KEY: &str = "rollcall.letters";

impl MatrixState {
    pub fn new(grid: Grid, filter: Filter, collapsed: Collapsed) -> Self {
        let grid = RwSignal::new(grid);
        let collapsed = RwSignal::new(collapsed);
        let filter = RwSignal::new(filter);
        let layout = Memo::new(move |_| {
            grid.with(|grid| {
                filter.with(|filter| collapsed.with(|it| Layout::new(grid, it, filter)))
            })
        });
        let selection = RwSignal::new(layout.with_untracked(Selection::start));
        Self {
            grid,
            collapsed,
            filter,
            selection,
            density: RwSignal::new(DENSITIES[1]),
            letters: RwSignal::new(true),
            layout,
            wants_keyboard: RwSignal::new(0),
        }
    }

    /// Changes what is drawn; the keyboard stays at its cell if that is still there.
    pub fn redraw(self, change: impl FnOnce(Self)) {
        let at = untrack(|| self.focused());
        change(self);
        let selection = self.layout.with_untracked(|layout| {
            let place = at.and_then(|at| layout.place(at)).map(Selection::at);
            place.or_else(|| Selection::start(layout))
        });
        self.selection.set(selection);
    }

    pub fn set_letters(self, on: bool) {
        self.letters.set(on);
        browser::dom::remember(LETTERS_KEY, if on { "on" } else { "off" });
    }

    pub fn set_density(self, density: Density) {
        self.density.set(density);
        browser::dom::remember(DENSITY_KEY, density.name);
    }

    /// The cell that the keyboard is at.
    pub fn focused(self) -> Option<At> {
        let selection = self.selection.get()?;
        self.layout
            .with(|layout| layout.cell(selection.focus.0, selection.focus.1))
    }

    /// The selected cells that exist, without those that the filter has dimmed.
    pub fn selected(self) -> Vec<At> {
        let Some(selection) = self.selection.get() else {
            return Vec::new();
        };
        let is_one = selection.anchor == selection.head;
        self.layout.with(|layout| {
            let cells = selection.cells(layout).into_iter();
            self.grid.with(|grid| {
                let there = |at: &At| grid.cell(*at).is_some_and(|it| is_one || layout.wants(it));
                cells.filter(there).collect()
            })
        })
    }

    /// Goes to a cell and selects it alone.
    pub fn go(self, at: At) {
        if let Some(place) = self.layout.with_untracked(|layout| layout.place(at)) {
            self.selection.set(Some(Selection::at(place)));
        }
    }

    /// The next drawn cell with open work behind the present one (or before it), customer by customer.
    pub fn next_open(self, forward: bool) -> Option<At> {
        let here = self.focused().unwrap_or(At { row: 0, column: 0 });
        let (rows, columns) = self.layout.with_untracked(Layout::drawn);
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
                .map(|index| At {
                    row: rows[index % height],
                    column: columns[index / height],
                })
                .find(|at| grid.cell(*at).is_some_and(|it| it.status.is_open()))
        })
    }

    /// "Step 6 of 14", "Customer 6 of 18".
    pub fn places(self, step: StepId) -> (String, String) {
        self.grid.with(|grid| match grid.place_of(step) {
            Some(at) => (
                format!("Step {} of {}", at.row + 1, grid.rows.len()),
                format!("Customer {} of {}", at.column + 1, grid.columns.len()),
            ),
            None => (String::new(), String::new()),
        })
    }

    /// Goes to the nearest drawn cell in a direction that exists.
    pub fn go_toward(self, toward: Toward) {
        let Some((mut line, mut lane)) = self.selection.get_untracked().map(|it| it.focus) else {
            return;
        };
        let found = self.layout.with_untracked(|layout| {
            self.grid.with_untracked(|grid| {
                loop {
                    match toward {
                        Toward::PreviousStep => line = line.checked_sub(1)?,
                        Toward::NextStep => line += 1,
                        Toward::PreviousCustomer => lane = lane.checked_sub(1)?,
                        Toward::NextCustomer => lane += 1,
                    }
                    if line >= layout.lines.len() || lane >= layout.lanes.len() {
                        return None;
                    }
                    let cell = layout.cell(line, lane).and_then(|at| grid.cell(at));
                    if cell.is_some_and(|it| layout.wants(it)) {
                        return Some((line, lane));
                    }
                }
            })
        });
        if let Some(place) = found {
            self.selection.set(Some(Selection::at(place)));
        }
    }

    fn toggle(self, what: &str) {
        let Some((kind, number)) = what.split_once(' ') else {
            return;
        };
        let Ok(number) = number.parse::<usize>() else {
            return;
        };
        self.redraw(|it| it.collapsed.update(|it| it.toggle(kind == "band", number)));
    }
}

#[component]
pub fn MatrixGrid(
    state: MatrixState,
    /// Everything but moving about: the page knows what to do.
    on_command: Callback<Command>,
) -> impl IntoView {
    let MatrixState {
        grid,
        selection,
        layout,
        density,
        ..
    } = state;
    let clock = Clock::here();
    let pane: NodeRef<tags::Div> = NodeRef::new();
    // Whether the keyboard came into the grid: drawing again removes the focused cell, and gives it back.
    let is_in = StoredValue::new(false);
    let seen = RwSignal::new(None::<View>);
    let window = Memo::new(move |_| {
        let density = density.get();
        layout.with(|layout| match seen.get() {
            None => layout.first_window(),
            Some(view) => {
                let measured = Measured::new(layout, density, browser::dom::rem(), view.width);
                measured.window(
                    (view.top, view.top + view.height - measured.head()),
                    (view.left, view.left + view.width - measured.first_column()),
                )
            }
        })
    });
    let fitting = move |window: Window, layout: &Layout| Window {
        lines: window.lines.start.min(layout.lines.len())..window.lines.end.min(layout.lines.len()),
        lanes: window.lanes.start.min(layout.lanes.len())..window.lanes.end.min(layout.lanes.len()),
    };
    let columns = Memo::new(move |_| {
        layout.with(|layout| html::columns(layout, &fitting(window.get(), layout)))
    });
    let heads = Memo::new(move |_| {
        layout.with(|layout| {
            grid.with(|grid| html::heads(grid, layout, &fitting(window.get(), layout)))
        })
    });
    let body = Memo::new(move |_| {
        let wording = move |at| clock.time(at);
        layout.with(|layout| {
            grid.with(|grid| html::body(grid, layout, &fitting(window.get(), layout), &wording))
        })
    });

    // Also called by the browser when the pane changes its size, which it may do as the page goes.
    let look = move || {
        if let Some(Some(pane)) = pane.try_get_untracked() {
            let now = Some(browser::grid::view(&pane));
            if seen.try_get_untracked().is_some_and(|it| it != now) {
                let _ = seen.try_set(now);
            }
        }
    };
    Effect::new(move |_| {
        if let Some(pane) = pane.get() {
            let chosen = browser::dom::recall(DENSITY_KEY);
            if let Some(chosen) = DENSITIES
                .into_iter()
                .find(|it| Some(it.name) == chosen.as_deref())
            {
                density.set(chosen);
            }
            state
                .letters
                .set(browser::dom::recall(LETTERS_KEY).as_deref() != Some("off"));
            browser::grid::on_resize(&pane, look);
            look();
        }
    });
    let paint = move || {
        let (Some(Some(pane)), Some(Some(view))) =
            (pane.try_get_untracked(), seen.try_get_untracked())
        else {
            return;
        };
        let had_keyboard = browser::grid::has_keyboard(&pane)
            || (is_in.get_value() && browser::dom::nobody_has_keyboard());
        layout.with_untracked(|layout| {
            let measured = Measured::new(
                layout,
                density.get_untracked(),
                browser::dom::rem(),
                view.width,
            );
            let (left, right, above, below) =
                measured.pads(&fitting(window.get_untracked(), layout));
            browser::grid::set_pads(&pane, left, right, above, below);
        });
        if let Some(selection) = selection.get_untracked() {
            browser::grid::paint_focus(&pane, selection.focus.0, selection.focus.1, had_keyboard);
            browser::grid::paint_selection(&pane, Some(selection.rectangle()));
        }
    };
    // After each drawing: the empty space around the window, then focus and selection.
    Effect::new(move |_| {
        body.track();
        heads.track();
        columns.track();
        if pane.get().is_some() && seen.get().is_some() {
            // The drawing itself comes after this effect.
            browser::dom::after(0, paint);
        }
    });
    // A move: scroll there first, then paint; the window follows by itself.
    Effect::new(move |before: Option<Option<Place>>| {
        let now = selection.get();
        let Some(pane) = pane.get_untracked() else {
            return now.map(|it| it.focus);
        };
        browser::grid::paint_selection(&pane, now.map(Selection::rectangle));
        if let Some(now) = now
            && before.flatten() != Some(now.focus)
        {
            if before.is_some() {
                layout.with_untracked(|layout| {
                    let view = browser::grid::view(&pane);
                    let measured = Measured::new(
                        layout,
                        density.get_untracked(),
                        browser::dom::rem(),
                        view.width,
                    );
                    let heads = (measured.first_column(), measured.head());
                    browser::grid::reveal(
                        &pane,
                        measured.lane(now.focus.1),
                        measured.line(now.focus.0),
                        heads,
                    );
                });
                look();
            }
            browser::grid::paint_focus(
                &pane,
                now.focus.0,
                now.focus.1,
                browser::grid::has_keyboard(&pane),
            );
        }
        now.map(|it| it.focus)
    });
    Effect::new(move |before: Option<u32>| {
        let now = state.wants_keyboard.get();
        if before.is_some_and(|it| it != now)
            && let (Some(pane), Some(selection)) = (pane.get_untracked(), selection.get_untracked())
        {
            browser::grid::paint_focus(&pane, selection.focus.0, selection.focus.1, true);
        }
        now
    });

    let press = move |event: leptos::ev::KeyboardEvent| {
        if event.alt_key() || browser::dom::is_from_control(&event) {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        let Some(command) = keys::command(&event.key(), control, event.shift_key()) else {
            return;
        };
        let is_letter = event.key().chars().count() == 1 && !control && event.key() != " ";
        if is_letter && !state.letters.get_untracked() {
            return;
        }
        event.prevent_default();
        let Some(present) = selection.get_untracked() else {
            return;
        };
        let next = layout.with_untracked(|layout| match command {
            Command::Move { step, extend } => Some(present.moved(layout, step, extend)),
            Command::SelectRow => Some(present.row(layout)),
            Command::SelectColumn => Some(present.column(layout)),
            Command::SelectAll => Some(present.all(layout)),
            _ => None,
        });
        match next {
            Some(next) => selection.set(Some(next)),
            None => on_command.run(command),
        }
    };
    let click = move |event: leptos::ev::MouseEvent| {
        if let Some(what) = browser::grid::toggle(&event) {
            state.toggle(&what);
        } else if let Some(place) = browser::grid::place(&event) {
            let present = selection.get_untracked().unwrap_or(Selection::at(place));
            selection.set(Some(if event.shift_key() {
                present.extended(place)
            } else {
                Selection::at(place)
            }));
            if let Some(pane) = pane.get_untracked() {
                browser::grid::paint_focus(&pane, place.0, place.1, true);
            }
        }
    };
    let label = move || grid.with(|grid| format!("{}: steps by customers", grid.release.name));
    view! {
        <div
            class="matrix"
            tabindex="-1"
            node_ref=pane
            data-density=move || density.get().name
            on:scroll=move |_| look()
            on:keydown=press
            on:click=click
            on:focusin=move |_| is_in.set_value(true)
            on:focusout=move |event| is_in.set_value(event.related_target().is_none())
            on:dblclick=move |event| {
                if browser::grid::place(&event).is_some() {
                    on_command.run(Command::Open);
                }
            }
        >
            <table
                class="grid"
                role="grid"
                aria-label=label
                aria-multiselectable="true"
                aria-rowcount=move || layout.with(|it| it.lines.len() + 2)
                aria-colcount=move || layout.with(|it| it.lanes.len() + 1)
            >
                <colgroup inner_html=move || columns.get()></colgroup>
                <thead inner_html=move || heads.get()></thead>
                <tbody inner_html=move || body.get()></tbody>
            </table>
        </div>
    }
}
