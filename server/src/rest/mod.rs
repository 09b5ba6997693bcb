//! REST API under `/api`: the same actions as the pages, by the same store methods, as JSON. One file a resource. The OpenAPI
//! description at `/api/openapi.json` is generated from the handlers; Swagger UI at `/api/docs` shows it from files in the
//! binary.
//!
//! `problem` (errors), `etag`, `extract` (requests), `page` (lists), `position`, `response`, `streamed_body`, `idempotency` and `dto` serve
//! all resources and import none of them.
#![expect(unused_qualifications, reason = "utoipa writes `params` with a path")]

pub mod account;
pub mod audit;
pub mod clusters;
pub mod custom_steps;
pub mod customer_versions;
pub mod customers;
pub mod dto;
pub mod etag;
pub mod evidence;
pub mod extract;
pub mod idempotency;
pub mod incoming_hooks;
pub mod live;
pub mod members;
pub mod openapi_operations;
pub mod page;
pub mod position;
pub mod problem;
pub mod rancher;
pub mod releases;
pub mod response;
pub mod runner_work;
pub mod runners;
pub mod runs;
pub mod saved_views;
pub mod search;
pub mod session;
pub mod steps;
pub mod streamed_body;
pub mod templates;
pub mod tokens;
pub mod transfer;
pub mod users;
pub mod webhooks;

use app::api::context::Context;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::get,
};
use leptos::prelude::LeptosOptions;
use std::{
    future::ready,
    sync::{Arc, OnceLock},
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Where the OpenAPI description is.
const OPENAPI_PATH: &str = "/api/openapi.json";

/// The content policy of Swagger UI: it sets styles by script, and loads nothing from other servers.
const DOCS_CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Everything under `/api`.
pub fn router(context: Context) -> Router<LeptosOptions> {
    let (router, _) = operations(&context).split_for_parts();
    router
        .layer(middleware::from_fn(etag::answer_not_modified))
        .with_state(context.clone())
        .merge(docs(context))
}

/// The OpenAPI description as JSON; none if it cannot be written.
fn openapi_json(context: &Context) -> Option<Bytes> {
    let api = openapi_operations::complete(operations(context).into_openapi());
    api.to_json().ok().map(Bytes::from)
}

fn operations(context: &Context) -> OpenApiRouter<Context> {
    let idempotent =
        middleware::from_fn_with_state(context.clone(), idempotency::with_idempotency_key);
    OpenApiRouter::with_openapi(openapi_operations::empty_document())
        .merge(creating_operations().route_layer(idempotent))
        .routes(routes!(clusters::list_clusters))
        .routes(routes!(
            clusters::read_cluster,
            clusters::update_cluster,
            clusters::delete_cluster
        ))
        .routes(routes!(clusters::restore_cluster))
        .routes(routes!(customers::list_customers))
        .routes(routes!(
            customers::read_customer,
            customers::update_customer,
            customers::delete_customer
        ))
        .routes(routes!(customers::restore_customer))
        .routes(routes!(customer_versions::list_customer_versions))
        .routes(routes!(rancher::preview_rancher))
        .routes(routes!(releases::list_releases))
        .routes(routes!(
            releases::read_release,
            releases::update_release,
            releases::delete_release
        ))
        .routes(routes!(releases::archive_release))
        .routes(routes!(releases::restore_release))
        .routes(routes!(members::activate_release))
        .routes(routes!(members::add_customers))
        .routes(routes!(members::remove_customers))
        .routes(routes!(members::list_members))
        .routes(routes!(members::read_progress))
        .routes(routes!(members::read_matrix))
        .routes(routes!(templates::list_templates))
        .routes(routes!(
            templates::read_template,
            templates::update_template,
            templates::delete_template
        ))
        .routes(routes!(templates::reorder_templates))
        .routes(routes!(custom_steps::list_customer_steps))
        .routes(routes!(custom_steps::reorder_customer_steps))
        .routes(routes!(custom_steps::move_step))
        .routes(routes!(custom_steps::promote_step))
        .routes(routes!(
            steps::read_step,
            steps::update_step,
            steps::delete_step
        ))
        .routes(routes!(steps::read_step_detail))
        .routes(routes!(steps::start_step))
        .routes(routes!(steps::finish_step))
        .routes(routes!(steps::fail_step))
        .routes(routes!(steps::skip_step))
        .routes(routes!(steps::revert_step))
        .routes(routes!(steps::reopen_step))
        .routes(routes!(steps::override_step))
        .routes(routes!(steps::reset_step))
        .routes(routes!(steps::act_on_steps))
        .routes(routes!(audit::list_events))
        .routes(routes!(audit::read_head))
        .routes(routes!(audit::undo_batch))
        .routes(routes!(search::search))
        .routes(routes!(live::follow_changes))
        .routes(routes!(live::say_presence))
        .routes(routes!(saved_views::list_views))
        .routes(routes!(saved_views::delete_view))
        .routes(routes!(evidence::list_evidence))
        .routes(routes!(evidence::read_evidence, evidence::delete_evidence))
        .routes(routes!(incoming_hooks::delete_incoming_hook))
        .routes(routes!(incoming_hooks::take_report))
        .routes(routes!(incoming_hooks::take_report_by_header))
        .merge(account_operations())
        .merge(webhook_operations())
        .merge(run_operations())
        .merge(transfer::router())
}

/// Operations on users, on the caller's own account, and on addresses of CI.
fn account_operations() -> OpenApiRouter<Context> {
    OpenApiRouter::default()
        .routes(routes!(
            session::begin_session,
            session::read_session,
            session::end_session
        ))
        .routes(routes!(session::list_sessions))
        .routes(routes!(session::delete_session))
        .routes(routes!(account::update_account))
        .routes(routes!(account::change_password))
        .routes(routes!(tokens::delete_token))
        .routes(routes!(users::list_users))
        .routes(routes!(
            users::read_user,
            users::update_user,
            users::delete_user
        ))
        .routes(routes!(users::restore_user))
        .routes(routes!(session::delete_sessions_of_user))
}

/// Operations on webhooks.
fn webhook_operations() -> OpenApiRouter<Context> {
    OpenApiRouter::default()
        .routes(routes!(
            webhooks::read_webhook,
            webhooks::update_webhook,
            webhooks::delete_webhook
        ))
        .routes(routes!(webhooks::send_test_message))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(webhooks::replay_delivery))
}

/// Operations on runs and runners. The answer to a fetched run tells its lease, so it is kept under no idempotency key.
fn run_operations() -> OpenApiRouter<Context> {
    OpenApiRouter::default()
        .routes(routes!(runs::list_runs))
        .routes(routes!(runs::read_run_offer))
        .routes(routes!(runs::read_run))
        .routes(routes!(runs::read_run_output))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::report_output_here))
        .routes(routes!(runs::report_end_here))
        .routes(routes!(runners::delete_runner))
        .routes(routes!(runner_work::read_own_runner))
        .routes(routes!(runner_work::claim_run))
        .routes(routes!(runner_work::drain_runner))
        .routes(routes!(runner_work::give_back_run))
        .routes(routes!(runner_work::begin_run))
        .routes(routes!(runner_work::report_output))
        .routes(routes!(runner_work::report_end))
}

/// Operations that create rows, which take an idempotency key. Of the last four the answer tells a secret, and is not kept under it:
/// see `idempotency::tells_secret`.
fn creating_operations() -> OpenApiRouter<Context> {
    OpenApiRouter::default()
        .routes(routes!(clusters::create_cluster))
        .routes(routes!(customers::create_customer))
        .routes(routes!(customers::import_customers))
        .routes(routes!(rancher::import_rancher))
        .routes(routes!(releases::create_release))
        .routes(routes!(releases::clone_release))
        .routes(routes!(templates::create_template))
        .routes(routes!(templates::import_templates))
        .routes(routes!(templates::duplicate_template))
        .routes(routes!(custom_steps::create_step))
        .routes(routes!(users::create_user))
        .routes(routes!(saved_views::create_view))
        .routes(routes!(evidence::add_evidence))
        .routes(routes!(runs::ask_run))
        .routes(routes!(runs::ask_runs))
        .routes(routes!(runs::retry_run))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(
            incoming_hooks::list_incoming_hooks,
            incoming_hooks::create_incoming_hook
        ))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(runners::list_runners, runners::create_runner))
}

/// The OpenAPI description, and Swagger UI. The description is made when it is first asked for and kept as text: the structure that it is
/// written from takes ten times the memory.
fn docs(context: Context) -> Router<LeptosOptions> {
    let config = Config::from(OPENAPI_PATH)
        .validator_url("none")
        .use_base_layout();
    let page: Router<LeptosOptions> = SwaggerUi::new("/api/docs").config(config).into();
    let made = Arc::new(OnceLock::new());
    let description = move || {
        let json = made.get_or_init(|| openapi_json(&context)).clone();
        ready(match json {
            Some(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        })
    };
    page.route(OPENAPI_PATH, get(description))
        .route_layer(SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(DOCS_CONTENT_POLICY),
        ))
}
