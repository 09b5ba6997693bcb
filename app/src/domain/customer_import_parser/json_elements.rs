//! Where the elements of a JSON list begin in its text, for the lines that rows have.

/// The line on which a value begins, and those of the elements of its list.
pub fn element_lines(text: &str, first_line: u32) -> Vec<u32> {
    let (mut lines, mut line, mut before) = (Vec::new(), first_line, 0);
    for start in element_starts(text) {
        let passed = text.get(before..start).unwrap_or_default();
        let breaks = passed.matches('\n').count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        before = start;
        lines.push(line);
    }
    lines
}

/// Where a value begins, in bytes, and where the elements of its list do: the value itself or a list in it.
pub fn element_starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut open = Vec::new();
    let (mut is_awaited, mut in_text, mut is_escaped) = (true, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            in_text = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let is_in_list = matches!(open.as_slice(), [] | [b'['] | [b'{', b'[']);
        if is_awaited && is_in_list && byte != b']' {
            starts.push(at);
            is_awaited = false;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => open.push(byte),
            b']' | b'}' => {
                open.pop();
            }
            _ => {}
        }
        is_awaited |=
            matches!(byte, b'[' | b',') && matches!(open.as_slice(), [b'['] | [b'{', b'[']);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_a_list_know_their_line() {
        let text = "\n{\n \"items\": [\n  {\"a\": [1, 2]},\n  {\"b\": \"[{\\\"\"}\n ], \"z\": 1\n}";
        assert_eq!(element_lines(text, 1), [2, 4, 5]);
        assert_eq!(element_lines("[\"a\",\n\"b\"]", 3), [3, 3, 4]);
        assert_eq!(element_lines("[]", 1), [1]);
    }
}
