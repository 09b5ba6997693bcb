//! Row of `step_templates`.
use super::{parse_word, text_key};
use crate::{
    domain::{
        id::{ReleaseId, TemplateId},
        template::StepTemplate,
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step_templates")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub release_id: i64,
    pub name: String,
    pub category: String,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub content: String,
    pub text_key: i64,
    pub order_index: i32,
    pub description: Option<String>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for StepTemplate {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            release_id,
            name,
            category,
            kind,
            content,
            text_key: _,
            order_index,
            description,
            version,
            created_at,
            updated_at,
        } = row;
        Ok(Self {
            id: TemplateId(id),
            release_id: ReleaseId(release_id),
            name,
            category: parse_word("step_templates", &category)?,
            kind: parse_word("step_templates", &kind)?,
            content,
            order_index,
            description,
            version,
            created_at,
            updated_at,
        })
    }
}

impl From<StepTemplate> for Model {
    fn from(template: StepTemplate) -> Self {
        let StepTemplate {
            id,
            release_id,
            name,
            category,
            kind,
            content,
            order_index,
            description,
            version,
            created_at,
            updated_at,
        } = template;
        Self {
            id: id.0,
            release_id: release_id.0,
            name,
            category: category.to_string(),
            kind: kind.to_string(),
            text_key: text_key(&content),
            content,
            order_index,
            description,
            version,
            created_at,
            updated_at,
        }
    }
}
