//! Serde for times: RFC 3339 in JSON, milliseconds in binary formats. The browser reads only the binary format, so
//! chrono's parser stays out of the WASM.
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

fn from_millis<E: Error>(millis: i64) -> Result<DateTime<Utc>, E> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| E::custom("a time out of range"))
}

/// RFC 3339, or milliseconds since the epoch.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        time.serialize(to)
    } else {
        time.timestamp_millis().serialize(to)
    }
}

/// Errors: a malformed time, or one out of chrono's range.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    if from.is_human_readable() {
        DateTime::deserialize(from)
    } else {
        from_millis(i64::deserialize(from)?)
    }
}

/// `2026-06-01 09:12 UTC`, for people.
pub fn to_minutes(at: DateTime<Utc>) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute) = (at.hour(), at.minute());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// `2026-06-01T09:12:00.123456Z`, cut off, not rounded. By hand: chrono's own formatting is not in the WASM.
pub fn six_decimals(at: DateTime<Utc>) -> String {
    let micros = at.nanosecond() / 1_000;
    // A leap second is the end of the second before it.
    let (second, micros) = (at.second() + micros / 1_000_000, micros % 1_000_000);
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute) = (at.hour(), at.minute());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Parses `YYYY-MM-DD`. Chrono's own parser accepts more formats and is large in the WASM.
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

/// The same as the parent module, with six decimals in JSON: as the history is hashed (R89).
pub mod micros {
    pub use super::deserialize;
    use super::{DateTime, Serialize, Serializer, Utc, six_decimals};

    /// RFC 3339, or milliseconds since the epoch.
    pub fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.serialize_str(&six_decimals(*time))
        } else {
            time.timestamp_millis().serialize(to)
        }
    }
}

/// An optional date: `YYYY-MM-DD` in JSON, the day number of the common era in binary formats.
pub mod day {
    use super::{Datelike, Deserialize, Deserializer, Error, NaiveDate, Serialize, Serializer};

    /// A date or none.
    pub fn serialize<S: Serializer>(day: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            day.serialize(to)
        } else {
            day.map(|it| it.num_days_from_ce()).serialize(to)
        }
    }

    /// Errors: a malformed date, or a day number out of range.
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

/// The same as the parent module, for an optional time.
pub mod option {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, Utc, from_millis};

    /// A time or none.
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

    /// Errors: a malformed time, or one out of range.
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
