//! Migrations of the database schema, oldest first. Existing ones are never changed, and none imports entities of the
//! app, so that later code cannot alter an old migration. They run on SQLite and PostgreSQL.
pub use sea_orm_migration::prelude::{DbErr, MigratorTrait};

mod m20260201_000001_initial_schema;
mod m20261124_000002_idempotency_keys;
mod m20261127_000003_cluster_context;
mod m20261127_000004_quoted_variables;
mod m20261127_000005_history_chain;
mod m20261127_000006_text_shown;
mod m20261201_000007_people;
mod m20261202_000008_texts_once;
mod m20261204_000009_saved_views;
mod m20261204_000010_search;
mod m20261205_000011_webhooks;
mod m20261205_000012_evidence;
mod m20261206_000013_runs;
mod text_order;

use sea_orm_migration::{MigrationTrait, async_trait};

/// Runs the migrations in this order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let migrations: Vec<Box<dyn MigrationTrait>> = vec![
            Box::new(m20260201_000001_initial_schema::Migration),
            Box::new(m20261124_000002_idempotency_keys::Migration),
            Box::new(m20261127_000003_cluster_context::Migration),
            Box::new(m20261127_000004_quoted_variables::Migration),
            Box::new(m20261127_000005_history_chain::Migration),
            Box::new(m20261127_000006_text_shown::Migration),
            Box::new(m20261201_000007_people::Migration),
            Box::new(m20261202_000008_texts_once::Migration),
            Box::new(m20261204_000009_saved_views::Migration),
            Box::new(m20261204_000010_search::Migration),
            Box::new(m20261205_000011_webhooks::Migration),
            Box::new(m20261205_000012_evidence::Migration),
            Box::new(m20261206_000013_runs::Migration),
        ];
        let by_bytes = |it| Box::new(text_order::TextByBytes(it)) as Box<dyn MigrationTrait>;
        migrations.into_iter().map(by_bytes).collect()
    }
}
