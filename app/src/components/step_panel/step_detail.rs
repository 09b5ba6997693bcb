//! State of the open step, shared by the views of the side panel and of the run mode. A step's view renders again after
//! every change of the step; what is typed and how the text is displayed stays, because it lives in `panel_session`.
use super::{
    events::{OpenStepDialog, StepPanelEvent, StepRequest},
    panel_session::{
        KeptDraft, PanelSession, ShownView, StepDialogFields, StepMemory, UnsavedChange,
    },
};
use crate::{
    browser, components::notes_draft::NotesDraft, components::pending_actions::ActionRequest,
    components::pending_actions::FailedAction, components::shown_texts::ShownText,
    components::shown_texts::ShownTexts, components::ui::code::CODE_TEXT,
    components::ui::code::CodeView, components::ui::follow_effect::follow,
    domain::cluster::Cluster, domain::copy::CopyFormat, domain::copy::CopySource,
    domain::copy::clipboard_text, domain::copy::header_of, domain::copy::with_header_of,
    domain::customer::Customer, domain::customer_work::OpenStep, domain::id::StepId,
    domain::release::Release, domain::template::TemplateDraft, domain::text_change::KeptText,
    domain::text_change::holds_line_of, domain::vocabulary::StepAction,
    domain::vocabulary::StepStatus, domain::vocabulary::StepType, error::AppError,
    error::ViolationDetail,
};
use leptos::prelude::*;
use std::sync::Arc;

/// Where the browser keeps the format that a person copies in.
const FORMAT_KEY: &str = "rollcall.copy";

/// The text that a done step kept, if today's is another: its view shows this one.
pub fn kept_text(open: &OpenStep) -> Option<&KeptText> {
    let kept = open.detail.kept.as_ref();
    kept.filter(|it| it.sha256 != open.detail.resolved_sha256)
}

/// The text that the view of a step shows, in a format. A text that was kept is copied as it is, with the header or without.
fn copy_text(open: &OpenStep, format: CopyFormat) -> String {
    match kept_text(open) {
        Some(kept) if format == CopyFormat::ScriptOnly => clipboard_text(&kept.text),
        Some(kept) => with_header_of(&open.detail.copy_text, &kept.text),
        None => copy_todays_text(open, format),
    }
}

/// Today's text of a step in a format.
fn copy_todays_text(open: &OpenStep, format: CopyFormat) -> String {
    let detail = &open.detail;
    format.text(CopySource {
        copy_text: &detail.copy_text,
        resolved: &detail.resolved_content,
        template: &detail.step.content,
        frames: &detail.copy_frames,
    })
}

/// The text of a step as its view shows it, with its values.
fn shown_text(open: &OpenStep) -> Arc<ShownText> {
    match kept_text(open) {
        Some(kept) => Arc::new(ShownText {
            sha256: kept.sha256.clone(),
            text: kept.text.clone(),
        }),
        None => todays_text(open),
    }
}

/// The text of a step as it is today.
fn todays_text(open: &OpenStep) -> Arc<ShownText> {
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

/// The names of the variables that the customer of an open step has.
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
    /// Whether the step can be changed: the release is active, and the role allows it.
    pub can_work: bool,
    /// Whether the text on screen is the one that a done step kept, because today's is another.
    pub is_kept: bool,
    /// The last action that failed or was refused.
    pub refused: RwSignal<Option<FailedAction>>,
    /// Why the last change of this step was not saved, in its open dialog.
    pub unsaved: Signal<Option<AppError>>,
    /// Why the last change outside of dialogs, or in a dialog that is closed by now, was not saved.
    pub unsaved_outside: Signal<Option<AppError>>,
    unsaved_of: RwSignal<Option<UnsavedChange>>,
    /// The action whose reason the prompt asks for, and its step.
    pub asking: RwSignal<Option<(StepId, StepAction)>>,
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
    /// What outlives this view.
    pub memory: StepMemory,
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
        asking: RwSignal<Option<(StepId, StepAction)>>,
        on_event: Callback<StepPanelEvent>,
    ) -> Self {
        let shown: ShownTexts = use_context().unwrap_or_default();
        let inner = memory.inner();
        let PanelSession {
            notes,
            asked,
            unsaved,
            ..
        } = inner.lasting.clone();
        let (id, kind) = (open.detail.step.id, open.detail.step.kind);
        let is_kept = kept_text(&open).is_some();
        let status = open.detail.step.status;
        let open = StoredValue::new(open);
        inner.shown.set(Some(ShownView { open, on_event }));
        let unsaved_of: RwSignal<Option<UnsavedChange>> = unsaved.into();
        let asked: RwSignal<Option<(StepId, OpenStepDialog)>> = asked.into();
        let unsaved_in = move |is_open: bool| {
            let (_, dialog, error) = unsaved_of.get().filter(|it| it.0 == id)?;
            let is_shown = dialog.is_some() && dialog.map(|it| (id, it)) == asked.get();
            (is_shown == is_open).then_some(error)
        };
        let unsaved = Signal::derive(move || unsaved_in(true));
        let unsaved_outside = Signal::derive(move || unsaved_in(false));
        let this = Self {
            id,
            status,
            is_kept,
            open,
            can_work,
            refused,
            unsaved,
            unsaved_outside,
            unsaved_of,
            asking,
            kept: inner.kept.clone().into(),
            asked,
            copied: inner.copied.clone().into(),
            format: inner.format.clone().into(),
            kind,
            blocked_copy: RwSignal::new(None),
            notes: notes.drafts.into(),
            saved_notes: notes.saved.into(),
            memory,
            code: CodeView {
                is_raw: inner.is_raw.clone().into(),
                wraps: inner.wraps.clone().into(),
                is_loaded: inner.is_loaded.clone().into(),
            },
            fields: StoredValue::new(memory.fields()),
            shown,
            on_event,
        };
        this.note_screen();
        follow(move |is_first| {
            this.code.is_raw.track();
            if !is_first {
                this.note_screen();
            }
        });
        this
    }

    /// The text on screen; none while it is shown with the names of its variables.
    fn text_on_screen(self) -> Option<Arc<ShownText>> {
        let has_names = |it: &OpenStep| it.detail.step.content != it.detail.resolved_content;
        let is_raw = !self.is_kept && self.code.is_raw.get_untracked() && self.read(has_names);
        (!is_raw).then(|| self.read(shown_text))
    }

    /// What is on screen counts as shown (R81).
    fn note_screen(self) {
        self.shown.show(self.id, self.text_on_screen(), false);
    }

    /// Reads from the step.
    pub fn read<T>(self, read: impl FnOnce(&OpenStep) -> T) -> T {
        self.open.with_value(read)
    }

    /// Asks the page to send something.
    pub fn request(self, request: StepRequest) {
        self.on_event.run(StepPanelEvent::Request(request));
    }

    /// Whether the step was rendered again since, or its page left. A view that is replaced while it has the focus loses it then, which
    /// is no sign that the person has left a field: what is typed stays with the page.
    pub fn is_replaced(self) -> bool {
        let is_newer = |it: ShownView| it.open != self.open && it.is_of(self.id);
        self.open.is_disposed() || self.memory.shown_view().is_some_and(is_newer)
    }

    /// The fields of the dialogs.
    pub fn fields(self) -> StepDialogFields {
        self.fields.get_value()
    }

    /// Whether this step's text was copied last.
    pub fn is_copied(self) -> bool {
        self.copied.get() == Some((self.id, true))
    }

    /// The format that was chosen, where it fits today's text.
    fn chosen_format(self) -> CopyFormat {
        let format = self.format.get().unwrap_or(CopyFormat::WithHeader);
        format.or_header(self.kind)
    }

    /// Whether the text on screen can be copied in a format.
    pub fn has_format(self, format: CopyFormat) -> bool {
        let is_plain = matches!(format, CopyFormat::WithHeader | CopyFormat::ScriptOnly);
        format.is_for(self.kind) && (is_plain || !self.is_kept)
    }

    /// The format that the button copies.
    pub fn format(self) -> CopyFormat {
        let format = self.chosen_format();
        if self.has_format(format) {
            format
        } else {
            CopyFormat::WithHeader
        }
    }

    /// The line that a copy begins with in that format, if it does.
    pub fn copy_header(self) -> Option<String> {
        let has_none = matches!(self.format(), CopyFormat::ScriptOnly | CopyFormat::Template);
        (!has_none).then(|| self.read(|it| header_of(&it.detail.copy_text).to_owned()))
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

    /// Copies the text on screen. If values are missing it is only copied with `allow`, or as the template, which has no
    /// values.
    pub fn copy(self, format: CopyFormat, allow: bool) {
        let is_template = format == CopyFormat::Template;
        let is_missing = !self.is_kept && self.read(|it| !it.detail.unresolved.is_empty());
        let is_blocked = is_missing && !is_template;
        if is_blocked && !allow {
            self.blocked_copy.set(Some(format));
            return;
        }
        self.blocked_copy.set(None);
        let text = self.read(|it| copy_text(it, format));
        let (copied, id, shown) = (self.copied, self.id, self.shown);
        let sent = (!is_template).then(|| self.read(shown_text));
        let on_screen = self.text_on_screen();
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&text).await;
            let _ = copied.try_set(Some((id, done)));
            if !done {
                browser::dom::select_content(CODE_TEXT);
            }
            // What is selected is what Ctrl+C copies.
            let taken = if done { sent } else { on_screen };
            if taken.is_some() {
                shown.show(id, taken, true);
            }
        });
    }

    /// What a person selects and copies counts as copied too, once a whole line of the text is in it. Listens on the window for
    /// as long as the calling component is mounted, because a selection may begin outside of the text.
    pub fn listen_for_copies(self) {
        Effect::new(move |_| {
            let handle = window_event_listener_untyped("copy", move |_| self.note_selection());
            on_cleanup(move || handle.remove());
        });
    }

    fn note_selection(self) {
        let selected = browser::dom::selection_over(CODE_TEXT).unwrap_or_default();
        let on_screen = self.text_on_screen();
        let on_screen = on_screen.filter(|it| holds_line_of(&selected, &it.text));
        if on_screen.is_some() {
            self.shown.show(self.id, on_screen, true);
        }
    }

    /// Copies today's text of a done step that shows the one it kept, and puts whether the clipboard took it into a signal.
    pub fn copy_todays(self, into: RwSignal<Option<bool>>) {
        let mut format = untrack(|| self.chosen_format());
        if format == CopyFormat::Template {
            format = CopyFormat::WithHeader;
        }
        let text = self.read(|it| copy_todays_text(it, format));
        let (id, shown, todays) = (self.id, self.shown, self.read(todays_text));
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&text).await;
            let _ = into.try_set(Some(done));
            if done {
                // The button says that this is not the text on screen, so that there is nothing left to ask about.
                shown.show(id, Some(Arc::clone(&todays)), true);
                shown.show(id, Some(todays), false);
            }
        });
    }

    /// Sends an action, or opens the prompt for its reason first.
    pub fn request_action(self, action: StepAction) {
        if action.accepts_reason() {
            // A question about another step, which is being opened, stays.
            if untrack(|| self.failed()).is_some_and(|it| !it.is_text_changed()) {
                self.refused.set(None);
            }
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
        if let Some(failed) = untrack(|| self.failed()) {
            self.refused.set(None);
            self.send_action(failed.request);
        }
    }

    /// The last action of this step, if it failed or was refused. Tracked.
    pub fn failed(self) -> Option<FailedAction> {
        self.refused.get().filter(|it| it.step == self.id)
    }

    /// Why the last action failed or was refused.
    pub fn error(self) -> Option<AppError> {
        self.failed().map(|it| it.error)
    }

    /// Why an action is not possible now; none if it is.
    pub fn why_not(self, action: StepAction) -> Option<String> {
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
                jenkins: None,
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
