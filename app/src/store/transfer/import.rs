//! Taking an export in: all of it or nothing, and only where there is nothing yet. The last event says who did it (R88).
use super::{export::TABLES, import_chain::ImportChain};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, EventAction},
    history_chain::Head,
    history_walk::ImportedEvents,
    id::BatchId,
    rule_violation::RuleViolation,
    transfer::{ImportErrors, Membership, Part, Transfer, row_checker::RowChecker},
};
use crate::store::{
    Store,
    audit::events::{self, NewEvent},
    engine::sqlite,
    entity::{
        audit_event, cluster, customer, customer_step, release, release_customer, sha256,
        step_template, text_key,
    },
    error::StoreError,
    text_variables,
};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// `SQLite` takes 32,766 values a statement; the widest row has twenty-eight.
const ROWS: usize = 500;

/// How many rows of each list were taken in.
pub type ImportedCounts = BTreeMap<Part, usize>;

/// What an import did.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    pub imported: ImportedCounts,
    pub batch_id: BatchId,
}

/// What the event of an import tells.
#[derive(Serialize)]
struct ImportRecord<'a> {
    imported: &'a ImportedCounts,
    /// The newest migration of the database that the text comes from.
    schema: &'a str,
    /// The head of the history that was taken in, or that it is a part of.
    head: Option<Head>,
    #[serde(flatten)]
    part: Option<ImportedEvents>,
}

/// An import under way; dropping it undoes it.
struct Import {
    tx: DatabaseTransaction,
    check: RowChecker,
    chain: ImportChain,
    taken: ImportedCounts,
    /// Texts whose variables are known already, by their fingerprint.
    texts: HashSet<i64>,
}

impl Store {
    /// Takes an export into an empty database, ids and all; or answers what is wrong with it, and takes nothing.
    pub async fn import(
        &self,
        file: &Transfer,
        stamp: ActorStamp,
    ) -> Result<Result<ImportOutcome, ImportErrors>, StoreError> {
        let tx = self.begin().await?;
        must_be_empty(&tx).await?;
        let mut import = Import {
            tx,
            check: RowChecker::default(),
            chain: ImportChain::of(file),
            taken: ImportedCounts::new(),
            texts: HashSet::new(),
        };
        import.places_and_people(file).await?;
        import.work(file).await?;
        import.history(file).await?;
        let taken = import.finish(file, &stamp).await;
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
        take!(self, file, Part::Releases, release, |item| {
            let release = self.check.release(&item);
            if let Some(it) = &release {
                self.chain.release(it.id);
            }
            release.map(Into::into)
        });
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
            let mut event = self.check.event(&item);
            if let Some(it) = &event
                && it.resolved_text.as_deref().map(sha256) != it.resolved_sha256
            {
                let problem = "this is not the SHA-256 of the text";
                self.check
                    .blame(Part::Events, item.line, "resolvedSha256", problem);
            }
            if let Some(it) = &mut event
                && let Some((field, problem)) = self.chain.take(it, item.line)
            {
                self.check.blame(Part::Events, item.line, field, &problem);
            }
            event.map(Into::into)
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
        stamp: &ActorStamp,
    ) -> Result<Result<ImportOutcome, ImportErrors>, StoreError> {
        for (part, table) in TABLES {
            let id = self.check.last_id(file, part);
            if id > 0 {
                sqlite::set_last_id(&self.tx, table, id).await?;
            }
        }
        let mut faults = self.check.finish();
        let (head, part) = self.chain.finish(&mut faults);
        if !faults.is_empty() {
            self.tx.rollback().await?;
            return Ok(Err(faults));
        }
        let batch_id = BatchId(uuid::Uuid::now_v7().to_string());
        let record = ImportRecord {
            imported: &self.taken,
            schema: &file.schema,
            head,
            part,
        };
        let event = NewEvent::of(Entity::Database, 0, EventAction::Import).after(&record);
        events::write(&self.tx, stamp, &batch_id, None, vec![event]).await?;
        self.tx.commit().await?;
        Ok(Ok(ImportOutcome {
            imported: self.taken,
            batch_id,
        }))
    }
}

fn member(it: Membership) -> release_customer::Model {
    release_customer::Model {
        release_id: it.release_id.0,
        customer_id: it.customer_id.0,
        added_at: it.added_at,
    }
}
