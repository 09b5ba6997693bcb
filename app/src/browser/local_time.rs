//! Times in the user's time zone and form, and a clock that ticks. The browser converts and writes them, because a database of time
//! zones and languages would be too large for the WASM.
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gloo::timers::callback::Interval;
use js_sys::{Array, Function, Intl::DateTimeFormat, Object, Reflect};
use wasm_bindgen::JsValue;

/// The parts of a time or date that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// "14:02", or "02:02 PM".
    Time,
    /// "17 Nov".
    Day,
    /// "17 Nov 2025".
    DayOfYear,
    /// "20 November 2026".
    Long,
    /// "Friday 20 November".
    Weekday,
}

/// A function of the browser for each `DateForm`, in their order. Making one takes as long as hundreds of texts.
struct Formats([Function; 5]);

thread_local! {
    static FORMATS: Formats = Formats::new();
}

impl Formats {
    fn new() -> Self {
        let of = |parts: &[(&str, &str)]| {
            let options = Object::new();
            for (part, form) in parts {
                let _ = Reflect::set(&options, &JsValue::from_str(part), &JsValue::from_str(form));
            }
            // Without languages it is the browser's own.
            DateTimeFormat::new(&Array::new(), &options).format()
        };
        let (day, year) = (("day", "numeric"), ("year", "numeric"));
        let (short, long) = (("month", "short"), ("month", "long"));
        Self([
            of(&[("hour", "2-digit"), ("minute", "2-digit")]),
            of(&[day, short]),
            of(&[day, short, year]),
            of(&[day, long, year]),
            of(&[("weekday", "long"), day, long]),
        ])
    }
}

fn js_date(at: DateTime<Utc>) -> js_sys::Date {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this century are exact in a double"
    )]
    let millis = at.timestamp_millis() as f64;
    js_sys::Date::new(&JsValue::from_f64(millis))
}

/// A time as the browser's language writes it, in the user's time zone. None if the browser cannot tell.
pub fn text(at: DateTime<Utc>, form: DateForm) -> Option<String> {
    let date = JsValue::from(js_date(at));
    FORMATS.with(|it| {
        let format = &it.0[form as usize];
        let text = format.call1(&JsValue::UNDEFINED, &date);
        text.ok().and_then(|it| it.as_string())
    })
}

/// A calendar day as the browser's language writes it. None if the browser cannot tell.
pub fn day_text(day: NaiveDate, form: DateForm) -> Option<String> {
    text(start_of_day(day), form)
}

/// The wall clock time in the user's time zone. Unchanged if the browser cannot tell.
pub fn to_local(at: DateTime<Utc>) -> NaiveDateTime {
    let date = js_date(at);
    let year = i32::try_from(date.get_full_year()).unwrap_or_else(|_| at.year());
    NaiveDate::from_ymd_opt(year, date.get_month() + 1, date.get_date())
        .and_then(|day| day.and_hms_opt(date.get_hours(), date.get_minutes(), date.get_seconds()))
        .unwrap_or_else(|| at.naive_utc())
}

/// How often the page looks whether it is another day, in milliseconds.
const TICK_MS: u32 = 60_000;

/// Calls every minute with the time that has passed since; also after the machine has slept. Only differences of the browser's
/// clock are used, since it may be wrong.
pub fn each_minute(call: impl Fn(TimeDelta) + 'static) {
    let began = js_sys::Date::now();
    Interval::new(TICK_MS, move || {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since the page was opened"
        )]
        let passed = (js_sys::Date::now() - began) as i64;
        call(TimeDelta::milliseconds(passed));
    })
    .forget();
}

/// When a day begins in the user's time zone. It may have 23 or 25 hours.
pub fn start_of_day(day: NaiveDate) -> DateTime<Utc> {
    let utc = day.and_time(NaiveTime::MIN).and_utc();
    let (month, date) = (day.month0().cast_signed(), day.day().cast_signed());
    let start = js_sys::Date::new_with_year_month_day(2000, month, date);
    // A year below 100 would mean one of the last century to the constructor.
    start.set_full_year_with_month_date(day.year().cast_unsigned(), month, date);
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds are whole")]
    let millis = start.get_time() as i64;
    DateTime::from_timestamp_millis(millis).unwrap_or(utc)
}
