//! Which batches are undone as it stands, by their undos and the undos of those.
use super::first_actions::walked;
use crate::domain::undone_batches::undone_batches;
use crate::store::{Store, entity::audit_event::Column, error::StoreError};
use sea_orm::ConnectionTrait;
use std::collections::HashSet;

impl Store {
    /// Those of these batches, and of the undos that they led to, that are undone as it stands.
    pub(in crate::store) async fn undone_batches(
        &self,
        batches: Vec<String>,
    ) -> Result<HashSet<String>, StoreError> {
        if batches.is_empty() {
            return Ok(HashSet::new());
        }
        let query = walked(self.visible(), batches, Column::Undoes, Column::BatchId);
        let mut undos: Vec<(String, String)> = Vec::new();
        for row in self.read.query_all(&query).await? {
            undos.push((row.try_get_by_index(0)?, row.try_get_by_index(2)?));
        }
        let undone = undone_batches(&undos).into_iter();
        Ok(undone.map(str::to_owned).collect())
    }
}
