//! Row of `evidence`: an output, a link or a file that a step has, with its bytes.
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// No foreign key: a step that was deleted comes back by an undo.
    pub step_id: i64,
    pub release_id: i64,
    pub kind: String,
    pub name: String,
    pub content_type: String,
    /// Where a link leads.
    pub url: Option<String>,
    /// The number of bytes of the body.
    pub bytes: i64,
    /// That of the body, in hexadecimal digits.
    pub sha256: String,
    pub body: Vec<u8>,
    /// What the report of a hook called itself.
    pub message: Option<String>,
    pub from_hook: bool,
    /// What `saved_view::owner_of` says of the person, or `hook` and an id.
    pub owner: String,
    pub added_by: String,
    pub added_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
