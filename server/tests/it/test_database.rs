//! A database for each test, on `SQLite` or `PostgreSQL`. `./dev test` runs the tests of store, HTTP, model, scopes and kills once on
//! each; those of modules named `sqlite_only` are about `SQLite`'s files.
use crate::cluster;
use app::store::Database;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};
use tempfile::TempDir;
use tokio::{runtime, sync::OnceCell};

/// Where a test's database lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEngine {
    Sqlite,
    Postgres,
}

impl TestEngine {
    /// The engine of this run: `ROLLCALL_TEST_ENGINE`, `sqlite` unless it says `postgres`.
    pub fn of_this_run() -> Self {
        match env::var("ROLLCALL_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("ROLLCALL_TEST_ENGINE is `sqlite` or `postgres`, not `{other}`"),
        }
    }

    /// The text for this engine.
    pub fn pick<'a>(self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }
}

/// A database of its own, which is deleted when this is dropped.
pub struct TestDatabase(Location);

enum Location {
    /// The folder of its file.
    Sqlite(TempDir),
    /// Its name in the shared cluster.
    Postgres(String),
}

impl TestDatabase {
    /// A new one: on `PostgreSQL` with the schema of today, on `SQLite` without, as no file is there yet.
    pub async fn new(engine: TestEngine) -> Self {
        match engine {
            TestEngine::Sqlite => Self(Location::Sqlite(TempDir::new().unwrap())),
            TestEngine::Postgres => Self(Location::Postgres(create(template().await).await)),
        }
    }

    /// A database of `PostgreSQL` without a schema.
    pub async fn empty_on_postgres() -> Self {
        Self(Location::Postgres(create("template1").await))
    }

    /// `DATABASE_URL`.
    pub fn url(&self) -> String {
        match &self.0 {
            Location::Sqlite(folder) => format!("sqlite://{}", file_in(folder.path()).display()),
            Location::Postgres(name) => cluster::url_of(name),
        }
    }

    /// A copy. Nobody may have this one open.
    pub async fn copy(&self) -> Self {
        match &self.0 {
            Location::Sqlite(folder) => {
                let copy = TempDir::new().unwrap();
                for ending in ["", "-wal", "-shm"] {
                    let with = |path: &Path| format!("{}{ending}", file_in(path).display());
                    if fs::exists(with(folder.path())).unwrap() {
                        fs::copy(with(folder.path()), with(copy.path())).unwrap();
                    }
                }
                Self(Location::Sqlite(copy))
            }
            Location::Postgres(name) => Self(Location::Postgres(create(name).await)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Location::Postgres(name) = &self.0 else {
            return;
        };
        let sql = format!("DROP DATABASE {name} WITH (FORCE)");
        // A thread of its own, because this may run within a runtime, which cannot be waited for there.
        let _ = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(administer(&sql));
        })
        .join();
    }
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("app.db")
}

/// Runs a statement in the shared cluster.
async fn administer(sql: &str) {
    let mut options = ConnectOptions::new(cluster::shared());
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

/// Creates a database as a copy of that one; returns its name.
async fn create(template: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", process::id());
    administer(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    name
}

/// The database of this process with the schema and no rows, made once: migrating each would take longer than a test.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = || async {
        let name = create("template1").await;
        let database = Database::open(&cluster::url_of(&name)).await.unwrap();
        Migrator::up(database.writer(), None).await.unwrap();
        database.close().await.unwrap();
        name
    };
    TEMPLATE.get_or_init(make).await
}
