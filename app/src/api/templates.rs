//! Template steps, through the door.
use crate::{
    domain::{
        event::Changed,
        id::{CustomerId, ReleaseId, TemplateId},
        order::Position,
        summary::{PreviewTarget, TemplateDetail, TextPreview},
        template::{ReorderImpact, StepTemplate, TemplateDraft, TemplateImpact},
        template_markdown::ParsedTemplate,
        vocabulary::{Category, StepType},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One template step as it is now, and who changed it last.
#[server(input = Json, output = Postcard)]
pub async fn read_template(id: TemplateId) -> Result<TemplateDetail, AppError> {
    use super::context::{reply, store};
    reply(store().template(id).await)
}

#[server(input = Json, output = Postcard)]
pub async fn add_template(
    release: ReleaseId,
    draft: TemplateDraft,
    place: Position<TemplateId>,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().add_template(release, draft, place, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn update_template(
    id: TemplateId,
    draft: TemplateDraft,
    version: i64,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().update_template(id, draft, version, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn duplicate_template(id: TemplateId) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().duplicate_template(id, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn move_template(
    id: TemplateId,
    category: Category,
) -> Result<Changed<StepTemplate>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().move_template(id, category, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn delete_template(id: TemplateId) -> Result<Changed<TemplateImpact>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().delete_template(id, None, stamp()?).await)
}

/// How many copies an edit or a deletion would touch, and how many keep their text.
#[server(input = Json, output = Postcard)]
pub async fn preview_template(id: TemplateId) -> Result<TemplateImpact, AppError> {
    use super::context::{reply, store};
    reply(store().template_effect(id).await)
}

/// The new order of a category, whole.
#[server(input = Json, output = Postcard)]
pub async fn reorder_templates(
    release: ReleaseId,
    category: Category,
    ordered: Vec<TemplateId>,
) -> Result<Changed<u32>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()
            .reorder_templates(release, category, ordered, stamp()?)
            .await,
    )
}

/// How many customers' lists would follow a new order, and how many keep their own.
#[server(input = Json, output = Postcard)]
pub async fn preview_order(
    release: ReleaseId,
    category: Category,
) -> Result<ReorderImpact, AppError> {
    use super::context::{reply, store};
    reply(store().order_effect(release, category).await)
}

/// The names of variables that a step of this release can use.
#[server(input = Json, output = Postcard)]
pub async fn list_variables(release: ReleaseId) -> Result<Vec<String>, AppError> {
    use super::context::{reply, store};
    reply(store().variable_names(release).await)
}

/// Whose values a text of this release can be seen with.
#[server(input = Json, output = Postcard)]
pub async fn list_targets(release: ReleaseId) -> Result<Vec<PreviewTarget>, AppError> {
    use super::context::{reply, store};
    reply(store().targets(release).await)
}

/// A text as it is typed, with a customer's values filled in.
#[server(input = Json, output = Postcard)]
pub async fn preview_text(
    release: ReleaseId,
    customer: CustomerId,
    content: String,
    kind: StepType,
) -> Result<TextPreview, AppError> {
    use super::context::{reply, store};
    reply(
        store()
            .resolved_text(release, customer, content, kind)
            .await,
    )
}

/// The steps of a Markdown runbook, and what is wrong with it. Nothing is stored.
#[server(input = Json, output = Postcard)]
pub async fn read_runbook(text: String) -> Result<ParsedTemplate, AppError> {
    Ok(ParsedTemplate::read(&text))
}

/// Adds all of these steps, or none.
#[server(input = Json, output = Postcard)]
pub async fn import_templates(
    release: ReleaseId,
    steps: Vec<TemplateDraft>,
) -> Result<Changed<u32>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().import_templates(release, steps, stamp()?).await)
}
