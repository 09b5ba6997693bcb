//! Form for a step of the template: a draft in, a draft out, with errors below their fields. The page adds the preview,
//! notices and further buttons in slots.
use super::{
    step_editor::StepEditor,
    ui::{
        field::{LongField, SelectField, TextField},
        icon::Icon,
        notice::Failure,
    },
};
use crate::{
    browser::dom, domain::jenkins::JenkinsJob, domain::template::TemplateDraft,
    domain::vocabulary::Category, domain::vocabulary::Field, domain::vocabulary::StepType,
    error::AppError,
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
    /// The path of the job at Jenkins; empty for none.
    pub job: RwSignal<String>,
    /// What the job is given, a line `NAME=value` each.
    pub parameters: RwSignal<String>,
    /// Whether the fields of the job are unfolded.
    pub shows_job: RwSignal<bool>,
}

impl StepFormFields {
    /// Fields that begin with a draft.
    pub fn new(draft: TemplateDraft) -> Self {
        let (job, parameters) = job_fields(draft.jenkins);
        Self {
            shows_job: RwSignal::new(!job.is_empty()),
            job: RwSignal::new(job),
            parameters: RwSignal::new(parameters),
            name: RwSignal::new(draft.name),
            category: RwSignal::new(draft.category),
            kind: RwSignal::new(draft.kind),
            content: RwSignal::new(draft.content),
            description: RwSignal::new(draft.description),
        }
    }

    /// Replaces what is typed.
    pub fn set(self, draft: TemplateDraft) {
        let (job, parameters) = job_fields(draft.jenkins);
        self.shows_job.set(!job.is_empty());
        self.job.set(job);
        self.parameters.set(parameters);
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
            jenkins: JenkinsJob::from_form(&self.job.get(), &self.parameters.get()),
        }
    }
}

/// What the two fields of a job show.
fn job_fields(job: Option<JenkinsJob>) -> (String, String) {
    let job = job.unwrap_or_default();
    let lines = job.lines();
    (job.job, lines)
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

/// The fields of the job at Jenkins, folded unless there is one. Where the server has no Jenkins they say so.
fn jenkins_fields(
    fields: StepFormFields,
    error: Signal<Option<String>>,
    no_error: Signal<Option<String>>,
) -> impl IntoView {
    Effect::new(move |_| {
        if error.with(Option::is_some) {
            fields.shows_job.set(true);
        }
    });
    view! {
        <details class="fold" id="step-jenkins" open=move || fields.shows_job.get()>
            <summary>
                <Icon name="i-chevron"/>
                "Run in Jenkins"
            </summary>
            <div class="stack stack-s">
                <p class="hint no-jenkins">"Set JENKINS_URL and JENKINS_TOKEN on the server to run steps there"</p>
                <TextField
                    label="Job"
                    id="step-job"
                    value=fields.job
                    error=error
                    hint="With its folders, such as folder/deploy. Run then asks Jenkins instead of a runner"
                />
                <LongField
                    label="Parameters"
                    id="step-parameters"
                    rows=3
                    value=fields.parameters
                    error=no_error
                    hint="One per line, such as NAMESPACE={{customer.namespace}}"
                />
            </div>
        </details>
    }
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
                {jenkins_fields(fields, at(Field::Jenkins), Signal::derive(|| None))}
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
