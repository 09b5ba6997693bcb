//! Test of the store at full size: 1,000 customers by 100 steps, and a bulk action on 10,000 cells.
use crate::{harness::TestApp, world::draft};
use app::{
    domain::{
        id::StepId,
        matrix::{CellIndex, Grid},
        order::Position,
        release::ReleaseDraft,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

#[tokio::test]
async fn a_thousand_customers_by_a_hundred_steps_are_activated_at_once_and_ten_thousand_cells_marked()
 {
    let app = TestApp::new().await;
    let store = &app.store;
    let customers = app.customers(1_000).await;
    let release = ReleaseDraft {
        name: "Large".into(),
        ..ReleaseDraft::default()
    };
    let release = store
        .create_release(release, app.ana())
        .await
        .unwrap()
        .row
        .id;
    for n in 0..100 {
        let category = if n < 60 { "deploy" } else { "verify" };
        let step = draft(&format!("step {n}"), category, "bash", "true");
        store
            .add_template(release, step, Position::Last, app.ana())
            .await
            .unwrap();
    }
    let dry_run = store
        .dry_run(release, Some(customers.clone()))
        .await
        .unwrap();
    assert_eq!((dry_run.customers, dry_run.cells), (1_000, 100_000));
    store
        .activate_release(release, Some(customers), app.ana())
        .await
        .unwrap();
    let grid = Grid::from(store.matrix(release, CellIndex::default()).await.unwrap());
    assert_eq!((grid.rows.len(), grid.columns.len()), (100, 1_000));
    assert_eq!(grid.total.of(StepStatus::Pending), 100_000);

    let ids: Vec<StepId> = (0..10_000)
        .map(|it| CellIndex {
            row: it % 100,
            column: it / 100,
        })
        .map(|at| grid.cell(at).unwrap().step)
        .collect();
    let result = store
        .act_on_steps(
            ids.clone(),
            StepAction::Start,
            TransitionOptions::default(),
            app.ana(),
        )
        .await
        .unwrap();
    assert_eq!((result.changed, result.not_eligible.len()), (10_000, 0));
    let undone = store
        .undo(result.batch_id.unwrap(), app.ana())
        .await
        .unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (10_000, 0));
    let one_more = [ids, vec![StepId(1)]].concat();
    let refused = store
        .act_on_steps(
            one_more,
            StepAction::Start,
            TransitionOptions::default(),
            app.ana(),
        )
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("At most 10,000"), "{refused}");
    let grid = Grid::from(store.matrix(release, CellIndex::default()).await.unwrap());
    assert_eq!(grid.total.of(StepStatus::Pending), 100_000);
}
