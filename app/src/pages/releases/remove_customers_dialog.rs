//! Dialog that removes customers from an active release (R1): those whose steps are all pending.
use crate::{
    api::releases::{list_members, remove_customers},
    components::ui::{dialog::Dialog, follow_effect::follow, notice::Failure, toast::Toasts},
    domain::{fold::fold, id::CustomerId, plural::pluralize, release::Release, summary::Member},
    pages::SerialRequest,
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The dialog. The members are read when it opens, since their steps may have changed since the page was read.
#[component]
pub fn RemoveCustomersDialog(
    open: RwSignal<bool>,
    release: Release,
    /// Runs after customers were removed.
    on_done: Callback<()>,
) -> impl IntoView {
    let (reading, removing) = (SerialRequest::new(), SerialRequest::new());
    let toasts = Toasts::from_context();
    let id = release.id;
    let members = RwSignal::new(Vec::<Member>::new());
    let chosen = RwSignal::new(BTreeSet::<CustomerId>::new());
    let filter = RwSignal::new(String::new());
    follow(move |_| {
        if !open.get() {
            return;
        }
        chosen.set(BTreeSet::new());
        filter.set(String::new());
        reading.run(list_members(id), move |it| members.set(it));
    });
    let rows = move || {
        let needle = filter.with(|it| fold(it.trim()));
        members.with(|all| {
            all.iter()
                .filter(|it| fold(&it.name).contains(&needle))
                .map(|it| member_row(it, chosen))
                .collect_view()
        })
    };
    let is_busy = removing.is_busy();
    let name = StoredValue::new(release.name.clone());
    let remove = move |_| {
        let ids: Vec<CustomerId> = chosen.with_untracked(|it| it.iter().copied().collect());
        if ids.is_empty() {
            return;
        }
        removing.run(remove_customers(id, ids), move |it| {
            open.set(false);
            let n = pluralize(it.row.len(), "customer");
            let text = name.with_value(|name| format!("Removed {n} from {name}"));
            toasts.show(text, None);
            on_done.run(());
        });
    };
    view! {
        <Dialog open=open title=format!("Remove customers from {}", release.name)>
            <div class="dialog__body stack stack-s">
                <Failure error=reading.error/>
                <Failure error=removing.error/>
                <p class="muted">"Their pending steps here are deleted. Customers with steps in work stay: reopen the steps first."</p>
                <input
                    class="input"
                    type="search"
                    autocomplete="off"
                    aria-label="Filter customers"
                    placeholder="Filter"
                    prop:value=move || filter.get()
                    on:input=move |event| filter.set(event_target_value(&event))
                />
                // Where all boxes are disabled, the keyboard scrolls the list itself.
                <ul class="tree remove__members" tabindex="0" aria-label="Customers">{rows}</ul>
            </div>
            <div class="dialog__foot">
                <span class="quiet small">{move || pluralize(chosen.with(BTreeSet::len), "customer")}" selected"</span>
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    aria-busy=move || is_busy.get().then_some("true")
                    disabled=move || chosen.with(BTreeSet::is_empty)
                    on:click=remove
                >
                    "Remove"
                </button>
            </div>
        </Dialog>
    }
}

/// A customer to choose; one with steps that are not pending cannot be chosen.
fn member_row(member: &Member, chosen: RwSignal<BTreeSet<CustomerId>>) -> impl IntoView + use<> {
    let (id, progress) = (member.id, member.progress);
    let in_work = progress.total - progress.counts.pending;
    let is_at_work = in_work > 0;
    let why = is_at_work.then(|| format!("{} in work", pluralize(in_work, "step")));
    let toggle = move |event: leptos::ev::Event| {
        let is_chosen = event_target_checked(&event);
        chosen.update(|all| {
            if is_chosen {
                all.insert(id);
            } else {
                all.remove(&id);
            }
        });
    };
    view! {
        <li>
            <label class="tree__item">
                <input
                    type="checkbox"
                    class="check"
                    disabled=is_at_work
                    prop:checked=move || chosen.with(|it| it.contains(&id))
                    on:change=toggle
                />
                <span>{member.name.clone()}</span>
                <span class="place" data-cluster=member.cluster.hue()>{member.cluster.name.clone()}</span>
                <span class="quiet small push">{why}</span>
            </label>
        </li>
    }
}
