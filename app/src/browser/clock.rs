//! Conversion to the user's time zone. The browser converts, because a time zone database would be too large for the WASM.
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
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
