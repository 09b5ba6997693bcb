//! Parts of the pages of webhooks (R62): health at a glance, the table of deliveries, and a secret that is shown once.
use super::ui::time::{Clock, Time};
use crate::{
    browser,
    domain::{
        plural::pluralize,
        webhook::{Delivery, DeliveryState, WebhookRow},
    },
};
use leptos::prelude::*;

/// How a webhook does, in a word or two, and the tone of its badge.
pub fn health(row: &WebhookRow) -> (String, Option<&'static str>) {
    let health = &row.health;
    if !row.hook.is_active {
        let is_own = row.hook.off_reason.is_none();
        let text = if is_own { "Off" } else { "Switched off" };
        return (text.to_owned(), (!is_own).then_some("danger"));
    }
    if health.n_given_up > 0 {
        let text = format!("{} given up", pluralize(health.n_given_up, "message"));
        return (text, Some("danger"));
    }
    if health.n_waiting > 0 {
        return (
            format!("{} waiting", pluralize(health.n_waiting, "message")),
            None,
        );
    }
    match &health.last {
        None => ("Nothing sent yet".to_owned(), None),
        Some(_) => ("Delivering".to_owned(), Some("live")),
    }
}

/// The badge of a state.
fn state_badge(state: DeliveryState) -> impl IntoView {
    let tone = match state {
        DeliveryState::Delivered => Some("live"),
        DeliveryState::GivenUp => Some("danger"),
        DeliveryState::Pending | DeliveryState::Failed => None,
    };
    view! { <span class="badge" data-tone=tone>{state.label()}</span> }
}

/// What came of the last try: the status, or the error, with the beginning of the answer behind it.
fn answer(delivery: &Delivery) -> impl IntoView + use<> {
    let status = delivery.status.map(|it| it.to_string());
    let error = delivery.error.clone();
    let answer = delivery.answer.clone().filter(|it| !it.trim().is_empty());
    let next = delivery.next_at.filter(|_| delivery.tries > 0);
    view! {
        {status}
        {error.map(|it| view! { <div class="quiet small">{it}</div> })}
        {next.map(|at| view! { <div class="quiet small">"Next try " <Time at=at/></div> })}
        {answer
            .map(|it| {
                view! {
                    <details class="kept">
                        <summary>"Answer"</summary>
                        <pre>{it}</pre>
                    </details>
                }
            })}
    }
}

/// The deliveries of a webhook, each with a button that sends it again.
#[component]
pub fn DeliveryTable(deliveries: Vec<Delivery>, on_replay: Callback<i64>) -> impl IntoView {
    if deliveries.is_empty() {
        return view! { <p class="muted">"No deliveries yet. Send a test to try it"</p> }
            .into_any();
    }
    let clock = Clock::from_context();
    let rows = deliveries
        .into_iter()
        .map(|it| {
            let (n, event, at) = (it.n, it.event, it.at);
            view! {
                <tr>
                    <td class="muted"><Time at=at/></td>
                    <td>
                        {event.label()}
                        <div class="quiet small mono">{event.as_str()}</div>
                    </td>
                    <td>{state_badge(it.state)}</td>
                    <td class="num">{it.tries}</td>
                    <td>{answer(&it)}</td>
                    <td>
                        <button
                            class="button live-only"
                            data-size="s"
                            type="button"
                            aria-label=move || format!("Replay {}, {}", event.label(), clock.time(at))
                            on:click=move |_| on_replay.run(n)
                        >
                            "Replay"
                        </button>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card list scroll-x">
            <table class="table">
                <caption class="sr">"Deliveries"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Event"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="num">"Tries"</th>
                        <th scope="col">"Answer"</th>
                        <th scope="col"><span class="sr">"Action"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The secret of a webhook that was just made.
#[component]
pub fn MadeSecret(name: String, secret: String) -> impl IntoView {
    let text = secret.clone();
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let _ = browser::clipboard::copy(&text).await;
        });
    };
    view! {
        <div class="alert" role="status">
            <div class="stack stack-s grow">
                <p>{format!("Copy the secret of {name} now. It is shown this once")}</p>
                <div class="secret">
                    <code>{secret}</code>
                    <button class="button" data-size="s" type="button" on:click=copy>
                        "Copy"
                    </button>
                </div>
                <p class="quiet small">"Receivers check the webhook-signature header with it"</p>
            </div>
        </div>
    }
}

/// A message as its receiver gets it.
#[component]
pub fn MessagePreview(#[prop(into)] text: Signal<String>) -> impl IntoView {
    view! {
        <pre class="message-preview" tabindex="0" role="region" aria-label="Message">
            {move || text.get()}
        </pre>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::WebhookId,
        webhook::{HookHealth, Webhook, WebhookKind},
    };
    use chrono::DateTime;

    fn row(health: HookHealth) -> WebhookRow {
        WebhookRow {
            hook: Webhook {
                id: WebhookId(1),
                name: "CI".into(),
                kind: WebhookKind::Webhook,
                target: "https://example.com".into(),
                events: [].into(),
                release_id: None,
                cluster_ids: None,
                is_active: true,
                off_reason: None,
                version: 1,
                created_at: DateTime::UNIX_EPOCH,
                updated_at: DateTime::UNIX_EPOCH,
            },
            health,
        }
    }

    #[test]
    fn what_was_given_up_is_told_before_what_waits() {
        let both = HookHealth {
            n_waiting: 2,
            n_given_up: 1,
            last: None,
        };
        assert_eq!(health(&row(both)).0, "1 message given up");
        let waiting = HookHealth {
            n_waiting: 2,
            ..HookHealth::default()
        };
        assert_eq!(health(&row(waiting)).0, "2 messages waiting");
        assert_eq!(health(&row(HookHealth::default())).0, "Nothing sent yet");
    }

    #[test]
    fn one_that_the_program_switched_off_stands_out() {
        let mut off = row(HookHealth::default());
        off.hook.is_active = false;
        assert_eq!(health(&off), ("Off".to_owned(), None));
        off.hook.off_reason = Some("410".into());
        assert_eq!(health(&off), ("Switched off".to_owned(), Some("danger")));
    }
}
