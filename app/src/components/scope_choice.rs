//! Choice of the customers that a user or a token is limited to: all, or only some clusters and customers. Roles without a scope
//! have no such choice.
use super::customer_picker::CustomerPicker;
use crate::domain::{
    customer::CustomerSummary,
    id::{ClusterId, CustomerId},
    permission::Role,
    scope::ScopeIds,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What a scope can be chosen from, by name; inactive ones too, since they may be restored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScopeChoices {
    pub clusters: Vec<(ClusterId, String)>,
    pub customers: Vec<CustomerSummary>,
}

/// What is chosen.
#[derive(Clone, Copy)]
pub struct ScopeFields {
    /// Whether it is limited to what is chosen.
    is_scoped: RwSignal<bool>,
    clusters: RwSignal<HashSet<ClusterId>>,
    customers: RwSignal<HashSet<CustomerId>>,
}

impl ScopeFields {
    /// The choice that a scope stands for.
    pub fn new(scope: Option<ScopeIds>) -> Self {
        let fields = Self {
            is_scoped: RwSignal::new(false),
            clusters: RwSignal::default(),
            customers: RwSignal::default(),
        };
        fields.set(scope);
        fields
    }

    /// Replaces the choice.
    pub fn set(self, scope: Option<ScopeIds>) {
        self.is_scoped.set(scope.is_some());
        let ScopeIds {
            clusters,
            customers,
        } = scope.unwrap_or_default();
        self.clusters.set(clusters.into_iter().collect());
        self.customers.set(customers.into_iter().collect());
    }

    /// The chosen scope; none for a role that has none. Tracked.
    pub fn scope(self, role: Role) -> Option<ScopeIds> {
        let is_scoped = self.is_scoped.get() && role.may_have_scope();
        is_scoped.then(|| ScopeIds {
            clusters: self.clusters.get().into_iter().collect(),
            customers: self.customers.get().into_iter().collect(),
        })
    }
}

/// The choice, while the role is one that can be limited.
#[component]
pub fn ScopeChoice(
    #[prop(into)] role: Signal<Role>,
    fields: ScopeFields,
    choices: ScopeChoices,
    #[prop(into)] error: Signal<Option<String>>,
    /// What no limit is called.
    #[prop(default = "All customers")]
    all: &'static str,
) -> impl IntoView {
    let ScopeChoices {
        clusters,
        customers,
    } = choices;
    let (clusters, customers) = (StoredValue::new(clusters), StoredValue::new(customers));
    let choice = move |label: &'static str, hint: &'static str, scoped: bool| {
        let is_chosen = fields.is_scoped.get_untracked() == scoped;
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="scope"
                    checked=is_chosen
                    prop:checked=move || fields.is_scoped.get() == scoped
                    on:change=move |_| fields.is_scoped.set(scoped)
                />
                <span>{label}</span>
                <span class="hint">{hint}</span>
            </label>
        }
    };
    let cluster_boxes = move || {
        let boxes = clusters.get_value().into_iter().map(|(id, name)| {
            view! {
                <label class="choice">
                    <input
                        class="check"
                        type="checkbox"
                        prop:checked=move || fields.clusters.with(|it| it.contains(&id))
                        on:change=move |event| {
                            let is_on = event_target_checked(&event);
                            fields
                                .clusters
                                .update(|it| {
                                    if is_on {
                                        it.insert(id);
                                    } else {
                                        it.remove(&id);
                                    }
                                });
                        }
                    />
                    <span>{name}</span>
                </label>
            }
        });
        boxes.collect_view()
    };
    let may_have_scope = Memo::new(move |_| role.get().may_have_scope());
    move || {
        may_have_scope.get().then(|| {
            view! {
                <fieldset class="roles">
                    <legend class="label">"Customers"</legend>
                    {choice(all, "Also those added later", false)}
                    {choice("Only some", "Nothing else is visible: no name, count or history", true)}
                    {move || error.get().map(|it| view! { <div class="field"><span class="error">{it}</span></div> })}
                    {move || {
                        fields
                            .is_scoped
                            .get()
                            .then(|| {
                                view! {
                                    <fieldset class="roles">
                                        <legend class="label">"Whole clusters"</legend>
                                        {cluster_boxes()}
                                    </fieldset>
                                    <div class="card">
                                        <CustomerPicker
                                            customers=customers.get_value()
                                            chosen=fields.customers
                                            left_out=fields.clusters
                                        />
                                    </div>
                                }
                            })
                    }}
                </fieldset>
            }
        })
    }
}
