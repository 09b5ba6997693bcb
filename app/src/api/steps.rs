//! Customers' steps, through the door.
use crate::{
    domain::{
        customer_work::{CustomStepPositions, OpenStep, Promotion},
        diff::DiffRow,
        event::Changed,
        id::{CustomerId, ReleaseId, StepId},
        step::{CustomerStep, Position, StepAction},
        summary::BulkResult,
        template::{Category, TemplateDraft},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One step with all that its panel shows.
#[server(input = Json, output = Postcard)]
pub async fn read_step(id: StepId) -> Result<OpenStep, AppError> {
    use super::context::{reply, store};
    reply(store().open_step(id).await)
}

/// One transition of one step.
#[server(input = Json, output = Postcard)]
pub async fn act_on_step(
    id: StepId,
    action: StepAction,
    reason: Option<String>,
    allow_unresolved: bool,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    let ask = crate::store::steps::transitions::TransitionOptions {
        reason,
        allow_unresolved,
        ..Default::default()
    };
    reply(store().act_on_step(id, action, ask, stamp()?).await)
}

/// One transition of many steps, in one transaction.
#[server(input = Json, output = Postcard)]
pub async fn act_on_steps(
    ids: Vec<StepId>,
    action: StepAction,
    reason: Option<String>,
) -> Result<BulkResult, AppError> {
    use super::context::{reply, stamp, store};
    let ask = crate::store::steps::transitions::TransitionOptions {
        reason,
        ..Default::default()
    };
    reply(store().act_on_steps(ids, action, ask, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn note_step(
    id: StepId,
    notes: String,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().note_step(id, notes, version, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn override_step(
    id: StepId,
    content: String,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().override_step(id, content, version, stamp()?).await)
}

/// The template went on since the override: this customer's text stays as it is.
#[server(input = Json, output = Postcard)]
pub async fn keep_override(id: StepId, version: i64) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().keep_override(id, Some(version), stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn reset_step(id: StepId) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().reset_step(id, None, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn add_custom_step(
    release: ReleaseId,
    customer: CustomerId,
    draft: TemplateDraft,
    place: Position<StepId>,
    add_to_template: bool,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()
            .add_custom_step(release, customer, draft, place, add_to_template, stamp()?)
            .await,
    )
}

#[server(input = Json, output = Postcard)]
pub async fn edit_custom_step(
    id: StepId,
    draft: TemplateDraft,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().edit_custom_step(id, draft, version, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn delete_custom_step(id: StepId) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().delete_custom_step(id, None, stamp()?).await)
}

/// Where a custom step can be put, and who would get it by way of the template.
#[server(input = Json, output = Postcard)]
pub async fn read_custom_places(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<CustomStepPositions, AppError> {
    use super::context::{reply, store};
    reply(store().custom_places(release, customer).await)
}

/// What promoting a step would do.
#[server(input = Json, output = Postcard)]
pub async fn preview_promotion(id: StepId) -> Result<Promotion, AppError> {
    use super::context::{reply, store};
    reply(store().promotion(id).await)
}

/// A custom step becomes the template's, an overridden text its template's.
#[server(input = Json, output = Postcard)]
pub async fn promote_step(id: StepId, version: i64) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().promote_step(id, Some(version), stamp()?).await)
}

/// The new order of one customer's list in a category, whole.
#[server(input = Json, output = Postcard)]
pub async fn reorder_steps(
    release: ReleaseId,
    customer: CustomerId,
    category: Category,
    ordered: Vec<StepId>,
) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()
            .reorder_steps(release, customer, category, ordered, stamp()?)
            .await,
    )
}

/// What is different between two texts: worked out here, because the browser does not carry what that takes.
#[server(input = Json, output = Postcard)]
pub async fn compare_texts(before: String, after: String) -> Result<Vec<DiffRow>, AppError> {
    use super::context::{reply, store};
    reply(store().compare_texts(before, after).await)
}
