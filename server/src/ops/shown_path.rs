//! The path of a request as logs, traces and metrics show it: without the key of an address that CI reports to (R63).
use app::domain::incoming_hook::INCOMING_PATH;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Hexadecimal digits of a key.
const KEY_DIGITS: usize = 64;

/// The path, with `…` in the place of a key.
pub fn shown_path(path: &str) -> Cow<'_, str> {
    let behind = path.find(INCOMING_PATH).map(|at| at + INCOMING_PATH.len());
    match behind.and_then(|at| path.split_at_checked(at)) {
        Some((before, rest)) if rest.starts_with('/') => Cow::Owned(format!("{before}/…")),
        _ => without_keys(path),
    }
}

/// The path without what is as long as a key: whoever writes the address in another way has it answered with 404, and is logged.
fn without_keys(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(has_key) {
        return Cow::Borrowed(path);
    }
    let shown = path
        .split('/')
        .map(|it| if has_key(it) { "…" } else { it })
        .collect::<Vec<_>>();
    Cow::Owned(shown.join("/"))
}

/// Whether a part of a path has as many hexadecimal digits in a row as a key, plain or percent-encoded.
fn has_key(segment: &str) -> bool {
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    decoded
        .split(|it: char| !it.is_ascii_hexdigit())
        .any(|it| it.len() >= KEY_DIGITS)
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

    #[test]
    fn a_key_is_not_shown_however_its_address_is_written() {
        let key = "0123456789abcdef".repeat(4);
        let encoded: Vec<String> = key.bytes().map(|it| format!("%{it:02x}")).collect();
        let encoded = encoded.concat();
        for (before, shown) in [
            ("/api//hooks/in/", "/api//hooks/in/…"),
            ("/API/hooks/in/", "/API/hooks/in/…"),
            ("/api/hooks/in%2F", "/api/hooks/…"),
            ("/api/hooks/%69n/", "/api/hooks/%69n/…"),
            ("/api/hook/in/x", "/api/hook/in/…"),
            ("/", "/…"),
        ] {
            for key in [&key, &key.to_ascii_uppercase(), &encoded] {
                assert_eq!(shown_path(&format!("{before}{key}")), shown);
            }
            let more = format!("{before}{key}/more");
            assert_eq!(shown_path(&more), format!("{shown}/more"));
        }
        let shorter = format!("/x/{}", &key[1..]);
        assert_eq!(shown_path(&shorter), shorter);
    }
}
