//! Page with the list of clusters, `/clusters`.
use crate::{
    api::clusters::list_clusters,
    components::{
        layout::page_head::PageHead,
        list::{List, SearchBar, clusters::ClusterList, list_query::ListQuery},
        rights::Allowed,
        ui::icon::Icon,
    },
    domain::{cluster::ClusterSummary, permission::Permission},
    pages::{
        fetch::Fetch, list_url::list_query, loaded, new_records::NewRecords,
        refresh_on_change::refresh_on_change,
    },
    paths,
};
use leptos::prelude::*;

/// The page: fetches all clusters, active or not.
#[component]
pub fn ClustersPage() -> impl IntoView {
    let query = list_query(paths::CLUSTERS);
    let clusters = Fetch::new(|| (), |()| list_clusters(true));
    refresh_on_change(clusters.refetch_callback(), |_| true);
    let news = NewRecords::new(clusters.refetch_callback());
    loaded(clusters, move |mut all| {
        let new = news.hold_back(&mut all, |it| it.cluster.id.0, "cluster");
        show(all, query, new)
    })
}

/// The list with its search, or what to do while there are no clusters; `new` says that there are more.
fn show(all: Vec<ClusterSummary>, query: RwSignal<ListQuery>, new: AnyView) -> impl IntoView {
    let is_empty = all.is_empty();
    let n_inactive = all.iter().filter(|it| !it.cluster.is_active).count();
    let clusters = StoredValue::new(ClusterList::new(all));
    let rendered =
        Memo::new(move |_| query.with(|query| clusters.with_value(|it| it.render(query))));
    let summary = move || (!is_empty).then(|| rendered.with(|it| it.summary.clone()));
    view! {
        <PageHead title="Clusters" beside=move || view! { <span class="quiet" role="status">{summary}</span> }>
            {(!is_empty)
                .then(|| {
                    view! { <SearchBar path=paths::CLUSTERS query=query label="Filter clusters" n_inactive=n_inactive/> }
                })}
            <Allowed permission=Permission::Clusters>
                <a class="button rancher-only" href=paths::IMPORT_RANCHER>"Import from Rancher…"</a>
                <a class="button" data-kind="ink" href=paths::NEW_CLUSTER>
                    <Icon name="i-plus"/>
                    "New cluster"
                </a>
            </Allowed>
        </PageHead>
        <div class="page__body stack">
            {new}
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"Clusters hold your customers' namespaces. Add the first one, then its customers."</p>
                        <Allowed permission=Permission::Clusters>
                            <a class="button" href=paths::NEW_CLUSTER>"Add cluster"</a>
                        </Allowed>
                    </div>
                }
                    .into_any()
            } else {
                view! { <List query=query rendered=rendered/> }.into_any()
            }}
        </div>
    }
}
