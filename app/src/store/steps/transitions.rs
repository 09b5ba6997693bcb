//! Changes of one step of one customer: transitions of its status, notes, override and reset of its text, position; and a new
//! order of the customer's list. Transitions of many steps are in `bulk_transition`.
use super::{
    step_rows,
    text_changes::{Starts, StepText},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    history_chain::is_sha256,
    id::{BatchId, CustomerId, ReleaseId, StepId},
    order::{self, Position},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    step::{CustomerStep, Transition},
    text::{Content, Notes},
    text_change::TextChange,
    validation_errors::ValidationErrors,
    vocabulary::{Category, Field, StepAction},
};
use crate::store::{
    Store,
    audit::events::TextProof,
    change::{Change, VersionedRow},
    error::StoreError,
    records::release_rows,
    templates::{copy_order, template_rows},
};
use serde_json::json;

/// Options of a transition.
#[derive(Clone, Debug, Default)]
pub struct TransitionOptions {
    pub reason: Option<String>,
    /// These replace the step's notes; ignored by all actions but `done`.
    pub notes: Option<String>,
    /// Whether `done` is allowed although a variable of the text has no value (R18).
    pub allow_unresolved: bool,
    /// The version that the caller has seen; none skips the check (R3).
    pub version: Option<i64>,
    /// The SHA-256 of the text that the caller was shown; ignored by all actions but `start` and `done`. None: no text was
    /// shown (R81).
    pub text_sha256: Option<String>,
    /// Whether a start takes over what somebody else has in progress (R33); ignored by all other actions.
    pub take_over: bool,
}

impl TransitionOptions {
    /// `text_sha256` if the action uses it, else none. Errors: not a SHA-256.
    pub fn shown(&self, action: StepAction) -> Result<Option<&str>, ValidationErrors> {
        let shown = self.text_sha256.as_deref();
        let shown = shown.filter(|_| matches!(action, StepAction::Start | StepAction::Done));
        if shown.is_some_and(|it| !is_sha256(it)) {
            return Err(ValidationErrors::one(
                Field::TextSha256,
                FieldError::NotASha256,
            ));
        }
        Ok(shown)
    }
}

/// The result of a transition.
#[derive(Clone, Debug)]
pub struct TransitionResult {
    pub row: CustomerStep,
    /// None if nothing changed.
    pub batch_id: Option<BatchId>,
    /// What changed in the text between the last start and this `done`; empty for other actions (R81).
    pub changes: Vec<TextChange>,
}

impl From<TransitionResult> for Changed<CustomerStep> {
    fn from(it: TransitionResult) -> Self {
        Self {
            row: it.row,
            batch_id: it.batch_id,
        }
    }
}

impl Store {
    /// Makes one transition (R2). If the step is in the target state already, nothing changes, unless it is taken over. Errors: not found; a
    /// transition that is not allowed; a missing reason; unresolved variables; stale (R3); a text that is another than
    /// the one that was shown (R81); a release that is not active.
    pub async fn act_on_step(
        &self,
        id: StepId,
        action: StepAction,
        options: TransitionOptions,
        stamp: ActorStamp,
    ) -> Result<TransitionResult, StoreError> {
        let permit = self.permit(Permission::ActOnSteps.on(id)).await?;
        let transition = Transition::parse(action, options.reason.as_deref())?;
        let transition = transition.taking_over(options.take_over);
        let notes = options
            .notes
            .as_deref()
            .filter(|_| action == StepAction::Done)
            .map(Notes::parse)
            .transpose();
        let notes = notes.map_err(|it| ValidationErrors::one(Field::Notes, it))?;
        let shown = options.shown(action)?;
        let mut change = self.change(permit, stamp).await?;
        let (before, release) = change.load_step(id, options.version).await?;
        let Some(mut after) = before.transition(&transition, &change.stamp)? else {
            return Ok(TransitionResult {
                row: before,
                batch_id: None,
                changes: Vec::new(),
            });
        };
        let mut proof = TextProof::default();
        if matches!(action, StepAction::Start | StepAction::Done) {
            let text = StepText::load(&change.tx, &before, &release).await?;
            if let Some(shown) = shown.filter(|it| *it != text.sha256) {
                let now = text.changed_since(&change.tx, &before, shown).await?;
                return Err(StoreError::TextChanged(Box::new(now)));
            }
            proof = if action == StepAction::Start {
                text.started()
            } else {
                text.resolved.must_be_complete(options.allow_unresolved)?;
                let starts = Starts::load(&change.tx, action, [&before].into_iter()).await?;
                let changes = starts
                    .changes(&change.tx, &before, text.scope(), Some(&text.sha256))
                    .await?;
                text.done(shown.is_some(), changes)
            };
        }
        if let Some(notes) = notes {
            after.notes = notes.map(Into::into);
        }
        let changes = proof.changes.clone();
        let action = step_rows::event_action(action);
        let row = change.save_step(&before, after, action, proof).await?;
        let Changed { row, batch_id } = change.finish(row).await?;
        Ok(TransitionResult {
            row,
            batch_id,
            changes,
        })
    }

    /// Replaces the notes of a step; empty notes remove them. Errors: not found; too long; stale (R3).
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

    /// Moves a step within its category of the customer's list. Errors: not found; a position beside a step of another list or
    /// beside itself; stale (R3).
    pub async fn move_step(
        &self,
        id: StepId,
        position: Position<StepId>,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::CustomerOrder.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (step, release) = change.load_step(id, version).await?;
        if matches!(position, Position::Before(it) | Position::After(it) if it == id) {
            return Err(RuleViolation::BesideItself { name: step.name }.into());
        }
        let list =
            copy_order::list(&change.tx, release.id, step.customer_id.0, step.category).await?;
        step_rows::check_neighbour(&change, position, &list).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let after =
            order::insert_at(&before, id, position).ok_or(RuleViolation::OtherList { id: id.0 })?;
        let order = ListReorder {
            before,
            after,
            category: step.category,
            customer: step.customer_id,
        };
        order.write(&mut change, &release).await?;
        let row = step_rows::load(&change.tx, id).await?;
        change.finish(row).await
    }

    /// Reorders one customer's list. While it differs from the template's order it does not follow it (R11). Errors: not
    /// found; not a permutation of the list; a release that is not active.
    pub async fn reorder_steps(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        category: Category,
        ordered: Vec<StepId>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        self.reorder_steps_of(release, None, customer, category, ordered, stamp)
            .await
    }

    /// `reorder_steps`, checked against the version of the release if one is given. Errors: also stale (R3).
    pub async fn reorder_steps_of(
        &self,
        release: ReleaseId,
        version: Option<i64>,
        customer: CustomerId,
        category: Category,
        ordered: Vec<StepId>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let permit = self
            .permit(Permission::CustomerOrder.on((release, customer)))
            .await?;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        change
            .must_be_fresh(
                Entity::Release,
                release.id.0,
                &release,
                release.version,
                version,
            )
            .await?;
        release.may_be_worked_on()?;
        let list = copy_order::list(&change.tx, release.id, customer.0, category).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        order::permutation(&before, &ordered)
            .map_err(|it| ValidationErrors::one(Field::OrderedIds, it))?;
        ListReorder {
            before,
            after: ordered,
            category,
            customer,
        }
        .write(&mut change, &release)
        .await?;
        change.finish(()).await
    }
}

/// A new order of one customer's list in a category.
pub struct ListReorder {
    pub before: Vec<StepId>,
    pub after: Vec<StepId>,
    pub category: Category,
    pub customer: CustomerId,
}

impl ListReorder {
    async fn write(self, change: &mut Change, release: &Release) -> Result<(), StoreError> {
        if self.before == self.after {
            return Ok(());
        }
        copy_order::write_list(&change.tx, &self.after).await?;
        change.record(
            release
                .event(EventAction::Reorder)
                .customer(self.customer)
                .before(&json!({ "category": self.category, "orderedIds": self.before }))
                .after(&json!({ "category": self.category, "orderedIds": self.after })),
        );
        Ok(())
    }
}
