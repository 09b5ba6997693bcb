//! The names of chosen rows as one line of text.
use std::collections::BTreeSet;

/// The names of these ids in the order of `all`, which has them, and then the ids that it does not have: rows that are gone.
pub fn names_of<Id: Ord + ToString>(ids: &BTreeSet<Id>, all: &[(Id, String)]) -> String {
    let known = all.iter().filter(|it| ids.contains(&it.0));
    let mut names: Vec<String> = known.map(|it| it.1.clone()).collect();
    let gone = ids.iter().filter(|id| all.iter().all(|it| it.0 != **id));
    names.extend(gone.map(ToString::to_string));
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_choices_of_as_many_rows_read_differently() {
        let all = [(2, "Acme".to_owned()), (1, "Globex".to_owned())];
        let names = |ids: &[i32]| names_of(&ids.iter().copied().collect(), &all);
        assert_eq!(names(&[1, 2]), "Acme, Globex");
        assert_eq!((names(&[1]), names(&[2])), ("Globex".into(), "Acme".into()));
        assert_eq!((names(&[7]), names(&[])), ("7".into(), String::new()));
    }
}
