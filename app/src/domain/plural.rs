//! Counts with their nouns, for the sentences of pages, the history and the command line.
use std::fmt::Display;

/// A count with its noun: "1 customer", "12 customers". Only for nouns with a plural in "s".
pub fn pluralize<N: Display + PartialEq + From<u8>>(n: N, one: &str) -> String {
    let ending = if n == N::from(1) { "" } else { "s" };
    format!("{n} {one}{ending}")
}

/// "1 pending copy", "3 pending copies".
pub fn pending_copies(n: u32) -> String {
    if n == 1 {
        "1 pending copy".to_owned()
    } else {
        format!("{n} pending copies")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular() {
        assert_eq!(pluralize(1, "customer"), "1 customer");
        assert_eq!(pluralize(0, "customer"), "0 customers");
        assert_eq!(pending_copies(2), "2 pending copies");
    }
}
