//! The editor of the open step's notes. Unsaved notes stay while other steps are opened, go along with Mark done, and are saved when
//! the field is left; if somebody else has saved notes meanwhile, both versions are shown. While others change the rest of the step,
//! the field keeps its caret. What was typed when the document was left is there again after a reload.
use super::{
    dialog_loader::{StepDialog, StepDialogLoader},
    events::StepPanelEvent,
    left_texts::take_notes,
    step_detail::StepDetailState,
};
use crate::{
    browser::{
        dom,
        menu::{focus_goes_to, focus_leaves},
    },
    components::{
        notes_draft::NotesDraft,
        ui::{
            follow_effect::follow,
            icon::Icon,
            text_area::{TextArea, TextAreaKind},
            time::Clock,
        },
    },
    domain::{
        event::{EventAction, HistoryEntry},
        id::{EventId, StepId},
    },
    paths,
};
use leptos::{ev, prelude::*};

/// Whether the typed notes differ from the saved ones. White space around them does not count.
fn differs(typed: &str, saved: &str) -> bool {
    typed.trim() != saved.trim()
}

/// Whether an event wrote notes: by itself, or together with a mark.
fn writes_notes(line: &HistoryEntry) -> bool {
    line.action == EventAction::Notes || line.changes.iter().any(|it| it.field == "notes")
}

/// A view is rendered in place of one that had the focus, as `had_focus` says: gives it the focus once it is there.
pub fn focus_again(had_focus: bool, focus: fn()) {
    follow(move |_| {
        if had_focus {
            dom::after(0, focus);
        }
    });
}

/// Selector of the buttons that change the state. What is typed goes along with a mark that they send.
pub const STATE_BUTTONS: &str = "[data-states]";

/// Saves the notes of a step when the focus leaves the buttons that change its state, unless they went along with a mark.
pub fn save_behind_buttons(state: StepDetailState) {
    let session = state.memory.lasting();
    let Some(draft) = session.notes.of(state.id) else {
        return;
    };
    // Over another's notes only by their own button.
    let version = state.read(|it| session.version_for(&it.detail.step, &draft));
    if version.is_some() {
        let event = StepPanelEvent::Notes(draft.text, false);
        state.on_event.run(event);
    }
}

/// Puts back what was typed when the document was left, or the page before, and saves it. What has been saved since is not put back,
/// also if it was written over: it is in the history. An effect, since the server knows nothing of it.
fn restore_left(
    state: StepDetailState,
    saved: RwSignal<String>,
    restore: impl Fn(NotesDraft) + 'static,
) {
    follow(move |is_first| {
        // What is typed on this page comes first.
        let is_typed = state
            .notes
            .with_untracked(|drafts| drafts.iter().any(|it| it.step == state.id));
        if !is_first || is_typed {
            return;
        }
        let Some(left) = take_notes(state.id) else {
            return;
        };
        let is_stored = saved.with_untracked(|saved| !differs(&left.text, saved));
        if is_stored || state.read(|it| left.is_saved_in(&it.detail.history)) {
            return;
        }
        let event = StepPanelEvent::Notes(left.text.clone(), false);
        let is_overtaken = saved.with_untracked(|saved| differs(&left.before, saved));
        state.notes.update(|drafts| {
            drafts.retain(|it| it.step != state.id);
            drafts.push(left.clone());
        });
        restore(left);
        if !is_overtaken {
            state.on_event.run(event);
        }
    });
}

/// Tells the page of what is typed and not saved, and of what typing began with: the saved notes, and the newest event of the step.
fn keep_draft(
    state: StepDetailState,
    is_changed: Memo<bool>,
    value: RwSignal<String>,
    began: StoredValue<(String, Option<EventId>)>,
) {
    let (name, address) = state.read(|it| {
        let (step, customer) = (&it.detail.step, &it.detail.customer.customer);
        let name = format!("{} for {}", step.name, customer.name);
        (name, paths::step(step.release_id, step.id))
    });
    let empty = NotesDraft {
        name,
        address,
        ..NotesDraft::new(state.id)
    };
    Effect::new(move |_| {
        let draft = is_changed.get().then(|| {
            let (before, seen) = began.get_value();
            NotesDraft {
                text: value.get(),
                before,
                seen,
                ..empty.clone()
            }
        });
        state.notes.update(|drafts| {
            drafts.retain(|it| it.step != empty.step);
            drafts.extend(draft);
        });
    });
}

/// Says who has saved other notes since the person began to type, and asks which stay: `on_choice` gets whether it is the person's
/// own.
fn overtaken_notice(
    state: StepDetailState,
    who: String,
    (theirs, yours): (RwSignal<String>, RwSignal<String>),
    shows: RwSignal<bool>,
    on_choice: Callback<bool>,
) -> impl IntoView {
    let loader = expect_context::<StepDialogLoader>();
    let both = move || (loader.0)(state, StepDialog::Notes { theirs, yours });
    let comparison = move || shows.get().then(both);
    view! {
        <div class="alert" role="alert">
            <Icon name="i-warn"/>
            <div class="grow stack stack-s">
                <b>{who}</b>
                {comparison}
                <p class="row">
                    <button
                        type="button"
                        class="button"
                        data-size="s"
                        aria-expanded=move || shows.get().to_string()
                        on:click=move |_| shows.update(|it| *it = !*it)
                    >
                        "Show changes"
                    </button>
                    <button type="button" class="button" data-size="s" on:click=move |_| on_choice.run(true)>"Keep mine"</button>
                    <button type="button" class="button" data-size="s" on:click=move |_| on_choice.run(false)>"Take theirs"</button>
                </p>
            </div>
        </div>
    }
}

/// The notes: a text field, or plain text in a release that is not active.
#[component]
pub fn NotesEditor(state: StepDetailState) -> impl IntoView {
    let saved = state.read(|it| it.detail.step.notes.clone().unwrap_or_default());
    // Who saved the present notes, and when.
    let writer = state.read(|it| {
        let history = &it.detail.history;
        let line = history.iter().find(|it| writes_notes(it))?;
        Some((line.actor.clone(), line.at))
    });
    if !state.can_work {
        return view! {
            <section>
                <h3>"Notes"</h3>
                <p class="notes">{if saved.is_empty() { "None.".to_owned() } else { saved }}</p>
            </section>
        }
        .into_any();
    }
    let id = state.id;
    let drafts = state.notes.get_untracked();
    let draft = drafts.into_iter().find(|it| it.step == id);
    let draft = draft.filter(|it| !state.read(|open| it.is_saved_in(&open.detail.history)));
    let text = draft
        .as_ref()
        .map_or_else(|| saved.clone(), |it| it.text.clone());
    // The text of the field is kept as typed, with trailing space: writing the trimmed text back would move the caret.
    let field_text: RwSignal<Option<(StepId, String)>> =
        state.memory.inner().notes_text.clone().into();
    let standing = field_text.get_untracked().filter(|it| it.0 == id);
    // The view is rendered again while the field of the one before has the focus, as after a save.
    focus_again(standing.is_some() && dom::exists("#notes:focus"), || {
        if !dom::is_typing() {
            dom::focus_in_place("#notes");
        }
    });
    let standing = standing.filter(|it| !differs(&it.1, &text));
    let value = RwSignal::new(standing.map_or(text, |it| it.1));
    follow(move |_| field_text.set(Some((id, value.get()))));
    // The notes as they were when the person began to type, and the newest event then; 0 if there was none.
    let newest = state.read(|it| it.detail.history.first().map_or(EventId(0), |it| it.id));
    let (before, seen) =
        draft.map_or_else(|| (saved.clone(), Some(newest)), |it| (it.before, it.seen));
    let is_own = move |text: &str| {
        let mine = |it: &Option<(StepId, String)>| {
            it.as_ref()
                .is_some_and(|it| it.0 == id && !differs(&it.1, text))
        };
        state.saved_notes.with(mine)
    };
    let is_overtaken = RwSignal::new(differs(&before, &saved) && !untrack(|| is_own(&saved)));
    let saved = RwSignal::new(saved);
    let began = StoredValue::new((before, seen));
    let is_changed = Memo::new(move |_| value.with(|text| saved.with(|it| differs(text, it))));
    // Notes that this page has saved are the known ones from then on, even before the step is read again.
    follow(move |is_first| {
        let own = state.saved_notes.get().filter(|it| it.0 == id && !is_first);
        if let Some((_, text)) = own {
            began.set_value((text.clone(), None));
            saved.set(text);
        }
    });
    restore_left(state, saved, move |left| {
        is_overtaken.set(saved.with_untracked(|saved| differs(&left.before, saved)));
        began.set_value((left.before, left.seen));
        value.set(left.text);
    });
    keep_draft(state, is_changed, value, began);
    let save_as = move |is_asked: bool| {
        if is_changed.get_untracked() {
            let notes = value.get_untracked();
            state.on_event.run(StepPanelEvent::Notes(notes, is_asked));
        }
    };
    // What was pressed goes away with it.
    let save = move || {
        dom::focus("#notes");
        save_as(true);
    };
    let on_choice = Callback::new(move |is_mine: bool| {
        if is_mine {
            save();
        } else {
            dom::focus("#notes");
            is_overtaken.set(false);
            value.set(saved.get_untracked());
        }
    });
    let clock = Clock::from_context();
    let shows = RwSignal::new(false);
    let overtaken = move || {
        (is_overtaken.get() && is_changed.get()).then(|| {
            let who = match &writer {
                Some((by, at)) => format!("{by} changed this at {}", clock.time(*at)),
                None => "Someone changed this since then".to_owned(),
            };
            overtaken_notice(state, who, (saved, value), shows, on_choice)
        })
    };
    view! {
        <section
            class="field"
            data-notes=""
            data-typed=move || is_changed.get().then_some("")
            on:focusout=move |event| {
                let is_left = focus_leaves(&event) && !focus_goes_to(&event, STATE_BUTTONS);
                if is_left && !state.is_replaced() && !is_overtaken.get_untracked() {
                    save_as(false);
                }
            }
            on:keydown=move |event: ev::KeyboardEvent| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    // Over another's notes only by its own button.
                    if !is_overtaken.get_untracked() {
                        save();
                    }
                }
            }
        >
            <label for="notes">"Notes"</label>
            {overtaken}
            <TextArea value=value id="notes" kind=TextAreaKind::Prose(2)/>
            <Show when=move || is_changed.get() && !is_overtaken.get()>
                <div class="row">
                    // Not on the way of Tab: it leaves the field, which saves the notes, and takes this button away.
                    <button
                        type="button"
                        class="button"
                        data-size="s"
                        tabindex="-1"
                        aria-keyshortcuts="Control+Enter"
                        on:click=move |_| save()
                    >
                        "Save notes"
                    </button>
                </div>
            </Show>
            <span class="hint" aria-live="polite">
                {move || (!is_changed.get() && value.with(|it| is_own(it))).then_some("Saved")}
            </span>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::{Entity, FieldChange},
        id::{BatchId, EventId},
    };
    use chrono::DateTime;

    #[test]
    fn notes_are_written_by_themselves_or_with_a_mark() {
        let line = |action, field: &str| HistoryEntry {
            id: EventId(1),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
            changes: vec![FieldChange {
                field: field.into(),
                before: None,
                after: Some("x".into()),
            }],
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            text_changes: Vec::new(),
            undoes: None,
        };
        assert!(writes_notes(&line(EventAction::Notes, "status")));
        assert!(writes_notes(&line(EventAction::Done, "notes")));
        assert!(!writes_notes(&line(EventAction::Done, "status")));
    }

    #[test]
    fn space_around_notes_is_no_change() {
        assert!(!differs(" slow\n", "slow"));
        assert!(differs("slower", "slow"));
    }
}
