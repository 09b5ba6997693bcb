//! Indexes for the search of texts: which steps have a text, without reading their rows, and which events have it. Nothing that is
//! stored changes.
use sea_orm_migration::prelude::*;

/// This migration.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The index on a step's text has now what a search tells of the step. Few events have a text, so only they are in an index.
const STATEMENTS: [&str; 3] = [
    "DROP INDEX index_customer_steps_text_id",
    "CREATE INDEX index_customer_steps_text_id ON customer_steps (text_id, release_id, template_id, customer_id)",
    "CREATE INDEX index_audit_events_text_id ON audit_events (text_id) WHERE text_id IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in STATEMENTS {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}
