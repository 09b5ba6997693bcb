//! The schema's frozen history: a list that only grows. Nothing of today's code is imported, so that today's
//! entities can never rewrite what was.
pub use sea_orm_migration::prelude::{DbErr, MigratorTrait};

mod m20260201_000001_initial_schema;
mod m20261124_000002_idempotency_keys;
mod m20261126_000003_history_chain;

use sea_orm_migration::{MigrationTrait, async_trait};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260201_000001_initial_schema::Migration),
            Box::new(m20261124_000002_idempotency_keys::Migration),
            Box::new(m20261126_000003_history_chain::Migration),
        ]
    }
}
