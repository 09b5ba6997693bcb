//! One cluster and its customers.
use crate::{
    api::clusters::{deactivate_cluster, read_cluster, restore_cluster},
    components::{layout::page_head::PageHead, ui::notice::Failure},
    domain::{customer::CustomerSummary, id::ClusterId, summary::ClusterDetail, text::Metadata},
    pages::{Sending, fetch::Fetch, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn ClusterPage() -> impl IntoView {
    let id = param::<ClusterId>("id");
    let cluster = Fetch::new(id, |id| async move {
        read_cluster(id.unwrap_or(ClusterId(0))).await
    });
    let sending = Sending::new();
    loaded(cluster, move |it| show(it, cluster, sending))
}

fn show(it: ClusterDetail, resource: Fetch<ClusterDetail>, sending: Sending) -> impl IntoView {
    let ClusterDetail { summary, customers } = it;
    let hue = summary.cluster.hue();
    let cluster = summary.cluster;
    let (id, is_active) = (cluster.id, cluster.is_active);
    let toggle = move |_| {
        if is_active {
            sending.run(deactivate_cluster(id), move |_| resource.refetch());
        } else {
            sending.run(restore_cluster(id), move |_| resource.refetch());
        }
    };
    let name = cluster.name.clone();
    let badge = move || {
        let name = name.clone();
        view! {
            <span class="place" data-cluster=hue>{name}</span>
            {(!is_active).then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    view! {
        <PageHead title=cluster.name.clone() crumbs=vec![("Clusters".into(), paths::CLUSTERS.into())] beside=badge>
            <button class="button" data-kind="ghost" on:click=toggle>
                {if is_active { "Deactivate" } else { "Restore" }}
            </button>
            <a class="button" href=paths::edit_cluster(id)>"Edit"</a>
        </PageHead>
        <div class="page__body stack">
            <Failure error=sending.error/>
            <dl class="facts card">
                <div>
                    <dt>"Kubeconfig path"</dt>
                    <dd class="mono">{cluster.kubeconfig_path.unwrap_or_else(|| "not set".into())}</dd>
                </div>
                {cluster.description.map(|it| view! { <div><dt>"Description"</dt><dd>{it}</dd></div> })}
                {variables(&cluster.metadata)}
            </dl>
            <section aria-labelledby="customers">
                <div class="section__head">
                    <h2 id="customers">"Customers"</h2>
                    <span class="count">{summary.active_customers}</span>
                </div>
                {if customers.is_empty() {
                    view! {
                        <div class="card empty">
                            <p>"No customer lives in this cluster yet."</p>
                            <a class="button" href=paths::NEW_CUSTOMER>"Add customer"</a>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="card">
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Customer"</th>
                                        <th scope="col">"Namespace"</th>
                                        <th scope="col" class="num">"Variables"</th>
                                    </tr>
                                </thead>
                                <tbody>{customers.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
            </section>
        </div>
    }
}

/// The variables, as facts of a page.
pub fn variables(metadata: &Metadata) -> impl IntoView + use<> {
    let rows = metadata
        .0
        .iter()
        .map(|(key, value)| view! { <dt class="mono">{key.clone()}</dt><dd class="mono">{value.to_string()}</dd> })
        .collect_view();
    (!metadata.0.is_empty()).then(|| {
        view! {
            <div>
                <dt>"Variables"</dt>
                <dd>
                    <dl class="origins">{rows}</dl>
                </dd>
            </div>
        }
    })
}

fn row(it: CustomerSummary) -> impl IntoView {
    view! {
        <tr data-off=(!it.is_active).then_some("")>
            <td>
                <a href=paths::customer(it.id)>
                    <b class="label">{it.name}</b>
                </a>
                {(!it.is_active).then(|| view! { " "<span class="badge">"Inactive"</span> })}
            </td>
            <td class="mono muted">{it.namespace}</td>
            <td class="num muted">{it.variables}</td>
        </tr>
    }
}
