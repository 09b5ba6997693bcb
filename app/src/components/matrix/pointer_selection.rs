//! Pointer input of the matrix grid: clicks on cells, headers and buttons, and rectangles selected by dragging. The grid has one
//! listener per kind of event; which cell is meant is read from the DOM.
use super::{
    command::GridCommand, filter_bar, hover_card::HoverCard, layout::GridPosition,
    selection::Selection, state::MatrixState, viewport::Viewport,
};
use crate::browser::{
    self,
    grid::{FocusTarget, GridHead},
};
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
    viewport: Viewport,
    on_command: Callback<GridCommand>,
    /// The cell where the button was pressed, and where the pointer is now.
    drag: StoredValue<Option<(GridPosition, Point)>>,
    /// Whether the last press has selected a rectangle. The click that ends it is none.
    has_dragged: StoredValue<bool>,
    is_scrolling: StoredValue<bool>,
    is_down: StoredValue<bool>,
}

/// Whether a key that adds to the selection is held: Control, or Command.
fn is_control(event: &ev::MouseEvent) -> bool {
    event.ctrl_key() || event.meta_key()
}

impl PointerSelection {
    /// `pane` is the scroll container.
    pub fn new(
        state: MatrixState,
        pane: NodeRef<tags::Div>,
        hover_card: &HoverCard,
        viewport: Viewport,
        on_command: Callback<GridCommand>,
    ) -> Self {
        Self {
            state,
            pane,
            hover_card: *hover_card,
            viewport,
            on_command,
            drag: StoredValue::new(None),
            has_dragged: StoredValue::new(false),
            is_scrolling: StoredValue::new(false),
            is_down: StoredValue::new(false),
        }
    }

    /// The `click` listener: cells, headers, and the buttons and links in headers. A plain click shows its cell in the panel; a click
    /// that selects several cells closes the panel.
    pub fn click(self, event: &ev::MouseEvent) {
        let state = self.state;
        if self.has_dragged.get_value() && event.detail() > 0 {
            return;
        }
        if browser::grid::button_attribute(event, "data-filter").is_some() {
            filter_bar::clear_filter(state);
        } else if let Some(target) = browser::grid::button_attribute(event, "data-toggle") {
            state.toggle_collapsed(&target);
        } else if let Some(link) = browser::dom::closest(event, "a") {
            // With a key held the browser opens it elsewhere.
            let row = link
                .get_attribute("data-work")
                .filter(|_| !is_control(event));
            if let Some(row) = row
                .and_then(|it| it.parse().ok())
                .filter(|_| !event.shift_key())
            {
                event.prevent_default();
                self.on_command.run(GridCommand::WorkOnStep { row });
            }
        } else if let Some(position) = browser::grid::cell_position(event) {
            self.viewport.hold(position);
            let is_plain = !is_control(event) && !event.shift_key();
            if is_control(event) {
                state.toggle_cell(position);
            } else if let Some(selection) = state.selection.get_untracked().filter(|_| !is_plain) {
                state.selection.set(Some(selection.extended_to(position)));
            } else {
                state.selection.set(Some(Selection::at(position)));
            }
            self.on_command.run(if is_plain {
                GridCommand::Show
            } else {
                GridCommand::Hide
            });
            // A cell without a step is not added to others.
            let selection = state.selection.get_untracked();
            self.focus(selection.map_or(position, |it| it.focus));
        } else if let Some(head) = browser::grid::head_of(event) {
            self.select_head(head);
        }
    }

    /// Selects the row, the column or the cluster of a header. The keys act on it from then on.
    fn select_head(self, head: GridHead) {
        let Some(selection) = self.state.selection.get_untracked() else {
            return;
        };
        let (row, column) = selection.focus;
        let (focus, command) = match head {
            GridHead::Row(row) => ((row, column), GridCommand::SelectRow),
            GridHead::Column(column) => ((row, column), GridCommand::SelectColumn),
            GridHead::Cluster(column) => ((row, column), GridCommand::SelectCluster),
        };
        self.viewport.hold(focus);
        self.state.selection.set(Some(Selection::at(focus)));
        self.state.run_selection_command(command);
        self.on_command.run(GridCommand::Hide);
        self.focus(focus);
    }

    fn focus(self, (row, column): GridPosition) {
        if let Some(pane) = self.pane.get_untracked() {
            browser::grid::paint_focus(&pane, FocusTarget::Cell(row, column), true);
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
        self.has_dragged.set_value(false);
        let is_plain = !is_control(event) && !event.shift_key();
        let starts = event.button() == 0 && is_plain && event.pointer_type() != "touch";
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
        if !is_elsewhere && !self.has_dragged.get_value() {
            return;
        }
        let Some(pane) = self.pane.get_untracked() else {
            return;
        };
        self.has_dragged.set_value(true);
        self.viewport.hold(from);
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
        if self.has_dragged.get_value() {
            self.on_command.run(GridCommand::Hide);
        }
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
                let measured = untrack(|| self.viewport.measure(layout));
                (measured.row_head_width(), measured.column_heads_height())
            });
            if browser::grid::scroll_toward_pointer(&pane, point, heads) {
                self.extend();
            }
            self.scroll_on();
        });
    }
}
