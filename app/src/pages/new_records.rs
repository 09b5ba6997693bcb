//! Holds back from a list what others have added since it was shown, and tells how much that is, until the person asks for it: rows do
//! not move under their reader (R32).
use crate::{
    components::new_rows::{NewRows, tell_new},
    domain::plural::pluralize,
};
use leptos::prelude::*;

/// What a list of records holds back.
#[derive(Clone, Copy)]
pub struct NewRecords {
    /// The newest record that is shown; none before the first, and once the person has asked for all.
    newest: StoredValue<Option<i64>>,
    text: RwSignal<Option<String>>,
    on_show: Callback<()>,
}

impl NewRecords {
    /// Nothing is held back yet. `refetch` reads the list again.
    pub fn new(refetch: Callback<()>) -> Self {
        let newest = StoredValue::new(None);
        let text = RwSignal::new(None);
        let on_show = Callback::new(move |()| {
            newest.set_value(None);
            text.set(None);
            refetch.run(());
        });
        Self {
            newest,
            text,
            on_show,
        }
    }

    /// Takes what is new out of a list that was read: "1 new customer · Show". `id` is that of a row, and `one` what a row is. Answers
    /// the line that says it.
    pub fn hold_back<T>(self, all: &mut Vec<T>, id: fn(&T) -> i64, one: &str) -> AnyView {
        let before = self.newest.try_get_value().flatten();
        let n = take_newer(all, before, id);
        tell_new(
            self.text,
            (n > 0).then(|| pluralize(n, &format!("new {one}"))),
        );
        let shown = all.iter().map(id).max();
        let _ = self.newest.try_set_value(shown.max(before));
        view! { <NewRows text=self.text on_show=self.on_show/> }.into_any()
    }
}

/// Takes out the rows that are newer than the newest that is shown, unless no other would be left. Answers how many.
fn take_newer<T>(all: &mut Vec<T>, newest: Option<i64>, id: fn(&T) -> i64) -> usize {
    let is_new = |it: &T| newest.is_some_and(|newest| id(it) > newest);
    let n = all.iter().filter(|it| is_new(it)).count();
    if n == all.len() {
        return 0;
    }
    all.retain(|it| !is_new(it));
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_records_are_held_back_unless_no_other_is_there() {
        let held = |ids: &[i64], newest: Option<i64>| {
            let mut all = ids.to_vec();
            (take_newer(&mut all, newest, |it| *it), all)
        };
        assert_eq!(held(&[9, 3, 7, 5], Some(5)), (2, vec![3, 5]));
        assert_eq!(held(&[3, 5], Some(5)), (0, vec![3, 5]));
        assert_eq!(held(&[9, 7], Some(5)), (0, vec![9, 7]));
        assert_eq!(held(&[9, 7], None), (0, vec![9, 7]));
        assert_eq!(held(&[], Some(5)), (0, vec![]));
    }
}
