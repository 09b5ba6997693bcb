//! DOM access for the matrix grid: scroll position, cell lookup, and the marks of focus, selection, hover and card, which
//! are set as attributes without rendering a cell again. Cells carry their visual row and column in `data-r` and `data-c`;
//! the pane is the scroll container.
use std::cell::RefCell;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

/// Edge zone in which a drag scrolls the pane, in pixels.
const DRAG_SCROLL_ZONE_PX: f64 = 24.0;
/// Distance of one scroll step during a drag, in pixels.
const DRAG_SCROLL_STEP_PX: i32 = 24;
/// Distance between a cell and its card, and between the card and the edges of its container, in pixels.
const CARD_GAP_PX: f64 = 4.0;
const CARD_MARGIN_PX: f64 = 8.0;

/// Scroll position and inner size of the pane, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScrollView {
    pub top: f64,
    pub left: f64,
    pub width: f64,
    pub height: f64,
}

/// Reads the scroll position and size. The browser may have to lay out the page for it.
pub fn scroll_view(pane: &HtmlElement) -> ScrollView {
    ScrollView {
        top: f64::from(pane.scroll_top()),
        left: f64::from(pane.scroll_left()),
        width: f64::from(pane.client_width()),
        height: f64::from(pane.client_height()),
    }
}

/// Calls back whenever the pane changes its size, until the document is unloaded.
pub fn on_resize(pane: &HtmlElement, call: impl Fn() + 'static) {
    let call = Closure::<dyn Fn()>::new(call);
    if let Ok(observer) = ResizeObserver::new(call.as_ref().unchecked_ref()) {
        observer.observe(pane);
    }
    call.forget();
}

fn set_length_px(element: &HtmlElement, property: &str, pixels: f64) {
    // The browser formats the number: Rust's formatting of fractions would add 14 kB to the WASM.
    if let Ok(digits) = js_sys::Number::from(pixels).to_string_with_radix(10) {
        let length = String::from(digits) + "px";
        let _ = element.style().set_property(property, &length);
    }
}

fn index_attribute(element: &Element, attribute: &str) -> Option<usize> {
    element.get_attribute(attribute)?.parse().ok()
}

/// The visual row and column of the cell around an event's target.
pub fn cell_position(event: &web_sys::Event) -> Option<(usize, usize)> {
    position_of(&super::dom::closest(event, "td[data-c]")?)
}

fn position_of(cell: &Element) -> Option<(usize, usize)> {
    Some((
        index_attribute(cell, "data-r")?,
        index_attribute(cell, "data-c")?,
    ))
}

/// The visual row and column of the cell under a point of the browser window.
pub fn cell_position_at((x, y): (i32, i32)) -> Option<(usize, usize)> {
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let found = super::dom::document()?.element_from_point(x as f32, y as f32)?;
    position_of(&found.closest("td[data-c]").ok()??)
}

/// A header of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridHead {
    /// The header of a visual row.
    Row(usize),
    /// The header of a visual column.
    Column(usize),
    /// The header of a cluster, by a visual column of it. In events it is the first one that is rendered.
    Cluster(usize),
}

/// The header around an event's target.
pub fn head_of(event: &web_sys::Event) -> Option<GridHead> {
    let head = super::dom::closest(event, "th")?;
    match index_attribute(&head, "data-c") {
        Some(visual_column) if head.class_list().contains("band") => {
            Some(GridHead::Cluster(visual_column))
        }
        Some(visual_column) => Some(GridHead::Column(visual_column)),
        None => Some(GridHead::Row(index_attribute(
            &head.closest("tr").ok()??,
            "data-r",
        )?)),
    }
}

/// Sends all pointer events to the pane until the button is released, so that a drag goes on outside of it.
pub fn capture_pointer(pane: &HtmlElement, event: &web_sys::PointerEvent) {
    let _ = pane.set_pointer_capture(event.pointer_id());
}

/// Scrolls one step if the pointer is near or beyond an edge of the cells. `head_width` and `head_height` are the sizes of
/// the sticky headers in pixels. True if the pointer was there.
pub fn scroll_toward_pointer(
    pane: &HtmlElement,
    (x, y): (i32, i32),
    (head_width, head_height): (f64, f64),
) -> bool {
    let bounds = pane.get_bounding_client_rect();
    let direction = |at: i32, from: f64, to: f64| {
        let at = f64::from(at);
        let is_after = at > to - DRAG_SCROLL_ZONE_PX;
        let is_before = at < from + DRAG_SCROLL_ZONE_PX;
        i32::from(is_after) - i32::from(is_before)
    };
    let right = direction(x, bounds.left() + head_width, bounds.right());
    let down = direction(y, bounds.top() + head_height, bounds.bottom());
    pane.set_scroll_left(pane.scroll_left() + right * DRAG_SCROLL_STEP_PX);
    pane.set_scroll_top(pane.scroll_top() + down * DRAG_SCROLL_STEP_PX);
    right != 0 || down != 0
}

/// Sets an attribute on the matching elements and removes it from all others. An element that has it already is left
/// alone: setting it again would restyle its row or column.
fn set_attribute_only_on(pane: &HtmlElement, attribute: &str, wanted: Option<&str>) {
    for_each_match(pane, &format!("[{attribute}]"), |it| {
        if !wanted.is_some_and(|wanted| it.matches(wanted).unwrap_or_default()) {
            let _ = it.remove_attribute(attribute);
        }
    });
    if let Some(wanted) = wanted {
        for_each_match(pane, wanted, |it| {
            if !it.has_attribute(attribute) {
                let _ = it.set_attribute(attribute, "");
            }
        });
    }
}

fn column_selector(visual_column: usize) -> String {
    format!("col[data-c='{visual_column}'], thead tr + tr th[data-c='{visual_column}']")
}

/// Highlights a visual column, or none. The style sheet highlights the row under the mouse. While the mouse is over cells, row and
/// column of the focus are not highlighted: the cross is one.
pub fn paint_hover(pane: &HtmlElement, visual_column: Option<usize>) {
    if pane.has_attribute("data-pointing") != visual_column.is_some() {
        let _ = pane.toggle_attribute("data-pointing");
    } else if visual_column.is_none() {
        return;
    }
    set_attribute_only_on(
        pane,
        "data-hover",
        visual_column.map(column_selector).as_deref(),
    );
}

/// The element of the hover card.
fn card_of(pane: &HtmlElement) -> Option<HtmlElement> {
    let card = pane.parent_element()?.query_selector(".matrix__card");
    card.ok()??.dyn_into().ok()
}

/// Hides the hover card.
pub fn hide_card(pane: &HtmlElement) {
    if let Some(card) = card_of(pane) {
        for_each_match(pane, "td[aria-describedby]", |it| {
            let _ = it.remove_attribute("aria-describedby");
        });
        card.set_hidden(true);
    }
}

/// Shows the hover card with this HTML at a cell, by its visual row and column; hides it if the cell is not rendered.
pub fn show_card(pane: &HtmlElement, (visual_row, visual_column): (usize, usize), html: &str) {
    hide_card(pane);
    let (Some(card), Some(cell)) = (card_of(pane), cell(pane, visual_row, visual_column)) else {
        return;
    };
    card.set_inner_html(html);
    card.set_hidden(false);
    let _ = cell.set_attribute("aria-describedby", &card.id());
    let (cell, card_box) = (
        cell.get_bounding_client_rect(),
        card.get_bounding_client_rect(),
    );
    let container = card.offset_parent().map(|it| it.get_bounding_client_rect());
    let Some(container) = container else { return };
    // Below the cell, or above it if there is no room below; never over it.
    let below = cell.bottom() + card_box.height() + CARD_MARGIN_PX < container.bottom();
    let top = if below {
        cell.bottom() + CARD_GAP_PX
    } else {
        cell.top() - card_box.height() - CARD_GAP_PX
    };
    let left = cell
        .left()
        .min(container.right() - card_box.width() - CARD_MARGIN_PX)
        .max(container.left() + CARD_MARGIN_PX);
    set_length_px(&card, "left", left - container.left());
    set_length_px(&card, "top", top - container.top());
}

/// The value of an attribute of the button around an event's target.
pub fn button_attribute(event: &web_sys::Event, attribute: &str) -> Option<String> {
    super::dom::closest(event, &format!("button[{attribute}]"))?.get_attribute(attribute)
}

fn cell(pane: &HtmlElement, row: usize, column: usize) -> Option<HtmlElement> {
    find(pane, &format!("td[data-r='{row}'][data-c='{column}']"))
}

fn find(pane: &HtmlElement, selector: &str) -> Option<HtmlElement> {
    pane.query_selector(selector)
        .ok()
        .flatten()?
        .dyn_into()
        .ok()
}

fn for_each_match(pane: &HtmlElement, selector: &str, call: impl Fn(&Element)) {
    if let Ok(found) = pane.query_selector_all(selector) {
        for index in 0..found.length() {
            if let Some(element) = found
                .get(index)
                .and_then(|it| it.dyn_into::<Element>().ok())
            {
                call(&element);
            }
        }
    }
}

/// Marks the rendered cells at these visual rows and columns with `data-changed` for a duration in milliseconds.
pub fn mark_changed(positions: &[(usize, usize)], milliseconds: u32) {
    let pane = super::dom::document().and_then(|it| it.query_selector(".matrix").ok().flatten());
    let Some(pane) = pane.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let marked = RefCell::new(Vec::new());
    for_each_match(&pane, "td.cell[data-c]", |cell| {
        if position_of(cell).is_some_and(|it| positions.contains(&it)) {
            let _ = cell.set_attribute("data-changed", "");
            marked.borrow_mut().push(cell.clone());
        }
    });
    super::dom::after(milliseconds, move || {
        for cell in marked.take() {
            let _ = cell.remove_attribute("data-changed");
        }
    });
}

/// Marks the rendered cells that are selected, with a line where the selection ends. `single` is the only selected cell, if it
/// is one: then no other is looked at.
pub fn paint_selection(
    pane: &HtmlElement,
    single: Option<(usize, usize)>,
    is_selected: &dyn Fn((usize, usize)) -> bool,
) {
    let edges = |cell: &Element| {
        let (row, column) = position_of(cell)?;
        if !is_selected((row, column)) {
            return None;
        }
        let ends_at = |row: Option<usize>, column: Option<usize>| {
            row.zip(column).is_none_or(|it| !is_selected(it))
        };
        let edges = [
            (ends_at(row.checked_sub(1), Some(column)), "t"),
            (ends_at(Some(row), Some(column + 1)), "r"),
            (ends_at(Some(row + 1), Some(column)), "b"),
            (ends_at(Some(row), column.checked_sub(1)), "l"),
        ];
        let edges: Vec<&str> = edges.iter().filter(|it| it.0).map(|it| it.1).collect();
        Some(edges.join(" "))
    };
    let paint = |cell: &Element, edges: Option<String>| {
        if cell.get_attribute("data-edge") == edges {
            return;
        }
        let is_selected = if edges.is_some() { "true" } else { "false" };
        let _ = cell.set_attribute("aria-selected", is_selected);
        let _ = match edges {
            Some(edges) => cell.set_attribute("data-edge", &edges),
            None => cell.remove_attribute("data-edge"),
        };
    };
    for_each_match(pane, "td[aria-selected=true]", |it| paint(it, edges(it)));
    if let Some((row, column)) = single {
        let selector =
            format!("td[data-r='{row}'][data-c='{column}'][data-state]:not([data-group])");
        if let Some(cell) = find(pane, &selector) {
            paint(&cell, edges(&cell));
        }
        return;
    }
    for_each_match(pane, "td.cell[data-state]:not([data-group])", |it| {
        if let Some(edges) = edges(it) {
            paint(it, Some(edges));
        }
    });
}

/// An element of the grid that can have the focus. A cell is given by its visual row and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FocusTarget {
    Cell(usize, usize),
    Head(GridHead),
}

/// Makes a cell or a header the only tab stop, highlights its row and column, and focuses it if `take_focus` is set. While
/// the target is not rendered the pane gets the focus, so that keys still arrive.
pub fn paint_focus(pane: &HtmlElement, target: FocusTarget, take_focus: bool) {
    let (row, column) = match target {
        FocusTarget::Cell(row, column) => (Some(row), Some(column)),
        FocusTarget::Head(GridHead::Row(row)) => (Some(row), None),
        FocusTarget::Head(GridHead::Column(column)) => (None, Some(column)),
        FocusTarget::Head(GridHead::Cluster(_)) => (None, None),
    };
    let element = match target {
        FocusTarget::Cell(row, column) => cell(pane, row, column),
        FocusTarget::Head(GridHead::Row(row)) => {
            find(pane, &format!("tr[data-r='{row}'] th :is(a, button)"))
        }
        FocusTarget::Head(GridHead::Column(visual_column)) => find(
            pane,
            &format!("thead tr + tr th[data-c='{visual_column}'] :is(a, button)"),
        ),
        FocusTarget::Head(GridHead::Cluster(visual_column)) => cluster_button(pane, visual_column),
    };
    let row = row.map(|it| format!("tr[data-r='{it}']"));
    let highlighted: Vec<String> = row.into_iter().chain(column.map(column_selector)).collect();
    set_attribute_only_on(
        pane,
        "data-cross",
        Some(highlighted.join(", "))
            .as_deref()
            .filter(|it| !it.is_empty()),
    );
    for_each_match(pane, "[tabindex='0']", |it| {
        if element
            .as_ref()
            .is_none_or(|element| !it.is_same_node(Some(element)))
        {
            let _ = it.set_attribute("tabindex", "-1");
            let _ = it.remove_attribute("data-focus");
        }
    });
    let Some(element) = element else {
        if take_focus {
            let _ = pane.focus();
        }
        return;
    };
    if element.get_attribute("tabindex").as_deref() != Some("0") {
        let _ = element.set_attribute("tabindex", "0");
        if matches!(target, FocusTarget::Cell(..)) {
            let _ = element.set_attribute("data-focus", "");
        }
    }
    if take_focus && !is_focused(&element) {
        focus_without_scrolling(&element);
    }
}

/// The button of the cluster of a visual column: the last cluster header that begins at it or before.
fn cluster_button(pane: &HtmlElement, visual_column: usize) -> Option<HtmlElement> {
    let heads = pane.query_selector_all("thead .band").ok()?;
    let mut heads = (0..heads.length()).filter_map(|it| heads.get(it)?.dyn_into::<Element>().ok());
    let head = heads
        .rfind(|it| index_attribute(it, "data-c").is_some_and(|from| from <= visual_column))?;
    head.query_selector("button").ok()??.dyn_into().ok()
}

fn focus_without_scrolling(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

fn is_focused(element: &Element) -> bool {
    super::dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| it.is_same_node(Some(element)))
}

/// Whether an element of the grid has the focus.
pub fn has_focus(pane: &HtmlElement) -> bool {
    super::dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| pane.contains(Some(&it)))
}

/// Scrolls as far as needed to show a rectangle, which is given in pixels of the grid without headers. `view` is the present
/// scroll position, which is passed in because reading it would have the browser lay out the page. True if it scrolled.
pub fn scroll_into_view(
    pane: &HtmlElement,
    view: ScrollView,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    (head_width, head_height): (f64, f64),
) -> bool {
    let mut to = (view.left, view.top);
    if left < view.left {
        to.0 = left;
    } else if right > view.left + view.width - head_width {
        to.0 = right - (view.width - head_width);
    }
    if top < view.top {
        to.1 = top;
    } else if bottom > view.top + view.height - head_height {
        to.1 = bottom - (view.height - head_height);
    }
    if to == (view.left, view.top) {
        return false;
    }
    scroll_to(pane, to);
    true
}

/// Scrolls to a position: from the left and from the top, in pixels.
#[expect(clippy::cast_possible_truncation, reason = "pixels")]
pub fn scroll_to(pane: &HtmlElement, (left, top): (f64, f64)) {
    pane.set_scroll_left(left as i32);
    pane.set_scroll_top(top as i32);
}
