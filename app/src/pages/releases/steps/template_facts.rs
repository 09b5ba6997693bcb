//! What the template editor reads from the server about its step: the variables that can be used, the last change, the
//! number of copies that an edit reaches, and a newer version if somebody else has saved one.
use super::template_editor::{EditedTemplate, TemplateEditor};
use crate::{
    api::templates::list_variables, api::templates::preview_template,
    api::templates::read_template, domain::id::TemplateId, domain::summary::TemplateDetail,
    domain::template::TemplateImpact, domain::vocabulary::Category, error::AppError,
};
use leptos::prelude::*;

/// Handles to what was read; each is empty until its answer arrives.
#[derive(Clone, Copy)]
pub struct TemplateFacts {
    /// The step in the editor with its version; none for a new one.
    pub step: Memo<Option<(TemplateId, i64)>>,
    /// Names of the variables that can be used.
    pub known: RwSignal<Vec<String>>,
    /// The step with its last change.
    pub detail: RwSignal<Option<TemplateDetail>>,
    /// How many copies saving changes.
    pub impact: RwSignal<Option<TemplateImpact>>,
    /// The step as somebody else has saved it meanwhile.
    pub newer: RwSignal<Option<TemplateDetail>>,
}

impl TemplateFacts {
    /// Starts to read, and reads again whenever the step in the editor changes.
    pub fn new(editor: TemplateEditor) -> Self {
        let step = Memo::new(move |_| {
            editor.what.with(|it| match it {
                Some(EditedTemplate::Step { id, version, .. }) => Some((*id, *version)),
                _ => None,
            })
        });
        let this = Self {
            step,
            known: RwSignal::new(Vec::new()),
            detail: RwSignal::new(None),
            impact: RwSignal::new(None),
            newer: RwSignal::new(None),
        };
        Effect::new(move |_| {
            leptos::task::spawn_local(async move {
                if let Ok(names) = list_variables(editor.release).await {
                    let _ = this.known.try_set(names);
                }
            });
        });
        Effect::new(move |_| this.read_step(step.get(), editor.members() > 0));
        Effect::new(move |_| {
            let is_stale = editor
                .saving
                .error
                .with(|it| matches!(it, Some(AppError::Stale(_))));
            this.read_newer(editor, is_stale);
        });
        this
    }

    /// Reads the last change and, with `counts_copies`, how many copies an edit reaches.
    fn read_step(self, now: Option<(TemplateId, i64)>, counts_copies: bool) {
        self.detail.set(None);
        self.impact.set(None);
        let Some((id, _)) = now else { return };
        leptos::task::spawn_local(async move {
            let detail = read_template(id).await.ok();
            let impact = if counts_copies {
                preview_template(id).await.ok()
            } else {
                None
            };
            // Another step or version may be in the editor by now.
            if self.step.try_get_untracked() == Some(now) {
                self.detail.set(detail);
                self.impact.set(impact);
            }
        });
    }

    /// Reads the step as it is now, after saving has failed because somebody else saved first.
    fn read_newer(self, editor: TemplateEditor, is_stale: bool) {
        self.newer.set(None);
        let Some((id, _)) = self.step.get_untracked().filter(|_| is_stale) else {
            return;
        };
        leptos::task::spawn_local(async move {
            match read_template(id).await {
                Ok(read) => drop(self.newer.try_set(Some(read))),
                // A refusal that nothing explains would not be seen.
                Err(error) => {
                    let shown = editor.saving.error;
                    let is_stale = |it: &Option<AppError>| matches!(it, Some(AppError::Stale(_)));
                    if shown.try_with_untracked(is_stale) == Some(true) {
                        shown.set(Some(error));
                    }
                }
            }
        });
    }

    /// Whether somebody else has deleted the step in the editor.
    pub fn is_deleted(self, editor: TemplateEditor) -> bool {
        self.step.get().is_some()
            && editor
                .saving
                .error
                .with(|it| matches!(it, Some(AppError::NotFound(_))))
    }

    /// The label of the category that saving moves the step to; none if it stays in its category.
    pub fn moves_to(self, editor: TemplateEditor) -> Option<&'static str> {
        let (id, _) = self.step.get()?;
        let wanted: Category = editor.fields().category.with(|it| it.parse()).ok()?;
        let present = editor.detail.with(|it| {
            let step = it.templates.iter().find(|it| it.id == id);
            step.map(|it| it.category)
        })?;
        (wanted != present).then(|| wanted.label())
    }
}
