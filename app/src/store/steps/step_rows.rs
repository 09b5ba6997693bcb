//! Loading, saving and deleting rows of `customer_steps`, and the common start and end of a change of one step.
use crate::domain::{
    event::{Changed, EventAction},
    field_error::FieldError,
    id::StepId,
    order::Position,
    release::Release,
    rule_violation::RuleViolation,
    step::CustomerStep,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun, StepAction},
};
use crate::store::{
    audit::{
        events::{NewEvent, StepSnapshot, TextProof},
        last_change::last_change_of_step,
    },
    change::{Change, stale},
    entity::customer_step,
    error::StoreError,
    records::release_rows,
    templates::copy_order,
    text_variables,
};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter,
};

/// Loads a step. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: StepId) -> Result<CustomerStep, StoreError> {
    customer_step::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Step))?
        .try_into()
}

/// Writes a step. Its text is saved only if it is another one than `before`, together with its variables: a mark changes none.
async fn save(
    tx: &DatabaseTransaction,
    before: &CustomerStep,
    step: &CustomerStep,
) -> Result<(), StoreError> {
    let text = if step.content == before.content {
        None
    } else {
        Some(text_variables::save(tx, &step.content).await?)
    };
    let mut row = customer_step::ActiveModel::of(step.clone(), text);
    if text.is_none() {
        row.text_id = NotSet;
    }
    row.id = NotSet;
    customer_step::Entity::update_many()
        .set(row)
        .filter(customer_step::Column::Id.eq(step.id.0))
        .exec(tx)
        .await?;
    Ok(())
}

/// The event action of a transition.
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

/// Deletes a step and closes the gap in its list.
pub async fn remove(tx: &DatabaseTransaction, step: &CustomerStep) -> Result<(), StoreError> {
    customer_step::Entity::delete_by_id(step.id.0)
        .exec(tx)
        .await?;
    let list = (step.release_id, step.customer_id, step.category);
    copy_order::shift(tx, list, step.order_index, -1).await
}

impl Change {
    /// Loads a step and its release. Errors: not found; stale (R3); a release that is not active.
    pub async fn load_step(
        &self,
        id: StepId,
        version: Option<i64>,
    ) -> Result<(CustomerStep, Release), StoreError> {
        let step = load(&self.tx, id).await?;
        if version.is_some_and(|it| it != step.version) {
            let last = last_change_of_step(&self.tx, &step).await?;
            return Err(stale(&step, last));
        }
        let release = release_rows::load(&self.tx, step.release_id).await?;
        release.may_be_worked_on()?;
        Ok((step, release))
    }

    /// Saves the next version of a step and records the event. If the text changed, the event keeps both texts.
    pub async fn save_step(
        &mut self,
        before: &CustomerStep,
        mut after: CustomerStep,
        action: EventAction,
        proof: TextProof,
    ) -> Result<CustomerStep, StoreError> {
        after.version = before.version + 1;
        after.updated_at = self.stamp.at;
        save(&self.tx, before, &after).await?;
        let snapshot = if after.content == before.content {
            StepSnapshot::of
        } else {
            StepSnapshot::with_content
        };
        let event = NewEvent::of_step(&after, action)
            .before(&snapshot(before))
            .after(&snapshot(&after))
            .proof(proof);
        self.record(event);
        Ok(after)
    }

    /// Saves `after` as the next version of `before`, records both, and commits. If the two are equal, nothing is
    /// written and there is no batch id.
    pub async fn finish_step(
        mut self,
        before: CustomerStep,
        after: CustomerStep,
        action: EventAction,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        if after == before {
            return self.finish(before).await;
        }
        let row = self
            .save_step(&before, after, action, TextProof::default())
            .await?;
        self.finish(row).await
    }
}

/// Checks that the neighbour named by a position is a step of this list. One that is out of the caller's scope is unknown: that
/// it stands in another list would say that it exists.
pub(super) async fn check_neighbour(
    change: &Change,
    position: Position<StepId>,
    list: &copy_order::StepList,
) -> Result<(), StoreError> {
    let (Position::Before(id) | Position::After(id)) = position else {
        return Ok(());
    };
    if list.iter().any(|it| it.id == id) {
        return Ok(());
    }
    let steps = change.visible().steps();
    let of_id = steps.filter(customer_step::Column::Id.eq(id.0));
    if of_id.one(&change.tx).await?.is_some() {
        return Err(RuleViolation::OtherList { id: id.0 }.into());
    }
    let unknown = FieldError::NoSuchRow {
        noun: Noun::Step.to_string(),
        id: id.0,
    };
    Err(ValidationErrors::one(Field::Position, unknown).into())
}
