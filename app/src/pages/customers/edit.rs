//! A new customer, or the fields of one.
use crate::{
    api::{
        clusters::list_clusters,
        customers::{create_customer, read_customer, update_customer},
    },
    components::{customer_form::CustomerForm, layout::page_head::PageHead},
    domain::{customer::CustomerDraft, id::CustomerId},
    pages::{Sending, fetch::Fetch, goes_to, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn NewCustomerPage() -> impl IntoView {
    let clusters = Fetch::new(|| (), |()| list_clusters(false));
    let go = goes_to();
    loaded(clusters, move |clusters| {
        let sending = Sending::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: CustomerDraft| {
            let go = go.clone();
            sending.run(create_customer(draft), move |it| {
                go(&paths::customer(it.row.id));
            });
        });
        // With one cluster there is nothing to choose.
        let cluster_id = if let [only] = clusters.as_slice() {
            Some(only.cluster.id)
        } else {
            None
        };
        view! {
            <PageHead title="New customer" crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())]/>
            <div class="page__body">
                <CustomerForm
                    draft=CustomerDraft { cluster_id, ..CustomerDraft::default() }
                    clusters=clusters
                    submit="Create customer"
                    cancel=paths::CUSTOMERS
                    error=sending.error
                    on_submit=submit
                />
            </div>
        }
    })
}

#[component]
pub fn EditCustomerPage() -> impl IntoView {
    let id = param::<CustomerId>("id");
    let both = Fetch::new(id, |id| async move {
        let customer = read_customer(id.unwrap_or(CustomerId(0))).await?;
        Ok((customer, list_clusters(true).await?))
    });
    let go = goes_to();
    loaded(both, move |(it, clusters)| {
        let customer = it.customer;
        let (id, version) = (customer.id, customer.version);
        let sending = Sending::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: CustomerDraft| {
            let go = go.clone();
            sending.run(update_customer(id, draft, version), move |it| {
                go(&paths::customer(it.row.id));
            });
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
                    version=version
                    draft=CustomerDraft::from(customer)
                    clusters=clusters
                    submit="Save changes"
                    cancel=paths::customer(id)
                    error=sending.error
                    on_submit=submit
                />
            </div>
        }
    })
}
