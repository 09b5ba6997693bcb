//! Filter of the matrix. It is part of the page's address, so that a shared link shows the same rows and columns.
use super::{
    fold::fold,
    id::ClusterId,
    matrix::{Cell, CellIndex, Grid},
    vocabulary::StepStatus,
};

/// Rows and columns without a matching cell are hidden; other cells in them are dimmed. Empty shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixFilter {
    /// Empty for all.
    pub states: Vec<StepStatus>,
    pub cluster: Option<ClusterId>,
    /// What is typed into the one field: it finds customers and steps.
    pub text: String,
    /// Part of a customer's name or namespace, whatever its case, diacritics and blanks.
    pub customers: String,
    /// Part of a step's name, whatever its case, diacritics and blanks.
    pub steps: String,
    /// Only rows and columns with open cells.
    pub open_only: bool,
    /// Only rows and columns with cells that need attention.
    pub attention_only: bool,
}

/// Which rows and columns are visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleRowsAndColumns {
    pub rows: Vec<bool>,
    pub columns: Vec<bool>,
    /// Whether the filter has looked for names of customers, and found some.
    pub finds_customers: bool,
}

impl MatrixFilter {
    /// Reads the filter from the query of an address; unknown values are ignored.
    pub fn parse<'a>(get: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        let text = |key| get(key).unwrap_or_default().to_owned();
        Self {
            states: StepStatus::ALL
                .iter()
                .copied()
                .filter(|it| text("status").split(',').any(|word| word == it.as_str()))
                .collect(),
            cluster: get("cluster").and_then(|it| it.parse().ok()),
            text: text("q"),
            customers: text("customers"),
            steps: text("steps"),
            open_only: get("open").is_some(),
            attention_only: get("attention").is_some(),
        }
    }

    /// The query of the address: keys and values, not escaped. Empty parts are left out.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let states: Vec<&str> = self.states.iter().map(|it| it.as_str()).collect();
        let flag = |is_set: bool| if is_set { "1" } else { "" }.to_owned();
        let parts = [
            ("status", states.join(",")),
            (
                "cluster",
                self.cluster.map(|it| it.to_string()).unwrap_or_default(),
            ),
            ("q", self.text.trim().to_owned()),
            ("customers", self.customers.trim().to_owned()),
            ("steps", self.steps.trim().to_owned()),
            ("open", flag(self.open_only)),
            ("attention", flag(self.attention_only)),
        ];
        parts.into_iter().filter(|it| !it.1.is_empty()).collect()
    }

    /// Adds a state to the filter, or removes it.
    pub fn toggle(&mut self, status: StepStatus) {
        let had = self.states.contains(&status);
        let wants = |it: &&StepStatus| {
            (**it == status && !had) || (**it != status && self.states.contains(it))
        };
        self.states = StepStatus::ALL.iter().filter(wants).copied().collect();
    }

    /// The text of the one field. An address may narrow customers and steps by themselves; as soon as something is typed,
    /// that takes the place of both.
    pub fn field_text(&self) -> String {
        let texts = [&self.customers, &self.steps, &self.text];
        let texts = texts.iter().map(|it| it.trim());
        let texts: Vec<&str> = texts.filter(|it| !it.is_empty()).collect();
        texts.join(" ")
    }

    /// Filters by a text that was typed into the field.
    pub fn set_field_text(&mut self, text: String) {
        self.text = text;
        self.customers.clear();
        self.steps.clear();
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.parts().is_empty()
    }

    /// Whether the filter looks at cells, not only at the names of rows and columns.
    pub fn filters_cells(&self) -> bool {
        !self.states.is_empty() || self.open_only || self.attention_only
    }

    /// Whether a cell matches.
    pub fn wants(&self, cell: &Cell) -> bool {
        (self.states.is_empty() || self.states.contains(&cell.status))
            && (!self.open_only || cell.status.is_open())
            && (!self.attention_only || cell.needs_attention())
    }

    /// The visible rows and columns; none if everything is visible.
    pub fn shown(&self, grid: &Grid) -> Option<VisibleRowsAndColumns> {
        if self.is_empty() {
            return None;
        }
        let has = |text: &str, part: &str| part.is_empty() || fold(text).contains(part);
        let customers = fold(self.customers.trim());
        let steps = fold(self.steps.trim());
        // The link of a step has its whole name: a step whose name only contains it is another one.
        let is_whole = grid.rows.iter().any(|it| fold(&it.name) == steps);
        let is_step = |name: &str| {
            if is_whole {
                fold(name) == steps
            } else {
                has(name, &steps)
            }
        };
        let columns = grid.columns.iter().map(|column| {
            let cluster = grid.groups.get(column.group).map(|it| it.id);
            (self.cluster.is_none() || cluster == self.cluster)
                && (has(&column.name, &customers) || has(&column.namespace, &customers))
        });
        let mut shown = VisibleRowsAndColumns {
            rows: grid.rows.iter().map(|row| is_step(&row.name)).collect(),
            columns: columns.collect(),
            finds_customers: !customers.is_empty(),
        };
        self.find_text(grid, &mut shown);
        if self.filters_cells() {
            let mut wanted = VisibleRowsAndColumns {
                rows: vec![false; shown.rows.len()],
                columns: vec![false; shown.columns.len()],
                finds_customers: shown.finds_customers,
            };
            for row in (0..shown.rows.len()).filter(|it| shown.rows[*it]) {
                for column in (0..shown.columns.len()).filter(|it| shown.columns[*it]) {
                    let cell = grid.cell(CellIndex { row, column });
                    if cell.is_some_and(|it| self.wants(it)) {
                        wanted.rows[row] = true;
                        wanted.columns[column] = true;
                    }
                }
            }
            shown = wanted;
        }
        Some(shown)
    }

    /// Narrows to what the text of the field finds: the whole text among customers and steps; if neither has it, each of its
    /// words.
    fn find_text(&self, grid: &Grid, shown: &mut VisibleRowsAndColumns) {
        let text = self.text.trim();
        if text.is_empty() {
            return;
        }
        let steps: Vec<String> = grid.rows.iter().map(|it| fold(&it.name)).collect();
        let columns = grid.columns.iter();
        let customers: Vec<String> = columns
            .map(|it| fold(&format!("{}\n{}", it.name, it.namespace)))
            .collect();
        let mut narrow = |part: &str| {
            let part = fold(part);
            let is_customer = narrow_to(&mut shown.columns, &customers, &part);
            shown.finds_customers |= is_customer;
            narrow_to(&mut shown.rows, &steps, &part) || is_customer
        };
        if !narrow(text) && !text.split_whitespace().all(narrow) {
            shown.rows.fill(false);
            shown.columns.fill(false);
        }
    }
}

/// Hides what does not have a part, and answers true; if nothing has it, it says nothing of these, and hides none.
fn narrow_to(shown: &mut [bool], names: &[String], part: &str) -> bool {
    let is_any = names.iter().any(|it| it.contains(part));
    if is_any {
        for (is_shown, name) in shown.iter_mut().zip(names) {
            *is_shown &= name.contains(part);
        }
    }
    is_any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{CustomerId, StepId},
        matrix::{ClusterGroup, MatrixColumn, MatrixRow, tests::release},
        vocabulary::{Category, StepType},
    };

    /// Two customers in two clusters, two steps; one cell failed, one done.
    fn grid() -> Grid {
        let group = |id, name: &str| ClusterGroup {
            id: ClusterId(id),
            name: name.into(),
        };
        let column = |id, name: &str, group| MatrixColumn {
            id: CustomerId(id),
            name: name.into(),
            namespace: name.to_ascii_lowercase(),
            group,
            inactive: false,
        };
        let row = |name: &str| MatrixRow {
            name: name.into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            template: None,
        };
        let cell = |row, column, status| {
            let cell = Cell {
                step: StepId(1),
                status,
                is_overridden: false,
                has_notes: false,
                is_unresolved: false,
            };
            (CellIndex { row, column }, cell)
        };
        Grid::new(
            release(),
            vec![group(1, "eu"), group(2, "us")],
            vec![column(1, "Acme", 0), column(2, "Globex", 1)],
            vec![row("Migrate schema"), row("Upgrade")],
            [
                cell(0, 0, StepStatus::Failed),
                cell(0, 1, StepStatus::Done),
                cell(1, 0, StepStatus::Pending),
                cell(1, 1, StepStatus::Done),
            ],
        )
    }

    fn shown(filter: &MatrixFilter) -> (Vec<bool>, Vec<bool>) {
        let shown = filter.shown(&grid()).unwrap();
        (shown.rows, shown.columns)
    }

    #[test]
    fn an_empty_filter_hides_nothing() {
        assert_eq!(MatrixFilter::default().shown(&grid()), None);
    }

    #[test]
    fn texts_and_clusters_narrow_rows_and_columns() {
        let filter = MatrixFilter {
            customers: " ACME".into(),
            steps: "up".into(),
            ..MatrixFilter::default()
        };
        assert_eq!(shown(&filter), (vec![false, true], vec![true, false]));
        let filter = MatrixFilter {
            cluster: Some(ClusterId(2)),
            ..MatrixFilter::default()
        };
        assert_eq!(shown(&filter), (vec![true, true], vec![false, true]));
    }

    #[test]
    fn one_text_finds_customers_and_steps() {
        let of = |text: &str| {
            let filter = MatrixFilter {
                text: text.into(),
                ..MatrixFilter::default()
            };
            shown(&filter)
        };
        let (both, none) = (vec![true, true], vec![false, false]);
        assert_eq!(of("globex"), (both.clone(), vec![false, true]));
        assert_eq!(of("SCHEMA"), (vec![true, false], both.clone()));
        // Words that stand apart are found apart; a word that is nowhere leaves nothing.
        assert_eq!(of("schema migrate"), (vec![true, false], both));
        assert_eq!(of("acme upgr"), (vec![false, true], vec![true, false]));
        assert_eq!(of("acme nobody"), (none.clone(), none));
    }

    #[test]
    fn what_is_typed_takes_the_place_of_what_the_address_narrowed() {
        let mut filter = MatrixFilter {
            customers: "acme".into(),
            steps: "Upgrade".into(),
            open_only: true,
            ..MatrixFilter::default()
        };
        assert_eq!(filter.field_text(), "acme Upgrade");
        filter.set_field_text("glo".into());
        assert_eq!(filter.field_text(), "glo");
        assert_eq!(shown(&filter).1, [false, false]);
        filter.open_only = false;
        assert_eq!(shown(&filter), (vec![true, true], vec![false, true]));
    }

    #[test]
    fn rows_and_columns_without_a_wanted_cell_are_hidden() {
        let failed = MatrixFilter {
            states: vec![StepStatus::Failed],
            ..MatrixFilter::default()
        };
        assert_eq!(shown(&failed), (vec![true, false], vec![true, false]));
        let open = MatrixFilter {
            open_only: true,
            ..MatrixFilter::default()
        };
        assert_eq!(shown(&open), (vec![true, true], vec![true, false]));
        let nothing = MatrixFilter {
            states: vec![StepStatus::Skipped],
            ..MatrixFilter::default()
        };
        assert_eq!(shown(&nothing), (vec![false, false], vec![false, false]));
    }

    #[test]
    fn an_address_says_it_all() {
        let filter = MatrixFilter {
            states: vec![StepStatus::InProgress, StepStatus::Failed],
            cluster: Some(ClusterId(2)),
            text: "any".into(),
            customers: "a&b".into(),
            steps: "up".into(),
            open_only: true,
            attention_only: true,
        };
        let parts = filter.parts();
        let get = |key| parts.iter().find(|it| it.0 == key).map(|it| it.1.as_str());
        assert_eq!(MatrixFilter::parse(get), filter);
        assert_eq!(MatrixFilter::parse(|_| None), MatrixFilter::default());
        assert_eq!(MatrixFilter::parse(|_| Some("nonsense")).states, []);
    }

    #[test]
    fn a_step_s_whole_name_finds_no_step_that_only_contains_it() {
        let mut grid = grid();
        grid.rows[0].name = "Check".into();
        grid.rows[1].name = "Check pods".into();
        let rows = |steps: &str| {
            let filter = MatrixFilter {
                steps: steps.into(),
                ..MatrixFilter::default()
            };
            filter.shown(&grid).unwrap().rows
        };
        assert_eq!(rows("check"), [true, false]);
        assert_eq!(rows("chec"), [true, true]);
    }
}
