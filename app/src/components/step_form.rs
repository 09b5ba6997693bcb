//! A step's fields: of the template, or of one customer alone. Draft in, draft out; messages under their fields.
use super::{
    step_editor::StepEditor,
    ui::{
        field::{LongField, SelectField, TextField},
        notice::Failure,
    },
};
use crate::{
    browser::dom,
    domain::{
        template::TemplateDraft,
        vocabulary::{Category, Field, StepType},
    },
    error::AppError,
};
use leptos::{ev, prelude::*};

/// What is typed into the fields of a step.
#[derive(Clone, Copy)]
pub struct StepFormFields {
    pub name: RwSignal<String>,
    pub category: RwSignal<String>,
    pub kind: RwSignal<String>,
    pub content: RwSignal<String>,
    pub description: RwSignal<String>,
}

impl StepFormFields {
    pub fn new(draft: TemplateDraft) -> Self {
        Self {
            name: RwSignal::new(draft.name),
            category: RwSignal::new(draft.category),
            kind: RwSignal::new(draft.kind),
            content: RwSignal::new(draft.content),
            description: RwSignal::new(draft.description),
        }
    }

    /// Puts something else into the fields.
    pub fn set(self, draft: TemplateDraft) {
        self.name.set(draft.name);
        self.category.set(draft.category);
        self.kind.set(draft.kind);
        self.content.set(draft.content);
        self.description.set(draft.description);
    }

    pub fn draft(self) -> TemplateDraft {
        TemplateDraft {
            name: self.name.get(),
            category: self.category.get(),
            kind: self.kind.get(),
            content: self.content.get(),
            description: self.description.get(),
        }
    }
}

#[component]
pub fn StepForm(
    draft: TemplateDraft,
    #[prop(into)] submit: Signal<String>,
    error: RwSignal<Option<AppError>>,
    on_submit: Callback<TemplateDraft>,
    on_cancel: Callback<()>,
    /// Between the fields and the buttons: what saving will do.
    #[prop(optional, into)]
    effect: ViewFn,
    /// The fields, if somebody else reads them too; then `draft` is not looked at.
    #[prop(optional)]
    fields: Option<StepFormFields>,
    /// The names of variables that can be used.
    #[prop(optional, into)]
    known: Signal<Vec<String>>,
    /// At the end of the editor's head, and under it: what the text becomes.
    #[prop(optional, into)]
    preview_for: ViewFn,
    #[prop(optional, into)] preview: ViewFn,
    /// At the start of the foot.
    #[prop(optional, into)]
    foot: ViewFn,
    #[prop(optional, into)] is_busy: Signal<bool>,
) -> impl IntoView {
    let fields = fields.unwrap_or_else(|| StepFormFields::new(draft));
    let at = move |field| Signal::derive(move || error.with(|it| it.as_ref()?.message_for(field)));
    let words = |words: &[StepType]| -> Vec<(String, String)> {
        let word = |it: &StepType| (it.to_string(), it.to_string());
        words.iter().map(word).collect()
    };
    let categories = Category::ALL
        .iter()
        .map(|it| (it.to_string(), it.label().to_owned()))
        .collect::<Vec<_>>();
    let kind = Signal::derive(move || {
        let kind = fields.kind.with(|it| it.parse());
        kind.unwrap_or(StepType::Text)
    });
    // The same rules as on the server; from then on a problem goes as soon as it is put right.
    let problems = |draft: TemplateDraft| draft.parse().err().map(AppError::from);
    Effect::new(move |_| {
        let draft = fields.draft();
        if error.with_untracked(|it| matches!(it, Some(AppError::Invalid(_)))) {
            error.set(problems(draft));
        }
    });
    let send = move || {
        if is_busy.get_untracked() {
            return;
        }
        let draft = untrack(|| fields.draft());
        let found = problems(draft.clone());
        if found.is_none() {
            on_submit.run(draft);
            return;
        }
        error.set(found);
        dom::after(0, || dom::focus("form [aria-invalid=true]"));
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        }
    };
    view! {
        <form
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
            on:keydown=on_key
        >
            <div class="form__body">
                <Failure error=error/>
                <div class="step-fields">
                    <TextField label="Name" id="step-name" value=fields.name error=at(Field::Name)/>
                    <SelectField
                        label="Category"
                        id="step-category"
                        value=fields.category
                        options=categories
                        error=at(Field::Category)
                    />
                    <SelectField
                        label="Type"
                        id="step-type"
                        value=fields.kind
                        options=words(StepType::ALL)
                        error=at(Field::Type)
                    />
                </div>
                <StepEditor
                    value=fields.content
                    kind=kind
                    known=known
                    id="step-content"
                    error=at(Field::Content)
                    beside=preview_for
                />
                {preview.run()}
                <LongField
                    label="Description"
                    id="step-description"
                    rows=2
                    value=fields.description
                    error=at(Field::Description)
                />
                {effect.run()}
            </div>
            <div class="form__foot">
                {foot.run()}
                <button class="button push" type="button" on:click=move |_| on_cancel.run(())>"Cancel"</button>
                <button
                    class="button"
                    data-kind="ink"
                    type="submit"
                    aria-keyshortcuts="Control+Enter"
                    aria-busy=move || is_busy.get().then_some("true")
                >
                    {move || submit.get()}
                </button>
            </div>
        </form>
    }
}
