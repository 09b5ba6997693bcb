//! History of the open step, newest first: who did what and when, the reason, the changed fields and text, the text as
//! it was executed, and the button that undoes the change.
use super::{events::StepPanelEvent, step_detail::StepDetailState, text_changes::change_lines};
use crate::{
    components::{
        diff_view::unified,
        event_text::{event_icon, resulting_status, single_phrase, undone_phrase},
        ui::{icon::Icon, time::Time},
    },
    domain::{
        customer_work::HistoryTextChange,
        event::{Entity, EventAction, FieldChange, HistoryEntry},
        id::BatchId,
        undo::{UndoneAction, undone_action},
        vocabulary::StepStatus,
    },
};
use leptos::prelude::*;
use std::iter::successors;

pub use crate::domain::text_change::kept_label;

/// What an entry did: "overrode the text", "edited the template". `undone` is what an undo undid or did again, if the history has it.
fn entry_text(entry: &HistoryEntry, has_diff: bool, undone: Option<UndoneAction>) -> String {
    match (entry.entity, entry.action) {
        (_, EventAction::Undo) => match undone {
            Some(undone) => undone_phrase(undone),
            None => single_phrase(EventAction::Undo).to_owned(),
        },
        (Entity::Template, action) => format!("{} the template", action.phrase()),
        (_, EventAction::Override) if has_diff => "overrode the text".to_owned(),
        (_, EventAction::Override) => "kept its override".to_owned(),
        (_, action) => single_phrase(action).to_owned(),
    }
}

/// Whether the changed fields are listed. A created or moved step would list all of its fields.
fn shows_fields(action: EventAction) -> bool {
    !matches!(
        action,
        EventAction::Create | EventAction::Delete | EventAction::Move | EventAction::Reorder
    )
}

/// One changed field, before and after.
fn field_change(change: FieldChange) -> impl IntoView {
    view! {
        <p class="change">
            <span class="quiet">{change.field}" "</span>
            {change.before.map(|it| view! { <del>{it}</del>" " })}
            {change.after.map(|it| view! { <ins>{it}</ins> })}
        </p>
    }
}

/// The text that was kept, with its SHA-256, folded.
fn kept_text(text: String, sha: String, label: &'static str) -> impl IntoView {
    let short: String = sha.chars().take(12).collect();
    view! {
        <details class="kept">
            <summary>{format!("{label}, SHA-256 {short}…")}</summary>
            <p class="mono">{sha}</p>
            <pre tabindex="0" role="region" aria-label=label>{text}</pre>
        </details>
    }
}

/// One entry; `text_change` is what it did to the text, if anything, `undone` what it undid.
fn history_item(
    entry: HistoryEntry,
    text_change: Option<HistoryTextChange>,
    undone: Option<UndoneAction>,
    state: StepDetailState,
) -> impl IntoView {
    let (diff, undoes) = text_change.map_or_else(|| (Vec::new(), 0), |it| (it.diff, it.undoes));
    let data_state = resulting_status(entry.action).map(StepStatus::as_str);
    let has_diff = !diff.is_empty();
    let text = entry_text(&entry, has_diff, undone);
    let icon = event_icon(&entry);
    let changes = if shows_fields(entry.action) {
        entry.changes
    } else {
        Vec::new()
    };
    let is_other = !entry.text_changes.is_empty();
    let kept = entry.resolved_text.zip(entry.resolved_sha256);
    let label = kept_label(entry.text_shown == Some(true));
    let batch = StoredValue::new(entry.batch_id);
    let undo = match undoes {
        0 => None,
        1 => Some("Undo this".to_owned()),
        n => Some(format!("Undo this and {} more", n - 1)),
    };
    view! {
        <li data-state=data_state>
            <Icon name=icon/>
            <span>
                <b>{entry.actor}</b>
                " "
                {text}
            </span>
            <Time at=entry.at/>
            {entry.reason.map(|it| view! { <p>{it}</p> })}
            {changes.into_iter().map(field_change).collect_view()}
            {has_diff
                .then(|| {
                    view! {
                        <details class="kept">
                            <summary>"Show the difference"</summary>
                            <pre class="diff" tabindex="0" role="region" aria-label="Difference" inner_html=unified(&diff)></pre>
                        </details>
                    }
                })}
            {kept.map(|(text, sha)| kept_text(text, sha, label))}
            {is_other.then(|| view! { <p class="quiet">"The text changed between the start and this:"</p> })}
            {change_lines(entry.text_changes)}
            {undo
                .filter(|_| state.can_work)
                .map(|label| {
                    view! {
                        <p>
                            <button
                                type="button"
                                class="link"
                                on:click=move |_| state.on_event.run(StepPanelEvent::Undo(batch.get_value()))
                            >
                                {label}
                            </button>
                        </p>
                    }
                })}
        </li>
    }
}

/// A batch of the history: its id, its action, and the batch that it undid.
type HistoryBatch = (BatchId, EventAction, Option<BatchId>);

/// What an undo of a batch undid, as far as this history tells.
fn what_was_undone(batches: &[HistoryBatch], batch: Option<&BatchId>) -> Option<UndoneAction> {
    let find = |batch: &BatchId| batches.iter().find(|it| it.0 == *batch);
    let back = successors(find(batch?), |it| find(it.2.as_ref()?));
    undone_action(back.take(batches.len()).map(|it| it.1))
}

/// The history of the open step.
#[component]
pub fn History(state: StepDetailState) -> impl IntoView {
    let (history, mut text_changes) = state.read(|it| (it.detail.history.clone(), it.more.clone()));
    let is_empty = history.is_empty();
    let batches: Vec<HistoryBatch> = (history.iter())
        .map(|it| (it.batch_id.clone(), it.action, it.undoes.clone()))
        .collect();
    let items = history
        .into_iter()
        .map(|entry| {
            let at = text_changes.iter().position(|it| it.event == entry.id);
            let text_change = at.map(|it| text_changes.swap_remove(it));
            let undone = what_was_undone(&batches, entry.undoes.as_ref());
            history_item(entry, text_change, undone, state)
        })
        .collect_view();
    view! {
        <section aria-labelledby="history-title">
            <h3 id="history-title">"History"</h3>
            {is_empty.then(|| view! { <p class="quiet small">"No history yet."</p> })}
            <ol class="timeline">{items}</ol>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::EventId;
    use chrono::DateTime;

    #[test]
    fn an_override_without_a_difference_kept_the_text() {
        let entry = |entity, action| HistoryEntry {
            id: EventId(1),
            batch_id: BatchId("b".into()),
            entity,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
            changes: Vec::new(),
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            text_changes: Vec::new(),
            undoes: None,
        };
        let over = entry(Entity::Step, EventAction::Override);
        assert_eq!(entry_text(&over, true, None), "overrode the text");
        assert_eq!(entry_text(&over, false, None), "kept its override");
        let edited = entry(Entity::Template, EventAction::Update);
        assert_eq!(entry_text(&edited, true, None), "edited the template");
        let undo = entry(Entity::Step, EventAction::Undo);
        let text = |undone| entry_text(&undo, false, undone);
        let done = |is_redo| UndoneAction {
            action: EventAction::Done,
            is_redo,
        };
        assert_eq!(text(Some(done(false))), "undid \"marked done\"");
        assert_eq!(text(Some(done(true))), "redid \"marked done\"");
        assert_eq!(text(None), "undid a change");
    }

    #[test]
    fn an_undo_of_a_redo_is_told_by_the_first_action() {
        let id = |it: &str| BatchId(it.into());
        let batches = [
            (id("c"), EventAction::Undo, Some(id("b"))),
            (id("b"), EventAction::Undo, Some(id("a"))),
            (id("a"), EventAction::Done, None),
        ];
        let undone = |batch: &str| {
            let found = what_was_undone(&batches, Some(&id(batch)));
            found.map(|it| (it.action, it.is_redo))
        };
        assert_eq!(undone("a"), Some((EventAction::Done, false)));
        assert_eq!(undone("b"), Some((EventAction::Done, true)));
        assert_eq!(undone("c"), Some((EventAction::Done, false)));
        assert_eq!(undone("d"), None);
        assert_eq!(what_was_undone(&batches, None), None);
    }
}
