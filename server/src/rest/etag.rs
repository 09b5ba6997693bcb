//! A row's version as an entity tag: `"5"`. Who changes the row says by it, or by `version` in the body, which version
//! the change is based on.
use axum::http::{HeaderMap, HeaderValue, header};

/// No row has this version: it stands for a tag that is none of ours, which matches nothing.
const NEVER: i64 = 0;

pub fn of(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that the header If-Match names. Proxies that compress make tags weak, so weak ones count too. `*` names
/// none.
pub fn if_match(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::IF_MATCH)?;
    let text = text.to_str().unwrap_or_default().trim();
    if text == "*" {
        return None;
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let tag = tag.strip_prefix('"').unwrap_or(tag);
    let tag = tag.strip_suffix('"').unwrap_or(tag);
    Some(tag.parse().unwrap_or(NEVER))
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
        assert_eq!(of(5), "\"5\"");
        assert_eq!(read("\"5\""), Some(5));
        assert_eq!(read("W/\"5\""), Some(5));
        assert_eq!(read("5"), Some(5));
        assert_eq!(if_match(&HeaderMap::new()), None);
    }

    #[test]
    fn a_foreign_tag_matches_nothing_and_a_star_says_nothing() {
        assert_eq!(read("\"abc\""), Some(NEVER));
        assert_eq!(read("*"), None);
    }
}
