//! Tests of the store: many customers from a pasted text (R85), what is written of it, and its undo. Texts as people have
//! them are in `server/tests/fixtures/pasted_customers`, each with the report that it must give.
use crate::world::{World, metadata};
use app::{
    domain::{
        actor_stamp::ActorStamp,
        customer::{Customer, CustomerDraft},
        customer_import::{
            ImportContext, ImportPlan, ImportReport, ImportRequest, ImportState, KnownCustomer,
            TickedRows, TickedUpdate,
        },
        customer_import_parser::{ROWS_MAX, parse},
        event::{Changed, Event, EventAction, EventFilter},
        id::{BatchId, ClusterId, CustomerId},
        rule_violation::RuleViolation,
    },
    store::error::StoreError,
};
use serde_json::Value;
use std::{fs, path::Path};

const PROD_EU: ClusterId = ClusterId(1);

/// Three clusters and three customers in the first of them; rows that name no cluster go to prod-eu.
fn context() -> ImportContext {
    let customer = |id, is_active, namespace: &str, name: &str, metadata: &str| {
        let known = KnownCustomer {
            id: CustomerId(id),
            is_active,
            version: 1,
            name: name.to_owned(),
            description: None,
            metadata: serde_json::from_str(metadata).unwrap(),
        };
        ((PROD_EU, namespace.to_owned()), known)
    };
    let variables = r#"{"db_port":5432,"Hostname":"old.example.com"}"#;
    ImportContext {
        clusters: [
            ("prod-eu".to_owned(), (PROD_EU, true)),
            ("prod-us".to_owned(), (ClusterId(2), true)),
            ("legacy".to_owned(), (ClusterId(3), false)),
        ]
        .into(),
        customers: [
            customer(7, true, "orchard-foods", "Orchard Foods", variables),
            customer(8, false, "gone-fishing", "Gone Fishing", "{}"),
            customer(9, true, "bell-book", "Bell, Book & Candle", "{}"),
        ]
        .into(),
        contexts: vec![(ClusterId(2), "aws-us".to_owned())],
    }
}

#[test]
fn texts_as_people_have_them_are_read_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pasted_customers");
    let is_update = std::env::var_os("UPDATE").is_some();
    let mut n_read = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".expected.json") {
            continue;
        }
        n_read += 1;
        let text = fs::read_to_string(&path).unwrap();
        let plan = ImportPlan::of(parse(&text).unwrap(), Some(PROD_EU), &context());
        let request = ImportRequest {
            dry_run: true,
            update: true,
            ..ImportRequest::default()
        };
        let report = serde_json::to_value(plan.choose(&request).0).unwrap();
        let expected = folder.join(format!("{name}.expected.json"));
        if is_update {
            let json = serde_json::to_string_pretty(&report).unwrap();
            fs::write(&expected, json + "\n").unwrap();
        }
        let expected: Value =
            serde_json::from_str(&fs::read_to_string(&expected).unwrap()).unwrap();
        assert_eq!(report, expected, "{name}");
    }
    assert_eq!(n_read, 30);
}

/// A request for rows of eu-west.
fn request(text: &str) -> ImportRequest {
    ImportRequest {
        text: text.to_owned(),
        cluster_id: Some(ClusterId(1)),
        ..ImportRequest::default()
    }
}

async fn import(world: &World, request: ImportRequest) -> Changed<ImportReport> {
    let stamp: ActorStamp = world.app.ana();
    let done = world.app.store.import_customers(request, stamp).await;
    done.unwrap()
}

async fn namespaces(world: &World) -> Vec<String> {
    let customers = world.app.store.customers(true).await.unwrap();
    customers.into_iter().map(|it| it.namespace).collect()
}

async fn customer(world: &World, namespace: &str) -> Customer {
    let customers = world.app.store.customers(true).await.unwrap();
    let id = customers.iter().find(|it| it.namespace == namespace);
    let id = id.unwrap().id;
    world.app.store.customer(id).await.unwrap().customer
}

async fn events(world: &World, batch: &BatchId) -> Vec<Event> {
    let of_batch = EventFilter {
        batch_id: Some(batch.clone()),
        ..EventFilter::default()
    };
    world.app.store.events(of_batch).await.unwrap().items
}

async fn is_well(world: &World) {
    let findings = world.app.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn bad_rows_are_left_out_and_the_others_are_created_in_one_batch() {
    let world = World::draft().await;
    let store = &world.app.store;
    let deactivated = store.deactivate_customer(world.globex.id, world.app.ana());
    deactivated.await.unwrap();
    let text = "Acme, acme\nGlobex, globex\nHooli, hooli, HOST=h.example\nInitech\nWrong, Not One\nStark, stark";
    let done = import(&world, request(text)).await;
    assert_eq!((done.row.created, done.row.updated), (2, 0));
    let states: Vec<ImportState> = done.row.rows.iter().map(|it| it.state).collect();
    let states: Vec<&str> = states.into_iter().map(ImportState::as_str).collect();
    let expected = ["known", "known", "new", "left-out", "left-out", "new"];
    assert_eq!(states, expected);
    let hooli = customer(&world, "hooli").await;
    assert_eq!((hooli.cluster_id, hooli.version), (world.eu_west.id, 1));
    assert_eq!(hooli.metadata, metadata(&[("HOST", "h.example")]));
    let events = events(&world, &done.batch_id.unwrap()).await;
    let named: Vec<_> = events
        .iter()
        .map(|it| (it.action, it.text("name").unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            (EventAction::Create, "Stark"),
            (EventAction::Create, "Hooli")
        ]
    );
    // The inactive one is as it was.
    assert_eq!(customer(&world, "globex").await.version, 2);
    let again = import(&world, request(text)).await;
    assert_eq!((again.row.created, again.batch_id), (0, None));
}

#[tokio::test]
async fn a_dry_run_counts_what_would_be_written_and_writes_nothing() {
    let world = World::draft().await;
    let dry = import(
        &world,
        ImportRequest {
            dry_run: true,
            update: true,
            ..request("Hooli, hooli\nAcme, acme, HOST=new.example")
        },
    )
    .await;
    assert_eq!((dry.row.created, dry.row.updated), (1, 1));
    assert_eq!(dry.batch_id, None);
    assert_eq!(namespaces(&world).await.len(), 3);
    assert_eq!(customer(&world, "acme").await, world.acme);
}

#[tokio::test]
async fn a_known_customer_is_updated_on_request_and_keeps_what_the_text_does_not_name() {
    let world = World::draft().await;
    let text = "Acme Inc., acme, ZONE=a\nGlobex, globex";
    let without = import(&world, request(text)).await;
    assert_eq!((without.row.updated, without.batch_id), (0, None));
    let update = ImportRequest {
        update: true,
        ..request(text)
    };
    let done = import(&world, update.clone()).await;
    assert_eq!((done.row.created, done.row.updated), (0, 1));
    let acme = customer(&world, "acme").await;
    assert_eq!((acme.name.as_str(), acme.version), ("Acme Inc.", 2));
    let both = metadata(&[("HOST", "acme.example"), ("ZONE", "a")]);
    assert_eq!(acme.metadata, both);
    let events = events(&world, &done.batch_id.unwrap()).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].action, EventAction::Update);
    assert_eq!(events[0].before.as_ref().unwrap()["name"], "Acme");
    // Nothing differs any more.
    assert_eq!(import(&world, update).await.batch_id, None);
}

#[tokio::test]
async fn of_the_ticked_rows_those_are_written_that_are_as_they_were_shown() {
    let world = World::draft().await;
    let text = "Hooli, hooli\nkube-system, kube-system\nStark, stark\nAcme, acme, HOST=a\nGlobex, globex, HOST=b\nInitech, initech";
    let known = |line| TickedUpdate { line, version: 1 };
    let ticked = ImportRequest {
        ticked: Some(TickedRows {
            create: vec![1, 2],
            update: vec![known(4), known(5)],
        }),
        ..request(text)
    };
    // Meanwhile somebody creates one, and edits another.
    let hooli = CustomerDraft {
        name: "Hooli of Jonas".into(),
        cluster_id: Some(world.eu_west.id),
        namespace: "hooli".into(),
        ..CustomerDraft::default()
    };
    let store = &world.app.store;
    let created = store.create_customer(hooli, world.app.by("Jonas")).await;
    created.unwrap();
    let mut globex = CustomerDraft::from(world.globex.clone());
    globex.metadata = metadata(&[("HOST", "jonas.example")]);
    let edited = store.update_customer(world.globex.id, globex, 1, world.app.by("Jonas"));
    edited.await.unwrap();
    let done = import(&world, ticked).await;
    assert_eq!((done.row.created, done.row.updated), (1, 1));
    assert_eq!(customer(&world, "hooli").await.name, "Hooli of Jonas");
    assert_eq!(customer(&world, "kube-system").await.name, "kube-system");
    let jonas = metadata(&[("HOST", "jonas.example")]);
    assert_eq!(customer(&world, "globex").await.metadata, jonas);
    let acme = metadata(&[("HOST", "a")]);
    assert_eq!(customer(&world, "acme").await.metadata, acme);
    assert!(!namespaces(&world).await.contains(&"stark".to_owned()));
}

#[tokio::test]
async fn an_empty_text_too_many_rows_and_an_unknown_cluster_are_refused() {
    let world = World::draft().await;
    let refusal = async |request: ImportRequest| {
        let done = world.app.store.import_customers(request, world.app.ana());
        done.await.unwrap_err().to_string()
    };
    assert!(refusal(request(" \n")).await.starts_with("text: "));
    let many = "# nothing\n".repeat(ROWS_MAX + 1);
    assert!(refusal(request(&many)).await.contains("At most 5,000"));
    let nowhere = ImportRequest {
        cluster_id: Some(ClusterId(99)),
        dry_run: true,
        ..request("Hooli, hooli")
    };
    assert_eq!(
        refusal(nowhere).await,
        "clusterId: There is no cluster with the id 99"
    );
    let unchosen = ImportRequest {
        cluster_id: None,
        ..request("Hooli, hooli")
    };
    let left_out = import(&world, unchosen).await.row;
    assert_eq!(left_out.rows[0].reason.as_deref(), Some("Choose a cluster"));
}

#[tokio::test]
async fn an_import_is_undone_done_again_and_undone_again() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let text = "Hooli, hooli, HOST=h\nStark, stark\nAcme Inc., acme, ZONE=a";
    let update = ImportRequest {
        update: true,
        ..request(text)
    };
    let done = import(&world, update).await;
    let hooli = customer(&world, "hooli").await;
    let undone = store.undo(done.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (3, 0));
    assert_eq!(namespaces(&world).await, ["acme", "globex", "initech"]);
    let acme = customer(&world, "acme").await;
    assert_eq!((&acme.name, acme.version), (&world.acme.name, 3));
    assert_eq!(acme.metadata, world.acme.metadata);
    is_well(&world).await;
    let redone = store.undo(undone.batch_id.unwrap(), ana()).await.unwrap();
    let back = customer(&world, "hooli").await;
    assert_eq!((back.id, back.version), (hooli.id, 2));
    assert_eq!((&back.name, &back.metadata), (&hooli.name, &hooli.metadata));
    assert_eq!(customer(&world, "acme").await.name, "Acme Inc.");
    is_well(&world).await;
    let undone = store.undo(redone.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!(undone.restored, 3);
    // The namespaces are free again.
    assert_eq!(import(&world, request(text)).await.row.created, 2);
}

#[tokio::test]
async fn an_undone_import_leaves_customers_that_changed_since_and_those_in_a_release() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let text = "Hooli, hooli\nStark, stark\nWayne, wayne";
    let batch = import(&world, request(text)).await.batch_id.unwrap();
    let hooli = customer(&world, "hooli").await;
    let stark = customer(&world, "stark").await;
    let edited = CustomerDraft {
        description: "edited".into(),
        ..CustomerDraft::from(hooli.clone())
    };
    let edited = store.update_customer(hooli.id, edited, 1, world.app.by("Jonas"));
    edited.await.unwrap();
    let added = store.add_customers(world.june, vec![stark.id], ana()).await;
    added.unwrap();
    let undone = store.undo(batch, ana()).await.unwrap();
    assert_eq!(undone.restored, 1);
    let conflicts: Vec<_> = undone
        .conflicts
        .iter()
        .map(|it| (it.reason.as_str(), it.changed_by.as_deref()))
        .collect();
    assert_eq!(
        conflicts,
        [
            ("Stark is in a release by now", Some("Ana")),
            ("Hooli was changed since", Some("Jonas"))
        ]
    );
    assert!(!namespaces(&world).await.contains(&"wayne".to_owned()));
    is_well(&world).await;
    // Wayne comes back only where nobody else is.
    let wayne = import(&world, request("Wayne 2, wayne")).await;
    assert_eq!(wayne.row.created, 1);
    let redo = store.undo(undone.batch_id.unwrap(), ana()).await;
    match redo.unwrap_err() {
        StoreError::Refused(RuleViolation::NothingToUndo { reasons, .. }) => {
            assert!(reasons[0].contains("already used"), "{reasons:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn deactivation_is_not_undone_but_an_edit_of_a_customer_is() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let moved = CustomerDraft {
        namespace: "acme-2".into(),
        cluster_id: Some(world.us_east.id),
        ..CustomerDraft::from(world.acme.clone())
    };
    let moved = store.update_customer(world.acme.id, moved, 1, ana()).await;
    let batch = moved.unwrap().batch_id.unwrap();
    store.undo(batch, ana()).await.unwrap();
    let acme = customer(&world, "acme").await;
    assert_eq!((acme.cluster_id, acme.version), (world.eu_west.id, 3));
    let off = store.deactivate_customer(world.acme.id, ana()).await;
    let refused = store.undo(off.unwrap().batch_id.unwrap(), ana()).await;
    assert!(matches!(
        refused.unwrap_err(),
        StoreError::Refused(RuleViolation::NotUndoable { .. })
    ));
}

#[tokio::test]
async fn five_thousand_customers_are_one_batch_and_one_undo() {
    let world = World::draft().await;
    let lines = (1..=ROWS_MAX).map(|n| format!("Customer {n}, c-{n}, HOST=h{n}.example"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let done = import(&world, request(&text)).await;
    assert_eq!(done.row.created as usize, ROWS_MAX);
    let undone = world
        .app
        .store
        .undo(done.batch_id.unwrap(), world.app.ana());
    assert_eq!(undone.await.unwrap().restored as usize, ROWS_MAX);
    assert_eq!(namespaces(&world).await.len(), 3);
}
