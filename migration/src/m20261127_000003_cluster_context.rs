//! Clusters get the kubectl context that copied scripts check for. Empty: it is called as the cluster is.
use sea_orm_migration::{prelude::*, schema::text_null};

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
                    .table(Alias::new("clusters"))
                    .add_column(text_null("context"))
                    .to_owned(),
            )
            .await
    }
}
