//! The bearer token of a request (RFC 6750): a person's, or a runner's, by how it begins.
use app::domain::{runner::RUNNER_TOKEN_PREFIX, token::TOKEN_PREFIX};
use axum::http::{HeaderMap, HeaderValue, header};

/// The request has the header `Authorization` twice.
#[derive(Debug, PartialEq, Eq)]
pub struct TwoTokens;

/// Whether a byte is a `tchar` of RFC 9110: the name of an authentication scheme consists of these.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The token of an `Authorization` header with the scheme `Bearer`; none with another scheme, such as a proxy's `Basic`. An empty or
/// malformed token is returned too, as an empty or unknown text: the request is then answered 401 and does not fall back to its cookie.
fn token_of(value: &HeaderValue) -> Option<&str> {
    let bytes = value.as_bytes();
    let end = bytes.iter().position(|it| !is_tchar(*it));
    let (scheme, text) = bytes.split_at(end.unwrap_or(bytes.len()));
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    // What is not text is no token either.
    is_bearer.then(|| std::str::from_utf8(text).unwrap_or_default().trim())
}

/// The token of a request, if it has one.
pub fn token(headers: &HeaderMap) -> Result<Option<&str>, TwoTokens> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next();
    match values.next() {
        Some(_) => Err(TwoTokens),
        None => Ok(first.and_then(token_of)),
    }
}

/// Whether a token of the request begins as a runner's does.
pub fn is_of_runner(headers: &HeaderMap) -> bool {
    begins_with(RUNNER_TOKEN_PREFIX, headers)
}

/// Whether a token of the request begins as a person's does.
pub fn is_of_person(headers: &HeaderMap) -> bool {
    begins_with(TOKEN_PREFIX, headers)
}

fn begins_with(prefix: &str, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::AUTHORIZATION).iter();
    let mut tokens = values.filter_map(token_of);
    tokens.any(|it| it.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_token_is_a_bearer_s_and_stands_once() {
        assert_eq!(token(&headers(&[])), Ok(None));
        assert_eq!(token(&headers(&["Basic YTpi"])), Ok(None));
        assert_eq!(token(&headers(&["bearer  rcp_1 "])), Ok(Some("rcp_1")));
        assert_eq!(token(&headers(&["Bearer a", "Bearer b"])), Err(TwoTokens));
    }

    #[test]
    fn an_empty_or_malformed_token_is_one() {
        for (value, expected) in [
            ("Bearer", ""),
            ("bearer ", ""),
            ("Bearer\t", ""),
            ("Bearer\trcp_1", "rcp_1"),
            ("Bearer:rcp_1", ":rcp_1"),
            ("Bearer rcp_1 x", "rcp_1 x"),
        ] {
            assert_eq!(token(&headers(&[value])), Ok(Some(expected)), "{value}");
        }
        let mut of_bytes = HeaderMap::new();
        let value = HeaderValue::from_bytes(b"Bearer rcp_\xff").unwrap();
        of_bytes.insert(header::AUTHORIZATION, value);
        assert_eq!(token(&of_bytes), Ok(Some("")));
        // The name of another scheme.
        assert_eq!(token(&headers(&["Bearers rcp_1"])), Ok(None));
        assert_eq!(token(&headers(&[""])), Ok(None));
    }

    #[test]
    fn a_token_is_known_by_its_beginning() {
        assert!(is_of_runner(&headers(&["Basic YTpi", "Bearer rcr_1"])));
        assert!(!is_of_runner(&headers(&["Bearer rcp_1"])));
        assert!(!is_of_runner(&headers(&["Basic rcr_1"])));
        assert!(is_of_person(&headers(&["Bearer rcp_1"])));
        assert!(!is_of_person(&headers(&["Bearer rcr_1"])));
    }
}
