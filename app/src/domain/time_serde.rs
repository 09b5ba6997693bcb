//! How times travel: as RFC 3339 in JSON, as milliseconds in formats that nobody reads, which spares the browser the parser.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

fn from_millis<E: Error>(millis: i64) -> Result<DateTime<Utc>, E> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| E::custom("a time out of range"))
}

pub fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        time.serialize(to)
    } else {
        time.timestamp_millis().serialize(to)
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    if from.is_human_readable() {
        DateTime::deserialize(from)
    } else {
        from_millis(i64::deserialize(from)?)
    }
}

/// A day as people write it, 2026-02-01. Chrono's own parser takes more, and would be most of a form's WASM.
pub fn date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = *text.split('-').collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let is_right = |it: &str, n: usize| it.len() == n && it.bytes().all(|it| it.is_ascii_digit());
    if !is_right(year, 4) || !is_right(month, 2) || !is_right(day, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A day, if there is one: as 2026-02-01, or as its number.
pub mod day {
    use super::{Deserialize, Deserializer, Error, NaiveDate, Serialize, Serializer};
    use chrono::Datelike;

    pub fn serialize<S: Serializer>(day: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            day.serialize(to)
        } else {
            day.map(|it| it.num_days_from_ce()).serialize(to)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
        if from.is_human_readable() {
            return Option::deserialize(from);
        }
        let number = Option::<i32>::deserialize(from)?;
        let day = |it| {
            NaiveDate::from_num_days_from_ce_opt(it)
                .ok_or_else(|| D::Error::custom("a day out of range"))
        };
        number.map(day).transpose()
    }
}

/// The same where there may be none.
pub mod option {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, Utc, from_millis};

    pub fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            time.serialize(to)
        } else {
            time.map(|it| it.timestamp_millis()).serialize(to)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        if from.is_human_readable() {
            Option::deserialize(from)
        } else {
            Option::<i64>::deserialize(from)?
                .map(from_millis)
                .transpose()
        }
    }
}
