//! Download of a release's template steps as a Markdown file, which can be imported into another release.
use super::render::render_page;
use crate::output::attachment::attachment;
use app::{
    api::context::{Context, to_app_error},
    domain::{
        caller::Caller, id::ReleaseId, template::TemplateDraft, template_markdown::to_markdown,
        vocabulary::Noun,
    },
    store::error::StoreError,
};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use leptos::prelude::LeptosOptions;
use std::sync::Arc;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route("/releases/{id}/steps.md", get(template_steps))
        .with_state(context)
}

/// The file; or the "Not found" page if there is no such release.
async fn template_steps(
    State(context): State<Context>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let found = match id.parse() {
        Ok(id) => {
            let store = context.database.as_caller(caller);
            store.release(ReleaseId(id)).await
        }
        Err(_) => Err(StoreError::NotFound(Noun::Release)),
    };
    let detail = match found {
        Ok(detail) => detail,
        Err(error) => {
            let error = to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let mut page = render_page(context, request, || ()).await;
            *page.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return page;
        }
    };
    let steps: Vec<TemplateDraft> = detail.templates.into_iter().map(Into::into).collect();
    attachment(
        "text/markdown; charset=utf-8",
        &format!("{} steps.md", detail.release.name),
        to_markdown(&steps),
    )
}
