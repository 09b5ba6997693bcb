//! Response cache for server-rendered pages, keyed by URL, caller (user, role, scope) and theme, and valid for one version of
//! the database and one second; requests that come together share one rendering. Rendering a page asks the database some twenty
//! questions; many requests for the same page then cost one rendering. A cached page is never older than one that is rendered
//! now: every change of data writes an event and so changes the version, and what depends on the time is shown by the second or
//! coarser. Each response gets a nonce of its own.
use super::{
    access::refuse_by_store,
    compressed_page::{CompressedPage, takes_brotli},
    site,
};
use app::{
    api::context::{self, THEME_COOKIE},
    domain::caller::Caller,
    store::{Database, audit::last_event::ArrivalPosition, engine::is_unavailable},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE,
            VARY,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::nonce::Nonce;
use moka::{future::Cache, policy::EvictionPolicy};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::time::interval;

/// The most that the bodies of all cached pages may take: 8 MiB.
const CACHE_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Pages of an earlier second are never asked for again.
const ENTRY_LIFETIME: Duration = Duration::from_secs(1);

/// What identifies a rendered page: the second of the clock, the id of the last event in the database, and the request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PageKey {
    unix_second: i64,
    last_event: i64,
    request: String,
}

/// A rendered page with the nonce that it was rendered with, and the byte offsets of that nonce in the body.
struct CachedPage {
    headers: HeaderMap,
    body: Bytes,
    nonce: String,
    nonce_offsets: Vec<usize>,
    /// The body in brotli, once somebody has asked for it.
    compressed: OnceLock<Option<CompressedPage>>,
}

#[derive(Clone)]
pub struct PageCache {
    database: Database,
    pages: Cache<PageKey, Arc<CachedPage>>,
}

impl PageCache {
    pub fn new(database: Database) -> Self {
        let bytes = |_: &PageKey, page: &Arc<CachedPage>| {
            u32::try_from(page.body.len()).unwrap_or(u32::MAX)
        };
        let pages = Cache::builder()
            .max_capacity(CACHE_MAX_BYTES)
            .weigher(bytes)
            // The default policy counts accesses in a table as large as the capacity, which is bytes here.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(ENTRY_LIFETIME)
            .build();
        tokio::spawn(drop_expired(pages.clone()));
        Self { database, pages }
    }
}

/// Gives the memory of expired pages back: by itself the cache does so only when it is next used.
async fn drop_expired(pages: Cache<PageKey, Arc<CachedPage>>) {
    let mut ticks = interval(ENTRY_LIFETIME);
    loop {
        ticks.tick().await;
        pages.run_pending_tasks().await;
    }
}

impl CachedPage {
    /// None if the response is not HTML with a nonce, or sets a cookie.
    fn from_response(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        if !media_type.starts_with("text/html") || headers.contains_key(SET_COOKIE) {
            return None;
        }
        let policy = headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?;
        let (nonce, _) = policy.split_once("'nonce-")?.1.split_once('\'')?;
        let html = std::str::from_utf8(body).ok()?;
        Some(Self {
            headers: headers.clone(),
            body: body.clone(),
            nonce: nonce.to_owned(),
            nonce_offsets: html.match_indices(nonce).map(|it| it.0).collect(),
            compressed: OnceLock::new(),
        })
    }

    /// The page with a new nonce in policy and body, in brotli if that is taken. None if the new nonce has another length than the old
    /// one.
    fn with_new_nonce(&self, takes_brotli: bool) -> Option<Response> {
        let nonce = Nonce::new().to_string();
        if nonce.len() != self.nonce.len() {
            return None;
        }
        let policy = self.headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?;
        let policy = HeaderValue::from_str(&policy.replace(&self.nonce, &nonce)).ok()?;
        let compressed = takes_brotli.then(|| self.compressed(&nonce)).flatten();
        let is_compressed = compressed.is_some();
        let body = compressed.unwrap_or_else(|| self.plain(&nonce));
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            headers.append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        Some(response)
    }

    fn plain(&self, nonce: &str) -> Vec<u8> {
        let mut body = self.body.to_vec();
        for offset in &self.nonce_offsets {
            body[*offset..offset + nonce.len()].copy_from_slice(nonce.as_bytes());
        }
        body
    }

    fn compressed(&self, nonce: &str) -> Option<Vec<u8>> {
        let compress = || CompressedPage::new(&self.body, self.nonce.len(), &self.nonce_offsets);
        self.compressed
            .get_or_init(compress)
            .as_ref()?
            .with_nonce(nonce)
    }
}

/// Everything in a request that a page depends on. None if the request is not cached: those without a caller, the page of one's own
/// account, since the key does not tell sessions apart, and the lists of runs and runners, which change without an event.
fn cache_key(request: &Request) -> Option<String> {
    if request.method() != Method::GET {
        return None;
    }
    let path = request.uri().path().trim_end_matches('/');
    if ["/account", "/runs", "/runners"].contains(&path) {
        return None;
    }
    let caller = request.extensions().get::<Arc<Caller>>()?;
    let address = request.uri().path_and_query()?.as_str();
    let theme = context::cookie(request.headers(), THEME_COOKIE).unwrap_or_default();
    // The name comes last: it is the only part that may have any character. The theme is cut to its two words.
    let theme = if matches!(theme.as_str(), "light" | "dark") {
        theme.as_str()
    } else {
        ""
    };
    Some(format!("{address}\n{theme}\n{}", caller.page_key()))
}

/// Middleware: answers from the cache, or renders the page and caches it.
pub async fn serve_from_cache(
    State(cache): State<PageCache>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = cache_key(&request) else {
        return next.run(request).await;
    };
    let known = request.extensions().get::<ArrivalPosition>();
    let last_event = match known.and_then(ArrivalPosition::last_event) {
        Some(last_event) => last_event,
        None => match cache.database.last_event().await {
            Ok(last_event) => {
                // The page shows at least what was changed up to it, and hears of the rest (R32).
                let arrival = ArrivalPosition::new(last_event);
                request.extensions_mut().insert(arrival);
                last_event
            }
            // Rendering would send many queries, and each would wait until its timeout.
            Err(error) if is_unavailable(&error) => return refuse_by_store(&request, error),
            Err(_) => return next.run(request).await,
        },
    };
    // An import may fill an empty database without a history, so without events there is no version.
    if last_event == 0 {
        return next.run(request).await;
    }
    let key = PageKey {
        unix_second: context::now().timestamp(),
        last_event,
        request: key,
    };
    let takes_brotli = takes_brotli(request.headers());
    // Requests that come together wait for one rendering. The request that renders sends its own response, which may be one that
    // is not cached.
    let mut to_render = Some((request, next));
    let mut rendered = None;
    let page = cache
        .pages
        .optionally_get_with(key, async {
            let (request, next) = to_render.take()?;
            let (response, page) = render(request, next).await;
            rendered = Some(response);
            page
        })
        .await;
    if let Some(response) = rendered {
        return response;
    }
    if let Some(response) = page.and_then(|it| it.with_new_nonce(takes_brotli)) {
        return response;
    }
    match to_render {
        Some((request, next)) => next.run(request).await,
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Renders the page: the response, and the page for the cache if it can be cached.
async fn render(request: Request, next: Next) -> (Response, Option<Arc<CachedPage>>) {
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return (response, None);
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // Pages are rendered whole before they are sent, so this waits for nothing.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR.into_response(), None);
    };
    let body = site::with_bundle_of_draft(body);
    let page = CachedPage::from_response(&parts.headers, &body).map(Arc::new);
    (Response::from_parts(parts, Body::from(body)), page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brotli::BrotliDecompress;

    #[tokio::test]
    async fn a_page_in_brotli_has_the_nonce_of_its_policy() {
        let old = Nonce::new().to_string();
        let html = format!(r#"<script nonce="{old}">1</script><script nonce="{old}">2</script>"#);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        let policy = format!("script-src 'nonce-{old}'");
        let policy = HeaderValue::from_str(&policy).unwrap();
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        let page = CachedPage::from_response(&headers, &Bytes::from(html.clone())).unwrap();
        for takes_brotli in [true, true, false] {
            let (parts, body) = page.with_new_nonce(takes_brotli).unwrap().into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            assert_eq!(parts.headers.contains_key(CONTENT_ENCODING), takes_brotli);
            assert_eq!(parts.headers.contains_key(VARY), takes_brotli);
            let mut text = Vec::new();
            if takes_brotli {
                BrotliDecompress(&mut body.as_ref(), &mut text).unwrap();
            } else {
                text = body.to_vec();
            }
            let policy = parts.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            let new = policy.split('\'').nth(1).unwrap();
            let new = new.strip_prefix("nonce-").unwrap();
            assert_ne!(new, old);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text, html.replace(&old, new));
        }
    }
}
