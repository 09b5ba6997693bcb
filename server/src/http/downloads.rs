//! Files that pages offer to keep.
use super::router::render;
use app::{
    api::context::{Context, to_app_error},
    domain::{
        id::ReleaseId, template::TemplateDraft, template_markdown::to_markdown, vocabulary::Noun,
    },
    store::error::StoreError,
};
use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;
use std::fmt::Write;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route("/releases/{id}/steps.md", get(runbook))
        .with_state(context)
}

/// The header that names a file: any letter in the new form, and plain ones for who does not know that.
fn attachment(name: &str) -> Option<HeaderValue> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let plain: String = name
        .chars()
        .map(|it| if is_plain(it) { it } else { '-' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if is_plain(char::from(byte)) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    HeaderValue::from_str(&format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    ))
    .ok()
}

/// The template steps of a release as a Markdown runbook, which can be imported again.
async fn runbook(
    State(context): State<Context>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let found = match id.parse() {
        Ok(id) => context.store.release(ReleaseId(id)).await,
        Err(_) => Err(StoreError::NotFound(Noun::Release)),
    };
    let detail = match found {
        Ok(detail) => detail,
        Err(error) => {
            let error = to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let mut page = render(context, request, || ()).await;
            *page.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return page;
        }
    };
    let steps: Vec<TemplateDraft> = detail.templates.into_iter().map(Into::into).collect();
    let mut answer = to_markdown(&steps).into_response();
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/markdown; charset=utf-8"),
    );
    if let Some(name) = attachment(&format!("{} steps.md", detail.release.name)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_header() {
        let header = attachment("Jüne \"6\"\r\n.md").unwrap();
        assert_eq!(
            header.to_str().unwrap(),
            "attachment; filename=\"J-ne--6---.md\"; filename*=UTF-8''J%C3%BCne%20%226%22%0D%0A.md"
        );
    }
}
