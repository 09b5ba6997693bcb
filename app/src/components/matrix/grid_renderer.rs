//! Renderer of the matrix grid: one effect that brings rendered window, focus and selection up to date whenever one of
//! them changes. One effect, because the order matters: scroll first, then render, then move the focus.
use super::{
    cell_html::{self, GridView},
    filter_bar, head_html,
    hover_card::HoverCard,
    layout::GridPosition,
    measured_layout::WindowPadding,
    render_window::next_window,
    rendered_grid::{self, RenderedGrid},
    selection::{FocusZone, Selection},
    state::MatrixState,
    viewport::Viewport,
};
use crate::{
    browser::{
        self,
        grid::{FocusTarget, GridHead},
        grid_dom::{self, Pane},
    },
    components::{
        pending_actions::PendingActions,
        ui::{follow_effect::follow, time::Clock},
    },
};
use chrono::{DateTime, Utc};
use leptos::{ev, html as tags, prelude::*};

/// The HTML of the first window, which the server sends. In the browser it is empty: the DOM has it already, or the
/// renderer writes it.
#[derive(Default)]
pub(super) struct ServerHtml {
    pub colgroup: String,
    pub thead: String,
    pub tbody: String,
    pub empty_message: String,
}

impl ServerHtml {
    /// A renderer that has not run yet.
    pub fn new(state: MatrixState, clock: Clock) -> Self {
        if browser::dom::is_browser() {
            return Self::default();
        }
        let format_time = move |at| clock.time(at);
        let padding = WindowPadding::default();
        state.layout.with_untracked(|layout| {
            let window = layout.server_window(state.first_cell);
            state.grid.with_untracked(|grid| {
                let grid_view = GridView {
                    grid,
                    layout,
                    pending_actions: &PendingActions::default(),
                    format_time: &format_time,
                };
                Self {
                    colgroup: head_html::colgroup_html(layout, &window, &padding),
                    thead: head_html::thead_html(grid, layout, &window),
                    tbody: grid_view.body_html(&window, &padding),
                    empty_message: filter_bar::empty_message_html(grid, layout),
                }
            })
        })
    }
}

/// The element that has the focus under a selection.
fn focus_target(selection: Selection) -> FocusTarget {
    let (visual_row, visual_column) = selection.focus;
    match selection.zone {
        FocusZone::Cell => FocusTarget::Cell(visual_row, visual_column),
        FocusZone::RowHead => FocusTarget::Head(GridHead::Row(visual_row)),
        FocusZone::ColumnHead => FocusTarget::Head(GridHead::Column(visual_column)),
        FocusZone::ClusterHead => FocusTarget::Head(GridHead::Cluster(visual_column)),
    }
}

/// What the effect has rendered so far.
#[derive(Default)]
struct LastRender {
    /// What the server has rendered, until the first render takes it over.
    from_server: Option<RenderedGrid>,
    rendered: Option<RenderedGrid>,
    /// Who, when, the time zone and the day: `MatrixState::status_info_version`, `Clock::is_local` and `Clock::now`.
    labels: (u32, bool, DateTime<Utc>),
    has_run: bool,
    focus: Option<(FocusZone, GridPosition)>,
}

#[derive(Clone, Copy)]
pub(super) struct GridRenderer {
    state: MatrixState,
    pane: NodeRef<tags::Div>,
    has_panel: Signal<bool>,
    clock: Clock,
    viewport: Viewport,
    hover_card: HoverCard,
    /// Raised to run the effect again.
    runs: RwSignal<u32>,
    /// Whether the focus is in the grid. Rendering can remove the focused cell; the new one then gets the focus.
    has_focus: StoredValue<bool>,
}

impl GridRenderer {
    /// `pane` is the scroll container. While the panel is open it shows the focused cell, so the hover card does not.
    pub fn new(
        state: MatrixState,
        pane: NodeRef<tags::Div>,
        has_panel: Signal<bool>,
        clock: Clock,
        (viewport, hover_card): (Viewport, HoverCard),
    ) -> Self {
        Self {
            state,
            pane,
            has_panel,
            clock,
            viewport,
            hover_card,
            runs: RwSignal::new(0),
            has_focus: StoredValue::new(false),
        }
    }

    /// Creates the effects. To be called once.
    pub fn start(self) {
        let mut last = LastRender::default();
        last.labels.2 = self.clock.now.get_untracked();
        // Taken before any effect runs: one of them restores what this tab had collapsed, which the server does not know.
        last.from_server = browser::dom::is_browser().then(|| self.server_grid());
        follow(move |_| self.run(&mut last));
        follow(move |is_first| {
            self.state.focus_requests.track();
            if !is_first
                && let Some(pane) = self.pane.get_untracked()
                && let Some(selection) = self.state.selection.get_untracked()
            {
                browser::grid::paint_focus(&pane, focus_target(selection), true);
            }
        });
    }

    fn server_grid(self) -> RenderedGrid {
        let state = self.state;
        let version = state.grid_version.get_untracked();
        state.layout.with_untracked(|layout| {
            state.grid.with_untracked(|grid| {
                RenderedGrid::from_server(layout, grid, state.first_cell, version)
            })
        })
    }

    /// The `focusin` listener. A cell that gets the focus is the selected one, unless it is being clicked: the click decides.
    pub fn focus_in(self, event: &ev::FocusEvent, is_clicked: bool) {
        self.has_focus.set_value(true);
        if let Some(position) = browser::grid::cell_position(event).filter(|_| !is_clicked) {
            self.state.follow_focus(position);
        }
    }

    /// The `focusout` listener. Without a new target the focused cell was removed, and the grid keeps the focus.
    pub fn focus_out(self, event: &ev::FocusEvent) {
        self.has_focus.set_value(event.related_target().is_none());
    }

    fn run(self, last: &mut LastRender) {
        let state = self.state;
        self.runs.track();
        state.counts_version.track();
        let selection = state.selection.get();
        let focus = selection.map(|it| (it.zone, it.focus));
        let Some(pane) = self.pane.get() else { return };
        let is_first_run = !std::mem::replace(&mut last.has_run, true);
        let has_moved = !is_first_run && last.focus != focus;
        last.focus = focus;
        if is_first_run {
            // Hydration of the page comes first.
            browser::dom::after(0, move || self.run_again());
            return;
        }
        if let Some(selection) = selection.filter(|_| has_moved)
            && !self.viewport.take_hold(selection.focus)
        {
            self.viewport.reveal(selection.focus);
        }
        let had_focus = browser::grid::has_focus(&pane)
            || (self.has_focus.get_value() && browser::dom::nothing_is_focused());
        let is_first = last.rendered.is_none();
        let is_complete = self.render(&pane, last, has_moved);
        // The step that the URL opens can be scrolled to only now that the table has its size.
        if let Some(selection) = selection.filter(|_| is_first && self.has_panel.get_untracked()) {
            self.viewport.reveal(selection.focus);
        }
        if !is_complete {
            browser::dom::after_paint(move || self.run_again());
        }
        state.paint_selection(&pane);
        if let Some(selection) = selection {
            browser::grid::paint_focus(&pane, focus_target(selection), had_focus);
        }
        if has_moved {
            let cell = selection.filter(|it| it.zone == FocusZone::Cell);
            match cell.filter(|_| had_focus && !self.has_panel.get_untracked()) {
                Some(cell) => self.hover_card.show_later(cell.focus),
                None => self.hover_card.hide(),
            }
        }
    }

    /// Runs the effect again. Called from timers, so the page may be gone.
    fn run_again(self) {
        let _ = self.runs.try_update(|it| *it += 1);
    }

    /// Renders the next window. False if more is to be rendered after the next paint.
    fn render(self, pane: &Pane, last: &mut LastRender, has_moved: bool) -> bool {
        let (state, clock) = (self.state, self.clock);
        let grid_version = state.grid_version.get();
        let labels = (
            state.status_info_version.get(),
            clock.is_local.get(),
            clock.now.get(),
        );
        let format_time = cell_html::cached_time_format(move |at| untrack(|| clock.time(at)));
        state.layout.with(|layout| {
            state.grid.with(|grid| {
                let pending_actions = state.pending_actions.read();
                let grid_view = GridView {
                    grid,
                    layout,
                    pending_actions: &pending_actions,
                    format_time: &format_time,
                };
                let rendered = last.rendered.take().or_else(|| {
                    let from_server = last.from_server.take();
                    from_server.filter(|_| grid_dom::has_rows(pane))
                });
                let is_same = |it: &RenderedGrid| it.is_of(layout, grid_version);
                let can_wait = has_moved && rendered.as_ref().is_some_and(is_same);
                let view = self.viewport.scroll_view();
                let measured = self.viewport.measure(layout);
                let (window, is_complete) = next_window(
                    &measured,
                    view,
                    rendered.as_ref().map(|it| &it.window),
                    can_wait,
                );
                let padding = measured.padding(&window);
                let rendered = rendered_grid::render(
                    pane,
                    rendered,
                    grid_view,
                    window,
                    &padding,
                    grid_version,
                );
                if std::mem::replace(&mut last.labels, labels) != labels {
                    rendered_grid::update_all_cells(pane, grid_view, &rendered.window);
                }
                last.rendered = Some(rendered);
                is_complete
            })
        })
    }
}
