//! Queue of moves by keyboard in a sortable list: a move that is asked for while an earlier order is being saved waits until
//! that order is rendered.
use std::cell::RefCell;

thread_local! {
    /// Ids of rows, and by how many positions each is to be moved; oldest first.
    static WAITING: RefCell<Vec<(i64, isize)>> = const { RefCell::new(Vec::new()) };
}

/// Adds a move of a row by `by` positions; moves of one row in succession add up.
pub fn push(id: i64, by: isize) {
    WAITING.with_borrow_mut(|all| match all.last_mut() {
        Some(last) if last.0 == id => last.1 += by,
        _ => all.push((id, by)),
    });
}

/// Takes the next move of a row of this list. Moves of rows of other lists are dropped.
pub fn next(ids: &[i64]) -> Option<(i64, isize)> {
    WAITING.with_borrow_mut(|all| {
        all.retain(|it| it.1 != 0 && ids.contains(&it.0));
        (!all.is_empty()).then(|| all.remove(0))
    })
}

/// Empties the queue, because the earlier order was refused.
pub fn clear() {
    WAITING.take();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_on_one_row_add_up_and_rows_of_other_lists_are_left_out() {
        push(7, 1);
        push(7, 1);
        push(8, -1);
        push(9, 1);
        push(9, -1);
        assert_eq!(next(&[7, 9]), Some((7, 2)));
        assert_eq!(next(&[7, 9]), None);
        push(7, 1);
        clear();
        assert_eq!(next(&[7]), None);
    }
}
