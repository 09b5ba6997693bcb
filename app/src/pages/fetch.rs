//! Resource type of all pages. The fetched value is type-erased, because each type of resource would add its own copy
//! of leptos's resource code and of the decoder to the WASM. What could not be read for lack of a connection is read again once there
//! is one.
use crate::{browser, error::AppError, wire};
use codee::{Decoder, Encoder};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    hash::{DefaultHasher, Hash, Hasher},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

/// A `Result<T, AppError>` behind `Any`.
type SharedValue = Arc<dyn Any + Send + Sync>;

type FetchFuture = Pin<Box<dyn Future<Output = FetchedValue> + Send>>;

/// A fetched value.
#[derive(Clone)]
enum FetchedValue {
    /// The value, and the function that encodes it.
    Decoded(SharedValue, fn(&SharedValue) -> String),
    /// The encoded value that the server has sent with the page.
    Encoded(Arc<str>),
}

/// Encodes values for the page that the server sends, and keeps them encoded until they are read.
struct FetchCodec;

impl Encoder<FetchedValue> for FetchCodec {
    type Error = Infallible;
    type Encoded = String;

    fn encode(answer: &FetchedValue) -> Result<String, Infallible> {
        Ok(match answer {
            FetchedValue::Decoded(value, write) => write(value),
            FetchedValue::Encoded(text) => text.to_string(),
        })
    }
}

impl Decoder<FetchedValue> for FetchCodec {
    type Error = Infallible;
    type Encoded = str;

    fn decode(text: &str) -> Result<FetchedValue, Infallible> {
        Ok(FetchedValue::Encoded(text.into()))
    }
}

/// Reads again once the connection is back.
fn retry_when_back(n_retries: RwSignal<u32>) {
    browser::reconnection::when_back(move || {
        // The page may be gone by now.
        let _ = n_retries.try_update(|it| *it += 1);
    });
}

/// Data of a page, fetched again whenever its source changes.
pub struct Fetch<T> {
    resource: Resource<FetchedValue, FetchCodec>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Fetch<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fetch<T> {}

fn refetch_callback(resource: Resource<FetchedValue, FetchCodec>) -> Callback<()> {
    Callback::new(move |()| resource.refetch())
}

/// The encoder of a type. Only the server encodes values, so that the WASM contains no encoders.
fn encoder<T: Serialize + 'static>() -> fn(&SharedValue) -> String {
    if browser::dom::is_browser() {
        |_| String::new()
    } else {
        encode::<T>
    }
}

fn encode<T: Serialize + 'static>(value: &SharedValue) -> String {
    let value = value.downcast_ref::<Result<T, AppError>>();
    value.and_then(wire::to_text).unwrap_or_default()
}

fn decode<T: DeserializeOwned + Clone + 'static>(answer: &FetchedValue) -> Result<T, AppError> {
    let unreadable = || {
        Err(AppError::Transport(
            "the page's data could not be read".to_owned(),
        ))
    };
    match answer {
        FetchedValue::Decoded(value, _) => value
            .downcast_ref::<Result<T, AppError>>()
            .map_or_else(unreadable, Clone::clone),
        FetchedValue::Encoded(text) => wire::from_text(text).unwrap_or_else(unreadable),
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Fetch<T> {
    /// Fetches at once, and after each change of `source`.
    pub fn new<Source, Request>(
        source: impl Fn() -> Source + Send + Sync + 'static,
        request: impl Fn(Source) -> Request + Send + Sync + 'static,
    ) -> Self
    where
        Source: Hash,
        Request: Future<Output = Result<T, AppError>> + Send + 'static,
    {
        let source = Arc::new(source);
        let watched = Arc::clone(&source);
        let n_retries = RwSignal::new(0);
        let key: Box<dyn Fn() -> u64 + Send + Sync> = Box::new(move || {
            let mut hasher = DefaultHasher::new();
            (watched(), n_retries.try_get()).hash(&mut hasher);
            hasher.finish()
        });
        let fetch: Box<dyn Fn(u64) -> FetchFuture + Send + Sync> = Box::new(move |_| {
            let request = request(untrack(|| source()));
            Box::pin(async move {
                let answer = request.await;
                if matches!(answer, Err(AppError::Transport(_))) {
                    retry_when_back(n_retries);
                }
                FetchedValue::Decoded(Arc::new(answer), encoder::<T>())
            })
        });
        Self {
            resource: Resource::new_with_options(key, fetch, false),
            kind: PhantomData,
        }
    }

    /// Fetches again.
    pub fn refetch(self) {
        self.resource.refetch();
    }

    /// A callback that fetches again.
    pub fn refetch_callback(self) -> Callback<()> {
        refetch_callback(self.resource)
    }

    /// The value; to be awaited within a `Suspend`.
    pub async fn get(self) -> Result<T, AppError> {
        decode(&self.resource.await)
    }
}
