//! The cookie of a session (R24): its name, its attributes, and how it is read. Behind TLS it is called `__Host-…`: a browser
//! takes such a cookie from this host alone, by https, and for all of it, so that no sub-domain and no network can plant one.
use app::{api::context, domain::session::LIFETIME_DAYS};
use axum::http::{HeaderMap, HeaderValue};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// The name of the cookie. On https the plain name means nothing.
pub fn name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-rollcall_session"
    } else {
        "rollcall_session"
    }
}

/// The secret of a request's session, if it has one.
pub fn secret(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    the_one_cookie(headers, name(is_https))
}

/// The value of a cookie that is sent once. If it is sent twice, one of them may be planted, and neither counts.
pub fn the_one_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = context::cookie_values(headers, name);
    let value = found.next().and_then(|it| str::from_utf8(it).ok());
    let value = value.filter(|it| !it.is_empty());
    value.filter(|_| found.next().is_none())
}

/// `Set-Cookie` for a new session. None of a secret that no header can have, which there is none of.
pub fn set(secret: &str, is_https: bool) -> Option<HeaderValue> {
    with_age(secret, LIFETIME_DAYS * SECONDS_OF_A_DAY, is_https)
}

/// `Set-Cookie` that removes it.
pub fn cleared(is_https: bool) -> Option<HeaderValue> {
    with_age("", 0, is_https)
}

fn with_age(secret: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
    let (name, secure) = (name(is_https), if is_https { "; Secure" } else { "" });
    let text =
        format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn read(lines: &[&str], is_https: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for it in lines {
            headers.append(header::COOKIE, it.parse().unwrap());
        }
        secret(&headers, is_https).map(str::to_owned)
    }

    #[test]
    fn a_session_is_read_from_the_one_cookie_of_its_name() {
        for one in [
            &["a=b; rollcall_session=x"][..],
            &["a=b", "rollcall_session=x; c=d"],
        ] {
            assert_eq!(read(one, false), Some("x".into()), "{one:?}");
        }
        for none in [
            &["rollcall_session=x; rollcall_session=y"][..],
            &["rollcall_session=x", "rollcall_session=x"],
            &["rollcall_session="],
            &["xrollcall_session=x", "__Host-rollcall_session=x"],
            &["Rollcall_session=x"],
        ] {
            assert_eq!(read(none, false), None, "{none:?}");
        }
    }

    #[test]
    fn a_cookie_of_another_program_hides_no_session_whatever_its_characters() {
        let mut headers = HeaderMap::new();
        for line in [
            &b"name=J\xc3\xb6rg; rollcall_session=x; raw=\xff"[..],
            b"more=\xe9",
        ] {
            let line = HeaderValue::from_bytes(line).unwrap();
            headers.append(header::COOKIE, line);
        }
        assert_eq!(secret(&headers, false), Some("x"));
        // What is no text is no secret of ours.
        let odd = HeaderValue::from_bytes(b"rollcall_session=\xff").unwrap();
        headers.insert(header::COOKIE, odd);
        assert_eq!(secret(&headers, false), None);
    }

    #[test]
    fn on_https_the_plain_name_is_ignored() {
        let both = ["rollcall_session=plain; __Host-rollcall_session=own"];
        assert_eq!(read(&both, true), Some("own".into()));
        assert_eq!(read(&["rollcall_session=plain"], true), None);
    }

    #[test]
    fn no_script_reads_it_and_on_https_no_http_sends_it() {
        assert_eq!(
            set("x", true).unwrap(),
            "__Host-rollcall_session=x; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            cleared(false).unwrap(),
            "rollcall_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
