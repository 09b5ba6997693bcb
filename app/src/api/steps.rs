//! Server functions for customers' steps, which are copies of template steps or custom steps: read, transitions of one or
//! many, notes, overrides and reset, custom steps and their promotion to the template, order, comparisons of texts.
use crate::{
    domain::{
        customer_work::{CustomStepPositions, OpenStep, Promotion},
        diff::DiffRow,
        event::Changed,
        id::{CustomerId, ReleaseId, StepId},
        order::Position,
        step::{CustomerStep, NotesEdit},
        summary::BulkResult,
        template::TemplateDraft,
        text_change::TextComparison,
        vocabulary::StepAction,
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One step with everything its panel shows. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_step(id: StepId) -> Result<OpenStep, AppError> {
    use super::context::{reply, store};
    reply(store()?.open_step(id).await)
}

/// Makes one transition of one step (R2). Errors: not found; not allowed in this state; a missing reason; unresolved
/// variables; a text that is another than the one with the SHA-256 `text_sha256` (R81); a release that is not active. With
/// `take_over` a start takes over what somebody else has in progress (R33). `done` saves `notes` too, unless somebody
/// else has changed them since (R102).
#[server(input = Json, output = Postcard)]
pub async fn act_on_step(
    id: StepId,
    action: StepAction,
    reason: Option<String>,
    allow_unresolved: bool,
    text_sha256: Option<String>,
    take_over: Option<bool>,
    notes: Option<NotesEdit>,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, seen_history, stamp, store};
    let (notes, notes_before) = notes.map(|it| (it.text, it.before)).unzip();
    let ask = crate::store::steps::transitions::TransitionOptions {
        reason,
        allow_unresolved,
        text_sha256,
        take_over: take_over.unwrap_or_default(),
        notes,
        notes_before,
        seen: seen_history(),
        ..Default::default()
    };
    let done = store()?.act_on_step(id, action, ask, stamp()?).await;
    reply(done.map(Into::into))
}

/// Makes one transition of many steps in one transaction (R15). Steps that do not allow it are reported by name.
/// Errors: no ids or more than `BULK_STEPS_MAX`; a missing reason.
#[server(input = Json, output = Postcard)]
pub async fn act_on_steps(
    ids: Vec<StepId>,
    action: StepAction,
    reason: Option<String>,
) -> Result<BulkResult, AppError> {
    use super::context::{reply, seen_history, stamp, store};
    let ask = crate::store::steps::transitions::TransitionOptions {
        reason,
        seen: seen_history(),
        ..Default::default()
    };
    reply(store()?.act_on_steps(ids, action, ask, stamp()?).await)
}

/// Replaces the notes of a step. Errors: not found; too long; stale `version` (R3); a release that is not active.
#[server(input = Json, output = Postcard)]
pub async fn note_step(
    id: StepId,
    notes: String,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.note_step(id, notes, version, stamp()?).await)
}

/// Replaces the text of a copy for one customer. Errors: not found; a custom step; stale `version` (R3); wrong text.
#[server(input = Json, output = Postcard)]
pub async fn override_step(
    id: StepId,
    content: String,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.override_step(id, content, version, stamp()?).await)
}

/// Keeps an override although the template changed since: its text stays, and counts as based on the template's current
/// version. Errors: not found; not overridden; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn keep_override(id: StepId, version: i64) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.keep_override(id, Some(version), stamp()?).await)
}

/// Resets a copy to its template's name, type and text (R13). Errors: not found; a custom step.
#[server(input = Json, output = Postcard)]
pub async fn reset_step(id: StepId) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.reset_step(id, None, stamp()?).await)
}

/// Adds a step for one customer, or with `add_to_template` for all customers of the release (R12, R8). Errors: not
/// found; not a member; wrong fields; a place beside a step of another list.
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
        store()?
            .add_custom_step(release, customer, draft, place, add_to_template, stamp()?)
            .await,
    )
}

/// Replaces name, type and text of a custom step. Errors: not found; a copy; wrong fields; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn edit_custom_step(
    id: StepId,
    draft: TemplateDraft,
    version: i64,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()?
            .edit_custom_step(id, draft, version, stamp()?)
            .await,
    )
}

/// Deletes a custom step. Errors: not found; a copy of a template step.
#[server(input = Json, output = Postcard)]
pub async fn delete_custom_step(id: StepId) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_custom_step(id, None, stamp()?).await)
}

/// Where a custom step can be inserted, and which customers would get it through the template. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_custom_places(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<CustomStepPositions, AppError> {
    use super::context::{reply, store};
    reply(store()?.custom_step_positions(release, customer).await)
}

/// What promoting a step would do (R8, R9). Errors: not found; nothing to promote.
#[server(input = Json, output = Postcard)]
pub async fn preview_promotion(id: StepId) -> Result<Promotion, AppError> {
    use super::context::{reply, store};
    reply(store()?.promotion(id).await)
}

/// Promotes a custom step to a template step, or an overridden text to its template's text. Errors: not found;
/// nothing to promote; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn promote_step(id: StepId, version: i64) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.promote_step(id, Some(version), stamp()?).await)
}

/// Moves a step within its category of one customer's list, beside a neighbour (R11). Errors: not found; a neighbour of another
/// list.
#[server(input = Json, output = Postcard)]
pub async fn move_step(
    id: StepId,
    place: Position<StepId>,
) -> Result<Changed<CustomerStep>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.move_step(id, place, None, stamp()?).await)
}

/// Compares a step's resolved text line by line with `shown`, the text that was on the page, and says which changes led from
/// one to the other (R81). Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_changed_text(id: StepId, shown: String) -> Result<TextComparison, AppError> {
    use super::context::{reply, store};
    reply(store()?.compare_step_text(id, shown).await)
}

/// Compares two texts line by line. It runs on the server so that the diff algorithm is not part of the WASM.
#[server(input = Json, output = Postcard)]
pub async fn compare_texts(before: String, after: String) -> Result<Vec<DiffRow>, AppError> {
    use super::context::{reply, store};
    reply(store()?.compare_texts(before, after).await)
}
