//! Status information of cells: who set the state, when and why, and which variables are unresolved; with its wire
//! format for many cells.
use super::varint_text::{self, VarintReader};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Who set the state of a cell, when, and why. Cells that were never acted on have none. Cells share the texts, since 100,000
/// cells have only a few different ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The name of the person.
    pub by: Arc<str>,
    pub at: DateTime<Utc>,
    /// The first `REASON_PREVIEW_CHARS` characters of the reason, if one was given.
    pub reason: Option<Arc<str>>,
}

/// Length of a reason in the matrix, in characters; the step panel shows it in full.
pub const REASON_PREVIEW_CHARS: usize = 200;

/// Status information of many cells in its wire format. Per state change four numbers: distance to the previous cell,
/// index of the person, seconds since the previous change, and index of the reason plus 1 (0: none). Per unresolved
/// cell two numbers: distance to the previous cell, and index of the variables' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusInfo {
    /// The `Grid::shape` of the matrix whose cells the numbers name.
    pub shape: u64,
    pub people: Vec<String>,
    reasons: Vec<String>,
    numbers: String,
    values: Vec<String>,
    missing: String,
    /// As `missing`: what changed after the activation (R81).
    value_changes: String,
    /// Per cell whose customer counts otherwise two numbers: distance to the previous cell, and the step's number there.
    pub(super) own_numbers: String,
}

/// Assigns each distinct text an index.
struct StringTable<'a> {
    texts: &'a mut Vec<String>,
    numbers: HashMap<String, i64>,
}

impl<'a> StringTable<'a> {
    fn new(texts: &'a mut Vec<String>) -> Self {
        Self {
            texts,
            numbers: HashMap::new(),
        }
    }

    fn number(&mut self, text: &str) -> i64 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = i64::try_from(self.texts.len()).unwrap_or_default();
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

fn as_i64(index: usize) -> i64 {
    i64::try_from(index).unwrap_or_default()
}

impl StatusInfo {
    /// Packs both lists; each must be sorted by cell index.
    pub fn pack<'a>(
        changes: impl IntoIterator<Item = (usize, &'a StatusChange)>,
        missing: impl IntoIterator<Item = (usize, &'a str)>,
    ) -> Self {
        let mut packed = Self::default();
        let mut people = StringTable::new(&mut packed.people);
        let mut reasons = StringTable::new(&mut packed.reasons);
        let (mut cell, mut time) = (0, 0);
        for (index, change) in changes {
            let (index, at) = (as_i64(index), change.at.timestamp());
            let reason = change
                .reason
                .as_ref()
                .map_or(0, |it| reasons.number(it) + 1);
            for number in [index - cell, people.number(&change.by), at - time, reason] {
                varint_text::push(&mut packed.numbers, number);
            }
            (cell, time) = (index, at);
        }
        let mut values = StringTable::new(&mut packed.values);
        pack_texts(&mut packed.missing, &mut values, missing);
        packed
    }

    /// Adds what changed in the texts of cells, sorted by cell index.
    pub fn with_value_changes<'a>(
        mut self,
        changes: impl IntoIterator<Item = (usize, &'a str)>,
    ) -> Self {
        let mut values = StringTable::new(&mut self.values);
        pack_texts(&mut self.value_changes, &mut values, changes);
        self
    }

    /// The same, for cells of a matrix of this `Grid::shape`.
    pub fn of_shape(self, shape: u64) -> Self {
        Self { shape, ..self }
    }

    /// The state changes by cell index. Stops at the first malformed entry.
    pub fn unpack(&self) -> impl Iterator<Item = (usize, StatusChange)> {
        let people = shared_texts(&self.people);
        let reasons = shared_texts(&self.reasons);
        let mut numbers = VarintReader::new(&self.numbers);
        let (mut cell, mut time) = (0_i64, 0_i64);
        std::iter::from_fn(move || {
            cell = cell.checked_add(numbers.next()?)?;
            let person = usize::try_from(numbers.next()?).ok()?;
            time = time.checked_add(numbers.next()?)?;
            let reason = numbers.next()?.checked_sub(1)?;
            let change = StatusChange {
                by: Arc::clone(people.get(person)?),
                at: DateTime::from_timestamp(time, 0)?,
                reason: usize::try_from(reason)
                    .ok()
                    .and_then(|it| reasons.get(it).cloned()),
            };
            Some((usize::try_from(cell).ok()?, change))
        })
    }

    /// The unresolved variables by cell index: names, separated by commas. Stops at the first malformed entry.
    pub fn unpack_missing(&self) -> impl Iterator<Item = (usize, Arc<str>)> {
        self.unpack_texts(&self.missing)
    }

    /// What changed in the texts, by cell index. Stops at the first malformed entry.
    pub fn unpack_value_changes(&self) -> impl Iterator<Item = (usize, Arc<str>)> {
        self.unpack_texts(&self.value_changes)
    }

    fn unpack_texts(&self, numbers: &str) -> impl Iterator<Item = (usize, Arc<str>)> {
        let values = shared_texts(&self.values);
        let mut numbers = VarintReader::new(numbers);
        let mut cell = 0_i64;
        std::iter::from_fn(move || {
            cell = cell.checked_add(numbers.next()?)?;
            let names = usize::try_from(numbers.next()?).ok()?;
            Some((usize::try_from(cell).ok()?, Arc::clone(values.get(names)?)))
        })
    }
}

fn pack_texts<'a>(
    numbers: &mut String,
    values: &mut StringTable<'_>,
    texts: impl IntoIterator<Item = (usize, &'a str)>,
) {
    let mut cell = 0;
    for (index, text) in texts {
        varint_text::push(numbers, as_i64(index) - cell);
        varint_text::push(numbers, values.number(text));
        cell = as_i64(index);
    }
}

fn shared_texts(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|it| it.as_str().into()).collect()
}

/// The first `REASON_PREVIEW_CHARS` characters of a reason, on one line.
pub fn reason_preview(reason: &str) -> String {
    reason
        .chars()
        .take(REASON_PREVIEW_CHARS)
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}
