//! A customer's runbook as a file: Markdown, under a name of plain letters, so that no customer's name can break a header.
use app::{
    api::context::{Context, to_app_error},
    domain::{
        customer_checklist::Checklist,
        id::{CustomerId, ReleaseId},
        vocabulary::Noun,
    },
    store::error::StoreError,
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;

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
    Path((release, customer)): Path<(String, String)>,
) -> Response {
    match read(&context, &release, &customer).await {
        Ok(checklist) => file(&checklist),
        Err(error) => {
            let error = to_app_error(error);
            let status =
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.to_string()).into_response()
        }
    }
}

/// An id that is none is nobody's.
async fn read(context: &Context, release: &str, customer: &str) -> Result<Checklist, StoreError> {
    let unknown = |noun| move |_| StoreError::NotFound(noun);
    let release: ReleaseId = release.parse().map_err(unknown(Noun::Release))?;
    let customer: CustomerId = customer.parse().map_err(unknown(Noun::Customer))?;
    context.store.checklist(release, customer).await
}

fn file(checklist: &Checklist) -> Response {
    let mut response = checklist.to_markdown().into_response();
    let disposition = format!("attachment; filename=\"{}\"", checklist.file_name());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/markdown; charset=utf-8"),
    );
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
