//! One change of the database: a write transaction, the audit events that record it, and the commit that writes both.
//! Everything that users change goes through a `Change`, so that no row changes without an event (R17).
use super::{
    Store,
    access::{Permit, visible::Visible},
    audit::{
        commits::Commits,
        events::{self, NewEvent},
        history_head::ChainEnd,
        idempotency::{self, RequestKey},
        last_change::LastChange,
    },
    engine::{Engine, db_timing, wal_checkpoint::WalCheckpointer},
    error::StoreError,
    outbox::{changed_cells::ChangedCells, messages},
    texts,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    caller::Caller,
    event::{Changed, Entity, EventAction},
    id::BatchId,
    permission::Permission,
};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use std::{sync::Arc, time::Instant};

/// A change in progress: its transaction and the events to record. Dropping it rolls the transaction back.
pub struct Change {
    /// The write transaction, which a dropped `Change` rolls back.
    pub tx: DatabaseTransaction,
    /// The caller that makes the change.
    pub caller: Arc<Caller>,
    /// The permission that it was begun with.
    pub permission: Permission,
    /// Its author and time.
    pub stamp: ActorStamp,
    /// The id that all its events share.
    pub batch: BatchId,
    /// The batch that this change undoes, if it is an undo (R16).
    pub undoes: Option<BatchId>,
    /// The idempotency key of the request, if it brought one.
    pub idempotency_key: Option<RequestKey>,
    /// Whether it only finds out what it would do, on a snapshot of the database, where nothing can be written.
    pub is_rehearsal: bool,
    /// Events that `finish` is going to write.
    pub events: Vec<NewEvent>,
    /// The number of events that `flush` has written already.
    n_written: usize,
    /// Whether a text may have lost the last that pointed to it: an event is another than of a step's state or notes.
    may_free_texts: bool,
    /// What the next event follows, known since `flush` has written one.
    chain_end: Option<ChainEnd>,
    /// What the batch has done to the states of steps so far, for webhooks.
    changed_cells: ChangedCells,
    began: Instant,
    wal_checkpointer: WalCheckpointer,
    commits: Commits,
}

/// A row that carries a version (R3), for `Change::finish_update`.
pub trait VersionedRow: Clone + PartialEq + Serialize + Sized {
    /// Counts the version up by one and sets the time of the change.
    fn set_next_version(&mut self, at: DateTime<Utc>);
    /// Writes all columns of the row. Answers the row as stored.
    async fn save(self, tx: &DatabaseTransaction) -> Result<Self, StoreError>;
    /// An event about this row, still without the rows before and after.
    fn event(&self, action: EventAction) -> NewEvent;
}

impl Store {
    /// Begins a change at the time of `stamp`. `permit` says that the caller may make it. It bears the name of the caller's
    /// account, whatever the stamp says; in `open` mode, where there are no accounts, that of the stamp (R20).
    pub(in crate::store) async fn change(
        &self,
        permit: Permit,
        stamp: ActorStamp,
    ) -> Result<Change, StoreError> {
        let tx = self.begin().await?;
        Ok(self.change_in(tx, &permit, stamp))
    }

    /// Begins a change that only finds out what it would do. It neither waits for other changes nor keeps them waiting.
    pub(in crate::store) async fn rehearsal(
        &self,
        permit: Permit,
        stamp: ActorStamp,
    ) -> Result<Change, StoreError> {
        let tx = self.snapshot().await?;
        Ok(Change {
            is_rehearsal: true,
            ..self.change_in(tx, &permit, stamp)
        })
    }

    fn change_in(&self, tx: DatabaseTransaction, permit: &Permit, stamp: ActorStamp) -> Change {
        let stamp = match self.caller.user() {
            Some(_) => self.caller.stamp(stamp.at),
            None => stamp,
        };
        Change {
            tx,
            caller: Arc::clone(&self.caller),
            permission: permit.permission(),
            stamp,
            batch: new_batch(),
            undoes: None,
            idempotency_key: self.idempotency_key.clone(),
            is_rehearsal: false,
            events: Vec::new(),
            n_written: 0,
            may_free_texts: false,
            chain_end: None,
            changed_cells: ChangedCells::default(),
            began: Instant::now(),
            wal_checkpointer: self.database.wal_checkpointer.clone(),
            commits: self.database.commits.clone(),
        }
    }
}

impl Change {
    /// The queries of what the caller sees, within the change.
    pub fn visible(&self) -> Visible<'_> {
        Visible::of(&self.caller)
    }

    /// Adds an event to those that `commit` writes.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Ends the batch so far, within the same transaction: what follows is another line of the history, with an undo of its own.
    pub async fn begin_next_batch(&mut self) -> Result<(), StoreError> {
        self.flush().await?;
        self.write_messages().await?;
        self.batch = new_batch();
        Ok(())
    }

    /// Commits and answers the row together with the batch id; without events, as in `commit`, there is no batch id.
    pub async fn finish<T>(self, row: T) -> Result<Changed<T>, StoreError> {
        Ok(Changed {
            batch_id: self.commit().await?,
            row,
        })
    }

    /// Saves `after` as the next version of `before`, records both, and commits. If the two are equal, nothing is
    /// written and there is no batch id.
    pub async fn finish_update<T: VersionedRow>(
        mut self,
        before: T,
        mut after: T,
        action: EventAction,
    ) -> Result<Changed<T>, StoreError> {
        if after == before {
            return self.finish(before).await;
        }
        after.set_next_version(self.stamp.at);
        let row = after.save(&self.tx).await?;
        self.record(row.event(action).before(&before).after(&row));
        self.finish(row).await
    }

    /// Writes the events so far, within the transaction, so that a large change does not keep all of them until its end.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let events = std::mem::take(&mut self.events);
        self.n_written += events.len();
        events.iter().for_each(|it| self.changed_cells.note(it));
        self.may_free_texts |= events.iter().any(|it| !keeps_texts(it.action));
        events::insert(
            &self.tx,
            &self.caller,
            &self.stamp,
            &self.batch,
            self.undoes.as_ref(),
            events,
            &mut self.chain_end,
        )
        .await?;
        Ok(())
    }

    /// Writes the events and commits. Without events nothing was changed: it rolls back and answers no batch id.
    pub async fn commit(mut self) -> Result<Option<BatchId>, StoreError> {
        self.flush().await?;
        if self.n_written == 0 {
            self.tx.rollback().await?;
            return Ok(None);
        }
        self.write_messages().await?;
        if self.may_free_texts {
            texts::delete_unused(&self.tx).await?;
        }
        if let Some(key) = &self.idempotency_key {
            let (batch, at) = (&self.batch, self.stamp.at);
            idempotency::mark_executed(&self.tx, key, batch, self.permission, at).await?;
        }
        let last = self.chain_end.as_ref().map_or(0, |it| it.last_id);
        Engine::of(&self.tx).announce(&self.tx, last).await?;
        self.tx.commit().await?;
        self.commits.tell(last);
        db_timing::record_change(self.began.elapsed());
        self.wal_checkpointer.checkpoint_if_long();
        Ok(Some(self.batch))
    }

    /// Writes what webhooks are told of the batch (R62), within the transaction.
    async fn write_messages(&mut self) -> Result<(), StoreError> {
        let changed = std::mem::take(&mut self.changed_cells);
        messages::write(&self.tx, &changed, &self.batch, &self.stamp).await
    }

    /// Refuses a change that was based on an earlier version (R3). `StoreError::Stale` carries the current row, and
    /// who changed it when. Without `based_on` any version is accepted.
    pub async fn must_be_fresh(
        &self,
        entity: Entity,
        id: i64,
        current: &impl Serialize,
        version: i64,
        based_on: Option<i64>,
    ) -> Result<(), StoreError> {
        if based_on.is_none_or(|it| it == version) {
            return Ok(());
        }
        let last = events::last_change(&self.tx, entity, id).await?;
        Err(stale(current, last))
    }
}

/// The id of a batch that begins now.
fn new_batch() -> BatchId {
    BatchId(uuid::Uuid::now_v7().to_string())
}

/// Whether an event of this kind leaves every step its text, and deletes none.
pub fn keeps_texts(action: EventAction) -> bool {
    use EventAction as Did;
    matches!(
        action,
        Did::Start
            | Did::Done
            | Did::Fail
            | Did::Skip
            | Did::Revert
            | Did::Reopen
            | Did::Notes
            | Did::Attach
            | Did::Detach
            | Did::RunLost
            | Did::RunCancel
            | Did::RunEnd
    )
}

/// The error for a change that was based on an earlier version of `current` (R3); `last` is who changed it, and when.
pub fn stale(current: &impl Serialize, last: Option<LastChange>) -> StoreError {
    let (changed_by, changed_at) = last.unzip();
    StoreError::Stale(Box::new(crate::error::Stale {
        current: serde_json::to_string(current).unwrap_or_default(),
        changed_by,
        changed_at,
    }))
}
