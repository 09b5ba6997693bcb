//! Tests of copied texts in the programs that they are pasted into: bash, and SQL in `SQLite`.
use crate::world::{World, draft, metadata};
use app::domain::{customer::CustomerDraft, order::Position};
use sea_orm::{ConnectionTrait, Statement};
use std::process::{Command, Output};

/// A value with every character that a shell or a database could interpret.
const HOSTILE: &str =
    "it's \"$HOME\" `id` $(id) \\ \\' '' -- ; /* */ # ! * ~\n\tsecond line\\\nünï 😀 {{var.HOST}}";

fn bash(text: &str) -> Output {
    let mut command = Command::new("/bin/bash");
    command.args(["--norc", "-c", text]);
    command.output().unwrap()
}

/// The resolved text of a step of Acme, whose variable HOST is `HOSTILE`.
async fn resolved(world: &World, kind: &str, content: &str) -> String {
    let (store, ana) = (&world.app.store, || world.app.ana());
    let acme = store.customer(world.acme.id).await.unwrap().customer;
    let version = acme.version;
    let mut wanted = CustomerDraft::from(acme);
    wanted.metadata = metadata(&[("HOST", HOSTILE)]);
    store
        .update_customer(world.acme.id, wanted, version, ana())
        .await
        .unwrap();
    let step = store
        .add_custom_step(
            world.june,
            world.acme.id,
            draft("Quote", "deploy", kind, content),
            Position::Last,
            false,
            ana(),
        )
        .await
        .unwrap()
        .row;
    store.step(step.id).await.unwrap().resolved_content
}

#[tokio::test]
async fn a_quoted_value_is_one_word_in_bash_and_one_text_in_sql() {
    let world = World::active().await;
    let text = resolved(&world, "bash", "printf '<%s>' {{var.HOST | quote}}").await;
    let said = bash(&text);
    assert!(said.status.success(), "{text}");
    assert_eq!(
        String::from_utf8(said.stdout).unwrap(),
        format!("<{HOSTILE}>")
    );
    let text = resolved(&world, "sql", "SELECT {{var.HOST | quote_ansi}}").await;
    let db = world.app.database.writer();
    let statement = Statement::from_string(db.get_database_backend(), text);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    let said: String = row.try_get_by_index(0).unwrap();
    assert_eq!(said, HOSTILE);
}
