//! Taking an export in: all of it or nothing, and only where there is nothing yet.
use super::export::TABLES;
use crate::domain::{
    event::Event,
    rule_violation::RuleViolation,
    transfer::{ImportErrors, Membership, Part, Transfer, row_checker::RowChecker},
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

/// `SQLite` takes 32,766 values a statement; the widest row has twenty-eight.
const ROWS: usize = 500;

/// How many rows of each list were taken in.
pub type ImportedCounts = BTreeMap<Part, usize>;

/// An import under way; dropping it undoes it.
struct Import {
    tx: DatabaseTransaction,
    check: RowChecker,
    taken: ImportedCounts,
    /// Texts whose variables are known already, by their fingerprint.
    texts: HashSet<i64>,
}

impl Store {
    /// Takes an export into an empty database, ids and all; or answers what is wrong with it, and takes nothing.
    pub async fn import(
        &self,
        file: &Transfer,
    ) -> Result<Result<ImportedCounts, ImportErrors>, StoreError> {
        let tx = self.begin().await?;
        must_be_empty(&tx).await?;
        let mut import = Import {
            tx,
            check: RowChecker::default(),
            taken: ImportedCounts::new(),
            texts: HashSet::new(),
        };
        import.places_and_people(file).await?;
        import.work(file).await?;
        import.history(file).await?;
        let taken = import.finish(file).await;
        self.wal_checkpoint.look();
        taken
    }
}

/// A new database: nothing was ever done in it.
async fn must_be_empty(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    macro_rules! empty {
        ($($table:ident),+) => {
            $($table::Entity::find().one(tx).await?.is_none())&&+
        };
    }
    let is_empty = empty!(
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

/// Checks the rows of a list, and writes them as long as nothing is wrong.
macro_rules! take {
    ($this:ident, $file:ident, $part:expr, $table:ident, |$item:ident| $row:expr) => {{
        let mut rows: Vec<$table::ActiveModel> = Vec::new();
        for $item in $file.rows($part) {
            let row: Option<$table::Model> = $row;
            rows.extend(row.map(|it| it.into_active_model().reset_all()));
            *$this.taken.entry($part).or_default() += 1;
            if rows.len() == ROWS {
                take!($this, $table, rows);
            }
        }
        take!($this, $table, rows);
    }};
    ($this:ident, $table:ident, $rows:ident) => {
        if !$rows.is_empty() && $this.check.faults().is_empty() {
            $table::Entity::insert_many(std::mem::take(&mut $rows))
                .exec_without_returning(&$this.tx)
                .await?;
        }
        $rows.clear();
    };
}

impl Import {
    async fn places_and_people(&mut self, file: &Transfer) -> Result<(), StoreError> {
        take!(self, file, Part::Clusters, cluster, |item| self
            .check
            .cluster(&item)
            .map(Into::into));
        take!(self, file, Part::Customers, customer, |item| self
            .check
            .customer(&item)
            .map(Into::into));
        Ok(())
    }

    async fn work(&mut self, file: &Transfer) -> Result<(), StoreError> {
        take!(self, file, Part::Releases, release, |item| self
            .check
            .release(&item)
            .map(Into::into));
        take!(self, file, Part::Templates, step_template, |item| {
            let template = self.check.template(&item);
            if let Some(it) = &template {
                self.text(&it.content).await?;
            }
            template.map(Into::into)
        });
        take!(self, file, Part::Members, release_customer, |item| self
            .check
            .member(&item)
            .map(member));
        take!(self, file, Part::Steps, customer_step, |item| {
            let step = self.check.step(&item);
            if let Some(it) = &step {
                self.text(&it.content).await?;
            }
            step.map(Into::into)
        });
        Ok(())
    }

    async fn history(&mut self, file: &Transfer) -> Result<(), StoreError> {
        take!(self, file, Part::Events, audit_event, |item| {
            let event = self.check.event(&item);
            if let Some(it) = &event
                && it.resolved_text.as_deref().map(sha256) != it.resolved_sha256
            {
                let problem = "this is not the SHA-256 of the text";
                self.check
                    .blame(Part::Events, item.line, "resolvedSha256", problem);
            }
            event.map(line)
        });
        Ok(())
    }

    /// Remembers which variables a text names.
    async fn text(&mut self, text: &str) -> Result<(), StoreError> {
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
            let id = self.check.last_id(file, part);
            if id > 0 {
                sqlite::set_last_id(&self.tx, table, id).await?;
            }
        }
        let faults = self.check.finish();
        if faults.is_empty() {
            self.tx.commit().await?;
            Ok(Ok(self.taken))
        } else {
            self.tx.rollback().await?;
            Ok(Err(faults))
        }
    }
}

fn member(it: Membership) -> release_customer::Model {
    release_customer::Model {
        release_id: it.release_id.0,
        customer_id: it.customer_id.0,
        added_at: it.added_at,
    }
}

/// A line of the history as its table keeps it.
fn line(it: Event) -> audit_event::Model {
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
