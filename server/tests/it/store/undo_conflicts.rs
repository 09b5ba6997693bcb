//! Undo (R16, R88): what comes back as it was, what is left alone, and who is named for it.
use crate::world::{World, draft};
use app::{
    domain::{
        event::{Changed, Entity},
        id::{BatchId, StepId},
        release::ReleaseDraft,
        rule_violation::RuleViolation,
        step::{CustomerStep, Position, StepAction, StepStatus},
        template::Category,
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

fn because() -> TransitionOptions {
    TransitionOptions {
        reason: Some("because".into()),
        ..TransitionOptions::default()
    }
}

async fn is_well(world: &World) {
    let findings = world.bench.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn a_reopened_copy_comes_back_with_who_reopened_it() {
    let world = World::active().await;
    let (store, ana) = (&world.bench.store, || world.bench.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    for action in [StepAction::Start, StepAction::Reopen] {
        let done = store.act_on_step(step, action, because(), world.bench.by("Jonas"));
        done.await.unwrap();
    }
    let before = world.step(&world.acme, "Upgrade").await;
    assert_eq!(before.state_by.as_deref(), Some("Jonas"));
    let deleted = store.delete_template(world.upgrade.id, None, ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    store.undo(batch, ana()).await.unwrap();
    let after = world.step(&world.acme, "Upgrade").await;
    assert_eq!(after.id, before.id);
    assert_eq!(
        (after.state_by, after.state_at),
        (before.state_by, before.state_at)
    );
    is_well(&world).await;
}
