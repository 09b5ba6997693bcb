//! Form of a user: login, name, role with a one-line description, scope of customers, and password.
use super::{
    customer_picker::CustomerPicker,
    record_form::{FormFrame, RecordForm, StaleNotice, differing, validated_submit},
    ui::field::TextField,
};
use crate::{
    browser::form::to_nfc,
    domain::{
        customer::CustomerSummary,
        id::{ClusterId, CustomerId},
        permission::Role,
        scope::ScopeIds,
        user::UserDraft,
        vocabulary::Field,
    },
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What a scope can be chosen from: clusters by name, and active customers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ScopeChoices {
    pub clusters: Vec<(ClusterId, String)>,
    pub customers: Vec<CustomerSummary>,
}

/// What is typed.
#[derive(Clone, Copy)]
struct UserFormFields {
    login: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    /// Whether it is limited to what is chosen.
    is_scoped: RwSignal<bool>,
    clusters: RwSignal<HashSet<ClusterId>>,
    customers: RwSignal<HashSet<CustomerId>>,
    password: RwSignal<String>,
}

fn role_of(draft: &UserDraft) -> Role {
    draft.role.parse().unwrap_or(Role::Viewer)
}

impl UserFormFields {
    fn new(draft: &UserDraft) -> Self {
        let scope = draft.scope.clone().unwrap_or_default();
        Self {
            login: RwSignal::new(draft.login.clone()),
            name: RwSignal::new(draft.name.clone()),
            email: RwSignal::new(draft.email.clone()),
            role: RwSignal::new(role_of(draft)),
            is_scoped: RwSignal::new(draft.scope.is_some()),
            clusters: RwSignal::new(scope.clusters.into_iter().collect()),
            customers: RwSignal::new(scope.customers.into_iter().collect()),
            password: RwSignal::new(String::new()),
        }
    }

    fn draft(self) -> UserDraft {
        let role = self.role.get();
        let is_scoped = self.is_scoped.get() && role.may_have_scope();
        let password = self.password.get();
        UserDraft {
            login: to_nfc(self.login.get()),
            name: to_nfc(self.name.get()),
            email: to_nfc(self.email.get()),
            role: role.to_string(),
            scope: is_scoped.then(|| ScopeIds {
                clusters: self.clusters.get().into_iter().collect(),
                customers: self.customers.get().into_iter().collect(),
            }),
            password: (!password.is_empty()).then_some(password),
        }
    }

    fn set(self, draft: UserDraft) {
        let scope = draft.scope.clone().unwrap_or_default();
        self.role.set(role_of(&draft));
        self.is_scoped.set(draft.scope.is_some());
        self.clusters.set(scope.clusters.into_iter().collect());
        self.customers.set(scope.customers.into_iter().collect());
        self.login.set(draft.login);
        self.name.set(draft.name);
        self.email.set(draft.email);
    }
}

/// A scope as one line of text.
fn scope_text(scope: Option<&ScopeIds>) -> String {
    match scope {
        None => "All customers".to_owned(),
        Some(scope) => format!(
            "{} clusters, {} customers",
            scope.clusters.len(),
            scope.customers.len()
        ),
    }
}

/// The form, for a new user and for an existing one.
#[component]
pub fn UserForm(
    draft: UserDraft,
    frame: FormFrame,
    choices: ScopeChoices,
    /// Below the password.
    password_hint: &'static str,
    /// The user as stored now, after a conflicting save.
    #[prop(optional, into)]
    current: Signal<Option<UserDraft>>,
    on_submit: Callback<UserDraft>,
) -> impl IntoView {
    let requests = frame.requests;
    let error = requests.error;
    let fields = UserFormFields::new(&draft);
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        |draft: UserDraft| draft.parse().err(),
        on_submit,
    );
    let differences = Signal::derive(move || {
        current.get().map(|now| {
            let typed = fields.draft();
            differing(vec![
                ("Login", now.login, typed.login),
                ("Name", now.name, typed.name),
                ("Email", now.email, typed.email),
                ("Role", now.role, typed.role),
                (
                    "Customers",
                    scope_text(now.scope.as_ref()),
                    scope_text(typed.scope.as_ref()),
                ),
            ])
        })
    });
    let take = Callback::new(move |()| {
        if let Some(now) = current.get_untracked() {
            requests.on_seen.run(());
            before.set_value(now.clone());
            fields.set(now);
            error.set(None);
        }
    });
    let keep = Callback::new(move |()| {
        requests.on_seen.run(());
        send.run(());
    });
    view! {
        <RecordForm frame=frame is_dirty=is_dirty on_submit=send>
            <StaleNotice error=error differences=differences on_take=take on_keep=keep/>
            <TextField
                label="Login"
                id="login"
                value=fields.login
                error=at(Field::Login)
                hint="Lowercase letters, digits and . _ @ -"
            />
            <TextField label="Name" id="name" value=fields.name error=at(Field::Name)/>
            <TextField label="Email" id="email" kind="email" value=fields.email error=at(Field::Email) hint="Optional"/>
            <RoleChoice role=fields.role/>
            <ScopeChoice fields=fields choices=choices error=at(Field::Scope)/>
            <TextField
                label="Password"
                id="password"
                kind="password"
                value=fields.password
                error=at(Field::Password)
                hint=password_hint
            />
        </RecordForm>
    }
}

/// The choice of a role, each with one line that says what it may.
#[component]
fn RoleChoice(role: RwSignal<Role>) -> impl IntoView {
    let options = Role::ALL
        .iter()
        .map(|it| {
            let it = *it;
            let is_chosen = role.get_untracked() == it;
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="role"
                        value=it.as_str()
                        checked=is_chosen
                        prop:checked=move || role.get() == it
                        on:change=move |_| role.set(it)
                    />
                    <span>{it.label()}</span>
                    <span class="hint">{it.summary()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="roles">
            <legend class="label">"Role"</legend>
            {options}
        </fieldset>
    }
}

/// The choice of the customers that a viewer or operator sees.
#[component]
fn ScopeChoice(
    fields: UserFormFields,
    choices: ScopeChoices,
    #[prop(into)] error: Signal<Option<String>>,
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
    move || {
        fields.role.get().may_have_scope().then(|| {
            view! {
                <fieldset class="roles">
                    <legend class="label">"Customers"</legend>
                    {choice("All customers", "Also those added later", false)}
                    {choice("Only some", "Nothing else is visible: no name, count or history", true)}
                    {move || error.get().map(|it| view! { <span class="error">{it}</span> })}
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
                                        <CustomerPicker customers=customers.get_value() chosen=fields.customers/>
                                    </div>
                                }
                            })
                    }}
                </fieldset>
            }
        })
    }
}
