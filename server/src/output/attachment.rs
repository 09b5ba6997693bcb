//! Responses that a browser saves as a file: media type and `Content-Disposition`.
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `filename*` must percent-encode (RFC 8187), kept to the few signs that are common in file names.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A response that a browser saves under `name`, which may hold any character.
pub fn attachment(media_type: &'static str, name: &str, body: impl Into<Body>) -> Response {
    let mut response = body.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(disposition) = HeaderValue::from_str(&content_disposition(name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A name of letters, digits, `-`, `_` and `.` is written as it is. Any other one is written twice: with dashes for clients
/// that know only `filename`, and encoded for the others.
fn content_disposition(name: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let plain: String = name
        .chars()
        .map(|it| if is_plain(it) { it } else { '-' })
        .collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(name, ENCODED);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_header() {
        assert_eq!(
            content_disposition("Jüne \"6\"\r\n.md"),
            "attachment; filename=\"J-ne--6---.md\"; filename*=UTF-8''J%C3%BCne%20%226%22%0D%0A.md"
        );
    }

    #[test]
    fn a_plain_name_is_written_once() {
        assert_eq!(
            content_disposition("release-1_a.csv"),
            "attachment; filename=\"release-1_a.csv\""
        );
    }
}
