//! Creates the table of saved views of the matrix: an address under a name, for the person who saved it or for all.
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, text, timestamp_with_time_zone},
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
        manager.create_table(saved_views()).await?;
        for (name, column) in [
            ("index_saved_views_release_id", "release_id"),
            ("index_saved_views_owner", "owner"),
        ] {
            let index = Index::create()
                .name(name)
                .table("saved_views")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn saved_views() -> TableCreateStatement {
    // The views of a draft go with it.
    let mut of_release = ForeignKey::create()
        .name("fk_saved_views_release_id")
        .from(Alias::new("saved_views"), Alias::new("release_id"))
        .to(Alias::new("releases"), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned();
    Table::create()
        .table(Alias::new("saved_views"))
        .col(big_integer("id").primary_key().auto_increment())
        .col(text("name"))
        .col(text("address"))
        // Null is every release.
        .col(big_integer_null("release_id"))
        // `user 7`, or in open mode `name Ana`.
        .col(text("owner"))
        .col(boolean("for_all"))
        .col(text("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut of_release)
        .to_owned()
}
