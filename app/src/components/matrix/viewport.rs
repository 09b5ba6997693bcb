//! Viewport of the matrix grid: the scroll position and size of its scroll container, and scrolling to a cell. The
//! rendered window depends on it, so it is a signal; it is read from the DOM only when the container scrolls or resizes.
use super::{
    layout::{GridLayout, GridPosition},
    measured_layout::{DENSITIES, MeasuredLayout},
    state::{DENSITY_SETTING, LETTER_KEYS_SETTING, MatrixState},
};
use crate::{
    browser::{self, grid::ScrollView},
    components::ui::follow_effect::follow,
};
use leptos::{html as tags, prelude::*};

#[derive(Clone, Copy)]
pub(super) struct Viewport {
    state: MatrixState,
    pane: NodeRef<tags::Div>,
    has_panel: Signal<bool>,
    /// `None` until the container has been measured.
    scroll_view: RwSignal<Option<ScrollView>>,
    rem_px: StoredValue<f64>,
}

impl Viewport {
    /// `pane` is the scroll container.
    pub fn new(state: MatrixState, pane: NodeRef<tags::Div>, has_panel: Signal<bool>) -> Self {
        Self {
            state,
            pane,
            has_panel,
            scroll_view: RwSignal::new(None),
            rem_px: StoredValue::new(browser::dom::DEFAULT_REM_PX),
        }
    }

    /// The scroll position and size; zero before the container has been measured. Tracked.
    pub fn scroll_view(self) -> ScrollView {
        self.scroll_view.get().unwrap_or_default()
    }

    /// A layout with the sizes that it has in this viewport. Tracks the density.
    pub fn measure(self, layout: &GridLayout, view: ScrollView) -> MeasuredLayout<'_> {
        let density = self.state.density.get();
        MeasuredLayout::new(layout, density, self.rem_px.get_value(), view.width)
    }

    /// Reads the scroll position and size from the DOM. The resize observer may call this after the page is gone.
    pub fn update(self) {
        if let Some(Some(pane)) = self.pane.try_get_untracked() {
            let now = Some(browser::grid::scroll_view(&pane));
            let before = self.scroll_view.try_get_untracked();
            if before.is_some_and(|it| it != now) {
                let _ = self.scroll_view.try_set(now);
            }
        }
    }

    /// Scrolls as far as needed to show a cell. The rendered window follows by itself.
    pub fn reveal(self, (visual_row, visual_column): GridPosition) {
        let Some(Some(pane)) = self.pane.try_get_untracked() else {
            return;
        };
        let has_scrolled = self.state.layout.with_untracked(|layout| {
            let view = self.scroll_view.get_untracked().unwrap_or_default();
            let measured = untrack(|| self.measure(layout, view));
            browser::grid::scroll_into_view(
                &pane,
                view,
                measured.visual_column_span(visual_column),
                measured.visual_row_span(visual_row),
                (measured.row_head_width(), measured.column_heads_height()),
            )
        });
        if has_scrolled {
            self.update();
        }
    }

    /// Measures the container once it is in the DOM, and again whenever its size changes.
    pub fn watch(self) {
        follow(move |_| {
            if let Some(pane) = self.pane.get() {
                self.load_settings();
                self.rem_px.set_value(browser::dom::rem_px());
                browser::grid::on_resize(&pane, move || self.resized());
                self.update();
            }
        });
    }

    /// Applies what this user has chosen before, in this browser.
    fn load_settings(self) {
        let name = browser::dom::read_setting(DENSITY_SETTING);
        let density = DENSITIES
            .into_iter()
            .find(|it| Some(it.name) == name.as_deref());
        if let Some(density) = density {
            self.state.density.set(density);
        }
        let letters = browser::dom::read_setting(LETTER_KEYS_SETTING);
        let is_on = letters.as_deref() != Some("off");
        self.state.letter_keys_enabled.set(is_on);
    }

    fn resized(self) {
        if self.rem_px.try_set_value(browser::dom::rem_px()).is_some() {
            // The page is gone.
            return;
        }
        self.update();
        // The panel that has opened must not cover the cell that it shows.
        if self.has_panel.try_get_untracked() == Some(true)
            && let Some(Some(selection)) = self.state.selection.try_get_untracked()
        {
            self.reveal(selection.focus);
        }
    }
}
