//! Lines of a text by offset, and the notes of an import by line.

use super::ImportNote;

/// The most notes of one import.
const NOTES_MAX: usize = 200;

/// Each line's place in a text.
pub struct LineIndex(Vec<usize>);

impl LineIndex {
    /// Looks through a text.
    pub fn new(source: &str) -> Self {
        let breaks = source.match_indices('\n').map(|it| it.0 + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The line of an offset; the first line is 1.
    pub fn at(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|it| *it <= offset)).unwrap_or(u32::MAX)
    }
}

/// The notes by line, not more than are read. An error that is not shown makes the last note one.
pub fn bounded(mut notes: Vec<ImportNote>) -> Vec<ImportNote> {
    notes.sort_by_key(|it| it.line);
    if notes.len() > NOTES_MAX {
        let rest = notes.split_off(NOTES_MAX - 1);
        notes.push(ImportNote {
            line: rest.first().map_or(1, |it| it.line),
            message: format!("{} more notes are not shown", rest.len()),
            is_error: rest.iter().any(|it| it.is_error),
            row: None,
        });
    }
    notes
}
