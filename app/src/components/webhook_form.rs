//! Form of a webhook (R62): kind, target, events, and which release and clusters it is about.
use super::{
    named_ids::names_of,
    record_form::{
        FormFrame, RecordForm, StaleNotice, conflict_answers, conflicts, validated_submit,
    },
    ui::field::{SelectField, TextField},
};
use crate::{
    browser::form::to_nfc,
    domain::{
        id::{ClusterId, ReleaseId},
        vocabulary::Field,
        webhook::{HookEvent, WebhookDraft, WebhookKind},
    },
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a webhook can be about, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HookChoices {
    pub releases: Vec<(ReleaseId, String)>,
    pub clusters: Vec<(ClusterId, String)>,
}

impl HookChoices {
    /// The name of a release; its id if it is gone.
    pub fn release(&self, id: ReleaseId) -> String {
        let found = self.releases.iter().find(|it| it.0 == id);
        found.map_or_else(|| id.to_string(), |it| it.1.clone())
    }

    /// The names of clusters; the ids of those that are gone.
    pub fn clusters(&self, ids: &BTreeSet<ClusterId>) -> String {
        names_of(ids, &self.clusters)
    }
}

/// What is typed.
#[derive(Clone, Copy)]
pub struct WebhookFormFields {
    name: RwSignal<String>,
    /// The chosen kind; the preview follows it.
    pub kind: RwSignal<WebhookKind>,
    target: RwSignal<String>,
    /// The chosen events; the preview shows one of them.
    pub events: RwSignal<BTreeSet<HookEvent>>,
    release: RwSignal<String>,
    is_limited: RwSignal<bool>,
    clusters: RwSignal<BTreeSet<ClusterId>>,
    is_active: RwSignal<bool>,
}

fn kind_of(draft: &WebhookDraft) -> WebhookKind {
    draft.kind.parse().unwrap_or(WebhookKind::Webhook)
}

fn events_of(draft: &WebhookDraft) -> BTreeSet<HookEvent> {
    draft
        .events
        .iter()
        .filter_map(|it| it.parse().ok())
        .collect()
}

impl WebhookFormFields {
    /// The fields with what a draft has.
    pub fn new(draft: &WebhookDraft) -> Self {
        let release = draft.release_id.map(|it| it.to_string());
        Self {
            name: RwSignal::new(draft.name.clone()),
            kind: RwSignal::new(kind_of(draft)),
            target: RwSignal::new(draft.target.clone()),
            events: RwSignal::new(events_of(draft)),
            release: RwSignal::new(release.unwrap_or_default()),
            is_limited: RwSignal::new(draft.cluster_ids.is_some()),
            clusters: RwSignal::new(draft.cluster_ids.clone().unwrap_or_default()),
            is_active: RwSignal::new(draft.is_active),
        }
    }

    fn draft(self) -> WebhookDraft {
        let clusters = self.clusters.get();
        WebhookDraft {
            name: to_nfc(self.name.get()),
            kind: self.kind.get().to_string(),
            target: self.target.get(),
            events: self
                .events
                .with(|it| it.iter().map(ToString::to_string).collect()),
            release_id: self.release.with(|it| it.parse().ok()),
            cluster_ids: self.is_limited.get().then_some(clusters),
            is_active: self.is_active.get(),
        }
    }

    fn set(self, draft: WebhookDraft) {
        self.kind.set(kind_of(&draft));
        self.events.set(events_of(&draft));
        let release = draft.release_id.map(|it| it.to_string());
        self.release.set(release.unwrap_or_default());
        self.is_limited.set(draft.cluster_ids.is_some());
        self.clusters.set(draft.cluster_ids.unwrap_or_default());
        self.is_active.set(draft.is_active);
        self.name.set(draft.name);
        self.target.set(draft.target);
    }
}

/// The texts of the fields that two people may have changed.
fn texts(draft: WebhookDraft, choices: &HookChoices) -> Vec<(&'static str, String)> {
    let all = || "All".to_owned();
    let release = draft.release_id.map(|it| choices.release(it));
    let clusters = draft.cluster_ids.map(|it| choices.clusters(&it));
    let active = if draft.is_active { "On" } else { "Off" };
    vec![
        ("Name", draft.name),
        ("Target", draft.target),
        ("Events", draft.events.join(", ")),
        ("Release", release.unwrap_or_else(all)),
        ("Clusters", clusters.unwrap_or_else(all)),
        ("Status", active.to_owned()),
    ]
}

/// What the target of a kind is called, and how one looks.
fn target_words(kind: WebhookKind) -> (&'static str, &'static str) {
    match kind {
        WebhookKind::Webhook => ("URL", "Such as https://ci.example.com/hooks/rollcall"),
        WebhookKind::Slack => (
            "Slack webhook URL",
            "From your Slack app, Incoming Webhooks",
        ),
        WebhookKind::Teams => (
            "Teams workflow URL",
            "From a workflow that posts to a channel",
        ),
        WebhookKind::Email => ("Email addresses", "Separated by commas"),
    }
}

/// The form, for a new webhook and for an existing one, whose kind stays.
#[component]
pub fn WebhookForm(
    draft: WebhookDraft,
    fields: WebhookFormFields,
    frame: FormFrame,
    choices: HookChoices,
    /// The webhook as stored now, after a conflicting save.
    #[prop(optional, into)]
    current: Signal<Option<WebhookDraft>>,
    on_submit: Callback<WebhookDraft>,
) -> impl IntoView {
    let requests = frame.requests;
    let error = requests.error;
    let is_new = frame.version.is_none();
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        |draft: WebhookDraft| draft.parse().err(),
        on_submit,
    );
    let typed = move || fields.draft();
    let named = StoredValue::new(choices.clone());
    let texts = move |it: WebhookDraft| named.with_value(|choices| texts(it, choices));
    let differences = conflicts(before, current, false, typed, texts);
    let fill = move |now| fields.set(now);
    let (take, keep) = conflict_answers(requests, before, current, false, typed, fill, send);
    let mut releases = vec![(String::new(), "All releases".to_owned())];
    let named = choices.releases.into_iter();
    releases.extend(named.map(|(id, name)| (id.to_string(), name)));
    let clusters = choices.clusters;
    let target = move || {
        let (label, hint) = target_words(fields.kind.get());
        view! {
            <TextField label=label id="target" value=fields.target error=at(Field::Target) hint=hint/>
        }
    };
    view! {
        <RecordForm frame=frame is_dirty=is_dirty needs_script=true on_submit=send>
            <StaleNotice error=error differences=differences on_take=take on_keep=keep/>
            <TextField label="Name" id="name" value=fields.name error=at(Field::Name)/>
            {is_new.then(|| view! { <KindChoice kind=fields.kind/> })}
            {target}
            <EventChoice events=fields.events error=at(Field::Events)/>
            <SelectField
                label="Release"
                id="release"
                value=fields.release
                options=releases
                error=at(Field::Release)
            />
            <ClusterChoice fields=fields clusters=clusters error=at(Field::Clusters)/>
            <label class="choice">
                <input
                    class="check"
                    type="checkbox"
                    checked=fields.is_active.get_untracked()
                    prop:checked=move || fields.is_active.get()
                    on:change=move |event| fields.is_active.set(event_target_checked(&event))
                />
                <span>"Active"</span>
                <span class="hint">"While off, nothing is sent"</span>
            </label>
        </RecordForm>
    }
}

/// The choice of a kind.
#[component]
fn KindChoice(kind: RwSignal<WebhookKind>) -> impl IntoView {
    let options = WebhookKind::ALL
        .iter()
        .map(|it| {
            let it = *it;
            let is_chosen = kind.get_untracked() == it;
            view! {
                <label class="choice">
                    <input
                        type="radio"
                        name="kind"
                        value=it.as_str()
                        checked=is_chosen
                        prop:checked=move || kind.get() == it
                        on:change=move |_| kind.set(it)
                    />
                    <span>{it.label()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="roles">
            <legend class="label">"Kind"</legend>
            {options}
        </fieldset>
    }
}

/// The error of a group of boxes.
fn group_error(error: Signal<Option<String>>) -> impl IntoView {
    move || {
        let text = error.get();
        text.map(|it| view! { <div class="field"><span class="error">{it}</span></div> })
    }
}

/// The choice of events, each with a line that says when it is sent.
#[component]
fn EventChoice(
    events: RwSignal<BTreeSet<HookEvent>>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let boxes = HookEvent::selectable()
        .map(|it| {
            let is_chosen = events.with_untracked(|events| events.contains(&it));
            view! {
                <label class="choice">
                    <input
                        class="check"
                        type="checkbox"
                        name="events"
                        value=it.as_str()
                        checked=is_chosen
                        prop:checked=move || events.with(|events| events.contains(&it))
                        on:change=move |event| {
                            let is_on = event_target_checked(&event);
                            events
                                .update(|events| {
                                    if is_on {
                                        events.insert(it);
                                    } else {
                                        events.remove(&it);
                                    }
                                });
                        }
                    />
                    <span>{it.label()}</span>
                    <span class="hint">{it.summary()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="roles">
            <legend class="label">"Events"</legend>
            {group_error(error)}
            {boxes}
        </fieldset>
    }
}

/// The choice of clusters: all, or only some.
#[component]
fn ClusterChoice(
    fields: WebhookFormFields,
    clusters: Vec<(ClusterId, String)>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let clusters = StoredValue::new(clusters);
    let chosen = fields.clusters;
    let choice = move |label: &'static str, limited: bool| {
        let is_chosen = fields.is_limited.get_untracked() == limited;
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="clusters"
                    checked=is_chosen
                    prop:checked=move || fields.is_limited.get() == limited
                    on:change=move |_| fields.is_limited.set(limited)
                />
                <span>{label}</span>
            </label>
        }
    };
    let boxes = move || {
        let boxes = clusters.get_value().into_iter().map(|(id, name)| {
            view! {
                <label class="choice">
                    <input
                        class="check"
                        type="checkbox"
                        prop:checked=move || chosen.with(|it| it.contains(&id))
                        on:change=move |event| {
                            let is_on = event_target_checked(&event);
                            chosen
                                .update(|it| {
                                    if is_on {
                                        it.insert(id);
                                    } else {
                                        it.remove(&id);
                                    }
                                });
                        }
                    />
                    <span>{name}</span>
                </label>
            }
        });
        boxes.collect_view()
    };
    view! {
        <fieldset class="roles">
            <legend class="label">"Clusters"</legend>
            {choice("All clusters", false)}
            {choice("Only some", true)}
            {group_error(error)}
            {move || {
                fields
                    .is_limited
                    .get()
                    .then(|| {
                        view! {
                            <fieldset class="roles">
                                <legend class="sr">"Which clusters"</legend>
                                {boxes()}
                            </fieldset>
                        }
                    })
            }}
        </fieldset>
    }
}
