//! The calls about runs of the test in `history`.
use super::{
    history::{TableRows, TableWatch, define_call},
    runs_asking::seen,
};
use crate::{harness::TestApp, world::World};
use app::{
    domain::run::{RunFilter, RunRequest},
    store::entity::run,
};
use sea_orm::EntityTrait;
use std::collections::HashMap;
use std::fmt::Write;

/// Adds to each step the runs that it has.
pub(super) async fn add_runs(app: &TestApp, rows: &mut TableRows) {
    let db = app.database.writer();
    for row in run::Entity::find().all(db).await.unwrap() {
        let key = ("step", row.step_id, Some(row.release_id));
        if let Some(step) = rows.get_mut(&key) {
            write!(step.0, "{row:?}").unwrap();
        }
    }
}

/// Calls every method about runs.
pub(super) async fn call_runs(world: &World, watch: &mut TableWatch<'_>) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let step = world.step(&world.globex, "Upgrade").await;
    let run = call!(ask_run(step.id, seen(&step), by())).unwrap().row;
    call!(ask_run(step.id, seen(&step), by()));
    call!(retry_run(run.id, None, RunRequest::default(), by()));
    call!(cancel_run(run.id, None, by()));
    call!(cancel_run(run.id, None, by()));
    call!(retry_run(run.id, None, RunRequest::default(), by()));
    call!(ask_runs(vec![step.id], None, HashMap::new(), by()));
    let other = world.step(&world.globex, "Migrate schema").await;
    let here = call!(begin_run_here(other.id, seen(&other), by()));
    let here = here.unwrap().row.run;
    call!(cancel_run(here.id, None, by()));
    call!(cancel_run(here.id, None, by()));
    call!(runs(RunFilter::default()));
    call!(run(run.id));
    call!(run_output(run.id, 0));
    call!(run_output_bytes(run.id));
    call!(runs_of_step(step.id));
    call!(unfinished_runs(world.june));
    call!(run_offer(step.id, None));
    call!(run_offers(vec![step.id]));
}
