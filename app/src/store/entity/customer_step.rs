//! Row of `customer_steps`: a customer's step, a cell of the matrix. Its text is in `texts`.
use super::{missing_text, parse_word, text};
use crate::{
    domain::{
        id::{CustomerId, ReleaseId, StepId, TemplateId},
        step::CustomerStep,
    },
    store::error::StoreError,
};
use sea_orm::{ActiveValue::NotSet, entity::prelude::*};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel)]
pub struct Model {
    pub id: i64,
    pub release_id: i64,
    pub customer_id: i64,
    pub template_id: Option<i64>,
    pub name: String,
    pub category: String,
    pub kind: String,
    /// Read from `texts`, never written here; none if there is no such row.
    pub content: Option<String>,
    /// The row of `texts`.
    pub text_id: Option<i64>,
    pub order_index: i32,
    pub status: String,
    pub executed_at: Option<DateTimeUtc>,
    pub executed_by: Option<String>,
    pub started_at: Option<DateTimeUtc>,
    pub started_by: Option<String>,
    pub state_at: Option<DateTimeUtc>,
    pub state_by: Option<String>,
    pub skip_reason: Option<String>,
    pub fail_reason: Option<String>,
    pub revert_reason: Option<String>,
    pub notes: Option<String>,
    pub has_notes: bool,
    pub is_custom: bool,
    pub is_overridden: bool,
    pub template_version: Option<i64>,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// The table.
#[derive(Copy, Clone, Default, Debug, DeriveEntity)]
pub struct Entity;

impl EntityName for Entity {
    fn table_name(&self) -> &'static str {
        "customer_steps"
    }
}

/// The columns of the table.
#[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
pub enum Column {
    Id,
    ReleaseId,
    CustomerId,
    TemplateId,
    Name,
    Category,
    #[sea_orm(column_name = "type")]
    Kind,
    /// No column of the table: wherever it is selected, the text is read.
    Content,
    TextId,
    OrderIndex,
    Status,
    ExecutedAt,
    ExecutedBy,
    StartedAt,
    StartedBy,
    StateAt,
    StateBy,
    SkipReason,
    FailReason,
    RevertReason,
    Notes,
    HasNotes,
    IsCustom,
    IsOverridden,
    TemplateVersion,
    Version,
    CreatedAt,
    UpdatedAt,
}

impl ColumnTrait for Column {
    type EntityName = Entity;

    fn def(&self) -> ColumnDef {
        match self {
            Self::Id | Self::ReleaseId | Self::CustomerId | Self::Version => {
                ColumnType::BigInteger.def()
            }
            Self::TemplateId | Self::TextId | Self::TemplateVersion => {
                ColumnType::BigInteger.def().nullable()
            }
            Self::Name | Self::Category | Self::Kind | Self::Status => ColumnType::Text.def(),
            Self::Content
            | Self::ExecutedBy
            | Self::StartedBy
            | Self::StateBy
            | Self::SkipReason
            | Self::FailReason
            | Self::RevertReason
            | Self::Notes => ColumnType::Text.def().nullable(),
            Self::OrderIndex => ColumnType::Integer.def(),
            Self::ExecutedAt | Self::StartedAt | Self::StateAt => {
                ColumnType::TimestampWithTimeZone.def().nullable()
            }
            Self::HasNotes | Self::IsCustom | Self::IsOverridden => ColumnType::Boolean.def(),
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

impl TryFrom<Model> for CustomerStep {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: StepId(row.id),
            release_id: ReleaseId(row.release_id),
            customer_id: CustomerId(row.customer_id),
            template_id: row.template_id.map(TemplateId),
            name: row.name,
            category: parse_word("customer_steps", &row.category)?,
            kind: parse_word("customer_steps", &row.kind)?,
            content: row.content.ok_or_else(|| missing_text("customer_steps"))?,
            order_index: row.order_index,
            status: parse_word("customer_steps", &row.status)?,
            executed_at: row.executed_at,
            executed_by: row.executed_by,
            started_at: row.started_at,
            started_by: row.started_by,
            state_at: row.state_at,
            state_by: row.state_by,
            skip_reason: row.skip_reason,
            fail_reason: row.fail_reason,
            revert_reason: row.revert_reason,
            notes: row.notes,
            is_custom: row.is_custom,
            is_overridden: row.is_overridden,
            template_version: row.template_version,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl ActiveModel {
    /// All columns of a step; `text` is the row of `texts` with its content.
    pub fn of(step: CustomerStep, text: Option<i64>) -> Self {
        let row = Model {
            id: step.id.0,
            release_id: step.release_id.0,
            customer_id: step.customer_id.0,
            template_id: step.template_id.map(|it| it.0),
            name: step.name,
            category: step.category.to_string(),
            kind: step.kind.to_string(),
            content: None,
            text_id: text,
            order_index: step.order_index,
            status: step.status.to_string(),
            executed_at: step.executed_at,
            executed_by: step.executed_by,
            started_at: step.started_at,
            started_by: step.started_by,
            state_at: step.state_at,
            state_by: step.state_by,
            skip_reason: step.skip_reason,
            fail_reason: step.fail_reason,
            revert_reason: step.revert_reason,
            has_notes: step.notes.is_some(),
            notes: step.notes,
            is_custom: step.is_custom,
            is_overridden: step.is_overridden,
            template_version: step.template_version,
            version: step.version,
            created_at: step.created_at,
            updated_at: step.updated_at,
        };
        Self {
            content: NotSet,
            ..Self::from(row).reset_all()
        }
    }
}
