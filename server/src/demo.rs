//! x
use app::store::{Store, error::StoreError};
use chrono::{DateTime, Utc};
pub async fn load(_store: &Store, _now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(false)
}
