//! Tests of the store: what the dashboard puts first.
use crate::{harness::TestApp, world::draft};
use app::{
    domain::{
        order::Position,
        release::ReleaseDraft,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

#[tokio::test]
async fn newer_reverts_never_hide_older_failures() {
    let app = TestApp::new().await;
    let (store, customers) = (&app.store, app.customers(60).await);
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    let step = draft("Go", "deploy", "text", "Go.");
    let added = store.add_template(release, step, Position::Last, app.ana());
    added.await.unwrap();
    let activated = store.activate_release(release, Some(customers.clone()), app.ana());
    activated.await.unwrap();
    let mut ids = Vec::new();
    for customer in customers {
        let work = store.customer_work(release, customer).await.unwrap();
        ids.push(work.steps[0].id);
    }
    let act = async |cells: &[_], action: StepAction| {
        let because = TransitionOptions {
            reason: Some("because".into()),
            ..TransitionOptions::default()
        };
        let done = store.act_on_steps(cells.to_vec(), action, because, app.ana());
        assert_eq!(done.await.unwrap().changed_ids.len(), cells.len());
    };
    act(&ids[..5], StepAction::Fail).await;
    act(&ids[5..56], StepAction::Done).await;
    act(&ids[5..56], StepAction::Revert).await;
    let dashboard = store.dashboard(app.ana().at).await.unwrap();
    let shown: Vec<StepStatus> = dashboard.attention.iter().map(|it| it.status).collect();
    assert_eq!(shown.len(), 50);
    assert!(shown[..5].iter().all(|it| *it == StepStatus::Failed));
    assert!(shown[5..].iter().all(|it| *it == StepStatus::Reverted));
    assert!(dashboard.has_more_attention);
}
