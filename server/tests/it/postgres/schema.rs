//! Tests of the migrated schema on `PostgreSQL` beside that of `SQLite`: one list of migrations makes the same of both.
use crate::{harness::TestApp, test_database::TestEngine};
use app::domain::cluster::ClusterDraft;
use sea_orm::{ConnectionTrait, Statement};

const NAMES: [&str; 12] = [
    "Zeta", "alpha", "Alpha", "_x", "10", "9", "éclair", "eclair", "Ärger", "zz top", "日本", "a-b",
];

/// The first column of each row that the engine's own statement finds, sorted.
async fn found(engine: TestEngine, sqlite: &str, postgres: &str) -> Vec<String> {
    let app = TestApp::on(engine).await;
    let db = app.database.writer();
    let sql = engine.pick(sqlite, postgres);
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    lines.sort();
    lines
}

async fn is_the_same_on_both(sqlite: &str, postgres: &str) {
    let of_sqlite = found(TestEngine::Sqlite, sqlite, postgres).await;
    let of_postgres = found(TestEngine::Postgres, sqlite, postgres).await;
    assert!(of_sqlite.len() > 5, "{of_sqlite:?}");
    assert_eq!(of_sqlite, of_postgres);
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    is_the_same_on_both(
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .await;
}

#[tokio::test]
async fn both_engines_have_the_same_foreign_keys_with_the_same_delete_rules() {
    is_the_same_on_both(
        "SELECT m.name || '.' || f.\"from\" || ' ' || f.on_delete FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table'",
        "SELECT k.conrelid::regclass::text || '.' || a.attname || ' ' || CASE k.confdeltype WHEN 'c' THEN 'CASCADE' \
         WHEN 'r' THEN 'RESTRICT' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END \
         FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] WHERE k.contype = 'f'",
    )
    .await;
}

#[tokio::test]
async fn every_foreign_key_of_postgres_has_an_index() {
    let sql = "SELECT count(*)::text FROM pg_constraint k WHERE k.contype = 'f' AND NOT EXISTS \
               (SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])";
    assert_eq!(found(TestEngine::Postgres, "", sql).await, ["0"]);
}

/// The names in the order of `/api/clusters`.
async fn listed(engine: TestEngine) -> Vec<String> {
    let app = TestApp::on(engine).await;
    for name in NAMES {
        let draft = ClusterDraft {
            name: name.into(),
            ..ClusterDraft::default()
        };
        app.store.create_cluster(draft, app.ana()).await.unwrap();
    }
    let page = app.read("/api/clusters").await;
    let items = page["items"].as_array().unwrap();
    let names = items.iter().map(|it| it["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn texts_have_the_same_order_on_both_engines() {
    let of_sqlite = listed(TestEngine::Sqlite).await;
    assert_eq!(of_sqlite.len(), NAMES.len());
    assert_eq!(of_sqlite, listed(TestEngine::Postgres).await);
}
