//! Pages: each reads the URL, fetches data, sends requests and composes components. Only pages own resources and call
//! the api.
pub mod activity;
pub mod clusters;
pub mod customer_versions;
pub mod customers;
pub mod dashboard;
pub mod edit_conflict;
pub mod fetch;
pub mod latest_read;
pub mod lazy_pages;
pub mod list_url;
pub mod missing_values;
pub mod new_records;
pub mod not_found;
pub mod own_changes;
pub mod page_routes;
pub mod people;
pub mod preferences;
pub mod refresh_on_change;
pub mod releases;
pub mod request_queue;
pub mod restoring;
pub mod runners;
pub mod runs;
pub mod undo_flow;
pub mod undo_requests;
pub mod value_requests;
pub mod webhooks;

use crate::{
    browser,
    components::ui::notice::{Unavailable, UnavailablePart},
    error::AppError,
};
use fetch::Fetch;
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_router::hooks::use_params_map;
use std::{future::Future, pin::Pin, str::FromStr};

/// An id among the route's parameters; none if it cannot be parsed. Pages then request id 0, which no row has, so that
/// the server answers 404. None also once the page is gone, as when a client does not wait for the answer: a resource may ask
/// once more.
pub fn param<Id: FromStr + Send + Sync + 'static>(
    name: &'static str,
) -> impl Fn() -> Option<Id> + Copy + Send + Sync {
    let params = use_params_map();
    move || {
        let found = params.try_with(|it| it.get(name).and_then(|it| it.parse().ok()));
        found.flatten()
    }
}

/// Renders what a resource fetches, or a page that says why it failed, with a button that tries again.
pub fn loaded<T, V>(
    resource: Fetch<T>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=|| ()>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    match resource.get().await {
                        Ok(it) => view(it).into_any(),
                        Err(error) => {
                            view! { <Unavailable error=error on_retry=resource.refetch_callback()/> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
}

/// The same for a part of a page.
pub fn loaded_part<T, V>(
    resource: Fetch<T>,
    view: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=|| ()>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    match resource.get().await {
                        Ok(it) => view(it).into_any(),
                        Err(error) => {
                            view! { <UnavailablePart error=error on_retry=resource.refetch_callback()/> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
}

/// Renders under a reactive owner of its own. The previous view is disposed only after this one has replaced it:
/// effects of it may still be scheduled, and they would read disposed signals. Nothing is rendered once the page, of which `kept` is a
/// part, is gone: data that was asked for may arrive after that.
pub fn with_child_owner(
    parent: &Owner,
    kept: &impl IsDisposed,
    draw: impl FnOnce() -> AnyView,
) -> AnyView {
    if kept.is_disposed() {
        return ().into_any();
    }
    let owner = parent.child();
    let view = owner.with(draw);
    OwnedView::new_with_owner(view, owner).into_any()
}

/// True once `is_true` has been true: a lazily loaded part stays after its first use.
pub fn latched(is_true: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    Memo::new(move |before: Option<&bool>| before == Some(&true) || is_true())
}

/// Runs something at the first call with a connection: to load a part before it is needed. Without a connection loading would fail, and
/// what is on the screen with it.
pub fn first_online_call(run: fn()) -> impl Fn() + Copy + Send + Sync + 'static {
    let has_run = StoredValue::new(false);
    move || {
        if !has_run.get_value() && !browser::dom::is_offline() {
            has_run.set_value(true);
            run();
        }
    }
}

/// Runs when the answer arrives.
type OnAnswer = Box<dyn FnOnce()>;

/// A request of which only one runs at a time, so that answers cannot overtake each other.
#[derive(Clone, Copy)]
pub struct SerialRequest {
    /// Why the last request failed.
    pub error: RwSignal<Option<AppError>>,
    is_busy: RwSignal<bool>,
}

impl SerialRequest {
    /// No request yet.
    pub fn new() -> Self {
        Self {
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
        }
    }

    /// Whether a request is running.
    pub fn is_busy(self) -> Signal<bool> {
        self.is_busy.into()
    }

    /// Sends a request unless another one is running; `done` gets the answer if it succeeds.
    pub fn run<T: 'static>(
        self,
        request: impl Future<Output = Result<T, AppError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        // The answer is boxed with its continuation, so that `send` is compiled once and not for each type of answer.
        self.send(Box::pin(async move {
            request
                .await
                .map(|it| Box::new(move || done(it)) as OnAnswer)
        }));
    }

    fn send(self, request: Pin<Box<dyn Future<Output = Result<OnAnswer, AppError>>>>) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        leptos::task::spawn_local(async move {
            let result = request.await;
            // The page may have been left meanwhile, and its signals disposed.
            if self.is_busy.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(done) => {
                    self.error.set(None);
                    done();
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }
}

impl Default for SerialRequest {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the form of this page makes one of the first records, as its address says: it then leads back to the dashboard, which
/// shows what comes next.
pub fn is_first() -> bool {
    leptos_router::hooks::use_query_map().with_untracked(|it| it.get("first").is_some())
}

/// Navigates to another page.
pub fn navigator() -> impl Fn(&str) + Clone {
    let navigate = leptos_router::hooks::use_navigate();
    move |path: &str| navigate(path, leptos_router::NavigateOptions::default())
}
