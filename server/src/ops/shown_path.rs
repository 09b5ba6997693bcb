//! The path of a request as logs, traces and metrics show it: without the key of an address that CI reports to (R63).
use app::domain::incoming_hook::INCOMING_PATH;
use std::borrow::Cow;

/// The path, with `…` in the place of a key.
pub fn shown_path(path: &str) -> Cow<'_, str> {
    let behind = path.find(INCOMING_PATH).map(|at| at + INCOMING_PATH.len());
    match behind.and_then(|at| path.split_at_checked(at)) {
        Some((before, rest)) if rest.starts_with('/') => Cow::Owned(format!("{before}/…")),
        _ => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_nowhere() {
        for path in [
            "/api/hooks/in/0123abcd",
            "/api/hooks/in/0123abcd/",
            "/api/hooks/in/0123/abcd",
            "/api/hooks/in/{key}",
        ] {
            assert_eq!(shown_path(path), "/api/hooks/in/…", "{path}");
        }
        assert_eq!(shown_path("//api/hooks/in/0123"), "//api/hooks/in/…");
        for path in [
            "/api/hooks/in",
            "/api/hooks/7",
            "/api/releases/1/hooks",
            "/",
        ] {
            assert_eq!(shown_path(path), path);
        }
    }
}
