//! One transition of one step: start, done, fail, skip, revert, reopen (R2). The text that `start` and `done` run is resolved
//! here and kept in the event (R81). Transitions of many steps are in `bulk_transition`.
use super::{
    step_rows,
    text_changes::{Starts, StepText},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::Changed,
    field_error::FieldError,
    history_chain::is_sha256,
    id::{BatchId, StepId},
    permission::Permission,
    rule_violation::RuleViolation,
    step::{CustomerStep, Transition},
    text::Notes,
    text_change::TextChange,
    validation_errors::ValidationErrors,
    vocabulary::{Field, StepAction},
};
use crate::store::{
    Store,
    access::past_clusters::past_clusters,
    audit::{events::TextProof, last_change::last_change_of_step, seen_history::SeenHistory},
    change::stale,
    error::StoreError,
};

/// Options of a transition.
#[derive(Clone, Debug, Default)]
pub struct TransitionOptions {
    pub reason: Option<String>,
    /// These replace the step's notes; ignored by all actions but `done`.
    pub notes: Option<String>,
    /// The notes that the caller has read; others that somebody has saved since are not replaced (R102). None replaces any.
    pub notes_before: Option<String>,
    /// Whether `done` is allowed although a variable of the text has no value (R18).
    pub allow_unresolved: bool,
    /// The version that the caller has seen; none skips the check (R3).
    pub version: Option<i64>,
    /// The SHA-256 of the text that the caller was shown; ignored by all actions but `start` and `done`. None: no text was
    /// shown (R81).
    pub text_sha256: Option<String>,
    /// Whether a start takes over what somebody else has in progress (R33); ignored by all other actions.
    pub take_over: bool,
    /// What the page had been told when the mark was made, if it waited for the connection: what others did to the step since then
    /// is not overwritten (R32).
    pub seen: Option<SeenHistory>,
}

impl TransitionOptions {
    /// `text_sha256` if the action uses it, else none. Errors: not a SHA-256.
    pub fn shown(&self, action: StepAction) -> Result<Option<&str>, ValidationErrors> {
        let shown = self.text_sha256.as_deref();
        let shown = shown.filter(|_| action.proves_text());
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
    /// the one that was shown (R81); notes that somebody else has changed (R102); a step that others have marked since `seen` (R32); a
    /// release that is not active.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
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
        let after = before.transition(&transition, &change.stamp);
        // What somebody else did meanwhile may be why the rules refuse: who it was says more than the rule.
        if let Some(seen) = &options.seen
            && !matches!(after, Ok(None))
        {
            let mut overtaken = seen.overtaken(&change.tx, [id.0]).await?;
            if let Some(by) = overtaken.remove(&id.0) {
                return Err(RuleViolation::Overtaken { by }.into());
            }
        }
        let Some(mut after) = after? else {
            return Ok(TransitionResult {
                row: before,
                batch_id: None,
                changes: Vec::new(),
            });
        };
        let mut proof = TextProof::default();
        if action.proves_text() {
            let text = StepText::load(&change.tx, &before, &release).await?;
            if let Some(shown) = shown.filter(|it| *it != text.sha256) {
                let now = text
                    .changed_since(&change.tx, self.visible(), &before, shown)
                    .await?;
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
            let notes: Option<String> = notes.map(Into::into);
            let seen = options.notes_before.as_deref();
            if seen.is_some_and(|it| before.has_other_notes(it, notes.as_deref())) {
                let last = last_change_of_step(&change.tx, &before).await?;
                return Err(stale(&before, last));
            }
            after.notes = notes;
        }
        let mut changes = proof.changes.clone();
        if !changes.is_empty() {
            let customer = before.customer_id;
            let past = past_clusters(&change.tx, self.visible(), &[customer]).await?;
            past.hide(customer, &mut changes);
        }
        let action = step_rows::event_action(action);
        let row = change.save_step(&before, after, action, proof).await?;
        let Changed { row, batch_id } = change.finish(row).await?;
        Ok(TransitionResult {
            row,
            batch_id,
            changes,
        })
    }
}
