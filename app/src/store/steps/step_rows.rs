//! Rows of `customer_steps`: load, save and delete one step.
use crate::domain::{
    event::EventAction,
    id::StepId,
    step::CustomerStep,
    vocabulary::{Noun, StepAction},
};
use crate::store::{
    entity::customer_step, error::StoreError, templates::copy_order, text_variables,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
};

pub async fn load(db: &impl ConnectionTrait, id: StepId) -> Result<CustomerStep, StoreError> {
    customer_step::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Step))?
        .try_into()
}

pub async fn save(
    tx: &DatabaseTransaction,
    step: CustomerStep,
) -> Result<CustomerStep, StoreError> {
    text_variables::save(tx, &step.content).await?;
    customer_step::Model::from(step)
        .into_active_model()
        .reset_all()
        .update(tx)
        .await?
        .try_into()
}

/// The word of a transition in the history.
pub fn event_action(action: StepAction) -> EventAction {
    match action {
        StepAction::Start => EventAction::Start,
        StepAction::Done => EventAction::Done,
        StepAction::Fail => EventAction::Fail,
        StepAction::Skip => EventAction::Skip,
        StepAction::Revert => EventAction::Revert,
        StepAction::Reopen => EventAction::Reopen,
    }
}

/// Deletes a step and closes the gap behind it.
pub async fn remove(tx: &DatabaseTransaction, step: &CustomerStep) -> Result<(), StoreError> {
    customer_step::Entity::delete_by_id(step.id.0)
        .exec(tx)
        .await?;
    let list = copy_order::list(tx, step.release_id, step.customer_id.0, step.category).await?;
    let ids: Vec<StepId> = list.iter().map(|it| it.id).collect();
    copy_order::write_list(tx, &ids).await
}
