//! Who set the state of a cell, and when; and many of them as they travel.
use super::compact::{self, Numbers};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who set a cell's state, and when. Pending cells have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Marks as they travel: for each cell that has one, its distance from the one before, the person's number, and the
/// seconds since the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    pub people: Vec<String>,
    numbers: String,
}

impl Marks {
    pub fn pack(marks: &[(usize, Mark)]) -> Self {
        let mut packed = Self::default();
        let (mut cell, mut time) = (0, 0);
        for (index, mark) in marks {
            let person = packed
                .people
                .iter()
                .position(|it| *it == mark.by)
                .unwrap_or_else(|| {
                    packed.people.push(mark.by.clone());
                    packed.people.len() - 1
                });
            let (index, at) = (
                i64::try_from(*index).unwrap_or_default(),
                mark.at.timestamp(),
            );
            for number in [
                index - cell,
                i64::try_from(person).unwrap_or_default(),
                at - time,
            ] {
                compact::push(&mut packed.numbers, number);
            }
            (cell, time) = (index, at);
        }
        packed
    }

    pub fn unpack(&self) -> Vec<(usize, Mark)> {
        let mut numbers = Numbers::of(&self.numbers);
        let (mut cell, mut time) = (0_i64, 0_i64);
        std::iter::from_fn(|| {
            cell = cell.checked_add(numbers.next()?)?;
            let person = usize::try_from(numbers.next()?).ok()?;
            time = time.checked_add(numbers.next()?)?;
            let mark = Mark {
                by: self.people.get(person)?.clone(),
                at: DateTime::from_timestamp(time, 0)?,
            };
            Some((usize::try_from(cell).ok()?, mark))
        })
        .collect()
    }
}
