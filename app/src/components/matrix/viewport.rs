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
    /// Whether the window is narrow for the style sheet.
    is_narrow: StoredValue<bool>,
    /// A cell that is under the pointer: when it gets the focus, nothing scrolls.
    held: StoredValue<Option<GridPosition>>,
    /// Where the grid stood when the panel opened, and where it was scrolled to because the panel would have covered the cell.
    aside: StoredValue<Option<(ScrollPosition, ScrollPosition)>>,
}

/// Pixels from the left and from the top.
type ScrollPosition = (f64, f64);

impl Viewport {
    /// `pane` is the scroll container.
    pub fn new(state: MatrixState, pane: NodeRef<tags::Div>, has_panel: Signal<bool>) -> Self {
        Self {
            state,
            pane,
            has_panel,
            scroll_view: RwSignal::new(None),
            rem_px: StoredValue::new(browser::dom::DEFAULT_REM_PX),
            is_narrow: StoredValue::new(false),
            held: StoredValue::new(None),
            aside: StoredValue::new(None),
        }
    }

    /// The scroll position and size; zero before the container has been measured. Tracked.
    pub fn scroll_view(self) -> ScrollView {
        self.scroll_view.get().unwrap_or_default()
    }

    /// A layout with the sizes that it has in this viewport. Tracks the density.
    pub fn measure(self, layout: &GridLayout) -> MeasuredLayout<'_> {
        let density = self.state.density.get();
        let is_narrow = self.is_narrow.get_value();
        MeasuredLayout::new(layout, density, self.rem_px.get_value(), is_narrow)
    }

    /// Keeps the grid where it is when this cell gets the focus: it is under the pointer.
    pub fn hold(self, position: GridPosition) {
        self.held.set_value(Some(position));
    }

    /// Whether the grid stays where it is, now that this cell has got the focus.
    pub fn take_hold(self, position: GridPosition) -> bool {
        let is_held = self.held.get_value() == Some(position);
        self.held.set_value(None);
        is_held
    }

    /// Reads the scroll position and size from the DOM. The resize observer may call this after the page is gone.
    pub fn update(self) {
        if let Some(Some(pane)) = self.pane.try_get_untracked()
            && let Some(before) = self.scroll_view.try_get_untracked()
        {
            let mut now = browser::grid::scroll_view(&pane);
            if let Some(back) = before.and_then(|it| self.back_from_panel(it, now)) {
                browser::grid::scroll_to(&pane, back);
                now = browser::grid::scroll_view(&pane);
            }
            if before != Some(now) {
                let _ = self.scroll_view.try_set(Some(now));
            }
        }
    }

    /// Where the grid goes back to, if the panel that it was scrolled for has just closed and nothing has scrolled since.
    fn back_from_panel(self, before: ScrollView, now: ScrollView) -> Option<ScrollPosition> {
        let has_grown = now.width > before.width || now.height > before.height;
        if !has_grown || self.has_panel.try_get_untracked() != Some(false) {
            return None;
        }
        let (from, to) = self.aside.try_update_value(Option::take)??;
        ((before.left, before.top) == to).then_some(from)
    }

    /// Scrolls as far as needed to show a cell. The rendered window follows by itself.
    pub fn reveal(self, position: GridPosition) {
        self.reveal_within(position, (true, true));
    }

    /// The same, only sideways or only up and down.
    fn reveal_within(
        self,
        (visual_row, visual_column): GridPosition,
        (sideways, up_and_down): (bool, bool),
    ) {
        let Some(Some(pane)) = self.pane.try_get_untracked() else {
            return;
        };
        let has_scrolled = self.state.layout.with_untracked(|layout| {
            let view = self.scroll_view.get_untracked().unwrap_or_default();
            let measured = untrack(|| self.measure(layout));
            let (mut across, mut down) = ((view.left, view.left), (view.top, view.top));
            let mut heads = (0.0, 0.0);
            if sideways {
                across = measured.visual_column_span(visual_column);
                heads.0 = measured.row_head_width();
            }
            if up_and_down {
                down = measured.visual_row_span(visual_row);
                heads.1 = measured.column_heads_height();
            }
            browser::grid::scroll_into_view(&pane, view, across, down, heads)
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
                self.measure_page();
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

    /// False if the page is gone.
    fn measure_page(self) -> bool {
        let _ = self.is_narrow.try_set_value(browser::dom::is_narrow());
        self.rem_px.try_set_value(browser::dom::rem_px()).is_none()
    }

    fn resized(self) {
        if !self.measure_page() {
            return;
        }
        let before = self.scroll_view.get_untracked().unwrap_or_default();
        self.update();
        let now = self.scroll_view.get_untracked().unwrap_or_default();
        // The panel that has opened must not cover the cell that it shows. Where it takes no room the grid stays as it is, because the
        // pointer may be on it.
        if self.has_panel.try_get_untracked() == Some(true)
            && let Some(Some(selection)) = self.state.selection.try_get_untracked()
        {
            let is_less = (now.width < before.width, now.height < before.height);
            self.reveal_within(selection.focus, is_less);
            let then = self.scroll_view.get_untracked().unwrap_or_default();
            if then != now {
                let moved = ((now.left, now.top), (then.left, then.top));
                self.aside.set_value(Some(moved));
            }
        }
    }
}
