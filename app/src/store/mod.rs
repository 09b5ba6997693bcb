//! Persistence: SQLite or PostgreSQL through sea-orm. A store method loads rows, applies the domain's rules, saves, and records
//! events in the same transaction. Its interface uses domain types only; callers never see a connection or an entity.
//!
//! `Database` is opened once. A `Store` is the handle of one caller: it is only to be had by `Database::as_caller`, reads
//! what that caller may see, and begins a change only for what that caller may do (R23). What needs no caller (whether
//! the database answers, the user of a session) is asked of the `Database`.
//!
//! There is one writer connection, and a read-only pool: a write outside a transaction fails at once. What differs between
//! the engines is behind `engine::Engine`.
//!
//! Each public method of a `Store` is a span of the log at debug level (`tracing::instrument`), with ids as its only fields:
//! other arguments may be texts, values or secrets, which are never logged.
//!
//! Modules from low to high: error, entity, engine, texts, audit, access, outbox, change, `text_variables`, records, templates, steps,
//! undo, accounts, runs, views, transfer. None imports from a later one; all may import `Store` and `Database` from here.
pub mod access;
pub mod accounts;
pub mod audit;
mod change;
pub mod engine;
pub mod entity;
pub mod error;

pub mod outbox;
mod records;
pub mod runs;
pub mod steps;
mod templates;
mod text_variables;
mod texts;
pub mod transfer;
mod undo;
pub mod views;

use crate::domain::caller::Caller;
use accounts::{caller_cache::CallerCache, last_used::LastUsed, sign_in::SharedThrottle};
use audit::{commits::Commits, idempotency::RequestKey, last_event::ArrivalPosition};
use engine::{Connections, Engine, db_timing, wal_checkpoint::WalCheckpointer};
use error::StoreError;
use outbox::{hook_rules::SharedHookRules, outbox_wake::OutboxWake};
use runs::{notices::RunNotices, run_settings::RunSettings};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr};
use std::{sync::Arc, time::Instant};
use views::{
    attention::UsualCache, customer_versions::VersionCache, dashboard::DashboardCache,
    matrix_cache::MatrixCache, progress_cache::ProgressCache,
};

/// The database without a caller. Clones share the connections and caches.
#[derive(Clone, Debug)]
pub struct Database {
    engine: Engine,
    read: DatabaseConnection,
    write: DatabaseConnection,
    matrix_cache: MatrixCache,
    progress_cache: ProgressCache,
    usual_cache: UsualCache,
    dashboard_cache: DashboardCache,
    version_cache: VersionCache,
    wal_checkpointer: WalCheckpointer,
    caller_cache: CallerCache,
    last_used: LastUsed,
    throttle: SharedThrottle,
    /// Of the sign-ins at a provider, whose failures keep nobody from a password.
    provider_throttle: SharedThrottle,
    commits: Commits,
    hook_rules: SharedHookRules,
    outbox_wake: OutboxWake,
    run_notices: RunNotices,
    run_settings: RunSettings,
}

/// The database as one caller may read and change it. Clones share the connections and caches.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    /// The database's readers, under a short name: every method asks them.
    read: DatabaseConnection,
    /// The caller.
    caller: Arc<Caller>,
    /// The idempotency key that changes of this handle are recorded under, if the request has one.
    idempotency_key: Option<RequestKey>,
    /// The last event when the request arrived, if it is known.
    arrival: Option<ArrivalPosition>,
}

impl Database {
    /// Opens the database that an address names, as `Engine::open` does.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let Connections {
            engine,
            read,
            write,
            wal_checkpointer,
        } = Engine::open(url).await?;
        Ok(Self {
            engine,
            read,
            write,
            matrix_cache: MatrixCache::default(),
            progress_cache: ProgressCache::default(),
            usual_cache: UsualCache::default(),
            dashboard_cache: DashboardCache::default(),
            version_cache: VersionCache::default(),
            wal_checkpointer,
            caller_cache: CallerCache::default(),
            last_used: LastUsed::default(),
            throttle: SharedThrottle::default(),
            provider_throttle: SharedThrottle::default(),
            commits: Commits::default(),
            hook_rules: SharedHookRules::default(),
            outbox_wake: OutboxWake::default(),
            run_notices: RunNotices::default(),
            run_settings: RunSettings::default(),
        })
    }

    /// The store of this caller. The only way to one.
    pub fn as_caller(&self, caller: Arc<Caller>) -> Store {
        Store {
            database: self.clone(),
            read: self.read.clone(),
            caller,
            idempotency_key: None,
            arrival: None,
        }
    }

    /// The writer connection, for migrations, maintenance and tests only.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a write transaction. It waits for the one writer connection.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let requested = Instant::now();
        let tx = self.engine.begin(&self.write, &self.read).await;
        db_timing::record_wait(requested.elapsed());
        tx
    }

    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Checks that it can be written, once its migrations are applied.
    pub async fn must_be_writable(&self) -> Result<(), StoreError> {
        Ok(self.engine.must_be_writable(&self.write).await?)
    }

    /// The size of the database in bytes, without its write-ahead log.
    pub async fn size(&self) -> Result<u64, StoreError> {
        Ok(self.engine.size(&self.read).await?)
    }

    /// Gives unused space of a file of `SQLite` back to the disk: a migration may leave half of every page empty, where
    /// nothing else ever fits. Takes half a second for 100 MB.
    pub async fn compact(&self) -> Result<(), StoreError> {
        Ok(self.engine.compact(&self.write).await?)
    }

    /// Closes both pools, and merges a write-ahead log into the database file.
    pub async fn close(self) -> Result<(), StoreError> {
        self.read.close().await?;
        self.engine.finish(&self.write).await?;
        self.write.close().await?;
        Ok(())
    }
}

impl Store {
    /// The caller.
    pub fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Begins a write transaction. What the request reads afterwards must have the change in it.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        if let Some(arrival) = &self.arrival {
            arrival.forget();
        }
        self.database.begin().await
    }

    /// Begins a read transaction: it sees one state of the database until it ends, and does not block writers.
    async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        self.database.engine.snapshot(&self.read).await
    }
}
