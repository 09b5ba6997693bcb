//! Links in the headers of the matrix: the arrow leads to one step over all customers, or to the run mode of one customer. They
//! are the same for rows and for columns.
use crate::{
    components::ui::html::escape,
    domain::{matrix::Grid, matrix_filter::MatrixFilter},
    paths,
};

/// The arrow of a link.
const GO_HTML: &str = r##"<svg class="glyph" aria-hidden="true" data-turn="right"><use href="#i-arrow"></use></svg>"##;

/// The address of the matrix with one step only, over all customers.
fn one_step_address(grid: &Grid, row: usize) -> String {
    let filter = MatrixFilter {
        steps: grid.rows[row].name.clone(),
        ..MatrixFilter::default()
    };
    paths::matrix_view(grid.release.id, &filter.parts())
}

/// The link in the header of a step.
pub fn step_link_html(grid: &Grid, row: usize) -> String {
    let name = escape(&grid.rows[row].name);
    format!(
        r#"<a class="go" tabindex="-1" rel="external" data-work="{row}" href="{}" aria-label="{name} across customers" title="Work on {name} across customers">{GO_HTML}</a>"#,
        escape(&one_step_address(grid, row)),
    )
}

/// The link in the header of a customer.
pub fn customer_link_html(grid: &Grid, index: usize) -> String {
    let column = &grid.columns[index];
    let name = escape(&column.name);
    format!(
        r#"<a class="go" tabindex="-1" href="{}" aria-label="{name}: run mode" title="Work on {name}">{GO_HTML}</a>"#,
        paths::customer_steps(grid.release.id, column.id),
    )
}
