//! History of the open step, newest first: who did what and when, the reason, the changed fields and text, the text as
//! it was executed, and the button that undoes the change.
use super::{events::StepPanelEvent, step_detail::StepDetailState};
use crate::{
    browser::dom,
    components::{
        diff_view::unified,
        event_text::{event_icon, resulting_status, single_phrase, undone_phrase},
        text_change::change_text,
        ui::time::Clock,
    },
    domain::{
        customer_work::{HistoryTextChange, OpenStep},
        event::{Entity, EventAction, FieldChange, HistoryEntry},
        id::BatchId,
        undo::{UndoneAction, undone_action},
        vocabulary::StepStatus,
    },
};
use chrono::{DateTime, Utc};
use leptos::{ev, prelude::*};
use maud::{Markup, PreEscaped, html};
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
fn field_change(change: &FieldChange) -> Markup {
    html! {
        p class="change" {
            span class="quiet" { (change.field) " " }
            @if let Some(before) = &change.before { del { (before) } " " }
            @if let Some(after) = &change.after { ins { (after) } }
        }
    }
}

/// The text that was kept, with its SHA-256, folded.
fn kept_text(text: &str, sha: &str, label: &str) -> Markup {
    let short: String = sha.chars().take(12).collect();
    html! {
        details class="kept" {
            summary { (label) ", SHA-256 " (short) "…" }
            p class="mono" { (sha) }
            pre tabindex="0" role="region" aria-label=(label) {
                // Parsers of HTML drop one line break here.
                @if text.starts_with('\n') { "\n" }
                (text)
            }
        }
    }
}

/// One entry; `text_change` is what it did to the text, if anything, `undone` what it undid. `time_text` formats times.
fn history_item(
    entry: &HistoryEntry,
    text_change: Option<&HistoryTextChange>,
    undone: Option<UndoneAction>,
    can_work: bool,
    time_text: impl Fn(DateTime<Utc>) -> String,
) -> Markup {
    let diff = text_change.map(|it| &it.diff).filter(|it| !it.is_empty());
    let undo = match text_change.map_or(0, |it| it.undoes) {
        _ if !can_work => None,
        0 => None,
        1 => Some("Undo this".to_owned()),
        n => Some(format!("Undo this and {} more", n - 1)),
    };
    let kept = entry
        .resolved_text
        .as_ref()
        .zip(entry.resolved_sha256.as_ref());
    html! {
        li data-state=[resulting_status(entry.action).map(StepStatus::as_str)] {
            svg class="glyph" aria-hidden="true" { use href={ "#" (event_icon(entry)) } {} }
            span { b { (entry.actor) } " " (entry_text(entry, diff.is_some(), undone)) }
            time datetime=(format!("{:?}", entry.at)) { (time_text(entry.at)) }
            @if let Some(reason) = &entry.reason { p { (reason) } }
            @if shows_fields(entry.action) {
                @for it in &entry.changes { (field_change(it)) }
            }
            @if let Some(diff) = diff {
                details class="kept" {
                    summary { "Show the difference" }
                    pre class="diff" tabindex="0" role="region" aria-label="Difference" { (PreEscaped(unified(diff))) }
                }
            }
            @if let Some((text, sha)) = kept {
                (kept_text(text, sha, kept_label(entry.text_shown == Some(true))))
            }
            @if !entry.text_changes.is_empty() {
                p class="quiet" { "The text changed between the start and this:" }
            }
            @for it in &entry.text_changes { p { (change_text(it, &time_text(it.at))) } }
            @if let Some(label) = undo {
                p { button type="button" class="link" data-undoes=(entry.batch_id) { (label) } }
            }
        }
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

/// The history as HTML text. `time_text` formats times.
fn history_html(
    open: &OpenStep,
    can_work: bool,
    time_text: impl Fn(DateTime<Utc>) -> String,
) -> String {
    let history = &open.detail.history;
    let batches: Vec<HistoryBatch> = (history.iter())
        .map(|it| (it.batch_id.clone(), it.action, it.undoes.clone()))
        .collect();
    let html = html! {
        h3 id="history-title" { "History" }
        @if history.is_empty() { p class="quiet small" { "No history yet." } }
        ol class="timeline" {
            @for entry in history {
                @let text_change = open.more.iter().find(|it| it.event == entry.id);
                @let undone = what_was_undone(&batches, entry.undoes.as_ref());
                (history_item(entry, text_change, undone, can_work, &time_text))
            }
        }
    };
    html.into_string()
}

/// The history of the open step: HTML text with one listener, since most of it is never touched.
#[component]
pub fn History(state: StepDetailState) -> impl IntoView {
    let clock = Clock::from_context();
    let html = move || state.read(|it| history_html(it, state.can_work, |at| clock.time(at)));
    let undo = move |event: ev::MouseEvent| {
        if let Some(batch) = dom::closest_attribute(&event, "data-undoes") {
            state.on_event.run(StepPanelEvent::Undo(BatchId(batch)));
        }
    };
    view! { <section aria-labelledby="history-title" inner_html=html on:click=undo></section> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::EventId;
    use chrono::DateTime;

    fn entry(entity: Entity, action: EventAction) -> HistoryEntry {
        HistoryEntry {
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
        }
    }

    #[test]
    fn an_override_without_a_difference_kept_the_text() {
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
    fn what_people_wrote_is_text_and_a_kept_text_keeps_its_first_line_break() {
        let entry = HistoryEntry {
            actor: "<b>Ana</b>".into(),
            reason: Some("\"><img onerror>".into()),
            resolved_text: Some("\n<i>".into()),
            resolved_sha256: Some("0123456789abcdef".into()),
            ..entry(Entity::Step, EventAction::Done)
        };
        let html = history_item(&entry, None, None, true, |_| "14:02".into()).into_string();
        for part in [
            "<b>&lt;b&gt;Ana&lt;/b&gt;</b> marked done",
            "<p>&quot;&gt;&lt;img onerror&gt;</p>",
            ">14:02</time>",
            "SHA-256 0123456789ab…</summary>",
            ">\n\n&lt;i&gt;</pre>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn a_change_of_the_text_can_be_undone_by_who_may_work() {
        let entry = entry(Entity::Step, EventAction::Override);
        let change = HistoryTextChange {
            event: EventId(1),
            diff: Vec::new(),
            undoes: 3,
        };
        let html = |can_work| {
            let item = history_item(&entry, Some(&change), None, can_work, |_| String::new());
            item.into_string()
        };
        let button = "data-undoes=\"b\">Undo this and 2 more</button>";
        assert!(html(true).contains(button), "{}", html(true));
        assert!(!html(false).contains("<button"));
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
