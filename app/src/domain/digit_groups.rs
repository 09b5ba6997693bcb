//! Numbers as they are read in texts: with a comma between groups of three digits.

/// A number with separators: "1,000".
pub fn grouped(n: usize) -> String {
    group_digits(&n.to_string())
}

/// The digits of a whole number, with separators.
pub fn group_digits(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The same of a count of rows.
pub fn grouped_count(n: u32) -> String {
    grouped(usize::try_from(n).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let texts = [0, 12, 999, 1_000, 12_345, 1_234_567].map(grouped);
        assert_eq!(grouped_count(53_180), "53,180");
        assert_eq!(texts, ["0", "12", "999", "1,000", "12,345", "1,234,567"]);
    }
}
