//! Pages with the form of a customer: `/customers/new`, which is also the way to the import, and `/customers/:id/edit`.
use super::{
    customer_import::CustomerImportPage, only_cluster::only_cluster,
    rancher_import::RancherImportPage,
};
use crate::{
    api::{
        clusters::list_clusters,
        customers::{create_customer, read_customer, restore_customer, update_customer},
    },
    components::{
        customer_form::CustomerForm, layout::page_head::PageHead, record_form::FormFrame,
        ui::toast::Toasts,
    },
    domain::{cluster::ClusterSummary, customer::CustomerDraft, event::Entity, id::CustomerId},
    pages::{
        SerialRequest,
        edit_conflict::{create_requests, edit_requests},
        fetch::Fetch,
        is_first, loaded, navigator, param,
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Restores an inactive customer and opens its page.
fn restore_request(sending: SerialRequest) -> Callback<i64> {
    let (go, toasts) = (navigator(), Toasts::from_context());
    Callback::new(move |id: i64| {
        let go = go.clone();
        sending.run(restore_customer(CustomerId(id)), move |it| {
            toasts.show(format!("Restored {}", it.row.name), None);
            go(&paths::customer(it.row.id));
        });
    })
}

/// `/customers/new`: the form for one customer, or with `?paste` the import of many. Both need a cluster to exist. With `?rancher` the
/// import from Rancher, which creates clusters too.
#[component]
pub fn NewCustomerPage() -> impl IntoView {
    let query = use_query_map();
    let pastes = Memo::new(move |_| query.with(|it| it.get("paste").is_some()));
    let is_rancher = Memo::new(move |_| query.with(|it| it.get("rancher").is_some()));
    let clusters = Fetch::new(|| (), |()| list_clusters(false));
    loaded(clusters, move |clusters| {
        move || {
            let clusters = clusters.clone();
            if is_rancher.get() {
                view! { <RancherImportPage/> }.into_any()
            } else if clusters.is_empty() {
                no_cluster().into_any()
            } else if pastes.get() {
                view! { <CustomerImportPage clusters=clusters/> }.into_any()
            } else {
                view! { <NewCustomer clusters=clusters/> }.into_any()
            }
        }
    })
}

/// Shown while there is no cluster: a customer belongs to one.
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

/// The form for a new customer.
#[component]
fn NewCustomer(clusters: Vec<ClusterSummary>) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (navigator(), Toasts::from_context());
    let is_first = is_first();
    let submit = Callback::new(move |draft: CustomerDraft| {
        let go = go.clone();
        sending.run(create_customer(draft), move |it| {
            toasts.show(format!("Created {}", it.row.name), None);
            if is_first {
                go(paths::DASHBOARD);
            } else {
                go(&paths::customer(it.row.id));
            }
        });
    });
    let cluster_id = only_cluster(&clusters);
    let frame = FormFrame {
        version: None,
        submit_label: "Create customer".into(),
        cancel_path: paths::CUSTOMERS.into(),
        requests: create_requests(sending, restore_request(sending)),
    };
    view! {
        <PageHead title="New customer" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]>
            <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
        </PageHead>
        <div class="page__body">
            <CustomerForm
                draft=CustomerDraft { cluster_id, ..CustomerDraft::default() }
                clusters=clusters
                frame=frame
                on_submit=submit
            />
        </div>
    }
}

/// The form of an existing customer.
#[component]
pub fn EditCustomerPage() -> impl IntoView {
    let id = param::<CustomerId>("id");
    let both = Fetch::new(id, |id| async move {
        let customer = read_customer(id.unwrap_or(CustomerId(0))).await?;
        Ok((customer, list_clusters(true).await?))
    });
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(both, move |(it, clusters)| {
        let customer = it.customer;
        let (id, version_read) = (customer.id, customer.version);
        let version = RwSignal::new(version_read);
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: CustomerDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            sending.run(update_customer(id, draft, based_on), move |it| {
                toasts.show(format!("Saved {}", it.row.name), None);
                go(&paths::customer(it.row.id));
            });
        });
        let (requests, current) = edit_requests(
            (Entity::Customer, id.0),
            sending,
            version,
            restore_request(sending),
            move || async move {
                let customer = read_customer(id).await?.customer;
                let version = customer.version;
                Ok((CustomerDraft::from(customer), version))
            },
        );
        let clusters = clusters
            .into_iter()
            .filter(|it| it.cluster.is_active || it.cluster.id == customer.cluster_id)
            .collect();
        let crumbs = vec![
            ("Customers".into(), paths::CUSTOMERS.into()),
            (customer.name.clone(), paths::customer(id)),
        ];
        let frame = FormFrame {
            version: Some(version_read),
            submit_label: "Save changes".into(),
            cancel_path: paths::customer(id),
            requests,
        };
        view! {
            <PageHead title=format!("Edit {}", customer.name) crumbs=crumbs/>
            <div class="page__body">
                <CustomerForm
                    draft=CustomerDraft::from(customer)
                    clusters=clusters
                    frame=frame
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
