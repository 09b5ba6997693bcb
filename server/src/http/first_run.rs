//! Form posts of the empty dashboard (R107): load the example of `--demo`, or import an export. Once there is any data they are refused.
use super::render::render_page;
use crate::{
    demo,
    ops::{
        anchors::Anchors,
        import_notes::{self, ImportKey},
    },
    rest::extract::HeadAnchors,
};
use app::{
    api::context::{Context, now, to_app_error},
    components::ui::posted::Posted,
    domain::{
        actor_stamp::ActorStamp,
        caller::Caller,
        rule_violation::RuleViolation,
        transfer::{ImportErrors, Transfer},
        validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    error::{AppError, ViolationDetail, ViolationMessage},
    paths,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// Held while the example is loaded: it is many changes, so a second request must not begin before the first has ended.
static LOADING: Mutex<()> = Mutex::const_new(());

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route(paths::DASHBOARD, post(fill))
        .with_state(context)
}

/// Redirects to the filled dashboard, or renders the dashboard with the reason why nothing was done.
async fn fill(
    State(context): State<Context>,
    Extension(caller): Extension<Arc<Caller>>,
    HeadAnchors(anchors): HeadAnchors,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    let result = if media.is_some_and(|it| it.starts_with("multipart/form-data")) {
        import(&context, &caller, &anchors, request).await
    } else {
        load_demo(&context).await
    };
    match result {
        Ok(()) => Redirect::to(paths::DASHBOARD).into_response(),
        Err(error) => refused(context, headers, caller, error).await,
    }
}

/// Loads the example. Errors: there is a cluster or a release already.
async fn load_demo(context: &Context) -> Result<(), AppError> {
    let _loading = LOADING.lock().await;
    match demo::load(&context.database, now()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(to_app_error(RuleViolation::NotEmpty.into())),
        Err(error) => Err(to_app_error(error)),
    }
}

fn refusal(text: impl Into<String>) -> AppError {
    AppError::Refused(Box::new(ViolationMessage {
        text: text.into(),
        field: None,
        about: ViolationDetail::Nothing,
    }))
}

fn faults(errors: &ImportErrors) -> AppError {
    refusal(import_notes::refusal(errors))
}

/// The file of a posted form; empty if there is none.
async fn posted_file(request: Request) -> Result<Bytes, MultipartError> {
    let Ok(mut form) = Multipart::from_request(request, &()).await else {
        return Ok(Bytes::new());
    };
    while let Some(field) = form.next_field().await? {
        if field.name() == Some("file") {
            return field.bytes().await;
        }
    }
    Ok(Bytes::new())
}

/// Takes a posted export in, as `POST /api/import` does. Errors: people sign in here; no file; what is wrong with it; the database
/// is not empty.
async fn import(
    context: &Context,
    caller: &Arc<Caller>,
    anchors: &Anchors,
    request: Request,
) -> Result<(), AppError> {
    if caller.user().is_some() {
        return Err(to_app_error(RuleViolation::ImportOverHttp.into()));
    }
    let stamp = ActorStamp::new(&caller.name, now())
        .map_err(|it| to_app_error(ValidationErrors::one(Field::Actor, it).into()))?;
    let file = posted_file(request).await;
    let file = file.map_err(|_| refusal("The file could not be read"))?;
    if file.is_empty() {
        return Err(refusal("Choose a file"));
    }
    // Parsing takes seconds for a large file, so it must not block a worker of the runtime.
    let parsed = tokio::task::spawn_blocking(move || Transfer::read(file.into())).await;
    let parsed = parsed.map_err(|_| AppError::Internal)?;
    let export = parsed.map_err(|it| faults(&it))?;
    let key = anchors.public_key().map(ImportKey::Own);
    import_notes::signature_note(&export, key).map_err(|it| faults(&it))?;
    let store = context.database.as_caller(Arc::clone(caller));
    let outcome = store.import(&export, stamp).await.map_err(to_app_error)?;
    outcome.map_err(|it| faults(&it))?;
    Ok(())
}

/// The dashboard with an error.
async fn refused(
    context: Context,
    headers: HeaderMap,
    caller: Arc<Caller>,
    error: AppError,
) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(paths::DASHBOARD);
    *request.headers_mut() = headers;
    request.extensions_mut().insert(caller);
    let posted = Posted {
        fields: BTreeMap::new(),
        error,
    };
    let mut page = render_page(context, request, move || provide_context(posted.clone())).await;
    *page.status_mut() = status;
    page
}
