//! What happened to a step, newest first: who and when, why, what it did to the text, the text as it was executed, and the
//! way back.
use super::{StepPanelEvent, step_detail::StepDetailState};
use crate::{
    components::{
        activity_list::{icon_of, status_of},
        diff_view::unified,
        ui::{icon::Icon, time::Time},
    },
    domain::{
        customer_work::HistoryTextChange,
        event::{Entity, EventAction, FieldChange, HistoryEntry},
        vocabulary::StepStatus,
    },
};
use leptos::prelude::*;

/// "overrode the text", "edited the template".
fn what(entry: &HistoryEntry, has_diff: bool) -> String {
    match (entry.entity, entry.action) {
        (Entity::Template, action) => format!("{} the template", action.phrase()),
        (_, EventAction::Override) if has_diff => "overrode the text".to_owned(),
        (_, EventAction::Override) => "kept the text, whatever the template says".to_owned(),
        (_, EventAction::Notes) => "changed the notes".to_owned(),
        (_, EventAction::Undo) => "undid a change".to_owned(),
        (_, action) => action.phrase().to_owned(),
    }
}

/// Whether the fields that an event changed are told: of what is new, all would be.
fn tells_fields(action: EventAction) -> bool {
    !matches!(
        action,
        EventAction::Create | EventAction::Delete | EventAction::Move | EventAction::Reorder
    )
}

fn change(change: FieldChange) -> impl IntoView {
    view! {
        <p class="change">
            <span class="quiet">{change.field}" "</span>
            {change.before.map(|it| view! { <del>{it}</del>" " })}
            {change.after.map(|it| view! { <ins>{it}</ins> })}
        </p>
    }
}

fn executed(text: String, sha: String) -> impl IntoView {
    let short: String = sha.chars().take(12).collect();
    view! {
        <details class="kept">
            <summary>{format!("Text as executed, SHA-256 {short}…")}</summary>
            <p class="mono">{sha}</p>
            <pre tabindex="0" role="region" aria-label="Text as executed">{text}</pre>
        </details>
    }
}

fn line(
    entry: HistoryEntry,
    more: Option<HistoryTextChange>,
    desk: StepDetailState,
) -> impl IntoView {
    let (diff, undoes) = more.map_or_else(|| (Vec::new(), 0), |it| (it.diff, it.undoes));
    let state = status_of(entry.action).map(StepStatus::as_str);
    let has_diff = !diff.is_empty();
    let what = what(&entry, has_diff);
    let icon = icon_of(&entry);
    let changes = if tells_fields(entry.action) {
        entry.changes
    } else {
        Vec::new()
    };
    let kept = entry.resolved_text.zip(entry.resolved_sha256);
    let batch = StoredValue::new(entry.batch_id);
    let undo = match undoes {
        0 => None,
        1 => Some("Undo this".to_owned()),
        n => Some(format!("Undo this and {} more", n - 1)),
    };
    view! {
        <li data-state=state>
            <Icon name=icon/>
            <span>
                <b>{entry.actor}</b>
                " "
                {what}
            </span>
            <Time at=entry.at/>
            {entry.reason.map(|it| view! { <p>{it}</p> })}
            {changes.into_iter().map(change).collect_view()}
            {has_diff
                .then(|| {
                    view! {
                        <details class="kept">
                            <summary>"Show the difference"</summary>
                            <pre class="diff" tabindex="0" role="region" aria-label="Difference" inner_html=unified(&diff)></pre>
                        </details>
                    }
                })}
            {kept.map(|(text, sha)| executed(text, sha))}
            {undo
                .filter(|_| desk.can_work)
                .map(|label| {
                    view! {
                        <p>
                            <button
                                type="button"
                                class="link"
                                on:click=move |_| desk.on_wish.run(StepPanelEvent::Undo(batch.get_value()))
                            >
                                {label}
                            </button>
                        </p>
                    }
                })}
        </li>
    }
}

#[component]
pub fn History(desk: StepDetailState) -> impl IntoView {
    let (history, mut more) = desk.read(|it| (it.detail.history.clone(), it.more.clone()));
    let is_empty = history.is_empty();
    let lines = history
        .into_iter()
        .map(|entry| {
            let at = more.iter().position(|it| it.event == entry.id);
            let more = at.map(|it| more.swap_remove(it));
            line(entry, more, desk)
        })
        .collect_view();
    view! {
        <section aria-labelledby="history-title">
            <h3 id="history-title">"History"</h3>
            {is_empty.then(|| view! { <p class="quiet small">"Nothing has been done here yet."</p> })}
            <ol class="timeline">{lines}</ol>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{BatchId, EventId};
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
            undoes: None,
        };
        let over = entry(Entity::Step, EventAction::Override);
        assert_eq!(what(&over, true), "overrode the text");
        assert!(what(&over, false).starts_with("kept the text"));
        let edited = entry(Entity::Template, EventAction::Update);
        assert_eq!(what(&edited, true), "edited the template");
    }
}
