//! Text of `PostgreSQL` is compared by its bytes, as that of SQLite is, whatever the language of the database: names come in one
//! order, and pages of lists begin where the last one ended.
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// A migration, and the order of the text columns that it adds.
pub struct TextByBytes(pub Box<dyn MigrationTrait>);

/// Gives each text column that has the collation of the database the one of bytes. Not in the list of migrations: statements that
/// ask it are prepared already, and are refused when a column of their answer changes.
const BY_BYTES: &str = r#"
DO $$
DECLARE
  found record;
BEGIN
  FOR found IN
    SELECT held.attrelid::regclass AS of_table, held.attname AS of_column,
           format_type(held.atttypid, held.atttypmod) AS of_type
    FROM pg_attribute AS held JOIN pg_class AS rows ON rows.oid = held.attrelid
    WHERE rows.relnamespace = current_schema()::regnamespace AND rows.relkind = 'r'
      AND rows.relname <> 'seaql_migrations'
      AND held.attnum > 0 AND NOT held.attisdropped
      AND held.attcollation = (SELECT oid FROM pg_collation WHERE collname = 'default' AND collnamespace = 'pg_catalog'::regnamespace)
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s COLLATE "C"', found.of_table, found.of_column, found.of_type);
  END LOOP;
END
$$"#;

impl MigrationName for TextByBytes {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for TextByBytes {
    fn use_transaction(&self) -> Option<bool> {
        self.0.use_transaction()
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager
                .get_connection()
                .execute_unprepared(BY_BYTES)
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }
}
