//! Import of an export into an empty database, all of it or nothing. The last event says who imported what (R88).
use super::{export::TABLES, import_chain::ImportChain};
use crate::domain::{
    actor_stamp::ActorStamp,
    caller::Caller,
    event::{Entity, Event, EventAction},
    history_chain::Head,
    history_walk::ImportedEvents,
    id::BatchId,
    permission::Permission,
    rule_violation::RuleViolation,
    transfer::{ImportErrors, Membership, Transfer, TransferPart, row_checker::RowChecker},
};
use crate::store::{
    Store,
    audit::{
        commits::Commits,
        event_texts,
        events::{self, NewEvent},
    },
    engine::Engine,
    entity::{
        audit_event, cluster, customer, customer_step, release, release_customer, sha256,
        step_template, text_key, token, user,
    },
    error::StoreError,
    text_variables,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// `SQLite` accepts 32,766 values per statement; the widest row here has 28.
const ROWS_PER_STATEMENT_MAX: usize = 500;

/// Imported rows per list.
pub type ImportedCounts = BTreeMap<TransferPart, usize>;

/// What an import did.
#[derive(Clone, Debug)]
pub struct ImportOutcome {
    pub imported: ImportedCounts,
    pub batch_id: BatchId,
    /// Whether the history had no hashes, so that nothing proves that it is as it was written.
    pub is_chained_anew: bool,
}

/// What the event of an import says.
#[derive(Serialize)]
struct ImportRecord<'a> {
    imported: &'a ImportedCounts,
    /// The newest migration of the database that the text comes from.
    schema: &'a str,
    /// The head of the history that was imported, or that the imported events are a part of.
    head: Option<Head>,
    /// True if the history had no hashes and was chained anew.
    #[serde(rename = "chainedAnew", skip_serializing_if = "Option::is_none")]
    chained_anew: Option<bool>,
    #[serde(flatten)]
    part: Option<ImportedEvents>,
}

/// A running import; dropping it rolls it back.
pub(super) struct Import {
    pub(super) tx: DatabaseTransaction,
    commits: Commits,
    /// Who imports; the events that are taken in keep their own.
    caller: Caller,
    pub(super) checker: RowChecker,
    chain: ImportChain,
    pub(super) imported: ImportedCounts,
    /// The highest id of a token.
    last_token: i64,
    /// The texts of steps that are saved already: their ids by their keys.
    texts: HashMap<[u8; 32], i64>,
}

impl Store {
    /// Imports an export with its ids. If any row is invalid, nothing is imported and all errors are answered.
    /// Errors: the database is not empty.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn import(
        &self,
        file: &Transfer,
        stamp: ActorStamp,
    ) -> Result<Result<ImportOutcome, ImportErrors>, StoreError> {
        self.must_have(Permission::Transfer)?;
        let tx = self.begin().await?;
        must_be_empty(&tx).await?;
        let mut import = Import {
            tx,
            commits: self.database.commits.clone(),
            caller: self.caller.importing(),
            checker: RowChecker::default(),
            chain: ImportChain::of(file),
            imported: ImportedCounts::new(),
            last_token: 0,
            texts: HashMap::new(),
        };
        import.import_clusters_and_customers(file).await?;
        import.import_releases(file).await?;
        import.import_users(file).await?;
        import.import_proofs(file).await?;
        import.import_events(file).await?;
        let result = import.finish(file, &stamp).await;
        self.database.wal_checkpointer.checkpoint_if_long();
        result
    }
}

/// Whether a database has no row.
pub async fn is_empty(db: &impl ConnectionTrait) -> Result<bool, StoreError> {
    macro_rules! are_empty {
        ($($table:ident),+) => {
            $($table::Entity::find().one(db).await?.is_none())&&+
        };
    }
    Ok(are_empty!(
        cluster,
        customer,
        release,
        release_customer,
        step_template,
        customer_step,
        user,
        audit_event
    ))
}

/// Refuses a database with any row.
async fn must_be_empty(tx: &DatabaseTransaction) -> Result<(), StoreError> {
    if is_empty(tx).await? {
        Ok(())
    } else {
        Err(RuleViolation::NotEmpty.into())
    }
}

/// Validates the rows of a list, and inserts them as long as no error was found. A row is an `ActiveModel`.
macro_rules! import_rows {
    ($this:ident, $file:ident, $part:expr, $table:ident, |$item:ident| $row:expr) => {{
        let mut rows: Vec<$table::ActiveModel> = Vec::new();
        for $item in $file.rows($part) {
            let row: Option<$table::ActiveModel> = $row;
            rows.extend(row);
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

/// All columns of a row.
pub(super) fn whole<A, M>(row: M) -> A
where
    A: ActiveModelTrait,
    M: IntoActiveModel<A>,
{
    row.into_active_model().reset_all()
}

impl Import {
    async fn import_clusters_and_customers(&mut self, file: &Transfer) -> Result<(), StoreError> {
        import_rows!(self, file, TransferPart::Clusters, cluster, |item| self
            .checker
            .cluster(&item)
            .map(|it| whole(cluster::Model::from(it))));
        import_rows!(self, file, TransferPart::Customers, customer, |item| self
            .checker
            .customer(&item)
            .map(|it| whole(customer::Model::from(it))));
        Ok(())
    }

    async fn import_releases(&mut self, file: &Transfer) -> Result<(), StoreError> {
        import_rows!(self, file, TransferPart::Releases, release, |item| {
            let release = self.checker.release(&item);
            if let Some(it) = &release {
                self.chain.release(it.id);
            }
            release.map(|it| whole(release::Model::from(it)))
        });
        import_rows!(self, file, TransferPart::Templates, step_template, |item| {
            match self.checker.template(&item) {
                Some(it) => {
                    let text = self.save_text(&it.content).await?;
                    Some(step_template::ActiveModel::of(it, Some(text)))
                }
                None => None,
            }
        });
        import_rows!(
            self,
            file,
            TransferPart::Members,
            release_customer,
            |item| self.checker.member(&item).map(|it| whole(member_row(it)))
        );
        import_rows!(self, file, TransferPart::Steps, customer_step, |item| {
            match self.checker.step(&item) {
                Some(it) => {
                    self.chain.step(&it, item.line);
                    let text = self.save_text(&it.content).await?;
                    Some(customer_step::ActiveModel::of(it, Some(text)))
                }
                None => None,
            }
        });
        Ok(())
    }

    /// Takes in the users, who have passwords and tokens only if the text has hashes of them.
    async fn import_users(&mut self, file: &Transfer) -> Result<(), StoreError> {
        let mut tokens: Vec<token::Model> = Vec::new();
        import_rows!(self, file, TransferPart::Users, user, |item| {
            let user = self.checker.user(&item);
            user.map(|(user, credentials)| {
                tokens.extend(credentials.tokens.into_iter().map(Into::into));
                whole(user::Model::of(user, credentials.password_hash))
            })
        });
        self.last_token = tokens.iter().map(|it| it.id).max().unwrap_or_default();
        let mut tokens = tokens.into_iter().map(whole::<token::ActiveModel, _>);
        loop {
            let mut rows: Vec<token::ActiveModel> =
                tokens.by_ref().take(ROWS_PER_STATEMENT_MAX).collect();
            if rows.is_empty() {
                return Ok(());
            }
            import_rows!(self, token, rows);
        }
    }

    async fn import_events(&mut self, file: &Transfer) -> Result<(), StoreError> {
        let mut events = Vec::new();
        for item in file.rows(TransferPart::Events) {
            let mut event = self.checker.event(&item);
            if let Some(it) = &event
                && let Some(text) = &it.resolved_text
                && it.resolved_sha256 != Some(sha256(text))
            {
                let problem = "this is not the SHA-256 of the text";
                self.checker
                    .add_error(TransferPart::Events, item.line, "resolvedSha256", problem);
            }
            if let Some(it) = &mut event
                && let Some((line, field, problem)) = self.chain.take(it, item.line)
            {
                self.checker
                    .add_error(TransferPart::Events, line, field, &problem);
            }
            events.extend(event);
            *self.imported.entry(TransferPart::Events).or_default() += 1;
            if events.len() == ROWS_PER_STATEMENT_MAX {
                self.write_events(std::mem::take(&mut events)).await?;
            }
        }
        self.write_events(events).await
    }

    /// Writes events with their texts, as long as no error was found.
    async fn write_events(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        if events.is_empty() || !self.checker.errors().is_empty() {
            return Ok(());
        }
        let rows = event_texts::rows(&self.tx, events).await?;
        audit_event::Entity::insert_many(rows)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Saves the text of a step, once per text. Answers its id.
    async fn save_text(&mut self, text: &str) -> Result<i64, StoreError> {
        let key = text_key(text);
        if let Some(id) = self.texts.get(&key) {
            return Ok(*id);
        }
        let id = text_variables::save(&self.tx, text).await?;
        self.texts.insert(key, id);
        Ok(id)
    }

    async fn finish(
        self,
        file: &Transfer,
        stamp: &ActorStamp,
    ) -> Result<Result<ImportOutcome, ImportErrors>, StoreError> {
        let last_ids = TABLES.map(|(part, table)| (table, self.checker.last_id(file, part)));
        let mut errors = self.checker.finish();
        let is_chained_anew = self.chain.is_chained_anew();
        let has_rows = self.imported.values().any(|n| *n > 0);
        let (head, part) = self.chain.finish(has_rows, &mut errors);
        if !errors.is_empty() {
            self.tx.rollback().await?;
            return Ok(Err(errors));
        }
        // Only now: PostgreSQL's sequences are not rolled back.
        let last_ids = last_ids.into_iter().chain([("tokens", self.last_token)]);
        for (table, id) in last_ids.filter(|it| it.1 > 0) {
            let engine = Engine::of(&self.tx);
            engine.set_last_id(&self.tx, table, id).await?;
        }
        let batch_id = BatchId(uuid::Uuid::now_v7().to_string());
        let record = ImportRecord {
            imported: &self.imported,
            schema: &file.schema,
            head,
            chained_anew: is_chained_anew.then_some(true),
            part,
        };
        let event = NewEvent::of(Entity::Database, 0, EventAction::Import).after(&record);
        let (event, mut end) = (vec![event], None);
        events::insert(
            &self.tx,
            &self.caller,
            stamp,
            &batch_id,
            None,
            event,
            &mut end,
        )
        .await?;
        let last = end.map_or(0, |it| it.last_id);
        Engine::of(&self.tx).announce(&self.tx, last).await?;
        self.tx.commit().await?;
        self.commits.tell(last);
        Ok(Ok(ImportOutcome {
            imported: self.imported,
            batch_id,
            is_chained_anew,
        }))
    }
}

fn member_row(it: Membership) -> release_customer::Model {
    release_customer::Model {
        release_id: it.release_id.0,
        customer_id: it.customer_id.0,
        added_at: it.added_at,
    }
}
