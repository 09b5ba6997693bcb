//! Arranges the matrix: what its menu and the heads of merged customers ask for.
use super::{
    arrangement::Arrangement,
    layout::GridLine,
    remembered_selection::RememberedSelection,
    selection::{FocusZone, Selection},
    state::MatrixState,
};
use crate::{
    components::ui::follow_effect::follow,
    domain::matrix::{CellIndex, Grid},
};
use leptos::prelude::*;

impl MatrixState {
    /// Changes the filter, the arrangement or the collapsed clusters. The focus stays on its cell, or goes to the first one if
    /// its cell is hidden now; from there it comes back once its cell is shown again, as when the next letter of a filter does it.
    pub fn change_layout(self, change: impl FnOnce(Self)) {
        // In two functions, which are compiled once and not for each change.
        let focused = self.focus_to_keep();
        change(self);
        self.focus_again(focused);
    }

    /// The cell that the focus is to stay on, which may be hidden; and whether the person has not chosen it.
    fn focus_to_keep(self) -> Option<(CellIndex, bool)> {
        let before = self.selection.get_untracked();
        let is_default = before.is_none_or(|it| it.is_default);
        let hidden = self.hidden_focus.get_value().filter(|_| is_default);
        let at = untrack(|| self.focused_cell()).map(|it| (it, is_default));
        self.grid.with_untracked(|grid| {
            let hidden = hidden.and_then(|it| Some((grid.index_of(it.0)?, it.1)));
            hidden.or(at)
        })
    }

    /// After a change of the layout: puts the focus on the cell that `focus_to_keep` has found before it.
    fn focus_again(self, focused: Option<(CellIndex, bool)>) {
        self.find_alike();
        self.layout_changes.update_value(|it| *it += 1);
        let (same, start) = self.layout.with_untracked(|layout| {
            let same = focused.and_then(|(at, is_default)| {
                Some(Selection {
                    is_default,
                    ..Selection::at(layout.position_of(at)?)
                })
            });
            (same, Selection::start(layout))
        });
        let hidden = focused
            .filter(|_| same.is_none())
            .and_then(|(at, is_default)| {
                let step = self
                    .grid
                    .with_untracked(|grid| grid.cell(at).map(|it| it.step));
                Some((step?, is_default))
            });
        self.hidden_focus.set_value(hidden);
        self.selection.set(same.or(start));
    }

    /// Finds customers to merge anew, after the person has changed what is shown.
    pub fn find_alike(self) {
        if !self.arrangement.with_untracked(Arrangement::is_merged) {
            return;
        }
        self.grid.with_untracked(|grid| {
            self.filter
                .with_untracked(|filter| self.arrangement.update(|it| it.find_alike(grid, filter)));
        });
    }

    /// Keeps the selection on its cells when lines come or go with a change of a cell: a customer leaves those that it was merged
    /// with, or no longer matches the filter. After a change of what is shown the selection is in its place already.
    pub fn keep_selection(self) {
        let mut known = self.layout.get_untracked();
        let mut n_changes = self.layout_changes.get_value();
        follow(move |_| {
            let before = std::mem::replace(&mut known, self.layout.get());
            let n_now = self.layout_changes.get_value();
            let is_chosen = std::mem::replace(&mut n_changes, n_now) != n_now;
            let has_moved = before.visual_rows != known.visual_rows
                || before.visual_columns != known.visual_columns;
            let selection = self.selection.get_untracked();
            let Some(selection) = selection.filter(|_| has_moved && !is_chosen) else {
                return;
            };
            let found = self.grid.with_untracked(|grid| {
                RememberedSelection::new(selection, grid, &before).find(grid, &known)
            });
            let found = found.map(|it| it.0);
            if found != Some(selection) {
                self.selection.set(found);
            }
        });
    }

    /// Changes the arrangement. The focus stays on its cell if that is still shown by itself.
    pub fn arrange(self, change: impl FnOnce(&mut Arrangement, &Grid)) {
        self.change_layout(|it| {
            it.grid
                .with_untracked(|grid| it.arrangement.update(|all| change(all, grid)));
        });
    }

    /// Whether the selection is one place where several customers are merged, and the person has chosen it. Tracked.
    pub fn is_on_alike(self) -> bool {
        let selection = self.selection.get();
        let is_chosen =
            |it: &Selection| !it.is_default && it.is_single() && it.zone == FocusZone::Cell;
        let Some(at) = selection.filter(is_chosen) else {
            return false;
        };
        self.layout
            .with(|layout| layout.cells_at(at.focus.0, at.focus.1).count() > 1)
    }

    /// Shows the customer of a cell by itself, if it is merged with others.
    pub fn show_apart(self, at: CellIndex) {
        let is_merged = self.layout.with_untracked(|layout| {
            let position = layout.position_of(at);
            position.is_some_and(|it| layout.cell_index(it.0, it.1) != Some(at))
        });
        if is_merged {
            self.arrange(|all, grid| {
                all.set_apart(grid.columns.get(at.column).map(|it| it.id).into_iter());
            });
        }
    }

    /// Shows the merged customers at the focus each by itself. False if none are.
    pub fn split_focused(self) -> bool {
        let first = self.selection.get_untracked().and_then(|it| {
            self.layout.with_untracked(|layout| {
                let lines = [
                    layout.visual_rows.get(it.focus.0),
                    layout.visual_columns.get(it.focus.1),
                ];
                lines.into_iter().flatten().find_map(|it| match it {
                    GridLine::Alike(first) => Some(*first),
                    _ => None,
                })
            })
        });
        first.inspect(|it| self.split_alike(*it)).is_some()
    }

    /// Shows merged customers each by itself, and focuses the first of them.
    pub fn split_alike(self, first: usize) {
        let columns = self
            .layout
            .with_untracked(|it| it.columns_alike(first).to_vec());
        let focus = self.selection.get_untracked();
        self.arrange(|all, grid| {
            all.set_apart(columns.iter().map(|it| grid.columns[*it].id));
        });
        let found = self.layout.with_untracked(|layout| {
            let is_first = |it: &GridLine| *it == GridLine::Customer(first);
            let focus = focus.or_else(|| Selection::start(layout))?;
            if layout.is_swapped {
                let visual_row = layout.visual_rows.iter().position(is_first)?;
                Some(Selection::at((visual_row, focus.focus.1)))
            } else {
                let visual_column = layout.visual_columns.iter().position(is_first)?;
                Some(Selection::at((focus.focus.0, visual_column)))
            }
        });
        if found.is_some() {
            self.selection.set(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::matrix::layout::Collapsed;
    use crate::components::matrix::layout::GridLayout;
    use crate::domain::{
        id::{ClusterId, CustomerId},
        matrix::{
            ClusterGroup,
            tests::{cell, grid},
        },
        matrix_filter::MatrixFilter,
        vocabulary::StepStatus::{self, Done, Failed, Pending},
    };
    use GridLine::{Alike, Block, Customer, Group, Step};

    /// Two steps; a customer for each of these, who has both in this state. The last customer is in a cluster of its own.
    fn of(statuses: &[StepStatus]) -> Grid {
        let mut grid = grid(2, statuses.len(), |at| {
            let id = i64::try_from(at.row * 10 + at.column).unwrap();
            Some(cell(id, statuses[at.column]))
        });
        for (column, id) in grid.columns.iter_mut().zip(1..) {
            column.id = CustomerId(id);
        }
        grid.groups.push(ClusterGroup {
            id: ClusterId(2),
            name: "us".into(),
        });
        if let Some(last) = grid.columns.last_mut() {
            last.group = 1;
        }
        grid
    }

    fn layout(grid: &Grid, arrangement: &Arrangement) -> GridLayout {
        let all = MatrixFilter::default();
        GridLayout::new(grid, &Collapsed::default(), &all, arrangement)
    }

    fn merged(grid: &Grid) -> Arrangement {
        let mut merged = Arrangement::default();
        merged.set_merged(true);
        merged.find_alike(grid, &MatrixFilter::default());
        merged
    }

    #[test]
    fn by_attention_the_cluster_and_the_customer_that_need_it_come_first_and_stay_there() {
        let mut grid = of(&[Done, Pending, Failed]);
        let mut arrangement = Arrangement::default();
        arrangement.sort_by_attention(&grid);
        let columns = |grid: &Grid| layout(grid, &arrangement).visual_columns;
        let expected = [Customer(2), Customer(1), Customer(0)];
        assert_eq!(columns(&grid), expected);
        for row in 0..2 {
            let at = CellIndex { row, column: 2 };
            grid.set(at, cell(1, Done), None);
        }
        assert_eq!(columns(&grid), expected);
        assert_eq!(arrangement.parts()[0].1, "attention");
    }

    #[test]
    fn customers_of_a_cluster_that_look_the_same_are_one_column_with_all_their_cells() {
        let grid = of(&[Pending, Done, Pending, Pending]);
        let layout = layout(&grid, &merged(&grid));
        // The last one looks the same in another cluster.
        assert_eq!(layout.visual_columns, [Alike(0), Customer(1), Customer(3)]);
        assert_eq!(layout.columns_alike(0), [0, 2]);
        assert_eq!(layout.cell_index(1, 0), None);
        let at = |column| CellIndex { row: 0, column };
        let cells_at = |row, column| layout.cells_at(row, column).collect::<Vec<_>>();
        assert_eq!(cells_at(1, 0), [at(0), at(2)]);
        assert_eq!(cells_at(1, 1), [at(1)]);
        // The header of the block has none.
        assert_eq!(cells_at(0, 0), []);
        let all = Selection::at((1, 0)).whole_grid(&layout).cells(&layout);
        assert_eq!(all.len(), 8);
    }

    #[test]
    fn a_customer_that_changes_leaves_those_that_it_was_merged_with_and_none_joins() {
        let mut grid = of(&[Pending, Pending, Pending, Done, Done]);
        let mut merged = merged(&grid);
        assert_eq!(layout(&grid, &merged).columns_alike(0), [0, 1, 2]);
        let set = |grid: &mut Grid, column| {
            for row in 0..2 {
                let at = CellIndex { row, column };
                grid.set(at, cell(1, Done), None);
            }
        };
        set(&mut grid, 0);
        let after = layout(&grid, &merged);
        // The customer looks like the fourth one now.
        let lines = [Customer(0), Alike(1), Customer(3), Customer(4)];
        assert_eq!(after.visual_columns, lines);
        assert_eq!(after.columns_alike(1), [1, 2]);
        merged.find_alike(&grid, &MatrixFilter::default());
        assert_eq!(layout(&grid, &merged).columns_alike(0), [0, 3]);
        merged.set_apart([1, 2, 3].map(CustomerId).into_iter());
        assert_eq!(layout(&grid, &merged).alike, Vec::<Vec<usize>>::new());
    }

    #[test]
    fn a_collapsed_cluster_is_expanded_while_a_filter_finds_a_customer_of_it() {
        let grid = of(&[Done, Pending, Failed]);
        let mut collapsed = Collapsed {
            clusters: vec![ClusterId(2)],
            ..Collapsed::default()
        };
        let columns = |collapsed: &Collapsed, text: &str| {
            let filter = MatrixFilter {
                text: text.into(),
                ..MatrixFilter::default()
            };
            GridLayout::new(&grid, collapsed, &filter, &Arrangement::default()).visual_columns
        };
        let all = [Customer(0), Customer(1), Group(1)];
        assert_eq!(columns(&collapsed, ""), all);
        assert_eq!(columns(&collapsed, "c2"), [Customer(2)]);
        assert_eq!(columns(&collapsed, "c2 r0"), [Customer(2)]);
        // The name of a step is no customer's.
        assert_eq!(columns(&collapsed, "r0"), all);
        // Its head collapses it all the same, and expands it.
        collapsed.toggle("band 2", true);
        assert_eq!(columns(&collapsed, "c2"), [Group(1)]);
        collapsed.toggle("band 2", true);
        assert_eq!(columns(&collapsed, "c2"), [Customer(2)]);
    }

    #[test]
    fn swapped_axes_are_the_same_cells_the_other_way() {
        let grid = of(&[Pending, Pending, Done]);
        let mut swapped = merged(&grid);
        swapped.is_swapped = true;
        let layout = layout(&grid, &swapped);
        assert_eq!(
            layout.visual_rows,
            [Group(0), Alike(0), Group(1), Customer(2)]
        );
        assert_eq!(layout.visual_columns, [Step(0), Step(1)]);
        let at = CellIndex { row: 1, column: 2 };
        assert_eq!(layout.cell_index(3, 1), Some(at));
        assert_eq!(layout.position_of(at), Some((3, 1)));
        let both = [0, 1].map(|column| CellIndex { row: 1, column });
        assert!(layout.cells_at(1, 1).eq(both));
        assert_eq!(layout.visible_indices(), (vec![0, 1], vec![0, 2]));
        let merged = CellIndex { row: 1, column: 1 };
        assert_eq!(layout.position_of(merged), Some((1, 1)));
        let block = grid.rows[0].block();
        let collapsed = Collapsed {
            clusters: vec![ClusterId(1)],
            blocks: vec![block],
            ..Collapsed::default()
        };
        let all = MatrixFilter::default();
        let layout = GridLayout::new(&grid, &collapsed, &all, &swapped);
        assert_eq!(layout.visual_rows, [Group(0), Group(1), Customer(2)]);
        assert_eq!(layout.visual_columns, [Block(block)]);
    }

    #[test]
    fn the_focus_comes_back_with_its_cell_unless_it_was_used_elsewhere() {
        Owner::new().with(|| {
            let state = MatrixState::new(
                of(&[Pending, Pending]),
                MatrixFilter::default(),
                (Collapsed::default(), Collapsed::default()),
                Arrangement::default(),
                CellIndex::default(),
            );
            let filter = |text: &str| {
                state.change_layout(|it| it.filter.update(|it| it.set_field_text(text.into())));
            };
            let focused = || untrack(|| state.focused_cell());
            let chosen = CellIndex { row: 0, column: 1 };
            let first = CellIndex { row: 1, column: 0 };
            state.select_cell(chosen);
            filter("r1");
            assert_eq!(focused(), Some(first));
            filter("neither");
            assert_eq!(focused(), None);
            filter("r");
            assert_eq!(focused(), Some(chosen));
            filter("r1");
            state.follow_focus((1, 0));
            filter("");
            assert_eq!(focused(), Some(first));
        });
    }
}
