//! Creates webhooks and their deliveries. A delivery is written in the transaction of the change that it tells of, and kept for
//! a month.
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob_null, boolean, integer, integer_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
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
        manager.create_table(webhooks()).await?;
        manager.create_table(deliveries()).await?;
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

const INDEXES: &[(&str, &str, &[&str])] = &[
    ("index_webhooks_release_id", "webhooks", &["release_id"]),
    (
        "index_webhook_deliveries_webhook_id",
        "webhook_deliveries",
        &["webhook_id", "id"],
    ),
    // Those that are to be sent have a time, and they are few.
    (
        "index_webhook_deliveries_next_at",
        "webhook_deliveries",
        &["next_at"],
    ),
];

/// A key whose rows go with the row that they belong to.
fn of(table: &'static str, column: &'static str, owner: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(owner), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn webhooks() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("webhooks"))
        .col(big_integer("id").primary_key().auto_increment())
        .col(text("name"))
        .col(text("kind"))
        .col(text("target"))
        // JSON: a list of words.
        .col(text("events"))
        // Null is every release.
        .col(big_integer_null("release_id"))
        // JSON: a list of ids; null is every cluster.
        .col(text_null("cluster_ids"))
        .col(boolean("is_active"))
        .col(text_null("off_reason"))
        // Encrypted; null of a kind that is not signed.
        .col(blob_null("secret"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut of("webhooks", "release_id", "releases"))
        .to_owned()
}

fn deliveries() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("webhook_deliveries"))
        .col(big_integer("id").primary_key().auto_increment())
        .col(big_integer("webhook_id"))
        .col(text("message_id"))
        .col(text("event"))
        // JSON.
        .col(text("message"))
        .col(text("state"))
        .col(integer("tries"))
        .col(timestamp_with_time_zone("created_at"))
        // Null is never.
        .col(timestamp_with_time_zone_null("next_at"))
        // Until when a sender has it.
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(integer_null("status"))
        .col(text_null("answer"))
        .col(text_null("error"))
        .foreign_key(&mut of("webhook_deliveries", "webhook_id", "webhooks"))
        .to_owned()
}
