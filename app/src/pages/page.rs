//! The pages by name, each loaded when it is first opened: the matrix is one part of the WASM, all the others another.
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
    releases::{
        aside::{self, Aside},
        customer::CustomerStepsPage,
        edit::{EditReleasePage, NewReleasePage},
        list::ReleasesPage,
        release::ReleasePage,
        steps::StepsPage,
    },
};
use crate::browser;
use leptos::prelude::*;
use leptos_router::ChooseView;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Dashboard,
    Clusters,
    NewCluster,
    Cluster,
    EditCluster,
    Customers,
    NewCustomer,
    Customer,
    EditCustomer,
    Releases,
    NewRelease,
    Release,
    EditRelease,
    Steps,
    CustomerSteps,
    Activity,
}

#[lazy]
fn matrix() -> AnyView {
    view! { <ReleasePage/> }.into_any()
}

/// What one keeps in order.
#[lazy]
fn records(page: Page) -> AnyView {
    match page {
        Page::Dashboard | Page::Release => view! { <DashboardPage/> }.into_any(),
        Page::Clusters => view! { <ClustersPage/> }.into_any(),
        Page::NewCluster => view! { <NewClusterPage/> }.into_any(),
        Page::Cluster => view! { <ClusterPage/> }.into_any(),
        Page::EditCluster => view! { <EditClusterPage/> }.into_any(),
        Page::Customers => view! { <CustomersPage/> }.into_any(),
        Page::NewCustomer => view! { <NewCustomerPage/> }.into_any(),
        Page::Customer => view! { <CustomerPage/> }.into_any(),
        Page::EditCustomer => view! { <EditCustomerPage/> }.into_any(),
        Page::Releases => view! { <ReleasesPage/> }.into_any(),
        Page::NewRelease => view! { <NewReleasePage/> }.into_any(),
        Page::EditRelease => view! { <EditReleasePage/> }.into_any(),
        Page::Steps => view! { <StepsPage/> }.into_any(),
        Page::CustomerSteps => view! { <CustomerStepsPage/> }.into_any(),
        Page::Activity => view! { <ActivityPage/> }.into_any(),
    }
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        match self {
            Self::Release => {
                if browser::dom::has(aside::MARK) {
                    aside::aside(Aside::Nothing).await;
                }
                matrix().await
            }
            _ => records(self).await,
        }
    }

    /// The document asks for all parts as soon as it is idle: see `shell`.
    async fn preload(&self) {}
}
