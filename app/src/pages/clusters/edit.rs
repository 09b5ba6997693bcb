//! Pages with the form of a cluster: `/clusters/new` and `/clusters/:id/edit`.
use crate::{
    api::clusters::{create_cluster, read_cluster, restore_cluster, update_cluster},
    components::{
        cluster_form::ClusterForm, layout::page_head::PageHead, record_form::FormFrame,
        ui::toast::Toasts,
    },
    domain::{cluster::ClusterDraft, event::Entity, id::ClusterId},
    pages::{
        SerialRequest,
        edit_conflict::{create_requests, edit_requests},
        fetch::Fetch,
        is_first, loaded, navigator, param,
    },
    paths,
};
use leptos::prelude::*;

/// Restores an inactive cluster and opens its page.
fn restore_request(sending: SerialRequest) -> Callback<i64> {
    let (go, toasts) = (navigator(), Toasts::from_context());
    Callback::new(move |id: i64| {
        let go = go.clone();
        sending.run(restore_cluster(ClusterId(id)), move |it| {
            toasts.show(format!("Restored {}", it.row.name), None);
            go(&paths::cluster(it.row.id));
        });
    })
}

/// The form for a new cluster.
#[component]
pub fn NewClusterPage() -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (navigator(), Toasts::from_context());
    let is_first = is_first();
    let submit = Callback::new(move |draft: ClusterDraft| {
        let go = go.clone();
        sending.run(create_cluster(draft), move |it| {
            toasts.show(format!("Created {}", it.row.name), None);
            if is_first {
                go(paths::DASHBOARD);
            } else {
                go(&paths::cluster(it.row.id));
            }
        });
    });
    let frame = FormFrame {
        version: None,
        submit_label: "Create cluster".into(),
        cancel_path: paths::CLUSTERS.into(),
        requests: create_requests(sending, restore_request(sending)),
    };
    view! {
        <PageHead title="New cluster" crumbs=vec![("Clusters".into(), paths::CLUSTERS.into())]/>
        <div class="page__body">
            <ClusterForm
                draft=ClusterDraft::default()
                frame=frame
                on_submit=submit
            />
        </div>
    }
}

/// The form of an existing cluster.
#[component]
pub fn EditClusterPage() -> impl IntoView {
    let id = param::<ClusterId>("id");
    let cluster = Fetch::new(id, |id| async move {
        read_cluster(id.unwrap_or(ClusterId(0))).await
    });
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(cluster, move |it| {
        let cluster = it.summary.cluster;
        let (id, version_read) = (cluster.id, cluster.version);
        let version = RwSignal::new(version_read);
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: ClusterDraft| {
            let go = go.clone();
            let based_on = version.get_untracked();
            sending.run(update_cluster(id, draft, based_on), move |it| {
                toasts.show(format!("Saved {}", it.row.name), None);
                go(&paths::cluster(it.row.id));
            });
        });
        let (requests, current) = edit_requests(
            (Entity::Cluster, id.0),
            sending,
            version,
            restore_request(sending),
            move || async move {
                let cluster = read_cluster(id).await?.summary.cluster;
                let version = cluster.version;
                Ok((ClusterDraft::from(cluster), version))
            },
        );
        let crumbs = vec![
            ("Clusters".into(), paths::CLUSTERS.into()),
            (cluster.name.clone(), paths::cluster(id)),
        ];
        let frame = FormFrame {
            version: Some(version_read),
            submit_label: "Save changes".into(),
            cancel_path: paths::cluster(id),
            requests,
        };
        view! {
            <PageHead title=format!("Edit {}", cluster.name) crumbs=crumbs/>
            <div class="page__body">
                <ClusterForm
                    draft=ClusterDraft::from(cluster)
                    frame=frame
                    current=current
                    on_submit=submit
                />
            </div>
        }
    })
}
