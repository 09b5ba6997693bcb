//! Creates the tables of runners, of runs and of their output. Clusters get the number of runs that they take at once, template steps
//! the job at Jenkins that carries them out.
use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, blob, boolean, integer, integer_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null,
    },
};

/// This migration.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Indexes: name, table, columns, whether unique.
const INDEXES: [(&str, &str, &[&str], bool); 10] = [
    ("unique_runners_name", "runners", &["name"], true),
    ("unique_runners_sha256", "runners", &["sha256"], true),
    // A step has one run at most that is not over; nulls are never equal.
    ("unique_runs_open_step_id", "runs", &["open_step_id"], true),
    ("index_runs_state", "runs", &["state", "cluster_id"], false),
    ("index_runs_step_id", "runs", &["step_id"], false),
    ("index_runs_release_id", "runs", &["release_id"], false),
    ("index_runs_customer_id", "runs", &["customer_id"], false),
    ("index_runs_cluster_id", "runs", &["cluster_id"], false),
    ("index_runs_runner_id", "runs", &["runner_id"], false),
    ("index_runs_ended_at", "runs", &["ended_at"], false),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [runners(), runs(), run_output()] {
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
        for (table, column) in [
            ("clusters", integer("max_parallel").default(1).take()),
            // JSON: the job and its parameters.
            ("step_templates", text_null("jenkins")),
        ] {
            let altered = Table::alter()
                .table(Alias::new(table))
                .add_column(column)
                .to_owned();
            manager.alter_table(altered).await?;
        }
        Ok(())
    }
}

fn foreign_key(
    table: &str,
    column: &str,
    to: &str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(to), Alias::new("id"))
        .on_delete(on_delete)
        .to_owned()
}

fn runners() -> TableCreateStatement {
    Table::create()
        .table(Alias::new("runners"))
        .col(big_integer("id").primary_key().auto_increment())
        .col(text("name"))
        // Of the token, in hexadecimal digits.
        .col(text("sha256"))
        // JSON: a list of ids.
        .col(text("cluster_ids"))
        .col(text("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("seen_at"))
        // What it last said of itself. JSON: a list of words.
        .col(text_null("kinds"))
        // JSON: a list of ids.
        .col(text_null("serves"))
        .col(integer_null("max_parallel"))
        .col(text_null("program_version"))
        .to_owned()
}

fn runs() -> TableCreateStatement {
    let table = "runs";
    // It goes with its release and its customer. A step or a cluster that was deleted comes back by an undo, and its runs are still
    // there; a runner that was deleted leaves its name.
    let mut of_release = foreign_key(table, "release_id", "releases", ForeignKeyAction::Cascade);
    let mut of_customer = foreign_key(table, "customer_id", "customers", ForeignKeyAction::Cascade);
    let mut by_runner = foreign_key(table, "runner_id", "runners", ForeignKeyAction::SetNull);
    Table::create()
        .table(Alias::new(table))
        .col(big_integer("id").primary_key().auto_increment())
        .col(big_integer("step_id"))
        .col(big_integer("release_id"))
        .col(big_integer("customer_id"))
        .col(big_integer("cluster_id"))
        // The step's id until it is over.
        .col(big_integer_null("open_step_id"))
        // `bash`, `sql` or `jenkins`.
        .col(text("kind"))
        .col(text("text"))
        .col(text("text_sha256"))
        .col(big_integer("step_version"))
        .col(text("state"))
        .col(text("asked_by"))
        // Null in open mode.
        .col(big_integer_null("asked_by_user"))
        // `user 7`, or in open mode `name Ana`.
        .col(text("owner"))
        .col(big_integer_null("runner_id"))
        // The runner's name.
        .col(text_null("runner"))
        // By `rollcall run`: no runner fetches it.
        .col(boolean("is_here"))
        // Of the lease of who has it, in hexadecimal digits.
        .col(text_null("lease_sha256"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(integer_null("exit_code"))
        .col(text_null("signal"))
        .col(integer("timeout_seconds"))
        // All that was written, kept or not.
        .col(big_integer("output_bytes"))
        .col(boolean("output_cut"))
        // Of what is kept.
        .col(text_null("output_sha256"))
        .col(text_null("reason"))
        .col(text_null("cancel_by"))
        .col(timestamp_with_time_zone_null("cancel_at"))
        // JSON: the step as it was before it was started, for a run that is cancelled before it begins.
        .col(text("step_before"))
        // Of the change that started the step.
        .col(text("batch_id"))
        .col(text_null("jenkins_job"))
        // JSON.
        .col(text_null("jenkins_parameters"))
        // The place in the queue, and then the build.
        .col(text_null("jenkins_url"))
        .col(big_integer("version"))
        .foreign_key(&mut of_release)
        .foreign_key(&mut of_customer)
        .foreign_key(&mut by_runner)
        .to_owned()
}

fn run_output() -> TableCreateStatement {
    let table = "run_output";
    let mut of_run = foreign_key(table, "run_id", "runs", ForeignKeyAction::Cascade);
    Table::create()
        .table(Alias::new(table))
        .col(big_integer("run_id"))
        // Counts from 1, through both streams.
        .col(big_integer("seq"))
        .col(timestamp_with_time_zone("at"))
        // `stdout` or `stderr`.
        .col(text("stream"))
        .col(blob("bytes"))
        .primary_key(Index::create().col("run_id").col("seq"))
        .foreign_key(&mut of_run)
        .to_owned()
}
