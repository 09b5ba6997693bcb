//! Page links of the matrix for browsers without JavaScript, where the grid cannot follow the scroll position: the server
//! renders one window, and the links lead to the windows beside it.
use super::layout::GridLayout;
use crate::domain::matrix::{CellIndex, FIRST_WINDOW_COLUMNS, FIRST_WINDOW_ROWS};
use maud::html;

/// Links to the windows beside the one that begins at `first`; empty if the window is the whole grid. `link` makes the
/// URL of the window that begins at a visual row and column.
pub fn page_links_html(
    layout: &GridLayout,
    first: CellIndex,
    link: impl Fn(CellIndex) -> String,
) -> String {
    let window = layout.server_window(first);
    let mut links = Vec::new();
    let mut put_link = |row: usize, column: usize, label: String| {
        links.push((link(CellIndex { row, column }), label));
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
            if layout.is_swapped {
                "Steps before"
            } else {
                "Customers before"
            }
            .into(),
        );
    }
    if visual_columns.end < layout.visual_columns.len() {
        put_link(
            visual_rows.start,
            visual_columns.end,
            format!(
                "{} after ({} more)",
                if layout.is_swapped {
                    "Steps"
                } else {
                    "Customers"
                },
                layout.visual_columns.len() - visual_columns.end
            ),
        );
    }
    let html = html! {
        @if !links.is_empty() {
            nav class="matrix__pages" aria-label="More of the matrix" {
                @for (address, label) in &links {
                    " "
                    a class="button" href=(address) { (label) }
                }
            }
        }
    };
    html.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::{
            matrix::{arrangement::Arrangement, layout::Collapsed},
            ui::html::tests::{HOSTILE, assert_escaped},
        },
        domain::{matrix::tests::grid, matrix_filter::MatrixFilter},
    };

    #[test]
    fn a_link_cannot_leave_its_attribute_and_a_grid_of_one_window_has_none() {
        let links = |n_rows: usize| {
            let grid = grid(n_rows, 1, |_| None);
            let layout = GridLayout::new(
                &grid,
                &Collapsed::default(),
                &MatrixFilter::default(),
                &Arrangement::default(),
            );
            page_links_html(&layout, CellIndex::default(), |_| HOSTILE.to_owned())
        };
        assert_escaped(&links(100), 1);
        assert_eq!(links(1), "");
    }
}
