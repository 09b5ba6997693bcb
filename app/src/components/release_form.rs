//! A release's fields: draft in, draft out; messages under their fields.
use super::{
    record_form::{FormRequests, RecordForm, StaleNotice, all_problems, checked, differences},
    ui::{
        field::{LongField, SelectField, TextField},
        posted::Posted,
    },
    variables_editor::{VariableRows, VariablesEditor},
};
use crate::{
    browser::form::composed,
    domain::{
        release::ReleaseDraft,
        vocabulary::{Field, ReleaseType},
    },
};
use leptos::prelude::*;

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
            name: composed(self.name.get()),
            kind: self.kind.get(),
            version_number: composed(self.number.get()),
            release_date: self.date.get(),
            description: composed(self.description.get()),
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

/// Of a new release: what is filled in, in order.
fn part(is_new: bool, title: &'static str) -> impl IntoView {
    is_new.then(|| view! { <h2 class="form__title">{title}</h2> })
}

#[component]
pub fn ReleaseForm(
    draft: ReleaseDraft,
    /// Of the row that is edited.
    #[prop(optional)]
    version: Option<i64>,
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    asks: FormRequests,
    /// The row as it is now, once somebody else was faster.
    #[prop(optional, into)]
    current: Signal<Option<ReleaseDraft>>,
    on_submit: Callback<ReleaseDraft>,
    /// Behind the fields: where a new release's steps come from.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let posted = Posted::here();
    let typed =
        |field: &str, otherwise: &str| Posted::typed(posted.as_ref(), field, otherwise.to_owned());
    let error = asks.error;
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let is_new = version.is_none();
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
    // A page that came back from the server was drawn with the row as it is now.
    let came_back = posted.is_some();
    let before = StoredValue::new(draft);
    let now = move || {
        current
            .get()
            .or_else(|| came_back.then(|| before.get_value()))
    };
    let is_dirty = Signal::derive(move || before.with_value(|it| *it != fields.draft()));
    let send = checked(
        error,
        move || fields.draft(),
        move |draft: ReleaseDraft| all_problems(draft.parse(), fields.variables.problem()),
        on_submit,
    );
    let differ = Signal::derive(move || {
        now().map(|now| {
            let typed = fields.draft();
            differences(vec![
                ("Name", now.name, typed.name),
                ("Type", now.kind, typed.kind),
                ("Version number", now.version_number, typed.version_number),
                ("Release date", now.release_date, typed.release_date),
                ("Description", now.description, typed.description),
                ("Variables", now.metadata.lines(), typed.metadata.lines()),
            ])
        })
    });
    let take = Callback::new(move |()| {
        if let Some(now) = untrack(now) {
            asks.on_seen.run(());
            before.set_value(now.clone());
            fields.set(now);
            error.set(None);
        }
    });
    let keep = Callback::new(move |()| {
        asks.on_seen.run(());
        send.run(());
    });
    view! {
        <RecordForm submit=submit cancel=cancel version=version asks=asks is_dirty=is_dirty on_submit=send>
            <StaleNotice error=error differences=differ on_take=take on_keep=keep/>
            {part(is_new, "1. Details")}
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
            {part(is_new, "2. Variables")}
            <VariablesEditor
                variables=fields.variables
                error=at(Field::Variables)
                hint="Used in steps as {{var.KEY}}; a customer's or cluster's own value wins."
            />
            {children.map(|children| children())}
        </RecordForm>
    }
}
