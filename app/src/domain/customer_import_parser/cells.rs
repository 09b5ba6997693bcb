//! Splits a table into records and cells as RFC 4180 says: a cell in double quotes may hold separators and line breaks,
//! and `""` within it is one quote. Real files bend the rule, so a quote that does not enclose a whole cell is an
//! ordinary character, and no quote that was left open takes the rows below it along.

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Char(char),
    /// `|` of a table with pipes at its edges, as Markdown has them: `\|` belongs to its cell.
    Pipes,
    /// Two blanks or more: columns that are aligned on a terminal.
    Blanks,
}

/// In the order of preference if two explain a text equally well.
pub const SEPARATORS: [Separator; 5] = [
    Separator::Char(';'),
    Separator::Char('\t'),
    Separator::Char(','),
    Separator::Char('|'),
    Separator::Blanks,
];

/// One cell; without its quotes if it had them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableCell {
    pub text: String,
    /// Whether it was between double quotes.
    pub is_quoted: bool,
    /// It begins with a quote that nothing closes.
    pub is_unclosed: bool,
}

/// One row of a table.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The line on which it begins, counted from 1.
    pub line: u32,
    /// As it is in the text, without the line break at its end.
    pub raw: &'a str,
    /// At least one.
    pub cells: Vec<TableCell>,
}

impl Record<'_> {
    /// How many cells there are up to the last one that says something.
    pub fn width(&self) -> usize {
        let last = self.cells.iter().rposition(|it| !it.text.is_empty());
        last.map_or(0, |index| index + 1)
    }

    /// How many cells say something.
    pub fn filled(&self) -> usize {
        self.cells.iter().filter(|it| !it.text.is_empty()).count()
    }
}

impl Separator {
    /// The length in bytes of the separator at the start of `rest`; 0 if there is none.
    fn length_at(self, rest: &str) -> usize {
        match self {
            Self::Char(it) if rest.starts_with(it) => it.len_utf8(),
            Self::Char(_) => 0,
            Self::Pipes => usize::from(rest.starts_with('|')),
            Self::Blanks => {
                let blanks = &rest[..blanks_at(rest)];
                if blanks.chars().nth(1).is_some() {
                    blanks.len()
                } else {
                    0
                }
            }
        }
    }

    /// The length in bytes of the blanks at the start of `rest` that separate nothing.
    fn padding_at(self, rest: &str) -> usize {
        let is_padding = |it: char| (is_blank(it) || it == '\t') && self != Self::Char(it);
        rest.len() - rest.trim_start_matches(is_padding).len()
    }
}

/// Records of `text`, whose first line has the number `first_line`. Line breaks are `\n` only.
pub fn records(text: &str, first_line: u32, separator: Separator) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    let (mut rest, mut line) = (text, first_line);
    while !rest.is_empty() {
        let mut cells = Vec::new();
        let mut end = match separator {
            Separator::Char(_) | Separator::Pipes => 0,
            Separator::Blanks => blanks_at(rest),
        };
        loop {
            let (cell, length) = cell_at(&rest[end..], separator);
            cells.push(cell);
            end += length;
            match separator.length_at(&rest[end..]) {
                0 => break,
                length => end += length,
            }
        }
        let raw = &rest[..end];
        records.push(Record { line, raw, cells });
        let breaks = raw.matches('\n').count() + 1;
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    records
}

/// The cell at the start of `rest`, and its length in bytes.
fn cell_at(rest: &str, separator: Separator) -> (TableCell, usize) {
    let padding = separator.padding_at(rest);
    if let Some((text, length)) = quoted_at(&rest[padding..]) {
        let after = &rest[padding + length..];
        let tail = match separator.length_at(after) {
            0 => separator.padding_at(after),
            _ => 0,
        };
        let next = &after[tail..];
        if next.is_empty() || next.starts_with('\n') || separator.length_at(next) > 0 {
            let cell = TableCell {
                text,
                is_quoted: true,
                is_unclosed: false,
            };
            return (cell, padding + length + tail);
        }
    }
    let end = rest
        .char_indices()
        .find(|&(at, it)| {
            let is_escaped = separator == Separator::Pipes && rest[..at].ends_with('\\');
            it == '\n' || separator.length_at(&rest[at..]) > 0 && !is_escaped
        })
        .map_or(rest.len(), |(at, _)| at);
    let text = trimmed(&rest[..end]);
    let text = match separator {
        Separator::Pipes => text.replace("\\|", "|"),
        Separator::Char(_) | Separator::Blanks => text.to_owned(),
    };
    let is_unclosed = text.starts_with('"') && text.matches('"').count() % 2 == 1;
    let cell = TableCell {
        text,
        is_quoted: false,
        is_unclosed,
    };
    (cell, end)
}

/// The text in quotes at the start of `rest`, and its length in bytes with the quotes.
fn quoted_at(rest: &str) -> Option<(String, usize)> {
    let inner = rest.strip_prefix('"')?;
    let mut text = String::new();
    let mut letters = inner.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            text.push(letter);
        } else if letters.next_if(|it| it.1 == '"').is_some() {
            text.push('"');
        } else {
            return Some((text, at + 2));
        }
    }
    None
}

/// The cells of a line whose columns begin where those of `head` begin, as tools print them; none if a word of the line
/// crosses such a border. A cell may be empty.
pub fn aligned(head: &str, line: &str) -> Option<Vec<TableCell>> {
    if head.contains('\t') || line.contains('\t') {
        return None;
    }
    let heads: Vec<char> = head.chars().collect();
    let letters: Vec<char> = line.chars().collect();
    let is_start = |at: usize| {
        let mut before = heads[..at].iter().rev().take(2);
        !heads[at].is_whitespace() && before.all(|it| it.is_whitespace())
    };
    let starts: Vec<usize> = (0..heads.len()).filter(|&at| is_start(at)).collect();
    let is_border = |at: usize| at == 0 || letters.get(at - 1).is_none_or(|it| it.is_whitespace());
    if !starts.iter().all(|&at| is_border(at)) {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let cells = starts.iter().zip(ends).map(|(&start, end)| {
        let end = end.min(letters.len());
        let text: String = letters.get(start..end).unwrap_or_default().iter().collect();
        TableCell {
            text: trimmed(&text).to_owned(),
            ..TableCell::default()
        }
    });
    Some(cells.collect())
}

/// Trims white space and zero-width characters from both ends.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|it: char| it.is_whitespace() || is_zero_width(it))
}

/// A character without a width: copied along from web pages and chats.
pub fn is_zero_width(it: char) -> bool {
    matches!(
        it,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

fn is_blank(it: char) -> bool {
    !matches!(it, '\n' | '\t') && it.is_whitespace()
}

fn blanks_at(text: &str) -> usize {
    text.len() - text.trim_start_matches(is_blank).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMA: Separator = Separator::Char(',');

    fn cells(text: &str, separator: Separator) -> Vec<Vec<String>> {
        records(text, 1, separator)
            .into_iter()
            .map(|it| it.cells.into_iter().map(|it| it.text).collect())
            .collect()
    }

    #[test]
    fn a_cell_in_quotes_may_hold_separators_quotes_and_line_breaks() {
        let text = " a ,\"b, c\", \"d \"\"e\"\"\" ,f\"g\n\"two\nlines\",\" kept \"\nlast";
        assert_eq!(
            cells(text, COMMA),
            [
                vec!["a", "b, c", "d \"e\"", "f\"g"],
                vec!["two\nlines", " kept "],
                vec!["last"]
            ]
        );
        let lines: Vec<u32> = records(text, 1, COMMA).iter().map(|it| it.line).collect();
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn a_quote_that_encloses_no_whole_cell_is_an_ordinary_character() {
        assert_eq!(
            cells("\"Best\" Tools, best", COMMA),
            [["\"Best\" Tools", "best"]]
        );
        let open = records("\"Open, open\n24\" Rims, rims\n\"B, Inc\",b", 1, COMMA);
        assert_eq!(open.len(), 3);
        assert!(open[0].cells[0].is_unclosed && !open[1].cells[0].is_unclosed);
        assert_eq!(open[2].cells[0].text, "B, Inc");
    }

    #[test]
    fn two_blanks_separate_and_one_does_not() {
        let text = "  Acme Corp   acme  A=1 \nB  b";
        assert_eq!(
            cells(text, Separator::Blanks),
            [vec!["Acme Corp", "acme", "A=1"], vec!["B", "b"]]
        );
    }

    #[test]
    fn an_escaped_pipe_belongs_to_its_cell() {
        assert_eq!(
            cells("| A \\| B | ab |\n|C\\\\|c|", Separator::Pipes),
            [vec!["", "A | B", "ab", ""], vec!["", "C\\|c", ""]]
        );
        assert_eq!(cells("C:\\|x", Separator::Char('|')), [vec!["C:\\", "x"]]);
    }

    #[test]
    fn aligned_columns_may_have_empty_cells() {
        let head = "NAME   DISPLAY NAME   STATUS";
        let texts = |line: &str| {
            let cells = aligned(head, line)?;
            Some(cells.into_iter().map(|it| it.text).collect::<Vec<_>>())
        };
        assert_eq!(
            texts("acme                  Active").unwrap(),
            ["acme", "", "Active"]
        );
        assert_eq!(
            texts("b      Big One        Active").unwrap(),
            ["b", "Big One", "Active"]
        );
        assert_eq!(texts("acme-prod-eu          Active"), None);
        assert_eq!(texts("a").unwrap(), ["a", "", ""]);
    }

    proptest! {
        #[test]
        fn every_line_of_a_text_belongs_to_one_record(text in "([a-z\",; \t#|]|\n|  ){0,80}", comma in any::<bool>()) {
            let separator = if comma { COMMA } else { Separator::Blanks };
            let records = records(&text, 1, separator);
            let raws: Vec<&str> = records.iter().map(|it| it.raw).collect();
            prop_assert_eq!(raws.join("\n"), text.strip_suffix('\n').unwrap_or(&text));
            for record in &records {
                let before = text.lines().take(record.line as usize - 1).map(|it| it.len() + 1).sum::<usize>();
                prop_assert!(text[before..].starts_with(record.raw));
            }
        }
    }
}
