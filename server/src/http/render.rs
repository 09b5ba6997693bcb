//! Server-side rendering of leptos pages: the routes of the app, the HTML document, and what every page finds in its
//! context. Forms and downloads render a page too (the same form again, "Not found"), so this is apart from the router.
use crate::{
    http::{middleware, site},
    ops::auth_settings::AuthSettings,
};
use app::{
    api::context::{self, Context},
    app::App,
    components::{rights::OwnRights, ui::time::Now},
    domain::{caller::Caller, rancher::RancherSource},
    shell::{DocumentOf, shell},
    store::audit::last_event::ArrivalPosition,
};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use leptos::prelude::*;
use leptos_axum::{AxumRouteListing, generate_route_list};
use std::sync::{Arc, OnceLock};

/// The routes of the leptos app. Collecting them suspends every resource of the process for a moment, so it is done once,
/// before any page is rendered.
pub fn page_routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// Provides what every page and server function reads from its leptos context: the store, the default actor, the time,
/// and what the person may do.
pub fn provide_request_context(context: &Context) {
    provide_context(context.clone());
    provide_context(Now(context::now()));
    provide_context(OwnRights(context::role()));
}

/// The HTML document around a page. Sets the content security policy of the response.
pub fn document() -> impl IntoView {
    middleware::set_content_policy();
    let parts = use_context::<axum::http::request::Parts>();
    let settings = parts
        .as_ref()
        .and_then(|it| it.extensions.get::<Arc<AuthSettings>>());
    let provider = settings.and_then(|it| it.provider());
    let provider = provider.map(|it| it.name.clone());
    let last_event = parts
        .as_ref()
        .and_then(|it| it.extensions.get::<ArrivalPosition>())
        .and_then(ArrivalPosition::last_event);
    let caller = parts.as_ref();
    let caller = caller.and_then(|it| it.extensions.get::<Arc<Caller>>());
    let asks_for_name = caller.is_some_and(|it| it.user().is_none() && it.name.is_empty());
    let rancher = parts.as_ref();
    let rancher = rancher.and_then(|it| it.extensions.get::<Arc<dyn RancherSource>>());
    let has_rancher = rancher.is_some_and(|it| it.is_set());
    let has_jenkins = use_context::<Context>().is_some_and(|it| it.database.has_jenkins());
    let uri = parts.map(|it| it.uri).unwrap_or_default();
    let query = uri.query().unwrap_or_default();
    let page = DocumentOf {
        theme: context::theme(),
        session_user: context::session_user(),
        provider,
        last_event,
        asks_for_name,
        has_rancher,
        has_jenkins,
    };
    shell(site::asset_names(), page, uri.path(), query)
}

/// Renders the page at the request's address; `provide_more` adds to its leptos context.
pub async fn render_page(
    context: Context,
    request: Request,
    provide_more: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let handler = leptos_axum::render_app_async_with_context(
        move || {
            provide_request_context(&context);
            provide_more();
        },
        document,
    );
    handler(request).await.into_response()
}
