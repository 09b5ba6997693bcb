//! Form section that chooses where a new release's steps come from: from scratch, a clone of another release, or a
//! runbook; and what the server takes from such a form when it is posted without JavaScript.
use super::ui::field::SelectField;
use crate::{
    domain::{
        id::{CustomerId, ReleaseId},
        new_release::{NewSteps, WholeRelease},
        vocabulary::Field,
    },
    error::AppError,
    paths,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

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
        "You'll add steps next.",
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
        "Paste it, or choose a file.",
    ),
];

/// Parses the value of the form field; an unknown value means from scratch.
pub fn parse_step_source(value: &str) -> StepSource {
    let found = CHOICES.iter().find(|it| it.1 == value);
    found.map_or(StepSource::Scratch, |it| it.0)
}

/// The page that follows once the release is made: its matrix if it is active, else its steps, with the import open if no runbook
/// was pasted yet.
pub fn after_new_release(source: StepSource, new: &WholeRelease) -> fn(ReleaseId) -> String {
    if !new.customers.is_empty() {
        paths::release
    } else if source == StepSource::Import && new.steps == NewSteps::Empty {
        paths::import_steps
    } else {
        paths::release_steps
    }
}

/// The customers whose boxes are ticked in a posted form. Each box has a name of its own.
pub fn ticked_customers(fields: &BTreeMap<String, String>) -> impl Iterator<Item = CustomerId> {
    let names = fields.keys();
    names.filter_map(|it| it.strip_prefix("customer-")?.parse().ok())
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
            <legend class="form__title form__legend">"Where the steps come from"</legend>
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
    use crate::domain::template::TemplateDraft;

    #[test]
    fn an_active_release_opens_and_a_draft_goes_on_to_its_steps() {
        let next = |source, steps, customers| {
            let new = WholeRelease {
                steps,
                customers,
                ..WholeRelease::default()
            };
            after_new_release(source, &new)(ReleaseId(7))
        };
        let empty = || NewSteps::Empty;
        let (scratch, import) = (StepSource::Scratch, StepSource::Import);
        assert_eq!(next(scratch, empty(), vec![]), "/releases/7/steps");
        assert_eq!(next(import, empty(), vec![]), "/releases/7/steps?import");
        let read = NewSteps::Import(vec![TemplateDraft::default()]);
        assert_eq!(next(import, read, vec![]), "/releases/7/steps");
        assert_eq!(next(import, empty(), vec![CustomerId(1)]), "/releases/7");
    }

    #[test]
    fn each_box_of_a_posted_form_names_its_customer() {
        let names = [
            "customer-12",
            "customer-",
            "customer-x",
            "customers",
            "name",
        ];
        let fields = names.map(|it| (it.to_owned(), "on".to_owned())).into();
        let ticked: Vec<CustomerId> = ticked_customers(&fields).collect();
        assert_eq!(ticked, [CustomerId(12)]);
    }

    #[test]
    fn an_unknown_value_means_from_scratch() {
        assert_eq!(parse_step_source("clone"), StepSource::Clone);
        assert_eq!(parse_step_source("import"), StepSource::Import);
        assert_eq!(parse_step_source("?"), StepSource::Scratch);
    }
}
