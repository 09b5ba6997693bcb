//! The matrix: one grid of steps by customers, of which only a window is drawn. One listener hears every press; what is
//! drawn, focus and selection are kept up to date through the DOM, by one effect.
pub mod cell_html;
pub mod filter_bar;
mod grid_renderer;
mod head_html;
pub mod hover_card;
pub mod keyboard;
pub mod layout;
pub mod messages;
pub mod paging;
pub mod print;
pub mod selection;
pub mod state;

use super::{
    pending_actions::PendingActions,
    ui::{follow_effect::follow, time::Clock},
};
use crate::browser::{
    self,
    grid::{FocusTarget, GridHead, ScrollView},
};
use cell_html::GridView;
use grid_renderer::RenderedGrid;
use keyboard::GridCommand;
use layout::{DENSITIES, MeasuredLayout, WindowPadding};
use leptos::{html as tags, prelude::*};
use selection::{FocusZone, GridPosition, Selection};
use state::{DENSITY_KEY, LETTERS_KEY, MatrixState};

/// What of the page has the keyboard when a selection has it.
fn target(selection: Selection) -> FocusTarget {
    let (line, lane) = selection.focus;
    match selection.zone {
        FocusZone::Cell => FocusTarget::Cell(line, lane),
        FocusZone::Row => FocusTarget::Head(GridHead::Row(line)),
        FocusZone::Column => FocusTarget::Head(GridHead::Column(lane)),
        FocusZone::Band => FocusTarget::Head(GridHead::Band(lane)),
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
    on_command: Callback<GridCommand>,
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
    let seen = RwSignal::new(None::<ScrollView>);
    let rem = StoredValue::new(16.0);
    let first = state.first;
    // What the server draws; in the browser it is there already, or is drawn below.
    let (columns, heads, body, nothing) = if browser::dom::is_here() {
        Default::default()
    } else {
        let (wording, pads) = (move |at| clock.time(at), WindowPadding::default());
        layout.with_untracked(|layout| {
            let window = layout.first_window(first);
            grid.with_untracked(|grid| {
                let picture = GridView {
                    grid,
                    layout,
                    wishes: &PendingActions::default(),
                    wording: &wording,
                };
                (
                    head_html::columns(layout, &window, &pads),
                    head_html::heads(grid, layout, &window),
                    picture.body(&window, &pads),
                    filter_bar::nothing(grid, layout),
                )
            })
        })
    };

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
    let reveal = move |focus: GridPosition| {
        let Some(Some(pane)) = pane.try_get_untracked() else {
            return;
        };
        let has_scrolled = layout.with_untracked(|layout| {
            let view = seen.get_untracked().unwrap_or_default();
            let measured =
                MeasuredLayout::new(layout, density.get_untracked(), rem.get_value(), view.width);
            let heads = (measured.first_column(), measured.head());
            let (lane, line) = (measured.lane(focus.1), measured.line(focus.0));
            browser::grid::reveal(&pane, view, lane, line, heads)
        });
        if has_scrolled {
            look();
        }
    };
    follow(move |_| {
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
            rem.set_value(browser::dom::rem());
            browser::grid::on_resize(&pane, move || {
                if rem.try_set_value(browser::dom::rem()).is_some() {
                    return;
                }
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
    // The card of one cell at a time: whoever asks last.
    let card_number = StoredValue::new(0_u32);
    let hide_card = move || {
        card_number.update_value(|it| *it += 1);
        if let Some(Some(pane)) = pane.try_get_untracked() {
            browser::grid::paint_card(&pane, None);
        }
    };
    let ask_card = move |place: Option<GridPosition>, after: u32| {
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
                let unmet = state.unmet(at);
                untrack(|| {
                    grid.with_untracked(|it| hover_card::html(it, at, unmet.as_ref(), &wording))
                })
            });
            browser::grid::paint_card(&pane, place.zip(html.as_deref()));
        });
    };
    // What is drawn, where the keyboard is and what is selected. A move scrolls first, then draws, then paints.
    let again = RwSignal::new(0_u32);
    let draw_again = move || {
        let _ = again.try_update(|it| *it += 1);
    };
    let (mut said, mut drawn) = ((0, false), None::<RenderedGrid>);
    let mut before = None::<Option<(FocusZone, GridPosition)>>;
    follow(move |_| {
        again.track();
        state.counted.track();
        let now = selection.get();
        let place = now.map(|it| (it.zone, it.focus));
        let has_moved = before.is_some_and(|it| it != place);
        let Some(pane) = pane.get() else { return };
        if before.replace(place).is_none() {
            // The page comes alive first.
            browser::dom::after(0, draw_again);
            return;
        }
        if let Some(now) = now.filter(|_| has_moved) {
            reveal(now.focus);
        }
        let had_keyboard = browser::grid::has_keyboard(&pane)
            || (is_in.get_value() && browser::dom::nobody_has_keyboard());
        let (renewed, says) = (
            state.renewed.get(),
            (state.marked.get(), clock.is_local.get()),
        );
        let wording = cell_html::remembered(move |at| untrack(|| clock.time(at)));
        let is_first = drawn.is_none();
        let is_whole = layout.with(|layout| {
            grid.with(|grid| {
                let wishes = state.wishes.read();
                let picture = GridView {
                    grid,
                    layout,
                    wishes: &wishes,
                    wording: &wording,
                };
                let there = drawn.take().or_else(|| {
                    browser::grid_dom::is_there(&pane)
                        .then(|| RenderedGrid::by_server(picture, first, renewed))
                });
                let is_of = |it: &RenderedGrid| it.is_of(layout, renewed);
                let can_wait = has_moved && there.as_ref().is_some_and(is_of);
                let view = seen.get().unwrap_or_default();
                let measured =
                    MeasuredLayout::new(layout, density.get(), rem.get_value(), view.width);
                let (window, is_whole) =
                    grid_renderer::next_window(&measured, view, there.as_ref(), can_wait);
                let pads = measured.pads(&window);
                let there = grid_renderer::draw(&pane, there, picture, window, &pads, renewed);
                if std::mem::replace(&mut said, says) != says {
                    grid_renderer::say_who(&pane, picture, &there.window);
                }
                drawn = Some(there);
                is_whole
            })
        });
        // Only now is there room to scroll to the step that the address opens.
        if let Some(now) = now.filter(|_| is_first && has_panel.get_untracked()) {
            reveal(now.focus);
        }
        if !is_whole {
            browser::dom::after_paint(draw_again);
        }
        browser::grid::paint_selection(&pane, now.map(Selection::rectangle));
        if let Some(now) = now {
            browser::grid::paint_focus(&pane, target(now), had_keyboard);
        }
        if has_moved {
            let zone = now.map(|it| it.zone);
            if had_keyboard && !has_panel.get_untracked() && zone == Some(FocusZone::Cell) {
                ask_card(now.map(|it| it.focus), CARD_AFTER);
            } else {
                hide_card();
            }
        }
    });
    follow(move |is_first| {
        state.wants_keyboard.track();
        if !is_first
            && let (Some(pane), Some(selection)) = (pane.get_untracked(), selection.get_untracked())
        {
            browser::grid::paint_focus(&pane, target(selection), true);
        }
    });

    // Where the keyboard really is, if it came to a head without the arrows.
    let at_head = move |head: GridHead| {
        selection.update(|it| {
            if let Some(it) = it {
                (it.zone, it.focus) = match head {
                    GridHead::Row(line) => (FocusZone::Row, (line, it.focus.1)),
                    GridHead::Column(lane) => (FocusZone::Column, (it.focus.0, lane)),
                    GridHead::Band(lane) if it.zone == FocusZone::Band => {
                        (FocusZone::Band, (it.focus.0, it.focus.1.max(lane)))
                    }
                    GridHead::Band(lane) => (FocusZone::Band, (it.focus.0, lane)),
                };
            }
        });
    };
    let press = move |event: leptos::ev::KeyboardEvent| {
        if event.alt_key() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        let Some(command) = keyboard::command(&event.key(), control, event.shift_key()) else {
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
        if command == GridCommand::Close {
            hide_card();
        }
        if !state.select(command) {
            on_command.run(command);
        }
    };
    let click = move |event: leptos::ev::MouseEvent| {
        if browser::grid::button(&event, "data-filter").is_some() {
            filter_bar::clear(state);
        } else if let Some(what) = browser::grid::button(&event, "data-toggle") {
            state.toggle(&what);
        } else if let Some(row) = browser::grid::button(&event, "data-work") {
            if let Ok(row) = row.parse() {
                on_command.run(GridCommand::Work { row });
            }
        } else if let Some(place) = browser::grid::place(&event) {
            let present = selection.get_untracked().unwrap_or(Selection::at(place));
            selection.set(Some(if event.shift_key() {
                present.extended(place)
            } else {
                Selection::at(place)
            }));
            if let Some(pane) = pane.get_untracked() {
                browser::grid::paint_focus(&pane, FocusTarget::Cell(place.0, place.1), true);
            }
        }
    };
    // A rectangle drawn with the mouse: where it began, and where the mouse is.
    let drag = StoredValue::new(None::<(GridPosition, (i32, i32))>);
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
    let hovered = StoredValue::new(None::<GridPosition>);
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
                    on_command.run(GridCommand::Open);
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
                <colgroup inner_html=columns></colgroup>
                <thead inner_html=heads></thead>
                <tbody inner_html=body></tbody>
            </table>
            <div class="empty" role="status" inner_html=nothing></div>
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
    drag: StoredValue<Option<(GridPosition, (i32, i32))>>,
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
            let density = state.density.get_untracked();
            let measured = MeasuredLayout::new(layout, density, browser::dom::rem(), width);
            (measured.first_column(), measured.head())
        });
        if browser::grid::nudge(&element, point, heads) {
            extend();
        }
        scroll_on(pane, drag, state, scrolls, extend);
    });
}
