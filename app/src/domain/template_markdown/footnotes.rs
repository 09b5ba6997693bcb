//! Tells footnotes from other prose.

/// What is behind the label of a footnote, `[^1]: The note.`, or of a link definition, `[wiki]: https://wiki`.
fn behind_label(line: &str) -> Option<&str> {
    let (label, rest) = line.strip_prefix('[')?.split_once("]:")?;
    let is_label = !label.is_empty() && !label.contains(['[', ']']);
    is_label.then_some(rest)
}

/// Whether a text is nothing but footnotes: `[^1]: The note.`, with the lines that they go on in, and definitions of links.
pub fn is_footnotes(text: &str) -> bool {
    let is_note = |it: &str| {
        let label = it.strip_prefix("[^").and_then(|it| it.split_once("]:"));
        label.is_some_and(|it| !it.0.contains(char::is_whitespace))
    };
    let is_definition = |it: &str| {
        let target = behind_label(it).map(str::trim);
        target.is_some_and(|it| !it.is_empty() && !it.contains(' '))
    };
    if !text.lines().any(is_note) {
        return false;
    }
    let mut is_open = false;
    text.lines().all(|line| {
        // A line right below a note is part of it.
        let is_part =
            is_note(line) || is_definition(line) || is_open || line.starts_with([' ', '\t']);
        is_open = !line.trim().is_empty() && (is_open || is_note(line));
        is_part || line.trim().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footnotes_are_told_from_other_prose() {
        for text in [
            "[^1]: The note.",
            "[^a]: One.\n[^b]: Two.",
            "[^1]: The\n    note.\n\n[^2]: More.",
            "[^1]: The note.\n[wiki]: https://wiki",
            "[wiki]: https://wiki\n[^1]: The note.",
            "[^1]: The note\ngoes on here.\n\n[^2]: More.",
        ] {
            assert!(is_footnotes(text), "{text}");
        }
        for text in [
            "",
            "See [^1]: there.",
            "[^1]: The note.\n\nAnd more.",
            "And more.\n[^1]: The note.",
            "[a]: https://x\n\n[note]: is in the wiki\n[^1]: The note.",
            "[1]: https://x",
            "[^1] alone",
        ] {
            assert!(!is_footnotes(text), "{text}");
        }
    }
}
