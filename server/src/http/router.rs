//! The router: every address that the server answers, on one screen. `middleware.rs` wraps it.
use crate::{
    http::{
        access, checklist_download, downloads, first_run, forms, guide, malformed_call, middleware,
        name_first, oidc_pages, page_cache, print_page, render, sign_in_pages, site,
    },
    live::Live,
    oidc::provider::Provider,
    ops::{allowed_hosts::AllowedHosts, auth_settings::AuthSettings, health, prometheus},
    rest,
    rest::idempotency,
};
use app::api::context::Context;
use axum::{
    Extension, Router,
    extract::Request,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
    routing::get,
};
use leptos::prelude::*;
use leptos_axum::LeptosRoutes;
use std::sync::Arc;

/// Builds the whole router; it answers requests for these hosts and loopback only. The program and each test build it once: it
/// owns the page cache.
pub fn router(context: Context, hosts: AllowedHosts, settings: AuthSettings, live: Live) -> Router {
    prometheus::install();
    let provider = settings.provider().cloned();
    let provider = provider.map(|it| Arc::new(Provider::new(it)));
    let access = access::Access {
        database: context.database.clone(),
        settings: Arc::new(settings),
        default_actor: context.default_actor.clone(),
        has_admin: Arc::default(),
    };
    let options = LeptosOptions::builder().output_name("rollcall").build();
    let context_of_pages = context.clone();
    let context_of_not_found = context.clone();
    let context_of_print = context.clone();
    let cache = page_cache::PageCache::new(context.database.clone());
    let pages = Router::new()
        .leptos_routes_with_context(
            &options,
            render::page_routes(),
            move || render::provide_request_context(&context_of_pages),
            render::document,
        )
        .layer(from_fn(malformed_call::refuse_malformed_call))
        .layer(from_fn_with_state(cache, page_cache::serve_from_cache))
        .layer(from_fn_with_state(
            context.clone(),
            idempotency::with_key_of_server_function,
        ));
    let posted_forms = forms::router(context.clone())
        .merge(first_run::router(context.clone()))
        .layer(from_fn_with_state(
            context.clone(),
            name_first::ask_for_name,
        ));
    let router = Router::new()
        .route("/healthz", get(health::live))
        .route(
            "/readyz",
            get(health::ready).with_state(context.database.clone()),
        )
        .route(
            "/metrics",
            get(prometheus::scrape).with_state(context.database.clone()),
        )
        .route("/pkg/{*file}", get(site::package))
        .route("/favicon.svg", get(async || site::asset("favicon.svg")))
        .route("/paper.css", get(async || site::asset("paper.css")))
        .route("/guide.css", get(async || site::asset("guide.css")))
        .route("/print.js", get(async || site::asset("print.js")))
        .route("/live.js", get(async || site::asset("live.js")))
        .route("/waiting.js", get(async || site::asset("waiting.js")))
        .route(
            "/missing_parts.js",
            get(async || site::asset("missing_parts.js")),
        )
        .route("/presence.js", get(async || site::asset("presence.js")))
        .route("/palette.js", get(async || site::asset("palette.js")))
        .route("/keys.js", get(async || site::keys()))
        .route("/evidence.js", get(async || site::asset("evidence.js")))
        .route("/runs.js", get(async || site::asset("runs.js")))
        .route("/run_cells.js", get(async || site::asset("run_cells.js")))
        .route("/run_parts.js", get(async || site::asset("run_parts.js")))
        .route("/run_watch.js", get(async || site::asset("run_watch.js")))
        .route("/run_output.js", get(async || site::asset("run_output.js")))
        .route(
            "/run_output.css",
            get(async || site::asset("run_output.css")),
        )
        .route("/robots.txt", get(async || site::asset("robots.txt")))
        .merge(rest::router(context.clone()).layer(Extension(live)))
        .merge(checklist_download::router(context.clone()))
        .merge(downloads::router(context.clone()))
        .merge(guide::router())
        .merge(sign_in_pages::router(context.clone()))
        .merge(oidc_pages::router(context, provider))
        .merge(posted_forms)
        .merge(pages)
        .fallback(move |request: Request| async move {
            if rest::problem::is_rest_path(request.uri().path()) {
                return rest::problem::Problem::from_status(StatusCode::NOT_FOUND).into_response();
            }
            let mut page = render::render_page(context_of_not_found, request, || ()).await;
            *page.status_mut() = StatusCode::NOT_FOUND;
            page
        })
        .with_state(options)
        .layer(from_fn_with_state(
            context_of_print,
            print_page::serve_print_page,
        ));
    middleware::apply(router, hosts, access)
}
