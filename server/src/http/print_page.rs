//! The print view of a matrix, `/releases/{id}?view=print`: a page with tables for paper, filtered as the address says. It is
//! not hydrated, so it prints without JavaScript and loads no WASM.
use super::site;
use app::{
    api::context::{self, Context},
    components::{
        matrix::{
            arrangement::Arrangement,
            layout::{Collapsed, GridLayout},
            print,
        },
        ui::icon::SPRITE,
    },
    domain::{caller::Caller, id::ReleaseId, matrix_filter::MatrixFilter},
    paths,
    store::{Store, error::StoreError},
};
use axum::{
    extract::{Query, Request, State},
    http::{Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use maud::{Markup, html};
use std::{collections::HashMap, sync::Arc};

/// Its scripts are the one of the print button and of the times, the keys and the palette, which asks the search.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'none'; connect-src 'self'";

/// The release and the query, if the request asks for a print view.
fn parse_request(request: &Request) -> Option<(ReleaseId, HashMap<String, String>)> {
    let id = request.uri().path().strip_prefix("/releases/")?;
    let Query(query) = Query::<HashMap<String, String>>::try_from_uri(request.uri()).ok()?;
    let is_print = query.get("view").is_some_and(|it| it == "print");
    let release = id.parse().ok()?;
    (request.method() == Method::GET && is_print).then_some((release, query))
}

/// Middleware: answers with the print view, or passes the request on. It also passes it on if there is no such release, so
/// that the page of the release says so.
pub async fn serve_print_page(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> Response {
    let Some((release, query)) = parse_request(&request) else {
        return next.run(request).await;
    };
    let Some(caller) = request.extensions().get::<Arc<Caller>>() else {
        return next.run(request).await;
    };
    let store = context.database.as_caller(Arc::clone(caller));
    match render(&store, release, &query).await {
        Ok(page) => page,
        Err(error) => {
            if !matches!(error, StoreError::NotFound(_)) {
                context::to_app_error(error);
            }
            next.run(request).await
        }
    }
}

/// A time, which the page's script writes in the person's own form and zone.
fn time_html(time: DateTime<Utc>) -> Markup {
    let text = time.format("%-d %b %Y, %H:%M UTC").to_string();
    html! { time datetime=(format!("{time:?}")) { (text) } }
}

/// When and for whom. In `open` mode the name may be missing.
fn printed_html(at: DateTime<Utc>, actor: &str) -> Markup {
    let actor = actor.trim();
    html! {
        "Printed " (time_html(at))
        @if !actor.is_empty() { " by " (actor) }
    }
}

async fn render(
    store: &Store,
    release: ReleaseId,
    query: &HashMap<String, String>,
) -> Result<Response, StoreError> {
    let grid = store.grid(release).await?;
    let get = |key: &'static str| query.get(key).map(String::as_str);
    let filter = MatrixFilter::parse(get);
    let collapsed = Collapsed::parse(get("closed").unwrap_or_default());
    let layout = GridLayout::new(&grid, &collapsed, &filter, &Arrangement::default());
    let printed = printed_html(context::now(), &store.caller().name);
    let body = print::body_html(&grid, &layout, &filter, &printed, &time_html);
    let style = site::asset_names().map_or("", |it| it.style.as_str());
    // As HTML text: a text among others would have a comment behind it, which is no comment within a title.
    let title = html! { (grid.release.name) " · Rollcall" };
    let html = view! {
        <!DOCTYPE html>
        <html lang="en" data-theme="light">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title inner_html=title.into_string()></title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=format!("/pkg/{style}")/>
                <link rel="stylesheet" href="/paper.css"/>
            </head>
            <body class="paper">
                <div hidden inner_html=SPRITE></div>
                <nav class="paper__bar" aria-label="Page">
                    <a class="button" href=paths::release(release)>"Back to the matrix"</a>
                    <button class="button" data-kind="ink" data-print>"Print"</button>
                </nav>
                <main tabindex="0" inner_html=body></main>
                <script src="/print.js"></script>
                <script type="module" src=site::keys_address()></script>
            </body>
        </html>
    };
    Ok((
        [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)],
        Html(html.to_html()),
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_paper_says_only_when_it_was_printed() {
        let printed = |actor| printed_html(DateTime::UNIX_EPOCH, actor).into_string();
        let time = r#"<time datetime="1970-01-01T00:00:00Z">1 Jan 1970, 00:00 UTC</time>"#;
        assert_eq!(printed(" "), format!("Printed {time}"));
        assert_eq!(printed("Ana"), format!("Printed {time} by Ana"));
    }
}
