//! Hover card of the matrix grid: the details of one cell, shown when the mouse or the focus rests on it. There is one card, an
//! element beside the grid that is filled with HTML; the thousand cells have no elements or listeners for it. What fills it is loaded
//! lazily (`HoverCardRequest::show`).
use super::{
    cell_html::{TimeFormat, glyph_html},
    layout::GridPosition,
    messages::failure_text,
    state::MatrixState,
};
use crate::{
    browser::{self, grid_dom::Pane},
    components::{
        pending_actions::FailedAction,
        step_state::state_icon,
        ui::{notice::sentence, time::Clock},
    },
    domain::matrix::{CellIndex, Grid},
};
use chrono::{DateTime, Utc};
use leptos::{html as tags, prelude::*};
use maud::{PreEscaped, html};

/// How long the mouse or the focus rests on a cell before its card is shown.
const HOVER_CARD_DELAY_MS: u32 = 400;
/// How long the card stays after the mouse has left the cell, so that it can be reached.
const HOVER_CARD_HIDE_DELAY_MS: u32 = 200;

/// Shows and hides the card. Only the last request counts: each one cancels those before.
#[derive(Clone, Copy)]
pub struct HoverCard {
    state: MatrixState,
    pane: NodeRef<tags::Div>,
    clock: Clock,
    /// Whether the panel shows the focused cell, which then needs no card.
    has_panel: Signal<bool>,
    /// The number of the last request. A timer whose number is another by now does nothing.
    last_request: StoredValue<u32>,
    /// The cell under the mouse.
    hovered: StoredValue<Option<GridPosition>>,
    /// Where the mouse is on the screen, and whether the keyboard was used since the mouse last went to another cell.
    mouse: StoredValue<((i32, i32), bool)>,
    /// Calls `HoverCardRequest::show` once its code is loaded.
    load: Callback<HoverCardRequest>,
}

/// The card of a cell that the mouse or the focus rests on.
#[derive(Clone, Copy)]
pub struct HoverCardRequest {
    card: HoverCard,
    position: GridPosition,
    number: u32,
}

impl HoverCard {
    /// A card that is hidden. `pane` is the scroll container.
    pub fn new(
        state: MatrixState,
        pane: NodeRef<tags::Div>,
        clock: Clock,
        has_panel: Signal<bool>,
        load: Callback<HoverCardRequest>,
    ) -> Self {
        Self {
            state,
            pane,
            clock,
            has_panel,
            last_request: StoredValue::new(0),
            hovered: StoredValue::new(None),
            mouse: StoredValue::new(((0, 0), false)),
            load,
        }
    }

    /// Hides the card at once.
    pub fn hide(self) {
        self.cancel();
        if let Some(Some(pane)) = self.pane.try_get_untracked() {
            browser::grid::hide_card(&pane);
        }
    }

    /// Cancels pending requests to show or hide the card, which stays as it is.
    pub fn cancel(self) {
        self.last_request.update_value(|it| *it += 1);
    }

    /// Shows the card of a cell if no other request comes within the delay.
    pub fn show_later(self, position: GridPosition) {
        self.request(Some(position), HOVER_CARD_DELAY_MS);
    }

    /// The `pointermove` listener.
    pub fn pointer_move(self, event: &leptos::ev::PointerEvent) {
        let point = (event.screen_x(), event.screen_y());
        self.mouse.update_value(|it| it.0 = point);
    }

    /// The `pointerover` listener: highlights the column under the mouse, and shows the card of its cell. Not where the keyboard has
    /// scrolled another cell under a mouse that rests.
    pub fn pointer_over(self, event: &leptos::ev::PointerEvent) {
        let (before, uses_keys) = self.mouse.get_value();
        self.pointer_move(event);
        let position = browser::grid::cell_position(event);
        if position == self.hovered.get_value() {
            return;
        }
        self.hovered.set_value(position);
        if uses_keys && before == self.mouse.get_value().0 {
            return;
        }
        self.mouse.update_value(|it| it.1 = false);
        if let Some(pane) = self.pane.get_untracked() {
            browser::grid::paint_hover(&pane, position.map(|it| it.1));
        }
        let delay = if position.is_some() {
            HOVER_CARD_DELAY_MS
        } else {
            HOVER_CARD_HIDE_DELAY_MS
        };
        self.request(position, delay);
    }

    /// The keyboard is used: row and column under the mouse are no longer highlighted, until it goes to another cell.
    pub fn stop_pointing(self) {
        self.mouse.update_value(|it| it.1 = true);
        if let Some(pane) = self.pane.get_untracked() {
            browser::grid::paint_hover(&pane, None);
        }
    }

    /// The `pointerleave` listener.
    pub fn pointer_leave(self) {
        self.hovered.set_value(None);
        if let Some(pane) = self.pane.get_untracked() {
            browser::grid::paint_hover(&pane, None);
        }
        self.request(None, HOVER_CARD_HIDE_DELAY_MS);
    }

    /// After the delay, shows the card of a cell, or hides it without one, unless another request came in between.
    fn request(self, position: Option<GridPosition>, delay_ms: u32) {
        self.cancel();
        let number = self.last_request.get_value();
        browser::dom::after(delay_ms, move || {
            let Some(pane) = self.pane_of(number) else {
                return;
            };
            match position {
                Some(position) => self.load.run(HoverCardRequest {
                    card: self,
                    position,
                    number,
                }),
                None => browser::grid::hide_card(&pane),
            }
        });
    }

    /// The scroll container, if this is the last request and the page is still there.
    fn pane_of(self, number: u32) -> Option<Pane> {
        let is_last = self.last_request.try_get_value() == Some(number);
        let pane = self.pane.try_get_untracked()?.filter(|_| is_last);
        pane.map(Into::into)
    }

    /// Whether the panel shows a cell. Called from a timer: the page is there, because its pane is.
    fn is_in_panel(self, position: GridPosition) -> bool {
        let focus = self.state.selection.get_untracked().map(|it| it.focus);
        focus == Some(position) && self.has_panel.get_untracked()
    }

    /// The content of a cell's card; none if it has no step, or the panel shows it.
    fn html(self, position: GridPosition) -> Option<String> {
        if self.is_in_panel(position) {
            return None;
        }
        let (visual_row, visual_column) = position;
        let state = self.state;
        let at = state
            .layout
            .with_untracked(|it| it.cell_index(visual_row, visual_column))?;
        let failed_action = state.failed_action(at);
        let format_time = move |at| self.clock.time(at);
        untrack(|| {
            state
                .grid
                .with_untracked(|it| html(it, at, failed_action.as_ref(), &format_time))
        })
    }
}

impl HoverCardRequest {
    /// Shows the card, unless another request came in between; hides it if there is nothing to show.
    pub fn show(self) {
        let Some(pane) = self.card.pane_of(self.number) else {
            return;
        };
        match self.card.html(self.position) {
            Some(html) => browser::grid::show_card(&pane, self.position, &html),
            None => browser::grid::hide_card(&pane),
        }
    }
}

/// The content of the card of a cell, and why the last action on it failed, if it did. `None` for a cell without a step.
pub fn html(
    grid: &Grid,
    at: CellIndex,
    failed_action: Option<&FailedAction>,
    format_time: TimeFormat<'_>,
) -> Option<String> {
    let cell = grid.cell(at)?;
    let (row, column) = (&grid.rows[at.row], &grid.columns[at.column]);
    let group = &grid.groups[column.group];
    let change = grid.status_change(at);
    let flags = [
        (cell.is_overridden, "Overridden"),
        (row.template.is_none(), "Custom step"),
        (cell.has_notes, "Has a note"),
        (column.inactive, "Inactive customer"),
    ];
    let words: Vec<&str> = flags.iter().filter(|it| it.0).map(|it| it.1).collect();
    let html = html! {
        b { (row.name) }
        span class="muted" { (column.name) " · " (group.name) " · " (column.namespace) }
        span class="state" {
            (PreEscaped(glyph_html(state_icon(cell.status), Some(cell.status))))
            (cell.status.label())
            @if let Some(change) = change {
                ", " (change.by) " " (format_time(change.at))
            }
        }
        @if let Some(reason) = change.and_then(|it| it.reason.as_deref()) {
            q { (reason) }
        }
        @if let Some(failed_action) = failed_action {
            span class="warn" { (sentence(&failure_text(failed_action))) }
        }
        @if let Some(names) = grid.missing(at) {
            span class="warn" { (names) " not set" }
        }
        @if let Some(lines) = grid.value_changes(at).filter(|_| cell.status.is_open()) {
            @for line in lines.split('\n') {
                span class="warn" { (value_change_line(line, format_time)) }
            }
        }
        @if let Some(number) = grid.own_number(at) {
            span class="muted" { "Step " (number) " for this customer" }
        }
        @if !words.is_empty() {
            span class="muted" { (words.join(", ")) }
        }
    };
    Some(html.into_string())
}

/// One change of a variable's value, as a sentence with its time formatted. `line` is the text before the time, the time in
/// milliseconds since 1970, and the text after it, separated by U+001F, as `store::views::changed_values` writes it.
fn value_change_line(line: &str, format_time: impl Fn(DateTime<Utc>) -> String) -> String {
    let mut parts = line.split('\u{1f}');
    let (head, at, tail) = (parts.next(), parts.next(), parts.next());
    let at = at.and_then(|it| DateTime::from_timestamp_millis(it.parse().ok()?));
    [
        head.unwrap_or_default(),
        &at.map(format_time).unwrap_or_default(),
        tail.unwrap_or_default(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::pending_actions::ActionRequest,
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::id::ClusterId,
        domain::id::CustomerId,
        domain::id::StepId,
        domain::matrix::Cell,
        domain::matrix::ClusterGroup,
        domain::matrix::MatrixColumn,
        domain::matrix::MatrixRow,
        domain::matrix::tests::release,
        domain::status_info::StatusChange,
        domain::vocabulary::Category,
        domain::vocabulary::StepAction,
        domain::vocabulary::StepStatus,
        domain::vocabulary::StepType,
        error::AppError,
    };

    #[test]
    fn a_card_says_who_when_why_and_what_is_missing_and_escapes_it_all() {
        let cell = Cell {
            step: StepId(1),
            status: StepStatus::Failed,
            is_overridden: true,
            has_notes: false,
            is_unresolved: true,
        };
        let at = CellIndex { row: 0, column: 0 };
        let mut grid = Grid::new(
            release(),
            vec![ClusterGroup {
                id: ClusterId(1),
                name: "eu".into(),
            }],
            vec![MatrixColumn {
                id: CustomerId(1),
                name: "<Acme>".into(),
                namespace: "acme".into(),
                group: 0,
                inactive: false,
            }],
            vec![MatrixRow {
                name: "Migrate".into(),
                category: Category::Deploy,
                kind: StepType::Bash,
                template: None,
            }],
            [(at, cell)],
        );
        let mark = StatusChange {
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: Some("it <broke>".into()),
        };
        let at = CellIndex::default();
        grid.set_status_change(at, mark);
        grid.set_missing(at, Some("var.HOST".into()));
        let failed_action = FailedAction {
            step: cell.step,
            request: ActionRequest::new(StepAction::Done),
            error: AppError::Transport(String::new()),
        };
        grid.set_value_changes(at, "HOST changed \u{1f}0\u{1f} by Ana: <old> -> new".into());
        let html = html(&grid, at, Some(&failed_action), &|_| "14:02".into()).unwrap();
        for part in [
            "&lt;Acme&gt;",
            "Failed, Ana 14:02",
            "<q>it &lt;broke&gt;</q>",
            "var.HOST not set",
            "HOST changed 14:02 by Ana: &lt;old&gt; -&gt; new",
            "Could not be marked done: the server could not be reached.",
            "Overridden, Custom step",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        grid.rows[0].name = HOSTILE.into();
        grid.columns[0].name = HOSTILE.into();
        grid.columns[0].namespace = HOSTILE.into();
        grid.groups[0].name = HOSTILE.into();
        grid.set_missing(at, Some(HOSTILE.into()));
        let hostile = StatusChange {
            by: HOSTILE.into(),
            at: DateTime::UNIX_EPOCH,
            reason: Some(HOSTILE.into()),
        };
        grid.set_status_change(at, hostile);
        let card = super::html(&grid, at, None, &|_| HOSTILE.into()).unwrap();
        assert_escaped(&card, 9);
        assert_eq!(
            super::html(&grid, CellIndex { row: 0, column: 1 }, None, &|_| {
                String::new()
            }),
            None
        );
    }
}
