//! All clusters.
use crate::{
    api::clusters::list_clusters,
    components::{
        layout::page_head::PageHead,
        list::{List, ListQuery, SearchBar, clusters::ClusterList},
        ui::icon::Icon,
    },
    domain::cluster::ClusterSummary,
    pages::{fetch::Fetch, list_address::listing, loaded},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn ClustersPage() -> impl IntoView {
    let wanted = listing(paths::CLUSTERS);
    let clusters = Fetch::new(|| (), |()| list_clusters(true));
    loaded(clusters, move |it| show(it, wanted))
}

fn show(all: Vec<ClusterSummary>, wanted: RwSignal<ListQuery>) -> impl IntoView {
    let is_empty = all.is_empty();
    let n_inactive = all.iter().filter(|it| !it.cluster.is_active).count();
    let clusters = StoredValue::new(ClusterList::new(all));
    let drawn = Memo::new(move |_| wanted.with(|wanted| clusters.with_value(|it| it.draw(wanted))));
    let said = move || (!is_empty).then(|| drawn.with(|it| it.said.clone()));
    view! {
        <PageHead title="Clusters" beside=move || view! { <span class="quiet" role="status">{said}</span> }>
            {(!is_empty)
                .then(|| {
                    view! { <SearchBar path=paths::CLUSTERS wanted=wanted label="Filter clusters" n_inactive=n_inactive/> }
                })}
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
                view! { <List wanted=wanted drawn=drawn/> }.into_any()
            }}
        </div>
    }
}
