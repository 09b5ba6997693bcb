//! All customers, by cluster.
use crate::{
    api::customers::list_customers,
    components::{customer_picker::matches, layout::page_head::PageHead, ui::icon::Icon},
    domain::{cluster::hue, customer::CustomerSummary, id::ClusterId},
    pages::{fetch::Fetch, loaded},
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn CustomersPage() -> impl IntoView {
    let query = use_query_map();
    let inactive = Memo::new(move |_| query.with(|it| it.get("inactive").is_some()));
    let customers = Fetch::new(move || inactive.get(), list_customers);
    loaded(customers, move |customers| {
        show(customers, inactive.get_untracked())
    })
}

fn show(customers: Vec<CustomerSummary>, shows_inactive: bool) -> impl IntoView {
    let filter = RwSignal::new(String::new());
    let mut clusters: Vec<(String, ClusterId)> = customers
        .iter()
        .map(|it| (it.cluster.clone(), it.cluster_id))
        .collect();
    clusters.sort();
    clusters.dedup();
    let beside = {
        let text = format!("{} in {}", customers.len(), clusters.len());
        let text = format!(
            "{text} {}",
            if clusters.len() == 1 {
                "cluster"
            } else {
                "clusters"
            }
        );
        move || view! { <span class="quiet">{text.clone()}</span> }
    };
    let is_empty = customers.is_empty();
    let all = StoredValue::new(customers);
    let none_left = move || {
        all.with_value(|all| !all.is_empty() && !all.iter().any(|it| matches(it, &filter.get())))
    };
    let groups = clusters
        .into_iter()
        .map(|(name, id)| {
            let group: Vec<CustomerSummary> =
                all.with_value(|all| all.iter().filter(|it| it.cluster_id == id).cloned().collect());
            let n = group.len();
            let searched = StoredValue::new(group.clone());
            let hidden = move || searched.with_value(|group| !group.iter().any(|it| matches(it, &filter.get())));
            view! {
                <tbody hidden=hidden>
                    <tr class="group-row" data-cluster=hue(id)>
                        <th colspan="4" scope="rowgroup">
                            <a href=paths::cluster(id)>{name}</a>
                            " "
                            <span class="count">{if n == 1 { "1 customer".to_owned() } else { format!("{n} customers") }}</span>
                        </th>
                    </tr>
                    {group.into_iter().map(|it| row(it, filter)).collect_view()}
                </tbody>
            }
        })
        .collect_view();
    view! {
        <PageHead title="Customers" beside=beside>
            <div class="search wide">
                <Icon name="i-search"/>
                <input
                    class="input"
                    type="search"
                    aria-label="Filter customers"
                    placeholder="Filter"
                    prop:value=move || filter.get()
                    on:input=move |event| filter.set(event_target_value(&event))
                />
            </div>
            <a
                class="button"
                href=if shows_inactive { paths::CUSTOMERS.to_owned() } else { format!("{}?inactive", paths::CUSTOMERS) }
            >
                {if shows_inactive { "Hide inactive" } else { "Show inactive" }}
            </a>
            <a class="button" data-kind="ink" href=paths::NEW_CUSTOMER>
                <Icon name="i-plus"/>
                "New customer"
            </a>
        </PageHead>
        <div class="page__body">
            {if is_empty {
                view! {
                    <div class="card empty">
                        <p>"A customer is a namespace in a cluster. Add the first one."</p>
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
                                    <th scope="col" class="num">"Active releases"</th>
                                </tr>
                            </thead>
                            {groups}
                        </table>
                        <Show when=none_left>
                            <div class="empty">
                                <p>"No customer matches the filter."</p>
                                <button class="button" on:click=move |_| filter.set(String::new())>"Clear the filter"</button>
                            </div>
                        </Show>
                    </div>
                }
                    .into_any()
            }}
        </div>
    }
}

fn row(it: CustomerSummary, filter: RwSignal<String>) -> impl IntoView {
    let searched = it.clone();
    view! {
        <tr data-off=(!it.is_active).then_some("") hidden=move || !matches(&searched, &filter.get())>
            <td>
                <a href=paths::customer(it.id)>
                    <b class="label">{it.name}</b>
                </a>
                {(!it.is_active).then(|| view! { " "<span class="badge">"Inactive"</span> })}
            </td>
            <td class="mono muted">{it.namespace}</td>
            <td class="num muted">{it.variables}</td>
            <td class="num muted">{it.active_releases}</td>
        </tr>
    }
}
