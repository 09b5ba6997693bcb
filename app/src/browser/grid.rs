//! The drawn window of the matrix: sizes, focus, selection and cross-hair, set through the DOM without drawing a cell
//! again. Cells carry their visual row and column in `data-r` and `data-c`.
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

/// Where the person looks: scroll position and size, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct View {
    pub top: f64,
    pub left: f64,
    pub width: f64,
    pub height: f64,
}

pub fn view(pane: &HtmlElement) -> View {
    View {
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

fn set_size(pane: &HtmlElement, selector: &str, property: &str, pixels: f64) {
    if let Some(element) = pane
        .query_selector(selector)
        .ok()
        .flatten()
        .and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        // Written by the browser: Rust's own way of writing a fraction would add 14 kB to the WASM.
        let Ok(digits) = js_sys::Number::from(pixels).to_string_with_radix(10) else {
            return;
        };
        let length = String::from(digits) + "px";
        let _ = element.style().set_property(property, &length);
    }
}

/// The empty space around the drawn window: left, right, above, below, in pixels.
pub fn set_pads(pane: &HtmlElement, left: f64, right: f64, above: f64, below: f64) {
    set_size(pane, "col[data-pad=left]", "width", left);
    set_size(pane, "col[data-pad=right]", "width", right);
    set_size(pane, "tr[data-pad=above] td", "height", above);
    set_size(pane, "tr[data-pad=below] td", "height", below);
}

fn number(element: &Element, attribute: &str) -> Option<usize> {
    element.get_attribute(attribute)?.parse().ok()
}

/// The visual place of the cell that an event happened in.
pub fn place(event: &web_sys::Event) -> Option<(usize, usize)> {
    let cell = super::dom::closest(event, "td[data-c]")?;
    Some((number(&cell, "data-r")?, number(&cell, "data-c")?))
}

/// What a button of the grid's head or block rows is to toggle: `band 2`, `block 0`.
pub fn toggle(event: &web_sys::Event) -> Option<String> {
    super::dom::closest(event, "button[data-toggle]")?.get_attribute("data-toggle")
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
    each(pane, "td[aria-selected=true]", |cell| {
        let _ = cell.set_attribute("aria-selected", "false");
        let _ = cell.remove_attribute("data-edge");
    });
    let Some(((top, left), (bottom, right))) = rectangle else {
        return;
    };
    each(pane, "td.cell[data-state]:not([data-group])", |cell| {
        let (Some(row), Some(column)) = (number(cell, "data-r"), number(cell, "data-c")) else {
            return;
        };
        if !(top..=bottom).contains(&row) || !(left..=right).contains(&column) {
            return;
        }
        let edges = [
            (row == top, "t"),
            (column == right, "r"),
            (row == bottom, "b"),
            (column == left, "l"),
        ];
        let edges: Vec<&str> = edges.iter().filter(|it| it.0).map(|it| it.1).collect();
        let _ = cell.set_attribute("aria-selected", "true");
        let _ = cell.set_attribute("data-edge", &edges.join(" "));
    });
}

/// Makes a cell the one tab stop, lights its row and column, and gives it the keyboard if the grid has it.
/// A cell that is not drawn leaves the keyboard with the pane, so that keys still arrive.
pub fn paint_focus(pane: &HtmlElement, row: usize, column: usize, take_keyboard: bool) {
    each(pane, "td[tabindex='0']", |cell| {
        let _ = cell.set_attribute("tabindex", "-1");
        let _ = cell.remove_attribute("data-focus");
    });
    each(pane, "[data-cross]", |it| {
        let _ = it.remove_attribute("data-cross");
    });
    let cell = pane
        .query_selector(&format!("td[data-r='{row}'][data-c='{column}']"))
        .ok()
        .flatten();
    let Some(cell) = cell.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
        if take_keyboard {
            let _ = pane.focus();
        }
        return;
    };
    let _ = cell.set_attribute("tabindex", "0");
    let _ = cell.set_attribute("data-focus", "");
    each(
        pane,
        &format!("col[data-c='{column}'], thead th[data-c='{column}'], tr[data-r='{row}']"),
        |it| {
            let _ = it.set_attribute("data-cross", "");
        },
    );
    if take_keyboard {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = cell.focus_with_options(&options);
    }
}

/// Whether the keyboard is with the grid.
pub fn has_keyboard(pane: &HtmlElement) -> bool {
    super::dom::document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| pane.contains(Some(&it)))
}

/// Scrolls so far that the rectangle (in the grid's own pixels, without heads) can be seen.
pub fn reveal(
    pane: &HtmlElement,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    (first, head): (f64, f64),
) {
    let view = view(pane);
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
    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    {
        pane.set_scroll_left(to.0 as i32);
        pane.set_scroll_top(to.1 as i32);
    }
}
