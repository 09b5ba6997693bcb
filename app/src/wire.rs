//! How data travels: in postcard's format, which needs far less code in the WASM than JSON; and as text within a page.
use serde::{Serialize, de::DeserializeOwned};

/// Bytes as text for a page's script: letters that ASCII can show stay as they are, and compress well; the others move to
/// U+0100 and above, where nothing needs to be escaped.
pub fn to_text(value: &impl Serialize) -> Option<String> {
    let bytes = postcard::to_allocvec(value).ok()?;
    let text = bytes.into_iter().map(|it| match it {
        b'"' | b'\\' | b'<' | b'&' => moved(it),
        b' '..=b'~' => char::from(it),
        _ => moved(it),
    });
    Some(text.collect())
}

fn moved(byte: u8) -> char {
    char::from_u32(0x100 + u32::from(byte)).unwrap_or_default()
}

pub fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    // The low byte is the byte, moved or not.
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
