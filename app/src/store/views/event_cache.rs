//! Answers that change with events only, each cached as of the last event before it was read, by what its caller sees.
use crate::store::{Store, access::visible::VisibleKey, error::StoreError};
use moka::sync::Cache;
use std::{future::Future, sync::Arc};

/// What callers see whose answers are cached together.
const CALLERS_MAX: u64 = 50;

/// The answers to one question. Clones share them.
#[derive(Clone, Debug)]
pub struct EventCache<T: Send + Sync + 'static>(Cache<VisibleKey, (i64, Arc<T>)>);

impl<T: Send + Sync + 'static> Default for EventCache<T> {
    fn default() -> Self {
        Self(Cache::new(CALLERS_MAX))
    }
}

impl Store {
    /// The cached answer if there is no event since, else what `read` answers.
    pub(in crate::store) async fn as_of_last_event<T: Send + Sync + 'static>(
        &self,
        cache: &EventCache<T>,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Arc<T>, StoreError> {
        let last_event = self.last_event().await?;
        let key = self.visible().key();
        let cached = cache.0.get(&key);
        // An import may fill an empty database without events.
        if let Some((_, answer)) = cached.filter(|it| last_event > 0 && it.0 == last_event) {
            return Ok(answer);
        }
        let answer = Arc::new(read.await?);
        cache.0.insert(key, (last_event, Arc::clone(&answer)));
        Ok(answer)
    }
}
