//! The user's guide at `/help`: docs/guide.md as a page with a table of contents, and its pictures in the person's theme. Both are
//! embedded in the binary. The page is not part of the leptos application: it loads no WASM, and the keys of all pages are its only
//! script.
use super::{
    site,
    standalone_page::{self, MARK},
};
use crate::output::markdown_html::{self, ContentsEntry};
use app::paths;
use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;
use maud::{Markup, html};
use rust_embed::Embed;

/// Its scripts are the keys and the palette, which asks the search.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

const TEXT: &str = include_str!("../../../docs/guide.md");

/// What `./dev shots` takes: each picture as `NAME-light.png` and `NAME-dark.png`.
#[derive(Embed)]
#[folder = "../docs/pictures"]
struct GuidePictures;

pub fn router() -> Router<LeptosOptions> {
    Router::new()
        .route(paths::GUIDE, get(show))
        .route("/help/pictures/{*file}", get(picture))
}

async fn show(headers: HeaderMap) -> Response {
    let theme = standalone_page::theme(&headers);
    let theme = theme.as_deref();
    let picture = |address: &str, description: &str| picture_html(theme, address, description);
    let guide = markdown_html::render(TEXT, &picture);
    let body = html! {
        a class="skip" href="#main" { "Skip to content" }
        header class="guide__bar" {
            a class="door__brand" href=(paths::DASHBOARD) {
                img src=(MARK) alt="" width="24" height="24";
                "Rollcall"
            }
        }
        div class="guide" {
            (contents_html(&guide.contents))
            main class="guide__text" id="main" tabindex="-1" { (guide.body) }
        }
        script type="module" src=(site::keys_address()) {}
    };
    let page = standalone_page::document("Guide", theme, Some("/guide.css"), body);
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
    (policy, Html(page.into_string())).into_response()
}

fn contents_html(entries: &[ContentsEntry]) -> Markup {
    html! {
        nav class="guide__contents" aria-label="Contents" {
            ul {
                @for entry in entries {
                    li data-sub[entry.is_sub] { a href={ "#" (entry.id) } { (entry.text) } }
                }
            }
        }
    }
}

/// A picture that the text names in its light version. A chosen theme has its own; else the browser knows which.
fn picture_html(theme: Option<&str>, address: &str, description: &str) -> Markup {
    let name = address.strip_prefix("pictures/");
    let Some(name) = name.and_then(|it| it.strip_suffix("-light.png")) else {
        return html! { (description) };
    };
    let file = |theme: &str| format!("{name}-{theme}.png");
    let path = |theme: &str| format!("{}/pictures/{}", paths::GUIDE, file(theme));
    let shown = theme.unwrap_or("light");
    let size = GuidePictures::get(&file(shown)).and_then(|it| png_size(&it.data));
    html! {
        a class="guide__picture" href=(path(shown)) {
            picture {
                @if theme.is_none() {
                    source media="(prefers-color-scheme: dark)" srcset=(path("dark"));
                }
                img src=(path(shown)) alt=(description) width=[size.map(|it| it.0)] height=[size.map(|it| it.1)]
                    loading="lazy" decoding="async";
            }
        }
    }
}

/// Width and height of a PNG in pixels, from its header.
fn png_size(file: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| {
        let bytes: [u8; 4] = file.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    Some((number(16)?, number(20)?))
}

/// Its name stays the same when the picture changes, so clients may cache it for an hour only.
async fn picture(Path(file): Path<String>) -> Response {
    let Some(content) = GuidePictures::get(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(content.data));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    response
}
