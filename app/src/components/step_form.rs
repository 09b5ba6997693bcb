//! Form for a step of the template: a draft in, a draft out, with errors below their fields. The page adds the preview,
//! notices and further buttons in slots.
use super::{
    step_editor::StepEditor,
    ui::{
        field::{LongField, SelectField, TextField},
        notice::Failure,
    },
};
use crate::{
    browser::dom, domain::template::TemplateDraft, domain::vocabulary::Category,
    domain::vocabulary::Field, domain::vocabulary::StepType, error::AppError,
};
use leptos::{ev, prelude::*};

/// The fields of a step.
#[derive(Clone, Copy)]
pub struct StepFormFields {
    /// The name.
    pub name: RwSignal<String>,
    /// The value of a `Category`.
    pub category: RwSignal<String>,
    /// The value of a `StepType`.
    pub kind: RwSignal<String>,
    /// The text with its variables.
    pub content: RwSignal<String>,
    /// What the step is for; may be empty.
    pub description: RwSignal<String>,
}

impl StepFormFields {
    /// Fields that begin with a draft.
    pub fn new(draft: TemplateDraft) -> Self {
        Self {
            name: RwSignal::new(draft.name),
            category: RwSignal::new(draft.category),
            kind: RwSignal::new(draft.kind),
            content: RwSignal::new(draft.content),
            description: RwSignal::new(draft.description),
        }
    }

    /// Replaces what is typed.
    pub fn set(self, draft: TemplateDraft) {
        self.name.set(draft.name);
        self.category.set(draft.category);
        self.kind.set(draft.kind);
        self.content.set(draft.content);
        self.description.set(draft.description);
    }

    /// What is typed; reactive.
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

/// The form's fields and what its page knows about them.
#[derive(Clone, Copy)]
pub struct StepFormState {
    /// What is typed.
    pub fields: StepFormFields,
    /// Names of the variables that can be used.
    pub known: Signal<Vec<String>>,
    /// Why the draft is invalid, or why saving failed.
    pub error: RwSignal<Option<AppError>>,
    /// Whether the draft is being saved.
    pub is_busy: Signal<bool>,
    /// The label of the submit button.
    pub submit_label: Signal<String>,
}

/// Views that the page adds to the form.
pub struct StepFormSlots {
    /// Above the fields: what somebody else has saved since, and what can be done.
    pub conflict: ViewFn,
    /// At the end of the editor's head.
    pub preview_select: ViewFn,
    /// Below the editor.
    pub preview: ViewFn,
    /// Between the fields and the buttons: what saving does.
    pub notices: ViewFn,
    /// At the start of the foot.
    pub foot: ViewFn,
}

/// The form. Ctrl+Enter saves.
#[component]
pub fn StepForm(
    state: StepFormState,
    slots: StepFormSlots,
    on_submit: Callback<TemplateDraft>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let StepFormState {
        fields,
        known,
        error,
        is_busy,
        submit_label,
    } = state;
    let StepFormSlots {
        conflict,
        preview_select,
        preview,
        notices,
        foot,
    } = slots;
    // A conflict with somebody else's change is shown by its own notice.
    let failure = Signal::derive(move || {
        let error = error.get();
        error.filter(|it| !matches!(it, AppError::Stale(_)))
    });
    let at = move |field| Signal::derive(move || error.with(|it| it.as_ref()?.message_for(field)));
    let types = |types: &[StepType]| -> Vec<(String, String)> {
        let option = |it: &StepType| (it.to_string(), it.to_string());
        types.iter().map(option).collect()
    };
    let categories = Category::ALL
        .iter()
        .map(|it| (it.to_string(), it.label().to_owned()))
        .collect::<Vec<_>>();
    let kind = Signal::derive(move || {
        let kind = fields.kind.with(|it| it.parse());
        kind.unwrap_or(StepType::Text)
    });
    // The server applies the same rules. Once an error is shown, it disappears as soon as the field is valid.
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
                <Failure error=failure/>
                {conflict.run()}
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
                        options=types(StepType::ALL)
                        error=at(Field::Type)
                    />
                </div>
                <StepEditor
                    value=fields.content
                    kind=kind
                    known=known
                    id="step-content"
                    error=at(Field::Content)
                    beside=preview_select
                />
                {preview.run()}
                <LongField
                    label="Description"
                    id="step-description"
                    rows=2
                    value=fields.description
                    error=at(Field::Description)
                />
                {notices.run()}
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
                    {move || submit_label.get()}
                </button>
            </div>
        </form>
    }
}
