//! Binary serialization between server and browser: postcard, which needs far less WASM code than JSON; and its
//! encoding as text within an HTML page.
use serde::{Serialize, de::DeserializeOwned};

/// Serializes a value as text for a script element. Printable ASCII stays as it is, so that it compresses well; other
/// bytes move to U+0100 and above, where nothing needs escaping. None if postcard cannot serialize the value.
pub fn to_text(value: &impl Serialize) -> Option<String> {
    let bytes = postcard::to_allocvec(value).ok()?;
    let text = bytes.into_iter().map(|it| match it {
        b'"' | b'\\' | b'<' | b'&' => shifted(it),
        b' '..=b'~' => char::from(it),
        _ => shifted(it),
    });
    Some(text.collect())
}

fn shifted(byte: u8) -> char {
    char::from_u32(0x100 + u32::from(byte)).unwrap_or_default()
}

/// Reads what `to_text` wrote; none if it is malformed.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    // The low byte of each character is the original byte.
    let byte = |it: char| u8::try_from(u32::from(it) & 0xff).ok();
    let bytes: Vec<u8> = text.chars().filter_map(byte).collect();
    postcard::from_bytes(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_into_a_page_is_read_back_and_needs_no_escaping(value: (Vec<u8>, String, Option<i64>)) {
            let text = to_text(&value).unwrap();
            prop_assert!(text.chars().all(|it| !it.is_control() && !matches!(it, '"' | '\\' | '<' | '&')));
            prop_assert_eq!(from_text::<(Vec<u8>, String, Option<i64>)>(&text).unwrap(), value);
        }
    }
}
