//! Choosing customers, by cluster: for activation and for adding. Nothing is chosen beforehand (R14).
use super::ui::icon::Icon;
use crate::{
    browser,
    domain::{
        cluster::hue,
        customer::CustomerSummary,
        id::{ClusterId, CustomerId},
    },
};
use leptos::{html, prelude::*};
use std::collections::HashSet;

/// Whether a customer is meant by what was typed into the filter.
pub fn matches(customer: &CustomerSummary, filter: &str) -> bool {
    let filter = filter.trim().to_lowercase();
    filter.is_empty()
        || [&customer.name, &customer.namespace, &customer.cluster]
            .into_iter()
            .any(|it| it.to_lowercase().contains(&filter))
}

/// Customers by cluster, in the order of the clusters' names.
fn by_cluster(customers: Vec<CustomerSummary>) -> Vec<(ClusterId, String, Vec<CustomerSummary>)> {
    let mut customers = customers;
    customers.sort_by(|a, b| {
        (&a.cluster, a.cluster_id, &a.name).cmp(&(&b.cluster, b.cluster_id, &b.name))
    });
    let mut groups: Vec<(ClusterId, String, Vec<CustomerSummary>)> = Vec::new();
    for customer in customers {
        match groups.last_mut() {
            Some((id, _, group)) if *id == customer.cluster_id => group.push(customer),
            _ => groups.push((
                customer.cluster_id,
                customer.cluster.clone(),
                vec![customer],
            )),
        }
    }
    groups
}

#[component]
fn ClusterBox(
    ids: StoredValue<Vec<CustomerId>>,
    name: String,
    chosen: RwSignal<HashSet<CustomerId>>,
) -> impl IntoView {
    let node: NodeRef<html::Input> = NodeRef::new();
    let n_chosen = Memo::new(move |_| {
        ids.with_value(|ids| chosen.with(|it| ids.iter().filter(|id| it.contains(id)).count()))
    });
    let n_all = ids.with_value(Vec::len);
    Effect::new(move |_| {
        if let Some(input) = node.get() {
            let n = n_chosen.get();
            input.set_checked(n == n_all);
            browser::dom::set_mixed(&input, n > 0 && n < n_all);
        }
    });
    let toggle = move |_| {
        let all = n_chosen.get_untracked() == n_all;
        chosen.update(|chosen| {
            ids.with_value(|ids| {
                for id in ids {
                    if all {
                        chosen.remove(id)
                    } else {
                        chosen.insert(*id)
                    };
                }
            });
        });
    };
    view! {
        <label class="tree__head">
            <input class="check" type="checkbox" node_ref=node on:change=toggle/>
            {name}
            <span class="count push">{move || format!("{} of {n_all}", n_chosen.get())}</span>
        </label>
    }
}

#[component]
pub fn CustomerPicker(
    customers: Vec<CustomerSummary>,
    chosen: RwSignal<HashSet<CustomerId>>,
) -> impl IntoView {
    let filter = RwSignal::new(String::new());
    let all = StoredValue::new(customers.clone());
    let shown = move || -> Vec<CustomerId> {
        all.with_value(|all| {
            all.iter()
                .filter(|it| matches(it, &filter.get_untracked()))
                .map(|it| it.id)
                .collect()
        })
    };
    let groups = by_cluster(customers)
        .into_iter()
        .map(|(cluster, name, group)| {
            let ids = StoredValue::new(group.iter().map(|it| it.id).collect::<Vec<_>>());
            let searched = StoredValue::new(group.clone());
            let is_empty = move || searched.with_value(|group| !group.iter().any(|it| matches(it, &filter.get())));
            let items = group
                .into_iter()
                .map(|customer| {
                    let id = customer.id;
                    let (label, namespace) = (customer.name.clone(), customer.namespace.clone());
                    let is_hidden = move || !matches(&customer, &filter.get());
                    view! {
                        <li hidden=is_hidden>
                            <label class="tree__item">
                                <input
                                    class="check"
                                    type="checkbox"
                                    prop:checked=move || chosen.with(|it| it.contains(&id))
                                    on:change=move |event| {
                                        let is_on = event_target_checked(&event);
                                        chosen.update(|it| { if is_on { it.insert(id) } else { it.remove(&id) }; });
                                    }
                                />
                                {label}
                                <span class="mono">{namespace}</span>
                            </label>
                        </li>
                    }
                })
                .collect_view();
            view! {
                <li data-cluster=hue(cluster) hidden=is_empty>
                    <ClusterBox ids=ids name=name chosen=chosen/>
                    <ul>{items}</ul>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="dialog__pick">
            <div class="row pickbar">
                <div class="search grow">
                    <Icon name="i-search"/>
                    <input
                        class="input"
                        data-size="s"
                        type="search"
                        aria-label="Filter customers"
                        placeholder="Filter customers"
                        prop:value=move || filter.get()
                        on:input=move |event| filter.set(event_target_value(&event))
                    />
                </div>
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    data-size="s"
                    on:click=move |_| chosen.update(|it| it.extend(shown()))
                >
                    "Select all"
                </button>
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    data-size="s"
                    on:click=move |_| chosen.update(|it| shown().iter().for_each(|id| { it.remove(id); }))
                >
                    "Deselect all"
                </button>
            </div>
            <ul class="tree">{groups}</ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: i64, name: &str, cluster: &str) -> CustomerSummary {
        CustomerSummary {
            id: CustomerId(id),
            name: name.into(),
            namespace: name.to_lowercase(),
            cluster_id: ClusterId(i64::from(cluster.as_bytes()[0])),
            cluster: cluster.into(),
            is_active: true,
            variables: 0,
            active_releases: 0,
        }
    }

    #[test]
    fn customers_stand_by_cluster_and_name() {
        let groups = by_cluster(vec![
            customer(1, "Zed", "us"),
            customer(2, "Acme", "eu"),
            customer(3, "Bolt", "us"),
        ]);
        let names: Vec<_> = groups
            .iter()
            .map(|it| {
                (
                    it.1.as_str(),
                    it.2.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(names, [("eu", vec!["Acme"]), ("us", vec!["Bolt", "Zed"])]);
    }

    #[test]
    fn the_filter_looks_at_name_namespace_and_cluster() {
        let acme = customer(1, "Acme", "eu");
        assert!(
            ["", "AC", "eu", " acme "]
                .iter()
                .all(|it| matches(&acme, it))
        );
        assert!(!matches(&acme, "us"));
    }
}
