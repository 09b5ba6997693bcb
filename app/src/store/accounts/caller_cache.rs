//! Cache of authenticated callers, keyed by the SHA-256 of a session's secret or a token, valid for one last event. Sign-outs,
//! deactivations and changes of role or scope are events (R17), so a newer last event invalidates an entry, on every server.
use crate::domain::{caller::Caller, session::SessionTimes};
use crate::store::{Database, audit::last_event::ArrivalPosition, error::StoreError};
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use std::fmt;

/// Callers that are kept; more sign in again by the database.
const CALLERS_MAX: u64 = 10_000;

/// A caller that was found by a secret, and until when it counts if nothing ends it before.
#[derive(Clone)]
pub struct FoundCaller {
    pub caller: Caller,
    pub lifetime: CallerLifetime,
}

/// Until when a secret counts.
#[derive(Clone)]
pub enum CallerLifetime {
    Session(SessionTimes),
    Token { expires_at: DateTime<Utc> },
}

/// A caller, as of an event.
#[derive(Clone)]
struct CachedCaller {
    last_event: i64,
    found: FoundCaller,
}

/// The callers. Clones share them.
#[derive(Clone)]
pub struct CallerCache(Cache<String, CachedCaller>);

impl Default for CallerCache {
    fn default() -> Self {
        Self(Cache::new(CALLERS_MAX))
    }
}

impl fmt::Debug for CallerCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallerCache")
            .field(&self.0.entry_count())
            .finish()
    }
}

impl Database {
    /// The caller that was found by a secret with this SHA-256, if nothing has changed since, with the last event of now. Asks for
    /// the last event only if there is one whom no known commit has outdated.
    pub(super) async fn cached_caller(
        &self,
        sha256: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(Caller, ArrivalPosition)>, StoreError> {
        let Some(cached) = self.caller_cache.0.get(sha256) else {
            return Ok(None);
        };
        if self.commits.last_heard() > cached.last_event
            || self.last_event().await? != cached.last_event
            || !self.still_counts(&cached.found, now)
        {
            return Ok(None);
        }
        let position = ArrivalPosition::new(cached.last_event);
        Ok(Some((cached.found.caller, position)))
    }

    /// Keeps a caller that was found in the same statement as the last event.
    pub(super) fn keep_caller(&self, sha256: String, found: FoundCaller, at: &ArrivalPosition) {
        if let Some(last_event) = at.last_event() {
            let cached = CachedCaller { last_event, found };
            self.caller_cache.0.insert(sha256, cached);
        }
    }

    /// Whether the session or token of a caller that was found earlier is not over.
    fn still_counts(&self, found: &FoundCaller, now: DateTime<Utc>) -> bool {
        match &found.lifetime {
            CallerLifetime::Session(times) => {
                let session = found.caller.session();
                let used_at = session.and_then(|it| self.last_used.of_session(it));
                let used_at = used_at.map_or(times.used_at, |it| it.max(times.used_at));
                SessionTimes { used_at, ..*times }.is_alive(now)
            }
            CallerLifetime::Token { expires_at } => now < *expires_at,
        }
    }
}
