//! Edits of one customer's step that leave its status as it is: notes, an override of its text, and the way back to the
//! template's text (R13).
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    id::StepId,
    permission::Permission,
    rule_violation::RuleViolation,
    step::CustomerStep,
    text::{Content, Notes},
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{Store, error::StoreError, templates::template_rows};

impl Store {
    /// Replaces the notes of a step; empty notes remove them. Errors: not found; too long; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn note_step(
        &self,
        id: StepId,
        notes: String,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::Note.on(id)).await?;
        let notes = Notes::parse(&notes).map_err(|it| ValidationErrors::one(Field::Notes, it))?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, Some(version)).await?;
        let after = CustomerStep {
            notes: notes.map(Into::into),
            ..before.clone()
        };
        change.finish_step(before, after, EventAction::Notes).await
    }

    /// Replaces the text of a copy for this customer alone. `template_version` stays: it says what the text was based
    /// on. Errors: not found; a custom step; wrong text; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn override_step(
        &self,
        id: StepId,
        content: String,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::Override.on(id)).await?;
        let content =
            Content::parse(&content).map_err(|it| ValidationErrors::one(Field::Content, it))?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, Some(version)).await?;
        before.must_have_template("override")?;
        let after = CustomerStep {
            content: content.into(),
            is_overridden: true,
            ..before.clone()
        };
        change
            .finish_step(before, after, EventAction::Override)
            .await
    }

    /// Keeps an override after the template changed: its text stays, and counts as based on the template's current version.
    /// Errors: not found; not overridden; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn keep_override(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::Override.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, version).await?;
        let template = template_rows::load(&change.tx, before.must_have_template("keep")?).await?;
        if !before.is_overridden {
            return Err(RuleViolation::NothingToKeep { name: before.name }.into());
        }
        let after = CustomerStep {
            template_version: Some(template.version),
            ..before.clone()
        };
        change
            .finish_step(before, after, EventAction::Override)
            .await
    }

    /// Resets a copy to its template's name, type and text; its state stays (R13). Errors: not found; a custom step;
    /// stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn reset_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::Override.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, version).await?;
        let template =
            template_rows::load(&change.tx, before.must_have_template("reset to")?).await?;
        let after = CustomerStep {
            name: template.name,
            kind: template.kind,
            content: template.content,
            is_overridden: false,
            template_version: Some(template.version),
            ..before.clone()
        };
        change.finish_step(before, after, EventAction::Reset).await
    }
}
