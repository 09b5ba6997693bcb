//! Row of `customers`.
use super::{read_metadata, write_metadata};
use crate::{
    domain::{
        customer::Customer,
        id::{ClusterId, CustomerId},
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub cluster_id: i64,
    pub namespace: String,
    pub name: String,
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

impl TryFrom<Model> for Customer {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            cluster_id,
            namespace,
            name,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Ok(Self {
            id: CustomerId(id),
            cluster_id: ClusterId(cluster_id),
            namespace,
            name,
            description,
            is_active,
            metadata: read_metadata("customers", &metadata)?,
            version,
            created_at,
            updated_at,
        })
    }
}

impl From<Customer> for Model {
    fn from(customer: Customer) -> Self {
        let Customer {
            id,
            cluster_id,
            namespace,
            name,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = customer;
        Self {
            id: id.0,
            cluster_id: cluster_id.0,
            namespace,
            name,
            description,
            is_active,
            metadata: write_metadata(&metadata),
            version,
            created_at,
            updated_at,
        }
    }
}
