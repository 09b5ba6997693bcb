//! Forms that work without JavaScript: they post to the address of their own page. What is right leads to the next page;
//! what is wrong draws the same page again, with everything that was typed and what is wrong with it.
use crate::render;
use app::{
    api::context::{Context, actor, hide, now},
    components::ui::posted::Posted,
    domain::{cluster::ClusterDraft, customer::CustomerDraft, release::ReleaseDraft, stamp::Stamp},
    error::AppError,
    paths,
    store::error::StoreError,
};
use axum::{
    Form, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context};
use std::collections::BTreeMap;

type Fields = BTreeMap<String, String>;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route(paths::NEW_CLUSTER, post(new_cluster))
        .route(paths::NEW_CUSTOMER, post(new_customer))
        .route(paths::NEW_RELEASE, post(new_release))
        .with_state(context)
}

fn stamp(context: &Context, headers: &HeaderMap) -> Result<Stamp, StoreError> {
    use app::domain::refusal::{Field, Invalid};
    Stamp::new(&actor(headers, &context.default_actor), now())
        .map_err(|it| Invalid::one(Field::Actor, it).into())
}

fn field(fields: &Fields, name: &str) -> String {
    fields.get(name).cloned().unwrap_or_default()
}

/// On to the next page, or the same one again.
async fn answer(
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    fields: Fields,
    result: Result<String, StoreError>,
) -> Response {
    let error: AppError = match result {
        Ok(path) => return Redirect::to(&path).into_response(),
        Err(error) => hide(error),
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let posted = Posted { fields, error };
    let mut request = Request::new(axum::body::Body::empty());
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let mut page = render(context, request, move || provide_context(posted.clone())).await;
    *page.status_mut() = status;
    page
}

async fn new_cluster(
    State(context): State<Context>,
    uri: Uri,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let draft = ClusterDraft {
        name: field(&fields, "name"),
        kubeconfig_path: field(&fields, "kubeconfigPath"),
        description: field(&fields, "description"),
        ..ClusterDraft::default()
    };
    let result = match stamp(&context, &headers) {
        Ok(stamp) => context
            .store
            .create_cluster(draft, stamp)
            .await
            .map(|it| paths::cluster(it.row.id)),
        Err(error) => Err(error),
    };
    answer(context, uri, headers, fields, result).await
}

async fn new_customer(
    State(context): State<Context>,
    uri: Uri,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let draft = CustomerDraft {
        name: field(&fields, "name"),
        cluster_id: field(&fields, "clusterId").parse().ok(),
        namespace: field(&fields, "namespace"),
        description: field(&fields, "description"),
        ..CustomerDraft::default()
    };
    let result = match stamp(&context, &headers) {
        Ok(stamp) => context
            .store
            .create_customer(draft, stamp)
            .await
            .map(|it| paths::customer(it.row.id)),
        Err(error) => Err(error),
    };
    answer(context, uri, headers, fields, result).await
}

async fn new_release(
    State(context): State<Context>,
    uri: Uri,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let draft = ReleaseDraft {
        name: field(&fields, "name"),
        kind: field(&fields, "type"),
        version_number: field(&fields, "versionNumber"),
        release_date: field(&fields, "releaseDate"),
        description: field(&fields, "description"),
        ..ReleaseDraft::default()
    };
    let result = match stamp(&context, &headers) {
        Ok(stamp) => context
            .store
            .create_release(draft, stamp)
            .await
            .map(|it| paths::release_steps(it.row.id)),
        Err(error) => Err(error),
    };
    answer(context, uri, headers, fields, result).await
}
