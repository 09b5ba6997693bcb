//! Sessions (R24): how long one lives, and what its owner sees of it. Only the SHA-256 of its secret is stored.
use super::id::SessionId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A session that is not used for this long ends.
pub const IDLE_HOURS: i64 = 12;
/// A session ends after this many days, however much it is used.
pub const LIFETIME_DAYS: i64 = 7;
/// Bytes of randomness in the secret of a session.
pub const SESSION_SECRET_BYTES: usize = 32;

words! {
    /// How a user signed in.
    SignIn { Password = "password", Oidc = "oidc", Setup = "setup" }
}

/// When a session began and when it was used last. Streams, presence and background reads are no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    pub created_at: DateTime<Utc>,
    pub used_at: DateTime<Utc>,
}

impl SessionTimes {
    /// When it ends if it is not used again.
    pub fn ends_at(self) -> DateTime<Utc> {
        let idle = self.used_at + TimeDelta::hours(IDLE_HOURS);
        idle.min(self.created_at + TimeDelta::days(LIFETIME_DAYS))
    }

    /// Whether it still counts. A clock that was set back ends none.
    pub fn is_alive(self, now: DateTime<Utc>) -> bool {
        now < self.ends_at()
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    pub id: SessionId,
    pub how: SignIn,
    /// The address that it began from; for people, never for identity.
    pub address: Option<String>,
    /// The browser: as it calls itself, shortened; on the page of one's own account in words.
    pub agent: Option<String>,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    /// The last use; written once in a while, so it may be a few minutes old.
    #[serde(with = "crate::domain::time_serde")]
    pub used_at: DateTime<Utc>,
    /// When it ends if it is not used any more.
    #[serde(with = "crate::domain::time_serde")]
    pub ends_at: DateTime<Utc>,
    /// Whether the request that asks came with it.
    pub is_current: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn a_session_ends_after_12_hours_without_use() {
        let times = SessionTimes {
            created_at: at(0),
            used_at: at(5),
        };
        assert!(times.is_alive(at(17) - TimeDelta::seconds(1)));
        assert!(!times.is_alive(at(17)));
    }

    #[test]
    fn a_session_ends_after_7_days_however_much_it_is_used() {
        let times = SessionTimes {
            created_at: at(0),
            used_at: at(7 * 24 - 1),
        };
        assert!(times.is_alive(at(7 * 24 - 1)));
        assert!(!times.is_alive(at(7 * 24)));
    }
}
