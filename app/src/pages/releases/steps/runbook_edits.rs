//! What a person changes of a runbook before it is imported: the edits of its rows, and what the release takes of the
//! offers. It outlives the dialog, as the text of the runbook does.
use crate::domain::template_markdown::{
    TemplateImport, carried_edits::KeptEdits, preview::RowEdit,
};
use leptos::prelude::*;

/// Handles to the edits of the text in the import dialog.
#[derive(Clone, Copy)]
pub struct RunbookEdits {
    /// Of the rows as they were read last.
    pub rows: RwSignal<Vec<RowEdit>>,
    /// Those of all steps that the text has had.
    kept: StoredValue<KeptEdits>,
    /// The name that the release takes, if the text still offers it.
    pub name: RwSignal<Option<String>>,
    /// The description that the release takes, if the text still offers it.
    pub description: RwSignal<Option<String>>,
}

impl RunbookEdits {
    /// Nothing is edited.
    pub fn none() -> Self {
        Self {
            rows: RwSignal::new(Vec::new()),
            kept: StoredValue::new(KeptEdits::default()),
            name: RwSignal::new(None),
            description: RwSignal::new(None),
        }
    }

    /// The text was read again: the edits stay with their steps.
    pub fn carry_over(self, answer: &TemplateImport) {
        let edits = self.rows.get_untracked();
        let mut carried = Vec::new();
        self.kept
            .update_value(|it| carried = it.carried(&edits, &answer.steps));
        self.rows.set(carried);
    }

    /// Another text takes the place of the one before. A file may have been read after the page was left.
    pub fn forget(self) {
        let _ = self.rows.try_set(Vec::new());
        let _ = self.kept.try_set_value(KeptEdits::default());
        let _ = self.name.try_set(None);
        let _ = self.description.try_set(None);
    }
}
