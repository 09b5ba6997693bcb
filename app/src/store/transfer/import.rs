//! Import of an export into an empty database, all of it or nothing.
use super::export::TABLES;
use crate::domain::{
    event::Event,
    rule_violation::RuleViolation,
    transfer::{ImportErrors, Membership, Transfer, TransferPart, row_checker::RowChecker},
};
use crate::store::{
    Store,
    engine::sqlite,
    entity::{
        audit_event, cluster, customer, customer_step, release, release_customer, sha256,
        step_template, text_key,
    },
    error::StoreError,
    text_variables,
};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};
use std::collections::{BTreeMap, HashSet};

/// `SQLite` accepts 32,766 values per statement; the widest row has 28.
const ROWS_PER_STATEMENT_MAX: usize = 500;

/// Imported rows per list.
pub type ImportedCounts = BTreeMap<TransferPart, usize>;

/// A running import; dropping it rolls it back.
struct Import {
    tx: DatabaseTransaction,
    checker: RowChecker,
    imported: ImportedCounts,
    /// Keys of the texts whose variables are stored already.
    texts: HashSet<i64>,
}

impl Store {
    /// Imports an export with its ids. If any row is invalid, nothing is imported and all errors are answered.
    /// Errors: the database is not empty.
    pub async fn import(
        &self,
        file: &Transfer,
    ) -> Result<Result<ImportedCounts, ImportErrors>, StoreError> {
        let tx = self.begin().await?;
        must_be_empty(&tx).await?;
        let mut import = Import {
            tx,
            checker: RowChecker::default(),
            imported: ImportedCounts::new(),
            texts: HashSet::new(),
        };
        import.import_clusters_and_customers(file).await?;
        import.import_releases(file).await?;
        import.import_events(file).await?;
        let result = import.finish(file).await;
        self.wal_checkpointer.checkpoint_if_long();
        result
    }
}

/// Refuses a database with any row.
async fn must_be_empty(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    macro_rules! are_empty {
        ($($table:ident),+) => {
            $($table::Entity::find().one(tx).await?.is_none())&&+
        };
    }
    let is_empty = are_empty!(
        cluster,
        customer,
        release,
        release_customer,
        step_template,
        customer_step,
        audit_event
    );
    if is_empty {
        Ok(())
    } else {
        Err(RuleViolation::NotEmpty.into())
    }
}

/// Validates the rows of a list, and inserts them as long as no error was found.
macro_rules! import_rows {
    ($this:ident, $file:ident, $part:expr, $table:ident, |$item:ident| $row:expr) => {{
        let mut rows: Vec<$table::ActiveModel> = Vec::new();
        for $item in $file.rows($part) {
            let row: Option<$table::Model> = $row;
            rows.extend(row.map(|it| it.into_active_model().reset_all()));
            *$this.imported.entry($part).or_default() += 1;
            if rows.len() == ROWS_PER_STATEMENT_MAX {
                import_rows!($this, $table, rows);
            }
        }
        import_rows!($this, $table, rows);
    }};
    ($this:ident, $table:ident, $rows:ident) => {
        if !$rows.is_empty() && $this.checker.errors().is_empty() {
            $table::Entity::insert_many(std::mem::take(&mut $rows))
                .exec_without_returning(&$this.tx)
                .await?;
        }
        $rows.clear();
    };
}

impl Import {
    async fn import_clusters_and_customers(&mut self, file: &Transfer) -> Result<(), StoreError> {
        import_rows!(self, file, TransferPart::Clusters, cluster, |item| self
            .checker
            .cluster(&item)
            .map(Into::into));
        import_rows!(self, file, TransferPart::Customers, customer, |item| self
            .checker
            .customer(&item)
            .map(Into::into));
        Ok(())
    }

    async fn import_releases(&mut self, file: &Transfer) -> Result<(), StoreError> {
        import_rows!(self, file, TransferPart::Releases, release, |item| self
            .checker
            .release(&item)
            .map(Into::into));
        import_rows!(self, file, TransferPart::Templates, step_template, |item| {
            let template = self.checker.template(&item);
            if let Some(it) = &template {
                self.save_variables(&it.content).await?;
            }
            template.map(Into::into)
        });
        import_rows!(
            self,
            file,
            TransferPart::Members,
            release_customer,
            |item| self.checker.member(&item).map(member_row)
        );
        import_rows!(self, file, TransferPart::Steps, customer_step, |item| {
            let step = self.checker.step(&item);
            if let Some(it) = &step {
                self.save_variables(&it.content).await?;
            }
            step.map(Into::into)
        });
        Ok(())
    }

    async fn import_events(&mut self, file: &Transfer) -> Result<(), StoreError> {
        import_rows!(self, file, TransferPart::Events, audit_event, |item| {
            let event = self.checker.event(&item);
            if let Some(it) = &event
                && it.resolved_text.as_deref().map(sha256) != it.resolved_sha256
            {
                let problem = "this is not the SHA-256 of the text";
                self.checker
                    .add_error(TransferPart::Events, item.line, "resolvedSha256", problem);
            }
            event.map(event_row)
        });
        Ok(())
    }

    /// Stores the variables of a text, once per text.
    async fn save_variables(&mut self, text: &str) -> Result<(), StoreError> {
        if self.texts.insert(text_key(text)) {
            text_variables::save(&self.tx, text).await?;
        }
        Ok(())
    }

    async fn finish(
        self,
        file: &Transfer,
    ) -> Result<Result<ImportedCounts, ImportErrors>, StoreError> {
        for (part, table) in TABLES {
            let id = self.checker.last_id(file, part);
            if id > 0 {
                sqlite::set_last_id(&self.tx, table, id).await?;
            }
        }
        let errors = self.checker.finish();
        if errors.is_empty() {
            self.tx.commit().await?;
            Ok(Ok(self.imported))
        } else {
            self.tx.rollback().await?;
            Ok(Err(errors))
        }
    }
}

fn member_row(it: Membership) -> release_customer::Model {
    release_customer::Model {
        release_id: it.release_id.0,
        customer_id: it.customer_id.0,
        added_at: it.added_at,
    }
}

/// An event as a row of its table.
fn event_row(it: Event) -> audit_event::Model {
    audit_event::Model {
        id: it.id.0,
        batch_id: it.batch_id.0,
        entity: it.entity.to_string(),
        entity_id: it.entity_id,
        release_id: it.release_id.map(|id| id.0),
        customer_id: it.customer_id.map(|id| id.0),
        action: it.action.to_string(),
        actor: it.actor,
        at: it.at,
        before: it.before.map(|json| json.to_string()),
        after: it.after.map(|json| json.to_string()),
        resolved_text: it.resolved_text,
        resolved_sha256: it.resolved_sha256,
        undoes: it.undoes.map(|id| id.0),
    }
}
