//! Template steps, through the door.
use crate::{
    domain::{
        event::Changed,
        id::{ReleaseId, TemplateId},
        step::Place,
        template::{Category, Effect, StepTemplate, TemplateDraft},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

#[server(input = Json, output = Postcard)]
pub async fn add_template(
    release: ReleaseId,
    draft: TemplateDraft,
    place: Place<TemplateId>,
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
pub async fn delete_template(id: TemplateId) -> Result<Changed<Effect>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().delete_template(id, None, stamp()?).await)
}

/// How many copies an edit or a deletion would touch, and how many keep their text.
#[server(input = Json, output = Postcard)]
pub async fn preview_template(id: TemplateId) -> Result<Effect, AppError> {
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
