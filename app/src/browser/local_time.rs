//! Times in the user's time zone, and a clock that ticks. The browser converts them, because a time zone database would be too
//! large for the WASM.
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use gloo::timers::callback::Interval;
use wasm_bindgen::JsValue;

/// The wall clock time in the user's time zone. Unchanged if the browser cannot tell.
pub fn to_local(at: DateTime<Utc>) -> NaiveDateTime {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this century are exact in a double"
    )]
    let date = js_sys::Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
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
