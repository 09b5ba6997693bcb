//! The limit on the size of a request body. A handler reads the body up to the limit; up to 1 MiB of what comes after it is
//! read and discarded, because a client that is still sending does not read an answer.
//!
//! tower-http's limit ends such a request without reading on, so that the client sees a reset instead of 413.
use crate::ops::limits::{self, BODY_DRAIN_TIMEOUT, BODY_OVERRUN_MAX_BYTES};
use axum::{
    BoxError,
    body::{Body, BodyDataStream, Bytes},
    extract::{DefaultBodyLimit, Request},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

/// A body that ends with an error behind its limit. Clones read the same body.
#[derive(Clone)]
struct LimitedBody(Arc<Mutex<LimitedBodyState>>);

struct LimitedBodyState {
    chunks: BodyDataStream,
    left_bytes: usize,
    is_over: bool,
}

impl LimitedBody {
    fn new(body: Body, max_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(LimitedBodyState {
            chunks: body.into_data_stream(),
            left_bytes: max_bytes,
            is_over: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, LimitedBodyState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Reads and discards at most this number of bytes, for at most `BODY_DRAIN_TIMEOUT`, while the answer is on its way: a
    /// client that sends nothing gets it as well.
    fn drain_beside(self, max_bytes: usize) {
        let all = async move {
            let mut read = 0;
            while read < max_bytes {
                let next =
                    std::future::poll_fn(|context| self.lock().chunks.poll_next_unpin(context));
                match next.await {
                    Some(Ok(bytes)) => read += bytes.len(),
                    Some(Err(_)) | None => return,
                }
            }
        };
        tokio::spawn(tokio::time::timeout(BODY_DRAIN_TIMEOUT, all));
    }
}

impl Stream for LimitedBody {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.lock();
        if !state.is_over {
            let Some(chunk) = ready!(state.chunks.poll_next_unpin(context)) else {
                return Poll::Ready(None);
            };
            let n_bytes = chunk.as_ref().map_or(0, Bytes::len);
            if let Some(left_bytes) = state.left_bytes.checked_sub(n_bytes) {
                state.left_bytes = left_bytes;
                return Poll::Ready(Some(chunk.map_err(BoxError::from)));
            }
            state.is_over = true;
        }
        Poll::Ready(Some(Err(BoxError::from("the body is too large"))))
    }
}

/// Answers 413 to a body that is too large: at once if `Content-Length` says so, otherwise as soon as the limit is reached.
/// Handlers read the whole body before they change anything, so nothing was done.
pub async fn limit_body(request: Request, next: Next) -> Response {
    let max_bytes = limits::body_max_bytes(request.uri().path());
    let declared_bytes = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<u64>().ok())
        .map(|it| usize::try_from(it).unwrap_or(usize::MAX));
    // A client that sent `Expect` has not begun to send the body.
    let is_sending = !request.headers().contains_key(header::EXPECT);
    let path = request.uri().path();
    let is_form = !path.starts_with("/api/") && !path.starts_with("/rpc/");
    let (parts, body) = request.into_parts();
    let body = LimitedBody::new(body, max_bytes);
    if let Some(declared_bytes) = declared_bytes.filter(|it| *it > max_bytes) {
        let is_near = declared_bytes - max_bytes <= BODY_OVERRUN_MAX_BYTES;
        if is_sending {
            body.drain_beside(if is_near {
                declared_bytes
            } else {
                BODY_OVERRUN_MAX_BYTES
            });
        }
        return too_large(is_form);
    }
    let mut request = Request::from_parts(parts, Body::from_stream(body.clone()));
    // The body itself is limited now. Extractors must not limit it a second time.
    DefaultBodyLimit::disable().apply(&mut request);
    let response = next.run(request).await;
    if !body.is_over() {
        return response;
    }
    body.drain_beside(BODY_OVERRUN_MAX_BYTES);
    too_large(is_form)
}

/// The answer to a body that is too large. Who sends a form without scripts reads it in place of a page; REST and the pages' scripts
/// have words of their own.
fn too_large(is_form: bool) -> Response {
    const TEXT: &str = "What was sent is too large, and nothing was changed. Go back, make it shorter, and try again.";
    if is_form {
        (StatusCode::PAYLOAD_TOO_LARGE, TEXT).into_response()
    } else {
        StatusCode::PAYLOAD_TOO_LARGE.into_response()
    }
}
