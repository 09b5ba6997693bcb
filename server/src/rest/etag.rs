//! ETags: the version of a row between quotes, `"5"`. A change sends it back in `If-Match`, or as `version` in the body, to
//! say which version it is based on. A view shows more than its row (counts, progress, a resolved text), which can change
//! without the version, so its tag has a hash of the whole body as well: `"5-9f1c22e0"`. A GET that sends such a tag in
//! `If-None-Match` is answered with 304 if it is still the current one.
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::hash::{DefaultHasher, Hasher};

/// Versions count from 1, so this one matches no row. It is read from a tag that is not one of ours.
const UNKNOWN_VERSION: i64 = 0;

pub fn from_version(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The tag of a view: the version of its row, and a hash of what is sent.
pub fn from_view(version: i64, body: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    let hash = hasher.finish() & u64::from(u32::MAX);
    HeaderValue::from_str(&format!("\"{version}-{hash:08x}\""))
        .unwrap_or_else(|_| from_version(version))
}

/// A tag without its mark of weakness: proxies that compress make tags weak.
fn opaque(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Whether `If-None-Match` names this tag.
fn is_named(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = opaque(tag.to_str().unwrap_or_default());
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .any(|it| it.trim() == "*" || opaque(it) == tag)
}

/// Answers 304 to a GET whose client has the row as it is.
pub async fn answer_not_modified(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || !request.headers().contains_key(header::IF_NONE_MATCH) {
        return next.run(request).await;
    }
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let tag = response.headers().get(header::ETAG).cloned();
    match tag.filter(|it| response.status() == StatusCode::OK && is_named(&headers, it)) {
        Some(tag) => (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response(),
        None => response,
    }
}

/// The version in the header `If-Match`; none without the header and for `*`. Weak tags are accepted too, because proxies
/// that compress make tags weak; so are tags without quotes.
pub fn if_match(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::IF_MATCH)?;
    let text = text.to_str().unwrap_or_default().trim();
    if text == "*" {
        return None;
    }
    let tag = opaque(text);
    let tag = tag.strip_prefix('"').unwrap_or(tag);
    let tag = tag.strip_suffix('"').unwrap_or(tag);
    let tag = tag.split_once('-').map_or(tag, |it| it.0);
    Some(tag.parse().unwrap_or(UNKNOWN_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_static(text));
        if_match(&headers)
    }

    #[test]
    fn a_tag_is_a_version_between_quotes() {
        assert_eq!(from_version(5), "\"5\"");
        assert_eq!(read("\"5\""), Some(5));
        assert_eq!(read("W/\"5\""), Some(5));
        assert_eq!(read("5"), Some(5));
        assert_eq!(if_match(&HeaderMap::new()), None);
    }

    #[test]
    fn the_tag_of_a_view_names_the_version_and_what_was_sent() {
        let (one, other) = (from_view(5, b"{}"), from_view(5, b"[]"));
        assert_eq!(one, from_view(5, b"{}"));
        assert_ne!(one, other);
        let text = one.to_str().unwrap();
        assert!(text.starts_with("\"5-") && text.len() == 12, "{text}");
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, one.clone());
        assert_eq!(if_match(&headers), Some(5));
        for (sent, is_same) in [
            (text.to_owned(), true),
            (format!("W/{text}"), true),
            (format!("\"x\", {text}"), true),
            ("*".to_owned(), true),
            ("\"5\"".to_owned(), false),
            (other.to_str().unwrap().to_owned(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, sent.parse().unwrap());
            assert_eq!(is_named(&headers, &one), is_same, "{sent}");
        }
    }

    #[test]
    fn a_foreign_tag_matches_nothing_and_a_star_says_nothing() {
        assert_eq!(read("\"abc\""), Some(UNKNOWN_VERSION));
        assert_eq!(read("*"), None);
    }
}
