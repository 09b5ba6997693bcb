//! What a page fetches. One kind of resource for all pages, whatever it carries: each kind of its own would bring its own
//! copy of leptos's machinery and of the JSON reader into the WASM.
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

type SharedValue = Arc<dyn Any + Send + Sync>;

type FetchFuture = Pin<Box<dyn Future<Output = FetchedValue> + Send>>;

/// An answer as it was fetched, or as the server sent it along with the page.
#[derive(Clone)]
enum FetchedValue {
    Here(SharedValue, fn(&SharedValue) -> String),
    Text(Arc<str>),
}

struct FetchCodec;

impl Encoder<FetchedValue> for FetchCodec {
    type Error = Infallible;
    type Encoded = String;

    fn encode(answer: &FetchedValue) -> Result<String, Infallible> {
        Ok(match answer {
            FetchedValue::Here(value, write) => write(value),
            FetchedValue::Text(text) => text.to_string(),
        })
    }
}

impl Decoder<FetchedValue> for FetchCodec {
    type Error = Infallible;
    type Encoded = str;

    fn decode(text: &str) -> Result<FetchedValue, Infallible> {
        Ok(FetchedValue::Text(text.into()))
    }
}

/// Something that a page fetches, again whenever its source changes.
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

fn again(resource: Resource<FetchedValue, FetchCodec>) -> Callback<()> {
    Callback::new(move |()| resource.refetch())
}

/// Only the server sends answers along: the browser's WASM carries no code that writes them.
fn writer<T: Serialize + 'static>() -> fn(&SharedValue) -> String {
    if browser::dom::is_here() {
        |_| String::new()
    } else {
        write::<T>
    }
}

fn write<T: Serialize + 'static>(value: &SharedValue) -> String {
    let value = value.downcast_ref::<Result<T, AppError>>();
    value.and_then(wire::to_text).unwrap_or_default()
}

fn read<T: DeserializeOwned + Clone + 'static>(answer: &FetchedValue) -> Result<T, AppError> {
    let unreadable = || {
        Err(AppError::Transport(
            "the page's data could not be read".to_owned(),
        ))
    };
    match answer {
        FetchedValue::Here(value, _) => value
            .downcast_ref::<Result<T, AppError>>()
            .map_or_else(unreadable, Clone::clone),
        FetchedValue::Text(text) => wire::from_text(text).unwrap_or_else(unreadable),
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Fetch<T> {
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
        let key: Box<dyn Fn() -> u64 + Send + Sync> = Box::new(move || {
            let mut hasher = DefaultHasher::new();
            watched().hash(&mut hasher);
            hasher.finish()
        });
        let ask: Box<dyn Fn(u64) -> FetchFuture + Send + Sync> = Box::new(move |_| {
            let request = request(untrack(|| source()));
            Box::pin(async move { FetchedValue::Here(Arc::new(request.await), writer::<T>()) })
        });
        Self {
            resource: Resource::new_with_options(key, ask, false),
            kind: PhantomData,
        }
    }

    pub fn refetch(self) {
        self.resource.refetch();
    }

    /// Asks again, whatever it is that is fetched.
    pub fn again(self) -> Callback<()> {
        again(self.resource)
    }

    /// To be awaited within a `Suspend`.
    pub async fn get(self) -> Result<T, AppError> {
        read(&self.resource.await)
    }
}
