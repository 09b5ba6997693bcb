//! The drawn window of the matrix: sizes, focus, selection and cross-hair, set through the DOM without drawing a cell
//! again. Cells carry their visual row and column in `data-r` and `data-c`.
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

/// Where the person looks: scroll position and size, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScrollView {
    pub top: f64,
    pub left: f64,
    pub width: f64,
    pub height: f64,
}

pub fn view(pane: &HtmlElement) -> ScrollView {
    ScrollView {
        top: f64::from(pane.scroll_top()),
        left: f64::from(pane.scroll_left()),
        width: f64::from(pane.client_width()),
        height: f64::from(pane.client_height()),
    }
}

/// Calls back whenever the pane changes its size, as long as the page lives.
pub fn on_resize(pane: &HtmlElement, call: impl Fn() + 'static) {
    let call = Closure::<dyn Fn()>::new(call);
    if let Ok(observer) = ResizeObserver::new(call.as_ref().unchecked_ref()) {
        observer.observe(pane);
    }
    call.forget();
}

fn set_length(element: &HtmlElement, property: &str, pixels: f64) {
    // Written by the browser: Rust's own way of writing a fraction would add 14 kB to the WASM.
    if let Ok(digits) = js_sys::Number::from(pixels).to_string_with_radix(10) {
        let length = String::from(digits) + "px";
        let _ = element.style().set_property(property, &length);
    }
}

fn number(element: &Element, attribute: &str) -> Option<usize> {
    element.get_attribute(attribute)?.parse().ok()
}

/// The visual place of the cell that an event happened in.
pub fn place(event: &web_sys::Event) -> Option<(usize, usize)> {
    place_of(&super::dom::closest(event, "td[data-c]")?)
}

fn place_of(cell: &Element) -> Option<(usize, usize)> {
    Some((number(cell, "data-r")?, number(cell, "data-c")?))
}

/// The visual place of the cell under a point of the window.
pub fn place_at((x, y): (i32, i32)) -> Option<(usize, usize)> {
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let found = super::dom::document()?.element_from_point(x as f32, y as f32)?;
    place_of(&found.closest("td[data-c]").ok()??)
}

/// The head that an event happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridHead {
    /// Of a line.
    Row(usize),
    /// Of a lane.
    Column(usize),
    /// Of a cluster, by its first drawn lane.
    Band(usize),
}

pub fn head(event: &web_sys::Event) -> Option<GridHead> {
    let head = super::dom::closest(event, "th")?;
    match number(&head, "data-c") {
        Some(lane) if head.class_list().contains("band") => Some(GridHead::Band(lane)),
        Some(lane) => Some(GridHead::Column(lane)),
        None => Some(GridHead::Row(number(&head.closest("tr").ok()??, "data-r")?)),
    }
}

/// Holds on to the mouse, so that a drag goes on outside of the pane.
pub fn hold(pane: &HtmlElement, event: &web_sys::PointerEvent) {
    let _ = pane.set_pointer_capture(event.pointer_id());
}

/// Scrolls on if the mouse is near or beyond an edge of what scrolls; says whether it was.
pub fn nudge(pane: &HtmlElement, (x, y): (i32, i32), (first, head): (f64, f64)) -> bool {
    const EDGE: f64 = 24.0;
    const FAR: i32 = 24;
    let seen = pane.get_bounding_client_rect();
    let toward = |at: i32, from: f64, to: f64| {
        let at = f64::from(at);
        i32::from(at > to - EDGE) - i32::from(at < from + EDGE)
    };
    let right = toward(x, seen.left() + first, seen.right());
    let down = toward(y, seen.top() + head, seen.bottom());
    pane.set_scroll_left(pane.scroll_left() + right * FAR);
    pane.set_scroll_top(pane.scroll_top() + down * FAR);
    right != 0 || down != 0
}

/// Gives exactly these elements an attribute. What has it already is left alone: setting it again would have its row or
/// column styled again.
fn only(pane: &HtmlElement, attribute: &str, wanted: Option<&str>) {
    each(pane, &format!("[{attribute}]"), |it| {
        if !wanted.is_some_and(|wanted| it.matches(wanted).unwrap_or_default()) {
            let _ = it.remove_attribute(attribute);
        }
    });
    if let Some(wanted) = wanted {
        each(pane, wanted, |it| {
            if !it.has_attribute(attribute) {
                let _ = it.set_attribute(attribute, "");
            }
        });
    }
}

fn column(lane: usize) -> String {
    format!("col[data-c='{lane}'], thead tr + tr th[data-c='{lane}']")
}

/// Lights the column under the mouse; its row lights itself.
pub fn paint_hover(pane: &HtmlElement, lane: Option<usize>) {
    only(pane, "data-hover", lane.map(column).as_deref());
}

/// Shows a card beside a cell (its id is `CARD`), or hides it.
pub fn paint_card(pane: &HtmlElement, shown: Option<((usize, usize), &str)>) {
    let card = pane
        .parent_element()
        .and_then(|it| it.query_selector(".matrix__card").ok().flatten());
    let Some(card) = card.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    each(pane, "td[aria-describedby]", |it| {
        let _ = it.remove_attribute("aria-describedby");
    });
    let cell = shown.and_then(|((line, lane), _)| cell(pane, line, lane));
    let (Some(cell), Some((_, html))) = (cell, shown) else {
        card.set_hidden(true);
        return;
    };
    card.set_inner_html(html);
    card.set_hidden(false);
    let _ = cell.set_attribute("aria-describedby", &card.id());
    let (cell, card_box) = (
        cell.get_bounding_client_rect(),
        card.get_bounding_client_rect(),
    );
    let room = card.offset_parent().map(|it| it.get_bounding_client_rect());
    let Some(room) = room else { return };
    // Below the cell, or above it where there is no room; never over it.
    let below = cell.bottom() + card_box.height() + 8.0 < room.bottom();
    let top = if below {
        cell.bottom() + 4.0
    } else {
        cell.top() - card_box.height() - 4.0
    };
    let left = cell
        .left()
        .min(room.right() - card_box.width() - 8.0)
        .max(room.left() + 8.0);
    set_length(&card, "left", left - room.left());
    set_length(&card, "top", top - room.top());
}

/// What a button of the grid's head or block rows is to toggle (`band 7`, `block 0`), and the row to work on.
pub fn button(event: &web_sys::Event, attribute: &str) -> Option<String> {
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

fn each(pane: &HtmlElement, selector: &str, call: impl Fn(&Element)) {
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

/// Marks the selected rectangle (rows and columns from first to last) with its outline.
pub fn paint_selection(pane: &HtmlElement, rectangle: Option<((usize, usize), (usize, usize))>) {
    let edges = |cell: &Element| {
        let ((top, left), (bottom, right)) = rectangle?;
        let (row, column) = place_of(cell)?;
        if !(top..=bottom).contains(&row) || !(left..=right).contains(&column) {
            return None;
        }
        let edges = [
            (row == top, "t"),
            (column == right, "r"),
            (row == bottom, "b"),
            (column == left, "l"),
        ];
        let edges: Vec<&str> = edges.iter().filter(|it| it.0).map(|it| it.1).collect();
        Some(edges.join(" "))
    };
    let paint = |cell: &Element, edges: Option<String>| {
        if cell.get_attribute("data-edge") == edges {
            return;
        }
        let is = if edges.is_some() { "true" } else { "false" };
        let _ = cell.set_attribute("aria-selected", is);
        let _ = match edges {
            Some(edges) => cell.set_attribute("data-edge", &edges),
            None => cell.remove_attribute("data-edge"),
        };
    };
    each(pane, "td[aria-selected=true]", |it| paint(it, edges(it)));
    let Some(((top, left), (bottom, right))) = rectangle else {
        return;
    };
    if (top, left) == (bottom, right) {
        let only = format!("td[data-r='{top}'][data-c='{left}'][data-state]:not([data-group])");
        if let Some(cell) = find(pane, &only) {
            paint(&cell, edges(&cell));
        }
        return;
    }
    each(pane, "td.cell[data-state]:not([data-group])", |it| {
        if let Some(edges) = edges(it) {
            paint(it, Some(edges));
        }
    });
}

/// What can have the keyboard: a cell, or a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FocusTarget {
    Cell(usize, usize),
    Head(GridHead),
}

/// Makes a cell or a head the one tab stop, lights its row and column, and gives it the keyboard if the grid has it.
/// What is not drawn leaves the keyboard with the pane, so that keys still arrive.
pub fn paint_focus(pane: &HtmlElement, target: FocusTarget, take_keyboard: bool) {
    let (row, column) = match target {
        FocusTarget::Cell(row, column) => (Some(row), Some(column)),
        FocusTarget::Head(GridHead::Row(row)) => (Some(row), None),
        FocusTarget::Head(GridHead::Column(column)) => (None, Some(column)),
        FocusTarget::Head(GridHead::Band(_)) => (None, None),
    };
    let element = match target {
        FocusTarget::Cell(row, column) => cell(pane, row, column),
        FocusTarget::Head(GridHead::Row(row)) => {
            find(pane, &format!("tr[data-r='{row}'] th button"))
        }
        FocusTarget::Head(GridHead::Column(lane)) => {
            find(pane, &format!("thead tr + tr th[data-c='{lane}'] .who"))
        }
        FocusTarget::Head(GridHead::Band(lane)) => band_button(pane, lane),
    };
    let row = row.map(|it| format!("tr[data-r='{it}']"));
    let lit: Vec<String> = row.into_iter().chain(column.map(self::column)).collect();
    only(
        pane,
        "data-cross",
        Some(lit.join(", ")).as_deref().filter(|it| !it.is_empty()),
    );
    each(pane, "[tabindex='0']", |it| {
        if element
            .as_ref()
            .is_none_or(|element| !it.is_same_node(Some(element)))
        {
            let _ = it.set_attribute("tabindex", "-1");
            let _ = it.remove_attribute("data-focus");
        }
    });
    let Some(element) = element else {
        if take_keyboard {
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
    if take_keyboard && !is_focused(&element) {
        self::take_keyboard(&element);
    }
}

/// The button of the cluster that a lane is drawn under: the last head that begins at it or before.
fn band_button(pane: &HtmlElement, lane: usize) -> Option<HtmlElement> {
    let heads = pane.query_selector_all("thead .band").ok()?;
    let mut heads = (0..heads.length()).filter_map(|it| heads.get(it)?.dyn_into::<Element>().ok());
    let head = heads.rfind(|it| number(it, "data-c").is_some_and(|from| from <= lane))?;
    head.query_selector("button").ok()??.dyn_into().ok()
}

/// Gives the keyboard to a part of the grid, without scrolling.
pub fn take_keyboard(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

fn is_focused(element: &Element) -> bool {
    super::dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| it.is_same_node(Some(element)))
}

/// Whether the keyboard is with the grid.
pub fn has_keyboard(pane: &HtmlElement) -> bool {
    super::dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| pane.contains(Some(&it)))
}

/// Scrolls so far that the rectangle (in the grid's own pixels, without heads) can be seen; says whether it had to. Where
/// it is now is told, since asking the browser would have it measure the page.
pub fn reveal(
    pane: &HtmlElement,
    view: ScrollView,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    (first, head): (f64, f64),
) -> bool {
    let mut to = (view.left, view.top);
    if left < view.left {
        to.0 = left;
    } else if right > view.left + view.width - first {
        to.0 = right - (view.width - first);
    }
    if top < view.top {
        to.1 = top;
    } else if bottom > view.top + view.height - head {
        to.1 = bottom - (view.height - head);
    }
    if to == (view.left, view.top) {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    {
        pane.set_scroll_left(to.0 as i32);
        pane.set_scroll_top(to.1 as i32);
    }
    true
}
