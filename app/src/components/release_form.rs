//! Form of a release: a draft in, a draft out, with errors below their fields.
use super::{
    record_form::{
        FormFrame, RecordForm, StaleNotice, all_errors, conflict_answers, conflicts,
        validated_submit,
    },
    ui::{
        field::{LongField, SelectField, TextField},
        posted::Posted,
    },
    variables_editor::{VariableRows, VariablesEditor},
};
use crate::{
    browser::form::to_nfc,
    domain::{
        release::ReleaseDraft,
        vocabulary::{Field, ReleaseType},
    },
};
use leptos::prelude::*;

/// What is typed.
#[derive(Clone, Copy)]
struct ReleaseFormFields {
    name: RwSignal<String>,
    kind: RwSignal<String>,
    number: RwSignal<String>,
    date: RwSignal<String>,
    description: RwSignal<String>,
    variables: VariableRows,
}

impl ReleaseFormFields {
    fn draft(self) -> ReleaseDraft {
        ReleaseDraft {
            name: to_nfc(self.name.get()),
            kind: self.kind.get(),
            version_number: to_nfc(self.number.get()),
            release_date: self.date.get(),
            description: to_nfc(self.description.get()),
            metadata: self.variables.metadata(),
        }
    }

    fn set(self, draft: ReleaseDraft) {
        self.variables.set(&draft.metadata);
        self.name.set(draft.name);
        self.kind.set(draft.kind);
        self.number.set(draft.version_number);
        self.date.set(draft.release_date);
        self.description.set(draft.description);
    }
}

/// The numbered heading of a section; only the form of a new release has sections.
fn section_title(is_new: bool, title: &'static str) -> impl IntoView {
    is_new.then(|| view! { <h2 class="form__title">{title}</h2> })
}

/// The form, for a new release and for an existing one.
#[component]
pub fn ReleaseForm(
    draft: ReleaseDraft,
    frame: FormFrame,
    /// The release as it is now, after somebody else has saved it first.
    #[prop(optional, into)]
    current: Signal<Option<ReleaseDraft>>,
    on_submit: Callback<ReleaseDraft>,
    /// Below the fields: where a new release's steps come from.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let posted = Posted::from_context();
    let typed = |field: &str, otherwise: &str| {
        Posted::field_or(posted.as_ref(), field, otherwise.to_owned())
    };
    let requests = frame.requests;
    let error = requests.error;
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let is_new = frame.version.is_none();
    let fields = ReleaseFormFields {
        name: RwSignal::new(typed("name", &draft.name)),
        kind: RwSignal::new(typed("type", &draft.kind)),
        number: RwSignal::new(typed("versionNumber", &draft.version_number)),
        date: RwSignal::new(typed("releaseDate", &draft.release_date)),
        description: RwSignal::new(typed("description", &draft.description)),
        variables: VariableRows::new(&draft.metadata, posted.as_ref()),
    };
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let options = [
        ReleaseType::Release,
        ReleaseType::Hotfix,
        ReleaseType::Onboarding,
    ]
    .into_iter()
    .map(|kind| (kind.to_string(), kind.label().to_owned()))
    .collect();
    // A page that the server has rendered again after a failed POST already shows the record as it is now.
    let is_posted = posted.is_some();
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        move |draft: ReleaseDraft| all_errors(draft.parse(), fields.variables.duplicate_key()),
        on_submit,
    );
    let texts = |it: ReleaseDraft| {
        vec![
            ("Name", it.name),
            ("Type", it.kind),
            ("Version number", it.version_number),
            ("Release date", it.release_date),
            ("Description", it.description),
            ("Variables", it.metadata.lines()),
        ]
    };
    let typed = move || fields.draft();
    let differences = conflicts(before, current, is_posted, typed, texts);
    let fill = move |now| fields.set(now);
    let (take, keep) = conflict_answers(requests, before, current, is_posted, typed, fill, send);
    view! {
        <RecordForm frame=frame is_dirty=is_dirty on_submit=send>
            <StaleNotice error=error differences=differences on_take=take on_keep=keep/>
            {section_title(is_new, "1. Details")}
            <TextField label="Name" id="name" value=fields.name error=at(Field::Name)/>
            <div class="form__row">
                <SelectField label="Type" id="type" value=fields.kind options=options error=at(Field::Type)/>
                <TextField
                    label="Version number"
                    id="versionNumber"
                    value=fields.number
                    error=at(Field::VersionNumber)
                    hint="Steps use it as {{release.version}}."
                />
                <TextField
                    label="Release date"
                    id="releaseDate"
                    kind="date"
                    value=fields.date
                    error=at(Field::ReleaseDate)
                />
            </div>
            <LongField
                label="Description"
                id="description"
                value=fields.description
                error=at(Field::Description)
            />
            {section_title(is_new, "2. Variables")}
            <VariablesEditor
                variables=fields.variables
                error=at(Field::Variables)
                hint="Used in steps as {{var.KEY}}. Customers and clusters can override it."
            />
            {children.map(|children| children())}
        </RecordForm>
    }
}
