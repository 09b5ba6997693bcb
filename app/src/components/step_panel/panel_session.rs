//! What a page keeps from one open step to the next: notes and texts that are typed and not saved, the open dialog, and how
//! the text is displayed. A step's view renders again after every change of the step; this stays.
use super::{
    events::{OpenStepDialog, StepPanelEvent},
    left_texts::take_unsaved,
};
use crate::{
    browser::dom, components::notes_draft::NotesDraft, components::notes_draft::NotesDrafts,
    components::value_field::ValueDrafts, domain::copy::CopyFormat,
    domain::customer_work::OpenStep, domain::id::StepId, domain::step::CustomerStep,
    domain::template::TemplateDraft, error::AppError,
};
use leptos::prelude::*;
use std::sync::Arc;

/// State that a page keeps from one open step to the next. It is created with the first open step.
#[derive(Clone, Copy, Default)]
pub struct StepMemory(StoredValue<Option<Arc<StepDetailInner>>>);

/// What was typed in a dialog that was closed without saving it.
#[derive(Clone, Debug)]
pub struct KeptDraft {
    /// The dialog, and its step.
    pub of: (StepId, OpenStepDialog),
    /// The fields.
    pub draft: TemplateDraft,
    /// The step's content at the time that the dialog was opened.
    pub before: String,
}

/// Why a change of a step was not saved, and the dialog that it was made in.
pub type UnsavedChange = (StepId, Option<OpenStepDialog>, AppError);

/// The view of a step that was rendered last. It is of no step any more once it is gone.
#[derive(Clone, Copy)]
pub struct ShownView {
    /// The step as it was read.
    pub open: StoredValue<OpenStep>,
    /// Sends a request to the page.
    pub on_event: Callback<StepPanelEvent>,
}

impl ShownView {
    /// The step, and when its state was set, in microseconds; 0 if never.
    pub fn step_and_time(self) -> Option<(StepId, i64)> {
        self.open.try_with_value(|it| {
            let step = &it.detail.step;
            let at = step.state_at.map_or(0, |it| it.timestamp_micros());
            (step.id, at)
        })
    }

    /// Whether the view is there, and of this step.
    pub fn is_of(self, step: StepId) -> bool {
        self.step_and_time().is_some_and(|it| it.0 == step)
    }
}

/// State that outlives the panel itself: the answer to a request may arrive when another step is open.
#[derive(Clone, Default)]
pub struct PanelSession {
    /// Unsaved notes, and those that were saved last.
    pub notes: NotesDrafts,
    /// Values that are typed where they are missing.
    pub values: ValueDrafts,
    /// The open dialog, and the step that it belongs to.
    pub asked: ArcRwSignal<Option<(StepId, OpenStepDialog)>>,
    /// Why the last change was not saved.
    pub unsaved: ArcRwSignal<Option<UnsavedChange>>,
    /// The step as this page saved its text last.
    pub saved_text: ArcRwSignal<Option<CustomerStep>>,
    /// What is being sent from a dialog.
    pub sending: ArcRwSignal<Vec<(StepId, OpenStepDialog, TemplateDraft)>>,
    name: ArcRwSignal<String>,
    category: ArcRwSignal<String>,
    kind: ArcRwSignal<String>,
    content: ArcRwSignal<String>,
    before: ArcRwSignal<String>,
}

impl PanelSession {
    /// What is typed in the open dialog, read without subscribing.
    pub fn typed(&self) -> TemplateDraft {
        TemplateDraft {
            name: self.name.get_untracked(),
            category: self.category.get_untracked(),
            kind: self.kind.get_untracked(),
            content: self.content.get_untracked(),
            description: String::new(),
            jenkins: None,
        }
    }

    /// Whether the stored notes of a step are unchanged since this page read them: equal to `known`, or to what it saved last.
    pub fn is_own_notes(&self, step: &CustomerStep, known: &str) -> bool {
        let now = step.notes.as_deref().unwrap_or_default();
        let is_saved = |it: &Option<(StepId, String)>| {
            it.as_ref()
                .is_some_and(|it| it.0 == step.id && it.1.trim() == now)
        };
        now == known.trim() || self.notes.saved.with_untracked(is_saved)
    }

    /// The version that a draft of notes can be saved on: that of the step as it was read, or as this page has saved its notes
    /// since. None if somebody else has changed the notes since the person began to type.
    pub fn version_for(&self, step: &CustomerStep, draft: &NotesDraft) -> Option<i64> {
        let saved = self.notes.saved_version.get_untracked();
        let newer = saved.filter(|it| it.0 == step.id && it.1 > step.version);
        if let Some((_, version)) = newer {
            let is_known = |it: &Option<(StepId, String)>| {
                it.as_ref()
                    .is_some_and(|it| it.0 == step.id && it.1.trim() == draft.before.trim())
            };
            return self.notes.saved.with_untracked(is_known).then_some(version);
        }
        let is_own = self.is_own_notes(step, &draft.before);
        is_own.then_some(step.version)
    }

    /// Notes that this page has saved a step's text. Of a dialog that is still open, what was typed since is an edit of this
    /// text.
    pub fn keep_saved(&self, from: Option<OpenStepDialog>, step: CustomerStep) {
        let of = from.map(|it| (step.id, it));
        if of.is_some() && self.asked.get_untracked() == of {
            self.before.set(step.content.clone());
        }
        self.saved_text.set(Some(step));
    }

    /// Whether a dialog is open whose text was changed. Tracked.
    pub fn is_dialog_dirty(&self) -> bool {
        let is_changed = self
            .content
            .with(|it| self.before.with(|before| it != before));
        is_changed && self.asked.with(Option::is_some)
    }
}

/// What `StepMemory` refers to.
#[derive(Default)]
pub struct StepDetailInner {
    /// What outlives the panel.
    pub lasting: PanelSession,
    /// What was typed in dialogs that were closed without saving.
    pub kept: ArcRwSignal<Vec<KeptDraft>>,
    /// Whether the fields hold such a text.
    pub is_restored: ArcRwSignal<bool>,
    /// Whether the text is shown with its variables.
    pub is_raw: ArcRwSignal<bool>,
    /// Whether long lines wrap.
    pub wraps: ArcRwSignal<bool>,
    /// Whether all of a long text is shown.
    pub is_loaded: ArcRwSignal<bool>,
    /// The step that was copied last, and whether the clipboard took it.
    pub copied: ArcRwSignal<Option<(StepId, bool)>>,
    /// The format that this person copies in; none until it is read from the browser.
    pub format: ArcRwSignal<Option<CopyFormat>>,
    /// Where a new step goes.
    pub position: ArcRwSignal<String>,
    /// Whether a new step goes into the template as well.
    pub to_template: ArcRwSignal<bool>,
    /// The reason that is typed.
    pub reason: ArcRwSignal<String>,
    /// The action that the reason is for.
    pub reason_of: ArcRwSignal<String>,
    /// Whether its prompt is open.
    pub is_reason_open: ArcRwSignal<bool>,
    /// What was typed for other actions, and which ones.
    pub reasons: ArcRwSignal<Vec<(String, String)>>,
    /// What stands in the notes field, with its step: also space at the end, which is no change of the notes.
    pub notes_text: ArcRwSignal<Option<(StepId, String)>>,
    /// The view that was rendered last.
    pub shown: ArcRwSignal<Option<ShownView>>,
}

impl StepMemory {
    /// What this refers to; created with the first open step.
    pub fn inner(self) -> Arc<StepDetailInner> {
        if let Some(inner) = self.0.get_value() {
            return inner;
        }
        let inner = Arc::new(StepDetailInner::default());
        inner.wraps.set(true);
        let (notes, values) = take_unsaved();
        inner.lasting.notes.drafts.set(notes);
        inner.lasting.values.restore(values);
        self.0.set_value(Some(Arc::clone(&inner)));
        inner
    }

    /// What outlives the panel.
    pub fn lasting(self) -> PanelSession {
        self.inner().lasting.clone()
    }

    /// The view that was rendered last. None once the page is gone.
    pub fn shown_view(self) -> Option<ShownView> {
        let inner = self.0.try_get_value().flatten()?;
        inner.shown.get_untracked()
    }

    /// Whether the view of a step is there.
    pub fn shows(self, step: StepId) -> bool {
        let shown = self.inner().shown.get_untracked();
        shown.is_some_and(|it| it.is_of(step))
    }

    /// The unsaved notes of a step that was removed, or else the content of the focused notes field.
    pub fn typed_at(self, step: StepId) -> Option<String> {
        let inner = self.inner();
        if let Some(draft) = inner.lasting.notes.of(step) {
            return Some(draft.text);
        }
        let standing = inner.notes_text.get_untracked();
        let standing = standing.filter(|it| it.0 == step && dom::exists("#notes:focus"));
        standing.map(|it| it.1)
    }

    /// The fields of the dialogs.
    pub fn fields(self) -> StepDialogFields {
        let inner = self.inner();
        let typed = inner.lasting.clone();
        StepDialogFields {
            name: typed.name.into(),
            category: typed.category.into(),
            kind: typed.kind.into(),
            content: typed.content.into(),
            before: typed.before.into(),
            position: inner.position.clone().into(),
            to_template: inner.to_template.clone().into(),
            is_restored: inner.is_restored.clone().into(),
        }
    }
}

/// Fields of the dialogs that edit a step or add one.
#[derive(Clone, Copy)]
pub struct StepDialogFields {
    /// The name.
    pub name: RwSignal<String>,
    /// The value of a `Category`.
    pub category: RwSignal<String>,
    /// The value of a `StepType`.
    pub kind: RwSignal<String>,
    /// The text with its variables.
    pub content: RwSignal<String>,
    /// The content at the time that the dialog was opened.
    pub before: RwSignal<String>,
    /// Where a new step goes: "first" or the id of the step before it; empty means last.
    pub position: RwSignal<String>,
    /// Whether a new step goes into the template as well.
    pub to_template: RwSignal<bool>,
    /// Whether the fields hold what was typed before and not saved.
    pub is_restored: RwSignal<bool>,
}

impl StepDialogFields {
    /// Fills the fields when a dialog opens.
    pub fn fill(self, draft: TemplateDraft) {
        self.name.set(draft.name);
        self.category.set(draft.category);
        self.kind.set(draft.kind);
        self.before.set(draft.content.clone());
        self.content.set(draft.content);
        self.position.set(String::new());
        self.to_template.set(false);
        self.is_restored.set(false);
    }

    /// Puts back what was typed before and not saved.
    pub fn restore(self, draft: TemplateDraft, before: String) {
        self.fill(draft);
        self.before.set(before);
        self.is_restored.set(true);
    }

    /// What is typed, read without subscribing.
    pub fn draft(self) -> TemplateDraft {
        TemplateDraft {
            name: self.name.get_untracked(),
            category: self.category.get_untracked(),
            kind: self.kind.get_untracked(),
            content: self.content.get_untracked(),
            description: String::new(),
            jenkins: None,
        }
    }
}
