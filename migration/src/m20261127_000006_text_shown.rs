//! Column `audit_events.text_shown` (R81): whether the text that an event proves was on the page of the person who marked the
//! step. Null in earlier events.
use sea_orm_migration::{prelude::*, schema::boolean_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table(Alias::new("audit_events"))
                    .add_column(boolean_null("text_shown"))
                    .to_owned(),
            )
            .await
    }
}
