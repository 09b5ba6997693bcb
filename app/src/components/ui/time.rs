//! Formatting of times and dates (R108): in UTC in server-rendered HTML ("14:02 UTC"), and in the user's time zone and the form of
//! the browser's language after hydration ("14:02", "02:02 PM"), because the server knows neither.
use crate::{
    browser::local_time::{self, DateForm},
    domain::activity_days::day_word,
};
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
    /// The time of this minute, for what shows the time itself.
    pub minute: RwSignal<DateTime<Utc>>,
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

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Clock {
    /// The clock of the page; one that shows UTC if there is none.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self {
            now: RwSignal::new(DateTime::UNIX_EPOCH),
            minute: RwSignal::new(DateTime::UNIX_EPOCH),
            is_local: RwSignal::new(false),
        })
    }

    /// Sets the current time; labels of other times change only when another day begins.
    pub fn advance(self, now: DateTime<Utc>) {
        self.minute.set(now);
        let day = |it| local_time::to_local(it).date();
        if self.now.with_untracked(|it| day(*it) != day(now)) {
            self.now.set(now);
        }
    }

    fn wall_clock(self, at: DateTime<Utc>) -> NaiveDateTime {
        if self.is_local.get() {
            local_time::to_local(at)
        } else {
            at.naive_utc()
        }
    }

    /// "14:02" today, "17 Nov, 14:02" this year, "17 Nov 2025, 14:02" otherwise; with "UTC" before hydration. Tracked.
    pub fn time(self, at: DateTime<Utc>) -> String {
        let (wall, today) = (self.wall_clock(at), self.today());
        let is_utc = !self.is_local.get();
        let own = (!is_utc).then(|| local_label(at, wall.date(), today));
        own.flatten()
            .unwrap_or_else(|| short_label(wall, today, is_utc))
    }

    /// "14:02", whatever the day; with "UTC" before hydration. Tracked.
    pub fn time_of_day(self, at: DateTime<Utc>) -> String {
        let wall = self.wall_clock(at);
        let is_utc = !self.is_local.get();
        let own = (!is_utc).then(|| local_time::text(at, DateForm::Time));
        own.flatten()
            .unwrap_or_else(|| short_label(wall, wall.date(), is_utc))
    }

    /// Today and the time, which moves each minute: "20 November 2026, 14:02". Tracked.
    pub fn date_and_time(self) -> String {
        let time = self.time_of_day(self.minute.get());
        format!("{}, {time}", self.date(self.today()))
    }

    /// The day on which a time is. Tracked.
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.wall_clock(at).date()
    }

    /// Today. Tracked, so that it moves at midnight.
    pub fn today(self) -> NaiveDate {
        self.wall_clock(self.now.get()).date()
    }

    /// A calendar day as "20 November 2026". Tracked.
    pub fn date(self, date: NaiveDate) -> String {
        let is_local = self.is_local.get();
        let own = is_local.then(|| local_time::day_text(date, DateForm::Long));
        own.flatten().unwrap_or_else(|| long_date(date))
    }

    /// The head of a day in a list: "Today", "Yesterday", "Friday 20 November", or with its year. Tracked.
    pub fn day_head(self, day: NaiveDate) -> String {
        let today = self.today();
        if let Some(word) = day_word(day, today) {
            return word.to_owned();
        }
        if day.year() != today.year() {
            return self.date(day);
        }
        let is_local = self.is_local.get();
        let own = is_local.then(|| local_time::day_text(day, DateForm::Weekday));
        own.flatten().unwrap_or_else(|| weekday_label(day))
    }
}

/// A time in the browser's form; none if the browser cannot tell.
fn local_label(at: DateTime<Utc>, day: NaiveDate, today: NaiveDate) -> Option<String> {
    let time = local_time::text(at, DateForm::Time)?;
    if day == today {
        return Some(time);
    }
    let form = if day.year() == today.year() {
        DateForm::Day
    } else {
        DateForm::DayOfYear
    };
    Some(format!("{}, {time}", local_time::text(at, form)?))
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

/// A day as "Friday 20 November".
fn weekday_label(day: NaiveDate) -> String {
    let weekday = WEEKDAYS[day.weekday().num_days_from_monday() as usize % 7];
    let month = LONG_MONTHS[day.month0() as usize % 12];
    format!("{weekday} {} {month}", day.day())
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

/// A calendar day, formatted by the clock of the page.
#[component]
pub fn CalendarDay(date: NaiveDate) -> impl IntoView {
    let clock = Clock::from_context();
    view! { <time datetime=date.to_string()>{move || clock.date(date)}</time> }
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
        assert_eq!(weekday_label(today), "Sunday 22 November");
    }
}
