//! Texts in upper and lower case. In the browser its own functions do it, because the tables of Unicode would weigh 9 kB in the
//! WASM; the server has the tables.
use std::sync::OnceLock;

/// What changes the case of a text.
#[derive(Clone, Copy)]
pub struct CaseFunctions {
    pub upper: fn(&str) -> String,
    pub lower: fn(&str) -> String,
}

static OF_BROWSER: OnceLock<CaseFunctions> = OnceLock::new();

/// Has these functions used in the WASM; once, before anything else is called.
pub fn use_functions(functions: CaseFunctions) {
    let _ = OF_BROWSER.set(functions);
}

/// A text in upper case: "ß" becomes "SS".
pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    if cfg!(target_family = "wasm") {
        let functions = OF_BROWSER.get();
        return functions.map_or_else(|| text.to_owned(), |it| (it.upper)(text));
    }
    text.chars().flat_map(char::to_uppercase).collect()
}

/// A text in lower case. A browser writes Σ at the end of a word as ς, the server as σ.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    if cfg!(target_family = "wasm") {
        let functions = OF_BROWSER.get();
        return functions.map_or_else(|| text.to_owned(), |it| (it.lower)(text));
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_scripts_change_case() {
        assert_eq!(upper("straße à él 1"), "STRASSE À ÉL 1");
        assert_eq!(lower("Ł ÀÉ ЖЫ ΣΑ İ"), "ł àé жы σα i\u{307}");
        assert_eq!((upper("az"), lower("AZ")), ("AZ".into(), "az".into()));
    }
}
