//! Server functions for template steps: read, edit, order, previews, and import from Markdown.
use crate::{
    domain::{
        event::Changed,
        id::{CustomerId, ReleaseId, TemplateId},
        order::Position,
        summary::{PreviewTarget, TemplateDetail, TextPreview},
        template::{ReorderImpact, StepTemplate, TemplateDraft, TemplateImpact},
        template_markdown::TemplateImport,
        vocabulary::{Category, StepType},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One template step, and who changed it last. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_template(id: TemplateId) -> Result<TemplateDetail, AppError> {
    use super::context::{reply, store};
    reply(store()?.template(id).await)
}

/// Adds a template step, with pending copies for all members (R8). Errors: not found; wrong fields; archived.
#[server(input = Json, output = Postcard)]
pub async fn add_template(
    release: ReleaseId,
    draft: TemplateDraft,
    place: Position<TemplateId>,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.add_template(release, draft, place, stamp()?).await)
}

/// Edits a template step and its untouched copies (R9). Errors: not found; wrong fields; archived; stale `version`
/// (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_template(
    id: TemplateId,
    draft: TemplateDraft,
    version: i64,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_template(id, draft, version, stamp()?).await)
}

/// Adds a copy of a template step directly after it. Errors: not found; archived.
#[server(input = Json, output = Postcard)]
pub async fn duplicate_template(id: TemplateId) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.duplicate_template(id, stamp()?).await)
}

/// Moves a template step to the end of another category, with all its copies (R11). Errors: not found; archived.
#[server(input = Json, output = Postcard)]
pub async fn move_template(
    id: TemplateId,
    category: Category,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.move_template(id, category, stamp()?).await)
}

/// Deletes a template step and its untouched copies (R10). Errors: not found; archived.
#[server(input = Json, output = Postcard)]
pub async fn delete_template(id: TemplateId) -> Result<Changed<TemplateImpact>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_template(id, None, stamp()?).await)
}

/// How many copies an edit or a deletion would change, and how many would keep their text. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn preview_template(id: TemplateId) -> Result<TemplateImpact, AppError> {
    use super::context::{reply, store};
    reply(store()?.template_impact(id).await)
}

/// Moves a template step within its category, beside a neighbour (R11). Answers how many customers keep an order of their
/// own. Errors: not found; a neighbour that is not in this list; archived.
#[server(input = Json, output = Postcard)]
pub async fn place_template(
    id: TemplateId,
    place: Position<TemplateId>,
) -> Result<Changed<u32>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.place_template(id, place, stamp()?).await)
}

/// How many customers' lists would follow a new order, and how many would keep their own. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn preview_order(
    release: ReleaseId,
    category: Category,
) -> Result<ReorderImpact, AppError> {
    use super::context::{reply, store};
    reply(store()?.reorder_impact(release, category).await)
}

/// The names of all variables that a step of this release can use. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn list_variables(release: ReleaseId) -> Result<Vec<String>, AppError> {
    use super::context::{reply, store};
    reply(store()?.variable_names(release).await)
}

/// The customers whose values a text of this release can be previewed with. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn list_targets(release: ReleaseId) -> Result<Vec<PreviewTarget>, AppError> {
    use super::context::{reply, store};
    reply(store()?.preview_targets(release).await)
}

/// A text, stored or not, with the variables filled in for one customer. Errors: not found; wrong text.
#[server(input = Json, output = Postcard)]
pub async fn preview_text(
    release: ReleaseId,
    customer: CustomerId,
    content: String,
    kind: StepType,
) -> Result<TextPreview, AppError> {
    use super::context::{reply, store};
    reply(
        store()?
            .preview_text(release, customer, content, kind)
            .await,
    )
}

/// Reads a runbook in Markdown, for a preview. Nothing is stored; what is wrong is in the notes. Errors: not found; archived.
#[server(input = Json, output = Postcard)]
pub async fn preview_runbook(release: ReleaseId, text: String) -> Result<TemplateImport, AppError> {
    use super::context::{reply, store};
    reply(store()?.preview_runbook(release, text, Vec::new()).await)
}

/// Reads a runbook for a release that is not made yet. Nothing is stored; what is wrong is in the notes.
#[server(input = Json, output = Postcard)]
pub async fn read_runbook(text: String) -> Result<TemplateImport, AppError> {
    use super::context::{reply, store};
    reply(store()?.read_runbook(text).await)
}

/// Adds template steps, all of them or none. Errors: not found; none or too many; wrong fields; archived.
#[server(input = Json, output = Postcard)]
pub async fn import_templates(
    release: ReleaseId,
    steps: Vec<TemplateDraft>,
) -> Result<Changed<u32>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.import_templates(release, steps, stamp()?).await)
}
