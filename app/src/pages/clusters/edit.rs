//! A new cluster, or the fields of one.
use crate::{
    api::clusters::{create_cluster, read_cluster, restore_cluster, update_cluster},
    components::{cluster_form::ClusterForm, layout::page_head::PageHead, ui::toast::Toasts},
    domain::{cluster::ClusterDraft, id::ClusterId},
    pages::{
        SerialRequest,
        edit_conflict::{creating, editing},
        fetch::Fetch,
        goes_to, loaded, param,
    },
    paths,
};
use leptos::prelude::*;

/// Has an inactive cluster back, and goes there.
fn restoring(sending: SerialRequest) -> Callback<i64> {
    let (go, toasts) = (goes_to(), Toasts::here());
    Callback::new(move |id: i64| {
        let go = go.clone();
        sending.run(restore_cluster(ClusterId(id)), move |it| {
            toasts.say(format!("Restored {}", it.row.name), None);
            go(&paths::cluster(it.row.id));
        });
    })
}

#[component]
pub fn NewClusterPage() -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (goes_to(), Toasts::here());
    let submit = Callback::new(move |draft: ClusterDraft| {
        let go = go.clone();
        sending.run(create_cluster(draft), move |it| {
            toasts.say(format!("Created {}", it.row.name), None);
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
                asks=creating(sending, restoring(sending))
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
    let (go, toasts) = (goes_to(), Toasts::here());
    loaded(cluster, move |it| {
        let cluster = it.summary.cluster;
        let (id, drawn_from) = (cluster.id, cluster.version);
        let version = RwSignal::new(drawn_from);
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ClusterDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            sending.run(update_cluster(id, draft, based_on), move |it| {
                toasts.say(format!("Saved {}", it.row.name), None);
                go(&paths::cluster(it.row.id));
            });
        });
        let (asks, current) = editing(sending, version, restoring(sending), move || async move {
            let cluster = read_cluster(id).await?.summary.cluster;
            let version = cluster.version;
            Ok((ClusterDraft::from(cluster), version))
        });
        let crumbs = vec![
            ("Clusters".into(), paths::CLUSTERS.into()),
            (cluster.name.clone(), paths::cluster(id)),
        ];
        view! {
            <PageHead title=format!("Edit {}", cluster.name) crumbs=crumbs/>
            <div class="page__body">
                <ClusterForm
                    version=drawn_from
                    draft=ClusterDraft::from(cluster)
                    submit="Save changes"
                    cancel=paths::cluster(id)
                    asks=asks
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
