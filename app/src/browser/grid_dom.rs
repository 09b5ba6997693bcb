//! The table of the matrix as it stands in the page: written as a whole, at its edges, or in place. What is drawn already
//! is left alone, since each cell that is drawn anew costs a style, a place and a paint of its own.
use web_sys::{Element, HtmlElement};

/// The element that scrolls.
pub type Pane = HtmlElement;

fn find(pane: &Pane, selector: &str) -> Option<Element> {
    pane.query_selector(selector).ok().flatten()
}

/// Whether anything is drawn, by the server or before.
pub fn is_there(pane: &Pane) -> bool {
    find(pane, "tbody > tr").is_some()
}

/// Replaces what is in a part of the table.
pub fn write(pane: &Pane, part: &str, html: &str) {
    if let Some(part) = find(pane, part) {
        part.set_inner_html(html);
    }
}

/// Replaces an element by another.
pub fn replace(pane: &Pane, selector: &str, html: &str) {
    if let Some(element) = find(pane, selector) {
        element.set_outer_html(html);
    }
}

/// Gives an element attributes, or takes them away.
pub fn set(pane: &Pane, selector: &str, attributes: &[(&str, Option<String>)]) {
    if let Some(element) = find(pane, selector) {
        set_all(&element, attributes);
    }
}

fn set_all(element: &Element, attributes: &[(&str, Option<String>)]) {
    for (name, value) in attributes {
        let _ = match value {
            Some(value) => element.set_attribute(name, value),
            None => element.remove_attribute(name),
        };
    }
}

fn nth(parent: &Element, n: usize) -> Option<Element> {
    let mut child = parent.first_element_child();
    for _ in 0..n {
        child = child?.next_element_sibling();
    }
    child
}

/// Takes so many children away from the front and the back, and puts others there. At the front stay `room.0` of them
/// where they are, at the back `room.1`.
fn change_edges(parent: &Element, room: (usize, usize), cut: (usize, usize), html: (&str, &str)) {
    let mut next = nth(parent, room.0);
    for _ in 0..cut.0 {
        let Some(gone) = next else { break };
        next = gone.next_element_sibling();
        gone.remove();
    }
    let mut next = parent.last_element_child();
    for _ in 0..room.1 {
        next = next.and_then(|it| it.previous_element_sibling());
    }
    for _ in 0..cut.1 {
        let Some(gone) = next else { break };
        next = gone.previous_element_sibling();
        gone.remove();
    }
    if !html.0.is_empty() {
        let _ = match room.0.checked_sub(1).and_then(|it| nth(parent, it)) {
            Some(before) => before.insert_adjacent_html("afterend", html.0),
            None => parent.insert_adjacent_html("afterbegin", html.0),
        };
    }
    if !html.1.is_empty() {
        let _ = match parent.last_element_child().filter(|_| room.1 > 0) {
            Some(after) => after.insert_adjacent_html("beforebegin", html.1),
            None => parent.insert_adjacent_html("beforeend", html.1),
        };
    }
}

/// Changes the lines at the top and the bottom, between the two that are empty space.
pub fn change_lines(pane: &Pane, cut: (usize, usize), html: (&str, &str)) {
    if let Some(body) = find(pane, "tbody") {
        change_edges(&body, (1, 1), cut, html);
    }
}

/// Changes the cells at the left and the right of every line, from the first drawn one on: each has a head and empty
/// space before them and empty space behind them.
pub fn change_cells(pane: &Pane, cut: (usize, usize), html: impl Fn(usize) -> (String, String)) {
    let mut line = find(pane, "tbody").and_then(|it| nth(&it, 1));
    let mut number = 0;
    while let Some(row) = line {
        line = row.next_element_sibling();
        if line.is_none() {
            return;
        }
        let (left, right) = html(number);
        change_edges(&row, (2, 1), cut, (&left, &right));
        number += 1;
    }
}

/// Changes the heads at the left and the right.
pub fn change_heads(pane: &Pane, cut: (usize, usize), html: (&str, &str)) {
    if let Some(row) = find(pane, "thead tr + tr") {
        change_edges(&row, (0, 0), cut, html);
    }
}

/// The empty space above and below, in pixels, and how many columns it crosses.
pub fn set_pads(pane: &Pane, span: usize, heights: (u32, u32)) {
    for (pad, height) in [(":first-child", heights.0), (":last-child", heights.1)] {
        let attributes = [
            ("colspan", Some(span.to_string())),
            ("height", Some(height.to_string())),
        ];
        set(pane, &format!("tbody > tr{pad} > td"), &attributes);
    }
}

/// Gives every cell its attributes anew, line by line and lane by lane from the first drawn ones on.
pub fn set_cells(
    pane: &Pane,
    attributes: impl Fn(usize, usize) -> Vec<(&'static str, Option<String>)>,
) {
    let mut row = find(pane, "tbody").and_then(|it| nth(&it, 1));
    let mut line = 0;
    while let Some(present) = row {
        row = present.next_element_sibling();
        let mut cell = nth(&present, 2);
        let mut lane = 0;
        while let Some(element) = cell {
            cell = element.next_element_sibling();
            if element.class_list().contains("cell") {
                set_all(&element, &attributes(line, lane));
            }
            lane += 1;
        }
        line += 1;
    }
}
