//! Tests of the migrated schema on `SQLite`: entities, foreign keys, indexes, SQLite's version and settings.
use crate::{harness::TestApp, people::scope, world::World};
use app::{
    domain::permission::Role,
    store::{access::visible::Visible, entity},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect, QueryTrait};

async fn rows(app: &TestApp, sql: &str) -> Vec<Vec<String>> {
    let rows = app
        .database
        .writer()
        .query_all_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            sql,
        ))
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            (0..row.column_names().len())
                .map(|it| row.try_get_by_index::<String>(it).unwrap_or_default())
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn every_entity_loads_from_the_migrated_schema() {
    let world = World::active().await;
    let db = world.app.database.writer();
    macro_rules! loads {
        ($($table:ident),+) => {$(
            assert!(!entity::$table::Entity::find().all(db).await.unwrap().is_empty(), stringify!($table));
        )+};
    }
    loads!(
        cluster,
        customer,
        release,
        release_customer,
        step_template,
        customer_step,
        text,
        text_variable,
        audit_event
    );
}

#[tokio::test]
async fn every_foreign_key_has_an_index_and_says_what_a_deletion_does() {
    let app = TestApp::new().await;
    let keys = rows(
        &app,
        "SELECT m.name, f.\"from\", f.on_delete FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    )
    .await;
    assert_eq!(keys.len(), 23);
    for key in keys {
        let (table, column, on_delete) = (&key[0], &key[1], &key[2]);
        assert_ne!(on_delete, "NO ACTION", "{table}.{column}");
        let indexed = rows(
            &app,
            &format!("SELECT i.name FROM pragma_index_list('{table}') l, pragma_index_info(l.name) i WHERE i.seqno = 0 AND i.name = '{column}'"),
        )
        .await;
        assert!(!indexed.is_empty(), "{table}.{column} has no index");
    }
}

#[tokio::test]
async fn the_delete_rules_are_those_of_the_original() {
    let app = TestApp::new().await;
    let mut keys = rows(
        &app,
        "SELECT m.name || '.' || f.\"from\", f.on_delete FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    )
    .await;
    keys.sort();
    let expected = [
        ["customer_steps.customer_id", "CASCADE"],
        ["customer_steps.release_id", "CASCADE"],
        ["customer_steps.template_id", "SET NULL"],
        ["customer_steps.text_id", "RESTRICT"],
        ["customers.cluster_id", "RESTRICT"],
        ["evidence.release_id", "CASCADE"],
        ["incoming_hooks.release_id", "CASCADE"],
        ["incoming_hooks.template_id", "CASCADE"],
        ["incoming_messages.hook_id", "CASCADE"],
        ["release_customers.customer_id", "CASCADE"],
        ["release_customers.release_id", "CASCADE"],
        ["run_output.run_id", "CASCADE"],
        ["runs.customer_id", "CASCADE"],
        ["runs.release_id", "CASCADE"],
        ["runs.runner_id", "SET NULL"],
        ["saved_views.release_id", "CASCADE"],
        ["sessions.user_id", "RESTRICT"],
        ["step_templates.release_id", "CASCADE"],
        ["step_templates.text_id", "RESTRICT"],
        ["text_variables.text_id", "CASCADE"],
        ["tokens.user_id", "RESTRICT"],
        ["webhook_deliveries.webhook_id", "CASCADE"],
        ["webhooks.release_id", "CASCADE"],
    ];
    assert_eq!(keys, expected.map(|it| it.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn migrations_are_named_by_the_day_and_a_number_that_counts_up() {
    let app = TestApp::new().await;
    let sql = "SELECT version FROM seaql_migrations ORDER BY rowid";
    let names: Vec<String> = rows(&app, sql).await.concat();
    for (n, name) in names.iter().enumerate() {
        let number = name.split('_').nth(1).unwrap();
        assert_eq!(number.parse(), Ok(n + 1), "{name}");
        assert!(name.starts_with("m2026") && name.len() > 20, "{name}");
    }
    assert!(names.is_sorted());
}

#[tokio::test]
async fn sqlite_is_new_enough_and_writes_ahead() {
    let app = TestApp::new().await;
    let version = rows(&app, "SELECT sqlite_version()").await[0][0].clone();
    let number: Vec<u32> = version.split('.').map(|it| it.parse().unwrap()).collect();
    assert!(
        number >= vec![3, 51, 3],
        "{version}: a second sqlx or rusqlite has lowered it"
    );
    assert_eq!(rows(&app, "PRAGMA journal_mode").await[0][0], "wal");
}

#[tokio::test]
async fn a_write_outside_of_a_change_fails() {
    let app = TestApp::new().await;
    let path = app::store::engine::sqlite::path_of(&app.url());
    let readers = app::store::engine::sqlite::connect(
        &path,
        app::store::engine::sqlite::ConnectionRole::Readers,
    )
    .await
    .unwrap();
    assert!(
        readers
            .execute_unprepared("DELETE FROM clusters")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_matrix_reads_its_covering_index_and_no_text() {
    let world = World::active().await;
    let plan = rows(
        &world.app,
        "EXPLAIN QUERY PLAN SELECT customer_id, json_group_array(json_array(id, template_id, status, is_overridden, has_notes, \
         text_id, state_by, state_at, order_index)) FROM customer_steps WHERE release_id = 1 GROUP BY customer_id",
    )
    .await;
    let plan = plan.concat().join(" ");
    assert!(
        plan.contains("COVERING INDEX index_customer_steps_release_id"),
        "{plan}"
    );
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn a_page_of_the_events_in_a_scope_walks_them_backwards_and_sorts_nothing() {
    let app = TestApp::new().await;
    let customers = app.customers(6).await;
    let viewer = app.person(Role::Viewer, scope(&[], &customers)).await;
    let page = Visible::of(viewer.store.caller())
        .events()
        .order_by_desc(entity::audit_event::Column::Id)
        .limit(13)
        .build(sea_orm::DbBackend::Sqlite)
        .to_string();
    let plan = rows(&app, &format!("EXPLAIN QUERY PLAN {page}")).await;
    let plan = plan.concat().join(" ");
    assert!(plan.contains("SCAN audit_events"), "{plan}");
    assert!(
        !plan.contains("MULTI-INDEX") && !plan.contains("ORDER BY"),
        "{plan}"
    );
}

/// A database as it was before texts kept how they use their variables.
#[tokio::test]
async fn a_migration_reads_texts_with_quote_or_pairs_of_backslashes_anew() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let database = app::store::Database::open(&url).await.unwrap();
    let db = database.writer();
    Migrator::up(db, Some(2)).await.unwrap();
    let texts = [
        (1, r"SELECT {{var.A | quote}}, {{var.A}}", &["var.A"][..]),
        (2, r"echo \\{{var.B}} \{{var.C}}", &[]),
        (3, "echo {{var.D}}", &["var.D"]),
        (4, "{{var.E | quote_ansi}}", &["var.E | quote_ansi"]),
    ];
    db.execute_unprepared(
        "INSERT INTO releases (id, name, type, status, metadata, version, created_at, updated_at) \
         VALUES (1, 'June', 'release', 'draft', '{}', 1, '2026-06-01T09:00:00Z', '2026-06-01T09:00:00Z')",
    )
    .await
    .unwrap();
    for (key, text, names) in texts {
        db.execute_unprepared(&format!(
            "INSERT INTO step_templates (release_id, name, category, type, content, text_key, order_index, version, created_at, updated_at) \
             VALUES (1, 'x', 'deploy', 'sql', '{text}', {key}, {key}, 1, '2026-06-01T09:00:00Z', '2026-06-01T09:00:00Z')"
        ))
        .await
        .unwrap();
        for name in names {
            let insert =
                format!("INSERT INTO text_variables (text_key, name) VALUES ({key}, '{name}')");
            db.execute_unprepared(&insert).await.unwrap();
        }
    }
    Migrator::up(db, None).await.unwrap();
    let found = entity::text_variable::Entity::find().all(db).await.unwrap();
    let mut found: Vec<(i64, String)> = found.into_iter().map(|it| (it.text_id, it.name)).collect();
    found.sort();
    let expected = [
        (1, "var.A"),
        (1, "var.A | quote"),
        (2, "var.B"),
        (3, "var.D"),
        (4, "var.E"),
    ];
    assert_eq!(found, expected.map(|it| (it.0, it.1.to_owned())));
}
