//! Cookie that a browser keeps during a sign-in at a provider: one secret, when it began, and the page to go on to. State,
//! nonce and the code verifier of PKCE are made of the secret, so that an answer is only good in the browser that asked, and
//! nothing is kept here before the callback. The cookie says nothing that its owner may not know, so it is not encrypted.
use app::paths;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::{
    error::Unspecified,
    hmac,
    rand::{SecureRandom, SystemRandom},
};

/// The time limit of a sign-in at the provider, in minutes.
pub const SIGN_IN_MINUTES: i64 = 15;
/// Characters of an address to go on to that a cookie keeps; a longer one is the dashboard.
const NEXT_MAX: usize = 1500;

/// The state of one sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInState {
    /// As text.
    secret: String,
    began_at: i64,
    next: String,
}

impl SignInState {
    /// A new one; `next` is where to go on to. Errors: the system has no randomness.
    pub fn new(next: &str, now: DateTime<Utc>) -> Result<Self, Unspecified> {
        let mut secret = [0_u8; 32];
        SystemRandom::new().fill(&mut secret)?;
        let next = Some(next).filter(|it| it.len() <= NEXT_MAX);
        Ok(Self {
            secret: URL_SAFE_NO_PAD.encode(secret),
            began_at: now.timestamp(),
            next: next.unwrap_or(paths::DASHBOARD).to_owned(),
        })
    }

    /// Reads what a cookie keeps; none if it is nothing of ours, or too old.
    pub fn read(cookie: &str, now: DateTime<Utc>) -> Option<Self> {
        let mut parts = cookie.split('.');
        let secret = parts.next().filter(|it| it.len() == 43)?.to_owned();
        let began_at: i64 = parts.next()?.parse().ok()?;
        let next = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let next = String::from_utf8(next).ok()?;
        let next = paths::local_path(&next)?.to_owned();
        let age = now.timestamp().checked_sub(began_at)?;
        let is_fresh = (0..TimeDelta::minutes(SIGN_IN_MINUTES).num_seconds()).contains(&age);
        (is_fresh && parts.next().is_none()).then_some(Self {
            secret,
            began_at,
            next,
        })
    }

    /// What the cookie keeps.
    pub fn cookie_value(&self) -> String {
        let next = URL_SAFE_NO_PAD.encode(&self.next);
        format!("{}.{}.{next}", self.secret, self.began_at)
    }

    /// Where to go on to: an address of this server.
    pub fn next(&self) -> &str {
        &self.next
    }

    /// The `state` of the request, which the answer has too.
    pub fn state(&self) -> String {
        self.made_of_secret("state")
    }

    /// The `nonce` of the request, which the id token has too.
    pub fn nonce(&self) -> String {
        self.made_of_secret("nonce")
    }

    /// The code verifier of PKCE.
    pub fn code_verifier(&self) -> String {
        self.made_of_secret("code verifier")
    }

    fn made_of_secret(&self, what: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, what.as_bytes()))
    }
}

/// The name of the cookie, as that of a session.
pub fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-rollcall_oidc"
    } else {
        "rollcall_oidc"
    }
}

/// `Set-Cookie` that keeps a state; without one, that takes it away. Lax, since the provider sends people back from elsewhere.
pub fn cookie(state: Option<&SignInState>, is_https: bool) -> String {
    let (name, secure) = (
        cookie_name(is_https),
        if is_https { "; Secure" } else { "" },
    );
    let (value, minutes) = match state {
        Some(state) => (state.cookie_value(), SIGN_IN_MINUTES),
        None => (String::new(), 0),
    };
    let seconds = minutes * 60;
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_cookie_keeps_the_state_for_a_quarter_of_an_hour() {
        let state = SignInState::new("/releases/1?step=2", at(0)).unwrap();
        let cookie = state.cookie_value();
        for seconds in [0, 899] {
            let read = SignInState::read(&cookie, at(seconds)).unwrap();
            assert!(read == state && read.next() == "/releases/1?step=2");
            assert_eq!(read.state(), state.state());
        }
        for seconds in [-1, 900, 100_000] {
            assert!(SignInState::read(&cookie, at(seconds)).is_none());
        }
    }

    #[test]
    fn state_nonce_and_verifier_differ_and_no_two_sign_ins_share_any() {
        let first = SignInState::new("/", at(0)).unwrap();
        let second = SignInState::new("/", at(0)).unwrap();
        let mut all = Vec::new();
        for it in [&first, &second] {
            all.extend([it.state(), it.nonce(), it.code_verifier()]);
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|it| it.len() == 43));
        assert!(!all.iter().any(|it| first.cookie_value().contains(it)));
    }

    #[test]
    fn a_cookie_leads_nowhere_but_here() {
        let state = SignInState::new("/", at(0)).unwrap();
        let cookie = state.cookie_value();
        let (head, _) = cookie.rsplit_once('.').unwrap();
        for elsewhere in ["//evil.example", "https://evil.example", "/login", ""] {
            let next = URL_SAFE_NO_PAD.encode(elsewhere);
            let read = SignInState::read(&format!("{head}.{next}"), at(0));
            assert!(read.is_none(), "{elsewhere}");
        }
        let long = format!("/{}", "x".repeat(5000));
        assert_eq!(SignInState::new(&long, at(0)).unwrap().next(), "/");
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_none() {
        for text in ["", ".", "x.1.Lw", "....", "%00"] {
            assert!(SignInState::read(text, at(0)).is_none(), "{text}");
        }
    }

    #[test]
    fn behind_tls_the_cookie_is_this_host_s_alone() {
        let state = SignInState::new("/", at(0)).unwrap();
        let set = cookie(Some(&state), true);
        assert!(
            set.starts_with("__Host-rollcall_oidc=") && set.ends_with("; SameSite=Lax; Secure")
        );
        assert_eq!(
            cookie(None, false),
            "rollcall_oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
