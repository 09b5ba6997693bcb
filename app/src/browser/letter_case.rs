//! The browser's own functions for upper and lower case, so that the WASM needs no Unicode tables.
use crate::domain::letter_case::{self, CaseFunctions};
use js_sys::JsString;

/// Has them used from here on.
pub fn provide() {
    letter_case::use_functions(CaseFunctions {
        upper: |text| JsString::from(text).to_upper_case().into(),
        lower: |text| JsString::from(text).to_lower_case().into(),
    });
}
