//! Row of `incoming_messages`: what a report of CI that was taken is known by, so that it is not taken again.
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incoming_messages")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub hook_id: i64,
    /// The SHA-256 of the report's step, status and id, and in another row of its id alone, in hexadecimal digits.
    pub sha256: String,
    pub at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
