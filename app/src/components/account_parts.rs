//! The parts of one's own account: the form of the password, the sessions, the tokens.
use super::ui::{
    field::{SelectField, TextField},
    notice::Failure,
    time::Time,
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

/// The message for a field of a form.
fn at(error: RwSignal<Option<AppError>>, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || error.get().and_then(|it| it.message_for(field)))
}

/// The form that changes the password; it is empty again once that is done.
#[component]
pub fn PasswordForm(
    error: RwSignal<Option<AppError>>,
    is_busy: Signal<bool>,
    /// Gets the present password and the new one.
    on_change: Callback<(String, String)>,
) -> impl IntoView {
    let (current, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    view! {
        <form
            class="card form"
            on:submit=move |event| {
                event.prevent_default();
                on_change.run((current.get_untracked(), password.get_untracked()));
            }
        >
            <div class="form__body">
                <Failure error=error/>
                <TextField
                    label="Current password"
                    id="current"
                    kind="password"
                    value=current
                    error=at(error, Field::Current)
                />
                <TextField
                    label="New password"
                    id="password"
                    kind="password"
                    value=password
                    error=at(error, Field::Password)
                    hint="12 characters or more. Other sessions end"
                />
            </div>
            <div class="form__foot">
                <button
                    class="button push"
                    data-kind="ink"
                    type="submit"
                    aria-busy=move || is_busy.get().then_some("true")
                >
                    "Change password"
                </button>
            </div>
        </form>
    }
}

/// The sessions, each with a button that ends it.
#[component]
pub fn SessionTable(sessions: Vec<SessionInfo>, on_end: Callback<SessionId>) -> impl IntoView {
    let rows = sessions
        .into_iter()
        .map(|it| {
            let id = it.id;
            let place = it.address.unwrap_or_else(|| "Unknown address".to_owned());
            view! {
                <tr>
                    <td>
                        {it.agent.unwrap_or_else(|| "Unknown browser".to_owned())}
                        <div class="quiet small">{place}</div>
                    </td>
                    <td class="muted"><Time at=it.used_at/></td>
                    <td>
                        {if it.is_current {
                            view! { <span class="quiet">"This session"</span> }.into_any()
                        } else {
                            view! {
                                <button
                                    class="button live-only"
                                    data-size="s"
                                    type="button"
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
        <div class="card list">
            <table class="table">
                <caption class="sr">"Sessions"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Browser"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col"><span class="sr">"Action"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
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
        <div class="card list">
            <table class="table">
                <caption class="sr">"Tokens"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col"><span class="sr">"Action"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The form that makes a token, and the text of the one that was just made.
#[component]
pub fn TokenForm(
    /// The owner's role; a token has none above it.
    role: Role,
    made: RwSignal<Option<CreatedToken>>,
    error: RwSignal<Option<AppError>>,
    is_busy: Signal<bool>,
    on_create: Callback<TokenDraft>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let chosen = RwSignal::new(String::new());
    let days = RwSignal::new(TOKEN_DEFAULT_DAYS.to_string());
    let mut options = vec![(String::new(), "Same as yours".to_owned())];
    let lower = Role::ALL.iter().filter(|it| **it <= role);
    options.extend(lower.map(|it| (it.to_string(), it.label().to_owned())));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let role = chosen.get_untracked();
        on_create.run(TokenDraft {
            name: name.get_untracked(),
            role: (!role.is_empty()).then_some(role),
            scope: None,
            // A text that is no number is refused as 0 is.
            expires_in_days: Some(days.get_untracked().trim().parse().unwrap_or_default()),
        });
    };
    view! {
        {move || {
            made.get()
                .map(|it| {
                    let text = it.text.clone();
                    view! {
                        <div class="alert" role="status">
                            <div class="stack stack-s grow">
                                <p>{format!("Copy the token {} now. It is shown this once", it.row.name)}</p>
                                <div class="secret">
                                    <code>{it.text}</code>
                                    <button
                                        class="button"
                                        data-size="s"
                                        type="button"
                                        on:click=move |_| {
                                            let text = text.clone();
                                            leptos::task::spawn_local(async move {
                                                let _ = browser::clipboard::copy(&text).await;
                                            });
                                        }
                                    >
                                        "Copy"
                                    </button>
                                </div>
                            </div>
                        </div>
                    }
                })
        }}
        <form class="card form" on:submit=submit>
            <div class="form__body">
                <Failure error=error/>
                <TextField label="Token name" id="token-name" value=name error=at(error, Field::Name)/>
                <div class="form__row">
                    <SelectField
                        label="Role"
                        id="token-role"
                        value=chosen
                        options=options
                        error=at(error, Field::Role)
                    />
                    <TextField
                        label="Days"
                        id="token-days"
                        kind="number"
                        value=days
                        error=at(error, Field::ExpiresInDays)
                        hint="1 to 365"
                    />
                </div>
            </div>
            <div class="form__foot">
                <button
                    class="button push"
                    data-kind="ink"
                    type="submit"
                    aria-busy=move || is_busy.get().then_some("true")
                >
                    "Create token"
                </button>
            </div>
        </form>
    }
}
