//! In place of a step that others removed, or that could not be read, while its notes are being written: the text stays in a field
//! of the same name, and so the focus and the caret, until it is copied or discarded.
use super::panel_session::StepMemory;
use crate::{
    browser::clipboard,
    components::{
        notes_draft::NotesDraft,
        ui::{
            follow_effect::follow,
            icon::Icon,
            text_area::{TextArea, TextAreaKind},
        },
    },
    domain::id::StepId,
    error::AppError,
};
use leptos::prelude::*;

/// Matches while such notes are shown. A list that is read again meanwhile may take them away with their page.
pub const LOST_STEP: &str = "[data-lost]";

/// That a step was removed, as the page has heard it: the step, and who removed it, if it was one person.
pub type HeardRemoval = (StepId, Option<String>);

/// Why a step is not shown: who removed it, if that is known.
fn why_lost(error: &AppError, by: Option<&str>) -> String {
    match error {
        AppError::NotFound(_) => format!("{} removed this step.", by.unwrap_or("Someone")),
        error => error.in_place(),
    }
}

/// Why the step that is asked for is not shown. Others have removed it only if that was heard.
pub fn why_missing(
    error: &AppError,
    step: Option<StepId>,
    removal: Option<&HeardRemoval>,
) -> String {
    match removal {
        Some((removed, by)) if step == Some(*removed) => why_lost(error, by.as_deref()),
        _ => error.in_place(),
    }
}

/// The notes of a step that cannot be shown.
#[component]
pub fn LostStep(
    step: StepId,
    /// What is typed.
    text: String,
    memory: StepMemory,
    error: AppError,
    /// Who made the last change by others.
    by: Option<String>,
    /// The text was discarded.
    on_discard: Callback<()>,
) -> impl IntoView {
    let is_removed = matches!(error, AppError::NotFound(_));
    let why = why_lost(&error, by.as_deref());
    let value = RwSignal::new(text);
    let copied = RwSignal::new(None::<bool>);
    let notes = memory.lasting().notes;
    let drafts = notes.drafts.clone();
    follow(move |is_first| {
        let text = value.get();
        if is_first {
            return;
        }
        copied.set(None);
        let draft = notes.of(step).unwrap_or_else(|| NotesDraft::new(step));
        notes.drafts.update(|all| {
            all.retain(|it| it.step != step);
            all.push(NotesDraft { text, ..draft });
        });
    });
    let copy = move |_| {
        let text = value.get_untracked();
        leptos::task::spawn_local(async move {
            let _ = copied.try_set(Some(clipboard::copy(&text).await));
        });
    };
    let discard = move |_| {
        drafts.update(|all| all.retain(|it| it.step != step));
        on_discard.run(());
    };
    let label = move || match copied.get() {
        None => "Copy text",
        Some(true) => "Copied",
        Some(false) => "Couldn't copy. Select the text, press Ctrl+C",
    };
    view! {
        <div class="stack stack-s" data-lost="" data-typed="">
            <div class="alert" role="alert">
                <Icon name="i-warn"/>
                <span>
                    <b>{why}</b>
                    {is_removed.then_some(" Your notes can't be saved. Copy them to keep them.")}
                </span>
            </div>
            <div class="field">
                <label for="notes">"Notes"</label>
                <TextArea value=value id="notes" kind=TextAreaKind::Prose(6)/>
            </div>
            <p class="row">
                <button type="button" class="button" on:click=copy>{label}</button>
                {is_removed
                    .then(|| {
                        view! {
                            <button type="button" class="button" data-kind="ghost" on:click=discard>"Discard"</button>
                        }
                    })}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::Noun;

    #[test]
    fn a_step_that_is_gone_says_who_removed_it_and_one_that_cannot_be_read_says_why() {
        let gone = AppError::NotFound(Noun::Step);
        assert_eq!(why_lost(&gone, Some("Ben")), "Ben removed this step.");
        assert_eq!(why_lost(&gone, None), "Someone removed this step.");
        let away = AppError::Transport(String::new());
        assert_eq!(why_lost(&away, Some("Ben")), away.in_place());
    }

    #[test]
    fn others_have_removed_a_step_that_is_not_there_only_if_that_was_heard() {
        let gone = AppError::NotFound(Noun::Step);
        let by_ben = (StepId(7), Some("Ben".to_owned()));
        let by_somebody = (StepId(7), None);
        let says = |step, removal| why_missing(&gone, Some(StepId(step)), removal);
        assert_eq!(says(7, Some(&by_ben)), "Ben removed this step.");
        assert_eq!(says(7, Some(&by_somebody)), "Someone removed this step.");
        for said in [says(8, Some(&by_ben)), says(7, None)] {
            assert_eq!(said, gone.in_place());
        }
        let away = AppError::Transport(String::new());
        let said = why_missing(&away, Some(StepId(7)), Some(&by_ben));
        assert_eq!(said, away.in_place());
    }
}
