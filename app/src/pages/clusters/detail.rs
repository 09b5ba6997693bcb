//! Page of one cluster, `/clusters/:id`: its facts, its customers, and the releases that they are in.
use crate::{
    api::{
        clusters::{deactivate_cluster, read_cluster, restore_cluster},
        releases::remove_customers,
    },
    browser::own_counts,
    components::{
        deactivate_dialog::{DeactivateDialog, open_work_text},
        layout::page_head::PageHead,
        list::customers::cluster_customers_html,
        record_work::{last_changed, record_work},
        removal_dialog::{RemovalDialog, RemovalQuestion, removal_button},
        rights::Allowed,
        ui::{
            bar::Bar,
            notice::Failure,
            toast::{Restorable, Toasts},
        },
        variables_facts::variables_facts,
    },
    domain::{
        customer::CustomerSummary,
        digit_groups::grouped,
        id::ClusterId,
        permission::Permission,
        plural::pluralize,
        progress::NO_STEPS,
        summary::{ClusterDetail, ClusterRelease},
        vocabulary::ReleaseStatus,
    },
    pages::{
        SerialRequest, fetch::Fetch, loaded, param, refresh_on_change::refresh_on_change,
        releases::list::status_badge,
    },
    paths,
};
use leptos::prelude::*;

/// How many customers are listed; the list of customers has all.
const CUSTOMERS_SHOWN_MAX: usize = 200;

/// The page.
#[component]
pub fn ClusterPage() -> impl IntoView {
    let id = param::<ClusterId>("id");
    let cluster = Fetch::new(id, |id| async move {
        read_cluster(id.unwrap_or(ClusterId(0))).await
    });
    refresh_on_change(cluster.refetch_callback(), |_| true);
    Toasts::from_context().reload_with(cluster.refetch_callback());
    let sending = SerialRequest::new();
    loaded(cluster, move |it| show(it, cluster, sending))
}

/// The cluster's facts, releases and customers.
fn show(
    it: ClusterDetail,
    resource: Fetch<ClusterDetail>,
    sending: SerialRequest,
) -> impl IntoView {
    let ClusterDetail {
        summary,
        customers,
        releases,
        work,
        changed,
    } = it;
    let hue = summary.cluster.hue();
    let n_active = summary.active_customers;
    let cluster = summary.cluster;
    let (id, is_active) = (cluster.id, cluster.is_active);
    let toasts = Toasts::from_context();
    let (asks, deactivating) = (RwSignal::new(false), SerialRequest::new());
    let on_deactivate = Callback::new(move |()| {
        deactivating.run(deactivate_cluster(id), move |it| {
            asks.set(false);
            let text = format!("Deactivated {}", it.row.name);
            toasts.show_restorable(text, Restorable::Cluster(id));
            own_counts::tell();
            resource.refetch();
        });
    });
    let at_work = releases
        .iter()
        .filter(|it| it.status == ReleaseStatus::Active);
    let open = open_work_text(at_work.map(|it| it.progress.counts));
    let open_work = format!("{}. {open}", pluralize(n_active, "active customer"));
    let first = (n_active > 0).then(|| {
        let customers = pluralize(n_active, "customer");
        (customers, paths::customers_of(id))
    });
    let toggle = move |_| {
        if is_active {
            asks.set(true);
        } else {
            sending.run(restore_cluster(id), move |it| {
                toasts.show(format!("Restored {}", it.row.name), None);
                own_counts::tell();
                resource.refetch();
            });
        }
    };
    let asked = RwSignal::new(None::<RemovalQuestion>);
    let on_remove = Callback::new(move |it: RemovalQuestion| {
        let text = format!("Removed {} from {}", it.who, it.from);
        sending.run(remove_customers(it.release, it.customers), move |_| {
            toasts.show(text, None);
            resource.refetch();
        });
    });
    let name = cluster.name.clone();
    let badge = move || {
        let customers = pluralize(n_active as usize, "customer");
        view! {
            <span class="place" data-cluster=hue>{customers}</span>
            {(!is_active).then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    let all = paths::customers_of(id);
    let activity = paths::with_query(paths::ACTIVITY.to_owned(), &[("cluster", id.to_string())]);
    view! {
        <PageHead
            title=cluster.name.clone()
            crumbs=vec![("Clusters".into(), paths::CLUSTERS.into())]
            beside=badge
        >
            <a class="button" data-kind="ghost" href=activity>"Activity"</a>
            <Allowed permission=Permission::Clusters>
                <button class="button live-only" data-kind="ghost" on:click=toggle>
                    {if is_active { "Deactivate" } else { "Restore" }}
                </button>
                <a class="button" href=paths::edit_cluster(id)>"Edit"</a>
            </Allowed>
        </PageHead>
        <div class="page__body stack">
            <Failure error=sending.error/>
            <DeactivateDialog
                open=asks
                name=cluster.name.clone()
                work=open_work
                after="You can restore it."
                first=first
                error=deactivating.error
                is_busy=deactivating.is_busy()
                on_deactivate=on_deactivate
            />
            <dl class="facts card">
                <div>
                    <dt>"Kubeconfig path"</dt>
                    <dd class="mono">{cluster.kubeconfig_path.unwrap_or_else(|| "not set".into())}</dd>
                </div>
                {cluster.context.map(|it| view! { <div><dt>"kubectl context"</dt><dd class="mono">{it}</dd></div> })}
                <div>
                    <dt>"Runs at once"</dt>
                    <dd>{cluster.max_parallel}</dd>
                </div>
                {cluster.description.map(|it| view! { <div><dt>"Description"</dt><dd class="kept-lines">{it}</dd></div> })}
                {variables_facts(&cluster.metadata, &[])}
                {last_changed(cluster.updated_at, changed)}
            </dl>
            {record_work(work, true)}
            <section aria-labelledby="releases">
                <div class="section__head">
                    <h2 id="releases">"Releases"</h2>
                    <span class="count">{releases.len()}</span>
                </div>
                {if releases.is_empty() {
                    view! { <div class="card empty"><p>"Not in any release."</p></div> }.into_any()
                } else {
                    view! {
                        <div class="card scroll-x">
                            <table class="table stacked">
                                <thead>
                                    <tr>
                                        <th scope="col">"Release"</th>
                                        <th scope="col">"Status"</th>
                                        <th scope="col" class="num">"Customers"</th>
                                        <th scope="col">"Progress"</th>
                                        <td></td>
                                    </tr>
                                </thead>
                                <tbody>
                                    {releases.into_iter().map(|it| release_row(it, id, &name, asked)).collect_view()}
                                </tbody>
                            </table>
                        </div>
                    }
                        .into_any()
                }}
            </section>
            {customers_section(&customers, n_active, all)}
            <RemovalDialog asked=asked on_remove=on_remove/>
        </div>
    }
}

/// The cluster's first customers, with a link to all of them.
fn customers_section(
    customers: &[CustomerSummary],
    n_active: u32,
    all: String,
) -> impl IntoView + use<> {
    view! {
        <section aria-labelledby="customers">
            <div class="section__head">
                <h2 id="customers">"Customers"</h2>
                <span class="count">{grouped(n_active as usize)}</span>
                <a class="link small push" href=all>"View all"</a>
            </div>
            {if customers.is_empty() {
                view! {
                    <div class="card empty">
                        <p>"No customers yet. Add one, or paste from kubectl get ns."</p>
                        <Allowed permission=Permission::Customers>
                            <div class="row">
                                <a class="button" href=paths::NEW_CUSTOMER>"Add customer"</a>
                                <a class="button" href=paths::PASTE_CUSTOMERS>"Paste customers…"</a>
                            </div>
                        </Allowed>
                    </div>
                }
                    .into_any()
            } else {
                let n = customers.len();
                let html = cluster_customers_html(&customers[..n.min(CUSTOMERS_SHOWN_MAX)]);
                view! {
                    <div class="card scroll-x" inner_html=html></div>
                    {(n > CUSTOMERS_SHOWN_MAX).then(|| view! { <p class="quiet small pager">{format!("Showing {CUSTOMERS_SHOWN_MAX} of {}", grouped(n))}</p> })}
                }
                    .into_any()
            }}
        </section>
    }
}

/// A release with the progress of this cluster, and a button that removes the cluster's customers from it.
fn release_row(
    it: ClusterRelease,
    cluster: ClusterId,
    name: &str,
    asked: RwSignal<Option<RemovalQuestion>>,
) -> impl IntoView + use<> {
    let n = it.customers.len();
    let question = (it.status == ReleaseStatus::Active).then(|| RemovalQuestion {
        release: it.id,
        customers: it.customers,
        who: format!("{} of {name}", pluralize(n, "customer")),
        from: it.name.clone(),
        counts: it.progress.counts,
    });
    // The matrix, filtered to this cluster.
    let path = paths::matrix_view(it.id, &[("cluster", cluster.to_string())]);
    view! {
        <tr>
            <td>
                <a href=path>
                    <b class="label">{it.name}</b>
                </a>
            </td>
            <td>{status_badge(it.status)}</td>
            <td class="num muted wide">{grouped(n)}</td>
            <td>
                <span class="row cellbar">
                    <Bar counts=it.progress.counts/>
                    <span class="num small">{it.progress.counts.percent_text(NO_STEPS)}</span>
                </span>
            </td>
            <td>{question.map(|it| removal_button(it, asked))}</td>
        </tr>
    }
}
