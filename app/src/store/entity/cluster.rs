//! Row of `clusters`.
use super::{read_metadata, write_metadata};
use crate::{
    domain::{cluster::Cluster, id::ClusterId},
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clusters")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub kubeconfig_path: Option<String>,
    pub context: Option<String>,
    pub max_parallel: i32,
    pub description: Option<String>,
    pub is_active: bool,
    pub metadata: String,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Cluster {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            name,
            kubeconfig_path,
            context,
            max_parallel,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Ok(Self {
            id: ClusterId(id),
            name,
            kubeconfig_path,
            context,
            max_parallel: u32::try_from(max_parallel)
                .map_err(|error| StoreError::corrupt("clusters", error))?,
            description,
            is_active,
            metadata: read_metadata("clusters", &metadata)?,
            version,
            created_at,
            updated_at,
        })
    }
}

impl From<Cluster> for Model {
    fn from(cluster: Cluster) -> Self {
        let Cluster {
            id,
            name,
            kubeconfig_path,
            context,
            max_parallel,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = cluster;
        Self {
            id: id.0,
            name,
            kubeconfig_path,
            context,
            // The domain allows 100 at most.
            max_parallel: i32::try_from(max_parallel).unwrap_or(i32::MAX),
            description,
            is_active,
            metadata: write_metadata(&metadata),
            version,
            created_at,
            updated_at,
        }
    }
}
