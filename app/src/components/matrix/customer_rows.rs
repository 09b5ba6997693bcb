//! Headers of rows that are customers: where the axes of the matrix are swapped.
use super::{
    cell_html::{GridView, finished_of_all, glyph_html, needs_attention},
    head_links::customer_link_html,
    layout::GridLine,
};
use crate::{
    components::{
        step_state::state_icon,
        ui::html::{escape, put},
    },
    domain::{digit_groups::grouped, plural::pluralize},
};

impl GridView<'_> {
    /// What is behind the name: the status that needs attention, or that all are finished in, and how many are.
    fn roll_html(&self, line: GridLine) -> String {
        let counts = self.layout.line_counts(self.grid, line);
        let is_finished = counts.finished() == counts.total();
        let state = needs_attention(counts).or(counts.state().filter(|_| is_finished));
        let glyph = state.map(|it| glyph_html(state_icon(it), Some(it)));
        let glyph = glyph.unwrap_or_default();
        let count = finished_of_all(counts);
        format!(r#"<span class="step__roll">{glyph}<span>{count}</span></span>"#)
    }

    /// Writes the header of a customer's row.
    pub fn write_customer_head(&self, html: &mut String, index: usize) {
        let column = &self.grid.columns[index];
        let name = escape(&column.name);
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"{}><span class="step" data-customer><span class="step__name" title="{name}, {}{}">{name}</span>{}</span>{}</th>"#,
            if column.inactive { " data-off" } else { "" },
            escape(&column.namespace),
            if column.inactive { ", inactive" } else { "" },
            self.roll_html(GridLine::Customer(index)),
            customer_link_html(self.grid, index),
        );
    }

    /// Writes the header of the row of customers that look the same. Its button shows each by itself.
    pub fn write_alike_head(&self, html: &mut String, first: usize) {
        let n = self.layout.columns_alike(first).len();
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><button class="step" data-customer tabindex="-1" data-toggle="alike {first}" title="Show {} one by one"><span class="step__name">{} alike</span>{}</button></th>"#,
            pluralize(n, "customer"),
            grouped(n),
            self.roll_html(GridLine::Alike(first)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::{
            matrix::{
                arrangement::Arrangement,
                layout::{Collapsed, GridLayout},
                measured_layout::WindowPadding,
            },
            pending_actions::PendingActions,
            ui::html::tests::HOSTILE,
        },
        domain::{
            matrix::{
                CellIndex,
                tests::{cell, grid},
            },
            matrix_filter::MatrixFilter,
            vocabulary::StepStatus,
        },
    };

    #[test]
    fn heads_and_cells_count_thousands_with_separators() {
        let grid = grid(1, 1_000, |at| {
            let id = i64::try_from(at.column).unwrap();
            Some(cell(id, StepStatus::Pending))
        });
        let mut collapsed = Collapsed::default();
        let html = |collapsed: &Collapsed| {
            let all = MatrixFilter::default();
            let layout = GridLayout::new(&grid, collapsed, &all, &Arrangement::default());
            let view = GridView {
                grid: &grid,
                layout: &layout,
                pending_actions: &PendingActions::default(),
                format_time: &|_| String::new(),
            };
            let window = layout.server_window(CellIndex::default());
            view.body_html(&window, &WindowPadding::default())
        };
        let by_customer = html(&collapsed);
        assert!(
            by_customer.contains("<span>0/1,000</span>"),
            "{by_customer}"
        );
        collapsed.add_clusters(&grid);
        let by_cluster = html(&collapsed);
        let counted = r#"0 of 1,000 finished">0/1,000<"#;
        assert!(by_cluster.contains(counted), "{by_cluster}");
    }

    #[test]
    fn a_hostile_customer_stays_text_in_its_row() {
        let mut grid = grid(1, 1, |_| None);
        grid.columns[0].name = HOSTILE.into();
        grid.columns[0].namespace = HOSTILE.into();
        let layout = GridLayout::new(
            &grid,
            &Collapsed::default(),
            &MatrixFilter::default(),
            &Arrangement::default(),
        );
        let view = GridView {
            grid: &grid,
            layout: &layout,
            pending_actions: &PendingActions::default(),
            format_time: &|_| String::new(),
        };
        let mut html = String::new();
        view.write_customer_head(&mut html, 0);
        assert_eq!(html.matches(&escape(HOSTILE)).count(), 5, "{html}");
        assert!(!html.contains("<b>"), "{html}");
    }
}
