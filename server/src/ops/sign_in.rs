//! What a request that signs in or out is told of itself: the mode, the client's address, whether its browser speaks https; and the
//! throttle of failed tries, one for the server (R24).
use super::auth_settings::AuthMode;
use app::domain::login_throttle::LoginThrottle;
use chrono::{DateTime, Utc};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// In the extensions of each request.
#[derive(Clone)]
pub struct SignInContext {
    pub mode: AuthMode,
    /// Of the peer, or of the client behind a trusted proxy; for the throttle and the list of sessions, never for identity.
    pub address: Option<IpAddr>,
    pub is_https: bool,
    pub throttle: Arc<Mutex<LoginThrottle>>,
}

impl SignInContext {
    fn throttle<T>(&self, of: impl FnOnce(&mut LoginThrottle, IpAddr) -> T) -> T {
        let address = self.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        of(&mut throttle, address)
    }

    /// Seconds that a try has to wait; none if it may be made.
    pub fn wait_seconds(&self, login: &str, now: DateTime<Utc>) -> Option<u64> {
        self.throttle(|it, address| it.wait_seconds(login, address, now))
    }

    /// Counts a failed try.
    pub fn failed(&self, login: &str, now: DateTime<Utc>) {
        self.throttle(|it, address| it.failed(login, address, now));
    }

    /// Forgets the failures of who got in.
    pub fn succeeded(&self, login: &str) {
        self.throttle(|it, address| it.succeeded(login, address));
    }
}

/// The name of a session's cookie. Behind TLS a browser takes `__Host-` from this host alone, and for all of it.
pub fn session_cookie(is_https: bool) -> &'static str {
    if is_https {
        "__Host-rollcall_session"
    } else {
        "rollcall_session"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_tls_only_the_cookie_of_this_host_counts() {
        assert_eq!(session_cookie(true), "__Host-rollcall_session");
        assert_eq!(session_cookie(false), "rollcall_session");
    }
}
