//! Opening the database: connect, and bring the schema up to date or refuse one that is not.
use super::failure::{Failure, cause};
use app::store::{
    Database,
    engine::{
        MigrationLock,
        database_url::{may_exist, shown},
    },
    error::{StoreError, chain},
};
use migration::{Migrator, MigratorTrait};

/// Opens the database, creates its file if it is one and is missing, and applies the pending migrations. Returns the names of
/// those. Several programs may do so at once: one applies them, and the others wait. A database that was there before is
/// compacted then; it is used as it is if that fails, because the disk is full for example.
pub async fn open(url: &str) -> Result<(Database, Vec<String>), Failure> {
    let database = connect(url).await?;
    let lock = MigrationLock::take(url).await;
    let lock = lock.map_err(|error| not_opened(url, &error))?;
    let pending = pending_migrations(&database, url).await?;
    Migrator::up(database.writer(), None)
        .await
        .map_err(|error| Failure::Migrate {
            path: shown(url),
            cause: chain(&error),
        })?;
    let writable = database.must_be_writable().await;
    writable.map_err(|error| not_opened(url, &error))?;
    let is_new = pending.len() == Migrator::migrations().len();
    if !is_new
        && !pending.is_empty()
        && let Err(error) = database.compact().await
    {
        tracing::warn!("the database keeps its unused space: {}", chain(&error));
    }
    lock.release().await;
    Ok((database, pending))
}

/// Opens a database that exists and is up to date. Changes nothing; fails if a migration is pending.
pub async fn open_existing(url: &str) -> Result<Database, Failure> {
    if !may_exist(url) {
        return Err(Failure::Missing(shown(url)));
    }
    let database = connect(url).await?;
    if pending_migrations(&database, url).await?.is_empty() {
        Ok(database)
    } else {
        Err(Failure::Older(shown(url)))
    }
}

fn not_opened(url: &str, error: &StoreError) -> Failure {
    Failure::Open {
        path: shown(url),
        cause: cause(error),
    }
}

async fn connect(url: &str) -> Result<Database, Failure> {
    let opened = Database::open(url).await;
    opened.map_err(|error| not_opened(url, &error))
}

/// The migrations that are not applied yet. An applied one that this program does not know comes from a newer program.
async fn pending_migrations(database: &Database, url: &str) -> Result<Vec<String>, Failure> {
    match Migrator::get_pending_migrations_read_only(database.writer()).await {
        Ok(pending) => Ok(pending.iter().map(|it| it.name().to_owned()).collect()),
        Err(error) if error.to_string().contains("is missing") => Err(Failure::Newer(shown(url))),
        Err(error) => Err(Failure::Open {
            path: shown(url),
            cause: chain(&error),
        }),
    }
}
