//! Counts with their nouns, for the sentences of pages, the history and the command line.
use super::digit_groups::{group_digits, grouped};
use std::fmt::Display;

/// A count with its noun: "1 customer", "1,200 customers". Only for nouns with a plural in "s".
pub fn pluralize<N: Display + PartialEq + From<u8>>(n: N, one: &str) -> String {
    let ending = if n == N::from(1) { "" } else { "s" };
    format!("{} {one}{ending}", group_digits(&n.to_string()))
}

/// "1 pending copy", "3 pending copies".
pub fn pending_copies(n: u32) -> String {
    if n == 1 {
        "1 pending copy".to_owned()
    } else {
        format!("{} pending copies", grouped(n as usize))
    }
}

/// How many names of a list a sentence has.
pub const NAMED_MAX: usize = 3;

/// The first three of a list, and how many more there are: "Acme, Globex, Initech and 2 more".
pub fn first_of_list(names: &[&str], separator: &str) -> String {
    let named = &names[..names.len().min(NAMED_MAX)];
    let text = named.join(separator);
    match names.len() - named.len() {
        0 => text,
        n => format!("{text} and {} more", grouped(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_list_three_are_named_and_the_others_counted() {
        assert_eq!(first_of_list(&["Acme", "Globex"], ", "), "Acme, Globex");
        let many = ["Acme", "Globex", "Initech", "Hooli", "Umbrella"];
        let says = "Acme, Globex, Initech and 2 more";
        assert_eq!(first_of_list(&many, ", "), says);
        assert_eq!(first_of_list(&[], ", "), "");
    }

    #[test]
    fn one_thing_is_singular() {
        assert_eq!(pluralize(1, "customer"), "1 customer");
        assert_eq!(pluralize(0, "customer"), "0 customers");
        assert_eq!(pending_copies(2), "2 pending copies");
    }

    #[test]
    fn a_count_of_thousands_has_separators() {
        assert_eq!(pluralize(53_180, "cell"), "53,180 cells");
        assert_eq!(pending_copies(1_200), "1,200 pending copies");
    }
}
