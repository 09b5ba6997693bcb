//! Creates the tables of addresses for CI, of the messages that came by them, and of evidence.
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob, boolean, text, text_null, timestamp_with_time_zone,
    },
};

/// This migration.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes: name, table, columns, whether unique.
const INDEXES: [(&str, &str, &[&str], bool); 6] = [
    (
        "unique_incoming_hooks_sha256",
        "incoming_hooks",
        &["sha256"],
        true,
    ),
    (
        "index_incoming_hooks_release_id",
        "incoming_hooks",
        &["release_id"],
        false,
    ),
    (
        "index_incoming_hooks_template_id",
        "incoming_hooks",
        &["template_id"],
        false,
    ),
    (
        "unique_incoming_messages_hook_id",
        "incoming_messages",
        &["hook_id", "sha256"],
        true,
    ),
    ("index_evidence_step_id", "evidence", &["step_id"], false),
    (
        "index_evidence_release_id",
        "evidence",
        &["release_id"],
        false,
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [incoming_hooks(), incoming_messages(), evidence()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns, is_unique) in INDEXES {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            if is_unique {
                index.unique();
            }
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}

fn foreign_key(table: &str, column: &str, to: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(to), Alias::new("id"))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn incoming_hooks() -> TableCreateStatement {
    let table = "incoming_hooks";
    // An address goes with its release, or with the one template step that it is for.
    let mut of_release = foreign_key(table, "release_id", "releases");
    let mut of_template = foreign_key(table, "template_id", "step_templates");
    Table::create()
        .table(Alias::new(table))
        .col(big_integer("id").primary_key().auto_increment())
        .col(big_integer("release_id"))
        // Null is every step of the release.
        .col(big_integer_null("template_id"))
        .col(text("name"))
        // Of the key, in hexadecimal digits.
        .col(text("sha256"))
        .col(text("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut of_release)
        .foreign_key(&mut of_template)
        .to_owned()
}

fn incoming_messages() -> TableCreateStatement {
    let table = "incoming_messages";
    let mut of_hook = foreign_key(table, "hook_id", "incoming_hooks");
    Table::create()
        .table(Alias::new(table))
        .col(big_integer("id").primary_key().auto_increment())
        .col(big_integer("hook_id"))
        // Of what the message calls itself, in hexadecimal digits.
        .col(text("sha256"))
        .col(timestamp_with_time_zone("at"))
        .foreign_key(&mut of_hook)
        .to_owned()
}

fn evidence() -> TableCreateStatement {
    let table = "evidence";
    // It goes with its release only: a step that was deleted comes back by an undo, and its evidence is still there.
    let mut of_release = foreign_key(table, "release_id", "releases");
    Table::create()
        .table(Alias::new(table))
        .col(big_integer("id").primary_key().auto_increment())
        .col(big_integer("step_id"))
        .col(big_integer("release_id"))
        // `output`, `link` or `file`.
        .col(text("kind"))
        .col(text("name"))
        .col(text("content_type"))
        // The address of a link.
        .col(text_null("url"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(blob("body"))
        // What the message called itself that it came with.
        .col(text_null("message"))
        .col(boolean("from_hook"))
        // `user 7`, or in open mode `name Ana`, or `hook 3`.
        .col(text("owner"))
        .col(text("added_by"))
        .col(timestamp_with_time_zone("added_at"))
        .foreign_key(&mut of_release)
        .to_owned()
}
