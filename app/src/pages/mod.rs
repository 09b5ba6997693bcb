//! The pages: they read the address, fetch, act, and compose. Only they own resources and send anything.
pub mod activity;
pub mod clusters;
pub mod customers;
pub mod dashboard;
pub mod edit_conflict;
pub mod fetch;
pub mod lazy_pages;
pub mod list_address;
pub mod not_found;
pub mod releases;

use crate::{
    components::ui::notice::{Unavailable, UnavailablePart},
    error::AppError,
};
use fetch::Fetch;
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_router::hooks::use_params_map;
use std::{future::Future, pin::Pin, str::FromStr};

/// An id in the address. Pages ask for id 0 where there is none: nobody has it, and so the server answers 404.
pub fn param<Id: FromStr + Send + Sync + 'static>(
    name: &'static str,
) -> impl Fn() -> Option<Id> + Copy + Send + Sync {
    let params = use_params_map();
    move || params.with(|it| it.get(name).and_then(|it| it.parse().ok()))
}

/// Shows what a resource brings, or a page that says that it could not be had, with a way to ask again.
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
                            view! { <Unavailable error=error on_retry=resource.again()/> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
}

/// The same for a part of a page.
pub fn part<T, V>(
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
                            view! { <UnavailablePart error=error on_retry=resource.again()/> }.into_any()
                        }
                    }
                })
            }}
        </Transition>
    }
}

/// Draws under an owner of its own. What was drawn before lives on until this stands in its place: its effects may be just
/// about to run, and would find nothing any more.
pub fn owned(around: &Owner, draw: impl FnOnce() -> AnyView) -> AnyView {
    let owner = around.child();
    let view = owner.with(draw);
    OwnedView::new_with_owner(view, owner).into_any()
}

/// True from the first time on: what was once loaded stays.
pub fn stays_true(is_true: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    Memo::new(move |before: Option<&bool>| before == Some(&true) || is_true())
}

/// What is done once the answer is here.
type OnAnswer = Box<dyn FnOnce()>;

/// Something that is sent once at a time; what comes of it later never overwrites what came of it now.
#[derive(Clone, Copy)]
pub struct SerialRequest {
    pub error: RwSignal<Option<AppError>>,
    is_busy: RwSignal<bool>,
}

impl SerialRequest {
    pub fn new() -> Self {
        Self {
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
        }
    }

    /// Whether something is under way.
    pub fn is_busy(self) -> Signal<bool> {
        self.is_busy.into()
    }

    /// Sends, unless something is under way already.
    pub fn run<T: 'static>(
        self,
        request: impl Future<Output = Result<T, AppError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        // What is done with the answer is decided when it is here; until then the kind of answer does not matter.
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
            // The page may be gone by now.
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

/// Goes to another page once something has been sent.
pub fn goes_to() -> impl Fn(&str) + Clone {
    let navigate = leptos_router::hooks::use_navigate();
    move |path: &str| navigate(path, leptos_router::NavigateOptions::default())
}
