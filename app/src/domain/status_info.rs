//! Who set the state of a cell, when and why, and which values a cell lacks; and many of them as they travel.
use super::varint_text::{self, VarintReader};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

/// Who set a cell's state, when, and why. A cell that was never acted on has none. A hundred thousand cells share a few names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    pub by: Arc<str>,
    pub at: DateTime<Utc>,
    /// The beginning of the reason, if one was given.
    pub reason: Option<Arc<str>>,
}

/// How much of a reason the grid knows, in characters; the step's panel has all of it.
pub const REASON_PREVIEW_CHARS: usize = 200;

/// Marks as they travel: for each cell that has one, its distance from the one before, the person's number, the seconds
/// since the one before, and the reason's number; and for each cell that lacks values, which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusInfo {
    pub people: Vec<String>,
    reasons: Vec<String>,
    numbers: String,
    values: Vec<String>,
    missing: String,
}

/// Texts by number, each once.
struct StringTable<'a> {
    texts: &'a mut Vec<String>,
    known: HashMap<String, i64>,
}

impl<'a> StringTable<'a> {
    fn new(texts: &'a mut Vec<String>) -> Self {
        Self {
            texts,
            known: HashMap::new(),
        }
    }

    fn number(&mut self, text: &str) -> i64 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = i64::try_from(self.texts.len()).unwrap_or_default();
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), number);
        number
    }
}

fn whole(index: usize) -> i64 {
    i64::try_from(index).unwrap_or_default()
}

impl StatusInfo {
    /// Both in the order of their cells.
    pub fn pack<'a>(
        marks: impl IntoIterator<Item = (usize, &'a StatusChange)>,
        missing: impl IntoIterator<Item = (usize, &'a str)>,
    ) -> Self {
        let mut packed = Self::default();
        let mut people = StringTable::new(&mut packed.people);
        let mut reasons = StringTable::new(&mut packed.reasons);
        let (mut cell, mut time) = (0, 0);
        for (index, mark) in marks {
            let (index, at) = (whole(index), mark.at.timestamp());
            let reason = mark.reason.as_ref().map_or(0, |it| reasons.number(it) + 1);
            for number in [index - cell, people.number(&mark.by), at - time, reason] {
                varint_text::push(&mut packed.numbers, number);
            }
            (cell, time) = (index, at);
        }
        let mut values = StringTable::new(&mut packed.values);
        let mut cell = 0;
        for (index, names) in missing {
            varint_text::push(&mut packed.missing, whole(index) - cell);
            varint_text::push(&mut packed.missing, values.number(names));
            cell = whole(index);
        }
        packed
    }

    pub fn unpack(&self) -> impl Iterator<Item = (usize, StatusChange)> {
        let people = shared(&self.people);
        let reasons = shared(&self.reasons);
        let mut numbers = VarintReader::of(&self.numbers);
        let (mut cell, mut time) = (0_i64, 0_i64);
        std::iter::from_fn(move || {
            cell = cell.checked_add(numbers.next()?)?;
            let person = usize::try_from(numbers.next()?).ok()?;
            time = time.checked_add(numbers.next()?)?;
            let reason = numbers.next()?.checked_sub(1)?;
            let mark = StatusChange {
                by: Arc::clone(people.get(person)?),
                at: DateTime::from_timestamp(time, 0)?,
                reason: usize::try_from(reason)
                    .ok()
                    .and_then(|it| reasons.get(it).cloned()),
            };
            Some((usize::try_from(cell).ok()?, mark))
        })
    }

    /// Which values cells lack: names, with commas between them.
    pub fn unpack_missing(&self) -> impl Iterator<Item = (usize, Arc<str>)> {
        let values = shared(&self.values);
        let mut numbers = VarintReader::of(&self.missing);
        let mut cell = 0_i64;
        std::iter::from_fn(move || {
            cell = cell.checked_add(numbers.next()?)?;
            let names = usize::try_from(numbers.next()?).ok()?;
            Some((usize::try_from(cell).ok()?, Arc::clone(values.get(names)?)))
        })
    }
}

fn shared(texts: &[String]) -> Vec<Arc<str>> {
    texts.iter().map(|it| it.as_str().into()).collect()
}

/// The beginning of a reason, on one line.
pub fn reason_preview(reason: &str) -> String {
    reason
        .chars()
        .take(REASON_PREVIEW_CHARS)
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}
