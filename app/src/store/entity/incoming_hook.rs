//! Row of `incoming_hooks`: an address that CI reports to. One that was deleted has no row.
use crate::domain::{
    id::{IncomingHookId, ReleaseId, TemplateId},
    incoming_hook::IncomingHook,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incoming_hooks")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub release_id: i64,
    /// None: every step of the release.
    pub template_id: Option<i64>,
    pub name: String,
    /// The SHA-256 of the key, in hexadecimal digits.
    #[sea_orm(unique)]
    pub sha256: String,
    pub created_by: String,
    pub created_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for IncomingHook {
    fn from(row: Model) -> Self {
        let Model {
            id,
            release_id,
            template_id,
            name,
            sha256: _,
            created_by,
            created_at,
        } = row;
        Self {
            id: IncomingHookId(id),
            release_id: ReleaseId(release_id),
            template_id: template_id.map(TemplateId),
            name,
            created_by,
            created_at,
        }
    }
}
