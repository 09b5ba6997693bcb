//! What the parts of the page share: the steps as they are, the one in the editor with what is typed, and what is asked
//! before something is done. It outlives every drawing anew, and so does what was typed.
use crate::{
    api::{
        releases::read_release,
        templates::{delete_template, duplicate_template, move_template},
    },
    browser::{dom, drag, unsaved_guard},
    components::{step_form::StepFormFields, ui::toast::Toasts},
    domain::{
        id::{ReleaseId, TemplateId},
        summary::ReleaseDetail,
        template::{StepTemplate, TemplateDraft},
        vocabulary::{Category, ReleaseStatus},
    },
    pages::SerialRequest,
};
use leptos::prelude::*;

/// The step in the editor: a new one, or one of the template as of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditedTemplate {
    New,
    Step {
        id: TemplateId,
        version: i64,
        name: String,
    },
}

impl EditedTemplate {
    pub fn id(&self) -> Option<TemplateId> {
        match self {
            Self::New => None,
            Self::Step { id, .. } => Some(*id),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateAction {
    Delete,
    Duplicate,
    Move,
}

/// What somebody is about to do to a step, and is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateConfirmation {
    pub verb: TemplateAction,
    pub id: TemplateId,
    pub name: String,
    /// Where a move leads.
    pub to: Category,
}

#[derive(Clone, Copy)]
pub struct TemplateEditor {
    pub release: ReleaseId,
    pub detail: RwSignal<ReleaseDetail>,
    /// What is done to the lists.
    pub sending: SerialRequest,
    /// What is done in the editor.
    pub saving: SerialRequest,
    pub what: RwSignal<Option<EditedTemplate>>,
    /// By itself it would make the desk too large to be handed around.
    fields: StoredValue<StepFormFields>,
    /// The fields as they were opened or saved.
    base: RwSignal<TemplateDraft>,
    pub is_dirty: Memo<bool>,
    pub asked: RwSignal<Option<TemplateConfirmation>>,
    pub importing: RwSignal<bool>,
    pub runbook: RwSignal<String>,
    pub toasts: Toasts,
}

impl TemplateEditor {
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
            detail: RwSignal::new(detail),
            sending: SerialRequest::new(),
            saving: SerialRequest::new(),
            what,
            fields: StoredValue::new(fields),
            base,
            is_dirty,
            asked: RwSignal::new(None),
            importing: RwSignal::new(false),
            runbook: RwSignal::new(String::new()),
            toasts: Toasts::here(),
        };
        unsaved_guard::guard(Signal::derive(move || {
            is_dirty.get() || this.runbook.with(|it| !it.trim().is_empty())
        }));
        Effect::new(move |_| this.catch_up());
        this.toasts.renewed_by(Callback::new(move |()| {
            this.reload();
            // The button that undid is gone.
            dom::after(0, || {
                if dom::nobody_has_keyboard() {
                    dom::focus("#add-step");
                }
            });
        }));
        // Whatever was refused is shown as it is now.
        Effect::new(move |_| {
            if this.sending.error.with(Option::is_some) {
                drag::forget();
                this.reload();
            }
        });
        Effect::new(move |_| {
            if this.saving.error.with(Option::is_some) {
                this.reload();
            }
        });
        this
    }

    pub fn fields(self) -> StepFormFields {
        self.fields.get_value()
    }

    pub fn status(self) -> ReleaseStatus {
        self.detail.with(|it| it.release.status)
    }

    pub fn can_edit(self) -> bool {
        self.status() != ReleaseStatus::Archived
    }

    /// How many customers have copies.
    pub fn members(self) -> u32 {
        self.detail.with(|it| {
            let is_active = it.release.status == ReleaseStatus::Active;
            if is_active { it.customers } else { 0 }
        })
    }

    /// Asks for the steps as they are now.
    pub fn reload(self) {
        leptos::task::spawn_local(async move {
            if let Ok(detail) = read_release(self.release).await {
                let _ = self.detail.try_set(detail);
            }
        });
    }

    pub fn step(self, id: TemplateId) -> Option<StepTemplate> {
        self.detail.with_untracked(|it| {
            let step = it.templates.iter().find(|it| it.id == id);
            step.cloned()
        })
    }

    pub fn open_id(self) -> Option<TemplateId> {
        self.what.with_untracked(|it| it.as_ref()?.id())
    }

    /// What somebody else has done to the step in the editor is shown, unless something was typed: then saving says so.
    fn catch_up(self) {
        self.detail.track();
        let Some(EditedTemplate::Step { id, version, .. }) = self.what.get_untracked() else {
            return;
        };
        if self.is_dirty.get_untracked() {
            return;
        }
        match self.step(id) {
            Some(step) if step.version != version => self.put(step),
            Some(_) => {}
            None => self.what.set(None),
        }
    }

    /// Puts a step into the editor.
    pub fn put(self, step: StepTemplate) {
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

    /// A step was saved as it was `sent`. What was typed since then stays.
    pub fn saved(self, step: StepTemplate, sent: &TemplateDraft) {
        if untrack(|| self.fields().draft()) == *sent {
            self.put(step);
        } else {
            self.based_on(&step);
        }
    }

    /// From now on what is typed is based on this; it stays as it is typed.
    pub fn based_on(self, step: &StepTemplate) {
        self.what.set(Some(EditedTemplate::Step {
            id: step.id,
            version: step.version,
            name: step.name.clone(),
        }));
        self.base.set(TemplateDraft::from(step.clone()));
        self.saving.error.set(None);
    }

    pub fn open_new(self, category: Category) {
        if !unsaved_guard::may_go(self.is_dirty.get_untracked()) {
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

    pub fn open_step(self, id: TemplateId) {
        let is_open = self.open_id() == Some(id);
        if !is_open {
            if !unsaved_guard::may_go(self.is_dirty.get_untracked()) {
                return;
            }
            if let Some(step) = self.step(id) {
                self.put(step);
            }
        }
        focus_soon("#step-name");
    }

    /// Closes the editor; the keyboard goes back to where it was opened.
    pub fn close(self) {
        if !unsaved_guard::may_go(self.is_dirty.get_untracked()) {
            return;
        }
        let from = self.open_id();
        self.shut();
        match from {
            Some(id) => focus_soon(&format!("[data-id='{id}'] .name")),
            None => focus_soon("#add-step"),
        }
    }

    pub fn shut(self) {
        self.what.set(None);
        self.saving.error.set(None);
    }

    /// Asks first where copies are touched; a deletion always.
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

    pub fn act(self, ask: TemplateConfirmation) {
        let TemplateConfirmation { verb, id, name, to } = ask;
        match verb {
            TemplateAction::Delete => self.sending.run(delete_template(id), move |it| {
                self.toasts.say(format!("Deleted {name}"), it.batch_id);
                if self.open_id() == Some(id) {
                    self.shut();
                }
                self.done();
                focus_soon("#add-step");
            }),
            TemplateAction::Duplicate => self.sending.run(duplicate_template(id), move |it| {
                self.toasts.say(format!("Duplicated {name}"), it.batch_id);
                if !self.is_dirty.get_untracked() {
                    self.put(it.row);
                    focus_soon("#step-name");
                }
                self.done();
            }),
            TemplateAction::Move => self.sending.run(move_template(id, to), move |it| {
                let place = to.label();
                self.toasts
                    .say(format!("Moved {name} to {place}"), it.batch_id);
                if self.open_id() == Some(id) {
                    let typed = untrack(|| self.fields().draft());
                    self.based_on(&it.row);
                    self.fields().set(TemplateDraft {
                        category: to.to_string(),
                        ..typed
                    });
                }
                self.done();
            }),
        }
    }

    fn done(self) {
        self.asked.set(None);
        self.reload();
    }
}

/// Gives the keyboard to something that is drawn in a moment.
pub fn focus_soon(selector: &str) {
    let selector = selector.to_owned();
    dom::after(0, move || dom::focus(&selector));
}
