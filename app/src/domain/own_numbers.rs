//! Numbers of steps in a matrix. A row has the template's number; a customer with custom steps or an order of its own counts
//! otherwise, and then its own number is the one that its cell, its panel and its copied text show.
use super::{
    matrix::{CellIndex, Grid},
    varint_text::{self, VarintReader},
};

impl Grid {
    /// The number of a step in its customer's list, from 1.
    pub fn number(&self, at: CellIndex) -> usize {
        self.own_number(at).unwrap_or(at.row + 1)
    }

    /// The same, only where it is another than the row's.
    pub fn own_number(&self, at: CellIndex) -> Option<usize> {
        self.own_numbers.get(&self.index(at)).copied()
    }

    /// The number of a row, which is the template's. A custom step has none: it is in one customer's list only.
    pub fn row_number(&self, row: usize) -> Option<usize> {
        let is_template = self.rows.get(row)?.template.is_some();
        is_template.then_some(row + 1)
    }

    /// Numbers the steps of one customer by their rows, in the customer's order.
    pub fn set_order(&mut self, column: usize, rows: impl IntoIterator<Item = usize>) {
        for (position, row) in rows.into_iter().enumerate() {
            let number = position + 1;
            if number != row + 1 {
                let index = self.index(CellIndex { row, column });
                self.own_numbers.insert(index, number);
            }
        }
    }

    /// The own numbers of the wanted cells: the distance to the previous cell, and the number.
    pub(super) fn pack_own_numbers(&self, is_wanted: impl Fn(usize) -> bool) -> String {
        let mut numbers: Vec<(usize, usize)> =
            self.own_numbers.iter().map(|it| (*it.0, *it.1)).collect();
        numbers.retain(|it| is_wanted(it.0));
        numbers.sort_unstable();
        let as_i64 = |it: usize| i64::try_from(it).unwrap_or_default();
        let (mut packed, mut before) = (String::new(), 0);
        for (index, number) in numbers {
            varint_text::push(&mut packed, as_i64(index - before));
            varint_text::push(&mut packed, as_i64(number));
            before = index;
        }
        packed
    }

    /// Adds own numbers that were packed. Stops at the first malformed entry.
    pub(super) fn take_own_numbers(&mut self, packed: &str) {
        let mut numbers = VarintReader::new(packed);
        let mut next = || usize::try_from(numbers.next()?).ok();
        let mut index = 0_usize;
        while let Some((distance, number)) = next().zip(next()) {
            index = index.saturating_add(distance);
            self.own_numbers.insert(index, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        matrix_wire::PackedMatrix,
        vocabulary::StepStatus,
    };

    /// Three steps of the template and a custom one, by two customers. The second has an order of its own, and the custom step.
    fn ordered() -> Grid {
        let id = |at: CellIndex| i64::try_from(at.row * 2 + at.column).unwrap();
        let mut grid = grid(4, 2, |at| {
            let exists = at.row < 3 || at.column == 1;
            exists.then(|| cell(id(at), StepStatus::Pending))
        });
        grid.rows[3].template = None;
        grid.set_order(0, [0, 1, 2]);
        grid.set_order(1, [0, 3, 2, 1]);
        grid
    }

    #[test]
    fn a_customer_with_an_order_of_its_own_counts_by_it_and_others_by_the_template() {
        let grid = ordered();
        let of = |column| [0, 1, 2].map(|row| grid.number(CellIndex { row, column }));
        assert_eq!(of(0), [1, 2, 3]);
        assert_eq!(of(1), [1, 4, 3]);
        assert_eq!(grid.number(CellIndex { row: 3, column: 1 }), 2);
        assert_eq!(grid.own_number(CellIndex { row: 2, column: 1 }), None);
        let rows = [0, 1, 2, 3].map(|row| grid.row_number(row));
        assert_eq!(rows, [Some(1), Some(2), Some(3), None]);
    }

    #[test]
    fn own_numbers_survive_the_journey_to_the_page() {
        let before = ordered();
        let after = Grid::from(PackedMatrix::of(&before, CellIndex::default()));
        assert_eq!(after, before);
    }

    #[test]
    fn a_part_of_the_matrix_keeps_the_numbers_of_its_customers() {
        let mut grid = ordered();
        grid.columns[1].id = crate::domain::id::CustomerId(2);
        let part = grid.only(|customer, _| customer.0 == 2);
        let numbers = [0, 1, 2, 3].map(|row| part.number(CellIndex { row, column: 0 }));
        assert_eq!(numbers, [1, 4, 3, 2]);
    }
}
