//! A new cluster, or the fields of one.
use crate::{
    api::clusters::{create_cluster, read_cluster, update_cluster},
    components::{cluster_form::ClusterForm, layout::page_head::PageHead},
    domain::{cluster::ClusterDraft, id::ClusterId},
    pages::{Sending, fetch::Fetch, goes_to, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn NewClusterPage() -> impl IntoView {
    let sending = Sending::new();
    let go = goes_to();
    let submit = Callback::new(move |draft: ClusterDraft| {
        let go = go.clone();
        sending.run(create_cluster(draft), move |it| {
            go(&paths::cluster(it.row.id));
        });
    });
    view! {
        <PageHead title="New cluster" crumbs=vec![("Clusters".into(), paths::CLUSTERS.into())]/>
        <div class="page__body">
            <ClusterForm
                draft=ClusterDraft::default()
                submit="Create cluster"
                cancel=paths::CLUSTERS
                error=sending.error
                on_submit=submit
            />
        </div>
    }
}

#[component]
pub fn EditClusterPage() -> impl IntoView {
    let id = param::<ClusterId>("id");
    let cluster = Fetch::new(id, |id| async move {
        read_cluster(id.unwrap_or(ClusterId(0))).await
    });
    let go = goes_to();
    loaded(cluster, move |it| {
        let cluster = it.summary.cluster;
        let (id, version) = (cluster.id, cluster.version);
        let sending = Sending::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ClusterDraft| {
            let go = go.clone();
            sending.run(update_cluster(id, draft, version), move |it| {
                go(&paths::cluster(it.row.id));
            });
        });
        let crumbs = vec![
            ("Clusters".into(), paths::CLUSTERS.into()),
            (cluster.name.clone(), paths::cluster(id)),
        ];
        view! {
            <PageHead title=format!("Edit {}", cluster.name) crumbs=crumbs/>
            <div class="page__body">
                <ClusterForm
                    version=version
                    draft=ClusterDraft::from(cluster)
                    submit="Save changes"
                    cancel=paths::cluster(id)
                    error=sending.error
                    on_submit=submit
                />
            </div>
        }
    })
}
