//! Iterator over the elements of a JSON array or object with their line numbers, so that an error can name the line.
//! The text must be valid JSON: nothing is checked here.

/// An element of an array, or a `"key": value` of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonItem<'a> {
    pub text: &'a str,
    /// Line number in the text, from 1.
    pub line: usize,
    /// Byte offset from the beginning of the array or object.
    pub offset: usize,
}

/// The elements of an array or the entries of an object.
#[derive(Clone, Debug)]
pub struct JsonItems<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> JsonItems<'a> {
    /// `text` is an array or object that begins on this line.
    pub fn new(text: &'a str, line: usize) -> Self {
        // The first byte is the bracket.
        Self { text, at: 1, line }
    }
}

impl<'a> Iterator for JsonItems<'a> {
    type Item = JsonItem<'a>;

    fn next(&mut self) -> Option<JsonItem<'a>> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' | b',' => {}
                b']' | b'}' => return None,
                _ => break,
            }
            self.at += 1;
        }
        let (offset, line) = (self.at, self.line);
        let (mut depth, mut in_text) = (0_usize, false);
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b'\\' if in_text => self.at += 1,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let text = self.text.get(offset..self.at)?.trim_end();
        (!text.is_empty()).then_some(JsonItem { text, line, offset })
    }
}

/// Splits an entry of an object into key and value. The offset of the value is relative to the object.
pub fn key_and_value<'a>(item: &JsonItem<'a>) -> Option<(String, JsonItem<'a>)> {
    let mut keys = serde_json::Deserializer::from_str(item.text).into_iter::<String>();
    let key = keys.next()?.ok()?;
    let rest = item.text.get(keys.byte_offset()..)?;
    let text = rest.trim_start().strip_prefix(':')?.trim_start();
    let skipped = item.text.len() - text.len();
    let lines = item.text.get(..skipped)?.matches('\n').count();
    let value = JsonItem {
        text,
        line: item.line + lines,
        offset: item.offset + skipped,
    };
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<(usize, &str)> {
        JsonItems::new(text, 1)
            .map(|it| (it.line, it.text))
            .collect()
    }

    #[test]
    fn elements_are_found_with_their_lines_whatever_stands_in_them() {
        let text = "[1,\n {\"a\": \"],}\\\"\\\\\", \"b\": [1,\n2]} ,\n\n\"x,]\"\n]";
        assert_eq!(
            items(text),
            [
                (1, "1"),
                (2, "{\"a\": \"],}\\\"\\\\\", \"b\": [1,\n2]}"),
                (5, "\"x,]\"")
            ]
        );
        for empty in ["[]", "{}", "[ \n ]"] {
            assert_eq!(items(empty), []);
        }
    }

    #[test]
    fn a_pair_is_a_key_and_a_value_with_its_line() {
        let text = "{\n\"a\\u0062\" :\n\n[1, 2],\n\"c\":\"d\"}";
        let found: Vec<_> = JsonItems::new(text, 7)
            .filter_map(|it| key_and_value(&it))
            .collect();
        assert_eq!(found[0].0, "ab");
        assert_eq!((found[0].1.text, found[0].1.line), ("[1, 2]", 10));
        assert_eq!((found[1].1.text, found[1].1.line), ("\"d\"", 11));
        for (_, value) in found {
            assert!(text[value.offset..].starts_with(value.text));
        }
    }

    #[test]
    fn what_is_no_list_has_no_elements_and_never_panics() {
        for text in ["", "5", "é", "[", "{\"a", "[\"\\"] {
            let _ = items(text);
        }
    }
}
