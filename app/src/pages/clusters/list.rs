//! All clusters.
use crate::{
    api::clusters::list_clusters,
    components::{layout::page_head::PageHead, ui::icon::Icon},
    domain::cluster::ClusterSummary,
    pages::{fetch::Fetch, loaded},
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ClustersPage() -> impl IntoView {
    let query = use_query_map();
    let inactive = Memo::new(move |_| query.with(|it| it.get("inactive").is_some()));
    let clusters = Fetch::new(move || inactive.get(), list_clusters);
    loaded(clusters, move |clusters| {
        let is_empty = clusters.is_empty();
        let shows = inactive.get_untracked();
        view! {
            <PageHead title="Clusters">
                <a
                    class="button"
                    href=if shows { paths::CLUSTERS.to_owned() } else { format!("{}?inactive", paths::CLUSTERS) }
                >
                    {if shows { "Hide inactive" } else { "Show inactive" }}
                </a>
                <a class="button" data-kind="ink" href=paths::NEW_CLUSTER>
                    <Icon name="i-plus"/>
                    "New cluster"
                </a>
            </PageHead>
            <div class="page__body">
                {if is_empty {
                    view! {
                        <div class="card empty">
                            <p>"A cluster is where customers live. Add the first one, then its customers."</p>
                            <a class="button" href=paths::NEW_CLUSTER>"Add cluster"</a>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="card">
                            <table class="table">
                                <thead>
                                    <tr>
                                        <th scope="col">"Cluster"</th>
                                        <th scope="col">"Kubeconfig path"</th>
                                        <th scope="col" class="num">"Variables"</th>
                                        <th scope="col" class="num">"Customers"</th>
                                    </tr>
                                </thead>
                                <tbody>{clusters.into_iter().map(row).collect_view()}</tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
            </div>
        }
    })
}

fn row(it: ClusterSummary) -> impl IntoView {
    let hue = it.cluster.hue();
    let cluster = it.cluster;
    view! {
        <tr data-off=(!cluster.is_active).then_some("")>
            <td>
                <span class="place" data-cluster=hue>
                    <a href=paths::cluster(cluster.id)>{cluster.name}</a>
                </span>
                {(!cluster.is_active).then(|| view! { " "<span class="badge">"Inactive"</span> })}
            </td>
            <td class="mono muted">{cluster.kubeconfig_path}</td>
            <td class="num muted">{cluster.metadata.0.len()}</td>
            <td class="num muted">{it.active_customers}</td>
        </tr>
    }
}
