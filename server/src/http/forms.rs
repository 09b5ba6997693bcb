//! HTML forms that work without JavaScript. Each posts to the address of its own page. A valid form redirects to the next
//! page; an invalid one renders the same page again, with everything that was typed and the error at each field.
use super::render::render_page;
use app::{
    api::context::{Context, now, to_app_error},
    components::{
        customer_import_form::PostedImport,
        release_steps::{StepSource, after_new_release, parse_step_source, ticked_customers},
        ui::posted::Posted,
    },
    domain::{
        actor_stamp::ActorStamp,
        caller::Caller,
        cluster::ClusterDraft,
        customer::CustomerDraft,
        customer_import::{ImportReport, ImportRequest, ImportState},
        field_error::FieldError,
        id::{ClusterId, CustomerId, ReleaseId},
        metadata::Metadata,
        new_release::{NewSteps, WholeRelease},
        release::ReleaseDraft,
        validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    error::AppError,
    paths,
    store::{Store, error::StoreError},
};
use axum::{
    Form, Router,
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context};
use std::{collections::BTreeMap, sync::Arc};

/// The fields of a posted form, by name.
pub type PostedFields = BTreeMap<String, String>;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route(paths::NEW_CLUSTER, post(new_cluster))
        .route(paths::NEW_CUSTOMER, post(new_customer))
        .route(paths::NEW_RELEASE, post(new_release))
        .route("/clusters/{id}/edit", post(edit_cluster))
        .route("/customers/{id}/edit", post(edit_customer))
        .route("/releases/{id}/edit", post(edit_release))
        .with_state(context)
}

/// The actor and the time of a change.
fn stamp(caller: &Caller) -> Result<ActorStamp, StoreError> {
    ActorStamp::new(&caller.name, now())
        .map_err(|it| ValidationErrors::one(Field::Actor, it).into())
}

/// The text of a field; empty if the form does not have it.
fn field(fields: &PostedFields, name: &str) -> String {
    fields.get(name).cloned().unwrap_or_default()
}

/// What it takes to render the page of a form again: its address, the headers of the post, and the caller.
struct PageOfForm {
    uri: Uri,
    headers: HeaderMap,
    caller: Arc<Caller>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageOfForm {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned();
        Ok(Self {
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            caller: caller.ok_or(StatusCode::UNAUTHORIZED)?,
        })
    }
}

/// Redirects to the next page, or renders the form again with what was posted and the error.
async fn respond(
    context: Context,
    page: PageOfForm,
    fields: PostedFields,
    result: Result<String, StoreError>,
) -> Response {
    let error: AppError = match result {
        Ok(path) => return Redirect::to(&path).into_response(),
        Err(error) => to_app_error(error),
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut page = render_posted(context, page, Posted { fields, error }).await;
    *page.status_mut() = status;
    page
}

/// The page at the address of a form, with what was posted in its context.
async fn render_posted(
    context: Context,
    page: PageOfForm,
    posted: impl Clone + Send + Sync + 'static,
) -> Response {
    let mut request = Request::new(axum::body::Body::empty());
    *request.uri_mut() = page.uri;
    *request.headers_mut() = page.headers;
    // The cached page depends on its caller.
    request.extensions_mut().insert(page.caller);
    render_page(context, request, move || provide_context(posted.clone())).await
}

/// The posted variables, one a line; those of `before` if the form has no such field.
fn variables(fields: &PostedFields, before: &Metadata) -> Metadata {
    match fields.get("variables") {
        Some(lines) => Metadata::from_lines(lines, before),
        None => before.clone(),
    }
}

/// The version that an edit is based on; 0, which no row has, if it cannot be parsed.
fn version(fields: &PostedFields) -> i64 {
    field(fields, "version").parse().unwrap_or_default()
}

fn cluster_draft(fields: &PostedFields, before: &Metadata) -> ClusterDraft {
    ClusterDraft {
        name: field(fields, "name"),
        kubeconfig_path: field(fields, "kubeconfigPath"),
        context: field(fields, "context"),
        max_parallel: field(fields, "maxParallel"),
        description: field(fields, "description"),
        metadata: variables(fields, before),
    }
}

fn customer_draft(fields: &PostedFields, before: &Metadata) -> CustomerDraft {
    CustomerDraft {
        name: field(fields, "name"),
        cluster_id: field(fields, "clusterId").parse().ok(),
        namespace: field(fields, "namespace"),
        description: field(fields, "description"),
        metadata: variables(fields, before),
    }
}

fn release_draft(fields: &PostedFields, before: &Metadata) -> ReleaseDraft {
    ReleaseDraft {
        name: field(fields, "name"),
        kind: field(fields, "type"),
        version_number: field(fields, "versionNumber"),
        release_date: field(fields, "releaseDate"),
        description: field(fields, "description"),
        metadata: variables(fields, before),
    }
}

fn no_release_chosen() -> StoreError {
    ValidationErrors::one(Field::From, FieldError::Missing).into()
}

/// The steps that a posted form of a new release asks for.
async fn new_steps(
    store: &Store,
    source: StepSource,
    fields: &PostedFields,
) -> Result<NewSteps, StoreError> {
    let runbook = field(fields, "runbook");
    Ok(match source {
        StepSource::Clone => NewSteps::Clone {
            from: field(fields, "from")
                .parse()
                .map_err(|_| no_release_chosen())?,
            only: None,
        },
        StepSource::Import if !runbook.trim().is_empty() => {
            NewSteps::Import(store.read_runbook(runbook).await?.importable()?)
        }
        StepSource::Scratch | StepSource::Import => NewSteps::Empty,
    })
}

/// The form of `/customers/new`; that of `/customers/new?paste` has a field `text` with many customers.
async fn new_customer(
    State(context): State<Context>,
    page: PageOfForm,
    Form(fields): Form<PostedFields>,
) -> Response {
    if !fields.contains_key("text") {
        return one_customer(State(context), page, Form(fields)).await;
    }
    match import_customers(&context, &page.caller, &fields).await {
        Ok(report) if report.rows.is_empty() => Redirect::to(paths::CUSTOMERS).into_response(),
        Ok(report) => {
            let posted = PostedImport {
                cluster: field(&fields, "clusterId"),
                text: field(&fields, "text"),
                report,
            };
            render_posted(context, page, posted).await
        }
        Err(error) => respond(context, page, fields, Err(error)).await,
    }
}

/// Creates every new customer of a posted text. The report has only the rows that were not taken.
async fn import_customers(
    context: &Context,
    caller: &Arc<Caller>,
    fields: &PostedFields,
) -> Result<ImportReport, StoreError> {
    let request = ImportRequest {
        text: field(fields, "text"),
        cluster_id: field(fields, "clusterId").parse().ok(),
        ..ImportRequest::default()
    };
    let stamp = stamp(caller)?;
    let store = context.database.as_caller(Arc::clone(caller));
    let mut report = store.import_customers(request, stamp).await?.row;
    report.rows.retain(|row| match row.state {
        ImportState::New => false,
        ImportState::Known => row.may_be_ticked() || row.reason.is_some(),
        ImportState::LeftOut | ImportState::Doubtful => true,
    });
    Ok(report)
}

/// Defines handlers: each gets the store, the posted fields and the stamp, and returns the path to redirect to.
macro_rules! forms {
    ($($name:ident $(($id:ident))? = |$store:ident, $fields:ident, $stamp:ident| $body:expr;)*) => {$(
        async fn $name(
            State(context): State<Context>,
            $(Path($id): Path<i64>,)?
            page: PageOfForm,
            Form(fields): Form<PostedFields>,
        ) -> Response {
            let result = async {
                let store = context.database.as_caller(Arc::clone(&page.caller));
                let ($store, $fields) = (&store, &fields);
                let $stamp = stamp(&page.caller)?;
                $body
            }
            .await;
            respond(context.clone(), page, fields, result).await
        }
    )*};
}

forms! {
    new_cluster = |store, fields, stamp| {
        let created = store.create_cluster(cluster_draft(fields, &Metadata::default()), stamp).await?;
        Ok(paths::cluster(created.row.id))
    };
    one_customer = |store, fields, stamp| {
        let created = store.create_customer(customer_draft(fields, &Metadata::default()), stamp).await?;
        Ok(paths::customer(created.row.id))
    };
    new_release = |store, fields, stamp| {
        let source = parse_step_source(&field(fields, "steps"));
        let new = WholeRelease {
            details: release_draft(fields, &Metadata::default()),
            steps: new_steps(store, source, fields).await?,
            customers: ticked_customers(fields).collect(),
        };
        let next = after_new_release(source, &new);
        let created = store.create_whole_release(new, stamp).await?;
        Ok(next(created.row.id))
    };
    edit_cluster(id) = |store, fields, stamp| {
        let id = ClusterId(id);
        let before = store.cluster(id).await?.summary.cluster;
        store.update_cluster(id, cluster_draft(fields, &before.metadata), version(fields), stamp).await?;
        Ok(paths::cluster(id))
    };
    edit_customer(id) = |store, fields, stamp| {
        let id = CustomerId(id);
        let before = store.customer(id).await?.customer;
        store.update_customer(id, customer_draft(fields, &before.metadata), version(fields), stamp).await?;
        Ok(paths::customer(id))
    };
    edit_release(id) = |store, fields, stamp| {
        let id = ReleaseId(id);
        let before = store.release(id).await?.release;
        store.update_release(id, release_draft(fields, &before.metadata), version(fields), stamp).await?;
        Ok(paths::release(id))
    };
}
