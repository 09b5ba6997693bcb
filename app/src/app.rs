//! Root component: leptos contexts, and the layout around every page.
use crate::{
    api::layout::read_frame,
    browser::{self, own_counts},
    components::{
        layout::sidebar::{OwnName, Sidebar},
        rights::OwnRights,
        ui::{
            follow_effect::follow,
            notice::sentence,
            time::{Clock, Now},
            toast::{Restorable, ToastRegion, Toasts},
        },
    },
    domain::{foreign_change::ForeignChange, id::BatchId, permission::Role, summary::LayoutInfo},
    error::AppError,
    pages::{
        fetch::Fetch,
        latched,
        not_found::NotFoundPage,
        own_changes::OwnChanges,
        page_routes::AllPages,
        refresh_on_change::refresh_on_change,
        releases::lazy_parts::{self, LazyPart},
        undo_requests::{UndoRequest, UndoRequests},
    },
    paths,
};
use chrono::DateTime;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    components::{FlatRoutes, Router},
    hooks::use_location,
};
use std::sync::Arc;

/// Whether hydration has finished for the whole page.
#[derive(Clone, Default)]
pub struct Hydrated(ArcRwSignal<bool>);

impl Hydrated {
    /// Marks the page as hydrated, for leptos signals and for the style sheet.
    pub fn begin(&self) {
        self.0.set(true);
        browser::dom::mark_hydrated();
    }
}

/// The whole application, rendered by the server and hydrated by the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The server's clock is sent with the page, so that server and browser render the same times.
    let now = SharedValue::new_str(|| use_context::<Now>().map_or(0, |it| it.0.timestamp_millis()));
    let now = DateTime::from_timestamp_millis(now.into_inner()).unwrap_or_default();
    // The role is sent too, as its index in `Role::ALL`, so that server and browser render the same buttons.
    let role = SharedValue::new_str(|| use_context::<OwnRights>().map_or(0, |it| it.0 as i64));
    let role = usize::try_from(role.into_inner()).map(|it| Role::ALL.get(it).copied());
    provide_context(OwnRights(role.ok().flatten().unwrap_or(Role::Viewer)));
    // Set by the browser's entry after hydration. Until then the page must look exactly as the server rendered it.
    let Hydrated(live) = use_context::<Hydrated>().unwrap_or_default();
    let clock = Clock {
        now: RwSignal::new(now),
        minute: RwSignal::new(now),
        is_local: RwSignal::from(live),
    };
    follow(move |is_first| {
        if is_first {
            browser::local_time::each_minute(move |passed| clock.advance(now + passed));
        }
    });
    provide_context(clock);
    provide_context(Toasts::new());
    provide_context(UndoRequests::new());
    provide_context(OwnChanges::new(|own| {
        // Without a connection neither the part could be loaded nor the server be asked.
        if !browser::dom::is_offline() {
            lazy_parts::run(LazyPart::CheckUndo(own));
        }
    }));
    view! {
        <Router>
            <Shell>
                <FlatRoutes fallback=|| view! { <NotFoundPage/> }>
                    <AllPages/>
                </FlatRoutes>
            </Shell>
        </Router>
    }
}

/// The layout: sidebar at the left, the page at the right, toasts above.
#[component]
fn Shell(children: Children) -> impl IntoView {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    let here = Memo::new(move |_| path.get());
    let is_work = Memo::new(move |_| paths::fills_window(&here.get()));
    // The counts in the sidebar depend on the page, so they are fetched again on every navigation.
    let frame = Fetch::new(move || here.get(), |_| read_frame());
    refresh_on_change(frame.refetch_callback(), ForeignChange::may_change_counts);
    own_counts::on_tell(move || frame.refetch());
    // Shown while it cannot be read.
    let last_frame = StoredValue::new(None::<LayoutInfo>);
    let sign_in_path = move || {
        let (path, search) = (path.get_untracked(), search.get_untracked());
        let mark = if search.is_empty() { "" } else { "?" };
        paths::login(&[path.as_str(), mark, &search].concat())
    };
    let actor = RwSignal::new(String::new());
    provide_context(OwnName(actor));
    let name_dialog_open = RwSignal::new(false);
    let wants_name = latched(move || name_dialog_open.get());
    let (toasts, undo_requests) = (Toasts::from_context(), UndoRequests::from_context());
    let own_changes = OwnChanges::from_context();
    let on_theme = Callback::new(move |theme: Option<&'static str>| {
        browser::dom::set_theme(theme);
        lazy_parts::run(LazyPart::Theme(theme));
    });
    let on_undo = Callback::new(move |batch: BatchId| {
        undo_requests.send(UndoRequest {
            batch: batch.clone(),
            others: Vec::new(),
            asks: false,
            on_end: Arc::new(move |answer| match answer {
                None => {}
                Some(Ok(it)) => {
                    own_changes.move_undone(&batch, it.batch_id);
                    // The page fetches its data again.
                    own_counts::tell();
                    if toasts.refresh() {
                        toasts.show(it.message, None);
                    } else {
                        browser::dom::reload();
                    }
                }
                Some(Err(error)) => toasts.show(sentence(&error.to_string()), None),
            }),
        });
    });
    let on_restore = Callback::new(move |what: Restorable| {
        lazy_parts::run(LazyPart::Restore(what, toasts));
    });
    let fallback = move || LayoutInfo {
        actor: String::new(),
        theme: None,
        now: DateTime::UNIX_EPOCH,
        releases: 0,
        customers: 0,
        clusters: 0,
        // With no name: a frame that could not be read.
        is_user: true,
        has_session: false,
    };
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        // Shown where there is a matrix; a script of the document leads to the cell that Tab would.
        <a class="skip" data-grid="" href="#main">"Skip to matrix"</a>
        <div class="shell" data-fit=move || is_work.get().then_some("")>
            <Transition fallback=|| ()>
                {move || Suspend::new(async move {
                    let read = frame.get().await;
                    let sign_in = matches!(read, Err(AppError::SignIn)).then(sign_in_path);
                    if let Ok(read) = &read {
                        last_frame.set_value(Some(read.clone()));
                    }
                    let frame = last_frame.get_value().unwrap_or_else(fallback);
                    view! {
                        <Sidebar
                            frame=frame
                            sign_in=sign_in
                            here=here
                            rail=is_work
                            on_theme=on_theme
                            actor=actor
                            name_dialog_open=name_dialog_open
                        />
                    }
                })}
            </Transition>
            <main class="page" id="main" data-dense=move || is_work.get().then_some("")>
                {children()}
            </main>
        </div>
        {move || {
            let request = undo_requests.current();
            request.map(|it| lazy_parts::show(LazyPart::Undo(Box::new(it), undo_requests)))
        }}
        {move || {
            let dialog = LazyPart::Name { open: name_dialog_open, actor };
            wants_name.get().then(|| lazy_parts::show(dialog))
        }}
        <ToastRegion on_undo=on_undo on_restore=on_restore/>
    }
}
