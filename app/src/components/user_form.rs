//! Form of a user: login, name, role with a one-line description, scope of customers, and password.
use super::{
    named_ids::names_of,
    record_form::{
        FormFrame, RecordForm, StaleNotice, conflict_answers, conflicts, validated_submit,
    },
    scope_choice::{ScopeChoice, ScopeChoices, ScopeFields},
    ui::field::TextField,
};
use crate::{
    browser::form::to_nfc,
    domain::{
        id::CustomerId, permission::Role, scope::ScopeIds, user::UserDraft, vocabulary::Field,
    },
};
use leptos::prelude::*;

/// Below the role of a user who signs in at the provider.
const PROVIDER_HINT: &str = "Each sign-in at the provider sets the role by its groups";

/// What is typed.
#[derive(Clone, Copy)]
struct UserFormFields {
    login: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    role: RwSignal<Role>,
    scope: ScopeFields,
    password: RwSignal<String>,
}

fn role_of(draft: &UserDraft) -> Role {
    draft.role.parse().unwrap_or(Role::Viewer)
}

impl UserFormFields {
    fn new(draft: &UserDraft) -> Self {
        Self {
            login: RwSignal::new(draft.login.clone()),
            name: RwSignal::new(draft.name.clone()),
            email: RwSignal::new(draft.email.clone()),
            role: RwSignal::new(role_of(draft)),
            scope: ScopeFields::new(draft.scope.clone()),
            password: RwSignal::new(String::new()),
        }
    }

    fn draft(self) -> UserDraft {
        let role = self.role.get();
        let password = self.password.get();
        UserDraft {
            login: to_nfc(self.login.get()),
            name: to_nfc(self.name.get()),
            email: to_nfc(self.email.get()),
            role: role.to_string(),
            scope: self.scope.scope(role),
            password: (!password.is_empty()).then_some(password),
        }
    }

    fn set(self, draft: UserDraft) {
        self.role.set(role_of(&draft));
        self.scope.set(draft.scope);
        self.login.set(draft.login);
        self.name.set(draft.name);
        self.email.set(draft.email);
    }
}

/// A scope as the names of its clusters and customers.
fn scope_text(scope: Option<&ScopeIds>, choices: &ScopeChoices) -> String {
    let Some(ScopeIds {
        clusters,
        customers,
    }) = scope
    else {
        return "All customers".to_owned();
    };
    let named = choices.customers.iter();
    let named: Vec<(CustomerId, String)> = named.map(|it| (it.id, it.name.clone())).collect();
    let parts = [
        ("Whole clusters", names_of(clusters, &choices.clusters)),
        ("Customers", names_of(customers, &named)),
    ];
    let parts = parts.into_iter().filter(|it| !it.1.is_empty());
    let parts: Vec<String> = parts.map(|it| format!("{}: {}", it.0, it.1)).collect();
    parts.join("; ")
}

/// The form, for a new user and for an existing one.
#[component]
pub fn UserForm(
    draft: UserDraft,
    frame: FormFrame,
    choices: ScopeChoices,
    /// Below the password.
    password_hint: &'static str,
    /// Whether the user signs in at the provider, whose groups give the role.
    #[prop(optional)]
    has_provider: bool,
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
    let named = StoredValue::new(choices.clone());
    let texts = move |it: UserDraft| {
        let scope = named.with_value(|choices| scope_text(it.scope.as_ref(), choices));
        vec![
            ("Login", it.login),
            ("Name", it.name),
            ("Email", it.email),
            ("Role", it.role),
            ("Customers", scope),
        ]
    };
    let typed = move || fields.draft();
    let differences = conflicts(before, current, false, typed, texts);
    let fill = move |now| fields.set(now);
    let (take, keep) = conflict_answers(requests, before, current, false, typed, fill, send);
    view! {
        <RecordForm frame=frame is_dirty=is_dirty needs_script=true on_submit=send>
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
            <RoleChoice role=fields.role has_provider=has_provider/>
            <TextField
                label="Password"
                id="password"
                kind="password"
                value=fields.password
                error=at(Field::Password)
                hint=password_hint
            />
            <ScopeChoice role=fields.role fields=fields.scope choices=choices error=at(Field::Scope)/>
        </RecordForm>
    }
}

/// The choice of a role, each with one line that says what it may.
#[component]
fn RoleChoice(role: RwSignal<Role>, has_provider: bool) -> impl IntoView {
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
            {has_provider.then(|| view! { <p class="quiet small">{PROVIDER_HINT}</p> })}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ClusterId;

    #[test]
    fn a_scope_reads_as_what_is_in_it() {
        let choices = ScopeChoices {
            clusters: vec![
                (ClusterId(1), "eu-west".into()),
                (ClusterId(2), "us-east".into()),
            ],
            customers: Vec::new(),
        };
        let text = |clusters: &[i64], customers: &[i64]| {
            let scope = ScopeIds {
                clusters: clusters.iter().copied().map(ClusterId).collect(),
                customers: customers.iter().copied().map(CustomerId).collect(),
            };
            scope_text(Some(&scope), &choices)
        };
        assert_eq!(text(&[1], &[]), "Whole clusters: eu-west");
        assert_eq!(text(&[2], &[]), "Whole clusters: us-east");
        assert_eq!(
            text(&[1, 2], &[7]),
            "Whole clusters: eu-west, us-east; Customers: 7"
        );
        assert_eq!(text(&[], &[]), "");
        assert_eq!(scope_text(None, &choices), "All customers");
    }
}
