//! The matrix: a grid of steps by customers, of which only a window around the visible cells is in the DOM. A release has
//! up to a hundred thousand cells, so cells are plain HTML without listeners or signals of their own: the scroll container
//! has the listeners, and `GridRenderer` brings the DOM up to date.
pub mod arrangement;
mod arranging;
pub mod cell_html;
pub mod command;
mod customer_rows;
pub mod filter_bar;
mod grid_line;
mod grid_renderer;
mod head_html;
mod head_links;
pub mod hover_card;
pub mod keyboard;
pub mod layout;
mod layout_counts;
pub mod measured_layout;
pub mod messages;
pub mod paging;
mod picked;
mod pointer_selection;
pub mod print;
pub mod remembered_selection;
mod render_window;
mod rendered_grid;
pub mod selection;
pub mod state;
mod viewport;

use super::ui::time::Clock;
use command::GridCommand;
use grid_renderer::{GridRenderer, ServerHtml};
use hover_card::{HoverCard, HoverCardRequest};
use keyboard::GridKeyboard;
use leptos::{html as tags, prelude::*};
use pointer_selection::PointerSelection;
use state::MatrixState;
use viewport::Viewport;

/// The grid with its scroll container and its hover card. Focus, selection and filter are in `state`.
#[component]
pub fn MatrixGrid(
    state: MatrixState,
    /// Runs every command but movements and selections, which the grid does itself.
    on_command: Callback<GridCommand>,
    /// Whether the panel shows the focused cell. The hover card does not repeat it then.
    #[prop(into)]
    has_panel: Signal<bool>,
    /// Calls `HoverCardRequest::show` once its code is loaded.
    load_card: Callback<HoverCardRequest>,
) -> impl IntoView {
    let MatrixState {
        grid,
        layout,
        density,
        ..
    } = state;
    let clock = Clock::from_context();
    let pane: NodeRef<tags::Div> = NodeRef::new();
    let viewport = Viewport::new(state, pane, has_panel);
    let hover_card = HoverCard::new(state, pane, clock, has_panel, load_card);
    let renderer = GridRenderer::new(state, pane, has_panel, clock, (viewport, hover_card));
    let pointer = PointerSelection::new(state, pane, &hover_card, viewport, on_command);
    let keyboard = GridKeyboard {
        state,
        hover_card,
        on_command,
    };
    let html = ServerHtml::new(state, clock);
    viewport.watch();
    renderer.start();
    let label = move || {
        let axes = if layout.with(|it| it.is_swapped) {
            "customers by steps"
        } else {
            "steps by customers"
        };
        grid.with(|grid| format!("{}: {axes}", grid.release.name))
    };
    view! {
        <div
            class="matrix"
            tabindex="-1"
            node_ref=pane
            data-density=move || density.get().name
            on:scroll=move |_| {
                viewport.update();
                hover_card.hide();
            }
            on:pointerdown=move |event| {
                // It would lie in the way of a drag.
                hover_card.hide();
                pointer.pointer_down(&event);
            }
            on:pointermove=move |event| {
                hover_card.pointer_move(&event);
                pointer.pointer_move(&event);
            }
            on:pointerup=move |_| pointer.pointer_up()
            on:pointercancel=move |_| pointer.pointer_up()
            on:pointerover=move |event| {
                if !pointer.is_pressed() {
                    hover_card.pointer_over(&event);
                }
            }
            on:pointerleave=move |_| hover_card.pointer_leave()
            on:keydown=move |event| keyboard.key_down(&event)
            on:click=move |event| pointer.click(&event)
            on:focusin=move |event| renderer.focus_in(&event, pointer.is_down())
            on:focusout=move |event| renderer.focus_out(&event)
        >
            <table
                class="grid"
                role="grid"
                aria-label=label
                aria-multiselectable="true"
                aria-rowcount=move || layout.with(|it| it.visual_rows.len() + 2)
                aria-colcount=move || layout.with(|it| it.visual_columns.len() + 1)
            >
                <colgroup inner_html=html.colgroup></colgroup>
                <thead inner_html=html.thead></thead>
                <tbody inner_html=html.tbody></tbody>
            </table>
            <div class="empty" role="status" inner_html=html.empty_message></div>
        </div>
        <div
            class="matrix__card"
            id="cell-card"
            role="tooltip"
            hidden
            on:pointerenter=move |_| hover_card.cancel()
            on:pointerleave=move |_| hover_card.hide()
        ></div>
    }
}
