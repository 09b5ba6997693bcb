//! A new customer, or the fields of one.
use super::paste::PastePage;
use crate::{
    api::{
        clusters::list_clusters,
        customers::{create_customer, read_customer, restore_customer, update_customer},
    },
    components::{customer_form::CustomerForm, layout::page_head::PageHead, ui::toast::Toasts},
    domain::{
        cluster::ClusterSummary,
        customer::CustomerDraft,
        id::{ClusterId, CustomerId},
    },
    pages::{
        SerialRequest,
        edit_conflict::{creating, editing},
        fetch::Fetch,
        goes_to, loaded, param,
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Has an inactive customer back, and goes there.
fn restoring(sending: SerialRequest) -> Callback<i64> {
    let (go, toasts) = (goes_to(), Toasts::here());
    Callback::new(move |id: i64| {
        let go = go.clone();
        sending.run(restore_customer(CustomerId(id)), move |it| {
            toasts.say(format!("Restored {}", it.row.name), None);
            go(&paths::customer(it.row.id));
        });
    })
}

/// With one cluster there is nothing to choose.
pub fn only(clusters: &[ClusterSummary]) -> Option<ClusterId> {
    match clusters {
        [only] => Some(only.cluster.id),
        _ => None,
    }
}

/// `/customers/new`, and `/customers/new?paste` for many at once.
#[component]
pub fn NewCustomerPage() -> impl IntoView {
    let query = use_query_map();
    let pastes = Memo::new(move |_| query.with(|it| it.get("paste").is_some()));
    let clusters = Fetch::new(|| (), |()| list_clusters(false));
    loaded(clusters, move |clusters| {
        move || {
            let clusters = clusters.clone();
            if clusters.is_empty() {
                no_cluster().into_any()
            } else if pastes.get() {
                view! { <PastePage clusters=clusters/> }.into_any()
            } else {
                view! { <NewCustomer clusters=clusters/> }.into_any()
            }
        }
    })
}

/// A customer needs somewhere to live.
fn no_cluster() -> impl IntoView {
    view! {
        <PageHead title="New customer" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]/>
        <div class="page__body">
            <div class="card empty">
                <p>"A customer is a namespace in a cluster, and there is no cluster yet. Add that first."</p>
                <a class="button" href=paths::NEW_CLUSTER>"Add cluster"</a>
            </div>
        </div>
    }
}

#[component]
fn NewCustomer(clusters: Vec<ClusterSummary>) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (goes_to(), Toasts::here());
    let submit = Callback::new(move |draft: CustomerDraft| {
        let go = go.clone();
        sending.run(create_customer(draft), move |it| {
            toasts.say(format!("Created {}", it.row.name), None);
            go(&paths::customer(it.row.id));
        });
    });
    let cluster_id = only(&clusters);
    view! {
        <PageHead title="New customer" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]>
            <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
        </PageHead>
        <div class="page__body">
            <CustomerForm
                draft=CustomerDraft { cluster_id, ..CustomerDraft::default() }
                clusters=clusters
                submit="Create customer"
                cancel=paths::CUSTOMERS
                asks=creating(sending, restoring(sending))
                on_submit=submit
            />
        </div>
    }
}

#[component]
pub fn EditCustomerPage() -> impl IntoView {
    let id = param::<CustomerId>("id");
    let both = Fetch::new(id, |id| async move {
        let customer = read_customer(id.unwrap_or(CustomerId(0))).await?;
        Ok((customer, list_clusters(true).await?))
    });
    let (go, toasts) = (goes_to(), Toasts::here());
    loaded(both, move |(it, clusters)| {
        let customer = it.customer;
        let (id, drawn_from) = (customer.id, customer.version);
        let version = RwSignal::new(drawn_from);
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: CustomerDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            sending.run(update_customer(id, draft, based_on), move |it| {
                toasts.say(format!("Saved {}", it.row.name), None);
                go(&paths::customer(it.row.id));
            });
        });
        let (asks, current) = editing(sending, version, restoring(sending), move || async move {
            let customer = read_customer(id).await?.customer;
            let version = customer.version;
            Ok((CustomerDraft::from(customer), version))
        });
        let clusters = clusters
            .into_iter()
            .filter(|it| it.cluster.is_active || it.cluster.id == customer.cluster_id)
            .collect();
        let crumbs = vec![
            ("Customers".into(), paths::CUSTOMERS.into()),
            (customer.name.clone(), paths::customer(id)),
        ];
        view! {
            <PageHead title=format!("Edit {}", customer.name) crumbs=crumbs/>
            <div class="page__body">
                <CustomerForm
                    version=drawn_from
                    draft=CustomerDraft::from(customer)
                    clusters=clusters
                    submit="Save changes"
                    cancel=paths::customer(id)
                    asks=asks
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
