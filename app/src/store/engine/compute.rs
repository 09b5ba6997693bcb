//! Runs long computations outside of the threads that serve requests, where they would delay all other requests of the same
//! thread (R88).
use crate::store::error::StoreError;

/// Runs work on a thread of the blocking pool, and waits for it.
pub async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Open("a computation broke off".to_owned()))
}
