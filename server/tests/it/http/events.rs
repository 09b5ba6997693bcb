//! Tests of the stream of changes (R31): what it tells when, to whom, from where on, and how it ends.
use crate::{
    harness::TestApp,
    people::{Person, scope},
    streams::OpenStream,
    world::World,
};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::{Customer, CustomerDraft},
        id::{BatchId, StepId},
        permission::Role,
        release::ReleaseDraft,
        user::{User, UserDraft},
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use axum::{
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Starts this step of a customer; the batch.
async fn start(world: &World, customer: &Customer, name: &str) -> BatchId {
    let id = world.id(customer, name).await;
    let (store, options) = (&world.app.store, TransitionOptions::default());
    let done = store.act_on_step(id, StepAction::Start, options, world.app.ana());
    done.await.unwrap().batch_id.unwrap()
}

/// Starts these steps in one change; the batch, if there was any.
async fn start_all(world: &World, ids: Vec<StepId>) -> Option<BatchId> {
    let (store, options) = (&world.app.store, TransitionOptions::default());
    let done = store.act_on_steps(ids, StepAction::Start, options, world.app.ana());
    done.await.unwrap().batch_id
}

async fn last(world: &World) -> i64 {
    world.app.database.last_event().await.unwrap()
}

#[tokio::test]
async fn it_begins_with_hello_and_tells_each_batch_once_it_is_committed() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let headers = [("Accept-Encoding", "gzip, br")];
    let (mut stream, hello) = OpenStream::hello(address, "/api/events", &headers).await;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("x-accel-buffering", "no"),
    ] {
        assert!(
            stream.head.contains(&format!("{name}: {value}")),
            "{}",
            stream.head
        );
    }
    assert!(!stream.head.contains("content-encoding"), "{}", stream.head);
    let before = last(&world).await;
    let expected = json!({ "last": before, "version": env!("CARGO_PKG_VERSION") });
    assert_eq!((hello.data, hello.id), (expected, Some(before)));

    let batch = start(&world, &world.acme, "Announce").await;
    let change = stream.event("change").await;
    let history = world.app.read("/api/audit?limit=1").await;
    let event = &history["items"][0];
    let row = json!({
        "entity": "step", "id": event["entityId"], "action": "start", "releaseId": world.june, "customerId": world.acme.id,
    });
    let expected = json!({
        "batchId": batch, "actor": "Ana", "at": event["at"], "releases": [world.june], "changes": [row],
    });
    assert_eq!((change.data, change.id), (expected, event["id"].as_i64()));
}

#[tokio::test]
async fn a_bulk_is_one_change_and_what_changes_nothing_is_none() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &[]).await;
    let steps = world.steps(world.acme.id).await;
    let ids: Vec<StepId> = steps.iter().map(|it| it.id).collect();
    assert!(start_all(&world, ids.clone()).await.is_some());
    assert!(start_all(&world, ids).await.is_none());
    let batch = start(&world, &world.globex, "Check").await;
    let bulk = stream.event("change").await;
    let rows = bulk.data["changes"].as_array().unwrap().clone();
    assert_eq!(rows.len(), steps.len());
    assert_eq!(bulk.id, Some(last(&world).await - 1));
    assert_eq!(stream.event("change").await.data["batchId"], batch.0);
}

#[tokio::test]
async fn each_of_many_streams_is_told_though_they_are_woken_in_parts() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let mut streams = Vec::new();
    for n in 0..40 {
        let name = (n % 4).to_string();
        let headers = [("X-Rollcall-User", name.as_str())];
        streams.push(OpenStream::hello(address, "/api/events", &headers).await.0);
    }
    for step in ["Announce", "Upgrade"] {
        let batch = start(&world, &world.acme, step).await;
        for stream in &mut streams {
            assert_eq!(stream.event("change").await.data["batchId"], batch.0);
        }
    }
}

#[tokio::test]
async fn it_goes_on_from_the_last_event_that_a_client_knows() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let known = last(&world).await;
    let (first, second) = (
        start(&world, &world.acme, "Announce").await,
        start(&world, &world.acme, "Upgrade").await,
    );
    let header = known.to_string();
    for (path, headers, batches) in [
        (
            format!("/api/events?after={known}"),
            vec![],
            vec![&first, &second],
        ),
        (
            format!("/api/events?after={}", known + 1),
            vec![("Last-Event-ID", header.as_str())],
            vec![&first, &second],
        ),
        (
            format!("/api/events?after={}", known + 1),
            vec![],
            vec![&second],
        ),
    ] {
        let (mut stream, hello) = OpenStream::hello(address, &path, &headers).await;
        assert_eq!(hello.data["last"], known + 2);
        assert_eq!(
            hello.id,
            Some(known + 2 - i64::try_from(batches.len()).unwrap())
        );
        for batch in batches {
            assert_eq!(
                stream.event("change").await.data["batchId"],
                batch.0,
                "{path}"
            );
        }
    }
    // From the beginning of a short history.
    let (mut stream, _) = OpenStream::hello(address, "/api/events?after=0", &[]).await;
    assert_eq!(stream.event("change").await.id, Some(1));
}

#[tokio::test]
async fn a_position_that_is_none_is_a_reset_and_a_query_that_cannot_be_read_is_refused() {
    let world = World::active().await;
    let address = world.app.serve().await;
    for (name, path, headers) in [
        ("Announce", "/api/events?after=99999", vec![]),
        (
            "Migrate schema",
            "/api/events",
            vec![("Last-Event-ID", "x")],
        ),
        ("Upgrade", "/api/events", vec![("Last-Event-ID", "-7")]),
        (
            "Check",
            "/api/events?after=1",
            vec![("Last-Event-ID", "99999")],
        ),
    ] {
        let end = last(&world).await;
        let (mut stream, _) = OpenStream::hello(address, path, &headers).await;
        let reset = stream.event("reset").await;
        assert_eq!((reset.data, reset.id), (json!({ "last": end }), Some(end)));
        // And it goes on.
        let batch = start(&world, &world.acme, name).await;
        assert_eq!(stream.event("change").await.data["batchId"], batch.0);
    }
    for (query, status) in [
        ("after=x", 422),
        ("after=-1", 422),
        ("release=x", 422),
        ("release=999", 404),
    ] {
        let path = format!("/api/events?{query}");
        let refused = world.app.api("GET", &path, Value::Null, &[]).await;
        refused.problem(status);
    }
}

#[tokio::test]
async fn of_one_release_it_tells_what_is_about_it_its_customers_and_their_clusters() {
    let world = World::active().await;
    let store = &world.app.store;
    let july = ReleaseDraft {
        name: "July".into(),
        version_number: "7.0".into(),
        ..ReleaseDraft::default()
    };
    let july = store.create_release(july, world.app.ana()).await.unwrap();
    let july = july.row.id;
    let other = ClusterDraft {
        name: "ap-south".into(),
        ..ClusterDraft::default()
    };
    let other = store.create_cluster(other, world.app.ana()).await.unwrap();
    let only_acme = vec![world.globex.id, world.initech.id];
    let removed = store.remove_customers(world.june, only_acme, world.app.ana());
    removed.await.unwrap();
    let address = world.app.serve().await;
    let path = format!("/api/events?release={}", world.june);
    let (mut stream, _) = OpenStream::hello(address, &path, &[]).await;

    // None of these is about June.
    let draft = CustomerDraft {
        description: "x".into(),
        ..CustomerDraft::from(world.initech.clone())
    };
    let edited = store.update_customer(
        world.initech.id,
        draft,
        world.initech.version,
        world.app.ana(),
    );
    edited.await.unwrap();
    store.delete_draft(july, world.app.ana()).await.unwrap();
    let cluster = other.row;
    let draft = ClusterDraft {
        description: "x".into(),
        ..ClusterDraft::from(cluster.clone())
    };
    let edited = store.update_cluster(cluster.id, draft, cluster.version, world.app.ana());
    edited.await.unwrap();
    // These are.
    let draft = CustomerDraft {
        description: "x".into(),
        ..CustomerDraft::from(world.acme.clone())
    };
    let edited = store.update_customer(world.acme.id, draft, world.acme.version, world.app.ana());
    edited.await.unwrap();
    let draft = ClusterDraft {
        description: "x".into(),
        ..ClusterDraft::from(world.eu_west.clone())
    };
    let edited = store.update_cluster(
        world.eu_west.id,
        draft,
        world.eu_west.version,
        world.app.ana(),
    );
    edited.await.unwrap();
    start(&world, &world.acme, "Check").await;
    for entity in ["customer", "cluster", "step"] {
        let change = stream.event("change").await;
        assert_eq!(change.data["changes"][0]["entity"], entity, "{change:?}");
    }
}

fn cookie(person: &Person) -> [(&str, &str); 1] {
    [("cookie", person.cookie.as_str())]
}

#[tokio::test]
async fn what_is_out_of_scope_is_not_told_and_of_a_bulk_only_what_is_in_it() {
    let world = World::active_in(TestApp::with_login().await).await;
    let eu = scope(&[world.eu_west.id], &[]);
    let person = world.app.person(Role::Viewer, eu).await;
    let manager = world.app.person(Role::Manager, None).await;
    let address = world.app.serve().await;
    let (mut stream, hello) = OpenStream::hello(address, "/api/events", &cookie(&person)).await;
    let (mut all, _) = OpenStream::hello(address, "/api/events", &cookie(&manager)).await;
    // Accounts are for admins.
    world.app.person(Role::Viewer, None).await;
    let (store, initech) = (&world.app.store, vec![world.initech.id]);
    let removed = store.remove_customers(world.june, initech.clone(), world.app.ana());
    removed.await.unwrap();
    let added = store.add_customers(world.june, initech, world.app.ana());
    added.await.unwrap();
    start(&world, &world.initech, "Announce").await;
    let mut ids = Vec::new();
    for customer in [&world.acme, &world.initech, &world.globex] {
        ids.push(world.id(customer, "Check").await);
    }
    let bulk = start_all(&world, ids).await.unwrap();

    let change = stream.event("change").await;
    assert_eq!(change.data["batchId"], bulk.0);
    let rows = change.data["changes"].as_array().unwrap();
    let customers: Vec<i64> = rows
        .iter()
        .filter_map(|it| it["customerId"].as_i64())
        .collect();
    assert_eq!(customers, [world.acme.id.0, world.globex.id.0]);
    assert_eq!(change.id, Some(last(&world).await));
    // The same again for who comes later, and for who sees all.
    let path = format!("/api/events?after={}", hello.id.unwrap());
    let (mut later, _) = OpenStream::hello(address, &path, &cookie(&person)).await;
    assert_eq!(later.event("change").await, change);
    for action in ["remove_customers", "add_customers", "start", "start"] {
        let told = all.event("change").await;
        assert_eq!(told.data["changes"][0]["action"], action, "{told:?}");
    }
}

/// Another admin changes this user.
async fn update(world: &World, person: &Person, change: impl FnOnce(&mut UserDraft)) {
    let store = &world.app.store;
    let user: User = store.user(person.user.id).await.unwrap();
    let (id, version) = (user.id, user.version);
    let mut draft = UserDraft::from(user);
    change(&mut draft);
    let updated = store.update_user(id, draft, version, world.app.ana());
    updated.await.unwrap();
}

#[tokio::test]
async fn rights_that_change_while_it_is_open_end_or_narrow_it() {
    let world = World::active_in(TestApp::with_login().await).await;
    let [narrowed, promoted, ended] = [
        world.app.person(Role::Viewer, None).await,
        world.app.person(Role::Viewer, None).await,
        world.app.person(Role::Viewer, None).await,
    ];
    let address = world.app.serve().await;
    let open = async |person: &Person| {
        OpenStream::hello(address, "/api/events", &cookie(person))
            .await
            .0
    };
    let mut of_narrowed = open(&narrowed).await;
    let (mut of_promoted, mut of_ended) = (open(&promoted).await, open(&ended).await);
    let eu = scope(&[world.eu_west.id], &[]);
    update(&world, &narrowed, |it| it.scope = eu).await;
    of_narrowed.event("reset").await;
    start(&world, &world.initech, "Announce").await;
    start(&world, &world.acme, "Announce").await;
    let told = of_narrowed.event("change").await;
    assert_eq!(told.data["changes"][0]["customerId"], world.acme.id.0);

    for stream in [&mut of_promoted, &mut of_ended] {
        for _ in 0..2 {
            stream.event("change").await;
        }
    }
    update(&world, &promoted, |it| it.role = Role::Operator.to_string()).await;
    of_promoted.end().await;
    let path = format!("/api/users/{}/sessions", ended.user.id);
    let admin = world.app.person(Role::Admin, None).await;
    world.app.api_as(&admin, "DELETE", &path, Value::Null).await;
    of_ended.end().await;
    let again = OpenStream::open(address, "/api/events", &cookie(&ended)).await;
    assert!(again.head.starts_with("http/1.0 401 "), "{}", again.head);
}

#[tokio::test]
async fn a_person_has_twenty_streams_and_a_process_a_thousand() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let ben = [("X-Rollcall-User", "Ben")];
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(OpenStream::hello(address, "/api/events", &ben).await.0);
    }
    let refused = world.app.api("GET", "/api/events", Value::Null, &ben).await;
    let problem = refused.problem(503);
    assert_eq!(problem["type"], "urn:rollcall:problem:too-many-streams");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    let slots: Vec<_> = (20..1_000)
        .map(|n| world.app.live.take_slot(&n.to_string()).unwrap())
        .collect();
    let ana = [("X-Rollcall-User", "Ana")];
    let full = world.app.api("GET", "/api/events", Value::Null, &ana).await;
    full.problem(503);
    drop(slots);
    OpenStream::hello(address, "/api/events", &ana).await;
}

#[tokio::test]
async fn at_the_end_of_the_server_every_stream_ends_at_once_and_says_when_to_come_back() {
    let world = World::active().await;
    let address = world.app.serve().await;
    let mut retries = Vec::new();
    let mut streams = Vec::new();
    for n in 0..10 {
        let name = n.to_string();
        let headers = [("X-Rollcall-User", name.as_str())];
        streams.push(OpenStream::hello(address, "/api/events", &headers).await.0);
    }
    world.app.live.stop();
    for stream in &mut streams {
        retries.push(stream.end().await);
    }
    assert!(
        retries.iter().all(|it| (1_000..=5_000).contains(it)),
        "{retries:?}"
    );
    retries.sort_unstable();
    retries.dedup();
    assert!(retries.len() > 1, "they all come back at once");
}

#[tokio::test]
async fn who_reads_slowly_gets_a_reset_and_no_queue() {
    let world = World::active().await;
    let request = Request::builder()
        .uri("/api/events")
        .header(header::HOST, "localhost");
    let request = request.body(Body::empty()).unwrap();
    let response = world.app.router().oneshot(request).await.unwrap();
    let mut body = response.into_body();
    let mut next = async || {
        let frame = body.frame().await.unwrap().unwrap();
        String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
    };
    assert!(next().await.starts_with("event: hello\n"));
    // More than is kept, while nothing is read.
    let known = last(&world).await;
    let end = known + 1_100;
    let rows: Vec<String> = (known + 1..=end)
        .map(|id| {
            format!("({id}, 'b{id}', 'cluster', 1, 'update', 'Ana', '2026-06-01T08:00:00+00:00')")
        })
        .collect();
    let sql = format!(
        "INSERT INTO audit_events (id, batch_id, entity, entity_id, action, actor, at) VALUES {}",
        rows.join(", ")
    );
    let writer = world.app.database.writer();
    writer.execute_unprepared(&sql).await.unwrap();
    assert_eq!(world.app.live.advance().await.unwrap(), end);
    let reset = next().await;
    assert!(reset.starts_with("event: reset\n"), "{reset}");
    assert!(reset.contains(&format!("{{\"last\":{end}}}")), "{reset}");
    let batch = start(&world, &world.acme, "Check").await;
    assert!(next().await.contains(&batch.0));
}

#[tokio::test]
async fn what_another_server_on_the_same_database_commits_is_told_too() {
    let world = World::active().await;
    let beside = world.app.beside().await;
    let address = beside.serve().await;
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &[]).await;
    for name in ["Announce", "Check"] {
        let batch = start(&world, &world.acme, name).await;
        assert_eq!(stream.event("change").await.data["batchId"], batch.0);
    }
    // And a client goes on at the other one.
    let known = last(&world).await;
    let batch = start(&world, &world.acme, "Upgrade").await;
    let address = world.app.serve().await;
    let header = known.to_string();
    let headers = [("Last-Event-ID", header.as_str())];
    let (mut stream, _) = OpenStream::hello(address, "/api/events", &headers).await;
    assert_eq!(stream.event("change").await.data["batchId"], batch.0);
}
