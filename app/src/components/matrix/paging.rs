//! Page links of the matrix for browsers without JavaScript, where the grid cannot follow the scroll position: the server
//! renders one window, and the links lead to the windows beside it.
use super::layout::GridLayout;
use crate::{
    components::ui::html::{escape, put},
    domain::matrix::{CellIndex, FIRST_WINDOW_COLUMNS, FIRST_WINDOW_ROWS},
};

/// Links to the windows beside the one that begins at `first`; empty if the window is the whole grid. `link` makes the
/// URL of the window that begins at a visual row and column.
pub fn page_links_html(
    layout: &GridLayout,
    first: CellIndex,
    link: impl Fn(CellIndex) -> String,
) -> String {
    let window = layout.server_window(first);
    let mut html = String::new();
    let mut put_link = |row: usize, column: usize, label: String| {
        put!(
            html,
            r#" <a class="button" href="{}">{label}</a>"#,
            escape(&link(CellIndex { row, column }))
        );
    };
    let (visual_rows, visual_columns) = (&window.visual_rows, &window.visual_columns);
    if visual_rows.start > 0 {
        put_link(
            visual_rows.start.saturating_sub(FIRST_WINDOW_ROWS + 1),
            visual_columns.start,
            "Rows above".into(),
        );
    }
    if visual_rows.end < layout.visual_rows.len() {
        put_link(
            visual_rows.end,
            visual_columns.start,
            format!(
                "Rows below ({} more)",
                layout.visual_rows.len() - visual_rows.end
            ),
        );
    }
    if visual_columns.start > 0 {
        put_link(
            visual_rows.start,
            visual_columns.start.saturating_sub(FIRST_WINDOW_COLUMNS),
            "Customers before".into(),
        );
    }
    if visual_columns.end < layout.visual_columns.len() {
        put_link(
            visual_rows.start,
            visual_columns.end,
            format!(
                "Customers after ({} more)",
                layout.visual_columns.len() - visual_columns.end
            ),
        );
    }
    if html.is_empty() {
        return html;
    }
    format!(r#"<nav class="matrix__pages" aria-label="More of the matrix">{html}</nav>"#)
}
