//! State of the template page, shared by its parts: the release with its steps, the step in the editor with what is
//! typed, and the confirmation that is open. It outlives every rendering, so that typed text is never lost.
use super::runbook_edits::RunbookEdits;
use crate::{
    api::{
        releases::read_release,
        templates::{delete_template, duplicate_template, move_template},
    },
    browser::{dom, drag, foreign_changes::on_change, reconnection::when_back, unsaved_guard},
    components::{rights::OwnRights, step_form::StepFormFields, ui::toast::Toasts},
    domain::{
        event::{Changed, Entity},
        id::{BatchId, ReleaseId, TemplateId},
        merge::{Merge, MergeSide, has_conflict},
        own_changes::{TEMPLATE_IN_WORDS, message_in_words},
        permission::Permission,
        summary::ReleaseDetail,
        template::{StepTemplate, TemplateDraft},
        vocabulary::{Category, Noun, ReleaseStatus},
    },
    error::AppError,
    pages::{SerialRequest, latest_read::LatestRead, own_changes::OwnChanges},
};
use leptos::prelude::*;

/// The step in the editor: a new one, or one of the template as of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditedTemplate {
    /// A step that is not saved yet.
    New,
    /// A step of the template; `version` is the one that the edits are based on.
    Step {
        id: TemplateId,
        version: i64,
        name: String,
    },
}

impl EditedTemplate {
    /// The id of an existing step.
    pub fn id(&self) -> Option<TemplateId> {
        match self {
            Self::New => None,
            Self::Step { id, .. } => Some(*id),
        }
    }
}

/// An action on a step of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateAction {
    Delete,
    Duplicate,
    /// To the other category.
    Move,
}

/// An action that waits for its confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateConfirmation {
    pub verb: TemplateAction,
    pub id: TemplateId,
    pub name: String,
    /// The category that a move leads to.
    pub to: Category,
}

/// Handles to the state of the page, copied into every closure that needs them.
#[derive(Clone, Copy)]
pub struct TemplateEditor {
    pub release: ReleaseId,
    /// Whether the person's role allows changes.
    may_edit: bool,
    /// The release with its template, as it was read last.
    pub detail: RwSignal<ReleaseDetail>,
    reads: LatestRead,
    /// Requests that change the lists.
    pub sending: SerialRequest,
    /// Requests that save the step in the editor.
    pub saving: SerialRequest,
    /// The step in the editor; none if it is closed.
    pub what: RwSignal<Option<EditedTemplate>>,
    /// Stored, because this struct is copied often and the handles of all fields would double its size.
    fields: StoredValue<StepFormFields>,
    /// The fields as they were opened or saved.
    base: RwSignal<TemplateDraft>,
    /// Whether the fields differ from the saved step.
    pub is_dirty: Memo<bool>,
    /// Who changed the step in the editor last, as it was heard, if it was one person.
    pub changed_by: RwSignal<Option<String>>,
    /// A counter: raised when a refused save was merged with what somebody else has saved, and can be sent again.
    pub merged: RwSignal<u32>,
    /// The confirmation that is open.
    pub asked: RwSignal<Option<TemplateConfirmation>>,
    /// Whether the import dialog is open.
    pub importing: RwSignal<bool>,
    /// The text in the import dialog.
    pub runbook: RwSignal<String>,
    /// What is changed of that text's rows. Stored, as the fields are.
    runbook_edits: StoredValue<RunbookEdits>,
    /// What Undo of the matrix can take back. Stored, as the fields are.
    own: StoredValue<OwnChanges>,
    pub toasts: Toasts,
}

impl TemplateEditor {
    /// The state of a page that has just been fetched.
    pub fn new(detail: ReleaseDetail) -> Self {
        let blank = TemplateDraft::default();
        let fields = StepFormFields::new(blank.clone());
        let base = RwSignal::new(blank);
        let what = RwSignal::new(None::<EditedTemplate>);
        let is_dirty = Memo::new(move |_| {
            what.with(Option::is_some) && base.with(|base| *base != fields.draft())
        });
        let this = Self {
            release: detail.release.id,
            may_edit: OwnRights::from_context().may(Permission::Templates),
            detail: RwSignal::new(detail),
            reads: LatestRead::default(),
            sending: SerialRequest::new(),
            saving: SerialRequest::new(),
            what,
            fields: StoredValue::new(fields),
            base,
            is_dirty,
            changed_by: RwSignal::new(None),
            merged: RwSignal::new(0),
            asked: RwSignal::new(None),
            importing: RwSignal::new(false),
            runbook: RwSignal::new(String::new()),
            runbook_edits: StoredValue::new(RunbookEdits::none()),
            own: StoredValue::new(OwnChanges::from_context()),
            toasts: Toasts::from_context(),
        };
        Effect::new(move |_| this.own.get_value().open(this.release));
        unsaved_guard::guard(Signal::derive(move || {
            is_dirty.get() || this.runbook.with(|it| !it.trim().is_empty())
        }));
        Effect::new(move |_| this.catch_up());
        on_change(move |change| {
            let is_open = |id: TemplateId| change.may_touch(Entity::Template, id.0);
            let touches_open = this.open_id().is_some_and(is_open);
            if change.may_touch_release(this.release) || touches_open {
                this.reload();
            }
            if touches_open {
                this.changed_by.set(change.by);
            }
        });
        this.toasts.refresh_with(Callback::new(move |()| {
            this.reload();
            // The toast with the focused Undo button is removed.
            dom::after(0, || {
                if dom::nothing_is_focused() {
                    dom::focus("#add-step");
                }
            });
        }));
        // After a refused change the lists show what the server has.
        Effect::new(move |_| {
            if this.sending.error.with(Option::is_some) {
                drag::clear_request();
                this.reload();
            }
        });
        Effect::new(move |_| {
            if this.saving.error.with(Option::is_some) {
                this.reload();
            }
        });
        forget_when_back(this.sending.error);
        forget_when_back(this.saving.error);
        this
    }

    /// The fields of the editor.
    pub fn fields(self) -> StepFormFields {
        self.fields.get_value()
    }

    /// The edits of the runbook in the import dialog.
    pub fn runbook_edits(self) -> RunbookEdits {
        self.runbook_edits.get_value()
    }

    /// The status of the release.
    pub fn status(self) -> ReleaseStatus {
        self.detail.with(|it| it.release.status)
    }

    /// Whether the template can be changed: the release is not archived, and the person plans.
    pub fn can_edit(self) -> bool {
        self.may_edit && self.status() != ReleaseStatus::Archived
    }

    /// How many customers have copies of the steps; 0 unless the release is active.
    pub fn members(self) -> u32 {
        self.detail.with(|it| {
            let is_active = it.release.status == ReleaseStatus::Active;
            if is_active { it.customers } else { 0 }
        })
    }

    /// Says what was changed, and offers to undo it. In an active release the matrix's Undo offers it too; what was changed before
    /// the activation is not undone there.
    pub fn report(self, text: String, batch: Option<BatchId>) {
        let is_active = untrack(|| self.status()) == ReleaseStatus::Active;
        if let Some(batch) = batch.clone().filter(|_| is_active) {
            let own = self.own.get_value();
            own.push(self.release, batch, message_in_words(&text));
        }
        self.toasts.show(text, batch);
    }

    /// The request for a change of the template, which counts as this tab's own also if the page is left before the answer: then
    /// nothing reports it.
    pub fn as_own<T: 'static>(
        self,
        request: impl Future<Output = Result<Changed<T>, AppError>> + 'static,
    ) -> impl Future<Output = Result<Changed<T>, AppError>> + 'static {
        let (own, release) = (self.own.get_value(), self.release);
        let is_active = untrack(|| self.status()) == ReleaseStatus::Active;
        async move {
            let answer = request.await;
            let batch = answer.as_ref().ok().and_then(|it| it.batch_id.clone());
            if let Some(batch) = batch.filter(|_| is_active && self.detail.is_disposed()) {
                own.push(release, batch, TEMPLATE_IN_WORDS.to_owned());
            }
            answer
        }
    }

    /// Fetches the release with its template again.
    pub fn reload(self) {
        let request = move || read_release(self.release);
        self.reads.run(request, move |answer| {
            if let Ok(detail) = answer {
                self.detail.set(detail);
            }
        });
    }

    /// A step of the template as it was read last.
    pub fn step(self, id: TemplateId) -> Option<StepTemplate> {
        self.detail.with_untracked(|it| {
            let step = it.templates.iter().find(|it| it.id == id);
            step.cloned()
        })
    }

    /// The id of the step in the editor, read without subscribing.
    pub fn open_id(self) -> Option<TemplateId> {
        self.what.with_untracked(|it| it.as_ref()?.id())
    }

    /// Shows a change that somebody else has made to the step in the editor. With unsaved edits the editor stays as it
    /// is, and the conflict is shown above them.
    fn catch_up(self) {
        self.detail.track();
        let Some(EditedTemplate::Step { id, version, .. }) = self.what.get_untracked() else {
            return;
        };
        let found = self.step(id);
        if self.is_dirty.get_untracked() {
            // The answer to one's own save says itself which version is the newest.
            if self.saving.is_busy().get_untracked() {
                return;
            }
            let conflict = match found {
                Some(step) if step.version > version => self.merge(&step),
                Some(_) => None,
                None => Some(AppError::NotFound(Noun::Template)),
            };
            let is_known = self.saving.error.with_untracked(Option::is_some);
            if conflict.is_some() && !is_known {
                self.saving.error.set(conflict);
            }
            return;
        }
        match found {
            Some(step) if step.version != version => self.put(step),
            Some(_) => {}
            None => self.what.set(None),
        }
    }

    /// Takes over what somebody else has changed of the step, field by field (R102). If both have changed a field, that is a
    /// conflict, and the person decides. What was to be saved is sent again.
    fn merge(self, theirs: &StepTemplate) -> Option<AppError> {
        let (before, mine) = (self.base.get_untracked(), untrack(|| self.fields().draft()));
        let newer = TemplateDraft::from(theirs.clone());
        self.fields()
            .set(Merge::merged(&before, &newer, &mine, MergeSide::Mine));
        if has_conflict(&before, &newer, &mine) {
            return Some(AppError::overtaken(None, None));
        }
        let is_refused =
            |it: &Option<AppError>| it.as_ref().is_some_and(AppError::is_overtaken_save);
        let was_sent = self.saving.error.with_untracked(is_refused);
        self.based_on(theirs);
        if was_sent {
            self.merged.update(|it| *it += 1);
        }
        None
    }

    /// Takes the other's side of each field that both have changed; all else that is typed stays.
    pub fn take_theirs(self, theirs: &StepTemplate) {
        let (before, mine) = (self.base.get_untracked(), untrack(|| self.fields().draft()));
        let newer = TemplateDraft::from(theirs.clone());
        self.fields()
            .set(Merge::merged(&before, &newer, &mine, MergeSide::Theirs));
        self.based_on(theirs);
    }

    /// Opens a saved step in the editor, in place of what is typed.
    pub fn put(self, step: StepTemplate) {
        self.changed_by.set(None);
        self.what.set(Some(EditedTemplate::Step {
            id: step.id,
            version: step.version,
            name: step.name.clone(),
        }));
        let draft = TemplateDraft::from(step);
        self.fields().set(draft.clone());
        self.base.set(draft);
        self.saving.error.set(None);
    }

    /// Takes over a step that was saved from the draft `sent`. What was typed since then stays.
    pub fn saved(self, step: StepTemplate, sent: &TemplateDraft) {
        if untrack(|| self.fields().draft()) == *sent {
            self.put(step);
        } else {
            self.based_on(&step);
        }
    }

    /// Bases the edits on this version of the step; what is typed stays.
    pub fn based_on(self, step: &StepTemplate) {
        self.what.set(Some(EditedTemplate::Step {
            id: step.id,
            version: step.version,
            name: step.name.clone(),
        }));
        self.base.set(TemplateDraft::from(step.clone()));
        self.saving.error.set(None);
    }

    /// Opens the editor for a new step, unless the person keeps unsaved edits.
    pub fn open_new(self, category: Category) {
        if !unsaved_guard::confirm_leave(self.is_dirty.get_untracked()) {
            return;
        }
        let draft = TemplateDraft {
            category: category.to_string(),
            ..TemplateDraft::default()
        };
        self.saving.error.set(None);
        self.fields().set(draft.clone());
        self.base.set(draft);
        self.what.set(Some(EditedTemplate::New));
        focus_soon("#step-name");
    }

    /// Opens a step in the editor, unless the person keeps unsaved edits.
    pub fn open_step(self, id: TemplateId) {
        let is_open = self.open_id() == Some(id);
        if !is_open {
            if !unsaved_guard::confirm_leave(self.is_dirty.get_untracked()) {
                return;
            }
            if let Some(step) = self.step(id) {
                self.put(step);
            }
        }
        focus_soon("#step-name");
    }

    /// Closes the editor, unless the person keeps unsaved edits. The focus returns to the element that opened it.
    pub fn close(self) {
        if !unsaved_guard::confirm_leave(self.is_dirty.get_untracked()) {
            return;
        }
        let from = self.open_id();
        self.shut();
        match from {
            Some(id) => focus_soon(&format!("[data-id='{id}'] .name")),
            None => focus_soon("#add-step"),
        }
    }

    /// Closes the editor without asking.
    pub fn shut(self) {
        self.what.set(None);
        self.saving.error.set(None);
    }

    /// Requests an action. A deletion and every action that changes copies is confirmed first.
    pub fn want(self, verb: TemplateAction, id: TemplateId) {
        let Some(step) = self.step(id) else { return };
        self.sending.error.set(None);
        let ask = TemplateConfirmation {
            verb,
            id,
            name: step.name,
            to: step.category.other(),
        };
        if verb == TemplateAction::Delete || untrack(|| self.members()) > 0 {
            self.asked.set(Some(ask));
        } else {
            self.act(ask);
        }
    }

    /// Sends an action.
    pub fn act(self, ask: TemplateConfirmation) {
        let TemplateConfirmation { verb, id, name, to } = ask;
        match verb {
            TemplateAction::Delete => {
                self.sending
                    .run(self.as_own(delete_template(id)), move |it| {
                        self.report(format!("Deleted {name}"), it.batch_id);
                        if self.open_id() == Some(id) {
                            self.shut();
                        }
                        self.finish();
                        focus_soon("#add-step");
                    });
            }
            TemplateAction::Duplicate => {
                self.sending
                    .run(self.as_own(duplicate_template(id)), move |it| {
                        self.report(format!("Duplicated {name}"), it.batch_id);
                        if !self.is_dirty.get_untracked() {
                            self.put(it.row);
                            focus_soon("#step-name");
                        }
                        self.finish();
                    });
            }
            TemplateAction::Move => {
                self.sending
                    .run(self.as_own(move_template(id, to)), move |it| {
                        let place = to.label();
                        self.report(format!("Moved {name} to {place}"), it.batch_id);
                        if self.open_id() == Some(id) {
                            let typed = untrack(|| self.fields().draft());
                            self.based_on(&it.row);
                            self.fields().set(TemplateDraft {
                                category: to.to_string(),
                                ..typed
                            });
                        }
                        self.finish();
                    });
            }
        }
    }

    fn finish(self) {
        self.asked.set(None);
        self.reload();
    }
}

/// That the server could not be reached is said until the connection is back. What was to be saved is not sent again by itself.
fn forget_when_back(error: RwSignal<Option<AppError>>) {
    let is_lost = |it: &Option<AppError>| matches!(it, Some(AppError::Transport(_)));
    Effect::new(move |_| {
        if error.with(is_lost) {
            when_back(move || {
                // The page may be gone by now, or something else be said.
                if error.try_with_untracked(is_lost) == Some(true) {
                    error.set(None);
                }
            });
        }
    });
}

/// Focuses an element that is about to render.
pub fn focus_soon(selector: &str) {
    let selector = selector.to_owned();
    dom::after(0, move || dom::focus(&selector));
}
