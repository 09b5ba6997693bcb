//! Page of one's own account, `/account`: name, password, sessions, tokens.
use crate::{
    api::people::{
        change_password, create_token, end_session, read_account, rename_self, revoke_token,
    },
    components::{
        account_parts::{PasswordForm, SessionTable, TokenForm, TokenTable},
        layout::page_head::PageHead,
        ui::{field::TextField, notice::Failure, toast::Toasts},
    },
    domain::{
        account::{Account, CreatedToken},
        id::{SessionId, TokenId},
        token::TokenDraft,
        vocabulary::Field,
    },
    pages::{SerialRequest, fetch::Fetch, loaded},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = Fetch::new(|| (), |()| read_account());
    // Outside of what is fetched again: a new token must stay on the page.
    let made = RwSignal::new(None::<CreatedToken>);
    loaded(account, move |it| {
        show(it, made, account.refetch_callback())
    })
}

fn show(
    account: Account,
    made: RwSignal<Option<CreatedToken>>,
    reload: Callback<()>,
) -> impl IntoView {
    let Account {
        user,
        sessions,
        tokens,
    } = account;
    let toasts = Toasts::from_context();
    let (changing, ending) = (SerialRequest::new(), SerialRequest::new());
    let (creating, revoking) = (SerialRequest::new(), SerialRequest::new());
    let on_password = Callback::new(move |(current, password): (String, String)| {
        changing.run(change_password(current, password), move |()| {
            toasts.show("Password changed. Other sessions ended".to_owned(), None);
            reload.run(());
        });
    });
    let on_end = Callback::new(move |id: SessionId| {
        ending.run(end_session(id), move |()| reload.run(()));
    });
    let on_create = Callback::new(move |draft: TokenDraft| {
        creating.run(create_token(draft), move |it| {
            made.set(Some(it));
            reload.run(());
        });
    });
    let on_revoke = Callback::new(move |id: TokenId| {
        revoking.run(revoke_token(id), move |()| reload.run(()));
    });
    let role = user.role;
    let has_password = user.has_password;
    view! {
        <PageHead title="Your account" beside=move || view! { <span class="quiet">{role.label()}</span> }/>
        <div class="page__body account">
            <NameForm login=user.login name=user.name reload=reload/>
            {has_password
                .then(|| view! { <PasswordForm error=changing.error is_busy=changing.is_busy() on_change=on_password/> })}
            <section aria-labelledby="sessions-title">
                <div class="section__head"><h2 id="sessions-title">"Sessions"</h2></div>
                <Failure error=ending.error/>
                <SessionTable sessions=sessions on_end=on_end/>
            </section>
            <section aria-labelledby="tokens-title">
                <div class="section__head"><h2 id="tokens-title">"Tokens"</h2></div>
                <Failure error=revoking.error/>
                <TokenTable tokens=tokens on_revoke=on_revoke/>
                <TokenForm role=role made=made error=creating.error is_busy=creating.is_busy() on_create=on_create/>
            </section>
        </div>
    }
}

/// The form of one's own name.
#[component]
fn NameForm(login: String, name: String, reload: Callback<()>) -> impl IntoView {
    let toasts = Toasts::from_context();
    let renaming = SerialRequest::new();
    let name = RwSignal::new(name);
    let error = renaming.error;
    view! {
        <form
            class="card form"
            on:submit=move |event| {
                event.prevent_default();
                renaming
                    .run(
                        rename_self(name.get_untracked()),
                        move |it| {
                            toasts.show(format!("Saved {}", it.row.name), None);
                            reload.run(());
                        },
                    );
            }
        >
            <div class="form__body">
                <Failure error=error/>
                <p class="muted">"Login: "<span class="mono">{login}</span></p>
                <TextField
                    label="Name"
                    id="name"
                    value=name
                    error=Signal::derive(move || error.get().and_then(|it| it.message_for(Field::Name)))
                    hint="Shown to others and in the history"
                />
            </div>
            <div class="form__foot">
                <button class="button push" data-kind="ink" type="submit">"Save name"</button>
            </div>
        </form>
    }
}
