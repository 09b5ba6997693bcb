//! The router: every address that the server answers, on one screen, in front of the middleware of `middleware.rs`.
use crate::{
    http::{checklist_download, downloads, forms, middleware, page_cache, site},
    ops::{health, prometheus},
    output::print_page,
    rest,
};
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
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::sync::OnceLock;

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
    middleware::set_content_policy();
    let uri = use_context::<axum::http::request::Parts>().map(|it| it.uri);
    let uri = uri.unwrap_or_default();
    let query = uri.query().unwrap_or_default();
    shell(site::names(), context::theme(), uri.path(), query)
}

/// Renders the page at the request's address, with more in its context.
pub async fn render(
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
    let cache = page_cache::PageCache::new(context.store.clone());
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes(), move || provide(&for_pages), document)
        .layer(from_fn_with_state(cache, page_cache::or_next));
    let router = Router::new()
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
        .merge(checklist_download::router(context.clone()))
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
        .layer(from_fn_with_state(for_print, print_page::or_next));
    middleware::apply(router)
}
