//! Row of `step_templates`. Its text is in `texts`.
use super::{missing_text, parse_word, text};
use crate::{
    domain::{
        id::{ReleaseId, TemplateId},
        jenkins::JenkinsJob,
        template::StepTemplate,
    },
    store::error::StoreError,
};
use sea_orm::{ActiveValue::NotSet, entity::prelude::*};
use serde_json::json;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel)]
pub struct Model {
    pub id: i64,
    pub release_id: i64,
    pub name: String,
    pub category: String,
    pub kind: String,
    /// Read from `texts`, never written here; none if there is no such row.
    pub content: Option<String>,
    /// The row of `texts`.
    pub text_id: Option<i64>,
    pub order_index: i32,
    pub description: Option<String>,
    /// JSON: the job at Jenkins that carries it out.
    pub jenkins: Option<String>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// The table.
#[derive(Copy, Clone, Default, Debug, DeriveEntity)]
pub struct Entity;

impl EntityName for Entity {
    fn table_name(&self) -> &'static str {
        "step_templates"
    }
}

/// The columns of the table.
#[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
pub enum Column {
    Id,
    ReleaseId,
    Name,
    Category,
    #[sea_orm(column_name = "type")]
    Kind,
    /// No column of the table: wherever it is selected, the text is read.
    Content,
    TextId,
    OrderIndex,
    Description,
    Jenkins,
    Version,
    CreatedAt,
    UpdatedAt,
}

impl ColumnTrait for Column {
    type EntityName = Entity;

    fn def(&self) -> ColumnDef {
        match self {
            Self::Id | Self::ReleaseId | Self::Version => ColumnType::BigInteger.def(),
            Self::Name | Self::Category | Self::Kind => ColumnType::Text.def(),
            Self::Content | Self::Description | Self::Jenkins => ColumnType::Text.def().nullable(),
            Self::TextId => ColumnType::BigInteger.def().nullable(),
            Self::OrderIndex => ColumnType::Integer.def(),
            Self::CreatedAt | Self::UpdatedAt => ColumnType::TimestampWithTimeZone.def(),
        }
    }

    fn select_as(&self, expr: Expr) -> Expr {
        match self {
            Self::Content => text::body_of((Entity, Self::TextId)),
            _ => self.select_enum_as(expr),
        }
    }
}

/// The primary key of the table.
#[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
pub enum PrimaryKey {
    Id,
}

impl PrimaryKeyTrait for PrimaryKey {
    type ValueType = i64;

    fn auto_increment() -> bool {
        true
    }
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
            text_id: _,
            order_index,
            description,
            jenkins,
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
            content: content.ok_or_else(|| missing_text("step_templates"))?,
            order_index,
            description,
            jenkins: jenkins.as_deref().map(job).transpose()?,
            version,
            created_at,
            updated_at,
        })
    }
}

/// The job of the column.
pub fn job(json: &str) -> Result<JenkinsJob, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt("step_templates", error))
}

impl ActiveModel {
    /// All columns of a template step; `text` is the row of `texts` with its content.
    pub fn of(template: StepTemplate, text: Option<i64>) -> Self {
        let StepTemplate {
            id,
            release_id,
            name,
            category,
            kind,
            content: _,
            order_index,
            description,
            jenkins,
            version,
            created_at,
            updated_at,
        } = template;
        let jenkins = jenkins.map(|it| json!(it).to_string());
        let row = Model {
            id: id.0,
            release_id: release_id.0,
            name,
            category: category.to_string(),
            kind: kind.to_string(),
            content: None,
            text_id: text,
            order_index,
            description,
            jenkins,
            version,
            created_at,
            updated_at,
        };
        Self {
            content: NotSet,
            ..Self::from(row).reset_all()
        }
    }
}
