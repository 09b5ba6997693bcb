//! Values that end the heredoc they stand in (R83): with a line of its own that is the end word, also together with the text and
//! the values beside them. All that follows would be commands. Only the server needs this.
use super::bash::{Heredoc, HeredocLines, QUOTES, ends_heredoc};

/// A line of a heredoc with variables in it.
#[derive(Clone, Debug)]
pub struct HeredocLine {
    word: Vec<LinePiece>,
    strips_tabs: bool,
    pieces: Vec<LinePiece>,
}

/// A piece of a line or of an end word: text, or the variable at this index of the text's variables.
#[derive(Clone, Debug)]
enum LinePiece {
    Text(String),
    Variable(usize),
}

/// The lines with variables of the heredocs in `text`, where one byte stands for each variable; `variables` says where, in order.
pub fn heredoc_lines(
    text: &str,
    heredocs: &[HeredocLines<'_>],
    variables: &[usize],
) -> Vec<HeredocLine> {
    let mut found = Vec::new();
    for it in heredocs {
        let first = variables.partition_point(|at| *at < it.start);
        let mut inside = (first..).zip(&variables[first..]).peekable();
        if inside.peek().is_none_or(|(_, at)| **at >= it.end) {
            continue;
        }
        let word = end_word(it.heredoc, variables);
        let mut from = it.start;
        for line in text[it.start..it.end].split('\n') {
            let end = from + line.len();
            let mut pieces = Vec::new();
            let mut at = from;
            while let Some((index, place)) = inside.next_if(|(_, place)| **place < end) {
                pieces.push(LinePiece::Text(text[at..*place].to_owned()));
                pieces.push(LinePiece::Variable(index));
                at = place + 1;
            }
            // The last line is the end word itself.
            if !pieces.is_empty() && end < it.end {
                pieces.push(LinePiece::Text(text[at..end].to_owned()));
                found.push(HeredocLine {
                    word: word.clone(),
                    strips_tabs: it.heredoc.strips_tabs,
                    pieces,
                });
            }
            from = end + 1;
        }
    }
    found
}

/// The delimiter of a heredoc, cut at its variables. `variables`: byte offsets of all variables in the text, ascending.
fn end_word(heredoc: Heredoc<'_>, variables: &[usize]) -> Vec<LinePiece> {
    let written = heredoc.written_word();
    let (start, end) = (heredoc.word_at, heredoc.word_at + written.len());
    let first = variables.partition_point(|at| *at < start);
    let mut pieces = Vec::new();
    let mut from = start;
    for (index, at) in (first..).zip(&variables[first..]) {
        if *at >= end {
            break;
        }
        pieces.push(LinePiece::Text(
            written[from - start..at - start].to_owned(),
        ));
        pieces.push(LinePiece::Variable(index));
        from = at + 1;
    }
    pieces.push(LinePiece::Text(written[from - start..].to_owned()));
    pieces
}

/// What ends a heredoc, and which value does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeredocEnd {
    /// The index of the variable with this value.
    pub variable: usize,
    /// What is wrong with the value, and what may help.
    pub message: String,
}

impl HeredocLine {
    /// What ends the heredoc here, if the variables have these values.
    pub fn ended_by(&self, value: impl Fn(usize) -> String) -> Option<HeredocEnd> {
        let word = self.word.iter().map(|it| match it {
            LinePiece::Text(text) => text.clone(),
            LinePiece::Variable(it) => value(*it),
        });
        let word = word.collect::<String>().replace(QUOTES, "");
        let is_ended = |other: Option<usize>| {
            let line = self.pieces.iter().map(|it| match it {
                LinePiece::Text(text) => text.clone(),
                LinePiece::Variable(it) if other == Some(*it) => "x".to_owned(),
                LinePiece::Variable(it) => value(*it),
            });
            // A copied text has LF only.
            let line: String = line.collect();
            let mut lines = line.split(['\n', '\r']);
            lines.any(|it| ends_heredoc(it, &word, self.strips_tabs))
        };
        if !is_ended(None) {
            return None;
        }
        let mut variables = self.pieces.iter().filter_map(|it| match it {
            LinePiece::Text(_) => None,
            LinePiece::Variable(it) => Some(*it),
        });
        let first = variables.next()?;
        let variable = if is_ended(Some(first)) {
            variables.find(|it| !is_ended(Some(*it))).unwrap_or(first)
        } else {
            first
        };
        Some(HeredocEnd {
            variable,
            message: format!(
                "contains the end of the heredoc, the line {word}: another word behind <<?"
            ),
        })
    }
}
