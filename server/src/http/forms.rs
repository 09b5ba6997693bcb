//! Forms that work without JavaScript: they post to the address of their own page. What is right leads to the next page;
//! what is wrong draws the same page again, with everything that was typed and what is wrong with it.
use super::router::render;
use app::{
    api::context::{Context, actor, hide, now},
    components::{
        release_steps::{StepSource, parse_step_source},
        ui::posted::Posted,
    },
    domain::{
        actor_stamp::ActorStamp,
        cluster::ClusterDraft,
        customer::CustomerDraft,
        id::{ClusterId, CustomerId, ReleaseId},
        release::ReleaseDraft,
        rule_violation::{Field, FieldError, ValidationErrors},
        text::Metadata,
    },
    error::AppError,
    paths,
    store::error::StoreError,
};
use axum::{
    Form, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context};
use std::collections::BTreeMap;

type PostedFields = BTreeMap<String, String>;

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

fn stamp(context: &Context, headers: &HeaderMap) -> Result<ActorStamp, StoreError> {
    ActorStamp::new(&actor(headers, &context.default_actor), now())
        .map_err(|it| ValidationErrors::one(Field::Actor, it).into())
}

fn field(fields: &PostedFields, name: &str) -> String {
    fields.get(name).cloned().unwrap_or_default()
}

/// On to the next page, or the same one again.
async fn answer(
    context: Context,
    uri: Uri,
    headers: HeaderMap,
    fields: PostedFields,
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

fn variables(fields: &PostedFields, before: &Metadata) -> Metadata {
    match fields.get("variables") {
        Some(lines) => Metadata::from_lines(lines, before),
        None => before.clone(),
    }
}

/// The version that an edit is based on.
fn version(fields: &PostedFields) -> i64 {
    field(fields, "version").parse().unwrap_or_default()
}

fn cluster_draft(fields: &PostedFields, before: &Metadata) -> ClusterDraft {
    ClusterDraft {
        name: field(fields, "name"),
        kubeconfig_path: field(fields, "kubeconfigPath"),
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

/// A form's way: who is asking, what the form does, and where it leads.
macro_rules! forms {
    ($($name:ident $(($id:ident))? = |$store:ident, $fields:ident, $stamp:ident| $work:expr;)*) => {$(
        async fn $name(
            State(context): State<Context>,
            $(Path($id): Path<i64>,)?
            uri: Uri,
            headers: HeaderMap,
            Form(fields): Form<PostedFields>,
        ) -> Response {
            let result = async {
                let ($store, $fields) = (&context.store, &fields);
                let $stamp = stamp(&context, &headers)?;
                $work
            }
            .await;
            answer(context.clone(), uri, headers, fields, result).await
        }
    )*};
}

forms! {
    new_cluster = |store, fields, stamp| {
        let made = store.create_cluster(cluster_draft(fields, &Metadata::default()), stamp).await?;
        Ok(paths::cluster(made.row.id))
    };
    // Many at once where there is a text, as `/customers/new?paste` has it.
    new_customer = |store, fields, stamp| {
        if let Some(text) = fields.get("text") {
            let cluster = field(fields, "clusterId").parse().ok();
            store.create_customers(cluster, text.clone(), stamp).await?;
            return Ok(paths::CUSTOMERS.to_owned());
        }
        let made = store.create_customer(customer_draft(fields, &Metadata::default()), stamp).await?;
        Ok(paths::customer(made.row.id))
    };
    new_release = |store, fields, stamp| {
        let draft = release_draft(fields, &Metadata::default());
        let source = parse_step_source(&field(fields, "steps"));
        let made = match source {
            StepSource::Clone => {
                let from = field(fields, "from").parse::<ReleaseId>().map_err(|_| no_release_chosen())?;
                store.create_release_from(draft, from, stamp).await?
            }
            StepSource::Scratch | StepSource::Import => store.create_release(draft, stamp).await?,
        };
        Ok(match source {
            StepSource::Import => paths::import_steps(made.row.id),
            StepSource::Scratch | StepSource::Clone => paths::release_steps(made.row.id),
        })
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
