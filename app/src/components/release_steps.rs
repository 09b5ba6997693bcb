//! Form section that chooses where a new release's steps come from: from scratch, a clone of another release, or a
//! runbook.
use super::ui::{field::SelectField, posted::Posted};
use crate::{
    domain::{id::ReleaseId, vocabulary::Field},
    error::AppError,
};
use leptos::prelude::*;

/// Where the steps of a new release come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepSource {
    /// They are written one by one.
    Scratch,
    /// From another release.
    Clone,
    /// From a Markdown runbook.
    Import,
}

/// The options: source, form value, label and hint.
const CHOICES: [(StepSource, &str, &str, &str); 3] = [
    (
        StepSource::Scratch,
        "scratch",
        "Start empty",
        "Write them next, one by one.",
    ),
    (
        StepSource::Clone,
        "clone",
        "Cloned from another release",
        "Copies steps, not customers.",
    ),
    (
        StepSource::Import,
        "import",
        "Imported from a Markdown runbook",
        "You'll paste it next.",
    ),
];

/// Parses the value of the form field; an unknown value means from scratch.
pub fn parse_step_source(value: &str) -> StepSource {
    let found = CHOICES.iter().find(|it| it.1 == value);
    found.map_or(StepSource::Scratch, |it| it.0)
}

/// The section: radio buttons, and the release to clone.
#[component]
pub fn ReleaseSteps(
    releases: Vec<(ReleaseId, String)>,
    source: RwSignal<StepSource>,
    /// The id of the release to clone, as text.
    from: RwSignal<String>,
    error: RwSignal<Option<AppError>>,
) -> impl IntoView {
    let posted = Posted::from_context();
    if posted.is_some() {
        let typed = |field: &str| Posted::field_or(posted.as_ref(), field, String::new());
        source.set(parse_step_source(&typed("steps")));
        from.set(typed("from"));
    }
    let has_others = !releases.is_empty();
    let options = std::iter::once((String::new(), "Choose a release".to_owned()))
        .chain(releases.into_iter().map(|it| (it.0.to_string(), it.1)))
        .collect();
    let radios = CHOICES
        .into_iter()
        .filter(|it| has_others || it.0 != StepSource::Clone)
        .map(|(choice, word, label, hint)| {
            let id = format!("steps-{word}");
            let hint_id = format!("steps-{word}-hint");
            let (of, described_by) = (id.clone(), hint_id.clone());
            let is_chosen = source.get_untracked() == choice;
            view! {
                <div class="choice">
                    <input
                        type="radio"
                        id=id
                        name="steps"
                        value=word
                        checked=is_chosen
                        prop:checked=move || source.get() == choice
                        aria-describedby=described_by
                        on:change=move |_| source.set(choice)
                    />
                    <label for=of>{label}</label>
                    <span class="hint" id=hint_id>{hint}</span>
                </div>
            }
        })
        .collect_view();
    let wrong = Signal::derive(move || error.get().and_then(|it| it.message_for(Field::From)));
    view! {
        <fieldset class="field">
            <legend class="form__title form__legend">"3. Steps"</legend>
            {radios}
        </fieldset>
        <div class="live-hidden" data-shut=move || (source.get() != StepSource::Clone).then_some("")>
            <SelectField label="Release to clone" id="from" value=from options=options error=wrong/>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_value_means_from_scratch() {
        assert_eq!(parse_step_source("clone"), StepSource::Clone);
        assert_eq!(parse_step_source("import"), StepSource::Import);
        assert_eq!(parse_step_source("?"), StepSource::Scratch);
    }
}
