//! Tests of who may read the files of a database.
use app::store::Database;
use migration::{Migrator, MigratorTrait};
use server::ops::backup;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_database_its_log_and_its_backup_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let url = format!("sqlite://{}", path.display());
    let database = Database::open(&url).await.unwrap();
    Migrator::up(database.writer(), None).await.unwrap();
    for name in ["app.db", "app.db-wal", "app.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    let copy = folder.path().join("monday.db");
    backup::create(&path, &copy).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
    database.close().await.unwrap();
    // Whose rights were set by hand keeps them.
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let database = Database::open(&url).await.unwrap();
    assert_eq!(mode(&path), 0o640);
    database.close().await.unwrap();
}
