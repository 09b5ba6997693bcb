//! Row of `runners`: a runner, and what it last said of itself. One that was deleted has no row.
use crate::{
    domain::{id::RunnerId, runner::Runner},
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;
use serde::de::DeserializeOwned;

const TABLE: &str = "runners";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runners")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    /// The SHA-256 of the token, in hexadecimal digits.
    #[sea_orm(unique)]
    pub sha256: String,
    /// JSON: a list of ids.
    pub cluster_ids: String,
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub seen_at: Option<DateTimeUtc>,
    /// JSON: a list of words.
    pub kinds: Option<String>,
    /// JSON: a list of ids.
    pub serves: Option<String>,
    pub max_parallel: Option<i32>,
    pub program_version: Option<String>,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A list from its column; empty if there is none.
fn read_list<T: DeserializeOwned + Default>(json: Option<&str>) -> Result<T, StoreError> {
    let list = json.map(serde_json::from_str).transpose();
    let list = list.map_err(|error| StoreError::corrupt(TABLE, error))?;
    Ok(list.unwrap_or_default())
}

impl TryFrom<Model> for Runner {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            name,
            sha256: _,
            cluster_ids,
            created_by,
            created_at,
            seen_at,
            kinds,
            serves,
            max_parallel,
            program_version,
        } = row;
        let max_parallel = max_parallel.map(u32::try_from).transpose();
        Ok(Self {
            id: RunnerId(id),
            name,
            cluster_ids: read_list(Some(&cluster_ids))?,
            created_by,
            created_at,
            seen_at,
            kinds: read_list(kinds.as_deref())?,
            serves: read_list(serves.as_deref())?,
            max_parallel: max_parallel.map_err(|error| StoreError::corrupt(TABLE, error))?,
            program_version,
            running: Vec::new(),
        })
    }
}
