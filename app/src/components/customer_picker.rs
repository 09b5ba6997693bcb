//! Picker of customers, grouped by cluster: for activating a release, for adding customers to it, and for a scope. For a release
//! no customer is chosen at first (R14). The list is HTML text with one event listener, and changes are applied to its elements
//! directly, so that a thousand customers respond without delay.
use super::ui::{icon::Icon, sorting::sort_by};
use crate::{
    browser::{self, checkbox_list::GroupState},
    domain::{
        cluster::hue,
        customer::CustomerSummary,
        digit_groups::grouped,
        fold::fold,
        id::{ClusterId, CustomerId},
    },
};
use leptos::prelude::*;
use maud::html;
use std::{collections::HashSet, ops::Range};

const LIST_SELECTOR: &str = "#pick";

type SelectedCustomers = HashSet<CustomerId>;

/// A cluster with at least one customer; `data-band` is its index in `PickList::groups`.
struct PickerGroup {
    id: ClusterId,
    name: String,
    /// Its customers, as a range of the list.
    items: Range<usize>,
}

/// A customer; `data-item` is its index in `PickList::items`.
struct PickerItem {
    id: CustomerId,
    name: String,
    namespace: String,
    /// The text that the filter looks in.
    searched: String,
}

/// The customers ordered by cluster and name.
struct PickList {
    groups: Vec<PickerGroup>,
    items: Vec<PickerItem>,
}

impl PickList {
    fn new(mut customers: Vec<CustomerSummary>) -> Self {
        sort_by(&mut customers, |a, b| {
            (&a.cluster, a.cluster_id, &a.name, a.id).cmp(&(
                &b.cluster,
                b.cluster_id,
                &b.name,
                b.id,
            ))
        });
        let mut groups: Vec<PickerGroup> = Vec::new();
        let mut items = Vec::with_capacity(customers.len());
        for customer in customers {
            let at = items.len();
            match groups.last_mut() {
                Some(group) if group.id == customer.cluster_id => group.items.end = at + 1,
                _ => groups.push(PickerGroup {
                    id: customer.cluster_id,
                    name: customer.cluster.clone(),
                    items: at..at + 1,
                }),
            }
            let searched = [
                customer.name.as_str(),
                customer.namespace.as_str(),
                customer.cluster.as_str(),
            ];
            items.push(PickerItem {
                id: customer.id,
                searched: fold(&searched.join("\n")),
                name: customer.name,
                namespace: customer.namespace,
            });
        }
        Self { groups, items }
    }

    /// The list without a filter. Each box has a name of its own: a form that is posted without JavaScript says so who is chosen.
    fn html(&self, chosen: &SelectedCustomers) -> String {
        let groups = self.group_states(&vec![true; self.items.len()], chosen);
        let html = html! {
            @for (index, (group, state)) in self.groups.iter().zip(&groups).enumerate() {
                li data-band=(index) data-cluster=(hue(group.id)) {
                    label class="tree__head" {
                        // Hidden without JavaScript: this checkbox has no name in the form, and the count would not change.
                        input class="check live-only" type="checkbox";
                        (group.name) " "
                        span class="count push live-only" { (state.count) }
                    }
                    ul {
                        @for (at, item) in group.items.clone().zip(&self.items[group.items.clone()]) {
                            li data-item=(at) {
                                label class="tree__item" {
                                    input class="check" type="checkbox" name={ "customer-" (item.id.0) } checked[chosen.contains(&item.id)];
                                    (item.name) " "
                                    span class="mono" { (item.namespace) }
                                }
                            }
                        }
                    }
                }
            }
        };
        html.into_string()
    }

    /// Whether each customer matches the filter and is in none of the clusters that are left out.
    fn shown(&self, filter: &str, left_out: &HashSet<ClusterId>) -> Vec<bool> {
        let filter = fold(filter.trim());
        let items = self.items.iter();
        let mut shown: Vec<bool> = items.map(|it| it.searched.contains(&filter)).collect();
        for group in self.groups.iter().filter(|it| left_out.contains(&it.id)) {
            shown[group.items.clone()].fill(false);
        }
        shown
    }

    /// The state of each customer's checkbox; none if the customer is hidden.
    fn states(&self, shown: &[bool], chosen: &SelectedCustomers) -> Vec<Option<bool>> {
        let items = self.items.iter().zip(shown);
        items
            .map(|(item, is_shown)| is_shown.then(|| chosen.contains(&item.id)))
            .collect()
    }

    fn group_state(
        &self,
        group: &PickerGroup,
        shown: &[bool],
        chosen: &SelectedCustomers,
    ) -> GroupState {
        let items = &self.items[group.items.clone()];
        let n_on = items.iter().filter(|it| chosen.contains(&it.id)).count();
        GroupState {
            is_shown: shown[group.items.clone()].contains(&true),
            is_on: n_on == items.len(),
            is_mixed: n_on > 0 && n_on < items.len(),
            count: format!("{} of {}", grouped(n_on), grouped(items.len())),
        }
    }

    /// The state of each cluster's checkbox.
    fn group_states(&self, shown: &[bool], chosen: &SelectedCustomers) -> Vec<GroupState> {
        let groups = self.groups.iter();
        groups
            .map(|it| self.group_state(it, shown, chosen))
            .collect()
    }

    /// The visible customers of a range.
    fn ids(&self, range: Range<usize>, shown: &[bool]) -> Vec<CustomerId> {
        range
            .filter(|at| shown[*at])
            .map(|at| self.items[at].id)
            .collect()
    }

    /// A click on a cluster's checkbox: chooses all of its visible customers, or none if all are chosen.
    fn toggle(&self, group: usize, shown: &[bool], chosen: &mut SelectedCustomers) {
        let Some(group) = self.groups.get(group) else {
            return;
        };
        let ids = self.ids(group.items.clone(), shown);
        if ids.iter().all(|it| chosen.contains(it)) {
            ids.iter().for_each(|it| {
                chosen.remove(it);
            });
        } else {
            chosen.extend(ids);
        }
    }
}

/// The checkboxes whose state differs, by index.
fn changed_states(before: &[Option<bool>], now: &[Option<bool>]) -> Vec<(usize, Option<bool>)> {
    let pairs = before.iter().zip(now).enumerate();
    pairs
        .filter(|(_, (before, now))| before != now)
        .map(|(at, (_, now))| (at, *now))
        .collect()
}

/// The list with its filter, and buttons that select or deselect all customers that match it.
#[component]
pub fn CustomerPicker(
    customers: Vec<CustomerSummary>,
    chosen: RwSignal<HashSet<CustomerId>>,
    /// Whether the filter gets the focus once it is there.
    #[prop(optional)]
    takes_focus: bool,
    /// Clusters whose customers are not listed.
    #[prop(optional, into)]
    left_out: Signal<HashSet<ClusterId>>,
) -> impl IntoView {
    let filter = RwSignal::new(String::new());
    let list = PickList::new(customers);
    let html = chosen.with_untracked(|it| list.html(it));
    let n_items = list.items.len();
    // The states of the checkboxes that are in the DOM. `PickList::html` renders all of them visible.
    let painted = chosen.with_untracked(|it| list.states(&vec![true; n_items], it));
    let painted = StoredValue::new(painted);
    let list = StoredValue::new(list);
    let shown = Memo::new(move |_| {
        list.with_value(|list| filter.with(|it| left_out.with(|out| list.shown(it, out))))
    });
    if takes_focus {
        Effect::new(|_| browser::dom::focus("#pick-filter"));
    }
    Effect::new(move |_| {
        let (now, groups) = list.with_value(|list| {
            shown.with(|shown| {
                chosen.with(|chosen| (list.states(shown, chosen), list.group_states(shown, chosen)))
            })
        });
        let changes = painted.with_value(|before| changed_states(before, &now));
        browser::checkbox_list::update_items(LIST_SELECTOR, &changes);
        browser::checkbox_list::update_groups(LIST_SELECTOR, &groups);
        painted.set_value(now);
    });
    let change = move |event: leptos::ev::Event| {
        let number = |attribute| {
            let found = browser::dom::closest_attribute(&event, attribute);
            found.and_then(|it| it.parse::<usize>().ok())
        };
        if let Some(at) = number("data-item") {
            let is_on = event_target_checked(&event);
            let id = list.with_value(|it| it.items.get(at).map(|it| it.id));
            chosen.update(|chosen| {
                if is_on {
                    chosen.extend(id);
                } else {
                    id.iter().for_each(|id| {
                        chosen.remove(id);
                    });
                }
            });
        } else if let Some(group) = number("data-band") {
            let shown = shown.get_untracked();
            chosen.update(|chosen| list.with_value(|it| it.toggle(group, &shown, chosen)));
        }
    };
    let all_shown =
        move || list.with_value(|list| shown.with_untracked(|it| list.ids(0..n_items, it)));
    let none_matches = move || shown.with(|it| !it.contains(&true));
    let is_filtered = Memo::new(move |_| filter.with(|it| !it.trim().is_empty()));
    view! {
        <div class="dialog__pick">
            <div class="row pickbar">
                <div class="search grow">
                    <Icon name="i-search"/>
                    <input
                        class="input"
                        data-size="s"
                        type="search"
                        id="pick-filter"
                        autocomplete="off"
                        aria-label="Filter customers"
                        placeholder="Filter customers"
                        prop:value=move || filter.get()
                        on:input=move |event| filter.set(event_target_value(&event))
                        on:keydown=|event: leptos::ev::KeyboardEvent| {
                            // In a form a plain Enter would send it.
                            if event.key() == "Enter" && !browser::form::is_submit_shortcut(&event) {
                                event.prevent_default();
                            }
                        }
                    />
                </div>
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    data-size="s"
                    on:click=move |_| chosen.update(|it| it.extend(all_shown()))
                >
                    "Select all"
                </button>
                <button
                    class="button"
                    type="button"
                    data-kind="ghost"
                    data-size="s"
                    on:click=move |_| {
                        chosen
                            .update(|it| {
                                all_shown()
                                    .iter()
                                    .for_each(|id| {
                                        it.remove(id);
                                    });
                            });
                    }
                >
                    "Deselect all"
                </button>
            </div>
            <ul class="tree" id="pick" inner_html=html on:change=change></ul>
            {move || {
                if none_matches() && !is_filtered.get() {
                    return Some(view! { <p class="empty">"No other customers"</p> }.into_any());
                }
                none_matches()
                    .then(|| {
                        view! {
                            <div class="empty">
                                <p>{format!("None of the {} customers matches the filter.", grouped(n_items))}</p>
                                <button
                                    class="button"
                                    type="button"
                                    on:click=move |_| {
                                        filter.set(String::new());
                                        browser::dom::focus("#pick-filter");
                                    }
                                >
                                    "Clear the filter"
                                </button>
                            </div>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};

    fn customer(id: i64, name: &str, cluster: i64) -> CustomerSummary {
        CustomerSummary {
            id: CustomerId(id),
            name: name.into(),
            namespace: format!("ns-{id}"),
            cluster_id: ClusterId(cluster),
            cluster: format!("cluster-{cluster}"),
            is_active: true,
            variables: 0,
            active_releases: 0,
            now: None,
        }
    }

    fn list() -> PickList {
        PickList::new(vec![
            customer(1, "Zed", 2),
            customer(2, "Acme <b>", 1),
            customer(3, "Bolt", 2),
        ])
    }

    fn shown(list: &PickList, filter: &str) -> Vec<bool> {
        list.shown(filter, &HashSet::new())
    }

    fn ids(chosen: &SelectedCustomers) -> Vec<i64> {
        let mut ids: Vec<i64> = chosen.iter().map(|it| it.0).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn customers_are_ordered_by_cluster_and_name_and_their_names_are_escaped() {
        let list = list();
        let names: Vec<&str> = list.items.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Acme <b>", "Bolt", "Zed"]);
        assert_eq!(list.groups[1].items, 1..3);
        let html = list.html(&SelectedCustomers::new());
        assert!(html.contains("Acme &lt;b&gt;") && html.contains("0 of 2"));
        assert_eq!(html.matches("data-item").count(), 3);
        let mut hostile = customer(1, HOSTILE, 1);
        hostile.namespace = HOSTILE.into();
        hostile.cluster = HOSTILE.into();
        let hostile = PickList::new(vec![hostile]);
        assert_escaped(&hostile.html(&SelectedCustomers::new()), 3);
    }

    #[test]
    fn each_box_has_a_name_of_its_own_and_begins_as_it_is_chosen() {
        let html = list().html(&[CustomerId(3)].into());
        assert!(html.contains("name=\"customer-3\" checked>"), "{html}");
        assert!(html.contains("name=\"customer-1\">"), "{html}");
        assert!(html.contains("1 of 2"), "{html}");
        // A cluster's has none: what it chooses is chosen by JavaScript, and without that it is not shown.
        let boxes = html.matches("type=\"checkbox\"").count();
        let named = html.matches("type=\"checkbox\" name=").count();
        let hidden = html.matches("\"check live-only\"").count();
        assert_eq!((boxes, named, hidden), (5, 3, 2), "{html}");
    }

    #[test]
    fn the_filter_looks_in_name_namespace_and_cluster() {
        let list = list();
        assert_eq!(shown(&list, " ACME "), [true, false, false]);
        assert_eq!(shown(&list, "ns-3"), [false, true, false]);
        assert_eq!(shown(&list, "cluster-2"), [false, true, true]);
        assert_eq!(shown(&list, ""), [true; 3]);
        // The customers of a cluster that is chosen as a whole are left out.
        assert_eq!(list.shown("", &[ClusterId(2)].into()), [true, false, false]);
    }

    #[test]
    fn a_cluster_s_checkbox_chooses_its_visible_customers_and_none_the_second_time() {
        let list = list();
        let mut chosen = SelectedCustomers::new();
        let zed = shown(&list, "zed");
        list.toggle(1, &zed, &mut chosen);
        assert_eq!(ids(&chosen), [1]);
        let group = &list.group_states(&zed, &chosen)[1];
        assert!(group.is_mixed && !group.is_on);
        assert_eq!(group.count, "1 of 2");
        let all = shown(&list, "");
        list.toggle(1, &all, &mut chosen);
        assert_eq!(ids(&chosen), [1, 3]);
        assert!(list.group_states(&all, &chosen)[1].is_on);
        list.toggle(1, &all, &mut chosen);
        assert!(chosen.is_empty());
        list.toggle(9, &all, &mut chosen);
    }

    #[test]
    fn only_changed_checkboxes_are_painted() {
        let list = list();
        let before = vec![Some(false); 3];
        let chosen = [CustomerId(3)].into();
        let now = list.states(&shown(&list, "cluster-2"), &chosen);
        assert_eq!(changed_states(&before, &now), [(0, None), (1, Some(true))]);
    }
}
