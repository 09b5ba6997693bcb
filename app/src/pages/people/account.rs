//! Page of one's own account, `/account`: name, password, sessions, tokens.
use super::scope_choices::scope_choices;
use crate::{
    api::people::{
        change_password, create_token, end_session, read_account, rename_self, revoke_token,
    },
    browser,
    components::{
        account_parts::{CardRequest, NameForm, PasswordForm, SessionTable, TokenForm, TokenTable},
        layout::{page_head::PageHead, sidebar::OwnName},
        scope_choice::ScopeChoices,
        ui::{
            notice::{Failure, NeedsScript},
            toast::Toasts,
        },
    },
    domain::{
        account::{Account, CreatedToken},
        id::{SessionId, TokenId},
        token::TokenDraft,
    },
    error::AppError,
    pages::{SerialRequest, fetch::Fetch, latest_read::LatestRead, loaded, loaded_part},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = Fetch::new(|| (), |()| read_account());
    let choices = Fetch::new(|| (), |()| scope_choices());
    // Outside of what is fetched: the text of a new token is told only once.
    let made = RwSignal::new(None::<CreatedToken>);
    loaded(account, move |it| show(it, choices, made))
}

/// A request as a form needs it.
fn of_card(sending: SerialRequest) -> CardRequest {
    CardRequest {
        error: sending.error,
        is_busy: sending.is_busy(),
    }
}

fn show(
    account: Account,
    choices: Fetch<ScopeChoices>,
    made: RwSignal<Option<CreatedToken>>,
) -> impl IntoView {
    let Account {
        user,
        sessions,
        tokens,
    } = account;
    let (toasts, own_name) = (Toasts::from_context(), OwnName::from_context());
    let (current, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (sessions, tokens) = (RwSignal::new(sessions), RwSignal::new(tokens));
    let unread = RwSignal::new(None::<AppError>);
    // Only the tables are brought up to date: what is typed in the forms stays.
    let reads = LatestRead::default();
    let reload = Callback::new(move |()| {
        reads.run(read_account, move |answer| match answer {
            Ok(it) => {
                unread.set(None);
                sessions.set(it.sessions);
                tokens.set(it.tokens);
            }
            Err(error) => unread.set(Some(error)),
        });
    });
    let (renaming, changing) = (SerialRequest::new(), SerialRequest::new());
    let (ending, revoking) = (SerialRequest::new(), SerialRequest::new());
    let creating = SerialRequest::new();
    let on_rename = Callback::new(move |name: String| {
        renaming.run(rename_self(name), move |it| {
            toasts.show(format!("Saved {}", it.row.name), None);
            own_name.0.set(it.row.name);
            reload.run(());
        });
    });
    let on_password = Callback::new(move |()| {
        let request = change_password(current.get_untracked(), password.get_untracked());
        changing.run(request, move |()| {
            toasts.show("Password changed. Other sessions ended".to_owned(), None);
            current.set(String::new());
            password.set(String::new());
            reload.run(());
        });
    });
    let on_end = Callback::new(move |id: SessionId| {
        ending.run(end_session(id), move |()| {
            toasts.show("Session ended", None);
            browser::dom::focus_in_place("#sessions-title");
            reload.run(());
        });
    });
    let on_create = Callback::new(move |draft: TokenDraft| {
        creating.run(create_token(draft), move |it| {
            made.set(Some(it));
            browser::dom::after(0, || browser::dom::focus(".secret button"));
            reload.run(());
        });
    });
    let on_revoke = Callback::new(move |id: TokenId| {
        revoking.run(revoke_token(id), move |()| {
            toasts.show("Token revoked", None);
            browser::dom::focus_in_place("#tokens-title");
            if made.with_untracked(|it| it.as_ref().is_some_and(|it| it.row.id == id)) {
                made.set(None);
            }
            reload.run(());
        });
    });
    let role = user.role;
    let password_form = user.has_password.then(|| {
        view! { <PasswordForm current=current password=password request=of_card(changing) on_change=on_password/> }
    });
    let token_form = loaded_part(choices, move |choices| {
        view! {
            <TokenForm role=role choices=choices made=made request=of_card(creating) on_create=on_create/>
        }
    });
    view! {
        <PageHead title="Your account" beside=move || view! { <span class="quiet">{role.label()}</span> }/>
        <div class="page__body account">
            <NeedsScript/>
            <NameForm login=user.login name=user.name request=of_card(renaming) on_rename=on_rename/>
            {password_form}
            <section aria-labelledby="sessions-title">
                <div class="section__head"><h2 id="sessions-title" tabindex="-1">"Sessions"</h2></div>
                <Failure error=ending.error/>
                <Failure error=unread on_retry=reload/>
                {move || view! { <SessionTable sessions=sessions.get() on_end=on_end/> }}
            </section>
            <section aria-labelledby="tokens-title">
                <div class="section__head"><h2 id="tokens-title" tabindex="-1">"Tokens"</h2></div>
                <Failure error=revoking.error/>
                {move || view! { <TokenTable tokens=tokens.get() on_revoke=on_revoke/> }}
                {token_form}
            </section>
        </div>
    }
}
