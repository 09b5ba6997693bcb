//! Row of `saved_views`: an address of the matrix under a name.
use crate::domain::{
    id::{ReleaseId, ViewId},
    saved_view::SavedView,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_views")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub address: String,
    /// None: every release.
    pub release_id: Option<i64>,
    /// What `saved_view::owner_of` says of the person.
    pub owner: String,
    pub for_all: bool,
    pub created_by: String,
    pub created_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for SavedView {
    fn from(row: Model) -> Self {
        let Model {
            id,
            name,
            address,
            release_id,
            owner: _,
            for_all,
            created_by,
            created_at,
        } = row;
        Self {
            id: ViewId(id),
            name,
            address,
            release_id: release_id.map(ReleaseId),
            for_all,
            created_by,
            created_at,
        }
    }
}
