//! One customer: where it lives, its variables, every release that it is part of.
use crate::{
    api::customers::{deactivate_customer, read_customer, restore_customer},
    components::{
        layout::page_head::PageHead,
        ui::{bar::Bar, notice::Failure},
    },
    domain::{
        id::CustomerId,
        summary::{CustomerDetail, CustomerRelease},
    },
    pages::{
        Sending, clusters::detail::variables, dashboard::percent, fetch::Fetch, loaded, param,
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn CustomerPage() -> impl IntoView {
    let id = param::<CustomerId>("id");
    let customer = Fetch::new(id, |id| async move {
        read_customer(id.unwrap_or(CustomerId(0))).await
    });
    let sending = Sending::new();
    loaded(customer, move |it| show(it, customer, sending))
}

fn show(it: CustomerDetail, resource: Fetch<CustomerDetail>, sending: Sending) -> impl IntoView {
    let CustomerDetail {
        customer,
        cluster,
        releases,
    } = it;
    let (id, is_active) = (customer.id, customer.is_active);
    let toggle = move |_| {
        if is_active {
            sending.run(deactivate_customer(id), move |_| resource.refetch());
        } else {
            sending.run(restore_customer(id), move |_| resource.refetch());
        }
    };
    let hue = cluster.hue();
    let (cluster_name, cluster_id) = (cluster.name.clone(), cluster.id);
    let badge = move || {
        let name = cluster_name.clone();
        view! {
            <span class="place" data-cluster=hue>
                <a href=paths::cluster(cluster_id)>{name}</a>
            </span>
            {(!is_active).then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    let customer_id = customer.id;
    view! {
        <PageHead title=customer.name.clone() crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())] beside=badge>
            <button class="button" data-kind="ghost" on:click=toggle>
                {if is_active { "Deactivate" } else { "Restore" }}
            </button>
            <a class="button" href=paths::edit_customer(id)>"Edit"</a>
        </PageHead>
        <div class="page__body stack">
            <Failure error=sending.error/>
            <dl class="facts card">
                <div>
                    <dt>"Namespace"</dt>
                    <dd class="mono">{customer.namespace}</dd>
                </div>
                {customer.description.map(|it| view! { <div><dt>"Description"</dt><dd>{it}</dd></div> })}
                {variables(&customer.metadata)}
            </dl>
            <section aria-labelledby="releases">
                <div class="section__head">
                    <h2 id="releases">"Releases"</h2>
                    <span class="count">{releases.len()}</span>
                </div>
                {if releases.is_empty() {
                    view! { <div class="card empty"><p>"This customer is in no release yet."</p></div> }.into_any()
                } else {
                    view! {
                        <div class="card">
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Release"</th>
                                        <th scope="col">"Status"</th>
                                        <th scope="col">"Progress"</th>
                                    </tr>
                                </thead>
                                <tbody>{releases.into_iter().map(|it| row(it, customer_id)).collect_view()}</tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
            </section>
        </div>
    }
}

fn row(it: CustomerRelease, customer: CustomerId) -> impl IntoView {
    view! {
        <tr>
            <td>
                <a href=paths::customer_steps(it.release.id, customer)>
                    <b class="label">{it.release.name}</b>
                </a>
            </td>
            <td class="muted">{it.release.status.as_str()}</td>
            <td>
                <span class="row cellbar">
                    <Bar counts=it.progress.counts/>
                    <span class="num small">{percent(&it.progress)}</span>
                </span>
            </td>
        </tr>
    }
}
