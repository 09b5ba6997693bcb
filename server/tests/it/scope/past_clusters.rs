//! Tests that who sees a customer is not told of the cluster that it was in, if that is out of the scope (R22): what a change of a text
//! says of it is replaced, wherever changes are told.
use crate::{
    harness::TestApp,
    people::{Person, scope},
    world::{World, draft},
};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{ClusterId, StepId},
        past_clusters::HIDDEN_CLUSTER,
        permission::Role,
        vocabulary::StepAction,
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};
use axum::http::StatusCode;
use serde_json::Value;

const HIDDEN: &str = "zzformer";

/// Moves Acme.
async fn move_to(world: &World, cluster: ClusterId) {
    let store = &world.app.store;
    let acme = store.customer(world.acme.id).await.unwrap().customer;
    let (id, version) = (acme.id, acme.version);
    let draft = CustomerDraft {
        cluster_id: Some(cluster),
        ..acme.into()
    };
    let moved = store.update_customer(id, draft, version, world.app.ana());
    moved.await.unwrap();
}

/// Acme was in a cluster that is out of the operator's scope when a step was started, and is in `us-east` now; with the hash of the
/// text as it was there.
async fn moved() -> (World, Person, StepId, String) {
    let world = World::active_in(TestApp::with_login().await).await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Upgrade").await;
    let template = store.step(id).await.unwrap().template.unwrap();
    let text = "use {{cluster.name}} {{cluster.kubeconfig}}";
    let edited = draft("Upgrade", "deploy", "bash", text);
    let edited = store.update_template(template.id, edited, template.version, world.app.ana());
    edited.await.unwrap();
    let former = ClusterDraft {
        name: HIDDEN.into(),
        kubeconfig_path: format!("/etc/{HIDDEN}"),
        ..ClusterDraft::default()
    };
    let former = store.create_cluster(former, world.app.ana()).await;
    move_to(&world, former.unwrap().row.id).await;
    let shown = store.step(id).await.unwrap().resolved_sha256;
    let started = store.act_on_step(id, StepAction::Start, options(None), world.app.ana());
    started.await.unwrap();
    move_to(&world, world.us_east.id).await;
    let acme = scope(&[], &[world.acme.id]);
    let person = world.app.person(Role::Operator, acme).await;
    (world, person, id, shown)
}

fn options(shown: Option<String>) -> TransitionOptions {
    TransitionOptions {
        allow_unresolved: true,
        text_sha256: shown,
        ..TransitionOptions::default()
    }
}

async fn read(world: &World, person: &Person, path: &str) -> String {
    let answer = world.app.api_as(person, "GET", path, Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// Where changes of the step's text are told.
fn doors(world: &World, step: StepId) -> Vec<String> {
    let (june, acme) = (world.june, world.acme.id);
    vec![
        format!("/api/steps/{step}/detail"),
        format!("/releases/{june}"),
        format!("/releases/{june}?step={step}"),
        format!("/releases/{june}/customer/{acme}?step={step}"),
        format!("/customers/{acme}"),
        format!("/api/audit?entity=step&entityId={step}"),
        format!("/api/audit?customerId={acme}&format=csv"),
        format!("/api/audit?customerId={acme}&format=jsonl"),
        format!("/api/releases/{june}/export?format=json"),
        format!("/api/releases/{june}/export?format=md"),
        format!("/activity?customer={acme}"),
    ]
}

#[tokio::test]
async fn a_change_tells_no_name_of_a_cluster_out_of_scope() {
    let (world, person, id, shown) = moved().await;
    let admin = world.app.person(Role::Admin, None).await;
    for path in doors(&world, id) {
        let told = read(&world, &person, &path).await;
        assert!(!told.contains(HIDDEN), "{path}: {told}");
    }
    let path = format!("/api/steps/{id}/detail");
    let told = read(&world, &person, &path).await;
    assert!(
        told.contains(HIDDEN_CLUSTER) && told.contains("us-east"),
        "{told}"
    );
    assert!(read(&world, &admin, &path).await.contains(HIDDEN));
    // The refusal of a text that is another than the one that was shown tells the same.
    let done = |shown| {
        let by = world.app.by("Mei");
        person
            .store
            .act_on_step(id, StepAction::Done, options(shown), by)
    };
    let Err(StoreError::TextChanged(changed)) = done(Some(shown)).await else {
        panic!("the text is another than was shown");
    };
    let told = format!("{changed:?}");
    assert!(
        !told.contains(HIDDEN) && told.contains(HIDDEN_CLUSTER),
        "{told}"
    );
    // What is kept of the text, and the answer to the one who marks it.
    let told = format!("{:?}", done(None).await.unwrap().changes);
    assert!(
        !told.contains(HIDDEN) && told.contains(HIDDEN_CLUSTER),
        "{told}"
    );
    for path in doors(&world, id) {
        let told = read(&world, &person, &path).await;
        assert!(!told.contains(HIDDEN), "{path}: {told}");
    }
    let path = format!("/api/audit?entity=step&entityId={id}");
    assert!(read(&world, &person, &path).await.contains(HIDDEN_CLUSTER));
    assert!(read(&world, &admin, &path).await.contains(HIDDEN));
}
