//! The server: one router, which tests and the program share.
#![recursion_limit = "512"]

/// Backups, and the way back.
pub mod backup;
/// The command line.
pub mod cli;
/// Settings from the environment, parsed once.
pub mod config;
/// A realistic data set, made by the store's own methods.
pub mod demo;
/// Files that pages offer to keep.
pub mod downloads;
/// Pages that were drawn a moment ago.
pub mod drawn;
/// Why the program ended.
pub mod failure;
/// Forms that work without JavaScript.
pub mod forms;
/// What every answer carries, and what every request must not be.
pub mod guard;
/// Whether the program lives and can serve.
pub mod health;
/// The matrix on paper.
pub mod print;
/// What `GET /metrics` tells.
pub mod prometheus;
/// A release as Markdown.
pub mod report;
/// REST: everything under `/api`.
pub mod rest;
/// From settings to a served address, and back to a clean end.
pub mod run;
/// Customers' runbooks as files.
pub mod runbooks;
/// The built site, embedded.
pub mod site;
/// Rows as CSV and as lines of JSON.
pub mod tables;
/// The log.
pub mod telemetry;
/// What each verb of the command line does.
pub mod verbs;

use app::{
    api::context::{self, Context},
    app::App,
    components::ui::time::Now,
    shell::shell,
};
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::sync::OnceLock;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer,
};

/// For pages: the last kilobyte that could be saved would take longer than the page itself, and a larger window of memory.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(2);

/// Collecting the routes suspends every resource of the process for a moment, so it is done once, before any page.
pub fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// What every page and server function finds in its context.
fn provide(context: &Context) {
    provide_context(context.clone());
    provide_context(Now(context::now()));
}

fn document() -> impl IntoView {
    guard::set_content_policy();
    let uri = use_context::<axum::http::request::Parts>().map(|it| it.uri);
    let uri = uri.unwrap_or_default();
    let query = uri.query().unwrap_or_default();
    shell(site::names(), context::theme(), uri.path(), query)
}

/// Draws the page at the request's address, with more in its context.
async fn render(
    context: Context,
    request: Request,
    more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let draw = leptos_axum::render_app_async_with_context(
        move || {
            provide(&context);
            more();
        },
        document,
    );
    draw(request).await.into_response()
}

/// The whole surface of the server.
pub fn router(context: Context) -> Router {
    prometheus::install();
    let options = LeptosOptions::builder().output_name("rollcall").build();
    let for_pages = context.clone();
    let for_missing = context.clone();
    let for_print = context.clone();
    let drawn = drawn::Drawn::new(context.store.clone());
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes(), move || provide(&for_pages), document)
        .layer(from_fn_with_state(drawn, drawn::or_next));
    Router::new()
        .route("/healthz", get(health::live))
        .route(
            "/readyz",
            get(health::ready).with_state(context.store.clone()),
        )
        .route(
            "/metrics",
            get(prometheus::scrape).with_state(context.store.clone()),
        )
        .route("/pkg/{*file}", get(site::package))
        .route("/favicon.svg", get(async || site::asset("favicon.svg")))
        .route("/paper.css", get(async || site::asset("paper.css")))
        .route("/print.js", get(async || site::asset("print.js")))
        .route("/robots.txt", get(async || site::asset("robots.txt")))
        .merge(rest::router(context.clone()))
        .merge(runbooks::router(context.clone()))
        .merge(downloads::router(context.clone()))
        .merge(forms::router(context))
        .merge(pages)
        .fallback(move |request: Request| async move {
            if rest::problem::is_ours(request.uri().path()) {
                return rest::problem::Problem::of(StatusCode::NOT_FOUND).into_response();
            }
            let mut page = render(for_missing, request, || ()).await;
            *page.status_mut() = StatusCode::NOT_FOUND;
            page
        })
        .with_state(options)
        .layer(from_fn_with_state(for_print, print::or_next))
        .layer(CompressionLayer::new().quality(COMPRESSION))
        .layer(from_fn(guard::limit_body))
        .layer(from_fn(guard::limit_time))
        .layer(from_fn(guard::headers))
        .layer(CatchPanicLayer::new())
        .layer(CsrfLayer::new())
        .layer(from_fn(prometheus::measure))
        .layer(from_fn(rest::problem::dress))
        .layer(telemetry::layers())
}
