//! Tests of values that are set where they are missing (R103), and of the table of what is missing.
use crate::world::{World, draft};
use app::domain::{
    event::Changed,
    id::BatchId,
    order::Position,
    release::ReleaseDraft,
    validation_errors::ValidationErrors,
    value_edit::{ValueEdit, ValuePlace},
};
use app::store::error::StoreError;

fn edit(place: ValuePlace, variable: &str, value: &str) -> ValueEdit {
    ValueEdit {
        place,
        variable: variable.into(),
        value: value.into(),
        replaces: false,
    }
}

/// June with a last step that uses a kubeconfig and a zone.
async fn world() -> World {
    let world = World::active().await;
    let text = "echo {{var.HOST}} {{var.ZONE}} {{cluster.kubeconfig}}";
    let step = draft("Values", "deploy", "bash", text);
    let store = &world.app.store;
    let added = store.add_template(world.june, step, Position::Last, world.app.ana());
    added.await.unwrap();
    world
}

async fn set(
    world: &World,
    by: &str,
    edits: Vec<ValueEdit>,
) -> Result<Option<BatchId>, StoreError> {
    let answer = world.app.store.set_values(edits, world.app.by(by)).await;
    answer.map(|Changed { batch_id, .. }| batch_id)
}

/// The customers of the table with the variables that each lacks.
async fn missing(world: &World) -> Vec<(String, Vec<String>)> {
    let table = world.app.store.missing_table(world.june).await.unwrap();
    let rows = table.customers.into_iter().map(|row| {
        let names = row.missing.into_iter().map(|it| it.0);
        (row.customer.1, names.collect())
    });
    rows.collect()
}

#[tokio::test]
async fn what_is_missing_is_a_table_of_customers_by_variables_and_each_value_unblocks_at_once() {
    let world = Box::pin(world()).await;
    let row = |name: &str, missing: &[&str]| {
        let missing: Vec<String> = missing.iter().map(|it| (*it).to_owned()).collect();
        (name.to_owned(), missing)
    };
    let (path, host, zone) = ("cluster.kubeconfig", "var.HOST", "var.ZONE");
    let all = [
        row("Acme", &[path, zone]),
        row("Globex", &[path, zone]),
        row("Initech", &[path, host, zone]),
    ];
    assert_eq!(missing(&world).await, all);
    let table = world.app.store.missing_table(world.june).await.unwrap();
    let of_host = table.variables.iter().find(|it| it.0 == host).unwrap();
    assert_eq!(of_host.1, ["Upgrade", "Values"]);

    // The cluster's for both of its customers, the release's for whoever has no other.
    let edits = vec![
        edit(ValuePlace::Cluster(world.eu_west.id), path, "/etc/eu.yaml"),
        edit(ValuePlace::Release(world.june), zone, "z1"),
    ];
    set(&world, "Ana", edits).await.unwrap();
    assert_eq!(missing(&world).await, [row("Initech", &[path, host])]);
    let edits = vec![
        edit(
            ValuePlace::Customer(world.initech.id),
            host,
            "initech.example",
        ),
        edit(ValuePlace::Cluster(world.us_east.id), path, "/etc/us.yaml"),
    ];
    set(&world, "Ana", edits).await.unwrap();
    assert!(missing(&world).await.is_empty());
    let id = world.id(&world.initech, "Values").await;
    let detail = world.app.store.step(id).await.unwrap();
    assert_eq!(
        detail.resolved_content,
        "echo initech.example z1 /etc/us.yaml"
    );
}

#[tokio::test]
async fn a_value_that_somebody_else_has_set_since_is_a_conflict_and_nothing_is_half_done() {
    let world = Box::pin(world()).await;
    let initech = ValuePlace::Customer(world.initech.id);
    let theirs = vec![edit(initech, "var.HOST", "theirs")];
    set(&world, "Jonas", theirs).await.unwrap();
    let both = vec![
        edit(initech, "var.ZONE", "a"),
        edit(initech, "var.HOST", "mine"),
    ];
    let refused = set(&world, "Ana", both.clone()).await;
    let Err(StoreError::Stale(stale)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(stale.changed_by.as_deref(), Some("Jonas"));
    let value = async |key: &str| {
        let row = world.app.store.customer(world.initech.id).await.unwrap();
        let found = row.customer.metadata.0.get(key).map(ToString::to_string);
        found.unwrap_or_default()
    };
    assert_eq!(
        (value("HOST").await, value("ZONE").await),
        ("theirs".into(), String::new())
    );
    let on_purpose = both.into_iter().map(|it| ValueEdit {
        replaces: true,
        ..it
    });
    set(&world, "Ana", on_purpose.collect()).await.unwrap();
    assert_eq!(
        (value("HOST").await, value("ZONE").await),
        ("mine".into(), "a".into())
    );
    // The same value again is no change.
    let again = vec![edit(initech, "var.HOST", "mine")];
    assert_eq!(set(&world, "Ana", again).await.unwrap(), None);
}

#[tokio::test]
async fn one_batch_sets_many_values_and_its_undo_takes_those_of_customers_back() {
    let world = Box::pin(world()).await;
    let customers = [world.acme.id, world.globex.id, world.initech.id];
    let edits = customers.map(|id| edit(ValuePlace::Customer(id), "var.ZONE", "z"));
    let batch = set(&world, "Ana", edits.into()).await.unwrap().unwrap();
    let lacks = async || {
        let rows = missing(&world).await.into_iter();
        let lacking = rows.filter(|it| it.1.iter().any(|it| it == "var.ZONE"));
        lacking.count()
    };
    assert_eq!(lacks().await, 0);
    let undone = world.app.store.undo(batch, world.app.ana()).await.unwrap();
    assert_eq!((undone.restored, lacks().await), (3, 3));
}

#[tokio::test]
async fn nothing_to_set_a_wrong_value_and_an_archived_release_are_refused() {
    let world = Box::pin(world()).await;
    let refused = set(&world, "Ana", Vec::new()).await;
    assert!(matches!(
        refused,
        Err(StoreError::Invalid(ValidationErrors(_)))
    ));
    let of_june = ValuePlace::Release(world.june);
    let wrong = set(&world, "Ana", vec![edit(of_june, "var.ZONE", "\u{7}")]).await;
    assert!(matches!(wrong, Err(StoreError::Invalid(_))), "{wrong:?}");
    let store = &world.app.store;
    store
        .archive_release(world.june, None, world.app.ana())
        .await
        .unwrap();
    let archived = set(&world, "Ana", vec![edit(of_june, "var.ZONE", "z")]).await;
    assert!(
        matches!(archived, Err(StoreError::Refused(_))),
        "{archived:?}"
    );
    // Another release's value is not touched.
    let other = ReleaseDraft {
        name: "July".into(),
        ..ReleaseDraft::default()
    };
    let july = store.create_release(other, world.app.ana()).await.unwrap();
    let edits = vec![edit(
        ValuePlace::Release(july.row.id),
        "release.version",
        "7.0",
    )];
    set(&world, "Ana", edits).await.unwrap();
    let number = store.release(july.row.id).await.unwrap().release;
    assert_eq!(number.version_number.as_deref(), Some("7.0"));
}
