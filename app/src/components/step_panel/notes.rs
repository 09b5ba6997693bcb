//! The variables of the open step with their values, and the editor of its notes. Unsaved notes stay while other steps
//! are opened, and are saved when the field is left; if somebody else has saved notes meanwhile, both versions are shown.
use super::{
    actions::edit_links, events::StepPanelEvent, panel_session::NotesDraft,
    step_detail::StepDetailState, text_dialogs::Comparison,
};
use crate::{
    browser::menu::focus_leaves,
    components::{
        rights::OwnRights,
        ui::{
            follow_effect::follow,
            icon::Icon,
            text_area::{TextArea, TextAreaKind},
            time::Clock,
        },
    },
    domain::{event::EventAction, id::StepId, permission::Permission, variables::Source},
};
use leptos::{ev, prelude::*};

/// The variables of the text: name, value and where the value comes from, or links to where a missing one is entered.
#[component]
pub fn VariableValues(state: StepDetailState) -> impl IntoView {
    let (variables, n_missing) = state.read(|it| {
        let detail = &it.detail;
        (detail.variables.clone(), detail.unresolved.len())
    });
    let may_edit = OwnRights::from_context().may(Permission::Customers);
    let n = variables.len();
    let count = if n_missing == 0 {
        format!("{n}, all set")
    } else {
        format!("{n_missing} of {n} missing")
    };
    let rows = variables
        .into_iter()
        .map(|it| {
            let is_missing = it.value.is_none();
            let links = if is_missing {
                state.read(|open| edit_links(&it.name, open))
            } else {
                Vec::new()
            };
            let nowhere = is_missing && links.is_empty();
            let links = links
                .into_iter()
                .enumerate()
                .map(|(index, (name, path))| {
                    let before = if index == 0 { "" } else { ", " };
                    view! {
                        {before}
                        <a class=may_edit.then_some("link") href=may_edit.then_some(path)>{name}</a>
                    }
                })
                .collect_view();
            view! {
                <dt class="mono">{it.name}</dt>
                <dd class="mono">{it.value.unwrap_or_else(|| "not set".into())}</dd>
                <dd title=it.problem.map(|it| it.to_string())>
                    {it.problem.map(|_| "cannot be quoted, ")}
                    {it.source.map(Source::as_str)}
                    {is_missing.then_some(if nowhere { "Unknown variable" } else { "Set on " })}
                    {links}
                </dd>
            }
        })
        .collect_view();
    // Collapsed if all values are set.
    let is_open = n_missing > 0;
    (n > 0).then(|| {
        view! {
            <details class="fold" open=is_open>
                <summary>
                    <Icon name="i-chevron"/>
                    "Values"
                    <span class="count">{count}</span>
                </summary>
                <dl class="origins">{rows}</dl>
            </details>
        }
    })
}

/// Whether the typed notes differ from the saved ones. White space around them does not count.
fn differs(typed: &str, saved: &str) -> bool {
    typed.trim() != saved.trim()
}

/// The notes: a text field, or plain text in a release that is not active.
#[component]
pub fn NotesEditor(state: StepDetailState) -> impl IntoView {
    let saved = state.read(|it| it.detail.step.notes.clone().unwrap_or_default());
    // Who saved the present notes, and when.
    let writer = state.read(|it| {
        let history = &it.detail.history;
        let line = history.iter().find(|it| it.action == EventAction::Notes)?;
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
    let value = RwSignal::new(
        draft
            .as_ref()
            .map_or_else(|| saved.clone(), |it| it.text.clone()),
    );
    // The notes as they were when the person began to type.
    let before = draft.map_or_else(|| saved.clone(), |it| it.before);
    let is_own = move |text: &str| {
        let mine = |it: &Option<(StepId, String)>| {
            it.as_ref()
                .is_some_and(|it| it.0 == id && !differs(&it.1, text))
        };
        state.saved_notes.with(mine)
    };
    let is_overtaken = RwSignal::new(differs(&before, &saved) && !untrack(|| is_own(&saved)));
    let saved = RwSignal::new(saved);
    let before = StoredValue::new(before);
    let is_changed = Memo::new(move |_| value.with(|text| saved.with(|it| differs(text, it))));
    // Notes that this page has saved are the known ones from then on, even before the step is read again.
    follow(move |is_first| {
        let own = state.saved_notes.get().filter(|it| it.0 == id && !is_first);
        if let Some((_, text)) = own {
            before.set_value(text.clone());
            saved.set(text);
        }
    });
    Effect::new(move |_| {
        let draft = is_changed.get().then(|| NotesDraft {
            step: id,
            text: value.get(),
            before: before.get_value(),
        });
        state.notes.update(|drafts| {
            drafts.retain(|it| it.step != id);
            drafts.extend(draft);
        });
    });
    let save_as = move |is_asked: bool| {
        if is_changed.get_untracked() {
            let notes = value.get_untracked();
            state.on_event.run(StepPanelEvent::Notes(notes, is_asked));
        }
    };
    let save = move || save_as(true);
    let take_theirs = move |_| {
        is_overtaken.set(false);
        value.set(saved.get_untracked());
    };
    let clock = Clock::from_context();
    let shows = RwSignal::new(false);
    let comparison = move || {
        shows
            .get()
            .then(|| view! { <Comparison state=state before=saved after=value left="Theirs" right="Yours"/> })
    };
    let overtaken = move || {
        if !is_overtaken.get() || !is_changed.get() {
            return None;
        }
        let who = match &writer {
            Some((by, at)) => format!("{by} changed this at {}", clock.time(*at)),
            None => "Someone changed this since then".to_owned(),
        };
        Some(view! {
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
                        <button type="button" class="button" data-size="s" on:click=move |_| save()>"Keep mine"</button>
                        <button type="button" class="button" data-size="s" on:click=take_theirs>"Take theirs"</button>
                    </p>
                </div>
            </div>
        })
    };
    view! {
        <section
            class="field"
            data-notes=""
            on:focusout=move |event| {
                if focus_leaves(&event) && !is_overtaken.get_untracked() {
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
                    <button type="button" class="button" data-size="s" on:click=move |_| save()>"Save notes"</button>
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

    #[test]
    fn space_around_notes_is_no_change() {
        assert!(!differs(" slow\n", "slow"));
        assert!(differs("slower", "slow"));
    }
}
