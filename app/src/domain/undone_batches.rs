//! Which batches of the history are undone as it stands: a batch whose undo was undone in its turn is not.
use std::collections::{HashMap, HashSet};

/// The batches that are undone. `undos` are all undos of the batches in question, the undos of those undos and so on, each with the
/// batch that it undoes. Undos in a circle, which only a forged history has (R88), undo nothing.
pub fn undone_batches(undos: &[(String, String)]) -> HashSet<&str> {
    let undoes: HashMap<&str, &str> = undos
        .iter()
        .map(|(undo, of)| (undo.as_str(), of.as_str()))
        .collect();
    // How many undos of a batch are not known yet to be undone or not.
    let mut n_unknown: HashMap<&str, usize> = HashMap::new();
    for of in undoes.values().copied() {
        *n_unknown.entry(of).or_default() += 1;
    }
    let newest = undoes.keys().filter(|it| !n_unknown.contains_key(*it));
    let mut known: Vec<&str> = newest.copied().collect();
    let mut undone = HashSet::new();
    while let Some(undo) = known.pop() {
        let Some(of) = undoes.get(undo).copied() else {
            continue;
        };
        if !undone.contains(undo) {
            undone.insert(of);
        }
        if let Some(n) = n_unknown.get_mut(of) {
            *n -= 1;
            if *n == 0 {
                known.push(of);
            }
        }
    }
    undone
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The undone ones, by name. The first of a pair undoes the second.
    fn undone(undos: &[(&str, &str)]) -> Vec<String> {
        let undos: Vec<_> = undos
            .iter()
            .map(|(undo, of)| ((*undo).to_owned(), (*of).to_owned()))
            .collect();
        let mut undone: Vec<_> = undone_batches(&undos)
            .into_iter()
            .map(str::to_owned)
            .collect();
        undone.sort();
        undone
    }

    #[test]
    fn a_batch_is_undone_only_as_long_as_its_undo_is_not() {
        assert!(undone(&[]).is_empty());
        assert_eq!(undone(&[("undo", "mark")]), ["mark"]);
        let redone = [("undo", "mark"), ("redo", "undo")];
        assert_eq!(undone(&redone), ["undo"]);
        let again = [("undo", "mark"), ("redo", "undo"), ("third", "redo")];
        assert_eq!(undone(&again), ["mark", "redo"]);
    }

    #[test]
    fn one_of_several_undos_that_holds_is_enough() {
        let twice = [("first", "mark"), ("redo", "first"), ("second", "mark")];
        assert_eq!(undone(&twice), ["first", "mark"]);
        let both = [twice.as_slice(), &[("last", "second")]].concat();
        assert_eq!(undone(&both), ["first", "second"]);
    }

    #[test]
    fn undos_in_a_circle_undo_nothing() {
        assert!(undone(&[("a", "b"), ("b", "a")]).is_empty());
        assert!(undone(&[("a", "a")]).is_empty());
    }
}
