//! Pointer input of the matrix grid: clicks on cells and buttons, and rectangles selected by dragging. The grid has one
//! listener per kind of event; which cell is meant is read from the DOM.
use super::{
    command::GridCommand, filter_bar, hover_card::HoverCard, layout::GridPosition,
    measured_layout::MeasuredLayout, selection::Selection, state::MatrixState,
};
use crate::browser::{self, grid::FocusTarget};
use leptos::{ev, html as tags, prelude::*};

/// Interval between scroll steps while a drag rests at or beyond the edge.
const DRAG_SCROLL_INTERVAL_MS: u32 = 40;

/// A point of the browser window, in pixels.
type Point = (i32, i32);

#[derive(Clone, Copy)]
pub(super) struct PointerSelection {
    state: MatrixState,
    pane: NodeRef<tags::Div>,
    hover_card: HoverCard,
    on_command: Callback<GridCommand>,
    /// The cell where the button was pressed, and where the pointer is now.
    drag: StoredValue<Option<(GridPosition, Point)>>,
    is_scrolling: StoredValue<bool>,
    is_down: StoredValue<bool>,
}

impl PointerSelection {
    /// `pane` is the scroll container.
    pub fn new(
        state: MatrixState,
        pane: NodeRef<tags::Div>,
        hover_card: &HoverCard,
        on_command: Callback<GridCommand>,
    ) -> Self {
        Self {
            state,
            pane,
            hover_card: *hover_card,
            on_command,
            drag: StoredValue::new(None),
            is_scrolling: StoredValue::new(false),
            is_down: StoredValue::new(false),
        }
    }

    /// The `click` listener: buttons of headers, and cells. Shift extends the selection.
    pub fn click(self, event: &ev::MouseEvent) {
        let state = self.state;
        if browser::grid::button_attribute(event, "data-filter").is_some() {
            filter_bar::clear_filter(state);
        } else if let Some(target) = browser::grid::button_attribute(event, "data-toggle") {
            state.toggle_collapsed(&target);
        } else if let Some(row) = browser::grid::button_attribute(event, "data-work") {
            if let Ok(row) = row.parse() {
                self.on_command.run(GridCommand::WorkOnStep { row });
            }
        } else if let Some(position) = browser::grid::cell_position(event) {
            let selection = state.selection.get_untracked();
            let selection = selection.unwrap_or(Selection::at(position));
            state.selection.set(Some(if event.shift_key() {
                selection.extended_to(position)
            } else {
                Selection::at(position)
            }));
            if let Some(pane) = self.pane.get_untracked() {
                let target = FocusTarget::Cell(position.0, position.1);
                browser::grid::paint_focus(&pane, target, true);
            }
        }
    }

    /// The `dblclick` listener: opens the cell.
    pub fn double_click(self, event: &ev::MouseEvent) {
        if browser::grid::cell_position(event).is_some() {
            self.on_command.run(GridCommand::Open);
        }
    }

    /// Whether the pointer is pressed on a cell.
    pub fn is_pressed(self) -> bool {
        self.drag.get_value().is_some()
    }

    /// Whether a button is pressed anywhere in the grid.
    pub fn is_down(self) -> bool {
        self.is_down.get_value()
    }

    /// The `pointerdown` listener. A touch scrolls instead of selecting.
    pub fn pointer_down(self, event: &ev::PointerEvent) {
        self.is_down.set_value(true);
        let starts = event.button() == 0 && !event.shift_key() && event.pointer_type() != "touch";
        let position = browser::grid::cell_position(event).filter(|_| starts);
        self.drag
            .set_value(position.map(|it| (it, (event.client_x(), event.client_y()))));
    }

    /// The `pointermove` listener: selects the rectangle up to the cell under the pointer.
    pub fn pointer_move(self, event: &ev::PointerEvent) {
        // The button may have been released elsewhere.
        self.is_down.set_value(event.buttons() != 0);
        let Some((from, _)) = self.drag.get_value() else {
            return;
        };
        let point = (event.client_x(), event.client_y());
        self.drag.set_value(Some((from, point)));
        let is_elsewhere = browser::grid::cell_position_at(point) != Some(from);
        let selection = self.state.selection.get_untracked();
        let has_begun = selection.is_some_and(|it| !it.is_single());
        if !is_elsewhere && !has_begun {
            return;
        }
        let Some(pane) = self.pane.get_untracked() else {
            return;
        };
        browser::grid::capture_pointer(&pane, event);
        self.hover_card.hide();
        self.extend();
        if !self.is_scrolling.get_value() {
            self.is_scrolling.set_value(true);
            self.scroll_on();
        }
    }

    /// The `pointerup` and `pointercancel` listener.
    pub fn pointer_up(self) {
        self.is_down.set_value(false);
        self.drag.set_value(None);
    }

    /// Selects the rectangle from where the drag began to the cell under the pointer.
    fn extend(self) {
        let Some(Some((from, point))) = self.drag.try_get_value() else {
            return;
        };
        if let Some(to) = browser::grid::cell_position_at(point) {
            let dragged = Selection::at(from).dragged_to(to);
            if self.state.selection.get_untracked() != Some(dragged) {
                self.state.selection.set(Some(dragged));
            }
        }
    }

    /// Scrolls while the pointer is at or beyond an edge; repeats itself until the drag ends.
    fn scroll_on(self) {
        browser::dom::after(DRAG_SCROLL_INTERVAL_MS, move || {
            let (Some(Some((_, point))), Some(Some(pane))) =
                (self.drag.try_get_value(), self.pane.try_get_untracked())
            else {
                let _ = self.is_scrolling.try_set_value(false);
                return;
            };
            let heads = self.state.layout.with_untracked(|layout| {
                let width = browser::grid::scroll_view(&pane).width;
                let density = self.state.density.get_untracked();
                let measured = MeasuredLayout::new(layout, density, browser::dom::rem_px(), width);
                (measured.row_head_width(), measured.column_heads_height())
            });
            if browser::grid::scroll_toward_pointer(&pane, point, heads) {
                self.extend();
            }
            self.scroll_on();
        });
    }
}
