//! Lazily loaded pages. The WASM is split in two: one part has the matrix, the other all pages else; each loads when
//! one of its pages is first opened.
use super::{
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
    people::{
        account::AccountPage,
        edit::{EditUserPage, NewUserPage},
        list::UsersPage,
    },
    releases::{
        customer::CustomerStepsPage,
        edit::{EditReleasePage, NewReleasePage},
        lazy_parts::{self, LazyPart},
        list::ReleasesPage,
        release::ReleasePage,
        steps::StepsPage,
    },
};
use crate::{browser, components::ui::notice::Unavailable, error::AppError};
use leptos::prelude::*;
use leptos_router::ChooseView;
use std::cell::Cell;

thread_local! {
    /// Whether the part with the matrix and the one with all other pages are loaded.
    static LOADED: Cell<(bool, bool)> = const { Cell::new((false, false)) };
}

/// The page of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LazyPage {
    /// `/`
    Dashboard,
    /// `/clusters`
    Clusters,
    /// `/clusters/new`
    NewCluster,
    /// `/clusters/:id`
    Cluster,
    /// `/clusters/:id/edit`
    EditCluster,
    /// `/customers`
    Customers,
    /// `/customers/new`
    NewCustomer,
    /// `/customers/:id`
    Customer,
    /// `/customers/:id/edit`
    EditCustomer,
    /// `/releases`
    Releases,
    /// `/releases/new`
    NewRelease,
    /// `/releases/:id`
    Release,
    /// `/releases/:id/edit`
    EditRelease,
    /// `/releases/:id/steps`
    Steps,
    /// `/releases/:id/customer/:customer_id`
    CustomerSteps,
    /// `/activity`
    Activity,
    /// `/account`
    Account,
    /// `/users`
    Users,
    /// `/users/new`
    NewUser,
    /// `/users/:id/edit`
    EditUser,
}

/// The part with the matrix.
#[lazy]
fn matrix() -> AnyView {
    view! { <ReleasePage/> }.into_any()
}

/// The part with all other pages.
#[lazy]
fn records(page: LazyPage) -> AnyView {
    match page {
        LazyPage::Dashboard | LazyPage::Release => view! { <DashboardPage/> }.into_any(),
        LazyPage::Clusters => view! { <ClustersPage/> }.into_any(),
        LazyPage::NewCluster => view! { <NewClusterPage/> }.into_any(),
        LazyPage::Cluster => view! { <ClusterPage/> }.into_any(),
        LazyPage::EditCluster => view! { <EditClusterPage/> }.into_any(),
        LazyPage::Customers => view! { <CustomersPage/> }.into_any(),
        LazyPage::NewCustomer => view! { <NewCustomerPage/> }.into_any(),
        LazyPage::Customer => view! { <CustomerPage/> }.into_any(),
        LazyPage::EditCustomer => view! { <EditCustomerPage/> }.into_any(),
        LazyPage::Releases => view! { <ReleasesPage/> }.into_any(),
        LazyPage::NewRelease => view! { <NewReleasePage/> }.into_any(),
        LazyPage::EditRelease => view! { <EditReleasePage/> }.into_any(),
        LazyPage::Steps => view! { <StepsPage/> }.into_any(),
        LazyPage::CustomerSteps => view! { <CustomerStepsPage/> }.into_any(),
        LazyPage::Activity => view! { <ActivityPage/> }.into_any(),
        LazyPage::Account => view! { <AccountPage/> }.into_any(),
        LazyPage::Users => view! { <UsersPage/> }.into_any(),
        LazyPage::NewUser => view! { <NewUserPage/> }.into_any(),
        LazyPage::EditUser => view! { <EditUserPage/> }.into_any(),
    }
}

impl LazyPage {
    /// Whether the page is in the part with the matrix.
    fn is_matrix(self) -> bool {
        self == Self::Release
    }

    /// Whether the page's part is neither loaded nor can be. False on the server.
    fn is_out_of_reach(self) -> bool {
        let (matrix, records) = LOADED.get();
        let is_loaded = if self.is_matrix() { matrix } else { records };
        browser::dom::is_offline() && !is_loaded
    }

    /// Renders the page once its part is loaded.
    async fn load(self) -> AnyView {
        let view = if self.is_matrix() {
            if browser::dom::exists(lazy_parts::RENDERED_ON_SERVER) {
                lazy_parts::lazy_part(LazyPart::Preload).await;
            }
            matrix().await
        } else {
            records(self).await
        };
        let (matrix, records) = LOADED.get();
        let is_matrix = self.is_matrix();
        LOADED.set((matrix || is_matrix, records || !is_matrix));
        view
    }
}

/// In the place of a page whose link was opened without a connection, and whose part is not loaded yet: says so, and opens the page
/// once it is tried again with a connection. Loading the part would fail, and with it everything on the screen.
#[component]
fn OfflinePage(page: LazyPage) -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    let on_retry = Callback::new(move |()| tries.update(|it| *it += 1));
    move || {
        tries.track();
        if page.is_out_of_reach() {
            let error = AppError::Transport(String::new());
            view! { <Unavailable error=error on_retry=on_retry/> }.into_any()
        } else {
            Suspend::new(page.load()).into_any()
        }
    }
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        let page = self;
        if page.is_out_of_reach() {
            return view! { <OfflinePage page=page/> }.into_any();
        }
        page.load().await
    }

    /// Nothing to do: a part is loaded when one of its pages is opened.
    async fn preload(&self) {}
}
