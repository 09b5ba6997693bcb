//! Backups, by hand and by the clock, and the way back. What is under its final name is whole and verified.
use super::{
    config::Schedule,
    failure::{Failure, cause},
};
use app::{
    api::context::now,
    store::{
        engine::{
            backup,
            sqlite::{self, Role, beside},
        },
        error::{StoreError, chain},
    },
};
use chrono::{DateTime, NaiveDateTime, Utc};
use migration::{Migrator, MigratorTrait};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

/// Makes a backup, also while a server works on the database. Nothing is ever overwritten.
pub async fn make(database: &Path, target: &Path) -> Result<(), Failure> {
    if !database.exists() {
        return Err(Failure::Missing(database.display().to_string()));
    }
    if target.exists() {
        return Err(Failure::Exists(target.display().to_string()));
    }
    let part = beside(target, ".part");
    // Of one that was killed.
    let _ = fs::remove_file(&part);
    let made = match backup::copy(database, &part, Role::Existing).await {
        Ok(()) => take_name(&part, target),
        Err(error) => Err(Failure::write(target, &error)),
    };
    let _ = fs::remove_file(&part);
    made
}

/// Gives a whole file its name, unless that is taken meanwhile.
fn take_name(part: &Path, target: &Path) -> Result<(), Failure> {
    match fs::hard_link(part, target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Exists(target.display().to_string()));
        }
        // A file system without links.
        Err(_) => fs::rename(part, target).map_err(|it| Failure::write(target, &it))?,
    }
    sync_folder(target);
    Ok(())
}

/// A new name is on the disk when its folder is. Some file systems cannot say so, and need not.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Ok(folder) = fs::File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

/// Puts a backup in the database's place. The database stays beside it under another name, which is answered.
pub async fn restore(
    file: &Path,
    database: &Path,
    at: DateTime<Utc>,
) -> Result<Option<PathBuf>, Failure> {
    if is_same(file, database) {
        return Err(unfit(file, "it is the database itself"));
    }
    judge(file).await?;
    must_be_free(database).await?;
    sqlite::create_folder(database).map_err(|it| Failure::write(database, &it))?;
    let part = beside(database, ".restoring");
    let _ = fs::remove_file(&part);
    let restored = match backup::copy(file, &part, Role::File).await {
        Ok(()) => swap(&part, database, at),
        Err(error) => Err(Failure::write(database, &error)),
    };
    let _ = fs::remove_file(&part);
    restored
}

/// Fails if another program has the database open, and if that cannot be told.
async fn must_be_free(database: &Path) -> Result<(), Failure> {
    let path = || database.display().to_string();
    let is_there = database.try_exists().map_err(|error| Failure::Open {
        path: path(),
        cause: error.to_string(),
    })?;
    if !is_there {
        return Ok(());
    }
    match backup::is_free(database).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::InUse(path())),
        Err(error) => Err(Failure::Open {
            path: path(),
            cause: cause(&error),
        }),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |it: &Path| fs::canonicalize(it).ok();
    real(one).is_some() && real(one) == real(other)
}

fn unfit(file: &Path, why: impl Into<String>) -> Failure {
    Failure::Unfit {
        path: file.display().to_string(),
        why: why.into(),
    }
}

/// Whether a file may take the database's place: a whole one of ours, and not newer than this program.
async fn judge(file: &Path) -> Result<(), Failure> {
    let mut start = [0; 16];
    let read = fs::File::open(file).and_then(|mut it| it.read_exact(&mut start));
    match read {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(Failure::Read {
                path: file.display().to_string(),
                cause: error.to_string(),
            });
        }
        Ok(()) if &start == b"SQLite format 3\0" => {}
        _ => return Err(unfit(file, "it is no SQLite database")),
    }
    let looked = look(file).await;
    looked
        .unwrap_or_else(|error| Some(format!("it is damaged: {}", chain(&error))))
        .map_or(Ok(()), |why| Err(unfit(file, why)))
}

/// What speaks against a file, if anything does.
async fn look(file: &Path) -> Result<Option<String>, StoreError> {
    let db = backup::look(file).await?;
    let damage = sqlite::damage(&db).await?;
    let tables = sqlite::tables(&db).await?;
    let is_ours = ["seaql_migrations", "customer_steps", "audit_events"]
        .iter()
        .all(|name| tables.iter().any(|it| it == name));
    let why = if let Some(damage) = damage.first() {
        Some(format!("it is damaged: {damage}"))
    } else if !is_ours {
        Some("it is no database of Rollcall".to_owned())
    } else if let Some(broken) = sqlite::broken_keys(&db).await?.first() {
        Some(format!("it is damaged: {broken}"))
    } else {
        let known = Migrator::get_migration_with_status_read_only(&db).await;
        known
            .err()
            .map(|_| "it was written by a newer Rollcall: use that version".to_owned())
    };
    db.close().await?;
    Ok(why)
}

/// Moves the database aside and the new one in its place; if that fails, everything is where it was.
fn swap(part: &Path, database: &Path, at: DateTime<Utc>) -> Result<Option<PathBuf>, Failure> {
    let aside = beside(database, &format!(".before-restore-{}", stamp(at)));
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut all = || -> io::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let (from, to) = (beside(database, ending), beside(&aside, ending));
            if from.exists() {
                fs::rename(&from, &to)?;
                moved.push((from, to));
            }
        }
        fs::rename(part, database)
    };
    let swapped = all();
    if let Err(error) = swapped {
        for (from, to) in moved.iter().rev() {
            let _ = fs::rename(to, from);
        }
        return Err(Failure::write(database, &error));
    }
    sync_folder(database);
    Ok((!moved.is_empty()).then_some(aside))
}

const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// A time that may stand in a file's name.
fn stamp(at: DateTime<Utc>) -> String {
    at.format(STAMP).to_string()
}

fn name(at: DateTime<Utc>) -> String {
    format!("rollcall-{}.db", stamp(at))
}

/// When a backup was made, from its name; none if it is none of ours.
fn made_at(name: &str) -> Option<DateTime<Utc>> {
    let text = name.strip_prefix("rollcall-")?.strip_suffix(".db")?;
    let at = NaiveDateTime::parse_from_str(text, STAMP).ok()?;
    Some(at.and_utc())
}

/// The backups in the folder, the oldest first.
fn present(folder: &Path) -> Vec<(DateTime<Utc>, PathBuf)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = files
        .filter_map(|it| Some((made_at(it.file_name().to_str()?)?, it.path())))
        .collect();
    found.sort();
    found
}

/// What backups that were killed have left behind.
fn remove_parts(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_part = file
            .file_name()
            .to_str()
            .and_then(|it| it.strip_suffix(".part"))
            .is_some_and(|it| made_at(it).is_some());
        if is_part {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// How long it is until the next backup is due.
fn wait(schedule: &Schedule, now: DateTime<Utc>) -> Duration {
    let newest = present(&schedule.folder).pop();
    let age = newest.map(|(at, _)| (now - at).to_std().unwrap_or_default());
    age.map_or(Duration::ZERO, |age| schedule.every.saturating_sub(age))
}

/// One backup of the schedule; those that are too many go. Answers its path.
async fn scheduled(
    schedule: &Schedule,
    database: &Path,
    at: DateTime<Utc>,
) -> Result<PathBuf, Failure> {
    let folder = &schedule.folder;
    fs::create_dir_all(folder).map_err(|it| Failure::write(folder, &it))?;
    let target = folder.join(name(at));
    remove_parts(folder);
    make(database, &target).await?;
    let present = present(folder);
    let n_old = present.len().saturating_sub(schedule.keep);
    for (_, old) in present.iter().take(n_old) {
        fs::remove_file(old).map_err(|it| Failure::write(old, &it))?;
    }
    Ok(target)
}

/// Makes backups as long as the server runs. One that fails is said, and never ends the server.
pub async fn keep_making(schedule: Schedule, database: PathBuf) {
    let mut next = wait(&schedule, now());
    loop {
        tokio::time::sleep(next).await;
        match scheduled(&schedule, &database, now()).await {
            Ok(path) => tracing::info!(path = %path.display(), "a backup was made"),
            Err(failure) => tracing::error!(error = %chain(&failure), "no backup was made"),
        }
        next = schedule.every;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_backup_s_name_says_when_it_was_made() {
        let time = at("2026-06-01T09:00:05Z");
        assert_eq!(name(time), "rollcall-20260601T090005Z.db");
        assert_eq!(made_at(&name(time)), Some(time));
        for other in [
            "app.db",
            "rollcall-x.db",
            "rollcall-20260601T090005Z.db.part",
        ] {
            assert_eq!(made_at(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_backup_is_due_a_while_after_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let schedule = Schedule {
            folder: folder.path().to_owned(),
            every: Duration::from_hours(1),
            keep: 2,
        };
        let now = at("2026-06-01T10:00:00Z");
        assert_eq!(wait(&schedule, now), Duration::ZERO);
        for minutes in ["0900", "0945"] {
            let name = format!("rollcall-20260601T{minutes}00Z.db");
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(wait(&schedule, now), Duration::from_mins(45));
        assert_eq!(wait(&schedule, at("2026-06-02T10:00:00Z")), Duration::ZERO);
    }
}
