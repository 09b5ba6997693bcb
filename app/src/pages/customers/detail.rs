//! Page of one customer, `/customers/:id`: its cluster, its variables, and every release that it is or was a member of.
use crate::{
    api::{
        customers::{deactivate_customer, read_customer, restore_customer},
        releases::remove_customers,
    },
    browser::own_counts,
    components::{
        deactivate_dialog::{DeactivateDialog, open_work_text},
        layout::page_head::PageHead,
        record_work::{last_changed, record_work},
        removal_dialog::{RemovalDialog, RemovalQuestion, removal_button},
        rights::Allowed,
        ui::{
            bar::Bar,
            notice::Failure,
            time::{CalendarDay, Time},
            toast::{Restorable, Toasts},
        },
        variables_editor::InheritedVariable,
        variables_facts::variables_facts,
    },
    domain::{
        actor_stamp::ActorStamp,
        id::CustomerId,
        permission::Permission,
        progress::NO_STEPS,
        summary::{CustomerDetail, CustomerRelease},
        vocabulary::ReleaseStatus,
    },
    pages::{
        SerialRequest, fetch::Fetch, loaded, param, refresh_on_change::refresh_on_change,
        releases::list::status_badge,
    },
    paths,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn CustomerPage() -> impl IntoView {
    let id = param::<CustomerId>("id");
    let customer = Fetch::new(id, |id| async move {
        read_customer(id.unwrap_or(CustomerId(0))).await
    });
    refresh_on_change(customer.refetch_callback(), |_| true);
    Toasts::from_context().reload_with(customer.refetch_callback());
    let sending = SerialRequest::new();
    loaded(customer, move |it| show(it, customer, sending))
}

/// The customer's facts and releases.
fn show(
    it: CustomerDetail,
    resource: Fetch<CustomerDetail>,
    sending: SerialRequest,
) -> impl IntoView {
    let CustomerDetail {
        customer,
        cluster,
        releases,
        work,
        changed,
    } = it;
    let (id, is_active) = (customer.id, customer.is_active);
    let toasts = Toasts::from_context();
    let (asks, deactivating) = (RwSignal::new(false), SerialRequest::new());
    let on_deactivate = Callback::new(move |()| {
        deactivating.run(deactivate_customer(id), move |it| {
            asks.set(false);
            let text = format!("Deactivated {}", it.row.name);
            toasts.show_restorable(text, Restorable::Customer(id));
            own_counts::tell();
            resource.refetch();
        });
    });
    let is_active_there = |it: &CustomerRelease| it.release.status == ReleaseStatus::Active;
    let at_work = releases
        .iter()
        .filter(|it| is_active_there(it) && it.removed.is_none());
    let open_work = open_work_text(at_work.map(|it| it.progress.counts));
    let toggle = move |_| {
        if is_active {
            asks.set(true);
        } else {
            sending.run(restore_customer(id), move |it| {
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
    let name = customer.name.clone();
    let hue = cluster.hue();
    let inherited = InheritedVariable::from_metadata(&cluster.metadata, &cluster.name);
    let (cluster_name, cluster_id) = (cluster.name, cluster.id);
    let badge = move || {
        let name = cluster_name.clone();
        view! {
            <span class="place" data-cluster=hue>
                <a href=paths::cluster(cluster_id)>{name}</a>
            </span>
            {(!is_active).then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    let activity = paths::with_query(paths::ACTIVITY.to_owned(), &[("customer", id.to_string())]);
    view! {
        <PageHead title=customer.name.clone() crumbs=vec![("Customers".into(), paths::CUSTOMERS.into())] beside=badge>
            <a class="button" data-kind="ghost" href=activity>"Activity"</a>
            <Allowed permission=Permission::Customers>
                <button class="button live-only" data-kind="ghost" on:click=toggle>
                    {if is_active { "Deactivate" } else { "Restore" }}
                </button>
                <a class="button" href=paths::edit_customer(id)>"Edit"</a>
            </Allowed>
        </PageHead>
        <DeactivateDialog
            open=asks
            name=customer.name.clone()
            work=open_work
            after="It stays in its releases, marked inactive, and is not offered for others. You can restore it."
            first=None
            error=deactivating.error
            is_busy=deactivating.is_busy()
            on_deactivate=on_deactivate
        />
        <div class="page__body stack">
            <Failure error=sending.error/>
            <dl class="facts card">
                <div>
                    <dt>"Namespace"</dt>
                    <dd class="mono">{customer.namespace}</dd>
                </div>
                {customer.description.map(|it| view! { <div><dt>"Description"</dt><dd class="kept-lines">{it}</dd></div> })}
                {variables_facts(&customer.metadata, &inherited)}
                {last_changed(customer.updated_at, changed)}
            </dl>
            {record_work(work, false)}
            <section aria-labelledby="releases">
                <div class="section__head">
                    <h2 id="releases">"Releases"</h2>
                    <span class="count">{releases.len()}</span>
                </div>
                {if releases.is_empty() {
                    view! {
                        <div class="card empty">
                            <p>"Not in any release. Add it when you activate a release, or to an active one."</p>
                            <a class="button" href=paths::RELEASES>"Releases"</a>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="card scroll-x">
                            <table class="table stacked">
                                <thead>
                                    <tr>
                                        <th scope="col">"Release"</th>
                                        <th scope="col">"Status"</th>
                                        <th scope="col">"Date"</th>
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
            <RemovalDialog asked=asked on_remove=on_remove/>
        </div>
    }
}

/// A release with the customer's progress, and a button that removes the customer from it.
fn release_row(
    it: CustomerRelease,
    customer: CustomerId,
    name: &str,
    asked: RwSignal<Option<RemovalQuestion>>,
) -> impl IntoView + use<> {
    let release = it.release;
    let is_member = it.removed.is_none() && release.status == ReleaseStatus::Active;
    let question = is_member.then(|| RemovalQuestion {
        release: release.id,
        customers: vec![customer],
        who: name.to_owned(),
        from: release.name.clone(),
        counts: it.progress.counts,
    });
    // A customer that was removed from a release has no steps there.
    let path = if it.removed.is_some() {
        paths::release(release.id)
    } else {
        paths::customer_steps(release.id, customer)
    };
    let progress = match it.removed {
        Some(ActorStamp { by, at }) => {
            view! { <span class="quiet small">"Removed by "{by}", "<Time at=at/></span> }.into_any()
        }
        None => view! {
            <span class="row cellbar">
                <Bar counts=it.progress.counts/>
                <span class="num small">{it.progress.counts.percent_text(NO_STEPS)}</span>
            </span>
        }
        .into_any(),
    };
    view! {
        <tr>
            <td>
                <a href=path>
                    <b class="label">{release.name}</b>
                </a>
            </td>
            <td>{status_badge(release.status)}</td>
            <td class="muted">{release.release_date.map(|date| view! { <CalendarDay date=date/> })}</td>
            <td>{progress}</td>
            <td>{question.map(|it| removal_button(it, asked))}</td>
        </tr>
    }
}
