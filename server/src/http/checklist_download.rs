//! Download of one customer's checklist of a release (called "runbook" on screen) as a Markdown file. Its file name has
//! plain letters only, so that no customer's name can break the header.
use crate::output::attachment::attachment;
use app::{
    api::context::{Context, to_app_error},
    domain::{
        caller::Caller,
        customer_checklist::Checklist,
        id::{CustomerId, ReleaseId},
        vocabulary::Noun,
    },
    store::{Store, error::StoreError},
};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;
use std::sync::Arc;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route(
            "/releases/{id}/customer/{customer_id}/runbook.md",
            get(download),
        )
        .with_state(context)
}

async fn download(
    State(context): State<Context>,
    Extension(caller): Extension<Arc<Caller>>,
    Path((release, customer)): Path<(String, String)>,
) -> Response {
    match load(&context.database.as_caller(caller), &release, &customer).await {
        Ok(checklist) => attachment(
            "text/markdown; charset=utf-8",
            &checklist.file_name(),
            checklist.to_markdown(),
        ),
        Err(error) => {
            let error = to_app_error(error);
            let status =
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.to_string()).into_response()
        }
    }
}

/// An id that cannot be parsed is not found.
async fn load(store: &Store, release: &str, customer: &str) -> Result<Checklist, StoreError> {
    let not_found = |noun| move |_| StoreError::NotFound(noun);
    let release: ReleaseId = release.parse().map_err(not_found(Noun::Release))?;
    let customer: CustomerId = customer.parse().map_err(not_found(Noun::Customer))?;
    store.checklist(release, customer).await
}
