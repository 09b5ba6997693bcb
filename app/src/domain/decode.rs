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
    /// UTF-8 allows it, but it is no text: UTF-16 without a byte order mark is full of it.
    #[error(
        "This file isn't text: it has a NUL byte (0x00) at offset {offset}. Save it as UTF-8 and try again"
    )]
    Nul { offset: usize },
    #[error("This file is UTF-32. Save it as UTF-8 and try again")]
    Utf32,
}

/// The text of a file. A byte order mark is kept at its start, so that `normalize::notices` can report its removal.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    match bytes {
        // The mark of UTF-16 and a NUL, which would be no text either.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err(DecodeError::Utf32),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, DecodeError> {
    let text = std::str::from_utf8(bytes);
    let valid = text.map_or_else(|error| error.valid_up_to(), str::len);
    if let Some(offset) = bytes[..valid].iter().position(|it| *it == 0) {
        return Err(DecodeError::Nul { offset });
    }
    text.map(str::to_owned).map_err(|_| DecodeError::NotUtf8 {
        offset: valid,
        byte: bytes.get(valid).copied().unwrap_or_default(),
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
        if letter == '\0' {
            let offset = MARK_BYTES + at;
            return Err(DecodeError::Nul { offset });
        }
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
        assert_eq!(
            bad(1, 0xfc).to_string(),
            "This file isn't UTF-8: byte 0xFC at offset 1. Save it as UTF-8 and try again"
        );
    }

    #[test]
    fn a_file_with_a_nul_byte_or_of_utf_32_is_refused_as_what_it_is() {
        let refused = |bytes: &[u8]| decode(bytes).unwrap_err();
        let nul = |offset| DecodeError::Nul { offset };
        assert_eq!(refused(b"a\0b\0"), nul(1));
        assert_eq!(refused(b"a\0\xff"), nul(1));
        assert_eq!(refused(b"\xff\xfea\0\0\0"), nul(4));
        assert_eq!(
            nul(1).to_string(),
            "This file isn't text: it has a NUL byte (0x00) at offset 1. Save it as UTF-8 and try again"
        );
        for marked in [b"\xff\xfe\0\0a\0\0\0", b"\0\0\xfe\xff\0\0\0a"] {
            assert_eq!(refused(marked), DecodeError::Utf32);
        }
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
