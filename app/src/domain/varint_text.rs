//! Variable-length integers as text, for compact lists in JSON and HTML: base64 digits with five bits each, least
//! significant first; the sixth bit marks a continuation. Zigzag encoding lets -16..16 take one character.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 digit of a number below 64.
pub fn encode_digit(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 63)])
}

/// The number of a base64 digit; none for any other byte.
pub fn decode_digit(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

/// Appends a number.
pub fn push(text: &mut String, number: i64) {
    // Zigzag: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
    let mut rest = number.cast_unsigned().wrapping_shl(1) ^ (number >> 63).cast_unsigned();
    loop {
        let low = u8::try_from(rest & 31).unwrap_or_default();
        rest >>= 5;
        text.push(encode_digit(if rest == 0 { low } else { low | 32 }));
        if rest == 0 {
            break;
        }
    }
}

/// Reads numbers one by one; ends at the first invalid character.
pub struct VarintReader<'a>(std::slice::Iter<'a, u8>);

impl<'a> VarintReader<'a> {
    /// Reads from the start of the text.
    pub fn new(text: &'a str) -> Self {
        Self(text.as_bytes().iter())
    }
}

impl Iterator for VarintReader<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let (mut zigzag, mut shift) = (0_u64, 0);
        loop {
            let low = decode_digit(*self.0.next()?)?;
            zigzag |= u64::from(low & 31).checked_shl(shift)?;
            shift += 5;
            if low & 32 == 0 {
                return Some((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()));
            }
        }
    }
}

/// Predicts step ids, row by row. Copies are inserted customer by customer, so an id is usually the one above plus
/// the difference between its left neighbour and the one above that.
pub struct IdPrediction {
    above: Vec<i64>,
    column: usize,
    left: i64,
    above_left: i64,
}

impl IdPrediction {
    /// For a matrix with this number of columns.
    pub fn new(n_columns: usize) -> Self {
        Self {
            above: vec![0; n_columns.max(1)],
            column: 0,
            left: 0,
            above_left: 0,
        }
    }

    /// The predicted id of the next cell.
    pub fn predict(&self) -> i64 {
        self.above[self.column]
            .wrapping_add(self.left)
            .wrapping_sub(self.above_left)
    }

    /// Records the id of the next cell.
    pub fn record(&mut self, id: i64) {
        self.above_left = std::mem::replace(&mut self.above[self.column], id);
        self.left = id;
        self.column += 1;
        if self.column == self.above.len() {
            (self.column, self.left, self.above_left) = (0, 0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_numbers_take_one_letter() {
        let mut text = String::new();
        (-16..16).for_each(|it| push(&mut text, it));
        assert_eq!(text.len(), 32);
    }

    #[test]
    fn a_broken_text_ends_the_list() {
        assert_eq!(VarintReader::new("AC!A").collect::<Vec<_>>(), [0, 1]);
        assert_eq!(VarintReader::new("gggggggggggggggggggggg").next(), None);
    }

    proptest! {
        #[test]
        fn numbers_survive_the_journey(numbers in prop::collection::vec(any::<i64>(), 0..50)) {
            let mut text = String::new();
            numbers.iter().for_each(|it| push(&mut text, *it));
            prop_assert_eq!(VarintReader::new(&text).collect::<Vec<_>>(), numbers);
        }
    }
}
