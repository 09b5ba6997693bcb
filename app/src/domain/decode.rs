//! Files as text (R84): UTF-8, or what the byte order mark says. Anything else is refused at its first bad byte, instead of
//! being read with letters missing.

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// `offset` counts bytes from 0.
    #[error(
        "This file isn't UTF-8: byte 0x{byte:02X} at offset {offset}. Save it as UTF-8 and try again"
    )]
    NotUtf8 { offset: usize, byte: u8 },
    #[error(
        "This file begins as UTF-16 but isn't: byte 0x{byte:02X} at offset {offset}. Save it as UTF-8 and try again"
    )]
    NotUtf16 { offset: usize, byte: u8 },
}

/// The text of a file. A byte order mark is kept at its start, so that `normalize::notices` can report its removal.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

/// NUL is no text: UTF-16 without a byte order mark is full of it.
fn utf8(bytes: &[u8]) -> Result<String, DecodeError> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => {
            return Ok(text.to_owned());
        }
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let nul = bytes[..valid].iter().position(|it| *it == 0);
    let offset = nul.unwrap_or(valid);
    Err(DecodeError::NotUtf8 {
        offset,
        byte: bytes.get(offset).copied().unwrap_or_default(),
    })
}

/// `bytes` are those behind the byte order mark.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    const MARK: char = '\u{feff}';
    const MARK_BYTES: usize = 2;
    let bad = |offset: usize| DecodeError::NotUtf16 {
        offset: MARK_BYTES + offset,
        byte: bytes.get(offset).copied().unwrap_or_default(),
    };
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(MARK.len_utf8() + bytes.len());
    text.push(MARK);
    let mut at = 0;
    for letter in char::decode_utf16(pairs.iter().map(|it| unit(*it))) {
        let letter = letter.map_err(|_| bad(at))?;
        text.push(letter);
        at += 2 * letter.len_utf16();
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err(bad(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str, mark: [u8; 2], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect()
    }

    #[test]
    fn the_byte_order_mark_says_how_a_file_is_read() {
        let text = "Müller 😀\r\n";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        let marked = format!("\u{feff}{text}");
        assert_eq!(decode(marked.as_bytes()).unwrap(), marked);
        assert_eq!(
            decode(&encoded(text, [0xff, 0xfe], u16::to_le_bytes)).unwrap(),
            marked
        );
        assert_eq!(
            decode(&encoded(text, [0xfe, 0xff], u16::to_be_bytes)).unwrap(),
            marked
        );
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn a_file_that_is_not_utf_8_is_refused_with_its_first_bad_byte() {
        let refused = |bytes: &[u8]| decode(bytes).unwrap_err();
        let bad = |offset, byte| DecodeError::NotUtf8 { offset, byte };
        assert_eq!(refused(b"M\xfcller"), bad(1, 0xfc));
        assert_eq!(refused(b"\xef\xbb\xbfab\xc3"), bad(5, 0xc3));
        assert_eq!(refused(b"a\0b\0"), bad(1, 0));
        assert_eq!(refused(b"a\0\xff"), bad(1, 0));
        assert_eq!(
            bad(1, 0xfc).to_string(),
            "This file isn't UTF-8: byte 0xFC at offset 1. Save it as UTF-8 and try again"
        );
    }

    #[test]
    fn utf_16_that_is_cut_or_has_half_a_letter_is_refused() {
        let refused = |bytes: &[u8]| decode(bytes).unwrap_err();
        let bad = |offset, byte| DecodeError::NotUtf16 { offset, byte };
        assert_eq!(refused(b"\xff\xfea\0b"), bad(4, b'b'));
        assert_eq!(refused(b"\xff\xfea\0\x3d\xd8b\0"), bad(4, 0x3d));
        assert_eq!(refused(b"\xfe\xff\0a\xdc\x00"), bad(4, 0xdc));
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_any_bytes_are_no_panic(text in "[^\0\u{feff}]{0,20}", bytes: Vec<u8>) {
            prop_assert_eq!(&decode(text.as_bytes()).unwrap(), &text);
            prop_assert_eq!(decode(&encoded(&text, [0xff, 0xfe], u16::to_le_bytes)).unwrap(), format!("\u{feff}{text}"));
            let _ = decode(&bytes);
        }
    }
}
