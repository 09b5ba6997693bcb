//! Page of one webhook, `/webhooks/:id`: what it is for, its deliveries, a test; for admins.
use super::hook_choices::hook_choices;
use crate::{
    api::webhooks::{
        delete_webhook, list_deliveries, read_webhook, replay_delivery, test_webhook,
        update_webhook,
    },
    browser,
    components::{
        layout::page_head::PageHead,
        ui::{dialog::Dialog, notice::Failure, toast::Toasts},
        webhook_form::HookChoices,
        webhook_parts::DeliveryTable,
    },
    domain::{
        id::WebhookId,
        webhook::{Delivery, HookEvent, Webhook, WebhookDraft},
    },
    error::AppError,
    pages::{SerialRequest, fetch::Fetch, latest_read::LatestRead, loaded, navigator, param},
    paths,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// After a test or a replay the deliveries are read once more, when most receivers have answered.
const ANSWER_EXPECTED_MILLISECONDS: u32 = 2_000;

/// What the page fetches.
#[derive(Clone, Serialize, Deserialize)]
struct WebhookData {
    hook: Webhook,
    deliveries: Vec<Delivery>,
    choices: HookChoices,
}

/// The page.
#[component]
pub fn WebhookPage() -> impl IntoView {
    let id = param::<WebhookId>("id");
    let data = Fetch::new(id, |id| async move {
        let hook = read_webhook(id.unwrap_or(WebhookId(0))).await?;
        let deliveries = list_deliveries(hook.id).await?;
        let choices = hook_choices().await?;
        Ok(WebhookData {
            hook,
            deliveries,
            choices,
        })
    });
    loaded(data, move |it| show(it, data.refetch_callback()))
}

fn show(data: WebhookData, refetch: Callback<()>) -> impl IntoView {
    let WebhookData {
        hook,
        deliveries,
        choices,
    } = data;
    let id = hook.id;
    let toasts = Toasts::from_context();
    let deliveries = RwSignal::new(deliveries);
    let unread = RwSignal::new(None::<AppError>);
    let reads = LatestRead::default();
    let reload = Callback::new(move |()| {
        reads.run(
            move || list_deliveries(id),
            move |answer| match answer {
                Ok(it) => {
                    unread.set(None);
                    deliveries.set(it);
                }
                Err(error) => unread.set(Some(error)),
            },
        );
    });
    let reload_soon = move || {
        reload.run(());
        browser::dom::after(ANSWER_EXPECTED_MILLISECONDS, move || {
            // A callback of a page that was left is gone.
            let _ = reload.try_run(());
        });
    };
    let (testing, replaying) = (SerialRequest::new(), SerialRequest::new());
    let switching = SerialRequest::new();
    let test = move |_| {
        testing.run(test_webhook(id), move |_| {
            toasts.show("Test queued", None);
            reload_soon();
        });
    };
    let on_replay = Callback::new(move |n: i64| {
        replaying.run(replay_delivery(id, n), move |_| {
            toasts.show("Replay queued", None);
            reload_soon();
        });
    });
    let (is_active, version) = (hook.is_active, hook.version);
    let switched = WebhookDraft {
        is_active: !is_active,
        ..WebhookDraft::from(hook.clone())
    };
    let switch = move |_| {
        let request = update_webhook(id, switched.clone(), version);
        switching.run(request, move |it| {
            let done = if it.row.is_active {
                "Switched on"
            } else {
                "Switched off"
            };
            toasts.show(format!("{done} {}", it.row.name), None);
            refetch.run(());
        });
    };
    let asks = RwSignal::new(false);
    let badge = move || (!is_active).then(|| view! { <span class="badge">"Off"</span> });
    let name = hook.name.clone();
    view! {
        <PageHead
            title=hook.name.clone()
            crumbs=vec![("Webhooks".into(), paths::WEBHOOKS.into())]
            beside=badge
        >
            <button class="button live-only" data-kind="ghost" type="button" on:click=move |_| asks.set(true)>
                "Delete…"
            </button>
            <button class="button live-only" data-kind="ghost" type="button" on:click=switch>
                {if is_active { "Switch off" } else { "Switch on" }}
            </button>
            <button class="button live-only" type="button" on:click=test>
                "Send test"
            </button>
            <a class="button" href=paths::edit_webhook(id)>"Edit"</a>
        </PageHead>
        <div class="page__body stack">
            <Failure error=testing.error/>
            <Failure error=switching.error/>
            <DeleteDialog open=asks name=name id=id/>
            {facts(hook, &choices)}
            <section class="stack stack-s" aria-labelledby="deliveries-title">
                <div class="section__head">
                    <h2 id="deliveries-title" tabindex="-1">"Deliveries"</h2>
                    <span class="quiet small">"The last 50, kept for 30 days"</span>
                    <button
                        class="button push live-only"
                        data-kind="ghost"
                        data-size="s"
                        type="button"
                        on:click=move |_| reload.run(())
                    >
                        "Refresh"
                    </button>
                </div>
                <Failure error=replaying.error/>
                <Failure error=unread on_retry=reload/>
                {move || view! { <DeliveryTable deliveries=deliveries.get() on_replay=on_replay/> }}
            </section>
        </div>
    }
}

/// What the webhook is for, and why it was switched off.
fn facts(hook: Webhook, choices: &HookChoices) -> impl IntoView + use<> {
    let events: Vec<&str> = hook.events.iter().copied().map(HookEvent::label).collect();
    let release = hook.release_id.map(|it| choices.release(it));
    let clusters = hook.cluster_ids.map(|it| choices.clusters(&it));
    let why_off = hook.off_reason.map(|it| {
        view! {
            <div class="alert" data-tone="danger" role="status">
                {format!("Switched off: {it}")}
            </div>
        }
    });
    view! {
        {why_off}
        <dl class="facts card">
            <div>
                <dt>"Kind"</dt>
                <dd>{hook.kind.label()}</dd>
            </div>
            <div>
                <dt>"Target"</dt>
                <dd class="mono">{hook.target}</dd>
            </div>
            <div>
                <dt>"Events"</dt>
                <dd>{events.join(", ")}</dd>
            </div>
            <div>
                <dt>"Release"</dt>
                <dd>{release.unwrap_or_else(|| "All releases".to_owned())}</dd>
            </div>
            <div>
                <dt>"Clusters"</dt>
                <dd>{clusters.unwrap_or_else(|| "All clusters".to_owned())}</dd>
            </div>
        </dl>
    }
}

/// Asks before the webhook is deleted, and goes back to the list.
#[component]
fn DeleteDialog(open: RwSignal<bool>, name: String, id: WebhookId) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (navigator(), Toasts::from_context());
    let told = StoredValue::new(name.clone());
    let delete = Callback::new(move |()| {
        let go = go.clone();
        sending.run(delete_webhook(id), move |()| {
            open.set(false);
            toasts.show(format!("Deleted {}", told.get_value()), None);
            go(paths::WEBHOOKS);
        });
    });
    let is_busy = sending.is_busy();
    view! {
        <Dialog open=open title=format!("Delete {name}")>
            <div class="dialog__body stack">
                <Failure error=sending.error/>
                <p class="muted">"Its deliveries are deleted too, and nothing more is sent."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    aria-busy=move || is_busy.get().then_some("true")
                    on:click=move |_| delete.run(())
                >
                    "Delete"
                </button>
            </div>
        </Dialog>
    }
}
