//! Hashing of passwords by argon2id (R24), off the threads that serve requests and two at a time: each takes 19 MiB and some
//! tens of milliseconds. For an unknown login a password is hashed all the same, so that the time of the answer tells nothing.
use crate::domain::password::{Password, composed};
use crate::store::{engine::compute::compute, error::StoreError};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Semaphore;

/// OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at a time.
static PERMITS: Semaphore = Semaphore::const_new(2);
/// Hashes that may wait; beyond that a login is given up at once, before it takes memory.
static QUEUE: Semaphore = Semaphore::const_new(64);
/// Hashes that were computed, for tests of what takes the same time.
static RUNS: AtomicU64 = AtomicU64::new(0);

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|it| StoreError::Open(format!("argon2: {it}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Runs one hash, when there is room.
async fn run<T: Send + 'static>(
    work: impl FnOnce(Argon2<'static>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let Ok(_queued) = QUEUE.try_acquire() else {
        return Err(StoreError::Busy);
    };
    let _permit = PERMITS
        .acquire()
        .await
        .map_err(|it| StoreError::Open(it.to_string()))?;
    RUNS.fetch_add(1, Ordering::Relaxed);
    let hasher = hasher()?;
    compute(move || work(hasher)).await?
}

fn hash(hasher: &Argon2<'_>, password: &[u8]) -> Result<String, StoreError> {
    let hashed = hasher.hash_password(password);
    let hashed = hashed.map_err(|it| StoreError::Open(format!("argon2: {it}")))?;
    Ok(hashed.to_string())
}

/// The hash of a password with a salt of its own, as a PHC string. Errors: too many are waiting.
pub(in crate::store) async fn hash_password(password: Password) -> Result<String, StoreError> {
    run(move |hasher| hash(&hasher, password.as_bytes())).await
}

/// Hashes a password anew after it was compared with an older hash. It may break today's limits, since it was set before them.
pub(in crate::store) async fn hash_compared(password: &str) -> Result<String, StoreError> {
    let password = composed(password);
    run(move |hasher| hash(&hasher, password.as_bytes())).await
}

/// What comparing a password with a hash found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Verified {
    Wrong,
    Right,
    /// Right, and the hash was made with parameters of another day.
    RightButOld,
}

/// Compares a password with a hash; without one, with the hash of a random password. Errors: too many are waiting; a hash
/// that cannot be read.
pub(in crate::store) async fn verify_password(
    password: &str,
    stored: Option<String>,
) -> Result<Verified, StoreError> {
    let password = composed(password);
    run(move |hasher| {
        let is_known = stored.is_some();
        let stored = match stored {
            Some(it) => it,
            None => dummy(&hasher)?,
        };
        let parsed = PasswordHash::new(&stored);
        let parsed = parsed.map_err(|it| StoreError::corrupt("users", it))?;
        let is_right = hasher.verify_password(password.as_bytes(), &parsed).is_ok();
        let is_today = Params::try_from(&parsed).is_ok_and(|it| {
            it.m_cost() >= MEMORY_KIB && it.t_cost() >= PASSES && it.p_cost() == LANES
        });
        Ok(match (is_known && is_right, is_today) {
            (false, _) => Verified::Wrong,
            (true, true) => Verified::Right,
            (true, false) => Verified::RightButOld,
        })
    })
    .await
}

/// The hash that is compared with where there is none. Made once; the first such login takes twice as long, so `serve` makes it
/// at the start.
fn dummy(hasher: &Argon2<'_>) -> Result<String, StoreError> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(known) = DUMMY.get() {
        return Ok(known.clone());
    }
    let made = hash(hasher, uuid::Uuid::now_v7().to_string().as_bytes())?;
    Ok(DUMMY.get_or_init(|| made).clone())
}

/// Makes ready what the first login needs.
pub async fn prepare() -> Result<(), StoreError> {
    run(|hasher| dummy(&hasher).map(drop)).await
}

/// How many hashes were computed since the program began.
pub fn runs() -> u64 {
    RUNS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Password {
        Password::parse("a long enough one", None).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_two_hashes_are_alike() {
        let first = hash_password(password()).await.unwrap();
        let second = hash_password(password()).await.unwrap();
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && first != second);
        let verified = verify_password("a long enough one", Some(first.clone())).await;
        assert_eq!(verified.unwrap(), Verified::Right);
        let verified = verify_password("a long enough one ", Some(first)).await;
        assert_eq!(verified.unwrap(), Verified::Wrong);
    }

    #[tokio::test]
    async fn without_a_hash_every_password_is_wrong_and_one_is_computed_all_the_same() {
        prepare().await.unwrap();
        let before = runs();
        let verified = verify_password("", None).await.unwrap();
        assert!(verified == Verified::Wrong && runs() > before);
    }
}
