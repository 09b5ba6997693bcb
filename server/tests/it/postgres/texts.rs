//! Tests of R42 on `PostgreSQL`: a database whose schema is from before texts were kept once.
use crate::{harness::in_open_mode, test_database::TestDatabase};
use app::{
    domain::check_finding::Check,
    store::{
        Database,
        audit::event_texts,
        entity::{audit_event, customer_step, text_variable},
    },
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::json;
use std::collections::BTreeSet;

/// Copies of one template step, more than are read at once, with three texts; a step of Acme's own whose variable has a name that no
/// index takes; a done of each; and an event with a text that no step can have.
const EARLIER: &str = r#"
INSERT INTO clusters (name, created_at, updated_at) VALUES ('eu-west', now(), now());
INSERT INTO releases (name, type, status, created_at, updated_at) VALUES ('June', 'release', 'active', now(), now());
INSERT INTO step_templates (release_id, name, category, type, content, text_key, order_index, created_at, updated_at)
  VALUES (1, 'step', 'deploy', 'bash', 'curl {{var.HOST}} 0', 7, 0, now(), now());
INSERT INTO customers (cluster_id, namespace, name, created_at, updated_at)
  SELECT 1, 'c' || i, 'c' || i, now(), now() FROM generate_series(1, 600) AS i;
INSERT INTO customer_steps (release_id, customer_id, template_id, name, category, type, content, text_key, order_index, created_at, updated_at)
  SELECT 1, id, 1, 'step', 'deploy', 'bash', 'curl {{var.HOST}} ' || (id % 3), 7, 0, now(), now() FROM customers ORDER BY id;
INSERT INTO customer_steps (release_id, customer_id, name, category, type, content, text_key, order_index, is_custom, created_at, updated_at)
  VALUES (1, 1, 'own', 'deploy', 'bash', '{{var.' || repeat('x', 3000) || '}}', 7, 1, true, now(), now());
INSERT INTO audit_events (batch_id, entity, entity_id, release_id, customer_id, action, actor, at, after, resolved_text)
  SELECT 'b', 'step', id, 1, customer_id, 'done', 'Ana', now(), '{"content":"curl ' || (id % 3) || '"}', 'curl ' || id FROM customer_steps ORDER BY id;
INSERT INTO audit_events (batch_id, entity, entity_id, release_id, action, actor, at, after)
  VALUES ('c', 'template', 1, 1, 'update', 'Ana', now(), '{"content":"a\u0000b"}')"#;

#[tokio::test]
async fn a_database_from_before_has_its_texts_once_and_reads_as_it_did() {
    let place = TestDatabase::empty_on_postgres().await;
    let database = Database::open(&place.url()).await.unwrap();
    let db = database.writer();
    Migrator::up(db, Some(7)).await.unwrap();
    db.execute_unprepared(EARLIER).await.unwrap();
    Migrator::up(db, None).await.unwrap();

    let steps = customer_step::Entity::find().order_by_asc(customer_step::Column::Id);
    let mut steps = steps.all(db).await.unwrap();
    let own = steps.pop().unwrap();
    assert_eq!(own.content.unwrap().len(), 3_000 + "{{var.}}".len());
    assert_eq!(steps.len(), 600);
    for step in &steps {
        let text = format!("curl {{{{var.HOST}}}} {}", step.customer_id % 3);
        assert_eq!(step.content.as_deref(), Some(text.as_str()));
    }
    let texts: BTreeSet<Option<i64>> = steps.iter().map(|it| it.text_id).collect();
    assert_eq!(texts.len(), 3);

    let rows = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let rows = rows.all(db).await.unwrap();
    let of_history: BTreeSet<i64> = rows.iter().filter_map(|it| it.text_id).collect();
    assert_eq!(of_history.len(), 601);
    let mut events = event_texts::read(db, rows).await.unwrap();
    let last = events.pop().unwrap();
    assert_eq!(last.after, Some(json!({ "content": "a\u{0}b" })));
    for event in events {
        let id = event.entity_id;
        assert_eq!(event.resolved_text, Some(format!("curl {id}")));
        let content = format!("curl {}", id % 3);
        assert_eq!(event.after, Some(json!({ "content": content })));
    }

    let names = text_variable::Entity::find().all(db).await.unwrap();
    let mut lengths: Vec<usize> = names.iter().map(|it| it.name.len()).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [8, 8, 8, 500]);
    let findings = in_open_mode(&database).check().await.unwrap();
    let of_texts = |it: Check| [Check::Rows, Check::Texts, Check::ForeignKeys].contains(&it);
    assert!(
        findings.iter().all(|it| !of_texts(it.check)),
        "{findings:?}"
    );
    // Nothing is to be done here: PostgreSQL looks after its unused space itself.
    database.compact().await.unwrap();
}
