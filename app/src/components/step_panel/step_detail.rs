//! State of the open step, shared by the views of the side panel and of the run mode. A step's view renders again after
//! every change of the step; what is typed and how the text is displayed stays, because it lives in `StepMemory`.
use super::events::{OpenStepDialog, StepPanelEvent};
use crate::{
    browser, components::pending_actions::ActionRequest, components::pending_actions::FailedAction,
    components::ui::code::CODE_TEXT, components::ui::code::CodeView, domain::cluster::Cluster,
    domain::copy::CopyFormat, domain::copy::CopySource, domain::customer::Customer,
    domain::customer_work::OpenStep, domain::id::StepId, domain::release::Release,
    domain::step::CustomerStep, domain::template::TemplateDraft, domain::vocabulary::StepAction,
    domain::vocabulary::StepStatus, domain::vocabulary::StepType, error::AppError,
    error::ViolationDetail,
};
use leptos::prelude::*;
use std::{cell::RefCell, sync::Arc};

/// State that a page keeps from one open step to the next. It is created with the first open step.
#[derive(Clone, Copy, Default)]
pub struct StepMemory(StoredValue<Option<Arc<StepDetailInner>>>);

/// Unsaved notes of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotesDraft {
    /// The step.
    pub step: StepId,
    /// What is typed.
    pub text: String,
    /// The saved notes at the time that typing began.
    pub before: String,
}

/// What was typed in a dialog that was closed without saving it.
#[derive(Clone, Debug)]
pub struct KeptDraft {
    of: (StepId, OpenStepDialog),
    draft: TemplateDraft,
    /// The step's content at the time that the dialog was opened.
    before: String,
}

/// Why a change of a step was not saved, and the dialog that it was made in.
pub type UnsavedChange = (StepId, Option<OpenStepDialog>, AppError);

/// State that outlives the panel itself: the answer to a request may arrive when another step is open.
#[derive(Clone, Default)]
pub struct PanelSession {
    /// Unsaved notes, at most one draft per step.
    pub notes: ArcRwSignal<Vec<NotesDraft>>,
    /// The notes that this page saved last, and their step.
    pub saved_notes: ArcRwSignal<Option<(StepId, String)>>,
    /// The open dialog, and the step that it belongs to.
    pub asked: ArcRwSignal<Option<(StepId, OpenStepDialog)>>,
    /// Why the last change was not saved.
    pub unsaved: ArcRwSignal<Option<UnsavedChange>>,
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
        }
    }

    /// Whether the notes of a step are those that were known, or those that this page saved last: then nobody else has
    /// written any since.
    pub fn is_own_notes(&self, step: &CustomerStep, known: &str) -> bool {
        let now = step.notes.as_deref().unwrap_or_default();
        let is_saved = |it: &Option<(StepId, String)>| {
            it.as_ref()
                .is_some_and(|it| it.0 == step.id && it.1.trim() == now)
        };
        now == known.trim() || self.saved_notes.with_untracked(is_saved)
    }

    /// Whether a dialog is open whose text was changed. Tracked.
    pub fn is_dialog_dirty(&self) -> bool {
        let is_changed = self
            .content
            .with(|it| self.before.with(|before| it != before));
        is_changed && self.asked.with(Option::is_some)
    }
}

#[derive(Default)]
struct StepDetailInner {
    lasting: PanelSession,
    kept: ArcRwSignal<Vec<KeptDraft>>,
    is_restored: ArcRwSignal<bool>,
    is_raw: ArcRwSignal<bool>,
    wraps: ArcRwSignal<bool>,
    is_loaded: ArcRwSignal<bool>,
    copied: ArcRwSignal<Option<(StepId, bool)>>,
    format: ArcRwSignal<Option<CopyFormat>>,
    position: ArcRwSignal<String>,
    to_template: ArcRwSignal<bool>,
    reason: ArcRwSignal<String>,
    reason_of: ArcRwSignal<String>,
}

thread_local! {
    /// Notes that could not be saved when their page was left; the next page with a step panel has them again. Stays empty
    /// on the server.
    static UNSAVED_NOTES: RefCell<Vec<NotesDraft>> = const { RefCell::new(Vec::new()) };
}

/// Keeps notes whose page is gone for the next page.
pub fn keep_unsaved_notes(draft: NotesDraft) {
    UNSAVED_NOTES.with_borrow_mut(|it| it.push(draft));
}

impl StepMemory {
    fn inner(self) -> Arc<StepDetailInner> {
        if let Some(inner) = self.0.get_value() {
            return inner;
        }
        let inner = Arc::new(StepDetailInner::default());
        inner.wraps.set(true);
        inner.lasting.notes.set(UNSAVED_NOTES.take());
        self.0.set_value(Some(Arc::clone(&inner)));
        inner
    }

    /// What outlives the panel.
    pub fn lasting(self) -> PanelSession {
        self.inner().lasting.clone()
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
        }
    }
}

/// Where the browser keeps the format that a person copies in.
const FORMAT_KEY: &str = "rollcall.copy";

/// The text of a step in a format.
pub fn copy_text(open: &OpenStep, format: CopyFormat) -> String {
    let detail = &open.detail;
    format.text(CopySource {
        copy_text: &detail.copy_text,
        resolved: &detail.resolved_content,
        template: &detail.step.content,
        frames: &detail.copy_frames,
    })
}

/// Names of all variables that have a value for a customer in a release, sorted; the editor completes them.
pub fn known_names(customer: &Customer, cluster: &Cluster, release: &Release) -> Vec<String> {
    let mut names: Vec<String> = [
        "customer.name",
        "customer.namespace",
        "cluster.name",
        "release.name",
    ]
    .map(str::to_owned)
    .to_vec();
    if cluster.kubeconfig_path.is_some() {
        names.push("cluster.kubeconfig".to_owned());
    }
    if release.version_number.is_some() {
        names.push("release.version".to_owned());
    }
    for metadata in [&customer.metadata, &cluster.metadata, &release.metadata] {
        names.extend(metadata.0.keys().map(|key| format!("var.{key}")));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The same for the customer of an open step.
pub fn known_names_of(open: &OpenStep) -> Vec<String> {
    let of = &open.detail.customer;
    known_names(&of.customer, &of.cluster, &open.detail.release)
}

/// Handles to the open step and to the state of its view, copied into every closure that needs them.
#[derive(Clone, Copy)]
pub struct StepDetailState {
    /// The step as it was read.
    pub open: StoredValue<OpenStep>,
    /// The id of the step.
    pub id: StepId,
    /// The state of the step as it was read.
    pub status: StepStatus,
    /// Whether the step can be changed: the release is active.
    pub can_work: bool,
    /// The last action that failed or was refused.
    pub refused: RwSignal<Option<FailedAction>>,
    /// Why the last change of this step was not saved, in its open dialog.
    pub unsaved: Signal<Option<AppError>>,
    /// The same of a change that was made outside of dialogs, or in one that is closed by now.
    pub unsaved_outside: Signal<Option<AppError>>,
    unsaved_of: RwSignal<Option<UnsavedChange>>,
    /// The action whose reason the prompt asks for, and its step.
    pub asking: RwSignal<Option<(StepId, StepAction)>>,
    /// The reason that is typed, and which action it is for.
    pub reason: RwSignal<String>,
    reason_of: RwSignal<String>,
    kept: RwSignal<Vec<KeptDraft>>,
    /// The open dialog, and the step that it belongs to.
    pub asked: RwSignal<Option<(StepId, OpenStepDialog)>>,
    /// The step that was copied last, and whether the clipboard took it.
    pub copied: RwSignal<Option<(StepId, bool)>>,
    /// The format that this person copies in; none until it is read from the browser.
    format: RwSignal<Option<CopyFormat>>,
    kind: StepType,
    /// A copy that was not made because values are missing; the person may confirm it.
    pub blocked_copy: RwSignal<Option<CopyFormat>>,
    /// Unsaved notes, at most one draft per step.
    pub notes: RwSignal<Vec<NotesDraft>>,
    /// The notes that this page saved last, and their step.
    pub saved_notes: RwSignal<Option<(StepId, String)>>,
    /// How the text is displayed.
    pub code: CodeView,
    /// Stored, because this struct is copied often and the handles of all fields would double its size.
    fields: StoredValue<StepDialogFields>,
    /// Sends a request to the page.
    pub on_event: Callback<StepPanelEvent>,
}

impl StepDetailState {
    /// The state of a step that has just been read. `memory` carries over what is typed.
    pub fn new(
        open: OpenStep,
        memory: StepMemory,
        can_work: bool,
        refused: RwSignal<Option<FailedAction>>,
        asking: RwSignal<Option<(StepId, StepAction)>>,
        on_event: Callback<StepPanelEvent>,
    ) -> Self {
        let inner = memory.inner();
        let PanelSession {
            notes,
            asked,
            unsaved,
            saved_notes,
            ..
        } = inner.lasting.clone();
        let (id, kind) = (open.detail.step.id, open.detail.step.kind);
        let unsaved_of: RwSignal<Option<UnsavedChange>> = unsaved.into();
        let asked: RwSignal<Option<(StepId, OpenStepDialog)>> = asked.into();
        let unsaved_in = move |is_open: bool| {
            let (_, dialog, error) = unsaved_of.get().filter(|it| it.0 == id)?;
            let is_shown = dialog.is_some() && dialog.map(|it| (id, it)) == asked.get();
            (is_shown == is_open).then_some(error)
        };
        let unsaved = Signal::derive(move || unsaved_in(true));
        let unsaved_outside = Signal::derive(move || unsaved_in(false));
        Self {
            id,
            status: open.detail.step.status,
            open: StoredValue::new(open),
            can_work,
            refused,
            unsaved,
            unsaved_outside,
            unsaved_of,
            asking,
            reason: inner.reason.clone().into(),
            reason_of: inner.reason_of.clone().into(),
            kept: inner.kept.clone().into(),
            asked,
            copied: inner.copied.clone().into(),
            format: inner.format.clone().into(),
            kind,
            blocked_copy: RwSignal::new(None),
            notes: notes.into(),
            saved_notes: saved_notes.into(),
            code: CodeView {
                is_raw: inner.is_raw.clone().into(),
                wraps: inner.wraps.clone().into(),
                is_loaded: inner.is_loaded.clone().into(),
            },
            fields: StoredValue::new(memory.fields()),
            on_event,
        }
    }

    /// Reads from the step.
    pub fn read<T>(self, read: impl FnOnce(&OpenStep) -> T) -> T {
        self.open.with_value(read)
    }

    /// The fields of the dialogs.
    pub fn fields(self) -> StepDialogFields {
        self.fields.get_value()
    }

    /// Whether this step's text was copied last.
    pub fn is_copied(self) -> bool {
        self.copied.get() == Some((self.id, true))
    }

    /// The format that the button copies.
    pub fn format(self) -> CopyFormat {
        let format = self.format.get().unwrap_or(CopyFormat::WithHeader);
        format.or_header(self.kind)
    }

    /// Reads the format that was chosen before in this browser.
    pub fn recall_format(self) {
        if self.format.get_untracked().is_none() {
            let stored = browser::dom::read_setting(FORMAT_KEY);
            let format = stored.and_then(|it| it.parse().ok());
            self.format
                .set(Some(format.unwrap_or(CopyFormat::WithHeader)));
        }
    }

    /// Copies in another format, which the button copies from now on.
    pub fn choose_format(self, format: CopyFormat) {
        browser::dom::write_setting(FORMAT_KEY, format.as_str());
        self.format.set(Some(format));
        self.copy(format, false);
    }

    /// Copies in the chosen format.
    pub fn copy_as_chosen(self) {
        self.copy(untrack(|| self.format()), false);
    }

    /// Copies the text. If values are missing it is only copied with `allow`, or as the template, which has no values.
    pub fn copy(self, format: CopyFormat, allow: bool) {
        let is_blocked =
            self.read(|it| !it.detail.unresolved.is_empty()) && format != CopyFormat::Template;
        if is_blocked && !allow {
            self.blocked_copy.set(Some(format));
            return;
        }
        self.blocked_copy.set(None);
        let text = self.read(|it| copy_text(it, format));
        let (copied, id) = (self.copied, self.id);
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&text).await;
            let _ = copied.try_set(Some((id, done)));
            if !done {
                browser::dom::select_content(CODE_TEXT);
            }
        });
    }

    /// Sends an action, or opens the prompt for its reason first.
    pub fn request_action(self, action: StepAction) {
        if action.accepts_reason() {
            self.refused.set(None);
            self.asking.set(Some((self.id, action)));
        } else {
            self.send_action(ActionRequest::new(action));
        }
    }

    /// Sends an action.
    pub fn send_action(self, request: ActionRequest) {
        self.on_event.run(StepPanelEvent::Act(request));
    }

    /// Sends the refused action again.
    pub fn retry(self) {
        if let Some(failed) = self.refused.get_untracked() {
            self.refused.set(None);
            self.send_action(failed.request);
        }
    }

    /// Why the last action failed or was refused.
    pub fn error(self) -> Option<AppError> {
        self.refused
            .with(|it| it.as_ref().map(|it| it.error.clone()))
    }

    /// Why an action is not possible now; none if it is.
    pub fn why_not(self, action: StepAction) -> Option<String> {
        if !self.can_work {
            return Some("The release is not active".to_owned());
        }
        let past = action.past_tense();
        let word = self.status.in_sentence();
        (!action.allows(self.status)).then(|| format!("A {word} step cannot be {past}"))
    }

    /// Names of the missing values for which the last action was refused.
    pub fn missing_values(self) -> Option<Vec<String>> {
        match self.error() {
            Some(AppError::Refused(refused)) => match refused.about {
                ViolationDetail::Missing(names) => Some(names),
                _ => None,
            },
            _ => None,
        }
    }

    /// The action whose reason is asked for, if it is of this step. Tracked.
    pub fn asked_reason(self) -> Option<StepAction> {
        let (step, action) = self.asking.get()?;
        (step == self.id).then_some(action)
    }

    /// The reason that is typed for an action. It stays when the prompt is closed without sending it, or drawn anew, until
    /// the state of the step is another one.
    pub fn reason_for(self, action: StepAction) -> RwSignal<String> {
        let at = self.read(|it| it.detail.step.state_at);
        let at = at.map_or(0, |it| it.timestamp_micros());
        let of = format!("{} {action} {at}", self.id);
        if self.reason_of.with_untracked(|it| *it != of) {
            self.reason_of.set(of);
            self.reason.set(String::new());
        }
        self.reason
    }

    /// Opens a dialog with what was typed in it before, or else with the step's present text in its fields.
    pub fn open_dialog(self, what: OpenStepDialog) {
        self.unsaved_of.set(None);
        let of = (self.id, what);
        let kept = self.kept.try_update(|all| {
            let at = all.iter().position(|it| it.of == of)?;
            Some(all.swap_remove(at))
        });
        match kept.flatten() {
            Some(kept) => self.fields().restore(kept.draft, kept.before),
            None => self.fields().fill(self.present_text(what)),
        }
        self.asked.set(Some(of));
    }

    /// Throws away what was typed in the open dialog.
    pub fn discard_typed(self) {
        if let Some((_, what)) = self.asked.get_untracked() {
            self.fields().fill(self.present_text(what));
        }
    }

    /// What the fields of a dialog hold before anything is typed.
    fn present_text(self, what: OpenStepDialog) -> TemplateDraft {
        self.read(|it| {
            let step = &it.detail.step;
            let category = step.category.to_string();
            if what == OpenStepDialog::AddCustom {
                return TemplateDraft {
                    category,
                    ..TemplateDraft::default()
                };
            }
            TemplateDraft {
                name: step.name.clone(),
                category,
                kind: step.kind.to_string(),
                content: step.content.clone(),
                description: String::new(),
            }
        })
    }

    /// The signal that keeps a dialog of this step open; once false, the dialog is removed, and what is typed is kept.
    pub fn dialog_open(self) -> RwSignal<bool> {
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if open.get() {
                return;
            }
            if let Some(of) = self.asked.get_untracked() {
                let (draft, before) = (self.fields().draft(), self.fields().before.get_untracked());
                if draft != self.present_text(of.1) {
                    self.kept
                        .update(|it| it.push(KeptDraft { of, draft, before }));
                }
            }
            self.asked.set(None);
        });
        open
    }
}
