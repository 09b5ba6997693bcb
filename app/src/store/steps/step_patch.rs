//! Partial update of one step: name, type and text of a custom step, notes of any step.
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    id::StepId,
    permission::Permission,
    rule_violation::RuleViolation,
    step::CustomerStep,
    text::{Content, Name, Notes},
    validation_errors::ErrorCollector,
    vocabulary::{Field, StepType},
};
use crate::store::{Store, error::StoreError};

/// The fields of a step to change. None leaves a field as it is; empty notes remove the notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepPatch {
    pub name: Option<String>,
    pub kind: Option<String>,
    pub content: Option<String>,
    pub notes: Option<String>,
}

impl Store {
    /// Changes the given fields. Errors: not found; wrong fields; name, type or text of a copy; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn patch_step(
        &self,
        id: StepId,
        patch: StepPatch,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let is_note = patch.name.is_none() && patch.kind.is_none() && patch.content.is_none();
        let permission = if is_note {
            Permission::Note
        } else {
            Permission::CustomSteps
        };
        let permit = self.permit(permission.on(id)).await?;
        let mut errors = ErrorCollector::default();
        let name = patch.name.as_deref().map(Name::parse).transpose();
        let name = errors.check(Field::Name, name);
        let kind = patch.kind.as_deref().map(str::parse::<StepType>);
        let kind = errors.check(Field::Type, kind.transpose());
        let content = patch.content.as_deref().map(Content::parse).transpose();
        let content = errors.check(Field::Content, content);
        let notes = patch.notes.as_deref().map(Notes::parse).transpose();
        let notes = errors.check(Field::Notes, notes);
        let fields = (|| Some((name?, kind?, content?, notes?)))();
        let (name, kind, content, notes) = errors.finish(fields)?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, Some(version)).await?;
        let mut after = before.clone();
        if let Some(name) = name {
            after.name = name.into();
        }
        if let Some(kind) = kind {
            after.kind = kind;
        }
        if let Some(content) = content {
            after.content = content.into();
        }
        let is_edited = after != before;
        if is_edited && !before.is_custom {
            return Err(RuleViolation::IsACopy { name: before.name }.into());
        }
        if let Some(notes) = notes {
            after.notes = notes.map(Into::into);
        }
        let action = if is_edited {
            EventAction::Update
        } else {
            EventAction::Notes
        };
        change.finish_step(before, after, action).await
    }
}
