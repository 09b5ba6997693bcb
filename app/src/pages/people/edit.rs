//! Pages with the form of a user: `/users/new` and `/users/:id/edit`; for admins.
use super::scope_choices::scope_choices;
use crate::{
    api::people::{
        create_user, deactivate_user, end_sessions_of, list_users, read_user, restore_user,
        update_user,
    },
    components::{
        layout::page_head::PageHead,
        record_form::FormFrame,
        scope_choice::ScopeChoices,
        ui::{notice::Failure, toast::Toasts},
        user_form::UserForm,
    },
    domain::{
        event::{Changed, Entity},
        id::UserId,
        permission::Role,
        user::{User, UserDraft},
    },
    pages::{
        SerialRequest,
        edit_conflict::{create_requests, edit_requests},
        fetch::Fetch,
        loaded, navigator, param,
    },
    paths,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of a form fetches.
#[derive(Clone, Serialize, Deserialize)]
struct FormData {
    /// None for a new user.
    user: Option<User>,
    choices: ScopeChoices,
}

/// Restores an inactive user and opens its form.
fn restore_request(sending: SerialRequest) -> Callback<i64> {
    let (go, toasts) = (navigator(), Toasts::from_context());
    Callback::new(move |id: i64| {
        let go = go.clone();
        sending.run(restore_user(UserId(id)), move |it| {
            toasts.show(format!("Restored {}", it.row.name), None);
            go(&paths::edit_user(it.row.id));
        });
    })
}

fn crumbs() -> Vec<(String, String)> {
    vec![("Users".into(), paths::USERS.into())]
}

/// The form for a new user.
#[component]
pub fn NewUserPage() -> impl IntoView {
    let data = Fetch::new(
        || (),
        |()| async move {
            // A caller without the permission gets the refusal before the form is filled in.
            list_users().await?;
            let choices = scope_choices().await?;
            Ok(FormData {
                user: None,
                choices,
            })
        },
    );
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(data, move |it| {
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: UserDraft| {
            let go = go.clone();
            sending.run(create_user(draft), move |it| {
                toasts.show(format!("Created {}", it.row.name), None);
                go(paths::USERS);
            });
        });
        let frame = FormFrame {
            version: None,
            submit_label: "Create user".into(),
            cancel_path: paths::USERS.into(),
            requests: create_requests(sending, restore_request(sending)),
        };
        let draft = UserDraft {
            role: Role::Operator.to_string(),
            ..UserDraft::default()
        };
        view! {
            <PageHead title="New user" crumbs=crumbs()/>
            <div class="page__body">
                <UserForm
                    draft=draft
                    frame=frame
                    choices=it.choices
                    password_hint="12 characters or more. Leave empty if they sign in another way"
                    on_submit=submit
                />
            </div>
        }
    })
}

/// The form of an existing user.
#[component]
pub fn EditUserPage() -> impl IntoView {
    let id = param::<UserId>("id");
    let data = Fetch::new(id, |id| async move {
        let user = read_user(id.unwrap_or(UserId(0))).await?;
        let choices = scope_choices().await?;
        Ok(FormData {
            user: Some(user),
            choices,
        })
    });
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(data, move |it| {
        let choices = it.choices;
        let go = go.clone();
        it.user.map(|user| {
            let (id, version_read) = (user.id, user.version);
            let version = RwSignal::new(version_read);
            let is_active = RwSignal::new(user.is_active);
            let sending = SerialRequest::new();
            let submit = Callback::new(move |draft: UserDraft| {
                let go = go.clone();
                let based_on = version.get_untracked();
                sending.run(update_user(id, draft, based_on), move |it| {
                    toasts.show(format!("Saved {}", it.row.name), None);
                    go(paths::USERS);
                });
            });
            let (requests, current) = edit_requests(
                (Entity::User, id.0),
                sending,
                version,
                restore_request(sending),
                move || async move {
                    let user = read_user(id).await?;
                    let version = user.version;
                    Ok((UserDraft::from(user), version))
                },
            );
            let frame = FormFrame {
                version: Some(version_read),
                submit_label: "Save changes".into(),
                cancel_path: paths::USERS.into(),
                requests,
            };
            let title = format!("Edit {}", user.name);
            let has_provider = user.oidc_subject.is_some();
            let draft = UserDraft::from(user);
            let badge = || view! { <span class="badge">"Inactive"</span> };
            let inactive_badge = move || move || (!is_active.get()).then(badge);
            view! {
                <PageHead title=title crumbs=crumbs() beside=inactive_badge>
                    <UserActions id=id is_active=is_active version=version/>
                </PageHead>
                <div class="page__body">
                    <UserForm
                        draft=draft
                        frame=frame
                        choices=choices
                        password_hint="Leave empty to keep it. A new one signs them out everywhere; their tokens stay"
                        has_provider=has_provider
                        current=current
                        on_submit=submit
                    />
                </div>
            }
        })
    })
}

/// What is done to a user besides editing: end its sessions, deactivate, restore. The form keeps what is typed.
#[component]
fn UserActions(
    id: UserId,
    is_active: RwSignal<bool>,
    /// The version that the form is based on.
    version: RwSignal<i64>,
) -> impl IntoView {
    let doing = SerialRequest::new();
    let toasts = Toasts::from_context();
    let sign_out = move |_| {
        doing.run(end_sessions_of(id), move |()| {
            toasts.show("Signed out everywhere".to_owned(), None);
        });
    };
    let switched = move |it: Changed<User>| {
        let done = if it.row.is_active {
            "Restored"
        } else {
            "Deactivated"
        };
        toasts.show(format!("{done} {}", it.row.name), None);
        is_active.set(it.row.is_active);
        // If somebody else has saved the user too, the form still has to say so.
        if it.row.version == version.get_untracked() + 1 {
            version.set(it.row.version);
        }
    };
    let switch = move |_| {
        if is_active.get_untracked() {
            doing.run(deactivate_user(id), switched);
        } else {
            doing.run(restore_user(id), switched);
        }
    };
    view! {
        <Failure error=doing.error/>
        <a class="button" href=paths::activity_of(id)>"Activity"</a>
        <button class="button live-only" type="button" on:click=sign_out>"Sign out everywhere"</button>
        <button class="button live-only" type="button" on:click=switch>
            {move || if is_active.get() { "Deactivate" } else { "Restore" }}
        </button>
    }
}
