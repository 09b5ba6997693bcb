//! Times: from the server in UTC ("14:02 UTC"); once the page is live, in the person's own zone ("14:02").
use crate::browser;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use leptos::prelude::*;

/// What time it was when the page was drawn. The server provides it; the page takes it over.
#[derive(Clone, Copy)]
pub struct Now(pub DateTime<Utc>);

/// Now, and whether times are shown in the person's own zone.
#[derive(Clone, Copy)]
pub struct Clock {
    pub now: DateTime<Utc>,
    pub is_local: RwSignal<bool>,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Clock {
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self {
            now: DateTime::UNIX_EPOCH,
            is_local: RwSignal::new(false),
        })
    }

    fn wall(self, at: DateTime<Utc>) -> NaiveDateTime {
        if self.is_local.get() {
            browser::clock::local(at)
        } else {
            at.naive_utc()
        }
    }

    /// "14:02" today, "17 Nov, 14:02" before; with "UTC" behind it until the page is live.
    pub fn time(self, at: DateTime<Utc>) -> String {
        let (wall, today) = (self.wall(at), self.wall(self.now).date());
        label(wall, today, !self.is_local.get())
    }
}

fn label(wall: NaiveDateTime, today: NaiveDate, utc: bool) -> String {
    let zone = if utc { " UTC" } else { "" };
    let time = format!("{:02}:{:02}{zone}", wall.hour(), wall.minute());
    if wall.date() == today {
        return time;
    }
    let month = MONTHS[wall.month0() as usize % 12];
    if wall.year() == today.year() {
        format!("{} {month}, {time}", wall.day())
    } else {
        format!("{} {month} {}, {time}", wall.day(), wall.year())
    }
}

/// "20 November 2026".
pub fn day(date: NaiveDate) -> String {
    format!(
        "{} {} {}",
        date.day(),
        LONG_MONTHS[date.month0() as usize % 12],
        date.year()
    )
}

#[component]
pub fn Time(at: DateTime<Utc>) -> impl IntoView {
    let clock = Clock::here();
    view! { <time datetime=format!("{at:?}")>{move || clock.time(at)}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_date_unless_it_is_today_s() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let at = |year, month, day| {
            NaiveDate::from_ymd_opt(year, month, day)
                .unwrap()
                .and_hms_opt(9, 5, 0)
                .unwrap()
        };
        assert_eq!(label(at(2026, 11, 22), today, true), "09:05 UTC");
        assert_eq!(label(at(2026, 11, 22), today, false), "09:05");
        assert_eq!(label(at(2026, 2, 1), today, false), "1 Feb, 09:05");
        assert_eq!(label(at(2025, 2, 1), today, true), "1 Feb 2025, 09:05 UTC");
        assert_eq!(day(today), "22 November 2026");
    }
}
