//! `/releases/:id?view=print`: the matrix as it is filtered, as a page for paper that no script draws.
use crate::http::site;
use app::{
    api::context::{self, Context},
    components::{
        matrix::{
            layout::{Collapsed, GridLayout},
            print,
        },
        ui::{icon::SPRITE, text_area::escape},
    },
    domain::{id::ReleaseId, matrix_filter::MatrixFilter},
    paths,
    store::error::StoreError,
};
use axum::{
    extract::{Query, Request, State},
    http::{Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Nothing runs but the one script of its button.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'none'";

/// The release whose matrix is to be printed, if that is what a request asks for.
fn asked(request: &Request) -> Option<(ReleaseId, HashMap<String, String>)> {
    let id = request.uri().path().strip_prefix("/releases/")?;
    let Query(query) = Query::<HashMap<String, String>>::try_from_uri(request.uri()).ok()?;
    let is_print = query.get("view").is_some_and(|it| it == "print");
    let release = id.parse().ok()?;
    (request.method() == Method::GET && is_print).then_some((release, query))
}

/// Answers with the page for paper, or hands the request on; so too if there is no such release.
pub async fn or_next(State(context): State<Context>, request: Request, next: Next) -> Response {
    let Some((release, query)) = asked(&request) else {
        return next.run(request).await;
    };
    let who = context::actor(request.headers(), &context.default_actor);
    match draw(&context, release, &query, &who).await {
        Ok(page) => page,
        Err(error) => {
            if !matches!(error, StoreError::NotFound(_)) {
                context::to_app_error(error);
            }
            next.run(request).await
        }
    }
}

fn at(time: DateTime<Utc>) -> String {
    time.format("%-d %b %Y, %H:%M UTC").to_string()
}

async fn draw(
    context: &Context,
    release: ReleaseId,
    query: &HashMap<String, String>,
    who: &str,
) -> Result<Response, StoreError> {
    let grid = context.store.grid(release).await?;
    let get = |key: &'static str| query.get(key).map(String::as_str);
    let filter = MatrixFilter::parse(get);
    let collapsed = Collapsed::parse(get("closed").unwrap_or_default());
    let layout = GridLayout::new(&grid, &collapsed, &filter);
    let printed = format!("Printed {} by {who}", at(context::now()));
    let body = print::page(&grid, &layout, &filter, &printed, &at);
    let style = site::names().map(|it| it.style).unwrap_or_default();
    let title = escape(&grid.release.name);
    let back = escape(&paths::release(release));
    let html = format!(
        r#"<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · Rollcall</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/pkg/{style}"><link rel="stylesheet" href="/paper.css"></head><body class="paper"><div hidden>{SPRITE}</div><nav class="paper__bar" aria-label="Page"><a class="button" href="{back}">Back to the matrix</a><button class="button" data-kind="ink" data-print>Print</button></nav><main>{body}</main><script src="/print.js"></script></body></html>"#
    );
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}
