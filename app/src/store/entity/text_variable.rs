//! Row of `text_variables`: a variable that a text uses, as it uses it.
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "text_variables")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub text_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
