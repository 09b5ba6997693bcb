//! Creates the table of idempotency keys, which clients send with a POST so that a repeated request creates one row.
//! Keys are kept for a day with the response. Without foreign keys, since a key outlives the row it created.
use sea_orm_migration::{
    prelude::*,
    schema::{integer_null, text, text_null, timestamp_with_time_zone},
};

/// This migration.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Alias::new("idempotency_keys"))
                    .col(text("key").primary_key())
                    .col(text("request_sha256"))
                    .col(text_null("batch_id"))
                    .col(integer_null("status"))
                    .col(text_null("location"))
                    .col(text_null("etag"))
                    .col(text_null("body"))
                    .col(timestamp_with_time_zone("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("index_idempotency_keys_created_at")
                    .table("idempotency_keys")
                    .col("created_at")
                    .to_owned(),
            )
            .await
    }
}
