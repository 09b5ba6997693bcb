//! Rows of `runs`: a run by its lease, the step that it is of, and what is needed to carry it out.
use crate::domain::{
    id::{RunId, StepId},
    release::Release,
    run::Run,
    runner::ClaimedRun,
    step::CustomerStep,
    vocabulary::{Noun, StepStatus},
};
use crate::store::{
    entity::{customer_step, run, sha256},
    error::StoreError,
    records::{clusters, customers, release_rows},
};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Loads a run. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: RunId) -> Result<run::Model, StoreError> {
    run::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Run))
}

/// Loads a run that was claimed under this lease, however far it is. Errors: not found; another lease.
pub async fn held(
    db: &impl ConnectionTrait,
    id: RunId,
    lease: &str,
) -> Result<run::Model, StoreError> {
    let row = load(db, id).await?;
    if row.lease_sha256.as_deref() == Some(sha256(lease).as_str()) {
        Ok(row)
    } else {
        Err(StoreError::LeaseOver)
    }
}

/// The step of a run; none if it was deleted since.
pub async fn step_of(
    db: &impl ConnectionTrait,
    row: &run::Model,
) -> Result<Option<CustomerStep>, StoreError> {
    let found = customer_step::Entity::find_by_id(row.step_id)
        .one(db)
        .await?;
    found.map(TryInto::try_into).transpose()
}

/// The step of a run as it was before the run was asked for, without its text.
pub fn step_before(row: &run::Model) -> Result<CustomerStep, StoreError> {
    serde_json::from_str(&row.step_before).map_err(|error| StoreError::corrupt("runs", error))
}

/// Whether a step is still in progress by this run: no person has changed its state since.
pub fn is_as_started(step: &CustomerStep, row: &run::Model) -> bool {
    step.status == StepStatus::InProgress && step.started_at == Some(row.asked_at)
}

/// The step of a run with its release, if the end of the run may mark it; none if somebody has decided otherwise, or the release
/// is not active any more.
pub async fn started_step(
    db: &impl ConnectionTrait,
    row: &run::Model,
) -> Result<Option<(CustomerStep, Release)>, StoreError> {
    let Some(step) = step_of(db, row).await? else {
        return Ok(None);
    };
    if !is_as_started(&step, row) {
        return Ok(None);
    }
    let release = release_rows::load(db, step.release_id).await?;
    Ok(release
        .may_be_worked_on()
        .is_ok()
        .then_some((step, release)))
}

/// A run with what is needed to carry it out.
pub async fn with_names(
    db: &impl ConnectionTrait,
    run: Run,
    lease: String,
    lease_seconds: u32,
) -> Result<ClaimedRun, StoreError> {
    let customer = customers::load(db, run.customer_id).await?;
    let cluster = clusters::load(db, run.cluster_id).await?;
    let release = release_rows::load(db, run.release_id).await?;
    let step = step_name(db, run.step_id).await?;
    Ok(ClaimedRun {
        run,
        lease,
        lease_seconds,
        customer: customer.name,
        namespace: customer.namespace,
        cluster: cluster.name,
        cluster_context: cluster.context,
        release: release.name,
        step,
    })
}

/// The name of a step; of one that was deleted, that it was.
pub async fn step_name(db: &impl ConnectionTrait, step: StepId) -> Result<String, StoreError> {
    let found = customer_step::Entity::find_by_id(step.0).one(db).await?;
    Ok(found.map_or_else(|| "a deleted step".to_owned(), |it| it.name))
}
