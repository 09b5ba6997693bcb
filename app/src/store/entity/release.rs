//! Row of `releases`.
use super::{parse_word, read_metadata, write_metadata};
use crate::{
    domain::{id::ReleaseId, release::Release},
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "releases")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub status: String,
    pub version_number: Option<String>,
    pub release_date: Option<Date>,
    pub description: Option<String>,
    pub metadata: String,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Release {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            name,
            kind,
            status,
            version_number,
            release_date,
            description,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Ok(Self {
            id: ReleaseId(id),
            name,
            kind: parse_word("releases", &kind)?,
            status: parse_word("releases", &status)?,
            version_number,
            release_date,
            description,
            metadata: read_metadata("releases", &metadata)?,
            version,
            created_at,
            updated_at,
        })
    }
}

impl From<Release> for Model {
    fn from(release: Release) -> Self {
        let Release {
            id,
            name,
            kind,
            status,
            version_number,
            release_date,
            description,
            metadata,
            version,
            created_at,
            updated_at,
        } = release;
        Self {
            id: id.0,
            name,
            kind: kind.to_string(),
            status: status.to_string(),
            version_number,
            release_date,
            description,
            metadata: write_metadata(&metadata),
            version,
            created_at,
            updated_at,
        }
    }
}
