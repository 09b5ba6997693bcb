//! A step on the desk: what its panel and the large view share. What is typed and how it is shown outlives the drawing of
//! the step: it is drawn anew whenever it was changed.
use super::{OpenStepDialog, StepPanelEvent};
use crate::{
    browser,
    components::{
        pending_actions::{ActionRequest, FailedAction},
        ui::code::{CodeView, TEXT},
    },
    domain::{
        cluster::Cluster,
        copy::with_context_check,
        customer::Customer,
        customer_work::OpenStep,
        id::StepId,
        release::Release,
        template::TemplateDraft,
        vocabulary::{StepAction, StepStatus},
    },
    error::{AppError, ViolationDetail},
};
use leptos::prelude::*;
use std::sync::Arc;

/// What the page keeps while one step follows the other. It is empty until the first step is on the desk.
#[derive(Clone, Copy, Default)]
pub struct StepMemory(StoredValue<Option<Arc<StepDetailInner>>>);

/// Notes that are not saved yet: whose, what was typed, and what stood there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotesDraft {
    pub step: StepId,
    pub text: String,
    pub before: String,
}

/// What outlives even the panel, because an answer may come when the panel has moved on.
#[derive(Clone, Default)]
pub struct PanelSession {
    pub notes: ArcRwSignal<Vec<NotesDraft>>,
    /// The open dialog, and for which step.
    pub asked: ArcRwSignal<Option<(StepId, OpenStepDialog)>>,
    /// Why something was not saved, and of which step.
    pub unsaved: ArcRwSignal<Option<(StepId, AppError)>>,
    pub is_busy: ArcRwSignal<bool>,
}

#[derive(Default)]
struct StepDetailInner {
    lasting: PanelSession,
    is_raw: ArcRwSignal<bool>,
    wraps: ArcRwSignal<bool>,
    is_recalled: ArcRwSignal<bool>,
    copied: ArcRwSignal<Option<(StepId, bool)>>,
    name: ArcRwSignal<String>,
    category: ArcRwSignal<String>,
    kind: ArcRwSignal<String>,
    content: ArcRwSignal<String>,
    before: ArcRwSignal<String>,
    place: ArcRwSignal<String>,
    to_template: ArcRwSignal<bool>,
}

impl StepMemory {
    fn kept(self) -> Arc<StepDetailInner> {
        if let Some(kept) = self.0.get_value() {
            return kept;
        }
        let kept = Arc::new(StepDetailInner::default());
        kept.wraps.set(true);
        self.0.set_value(Some(Arc::clone(&kept)));
        kept
    }

    pub fn lasting(self) -> PanelSession {
        self.kept().lasting.clone()
    }

    pub fn fields(self) -> StepDialogFields {
        let kept = self.kept();
        StepDialogFields {
            name: kept.name.clone().into(),
            category: kept.category.clone().into(),
            kind: kept.kind.clone().into(),
            content: kept.content.clone().into(),
            before: kept.before.clone().into(),
            place: kept.place.clone().into(),
            to_template: kept.to_template.clone().into(),
        }
    }
}

/// The fields of a dialog in which a step is written.
#[derive(Clone, Copy)]
pub struct StepDialogFields {
    pub name: RwSignal<String>,
    pub category: RwSignal<String>,
    pub kind: RwSignal<String>,
    pub content: RwSignal<String>,
    /// The content that stood there when the dialog was opened.
    pub before: RwSignal<String>,
    pub place: RwSignal<String>,
    pub to_template: RwSignal<bool>,
}

impl StepDialogFields {
    pub fn fill(self, draft: TemplateDraft) {
        self.name.set(draft.name);
        self.category.set(draft.category);
        self.kind.set(draft.kind);
        self.before.set(draft.content.clone());
        self.content.set(draft.content);
        self.place.set(String::new());
        self.to_template.set(false);
    }

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

/// The forms that a text is copied in (R19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    Headed,
    Plain,
    Raw,
    Checked,
}

/// The text of a step in a form.
pub fn text_of(open: &OpenStep, form: CopyFormat) -> String {
    let detail = &open.detail;
    match form {
        CopyFormat::Headed => detail.copy_text.clone(),
        CopyFormat::Plain => detail.resolved_content.clone(),
        CopyFormat::Raw => detail.step.content.clone(),
        CopyFormat::Checked => with_context_check(
            &detail.copy_text,
            &detail.resolved_content,
            &detail.customer.cluster.name,
        ),
    }
}

/// Names of variables that have a value for a customer, for the editor.
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

/// The same for the step on the desk.
pub fn known_to(open: &OpenStep) -> Vec<String> {
    let of = &open.detail.customer;
    known_names(&of.customer, &of.cluster, &open.detail.release)
}

#[derive(Clone, Copy)]
pub struct StepDetailState {
    pub open: StoredValue<OpenStep>,
    pub id: StepId,
    pub status: StepStatus,
    pub can_work: bool,
    /// An action that was refused, or failed.
    pub refused: RwSignal<Option<FailedAction>>,
    /// Why something was not saved.
    pub unsaved: Signal<Option<AppError>>,
    unsaved_of: RwSignal<Option<(StepId, AppError)>>,
    /// An action whose reason is asked for.
    pub asking: RwSignal<Option<StepAction>>,
    /// The open dialog.
    pub asked: RwSignal<Option<(StepId, OpenStepDialog)>>,
    pub copied: RwSignal<Option<(StepId, bool)>>,
    /// A copy that waits for the person to say that it may go without all values.
    pub insists: RwSignal<Option<CopyFormat>>,
    pub notes: RwSignal<Vec<NotesDraft>>,
    pub code: CodeView,
    /// By themselves they would make the desk too large to be handed around.
    fields: StoredValue<StepDialogFields>,
    pub on_wish: Callback<StepPanelEvent>,
}

impl StepDetailState {
    pub fn new(
        open: OpenStep,
        memory: StepMemory,
        can_work: bool,
        refused: RwSignal<Option<FailedAction>>,
        asking: RwSignal<Option<StepAction>>,
        on_wish: Callback<StepPanelEvent>,
    ) -> Self {
        let kept = memory.kept();
        let PanelSession {
            notes,
            asked,
            unsaved,
            ..
        } = kept.lasting.clone();
        let id = open.detail.step.id;
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
            copied: kept.copied.clone().into(),
            insists: RwSignal::new(None),
            notes: notes.into(),
            code: CodeView {
                is_raw: kept.is_raw.clone().into(),
                wraps: kept.wraps.clone().into(),
                is_recalled: kept.is_recalled.clone().into(),
            },
            fields: StoredValue::new(memory.fields()),
            on_wish,
        }
    }

    /// Something of the step as it was read.
    pub fn read<T>(self, read: impl FnOnce(&OpenStep) -> T) -> T {
        self.open.with_value(read)
    }

    pub fn fields(self) -> StepDialogFields {
        self.fields.get_value()
    }

    pub fn is_copied(self) -> bool {
        self.copied.get() == Some((self.id, true))
    }

    /// Copies the text; one that lacks a value only if the person says so. The text as it was written lacks none.
    pub fn copy(self, form: CopyFormat, allow: bool) {
        let is_blocked =
            self.read(|it| !it.detail.unresolved.is_empty()) && form != CopyFormat::Raw;
        if is_blocked && !allow {
            self.insists.set(Some(form));
            return;
        }
        self.insists.set(None);
        let text = self.read(|it| text_of(it, form));
        let (copied, id) = (self.copied, self.id);
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&text).await;
            let _ = copied.try_set(Some((id, done)));
            if !done {
                browser::dom::select(TEXT);
            }
        });
    }

    /// Does it, or asks why first.
    pub fn act(self, action: StepAction) {
        if action.accepts_reason() {
            self.refused.set(None);
            self.asking.set(Some(action));
        } else {
            self.do_it(ActionRequest::new(action));
        }
    }

    pub fn do_it(self, wish: ActionRequest) {
        self.on_wish.run(StepPanelEvent::Act(wish));
    }

    /// Does again what was refused.
    pub fn retry(self) {
        if let Some(unmet) = self.refused.get_untracked() {
            self.refused.set(None);
            self.do_it(unmet.wish);
        }
    }

    /// Why an action was refused, or failed.
    pub fn error(self) -> Option<AppError> {
        self.refused
            .with(|it| it.as_ref().map(|it| it.error.clone()))
    }

    /// Why an action cannot be done now.
    pub fn why_not(self, action: StepAction) -> Option<String> {
        if !self.can_work {
            return Some("The release is not active".to_owned());
        }
        let past = action.past_tense();
        let word = self.status.in_sentence();
        (!action.allows(self.status)).then(|| format!("A {word} step cannot be {past}"))
    }

    /// Values that an action was refused for.
    pub fn missing(self) -> Option<Vec<String>> {
        match self.error() {
            Some(AppError::Refused(refused)) => match refused.about {
                ViolationDetail::Missing(names) => Some(names),
                _ => None,
            },
            _ => None,
        }
    }

    /// Opens a dialog, with the text that it begins with.
    pub fn ask(self, what: OpenStepDialog) {
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

    /// For a dialog of the desk: open until it is closed.
    pub fn dialog(self) -> RwSignal<bool> {
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                self.asked.set(None);
            }
        });
        open
    }
}
