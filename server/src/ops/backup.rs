//! Backups: one now, on a schedule, and restoring one. A backup is written under a temporary name, verified, and then renamed,
//! so a file under its final name is always whole.
use super::{
    config::BackupSchedule,
    failure::{Failure, cause},
};
use app::{
    api::context::now,
    store::{
        engine::backup::{self, ConnectionRole, with_suffix},
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

/// Backs the database up to a new file, also while a server uses the database. Never overwrites a file.
pub async fn create(database: &Path, target: &Path) -> Result<(), Failure> {
    if !database.exists() {
        return Err(Failure::Missing(database.display().to_string()));
    }
    if target.exists() {
        return Err(Failure::Exists(target.display().to_string()));
    }
    let temporary = with_suffix(target, TEMPORARY_SUFFIX);
    // A backup that was killed leaves its file behind.
    let _ = fs::remove_file(&temporary);
    let result = match backup::copy(database, &temporary, ConnectionRole::Existing).await {
        Ok(()) => rename_if_free(&temporary, target),
        Err(error) => Err(Failure::write(target, &error)),
    };
    let _ = fs::remove_file(&temporary);
    result
}

/// Gives a file its final name, unless another file has got that name in the meantime. A hard link fails then; a rename
/// would overwrite.
fn rename_if_free(temporary: &Path, target: &Path) -> Result<(), Failure> {
    match fs::hard_link(temporary, target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::Exists(target.display().to_string()));
        }
        // The file system has no hard links.
        Err(_) => fs::rename(temporary, target).map_err(|it| Failure::write(target, &it))?,
    }
    sync_folder(target);
    Ok(())
}

/// Syncs the folder, so that a new name in it survives a loss of power. Errors are ignored: some file systems cannot do it.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Ok(folder) = fs::File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

/// Replaces the database by a backup. Returns the path that the old database was moved to, if there was one.
pub async fn restore(
    file: &Path,
    database: &Path,
    at: DateTime<Utc>,
) -> Result<Option<PathBuf>, Failure> {
    if is_same(file, database) {
        return Err(not_restorable(file, "it is the database itself"));
    }
    check_restorable(file).await?;
    check_unused(database).await?;
    backup::create_folder(database).map_err(|it| Failure::write(database, &it))?;
    let temporary = with_suffix(database, ".restoring");
    let _ = fs::remove_file(&temporary);
    let result = match backup::copy(file, &temporary, ConnectionRole::File).await {
        Ok(()) => replace_database(&temporary, database, at),
        Err(error) => Err(Failure::write(database, &error)),
    };
    let _ = fs::remove_file(&temporary);
    result
}

/// Fails if another process has the database open, and if that cannot be told.
async fn check_unused(database: &Path) -> Result<(), Failure> {
    let path = || database.display().to_string();
    let is_there = database.try_exists().map_err(|error| Failure::Open {
        path: path(),
        cause: error.to_string(),
    })?;
    if !is_there {
        return Ok(());
    }
    match backup::is_unused(database).await {
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

fn not_restorable(file: &Path, why: impl Into<String>) -> Failure {
    Failure::NotRestorable {
        path: file.display().to_string(),
        why: why.into(),
    }
}

/// Fails unless a file is an undamaged database of Rollcall that is not newer than this program.
async fn check_restorable(file: &Path) -> Result<(), Failure> {
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
        _ => return Err(not_restorable(file, "it is no SQLite database")),
    }
    let obstacle = find_obstacle(file).await;
    obstacle
        .unwrap_or_else(|error| Some(format!("it is damaged: {}", chain(&error))))
        .map_or(Ok(()), |why| Err(not_restorable(file, why)))
}

/// Why a SQLite database cannot be restored; none if it can.
async fn find_obstacle(file: &Path) -> Result<Option<String>, StoreError> {
    let db = backup::open_read_only(file).await?;
    let damage = backup::integrity_errors(&db).await?;
    let tables = backup::tables(&db).await?;
    let is_ours = ["seaql_migrations", "customer_steps", "audit_events"]
        .iter()
        .all(|name| tables.iter().any(|it| it == name));
    let why = if let Some(damage) = damage.first() {
        Some(format!("it is damaged: {damage}"))
    } else if !is_ours {
        Some("it is no database of Rollcall".to_owned())
    } else if let Some(broken) = backup::foreign_key_errors(&db).await?.first() {
        Some(format!("it is damaged: {broken}"))
    } else {
        let migrations = Migrator::get_migration_with_status_read_only(&db).await;
        migrations
            .err()
            .map(|_| "it was written by a newer Rollcall: use that version".to_owned())
    };
    db.close().await?;
    Ok(why)
}

/// Moves the database aside, with its log or journal, and the new one to its place. If a step fails, undoes those before it.
fn replace_database(
    new: &Path,
    database: &Path,
    at: DateTime<Utc>,
) -> Result<Option<PathBuf>, Failure> {
    let aside = with_suffix(database, &format!(".before-restore-{}", file_time(at)));
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut replace = || -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let (from, to) = (with_suffix(database, suffix), with_suffix(&aside, suffix));
            if from.exists() {
                fs::rename(&from, &to)?;
                moved.push((from, to));
            }
        }
        fs::rename(new, database)
    };
    let replaced = replace();
    if let Err(error) = replaced {
        for (from, to) in moved.iter().rev() {
            let _ = fs::rename(to, from);
        }
        return Err(Failure::write(database, &error));
    }
    sync_folder(database);
    Ok((!moved.is_empty()).then_some(aside))
}

/// UTC, to the second, without signs that a file name may not have.
const FILE_TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// The suffix of a backup that is not finished.
const TEMPORARY_SUFFIX: &str = ".part";

fn file_time(at: DateTime<Utc>) -> String {
    at.format(FILE_TIME_FORMAT).to_string()
}

fn file_name(at: DateTime<Utc>) -> String {
    format!("rollcall-{}.db", file_time(at))
}

/// When a scheduled backup was made, from its file name; none if it is no name of such a backup.
fn created_at(name: &str) -> Option<DateTime<Utc>> {
    let text = name.strip_prefix("rollcall-")?.strip_suffix(".db")?;
    let at = NaiveDateTime::parse_from_str(text, FILE_TIME_FORMAT).ok()?;
    Some(at.and_utc())
}

/// The scheduled backups in the folder, oldest first.
fn existing_backups(folder: &Path) -> Vec<(DateTime<Utc>, PathBuf)> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = files
        .filter_map(|it| Some((created_at(it.file_name().to_str()?)?, it.path())))
        .collect();
    found.sort();
    found
}

/// Removes the unfinished files of scheduled backups that were killed.
fn remove_unfinished(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_unfinished = file
            .file_name()
            .to_str()
            .and_then(|it| it.strip_suffix(TEMPORARY_SUFFIX))
            .is_some_and(|it| created_at(it).is_some());
        if is_unfinished {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// How long it is until the next backup is due: one interval after the newest one.
fn time_until_next(schedule: &BackupSchedule, now: DateTime<Utc>) -> Duration {
    let newest = existing_backups(&schedule.folder).pop();
    let age = newest.map(|(at, _)| (now - at).to_std().unwrap_or_default());
    age.map_or(Duration::ZERO, |age| schedule.interval.saturating_sub(age))
}

/// Makes one backup of the schedule and deletes the oldest ones beyond `keep`. Returns the path of the new one.
async fn create_scheduled(
    schedule: &BackupSchedule,
    database: &Path,
    at: DateTime<Utc>,
) -> Result<PathBuf, Failure> {
    let folder = &schedule.folder;
    fs::create_dir_all(folder).map_err(|it| Failure::write(folder, &it))?;
    let target = folder.join(file_name(at));
    remove_unfinished(folder);
    create(database, &target).await?;
    let existing = existing_backups(folder);
    let n_old = existing.len().saturating_sub(schedule.keep);
    for (_, old) in existing.iter().take(n_old) {
        fs::remove_file(old).map_err(|it| Failure::write(old, &it))?;
    }
    Ok(target)
}

/// Makes backups as long as the server runs. A failure is logged and does not end the server.
pub async fn run_schedule(schedule: BackupSchedule, database: PathBuf) {
    let mut delay = time_until_next(&schedule, now());
    loop {
        tokio::time::sleep(delay).await;
        match create_scheduled(&schedule, &database, now()).await {
            Ok(path) => tracing::info!(path = %path.display(), "a backup was made"),
            Err(failure) => tracing::error!(error = %chain(&failure), "no backup was made"),
        }
        delay = schedule.interval;
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
        assert_eq!(file_name(time), "rollcall-20260601T090005Z.db");
        assert_eq!(created_at(&file_name(time)), Some(time));
        for other in [
            "app.db",
            "rollcall-x.db",
            "rollcall-20260601T090005Z.db.part",
        ] {
            assert_eq!(created_at(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_backup_is_due_one_interval_after_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let schedule = BackupSchedule {
            folder: folder.path().to_owned(),
            interval: Duration::from_hours(1),
            keep: 2,
        };
        let now = at("2026-06-01T10:00:00Z");
        assert_eq!(time_until_next(&schedule, now), Duration::ZERO);
        for minutes in ["0900", "0945"] {
            let name = format!("rollcall-20260601T{minutes}00Z.db");
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(time_until_next(&schedule, now), Duration::from_mins(45));
        assert_eq!(
            time_until_next(&schedule, at("2026-06-02T10:00:00Z")),
            Duration::ZERO
        );
    }
}
