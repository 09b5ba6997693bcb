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
    offline_page::{OfflinePage, OfflinePageProps, is_out_of_reach, note_loaded},
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
use crate::browser;
use leptos::prelude::*;
use leptos_router::ChooseView;

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
    pub fn is_matrix(self) -> bool {
        self == Self::Release
    }

    /// Renders the page once its part is loaded.
    pub async fn load(self) -> AnyView {
        let view = if self.is_matrix() {
            if browser::dom::exists(lazy_parts::RENDERED_ON_SERVER) {
                lazy_parts::lazy_part(LazyPart::Preload).await;
            }
            matrix().await
        } else {
            records(self).await
        };
        note_loaded(self.is_matrix());
        view
    }
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        if is_out_of_reach(self.is_matrix()) {
            return OfflinePage(OfflinePageProps { page: self }).into_any();
        }
        self.load().await
    }

    /// Nothing to do: a part is loaded when one of its pages is opened.
    async fn preload(&self) {}
}
