//! A step's fields: of the template, or of one customer alone. Draft in, draft out; messages under their fields.
use super::ui::{
    field::{LongField, SelectField, TextField},
    notice::Failure,
    text_area::TextArea,
};
use crate::{
    domain::{
        refusal::Field,
        template::{Category, StepType, TemplateDraft},
    },
    error::AppError,
};
use leptos::prelude::*;

#[component]
pub fn StepForm(
    draft: TemplateDraft,
    #[prop(into)] submit: String,
    error: RwSignal<Option<AppError>>,
    on_submit: Callback<TemplateDraft>,
    on_cancel: Callback<()>,
    /// Between the fields and the buttons: what saving will do.
    #[prop(optional, into)]
    effect: Option<ViewFn>,
) -> impl IntoView {
    let name = RwSignal::new(draft.name);
    let category = RwSignal::new(draft.category);
    let kind = RwSignal::new(draft.kind);
    let content = RwSignal::new(draft.content);
    let description = RwSignal::new(draft.description);
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.at(field)));
    let content_error = at(Field::Content);
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|it| ((*it).to_owned(), (*it).to_owned()))
            .collect::<Vec<_>>()
    };
    let categories = Category::ALL
        .iter()
        .map(|it| (it.to_string(), it.label().to_owned()))
        .collect::<Vec<_>>();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        on_submit.run(TemplateDraft {
            name: name.get_untracked(),
            category: category.get_untracked(),
            kind: kind.get_untracked(),
            content: content.get_untracked(),
            description: description.get_untracked(),
        });
    };
    view! {
        <form on:submit=send>
            <div class="form__body">
                <Failure error=error/>
                <TextField label="Name" id="step-name" value=name error=at(Field::Name)/>
                <div class="form__row">
                    <SelectField
                        label="Category"
                        id="step-category"
                        value=category
                        options=categories
                        error=at(Field::Category)
                    />
                    <SelectField
                        label="Type"
                        id="step-type"
                        value=kind
                        options=words(&[StepType::Bash.as_str(), StepType::Sql.as_str(), StepType::Text.as_str()])
                        error=at(Field::Type)
                    />
                </div>
                <div class="field">
                    <label for="step-content">"Content"</label>
                    <TextArea
                        value=content
                        id="step-content"
                        rows=12
                        code=true
                        invalid=Signal::derive(move || content_error.get().is_some())
                        described_by=Signal::derive(move || Some("step-content-hint".to_owned()))
                    />
                    <span class="hint" id="step-content-hint">
                        "Variables: {{customer.namespace}}, {{cluster.kubeconfig}}, {{release.version}}, {{var.KEY}}; with | quote as one word."
                    </span>
                    {move || content_error.get().map(|text| view! { <span class="error">{text}</span> })}
                </div>
                <LongField
                    label="Description"
                    id="step-description"
                    rows=2
                    value=description
                    error=at(Field::Description)
                />
                {effect.map(|it| it.run())}
            </div>
            <div class="form__foot">
                <button class="button push" type="button" on:click=move |_| on_cancel.run(())>"Cancel"</button>
                <button class="button" data-kind="ink" type="submit">{submit}</button>
            </div>
        </form>
    }
}
