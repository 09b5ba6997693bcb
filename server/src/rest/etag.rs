//! ETags: the version of a row between quotes, `"5"`. A change sends it back in `If-Match`, or as `version` in the body, to
//! say which version it is based on.
use axum::http::{HeaderMap, HeaderValue, header};

/// Versions count from 1, so this one matches no row. It is read from a tag that is not one of ours.
const UNKNOWN_VERSION: i64 = 0;

pub fn from_version(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version in the header `If-Match`; none without the header and for `*`. Weak tags are accepted too, because proxies
/// that compress make tags weak; so are tags without quotes.
pub fn if_match(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::IF_MATCH)?;
    let text = text.to_str().unwrap_or_default().trim();
    if text == "*" {
        return None;
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let tag = tag.strip_prefix('"').unwrap_or(tag);
    let tag = tag.strip_suffix('"').unwrap_or(tag);
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
    fn a_foreign_tag_matches_nothing_and_a_star_says_nothing() {
        assert_eq!(read("\"abc\""), Some(UNKNOWN_VERSION));
        assert_eq!(read("*"), None);
    }
}
