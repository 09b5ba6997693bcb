//! Page with the list of webhooks, `/webhooks`; for admins.
use crate::{
    api::webhooks::list_webhooks,
    components::{
        layout::page_head::PageHead,
        ui::{icon::Icon, time::Time},
        webhook_parts::health,
    },
    domain::webhook::{HookEvent, WebhookRow},
    pages::{fetch::Fetch, loaded, new_records::NewRecords, refresh_on_change::refresh_on_change},
    paths,
};
use leptos::prelude::*;

/// The page: fetches all webhooks by name.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    let webhooks = Fetch::new(|| (), |()| list_webhooks());
    refresh_on_change(webhooks.refetch_callback(), |_| true);
    let news = NewRecords::new(webhooks.refetch_callback());
    loaded(webhooks, move |mut all| {
        let new = news.hold_back(&mut all, |it| it.hook.id.0, "webhook");
        show(all, new)
    })
}

/// The list; `new` says that there are more.
fn show(rows: Vec<WebhookRow>, new: AnyView) -> impl IntoView {
    view! {
        <PageHead title="Webhooks">
            <a class="button" data-kind="ink" href=paths::NEW_WEBHOOK>
                <Icon name="i-plus"/>
                "New webhook"
            </a>
        </PageHead>
        <div class="page__body stack">{new} {table(rows)}</div>
    }
}

fn table(rows: Vec<WebhookRow>) -> AnyView {
    if rows.is_empty() {
        return view! {
            <div class="card empty">
                <p>"No webhooks yet. Tell a chat, a mailbox or another program what changes here"</p>
            </div>
        }
        .into_any();
    }
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <div class="card list scroll-x">
            <table class="table">
                <caption class="sr">"Webhooks"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"Events"</th>
                        <th scope="col">"Health"</th>
                        <th scope="col">"Last sent"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(row: WebhookRow) -> impl IntoView {
    let (text, tone) = health(&row);
    let WebhookRow { hook, health } = row;
    let events: Vec<&str> = hook.events.iter().copied().map(HookEvent::label).collect();
    let last = health.last.map(|it| view! { <Time at=it.at/> }.into_any());
    view! {
        <tr data-off=(!hook.is_active).then_some("")>
            <td class="wraps"><a href=paths::webhook(hook.id)>{hook.name}</a></td>
            <td class="muted">{hook.kind.label()}</td>
            <td class="muted wraps">{events.join(", ")}</td>
            <td><span class="badge" data-tone=tone>{text}</span></td>
            <td class="muted">{last.unwrap_or_else(|| "Never".into_any())}</td>
        </tr>
    }
}
