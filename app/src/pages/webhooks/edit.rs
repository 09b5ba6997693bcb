//! Pages with the form of a webhook: `/webhooks/new` and `/webhooks/:id/edit`; for admins. Beside the form stands a message as its
//! receiver would get it.
use super::hook_choices::hook_choices;
use crate::{
    api::webhooks::{create_webhook, preview_message, read_webhook, update_webhook},
    components::{
        layout::page_head::PageHead,
        record_form::FormFrame,
        ui::{field::SelectField, toast::Toasts},
        webhook_form::{HookChoices, WebhookForm, WebhookFormFields},
        webhook_parts::{MadeSecret, MessagePreview},
    },
    domain::{
        event::Entity,
        id::WebhookId,
        webhook::{CreatedWebhook, HookEvent, Webhook, WebhookDraft},
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
struct HookFormData {
    /// None for a new webhook.
    hook: Option<Webhook>,
    choices: HookChoices,
}

fn crumbs() -> Vec<(String, String)> {
    vec![("Webhooks".into(), paths::WEBHOOKS.into())]
}

/// No name of a webhook is held by another, so there is nothing to restore.
fn nothing_to_restore() -> Callback<i64> {
    Callback::new(|_| {})
}

/// The form for a new webhook. Afterwards its secret stands in the place of the form.
#[component]
pub fn NewWebhookPage() -> impl IntoView {
    let data = Fetch::new(
        || (),
        |()| async move {
            let choices = hook_choices().await?;
            Ok(HookFormData {
                hook: None,
                choices,
            })
        },
    );
    // Outside of what is fetched: the secret is told only once.
    let made = RwSignal::new(None::<CreatedWebhook>);
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(data, move |it| {
        let sending = SerialRequest::new();
        let go = go.clone();
        let submit = Callback::new(move |draft: WebhookDraft| {
            let go = go.clone();
            sending.run(create_webhook(draft), move |it| {
                toasts.show(format!("Created {}", it.row.hook.name), None);
                if it.row.secret.is_some() {
                    made.set(Some(it.row));
                } else {
                    go(&paths::webhook(it.row.hook.id));
                }
            });
        });
        let choices = it.choices;
        move || {
            if let Some(it) = made.get() {
                return made_view(it).into_any();
            }
            let draft = WebhookDraft::default();
            let fields = WebhookFormFields::new(&draft);
            let frame = FormFrame {
                version: None,
                submit_label: "Create webhook".into(),
                cancel_path: paths::WEBHOOKS.into(),
                requests: create_requests(sending, nothing_to_restore()),
            };
            view! {
                <PageHead title="New webhook" crumbs=crumbs()/>
                <div class="page__body stack">
                    <WebhookForm
                        draft=draft
                        fields=fields
                        frame=frame
                        choices=choices.clone()
                        on_submit=submit
                    />
                    {preview(fields)}
                </div>
            }
            .into_any()
        }
    })
}

/// The secret of the new webhook, and the way on.
fn made_view(made: CreatedWebhook) -> impl IntoView {
    let CreatedWebhook { hook, secret } = made;
    let name = hook.name.clone();
    view! {
        <PageHead title=hook.name crumbs=crumbs()/>
        <div class="page__body stack">
            {secret.map(|secret| view! { <MadeSecret name=name secret=secret/> })}
            <div class="row">
                <a class="button" data-kind="ink" href=paths::webhook(hook.id)>"Open webhook"</a>
            </div>
        </div>
    }
}

/// A message as it could be, of one of the events.
fn preview(fields: WebhookFormFields) -> impl IntoView {
    let first = fields.events.with_untracked(|it| it.first().copied());
    let shown = RwSignal::new(first.unwrap_or(HookEvent::StepFailed).to_string());
    let wanted = Memo::new(move |_| {
        let event = shown.with(|it| it.parse().unwrap_or(HookEvent::StepFailed));
        (fields.kind.get(), event)
    });
    let text = RwSignal::new(String::new());
    Effect::new(move |_| {
        let asked = wanted.get();
        leptos::task::spawn_local(async move {
            let Ok(answer) = preview_message(asked.0, asked.1).await else {
                return;
            };
            // Something else may have been chosen since, or the page was left.
            if wanted.try_get_untracked() == Some(asked) {
                let _ = text.try_set(answer);
            }
        });
    });
    let options: Vec<(String, String)> = HookEvent::selectable()
        .map(|it| (it.to_string(), it.label().to_owned()))
        .collect();
    let no_error = Signal::derive(|| None::<String>);
    view! {
        <section class="stack stack-s" aria-labelledby="preview-title">
            <h2 id="preview-title">"Preview"</h2>
            <SelectField label="Message" id="preview-event" value=shown options=options error=no_error/>
            <MessagePreview text=text/>
        </section>
    }
}

/// The form of an existing webhook.
#[component]
pub fn EditWebhookPage() -> impl IntoView {
    let id = param::<WebhookId>("id");
    let data = Fetch::new(id, |id| async move {
        let hook = read_webhook(id.unwrap_or(WebhookId(0))).await?;
        let choices = hook_choices().await?;
        Ok(HookFormData {
            hook: Some(hook),
            choices,
        })
    });
    let (go, toasts) = (navigator(), Toasts::from_context());
    loaded(data, move |it| {
        let choices = it.choices;
        let go = go.clone();
        it.hook.map(|hook| {
            let (id, version_read) = (hook.id, hook.version);
            let version = RwSignal::new(version_read);
            let sending = SerialRequest::new();
            let submit = Callback::new(move |draft: WebhookDraft| {
                let go = go.clone();
                let based_on = version.get_untracked();
                sending.run(update_webhook(id, draft, based_on), move |it| {
                    toasts.show(format!("Saved {}", it.row.name), None);
                    go(&paths::webhook(id));
                });
            });
            let (requests, current) = edit_requests(
                (Entity::Webhook, id.0),
                sending,
                version,
                nothing_to_restore(),
                move || async move {
                    let hook = read_webhook(id).await?;
                    let version = hook.version;
                    Ok((WebhookDraft::from(hook), version))
                },
            );
            let frame = FormFrame {
                version: Some(version_read),
                submit_label: "Save changes".into(),
                cancel_path: paths::webhook(id),
                requests,
            };
            let title = format!("Edit {}", hook.name);
            let draft = WebhookDraft::from(hook);
            let fields = WebhookFormFields::new(&draft);
            view! {
                <PageHead title=title crumbs=crumbs()/>
                <div class="page__body stack">
                    <WebhookForm
                        draft=draft
                        fields=fields
                        frame=frame
                        choices=choices
                        current=current
                        on_submit=submit
                    />
                    {preview(fields)}
                </div>
            }
        })
    })
}
