//! Creates all tables and indexes of the first schema. Timestamps are RFC 3339 text in UTC, always set by the
//! program. Closed lists are plain text columns, so that a new word needs no migration.
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, boolean, date_null, integer, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
};

/// This migration.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default, and half a schema is worse than none.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            clusters(),
            customers(),
            releases(),
            release_customers(),
            step_templates(),
            customer_steps(),
            text_variables(),
            audit_events(),
        ] {
            manager.create_table(table).await?;
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
    (
        "unique_namespace_per_cluster",
        "customers",
        &["cluster_id", "namespace"],
    ),
    (
        "unique_order_per_release_category",
        "step_templates",
        &["release_id", "category", "order_index"],
    ),
    (
        "unique_customer_step",
        "customer_steps",
        &["release_id", "customer_id", "template_id"],
    ),
    ("index_customers_cluster_id", "customers", &["cluster_id"]),
    (
        "index_release_customers_customer_id",
        "release_customers",
        &["customer_id"],
    ),
    (
        "index_step_templates_release_id",
        "step_templates",
        &["release_id"],
    ),
    // Covers the query of the matrix, so that reading 100,000 cells never reads their texts.
    (
        "index_customer_steps_release_id",
        "customer_steps",
        &[
            "release_id",
            "customer_id",
            "category",
            "order_index",
            "template_id",
            "status",
            "is_overridden",
            "is_custom",
            "has_notes",
            "text_key",
            "state_by",
            "state_at",
        ],
    ),
    (
        "index_customer_steps_customer_id",
        "customer_steps",
        &["customer_id"],
    ),
    (
        "index_customer_steps_template_id",
        "customer_steps",
        &["template_id"],
    ),
    (
        "index_audit_events_release_id",
        "audit_events",
        &["release_id", "id"],
    ),
    (
        "index_audit_events_customer_id",
        "audit_events",
        &["customer_id", "id"],
    ),
    (
        "index_audit_events_entity",
        "audit_events",
        &["entity", "entity_id", "id"],
    ),
    ("index_audit_events_batch_id", "audit_events", &["batch_id"]),
    ("index_audit_events_undoes", "audit_events", &["undoes"]),
];

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).to_owned()
}

/// The columns of every row that users edit (R3).
fn edited(table: &mut TableCreateStatement) -> TableCreateStatement {
    table
        .col(big_integer("version").default(1))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned()
}

fn clusters() -> TableCreateStatement {
    edited(
        table("clusters")
            .col(big_integer("id").primary_key().auto_increment())
            .col(text("name").unique_key())
            .col(text_null("kubeconfig_path"))
            .col(text_null("description"))
            .col(boolean("is_active").default(true))
            .col(text("metadata").default("{}")),
    )
}

fn customers() -> TableCreateStatement {
    edited(
        table("customers")
            .col(big_integer("id").primary_key().auto_increment())
            .col(big_integer("cluster_id"))
            .col(text("namespace"))
            .col(text("name"))
            .col(text_null("description"))
            .col(boolean("is_active").default(true))
            .col(text("metadata").default("{}"))
            .foreign_key(&mut key(
                "customers",
                "cluster_id",
                "clusters",
                ForeignKeyAction::Restrict,
            )),
    )
}

fn releases() -> TableCreateStatement {
    edited(
        table("releases")
            .col(big_integer("id").primary_key().auto_increment())
            .col(text("name"))
            .col(text("type"))
            .col(text("status").default("draft"))
            .col(text_null("version_number"))
            .col(date_null("release_date"))
            .col(text_null("description"))
            .col(text("metadata").default("{}")),
    )
}

fn release_customers() -> TableCreateStatement {
    table("release_customers")
        .col(big_integer("release_id"))
        .col(big_integer("customer_id"))
        .col(timestamp_with_time_zone("added_at"))
        .primary_key(Index::create().col("release_id").col("customer_id"))
        .foreign_key(&mut key(
            "release_customers",
            "release_id",
            "releases",
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut key(
            "release_customers",
            "customer_id",
            "customers",
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn step_templates() -> TableCreateStatement {
    edited(
        table("step_templates")
            .col(big_integer("id").primary_key().auto_increment())
            .col(big_integer("release_id"))
            .col(text("name"))
            .col(text("category"))
            .col(text("type"))
            .col(text("content"))
            .col(big_integer("text_key"))
            .col(integer("order_index"))
            .col(text_null("description"))
            .foreign_key(&mut key(
                "step_templates",
                "release_id",
                "releases",
                ForeignKeyAction::Cascade,
            )),
    )
}

fn customer_steps() -> TableCreateStatement {
    edited(
        table("customer_steps")
            .col(big_integer("id").primary_key().auto_increment())
            .col(big_integer("release_id"))
            .col(big_integer("customer_id"))
            .col(big_integer_null("template_id"))
            .col(text("name"))
            .col(text("category"))
            .col(text("type"))
            .col(text("content"))
            .col(big_integer("text_key"))
            .col(integer("order_index"))
            .col(text("status").default("pending"))
            .col(timestamp_with_time_zone_null("executed_at"))
            .col(text_null("executed_by"))
            .col(timestamp_with_time_zone_null("started_at"))
            .col(text_null("started_by"))
            .col(timestamp_with_time_zone_null("state_at"))
            .col(text_null("state_by"))
            .col(text_null("skip_reason"))
            .col(text_null("fail_reason"))
            .col(text_null("revert_reason"))
            .col(text_null("notes"))
            .col(boolean("has_notes").default(false))
            .col(boolean("is_custom").default(false))
            .col(boolean("is_overridden").default(false))
            .col(big_integer_null("template_version"))
            .foreign_key(&mut key(
                "customer_steps",
                "release_id",
                "releases",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut key(
                "customer_steps",
                "customer_id",
                "customers",
                ForeignKeyAction::Cascade,
            ))
            .foreign_key(&mut key(
                "customer_steps",
                "template_id",
                "step_templates",
                ForeignKeyAction::SetNull,
            )),
    )
}

/// The variables that a text names. The key is a fingerprint of the text (`text_key`), which templates and steps
/// store: 100,000 copies of one text share its rows, and activation inserts none.
fn text_variables() -> TableCreateStatement {
    table("text_variables")
        .col(big_integer("text_key"))
        .col(text("name"))
        .primary_key(Index::create().col("text_key").col("name"))
        .to_owned()
}

/// Append-only. Without foreign keys, since events outlive the rows they refer to.
fn audit_events() -> TableCreateStatement {
    table("audit_events")
        .col(big_integer("id").primary_key().auto_increment())
        .col(text("batch_id"))
        .col(text("entity"))
        .col(big_integer("entity_id"))
        .col(big_integer_null("release_id"))
        .col(big_integer_null("customer_id"))
        .col(text("action"))
        .col(text("actor"))
        .col(timestamp_with_time_zone("at"))
        .col(text_null("before"))
        .col(text_null("after"))
        .col(text_null("resolved_text"))
        .col(text_null("resolved_sha256"))
        .col(text_null("undoes"))
        .to_owned()
}

fn key(
    from: &str,
    column: &str,
    to: &str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{from}_{column}"))
        .from(Alias::new(from), Alias::new(column))
        .to(Alias::new(to), Alias::new("id"))
        .on_delete(on_delete)
        .to_owned()
}
