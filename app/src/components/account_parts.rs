//! The parts of one's own account: the forms of name, password and new tokens, and the tables of sessions and tokens.
use super::{
    scope_choice::{ScopeChoice, ScopeChoices, ScopeFields},
    ui::{
        field::{SelectField, TextField},
        follow_effect::follow,
        notice::Failure,
        time::{Clock, Time},
    },
};
use crate::{
    browser,
    domain::{
        account::CreatedToken,
        id::{SessionId, TokenId},
        permission::Role,
        session::SessionInfo,
        token::{ApiToken, TOKEN_DEFAULT_DAYS, TokenDraft},
        vocabulary::Field,
    },
    error::AppError,
};
use leptos::prelude::*;

/// The request that a form sends, as its page runs it.
#[derive(Clone, Copy)]
pub struct CardRequest {
    /// Why it failed.
    pub error: RwSignal<Option<AppError>>,
    pub is_busy: Signal<bool>,
}

impl CardRequest {
    /// The message for a field.
    pub fn at(self, field: Field) -> Signal<Option<String>> {
        let error = self.error;
        Signal::derive(move || error.get().and_then(|it| it.message_for(field)))
    }
}

/// A form in a card: what went wrong, its fields as children, and one button. It posts, so that a browser that sends it before
/// the page is live puts no password into an address.
#[component]
pub fn CardForm(
    id: &'static str,
    request: CardRequest,
    button: &'static str,
    on_submit: Callback<()>,
    children: Children,
) -> impl IntoView {
    follow(move |_| {
        let is_about_fields =
            |it: &Option<AppError>| it.as_ref().is_some_and(AppError::is_about_fields);
        if request.error.with(is_about_fields) {
            browser::dom::after(0, move || {
                browser::dom::focus(&format!("#{id} [aria-invalid=true]"));
            });
        }
    });
    view! {
        <form
            id=id
            class="card form"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }
        >
            <div class="form__body">
                <Failure error=request.error/>
                {children()}
            </div>
            <div class="form__foot">
                <button
                    class="button push live-only"
                    data-kind="ink"
                    type="submit"
                    aria-busy=move || request.is_busy.get().then_some("true")
                >
                    {button}
                </button>
            </div>
        </form>
    }
}

/// The form of one's own name.
#[component]
pub fn NameForm(
    login: String,
    name: String,
    request: CardRequest,
    on_rename: Callback<String>,
) -> impl IntoView {
    let name = RwSignal::new(name);
    let submit = Callback::new(move |()| on_rename.run(name.get_untracked()));
    view! {
        <CardForm id="name-form" request=request button="Save name" on_submit=submit>
            <p class="muted">"Login: "<span class="mono">{login}</span></p>
            <TextField
                label="Name"
                id="name"
                value=name
                error=request.at(Field::Name)
                hint="Shown to others and in the history"
            />
        </CardForm>
    }
}

/// The form that changes the password.
#[component]
pub fn PasswordForm(
    /// The present password.
    current: RwSignal<String>,
    /// The new one.
    password: RwSignal<String>,
    request: CardRequest,
    on_change: Callback<()>,
) -> impl IntoView {
    view! {
        <CardForm id="password-form" request=request button="Change password" on_submit=on_change>
            <TextField
                label="Current password"
                id="current"
                kind="password"
                value=current
                error=request.at(Field::Current)
            />
            <TextField
                label="New password"
                id="password"
                kind="password"
                value=password
                error=request.at(Field::Password)
                hint="12 characters or more. Other sessions end, tokens stay"
            />
        </CardForm>
    }
}

/// A table in a card; the last column is that of the button of each row.
#[component]
pub fn CardTable(
    caption: &'static str,
    /// All heads but that of the buttons.
    heads: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let heads = heads.iter().map(|it| view! { <th scope="col">{*it}</th> });
    view! {
        <div class="card list scroll-x">
            <table class="table">
                <caption class="sr">{caption}</caption>
                <thead>
                    <tr>
                        {heads.collect_view()}
                        <th scope="col"><span class="sr">"Action"</span></th>
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// The sessions, each with a button that ends it.
#[component]
pub fn SessionTable(sessions: Vec<SessionInfo>, on_end: Callback<SessionId>) -> impl IntoView {
    let clock = Clock::from_context();
    let rows = sessions
        .into_iter()
        .map(|it| {
            let (id, used_at) = (it.id, it.used_at);
            let agent = it.agent.unwrap_or_else(|| "Unknown browser".to_owned());
            let place = it.address.unwrap_or_else(|| "Unknown address".to_owned());
            view! {
                <tr>
                    <td>
                        {agent.clone()}
                        <div class="quiet small">{place}</div>
                    </td>
                    <td class="muted"><Time at=used_at/></td>
                    <td>
                        {if it.is_current {
                            view! { <span class="quiet">"This session"</span> }.into_any()
                        } else {
                            view! {
                                <button
                                    class="button live-only"
                                    data-size="s"
                                    type="button"
                                    aria-label=move || format!("End session, {agent}, {}", clock.time(used_at))
                                    on:click=move |_| on_end.run(id)
                                >
                                    "End"
                                </button>
                            }
                                .into_any()
                        }}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <CardTable caption="Sessions" heads=&["Browser", "Last used"]>
            {rows}
        </CardTable>
    }
}

/// The tokens, each with a button that revokes it.
#[component]
pub fn TokenTable(tokens: Vec<ApiToken>, on_revoke: Callback<TokenId>) -> impl IntoView {
    if tokens.is_empty() {
        return view! { <p class="muted">"No tokens yet. Programs sign in with one"</p> }
            .into_any();
    }
    let rows = tokens
        .into_iter()
        .map(|it| {
            let id = it.id;
            let label = format!("Revoke {}", it.name);
            view! {
                <tr>
                    <td>
                        {it.name}
                        <div class="quiet small mono">{it.hint}"…"</div>
                    </td>
                    <td class="muted">{it.role.map_or("Yours", Role::label)}</td>
                    <td class="muted">{if it.scope.is_some() { "Some" } else { "Yours" }}</td>
                    <td class="muted"><Time at=it.expires_at/></td>
                    <td class="muted">
                        {match it.last_used_at {
                            Some(at) => view! { <Time at=at/> }.into_any(),
                            None => "Never".into_any(),
                        }}
                    </td>
                    <td>
                        <button
                            class="button live-only"
                            data-size="s"
                            type="button"
                            aria-label=label
                            on:click=move |_| on_revoke.run(id)
                        >
                            "Revoke"
                        </button>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <CardTable caption="Tokens" heads=&["Name", "Role", "Customers", "Expires", "Last used"]>
            {rows}
        </CardTable>
    }
    .into_any()
}

/// The text of a token that was just made.
#[component]
fn MadeToken(token: CreatedToken) -> impl IntoView {
    let text = token.text.clone();
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let _ = browser::clipboard::copy(&text).await;
        });
    };
    view! {
        <div class="alert" role="status">
            <div class="stack stack-s grow">
                <p>{format!("Copy the token {} now. It is shown this once", token.row.name)}</p>
                <div class="secret">
                    <code>{token.text}</code>
                    <button class="button" data-size="s" type="button" on:click=copy>
                        "Copy"
                    </button>
                </div>
            </div>
        </div>
    }
}

/// The form that makes a token, and the text of the one that was just made.
#[component]
pub fn TokenForm(
    /// The owner's role; a token has none above it.
    role: Role,
    /// What the owner sees.
    choices: ScopeChoices,
    made: RwSignal<Option<CreatedToken>>,
    request: CardRequest,
    on_create: Callback<TokenDraft>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let chosen = RwSignal::new(String::new());
    let scope = ScopeFields::new(None);
    let days = RwSignal::new(TOKEN_DEFAULT_DAYS.to_string());
    // Once its token is there, the form is empty again.
    follow(move |_| {
        if made.with(Option::is_some) {
            name.set(String::new());
            chosen.set(String::new());
            scope.set(None);
            days.set(TOKEN_DEFAULT_DAYS.to_string());
        }
    });
    let mut options = vec![(String::new(), "Same as yours".to_owned())];
    let lower = Role::ALL.iter().filter(|it| **it <= role);
    options.extend(lower.map(|it| (it.to_string(), it.label().to_owned())));
    // Without a choice the token follows its owner.
    let effective = Signal::derive(move || chosen.with(|it| it.parse().unwrap_or(role)));
    let submit = Callback::new(move |()| {
        let role = chosen.get_untracked();
        on_create.run(TokenDraft {
            name: name.get_untracked(),
            role: (!role.is_empty()).then_some(role),
            scope: untrack(|| scope.scope(effective.get())),
            // A text that is no number is refused as 0 is.
            expires_in_days: Some(days.get_untracked().trim().parse().unwrap_or_default()),
        });
    });
    view! {
        {move || made.get().map(|it| view! { <MadeToken token=it/> })}
        <CardForm id="token-form" request=request button="Create token" on_submit=submit>
            <TextField label="Token name" id="token-name" value=name error=request.at(Field::Name)/>
            <div class="form__row">
                <SelectField
                    label="Role"
                    id="token-role"
                    value=chosen
                    options=options
                    error=request.at(Field::Role)
                />
                <TextField
                    label="Days"
                    id="token-days"
                    kind="number"
                    value=days
                    error=request.at(Field::ExpiresInDays)
                    hint="1 to 365"
                />
            </div>
            <ScopeChoice
                role=effective
                fields=scope
                choices=choices
                error=request.at(Field::Scope)
                all="All that you see"
            />
        </CardForm>
    }
}
