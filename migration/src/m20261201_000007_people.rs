//! Creates users, their sessions and tokens, and the code by which the first admin is made. Events get their user and the way by which they were made;
//! idempotency keys get the permission that their change needed. Nothing that is there is changed: earlier events have no user, and
//! their hashes stay, since members that are null are left out of them.
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null,
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
        for table in [users(), sessions(), tokens(), setup_codes()] {
            manager.create_table(table).await?;
        }
        // SQLite adds one column a statement.
        for (table, column) in [
            ("audit_events", big_integer_null("user_id")),
            ("audit_events", text_null("via")),
            ("idempotency_keys", text_null("permission")),
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table(Alias::new(table))
                        .add_column(column)
                        .to_owned(),
                )
                .await?;
        }
        for (name, table, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table(*table);
            for column in *columns {
                index.col(*column);
            }
            if name.starts_with("unique_") {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

const INDEXES: &[(&str, &str, &[&str])] = &[
    ("unique_users_login", "users", &["login"]),
    // Users without an account of a provider have nulls, which are never equal.
    (
        "unique_users_oidc",
        "users",
        &["oidc_issuer", "oidc_subject"],
    ),
    ("unique_sessions_sha256", "sessions", &["sha256"]),
    ("index_sessions_user_id", "sessions", &["user_id"]),
    ("unique_tokens_sha256", "tokens", &["sha256"]),
    ("index_tokens_user_id", "tokens", &["user_id"]),
    (
        "index_audit_events_user_id",
        "audit_events",
        &["user_id", "id"],
    ),
];

fn table(name: &str) -> TableCreateStatement {
    Table::create()
        .table(Alias::new(name))
        .col(big_integer("id").primary_key().auto_increment())
        .to_owned()
}

/// The key of a user's own rows. Users are never deleted, so a deletion is refused.
fn of_user(from: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{from}_user_id"))
        .from(Alias::new(from), Alias::new("user_id"))
        .to(Alias::new("users"), Alias::new("id"))
        .on_delete(ForeignKeyAction::Restrict)
        .to_owned()
}

fn users() -> TableCreateStatement {
    table("users")
        // In small letters, as it is compared.
        .col(text("login"))
        .col(text("name"))
        .col(text_null("email"))
        .col(text("role"))
        // JSON; null is everywhere.
        .col(text_null("scope"))
        // As a PHC string; null cannot sign in with a password.
        .col(text_null("password_hash"))
        .col(text_null("oidc_issuer"))
        .col(text_null("oidc_subject"))
        .col(boolean("is_active"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    table("sessions")
        .col(big_integer("user_id"))
        .col(text("sha256"))
        .col(text("how"))
        .col(text_null("address"))
        .col(text_null("agent"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("used_at"))
        .foreign_key(&mut of_user("sessions"))
        .to_owned()
}

fn tokens() -> TableCreateStatement {
    table("tokens")
        .col(big_integer("user_id"))
        .col(text("name"))
        .col(text("hint"))
        .col(text("sha256"))
        // Null follows the owner's.
        .col(text_null("role"))
        .col(text_null("scope"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut of_user("tokens"))
        .to_owned()
}

/// At most one row: all servers on one database know the same code.
fn setup_codes() -> TableCreateStatement {
    table("setup_codes")
        .col(text("sha256"))
        .col(timestamp_with_time_zone("expires_at"))
        .to_owned()
}
