//! Pages that were drawn a moment ago, for whoever asks for the same page as the same person. A page is drawn anew once
//! anything in the database has changed, and at least every second, since some of it depends on the time: what is read
//! here is never older than what would be drawn now. Each answer has a nonce of its own.
use app::{
    api::context::{self, ACTOR_HEADER},
    store::Store,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::nonce::Nonce;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// All that is kept at a time, in bytes.
const KEPT: usize = 8 * 1024 * 1024;

/// A second, and the last event in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PageVersion {
    second: i64,
    event: i64,
}

/// A page with its nonce, and where in the page that stands.
struct CachedPage {
    headers: HeaderMap,
    body: Bytes,
    nonce: String,
    places: Vec<usize>,
}

#[derive(Default)]
struct CachedPages {
    of: PageVersion,
    pages: HashMap<String, Arc<CachedPage>>,
    bytes: usize,
}

#[derive(Clone)]
pub struct PageCache {
    store: Store,
    shelf: Arc<Mutex<CachedPages>>,
}

impl PageCache {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            shelf: Arc::default(),
        }
    }

    fn find(&self, now: PageVersion, key: &str) -> Option<Arc<CachedPage>> {
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.pages.get(key).filter(|_| shelf.of == now).cloned()
    }

    fn keep(&self, now: PageVersion, key: String, page: CachedPage) {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.of != now {
            *shelf = CachedPages {
                of: now,
                ..CachedPages::default()
            };
        }
        if shelf.bytes + page.body.len() <= KEPT {
            shelf.bytes += page.body.len();
            shelf.pages.insert(key, Arc::new(page));
        }
    }
}

impl CachedPage {
    /// None of an answer that is not simply a page.
    fn of(headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        if !kind.starts_with("text/html") || headers.contains_key(SET_COOKIE) {
            return None;
        }
        let policy = headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?;
        let (nonce, _) = policy.split_once("'nonce-")?.1.split_once('\'')?;
        let text = std::str::from_utf8(body).ok()?;
        Some(Self {
            headers: headers.clone(),
            body: body.clone(),
            nonce: nonce.to_owned(),
            places: text.match_indices(nonce).map(|it| it.0).collect(),
        })
    }

    /// The same page with another nonce; none if a nonce is no longer what it was.
    fn again(&self) -> Option<Response> {
        let nonce = Nonce::new().to_string();
        if nonce.len() != self.nonce.len() {
            return None;
        }
        let mut body = self.body.to_vec();
        for place in &self.places {
            body[*place..place + nonce.len()].copy_from_slice(nonce.as_bytes());
        }
        let policy = self.headers.get(CONTENT_SECURITY_POLICY)?.to_str().ok()?;
        let policy = HeaderValue::from_str(&policy.replace(&self.nonce, &nonce)).ok()?;
        let mut response = Response::new(Body::from(body));
        response.headers_mut().clone_from(&self.headers);
        response.headers_mut().remove(CONTENT_LENGTH);
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
        Some(response)
    }
}

/// All of a request that a page depends on.
fn key(request: &Request) -> Option<String> {
    if request.method() != Method::GET {
        return None;
    }
    let mut key = request.uri().path_and_query()?.as_str().to_owned();
    let headers = request.headers();
    for name in [COOKIE.as_str(), ACTOR_HEADER] {
        for value in headers.get_all(name) {
            key.push('\n');
            key.push_str(name);
            key.push(' ');
            key.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
    }
    Some(key)
}

pub async fn or_next(State(drawn): State<PageCache>, request: Request, next: Next) -> Response {
    let (Some(key), Ok(event)) = (key(&request), drawn.store.last_event().await) else {
        return next.run(request).await;
    };
    // An import may fill an empty database without a history.
    if event == 0 {
        return next.run(request).await;
    }
    let now = PageVersion {
        second: context::now().timestamp(),
        event,
    };
    if let Some(page) = drawn.find(now, &key).and_then(|it| it.again()) {
        return page;
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    // Pages are drawn whole before they are sent.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(page) = CachedPage::of(&parts.headers, &body) {
        drawn.keep(now, key, page);
    }
    Response::from_parts(parts, Body::from(body))
}
