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
        validation_errors::ValidationErrors,
        vocabulary::{Field, ReleaseType},
    },
    error::AppError,
};
use leptos::prelude::*;

/// What is typed.
#[derive(Clone, Copy)]
pub struct ReleaseFormFields {
    name: RwSignal<String>,
    kind: RwSignal<String>,
    number: RwSignal<String>,
    date: RwSignal<String>,
    description: RwSignal<String>,
    variables: VariableRows,
}

impl ReleaseFormFields {
    /// Fields that begin with a draft, or with what was typed before the page was posted.
    pub fn new(draft: &ReleaseDraft, posted: Option<&Posted>) -> Self {
        let typed = |field: &str, otherwise: &str| {
            RwSignal::new(Posted::field_or(posted, field, otherwise.to_owned()))
        };
        Self {
            name: typed("name", &draft.name),
            kind: typed("type", &draft.kind),
            number: typed("versionNumber", &draft.version_number),
            date: typed("releaseDate", &draft.release_date),
            description: typed("description", &draft.description),
            variables: VariableRows::new(&draft.metadata, posted),
        }
    }

    /// What is wrong with a draft of these fields.
    pub fn errors(self, draft: ReleaseDraft) -> Option<ValidationErrors> {
        all_errors(draft.parse(), self.variables.duplicate_key())
    }

    /// Fills in name and description where nothing is typed.
    pub fn fill_blanks(self, name: Option<String>, description: Option<String>) {
        for (field, offered) in [(self.name, name), (self.description, description)] {
            if let Some(offered) = offered
                && field.with_untracked(|it| it.trim().is_empty())
            {
                field.set(offered);
            }
        }
    }

    /// The draft that is typed.
    pub fn draft(self) -> ReleaseDraft {
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

/// The fields, each with its error.
pub fn release_fields(
    fields: ReleaseFormFields,
    error: RwSignal<Option<AppError>>,
) -> impl IntoView {
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let options = [
        ReleaseType::Release,
        ReleaseType::Hotfix,
        ReleaseType::Onboarding,
    ]
    .into_iter()
    .map(|kind| (kind.to_string(), kind.label().to_owned()))
    .collect();
    view! {
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
        <VariablesEditor
            variables=fields.variables
            error=at(Field::Variables)
            hint="Used in steps as {{var.KEY}}. Customers and clusters can override it."
        />
    }
}

/// The form of an existing release.
#[component]
pub fn ReleaseForm(
    draft: ReleaseDraft,
    frame: FormFrame,
    /// The release as it is now, after somebody else has saved it first.
    #[prop(optional, into)]
    current: Signal<Option<ReleaseDraft>>,
    on_submit: Callback<ReleaseDraft>,
) -> impl IntoView {
    let posted = Posted::from_context();
    let requests = frame.requests;
    let error = requests.error;
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let fields = ReleaseFormFields::new(&draft, posted.as_ref());
    // A page that the server has rendered again after a failed POST already shows the record as it is now.
    let is_posted = posted.is_some();
    let before = StoredValue::new(draft);
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = validated_submit(
        error,
        move || fields.draft(),
        move |draft: ReleaseDraft| fields.errors(draft),
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
            {release_fields(fields, error)}
        </RecordForm>
    }
}
