//! Entries of the history that the router does not make: it adds one only together with another address.

/// Adds an entry with the present address, so that Back leads to it once the page has replaced the address.
pub fn keep_entry() {
    if let Some(history) = web_sys::window().and_then(|it| it.history().ok()) {
        let state = history.state().unwrap_or_default();
        let _ = history.push_state(&state, "");
    }
}
