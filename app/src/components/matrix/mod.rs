//! The matrix: one grid of steps by customers, of which only a window is drawn. One listener hears every press; focus
//! and selection are painted through the DOM, so that moving about draws no cell again.
pub mod card;
pub mod filter_bar;
pub mod html;
pub mod keys;
pub mod layout;
pub mod print;
pub mod selection;
pub mod state;
pub mod wording;

use super::ui::time::Clock;
use crate::browser::{
    self,
    grid::{Head, Target, View},
};
use keys::Command;
use layout::{DENSITIES, Layout, Measured, Pads, Window};
use leptos::{html as tags, prelude::*};
use selection::{Place, Selection, Zone};
use state::{DENSITY_KEY, LETTERS_KEY, MatrixState};

/// What of the page has the keyboard when a selection has it.
fn target(selection: Selection) -> Target {
    let (line, lane) = selection.focus;
    match selection.zone {
        Zone::Cell => Target::Cell(line, lane),
        Zone::Row => Target::Head(Head::Row(line)),
        Zone::Column => Target::Head(Head::Column(lane)),
        Zone::Band => Target::Head(Head::Band(lane)),
    }
}

/// How long the mouse or the keyboard must rest on a cell before its card shows, and how long it then stays, in
/// milliseconds.
const CARD_AFTER: u32 = 400;
const CARD_STAYS: u32 = 200;
/// How often a drag beyond the edge scrolls on, in milliseconds.
const DRAG_ON: u32 = 40;

#[component]
pub fn MatrixGrid(
    state: MatrixState,
    /// Everything but moving about: the page knows what to do.
    on_command: Callback<Command>,
    /// While the panel shows the focused cell, its card would say the same again.
    #[prop(into)]
    has_panel: Signal<bool>,
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
            None => layout.first_window(state.first),
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
    let pads = Memo::new(move |_| match seen.get() {
        None => Pads::default(),
        Some(view) => layout.with(|layout| {
            let measured = Measured::new(layout, density.get(), browser::dom::rem(), view.width);
            measured.pads(&fitting(window.get(), layout))
        }),
    });
    let columns = Memo::new(move |_| {
        layout.with(|layout| {
            let window = fitting(window.get(), layout);
            pads.with(|pads| html::columns(layout, &window, pads))
        })
    });
    let heads = Memo::new(move |_| {
        layout.with(|layout| {
            grid.with(|grid| html::heads(grid, layout, &fitting(window.get(), layout)))
        })
    });
    let body = Memo::new(move |_| {
        let wording = move |at| clock.time(at);
        layout.with(|layout| {
            let window = fitting(window.get(), layout);
            grid.with(|grid| pads.with(|pads| html::body((grid, layout), &window, pads, &wording)))
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
    // Scrolls to where a move led; the window follows by itself.
    let reveal = move |focus: Place| {
        let Some(Some(pane)) = pane.try_get_untracked() else {
            return;
        };
        layout.with_untracked(|layout| {
            let view = browser::grid::view(&pane);
            let density = density.get_untracked();
            let measured = Measured::new(layout, density, browser::dom::rem(), view.width);
            let heads = (measured.first_column(), measured.head());
            let (lane, line) = (measured.lane(focus.1), measured.line(focus.0));
            browser::grid::reveal(&pane, lane, line, heads);
        });
        look();
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
            browser::grid::on_resize(&pane, move || {
                look();
                // The panel took room: its cell stays in sight.
                if has_panel.try_get_untracked() == Some(true)
                    && let Some(Some(now)) = selection.try_get_untracked()
                {
                    reveal(now.focus);
                }
            });
            look();
        }
    });
    let paint = move || {
        let Some(Some(pane)) = pane.try_get_untracked() else {
            return;
        };
        let had_keyboard = browser::grid::has_keyboard(&pane)
            || (is_in.get_value() && browser::dom::nobody_has_keyboard());
        if let Some(selection) = selection.get_untracked() {
            browser::grid::paint_focus(&pane, target(selection), had_keyboard);
            browser::grid::paint_selection(&pane, Some(selection.rectangle()));
        }
    };
    // After each drawing: focus and selection.
    Effect::new(move |_| {
        body.track();
        heads.track();
        columns.track();
        if pane.get().is_some() && seen.get().is_some() {
            // The drawing itself comes after this effect. It removes the cell that has the keyboard: until that is
            // painted again the pane has it, so that no key is lost.
            if let Some(pane) = pane.get_untracked() {
                let is_in = is_in.get_value() && browser::dom::nobody_has_keyboard();
                if is_in || browser::grid::has_keyboard(&pane) {
                    browser::grid::take_keyboard(&pane);
                }
            }
            browser::dom::after(0, paint);
        }
    });
    // The card of one cell at a time: whoever asks last.
    let card_number = StoredValue::new(0_u32);
    let hide_card = move || {
        card_number.update_value(|it| *it += 1);
        if let Some(Some(pane)) = pane.try_get_untracked() {
            browser::grid::paint_card(&pane, None);
        }
    };
    let ask_card = move |place: Option<Place>, after: u32| {
        card_number.update_value(|it| *it += 1);
        let number = card_number.get_value();
        browser::dom::after(after, move || {
            let (Some(true), Some(Some(pane))) = (
                card_number.try_get_value().map(|it| it == number),
                pane.try_get_untracked(),
            ) else {
                return;
            };
            let html = place.and_then(|place| {
                let at = layout.with_untracked(|it| it.cell(place.0, place.1))?;
                let wording = move |at| clock.time(at);
                untrack(|| grid.with_untracked(|it| card::html(it, at, &wording)))
            });
            browser::grid::paint_card(&pane, place.zip(html.as_deref()));
        });
    };
    // A move: scroll there first, then paint.
    Effect::new(move |before: Option<Option<(Zone, Place)>>| {
        let now = selection.get();
        let place = |it: Selection| (it.zone, it.focus);
        let Some(pane) = pane.get_untracked() else {
            return now.map(place);
        };
        browser::grid::paint_selection(&pane, now.map(Selection::rectangle));
        if let Some(now) = now
            && before.flatten() != Some(place(now))
        {
            if before.is_some() {
                reveal(now.focus);
            }
            let has_keyboard = browser::grid::has_keyboard(&pane);
            browser::grid::paint_focus(&pane, target(now), has_keyboard);
            if has_keyboard && !has_panel.get_untracked() && now.zone == Zone::Cell {
                ask_card(Some(now.focus), CARD_AFTER);
            } else {
                hide_card();
            }
        }
        now.map(place)
    });
    Effect::new(move |before: Option<u32>| {
        let now = state.wants_keyboard.get();
        if before.is_some_and(|it| it != now)
            && let (Some(pane), Some(selection)) = (pane.get_untracked(), selection.get_untracked())
        {
            browser::grid::paint_focus(&pane, target(selection), true);
        }
        now
    });

    // Where the keyboard really is, if it came to a head without the arrows.
    let at_head = move |head: Head| {
        selection.update(|it| {
            if let Some(it) = it {
                (it.zone, it.focus) = match head {
                    Head::Row(line) => (Zone::Row, (line, it.focus.1)),
                    Head::Column(lane) => (Zone::Column, (it.focus.0, lane)),
                    Head::Band(lane) if it.zone == Zone::Band => {
                        (Zone::Band, (it.focus.0, it.focus.1.max(lane)))
                    }
                    Head::Band(lane) => (Zone::Band, (it.focus.0, lane)),
                };
            }
        });
    };
    let press = move |event: leptos::ev::KeyboardEvent| {
        if event.alt_key() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        let Some(command) = keys::command(&event.key(), control, event.shift_key()) else {
            return;
        };
        // A head's own button or link knows what Enter and the letters mean.
        if browser::dom::is_from_control(&event) {
            let Some(head) = browser::grid::head(&event).filter(|_| command.is_of_heads()) else {
                return;
            };
            at_head(head);
        }
        let is_letter = event.key().chars().count() == 1 && !control && event.key() != " ";
        if is_letter && !state.letters.get_untracked() {
            return;
        }
        event.prevent_default();
        if command == Command::Close {
            hide_card();
        }
        if !state.select(command) {
            on_command.run(command);
        }
    };
    let click = move |event: leptos::ev::MouseEvent| {
        if let Some(what) = browser::grid::button(&event, "data-toggle") {
            state.toggle(&what);
        } else if let Some(row) = browser::grid::button(&event, "data-work") {
            if let Ok(row) = row.parse() {
                on_command.run(Command::Work { row });
            }
        } else if let Some(place) = browser::grid::place(&event) {
            let present = selection.get_untracked().unwrap_or(Selection::at(place));
            selection.set(Some(if event.shift_key() {
                present.extended(place)
            } else {
                Selection::at(place)
            }));
            if let Some(pane) = pane.get_untracked() {
                browser::grid::paint_focus(&pane, Target::Cell(place.0, place.1), true);
            }
        }
    };
    // A rectangle drawn with the mouse: where it began, and where the mouse is.
    let drag = StoredValue::new(None::<(Place, (i32, i32))>);
    let extend_drag = move || {
        let Some(Some((from, point))) = drag.try_get_value() else {
            return false;
        };
        if let Some(to) = browser::grid::place_at(point) {
            let drawn = Selection::at(from).dragged(to);
            if selection.get_untracked() != Some(drawn) {
                selection.set(Some(drawn));
            }
        }
        true
    };
    let drag_from = move |event: leptos::ev::PointerEvent| {
        let starts = event.button() == 0 && !event.shift_key() && event.pointer_type() != "touch";
        let place = browser::grid::place(&event).filter(|_| starts);
        drag.set_value(place.map(|it| (it, (event.client_x(), event.client_y()))));
    };
    // A drag that rests beyond the edge scrolls on by itself.
    let scrolls = StoredValue::new(false);
    let drag_to = move |event: leptos::ev::PointerEvent| {
        let Some((from, _)) = drag.get_value() else {
            return;
        };
        let point = (event.client_x(), event.client_y());
        drag.set_value(Some((from, point)));
        let is_elsewhere = browser::grid::place_at(point) != Some(from);
        let has_begun = selection.get_untracked().is_some_and(|it| !it.is_single());
        if !is_elsewhere && !has_begun {
            return;
        }
        let Some(held) = pane.get_untracked() else {
            return;
        };
        browser::grid::hold(&held, &event);
        hide_card();
        extend_drag();
        if !scrolls.get_value() {
            scrolls.set_value(true);
            scroll_on(pane, drag, state, scrolls, extend_drag);
        }
    };
    let drop = move |_: leptos::ev::PointerEvent| drag.set_value(None);
    let hovered = StoredValue::new(None::<Place>);
    let hover = move |event: leptos::ev::PointerEvent| {
        let place = browser::grid::place(&event);
        if place == hovered.get_value() || drag.get_value().is_some() {
            return;
        }
        hovered.set_value(place);
        if let Some(pane) = pane.get_untracked() {
            browser::grid::paint_hover(&pane, place.map(|it| it.1));
        }
        ask_card(
            place,
            if place.is_some() {
                CARD_AFTER
            } else {
                CARD_STAYS
            },
        );
    };
    let label = move || grid.with(|grid| format!("{}: steps by customers", grid.release.name));
    view! {
        <div
            class="matrix"
            tabindex="-1"
            node_ref=pane
            data-density=move || density.get().name
            on:scroll=move |_| {
                look();
                hide_card();
            }
            on:pointerdown=drag_from
            on:pointermove=drag_to
            on:pointerup=drop
            on:pointercancel=drop
            on:pointerover=hover
            on:pointerleave=move |_| {
                hovered.set_value(None);
                if let Some(pane) = pane.get_untracked() {
                    browser::grid::paint_hover(&pane, None);
                }
                ask_card(None, CARD_STAYS);
            }
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
        <div
            class="matrix__card"
            id="cell-card"
            role="tooltip"
            hidden
            on:pointerenter=move |_| card_number.update_value(|it| *it += 1)
            on:pointerleave=move |_| hide_card()
        ></div>
    }
}

/// Scrolls on while a drag is beyond the edge, and lets it go when it ends.
fn scroll_on(
    pane: NodeRef<tags::Div>,
    drag: StoredValue<Option<(Place, (i32, i32))>>,
    state: MatrixState,
    scrolls: StoredValue<bool>,
    extend: impl Fn() -> bool + Copy + 'static,
) {
    browser::dom::after(DRAG_ON, move || {
        let (Some(Some((_, point))), Some(Some(element))) =
            (drag.try_get_value(), pane.try_get_untracked())
        else {
            let _ = scrolls.try_set_value(false);
            return;
        };
        let heads = state.layout.with_untracked(|layout| {
            let width = browser::grid::view(&element).width;
            let measured = Measured::new(
                layout,
                state.density.get_untracked(),
                browser::dom::rem(),
                width,
            );
            (measured.first_column(), measured.head())
        });
        if browser::grid::nudge(&element, point, heads) {
            extend();
        }
        scroll_on(pane, drag, state, scrolls, extend);
    });
}
