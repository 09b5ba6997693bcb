//! The page as a whole: contexts, the frame, and the table of routes, which is the whole of the pages on one screen.
use crate::{
    api::overview::{read_frame, set_actor, set_theme, undo},
    browser,
    components::{
        layout::sidebar::Sidebar,
        ui::{
            notice::sentence,
            time::{Clock, Now},
            toast::{ToastRegion, Toasts},
        },
    },
    domain::{id::BatchId, summary::Frame},
    error::AppError,
    pages::{
        activity::ActivityPage,
        clusters::{
            detail::ClusterPage,
            edit::{EditClusterPage, NewClusterPage},
            list::ClustersPage,
        },
        customers::{
            detail::CustomerPage,
            edit::{EditCustomerPage, NewCustomerPage},
            list::CustomersPage,
        },
        dashboard::DashboardPage,
        fetch::Fetch,
        not_found::NotFoundPage,
        releases::{
            customer::CustomerStepsPage,
            edit::{EditReleasePage, NewReleasePage},
            list::ReleasesPage,
            release::ReleasePage,
            steps::StepsPage,
        },
    },
};
use chrono::DateTime;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route, Router, Routes},
    hooks::use_location,
    path,
};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The server's clock; the page takes it over, so that both draw the same.
    let now = SharedValue::new(|| use_context::<Now>().map_or(DateTime::UNIX_EPOCH, |it| it.0))
        .into_inner();
    let clock = Clock {
        now,
        is_local: RwSignal::new(false),
    };
    provide_context(clock);
    provide_context(Toasts::new());
    Effect::new(move |_| {
        clock.is_local.set(true);
        browser::dom::mark_hydrated();
    });
    view! {
        <Router>
            <Routes fallback=|| view! { <Shell><NotFoundPage/></Shell> }>
                <ParentRoute path=path!("/") view=|| view! { <Shell><Outlet/></Shell> }>
                    <Route path=path!("") view=DashboardPage ssr=SsrMode::Async/>
                    <Route path=path!("clusters") view=ClustersPage ssr=SsrMode::Async/>
                    <Route path=path!("clusters/new") view=NewClusterPage ssr=SsrMode::Async/>
                    <Route path=path!("clusters/:id") view=ClusterPage ssr=SsrMode::Async/>
                    <Route path=path!("clusters/:id/edit") view=EditClusterPage ssr=SsrMode::Async/>
                    <Route path=path!("customers") view=CustomersPage ssr=SsrMode::Async/>
                    <Route path=path!("customers/new") view=NewCustomerPage ssr=SsrMode::Async/>
                    <Route path=path!("customers/:id") view=CustomerPage ssr=SsrMode::Async/>
                    <Route path=path!("customers/:id/edit") view=EditCustomerPage ssr=SsrMode::Async/>
                    <Route path=path!("releases") view=ReleasesPage ssr=SsrMode::Async/>
                    <Route path=path!("releases/new") view=NewReleasePage ssr=SsrMode::Async/>
                    <Route path=path!("releases/:id") view=ReleasePage ssr=SsrMode::Async/>
                    <Route path=path!("releases/:id/edit") view=EditReleasePage ssr=SsrMode::Async/>
                    <Route path=path!("releases/:id/steps") view=StepsPage ssr=SsrMode::Async/>
                    <Route
                        path=path!("releases/:id/customer/:customer_id")
                        view=CustomerStepsPage
                        ssr=SsrMode::Async
                    />
                    <Route path=path!("activity") view=ActivityPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Whether a path is a page where people work: the grid fills the window, and the sidebar is a rail.
fn is_work_page(path: &str) -> bool {
    path.strip_prefix("/releases/")
        .is_some_and(|it| it.parse::<i64>().is_ok())
}

/// The frame: sidebar at the left, the page at the right, toasts above.
#[component]
fn Shell(children: Children) -> impl IntoView {
    let path = use_location().pathname;
    let here = Memo::new(move |_| path.get());
    let is_work = Memo::new(move |_| is_work_page(&here.get()));
    // Counts change with the pages, so they are asked for again on each.
    let frame = Fetch::new(move || here.get(), |_| read_frame());
    let naming = RwSignal::new(None::<Result<String, AppError>>);
    let toasts = Toasts::here();
    let on_theme = Callback::new(move |theme: Option<&'static str>| {
        browser::dom::set_theme(theme);
        leptos::task::spawn_local(async move {
            let _ = set_theme(theme.unwrap_or_default().to_owned()).await;
        });
    });
    let on_name = Callback::new(move |name: String| {
        leptos::task::spawn_local(async move { naming.set(Some(set_actor(name).await)) });
    });
    let on_undo = Callback::new(move |batch: BatchId| {
        leptos::task::spawn_local(async move {
            match undo(batch).await {
                // What is on the page is drawn anew from what is there now.
                Ok(_) => browser::dom::reload(),
                Err(error) => toasts.say(sentence(&error.to_string()), None),
            }
        });
    });
    let fallback = move || Frame {
        actor: String::new(),
        theme: None,
        now: DateTime::UNIX_EPOCH,
        releases: 0,
        customers: 0,
        clusters: 0,
    };
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="shell" data-fit=move || is_work.get().then_some("")>
            <Transition fallback=|| ()>
                {move || Suspend::new(async move {
                    let frame = frame.get().await.unwrap_or_else(|_| fallback());
                    view! {
                        <Sidebar
                            frame=frame
                            here=here
                            rail=is_work
                            on_theme=on_theme
                            on_name=on_name
                            naming=naming
                        />
                    }
                })}
            </Transition>
            <main class="page" id="main" data-dense=move || is_work.get().then_some("")>
                {children()}
            </main>
        </div>
        <ToastRegion on_undo=on_undo/>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_matrix_fills_the_window() {
        assert!(is_work_page("/releases/12"));
        for calm in [
            "/",
            "/releases",
            "/releases/new",
            "/releases/12/steps",
            "/releases/12/edit",
        ] {
            assert!(!is_work_page(calm), "{calm}");
        }
    }
}
