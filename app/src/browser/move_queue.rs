//! Moves of rows in a sortable list that were asked for while an earlier order was being saved: they are done once that is
//! shown.
use std::cell::RefCell;

thread_local! {
    /// The rows, and by how many places each is to be moved; oldest first.
    static WAITING: RefCell<Vec<(i64, isize)>> = const { RefCell::new(Vec::new()) };
}

/// Moves a row by so many places once the requested order is shown.
pub fn wait(id: i64, by: isize) {
    WAITING.with_borrow_mut(|all| match all.last_mut() {
        Some(last) if last.0 == id => last.1 += by,
        _ => all.push((id, by)),
    });
}

/// The next row of a list that waits to be moved.
pub fn next(ids: &[i64]) -> Option<(i64, isize)> {
    WAITING.with_borrow_mut(|all| {
        all.retain(|it| it.1 != 0 && ids.contains(&it.0));
        (!all.is_empty()).then(|| all.remove(0))
    })
}

/// Forgets all, because the earlier order was refused.
pub fn clear() {
    WAITING.take();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_on_one_row_add_up_and_rows_of_other_lists_are_left_out() {
        wait(7, 1);
        wait(7, 1);
        wait(8, -1);
        wait(9, 1);
        wait(9, -1);
        assert_eq!(next(&[7, 9]), Some((7, 2)));
        assert_eq!(next(&[7, 9]), None);
        wait(7, 1);
        clear();
        assert_eq!(next(&[7]), None);
    }
}
