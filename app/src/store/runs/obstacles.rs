//! What keeps a queued run from beginning (R71): its step, release or customer have changed, who asked for it has lost the right to, or
//! an earlier step did not succeed.
use super::{queue, run_rows};
use crate::domain::{
    caller::Caller,
    customer::Customer,
    id::{CustomerId, ReleaseId},
    permission::Permission,
    run::RunKind,
    scope::Scope,
    user::User,
};
use crate::store::{
    entity::{run, user},
    error::StoreError,
    records::{customers, release_rows},
};
use sea_orm::{ConnectionTrait, EntityTrait};

/// Why a run that has not begun must not begin any more; none if it may.
pub async fn obstacle(
    db: &impl ConnectionTrait,
    row: &run::Model,
) -> Result<Option<String>, StoreError> {
    let because = |why: &str| Ok(Some(why.to_owned()));
    let Some(step) = run_rows::step_of(db, row).await? else {
        return because("the step was deleted before it began");
    };
    if !run_rows::is_as_started(&step, row) {
        return because("someone set the step's state before it began");
    }
    let release = release_rows::load(db, ReleaseId(row.release_id)).await?;
    if release.may_be_worked_on().is_err() {
        return because("the release was archived before it began");
    }
    let customer = customers::load(db, CustomerId(row.customer_id)).await?;
    if customer.cluster_id.0 != row.cluster_id {
        return because("the customer was moved to another cluster before it began");
    }
    if !asker_may_still_ask(db, row, &customer).await? {
        return because("who asked for it lost the right to before it began");
    }
    queue::held_back_by(db, row).await
}

/// Whether who asked for a run could still ask for it: a queue may be long, and who was deactivated meanwhile runs nothing; nor does who
/// is no manager any more run a text that was a customer's own when it was asked for.
async fn asker_may_still_ask(
    db: &impl ConnectionTrait,
    row: &run::Model,
    customer: &Customer,
) -> Result<bool, StoreError> {
    // In open mode there are no users.
    let Some(id) = row.asked_by_user else {
        return Ok(true);
    };
    let found = user::Entity::find_by_id(id).one(db).await?;
    let Some(asker) = found.map(User::try_from).transpose()? else {
        return Ok(false);
    };
    let caller = Caller::of_proxy(&asker);
    let may_act = caller.may(Permission::ActOnSteps);
    // At Jenkins no text is run.
    let is_own_text =
        row.kind != RunKind::Jenkins.as_str() && run_rows::step_before(row)?.has_own_text();
    let may_run = caller.may(Permission::RunOwnTexts) || !is_own_text;
    let is_in_scope = Scope::of_user(asker.scope).contains(customer.id, customer.cluster_id);
    Ok(asker.is_active && may_act && may_run && is_in_scope)
}
