//! The way through the matrix for those without JavaScript.
use super::layout::GridLayout;
use crate::{
    components::ui::{html::put, text_area::escape},
    domain::matrix::{CellIndex, FIRST_WINDOW_COLUMNS, FIRST_WINDOW_ROWS},
};

/// Links to the windows beside the one that is drawn, for those without JavaScript; empty if there is none.
pub fn pages(layout: &GridLayout, first: CellIndex, link: impl Fn(CellIndex) -> String) -> String {
    let window = layout.first_window(first);
    let mut html = String::new();
    let mut put_link = |row: usize, column: usize, label: String| {
        put!(
            html,
            r#" <a class="button" href="{}">{label}</a>"#,
            escape(&link(CellIndex { row, column }))
        );
    };
    let (lines, lanes) = (&window.lines, &window.lanes);
    if lines.start > 0 {
        put_link(
            lines.start.saturating_sub(FIRST_WINDOW_ROWS + 1),
            lanes.start,
            "Rows above".into(),
        );
    }
    if lines.end < layout.lines.len() {
        put_link(
            lines.end,
            lanes.start,
            format!("Rows below ({} more)", layout.lines.len() - lines.end),
        );
    }
    if lanes.start > 0 {
        put_link(
            lines.start,
            lanes.start.saturating_sub(FIRST_WINDOW_COLUMNS),
            "Customers before".into(),
        );
    }
    if lanes.end < layout.lanes.len() {
        put_link(
            lines.start,
            lanes.end,
            format!("Customers after ({} more)", layout.lanes.len() - lanes.end),
        );
    }
    if html.is_empty() {
        return html;
    }
    format!(r#"<nav class="matrix__pages" aria-label="More of the matrix">{html}</nav>"#)
}
