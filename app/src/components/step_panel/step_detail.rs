//! State of the open step, shared by the views of the side panel and of the run mode. A step's view renders again after
//! every change of the step; what is typed and how the text is displayed stays, because it lives in `StepMemory`.
use super::events::{OpenStepDialog, StepPanelEvent};
use crate::{
    browser, components::pending_actions::ActionRequest, components::pending_actions::FailedAction,
    components::pending_actions::ShownText, components::pending_actions::ShownTexts,
    components::ui::code::CODE_TEXT, components::ui::code::CodeView, domain::cluster::Cluster,
    domain::copy::CopyFormat, domain::copy::CopySource, domain::customer::Customer,
    domain::customer_work::OpenStep, domain::id::StepId, domain::release::Release,
    domain::template::TemplateDraft, domain::vocabulary::StepAction,
    domain::vocabulary::StepStatus, domain::vocabulary::StepType, error::AppError,
    error::ViolationDetail,
};
use leptos::prelude::*;
use std::sync::Arc;

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

/// State that outlives the panel itself: the answer to a request may arrive when another step is open.
#[derive(Clone, Default)]
pub struct PanelSession {
    /// Unsaved notes, at most one draft per step.
    pub notes: ArcRwSignal<Vec<NotesDraft>>,
    /// The open dialog, and the step that it belongs to.
    pub asked: ArcRwSignal<Option<(StepId, OpenStepDialog)>>,
    /// Why the last change was not saved, and of which step.
    pub unsaved: ArcRwSignal<Option<(StepId, AppError)>>,
    /// Whether a request is running.
    pub is_busy: ArcRwSignal<bool>,
}

#[derive(Default)]
struct StepDetailInner {
    lasting: PanelSession,
    is_raw: ArcRwSignal<bool>,
    wraps: ArcRwSignal<bool>,
    is_loaded: ArcRwSignal<bool>,
    copied: ArcRwSignal<Option<(StepId, bool)>>,
    format: ArcRwSignal<Option<CopyFormat>>,
    name: ArcRwSignal<String>,
    category: ArcRwSignal<String>,
    kind: ArcRwSignal<String>,
    content: ArcRwSignal<String>,
    before: ArcRwSignal<String>,
    position: ArcRwSignal<String>,
    to_template: ArcRwSignal<bool>,
}

impl StepMemory {
    fn inner(self) -> Arc<StepDetailInner> {
        if let Some(inner) = self.0.get_value() {
            return inner;
        }
        let inner = Arc::new(StepDetailInner::default());
        inner.wraps.set(true);
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
        StepDialogFields {
            name: inner.name.clone().into(),
            category: inner.category.clone().into(),
            kind: inner.kind.clone().into(),
            content: inner.content.clone().into(),
            before: inner.before.clone().into(),
            position: inner.position.clone().into(),
            to_template: inner.to_template.clone().into(),
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

/// The text of a step as its view shows it.
fn shown_text(open: &OpenStep) -> Arc<ShownText> {
    Arc::new(ShownText {
        sha256: open.detail.resolved_sha256.clone(),
        text: open.detail.resolved_content.clone(),
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
    /// Why the last change of this step was not saved.
    pub unsaved: Signal<Option<AppError>>,
    unsaved_of: RwSignal<Option<(StepId, AppError)>>,
    /// The action whose reason the prompt asks for.
    pub asking: RwSignal<Option<StepAction>>,
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
    /// How the text is displayed.
    pub code: CodeView,
    /// Stored, because this struct is copied often and the handles of all fields would double its size.
    fields: StoredValue<StepDialogFields>,
    shown: ShownTexts,
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
        asking: RwSignal<Option<StepAction>>,
        on_event: Callback<StepPanelEvent>,
    ) -> Self {
        let shown: ShownTexts = use_context().unwrap_or_default();
        shown.show(open.detail.step.id, shown_text(&open), false);
        let inner = memory.inner();
        let PanelSession {
            notes,
            asked,
            unsaved,
            ..
        } = inner.lasting.clone();
        let (id, kind) = (open.detail.step.id, open.detail.step.kind);
        let unsaved_of: RwSignal<Option<(StepId, AppError)>> = unsaved.into();
        let unsaved = Signal::derive(move || {
            let error = unsaved_of.get().filter(|it| it.0 == id);
            error.map(|it| it.1)
        });
        Self {
            id,
            status: open.detail.step.status,
            open: StoredValue::new(open),
            can_work,
            refused,
            unsaved,
            unsaved_of,
            asking,
            asked: asked.into(),
            copied: inner.copied.clone().into(),
            format: inner.format.clone().into(),
            kind,
            blocked_copy: RwSignal::new(None),
            notes: notes.into(),
            code: CodeView {
                is_raw: inner.is_raw.clone().into(),
                wraps: inner.wraps.clone().into(),
                is_loaded: inner.is_loaded.clone().into(),
            },
            fields: StoredValue::new(memory.fields()),
            shown,
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
        let (shown, shown_text) = (self.shown, self.read(shown_text));
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&text).await;
            let _ = copied.try_set(Some((id, done)));
            if done && format != CopyFormat::Template {
                shown.show(id, shown_text, true);
            }
            if !done {
                browser::dom::select_content(CODE_TEXT);
            }
        });
    }

    /// Sends an action, or opens the prompt for its reason first.
    pub fn request_action(self, action: StepAction) {
        if action.accepts_reason() {
            self.refused.set(None);
            self.asking.set(Some(action));
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

    /// Opens a dialog with the step's present text in its fields.
    pub fn open_dialog(self, what: OpenStepDialog) {
        self.unsaved_of.set(None);
        let draft = self.read(|it| {
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
        });
        self.fields().fill(draft);
        self.asked.set(Some((self.id, what)));
    }

    /// The signal that keeps a dialog of this step open; once false, the dialog is removed.
    pub fn dialog_open(self) -> RwSignal<bool> {
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                self.asked.set(None);
            }
        });
        open
    }
}
