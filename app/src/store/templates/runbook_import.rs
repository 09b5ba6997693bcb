//! Import of template steps into a release (R86): preview of a Markdown runbook, import of a runbook, and import of steps
//! that were read and edited before. All steps are added in one transaction. `domain::template_markdown` parses.
use super::template_edits;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::Changed,
    field_error::FieldError,
    id::ReleaseId,
    order::Position,
    permission::Permission,
    template::TemplateDraft,
    template_markdown::{STEPS_MAX, TemplateImport, preview::RowEdit},
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{Store, engine::compute::compute, error::StoreError, records::release_rows};

impl Store {
    /// Parses a runbook into steps and applies `edits` to them. Nothing is stored. What is wrong with the text is no error
    /// here: it is in `TemplateImport::notes`.
    /// Errors: not found; archived; edits that cannot be made.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn preview_runbook(
        &self,
        release: ReleaseId,
        markdown: String,
        edits: Vec<RowEdit>,
    ) -> Result<TemplateImport, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        let release = release_rows::load(&self.read, release).await?;
        release.may_be_edited()?;
        let read = move || TemplateImport::read(&markdown).edited(&edits);
        Ok(compute(read).await??)
    }

    /// Parses a runbook, applies `edits`, and appends its steps as `import_templates` does. The name and description that
    /// the runbook gives the release are returned, but not written. Errors: not found; archived; edits that cannot be made;
    /// an error in the text.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn import_runbook(
        &self,
        release: ReleaseId,
        markdown: String,
        edits: Vec<RowEdit>,
        stamp: ActorStamp,
    ) -> Result<Changed<TemplateImport>, StoreError> {
        let import = self.preview_runbook(release, markdown, edits).await?;
        let steps = import.importable()?;
        let done = self.import_templates(release, steps, stamp).await?;
        Ok(Changed {
            row: import,
            batch_id: done.batch_id,
        })
    }

    /// Appends template steps to their categories in one change, all of them or none. Returns how many. Errors: no steps or
    /// more than `STEPS_MAX`; wrong fields; archived.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn import_templates(
        &self,
        release: ReleaseId,
        drafts: Vec<TemplateDraft>,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        let permit = self.permit(Permission::Import.on(release)).await?;
        let (max, long) = (STEPS_MAX, drafts.len());
        let problem = match long {
            0 => Some(FieldError::EmptyList),
            _ if long > max => Some(FieldError::TooMany { max, long }),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(ValidationErrors::one(Field::Content, problem).into());
        }
        let all = drafts.into_iter().map(TemplateDraft::parse);
        let all = all.collect::<Result<Vec<_>, ValidationErrors>>()?;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        for fields in all {
            template_edits::add(&mut change, &release, fields, Position::Last).await?;
        }
        change.finish(u32::try_from(long).unwrap_or(u32::MAX)).await
    }
}
