//! Formatting of times: in UTC in server-rendered HTML ("14:02 UTC"), and in the user's time zone after hydration ("14:02"),
//! because the server does not know that zone.
use crate::browser;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use leptos::prelude::*;

/// When the page was rendered. The server provides it as context, so that the browser renders the same texts on hydration.
#[derive(Clone, Copy)]
pub struct Now(pub DateTime<Utc>);

/// How times are shown on the page.
#[derive(Clone, Copy)]
pub struct Clock {
    /// When the page was rendered; later the time at which another day began, so that nothing is drawn anew each minute.
    pub now: RwSignal<DateTime<Utc>>,
    /// Whether times are shown in the user's time zone. Set after hydration.
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
    /// The clock of the page; one that shows UTC if there is none.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self {
            now: RwSignal::new(DateTime::UNIX_EPOCH),
            is_local: RwSignal::new(false),
        })
    }

    /// Sets the current time; labels change only when another day begins.
    pub fn advance(self, now: DateTime<Utc>) {
        let day = |it| browser::local_time::to_local(it).date();
        if self.now.with_untracked(|it| day(*it) != day(now)) {
            self.now.set(now);
        }
    }

    fn wall_clock(self, at: DateTime<Utc>) -> NaiveDateTime {
        if self.is_local.get() {
            browser::local_time::to_local(at)
        } else {
            at.naive_utc()
        }
    }

    /// Today in the zone that times are shown in. Tracked.
    pub fn today(self) -> NaiveDate {
        self.wall_clock(self.now.get()).date()
    }

    /// "14:02" today, "17 Nov, 14:02" this year, "17 Nov 2025, 14:02" otherwise; with "UTC" before hydration. Tracked.
    pub fn time(self, at: DateTime<Utc>) -> String {
        let (wall, today) = (self.wall_clock(at), self.today());
        short_label(wall, today, !self.is_local.get())
    }
}

fn short_label(wall: NaiveDateTime, today: NaiveDate, utc: bool) -> String {
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

/// A date as "20 November 2026".
pub fn long_date(date: NaiveDate) -> String {
    format!(
        "{} {} {}",
        date.day(),
        LONG_MONTHS[date.month0() as usize % 12],
        date.year()
    )
}

/// A time, formatted by the clock of the page.
#[component]
pub fn Time(at: DateTime<Utc>) -> impl IntoView {
    let clock = Clock::from_context();
    view! { <time datetime=format!("{at:?}")>{move || clock.time(at)}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_date_unless_it_is_today() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let at = |year, month, day| {
            NaiveDate::from_ymd_opt(year, month, day)
                .unwrap()
                .and_hms_opt(9, 5, 0)
                .unwrap()
        };
        assert_eq!(short_label(at(2026, 11, 22), today, true), "09:05 UTC");
        assert_eq!(short_label(at(2026, 11, 22), today, false), "09:05");
        assert_eq!(short_label(at(2026, 2, 1), today, false), "1 Feb, 09:05");
        assert_eq!(
            short_label(at(2025, 2, 1), today, true),
            "1 Feb 2025, 09:05 UTC"
        );
        assert_eq!(long_date(today), "22 November 2026");
    }
}
