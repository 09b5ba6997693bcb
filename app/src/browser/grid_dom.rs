//! DOM updates of the matrix table: replaces its parts, adds and removes rows and columns at its edges when the rendered
//! window moves, and sets attributes of cells in place. The caller chooses the smallest update, since each new cell costs
//! style, layout and paint. In a pair of counts, HTML texts or heights the first
//! is for the start (top or left), the second for the end. HTML is inserted unescaped, so the caller escapes.
use web_sys::{Element, HtmlElement};

/// The scroll container of the grid.
pub type Pane = HtmlElement;

fn find(pane: &Pane, selector: &str) -> Option<Element> {
    pane.query_selector(selector).ok().flatten()
}

/// Whether the table has rows, for example from the server.
pub fn has_rows(pane: &Pane) -> bool {
    find(pane, "tbody > tr").is_some()
}

/// Replaces the content of the first element that matches the selector `part`.
pub fn set_content(pane: &Pane, part: &str, html: &str) {
    if let Some(part) = find(pane, part) {
        part.set_inner_html(html);
    }
}

/// Replaces the first element that matches.
pub fn replace_element(pane: &Pane, selector: &str, html: &str) {
    if let Some(element) = find(pane, selector) {
        element.set_outer_html(html);
    }
}

/// Sets or removes attributes of the first element that matches.
pub fn set_attributes(pane: &Pane, selector: &str, attributes: &[(&str, Option<String>)]) {
    if let Some(element) = find(pane, selector) {
        set_element_attributes(&element, attributes);
    }
}

fn set_element_attributes(element: &Element, attributes: &[(&str, Option<String>)]) {
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

/// Removes children at the start and at the end of an element and inserts others there. The first `fixed.0` and the last
/// `fixed.1` children stay where they are; the others are removed and inserted inside of them.
fn change_edges(
    parent: &Element,
    fixed: (usize, usize),
    removed: (usize, usize),
    html: (&str, &str),
) {
    let mut next = nth(parent, fixed.0);
    for _ in 0..removed.0 {
        let Some(gone) = next else { break };
        next = gone.next_element_sibling();
        gone.remove();
    }
    let mut next = parent.last_element_child();
    for _ in 0..fixed.1 {
        next = next.and_then(|it| it.previous_element_sibling());
    }
    for _ in 0..removed.1 {
        let Some(gone) = next else { break };
        next = gone.previous_element_sibling();
        gone.remove();
    }
    if !html.0.is_empty() {
        let _ = match fixed.0.checked_sub(1).and_then(|it| nth(parent, it)) {
            Some(before) => before.insert_adjacent_html("afterend", html.0),
            None => parent.insert_adjacent_html("afterbegin", html.0),
        };
    }
    if !html.1.is_empty() {
        let _ = match parent.last_element_child().filter(|_| fixed.1 > 0) {
            Some(after) => after.insert_adjacent_html("beforebegin", html.1),
            None => parent.insert_adjacent_html("beforeend", html.1),
        };
    }
}

/// Removes and inserts rows at the top and the bottom, between the two rows of empty space.
pub fn change_rows(pane: &Pane, removed: (usize, usize), html: (&str, &str)) {
    if let Some(body) = find(pane, "tbody") {
        change_edges(&body, (1, 1), removed, html);
    }
}

/// Removes and inserts cells at the left and the right of every row. `html` makes the new cells of a row, counted from 0
/// at the first rendered one. A row has a header and empty space before its cells, and empty space behind them.
pub fn change_cells(
    pane: &Pane,
    removed: (usize, usize),
    html: impl Fn(usize) -> (String, String),
) {
    let mut next = find(pane, "tbody").and_then(|it| nth(&it, 1));
    let mut index = 0;
    while let Some(row) = next {
        next = row.next_element_sibling();
        if next.is_none() {
            // The last row is empty space.
            return;
        }
        let (left, right) = html(index);
        change_edges(&row, (2, 1), removed, (&left, &right));
        index += 1;
    }
}

/// Removes and inserts column headers at the left and the right.
pub fn change_heads(pane: &Pane, removed: (usize, usize), html: (&str, &str)) {
    if let Some(row) = find(pane, "thead tr + tr") {
        change_edges(&row, (0, 0), removed, html);
    }
}

/// Sets the heights of the empty space above and below, in pixels, and the number of columns that it spans.
pub fn set_vertical_padding(pane: &Pane, span: usize, heights: (u32, u32)) {
    for (edge, height) in [(":first-child", heights.0), (":last-child", heights.1)] {
        let attributes = [
            ("colspan", Some(span.to_string())),
            ("height", Some(height.to_string())),
        ];
        set_attributes(pane, &format!("tbody > tr{edge} > td"), &attributes);
    }
}

/// Sets or removes attributes of cells in place. `update` gets the row and the column of each, both counted from 0 at the first
/// rendered one; the last column is empty space.
pub fn update_cells(
    pane: &Pane,
    update: &dyn Fn(usize, usize) -> Vec<(&'static str, Option<String>)>,
) {
    let mut next_row = find(pane, "tbody").and_then(|it| nth(&it, 1));
    let mut row_index = 0;
    while let Some(row) = next_row {
        next_row = row.next_element_sibling();
        let mut next_cell = nth(&row, 2);
        let mut column_index = 0;
        while let Some(cell) = next_cell {
            next_cell = cell.next_element_sibling();
            set_element_attributes(&cell, &update(row_index, column_index));
            column_index += 1;
        }
        row_index += 1;
    }
}
