//! A release's fields: draft in, draft out; messages under their fields.
use super::{
    ui::{
        field::{LongField, SelectField, TextField},
        notice::Failure,
        posted::Posted,
    },
    variables_editor::{Variables, VariablesEditor},
};
use crate::{
    domain::{
        refusal::Field,
        release::{ReleaseDraft, ReleaseType},
    },
    error::AppError,
};
use leptos::prelude::*;

#[component]
pub fn ReleaseForm(
    draft: ReleaseDraft,
    /// Of the row that is edited.
    #[prop(optional)]
    version: Option<i64>,
    #[prop(into)] submit: String,
    #[prop(into)] cancel: String,
    error: RwSignal<Option<AppError>>,
    on_submit: Callback<ReleaseDraft>,
) -> impl IntoView {
    let posted = Posted::here();
    let typed = |field: &str, otherwise: String| Posted::typed(posted.as_ref(), field, otherwise);
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let name = RwSignal::new(typed("name", draft.name));
    let kind = RwSignal::new(typed("type", draft.kind));
    let number = RwSignal::new(typed("versionNumber", draft.version_number));
    let date = RwSignal::new(typed("releaseDate", draft.release_date));
    let description = RwSignal::new(typed("description", draft.description));
    let variables = Variables::new(&draft.metadata, posted.as_ref());
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.at(field)));
    let options = [
        (ReleaseType::Release, "Release"),
        (ReleaseType::Hotfix, "Hotfix"),
        (ReleaseType::Onboarding, "Onboarding"),
    ]
    .into_iter()
    .map(|(kind, label)| (kind.to_string(), label.to_owned()))
    .collect();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit.run(ReleaseDraft {
            name: name.get_untracked(),
            kind: kind.get_untracked(),
            version_number: number.get_untracked(),
            release_date: date.get_untracked(),
            description: description.get_untracked(),
            metadata: variables.metadata(),
        });
    };
    view! {
        <form class="card form" method="post" on:submit=send>
            <div class="form__body">
                {version.map(|it| view! { <input type="hidden" name="version" value=it.to_string()/> })}
                <Failure error=error/>
                <TextField label="Name" id="name" value=name error=at(Field::Name)/>
                <div class="form__row">
                    <SelectField label="Type" id="type" value=kind options=options error=at(Field::Type)/>
                    <TextField
                        label="Version number"
                        id="versionNumber"
                        value=number
                        error=at(Field::VersionNumber)
                        hint="Steps use it as {{release.version}}."
                    />
                    <TextField
                        label="Release date"
                        id="releaseDate"
                        kind="date"
                        value=date
                        error=at(Field::ReleaseDate)
                    />
                </div>
                <LongField label="Description" id="description" value=description error=at(Field::Description)/>
                <VariablesEditor variables=variables error=at(Field::Variables)/>
            </div>
            <div class="form__foot">
                <a class="button push" href=cancel>"Cancel"</a>
                <button class="button" data-kind="ink" type="submit">{submit}</button>
            </div>
        </form>
    }
}
