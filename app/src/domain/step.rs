//! A customer's step (a cell of the matrix) and its transitions (R2).
use super::{
    actor_stamp::ActorStamp,
    field_error::FieldError,
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    rule_violation::RuleViolation,
    text::Reason,
    validation_errors::ValidationErrors,
    vocabulary::{Category, Field, StepAction, StepStatus, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A customer's step as stored. `order_index` counts from 0 within its category. `template_version` is the version of
/// the template that the text is based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerStep {
    pub id: StepId,
    pub release_id: ReleaseId,
    pub customer_id: CustomerId,
    /// The template step that it is a copy of; none for a custom step.
    pub template_id: Option<TemplateId>,
    pub name: String,
    pub category: Category,
    #[serde(rename = "type")]
    pub kind: StepType,
    /// The text with its variables as they are written; resolved only when it is shown or run.
    pub content: String,
    /// Position within the customer's list of the category, from 0 without gaps.
    pub order_index: i32,
    pub status: StepStatus,
    /// When it was last marked done, and by whom; both stay after a revert, and go with a reopen (R2).
    #[serde(with = "crate::domain::time_serde::option")]
    pub executed_at: Option<DateTime<Utc>>,
    pub executed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub started_at: Option<DateTime<Utc>>,
    pub started_by: Option<String>,
    /// When the present state was set, and by whom. A step that was reopened has both; none on a step that was never
    /// acted on.
    #[serde(with = "crate::domain::time_serde::option")]
    pub state_at: Option<DateTime<Utc>>,
    pub state_by: Option<String>,
    pub skip_reason: Option<String>,
    pub fail_reason: Option<String>,
    pub revert_reason: Option<String>,
    pub notes: Option<String>,
    pub is_custom: bool,
    /// Whether the text differs from the template's for this customer alone (R13).
    pub is_overridden: bool,
    /// The version of the template step that the text is based on; none for a custom step.
    pub template_version: Option<i64>,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// Notes that are saved together with a mark (R102).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesEdit {
    pub text: String,
    /// The notes that the person has read; others that somebody has saved since are not replaced.
    pub before: String,
}

/// A requested transition, validated.
#[derive(Clone, Debug)]
pub struct Transition {
    pub action: StepAction,
    /// Required for fail and skip, optional for revert, none otherwise.
    pub reason: Option<Reason>,
    /// Whether a start takes over what somebody else has in progress (R33).
    pub takes_over: bool,
}

impl Transition {
    /// Fail and skip require a reason, revert accepts one, the others ignore it.
    pub fn parse(action: StepAction, reason: Option<&str>) -> Result<Self, ValidationErrors> {
        let wrong = |problem| ValidationErrors::one(Field::Reason, problem);
        let reason = match reason {
            Some(text) if action.accepts_reason() => Reason::parse(text).map_err(wrong)?,
            _ => None,
        };
        if action.needs_reason() && reason.is_none() {
            return Err(wrong(FieldError::Missing));
        }
        Ok(Self {
            action,
            reason,
            takes_over: false,
        })
    }

    /// The transition that also takes over, if it is a start.
    pub fn taking_over(mut self, takes_over: bool) -> Self {
        self.takes_over = takes_over && self.action == StepAction::Start;
        self
    }
}

impl CustomerStep {
    /// Whether the text is not the template's, so that an operator may have written it.
    pub fn has_own_text(&self) -> bool {
        self.is_overridden || self.is_custom
    }

    /// A new pending custom step, not stored yet: without text and without a position in its list.
    pub fn blank(release_id: ReleaseId, customer_id: CustomerId, at: DateTime<Utc>) -> Self {
        Self {
            id: StepId(0),
            release_id,
            customer_id,
            template_id: None,
            name: String::new(),
            category: Category::Deploy,
            kind: StepType::Text,
            content: String::new(),
            order_index: i32::MAX,
            status: StepStatus::Pending,
            executed_at: None,
            executed_by: None,
            started_at: None,
            started_by: None,
            state_at: None,
            state_by: None,
            skip_reason: None,
            fail_reason: None,
            revert_reason: None,
            notes: None,
            is_custom: true,
            is_overridden: false,
            template_version: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    /// The step after the transition; none if it is in that state already, and is not taken over. Errors: a transition that R2 does not
    /// allow.
    pub fn transition(
        &self,
        transition: &Transition,
        stamp: &ActorStamp,
    ) -> Result<Option<Self>, RuleViolation> {
        let Transition {
            action,
            reason,
            takes_over,
        } = transition;
        let target = action.target();
        let is_another_s = self.started_by.as_ref() != Some(&stamp.by);
        let is_taken_over = *takes_over && self.status == StepStatus::InProgress && is_another_s;
        if self.status == target && !is_taken_over {
            return Ok(None);
        }
        if !is_taken_over && !action.allows(self.status) {
            return Err(RuleViolation::Transition {
                action: *action,
                status: self.status,
            });
        }
        let reason = reason.as_ref().map(|it| it.as_str().to_owned());
        let mut step = self.clone();
        step.status = target;
        step.state_at = Some(stamp.at);
        step.state_by = Some(stamp.by.clone());
        // A reason explains the current state; earlier reasons are in the audit trail.
        (step.skip_reason, step.fail_reason, step.revert_reason) = (None, None, None);
        match action {
            StepAction::Start => {
                (step.started_at, step.started_by) = (Some(stamp.at), Some(stamp.by.clone()));
                (step.executed_at, step.executed_by) = (None, None);
            }
            StepAction::Done => {
                (step.executed_at, step.executed_by) = (Some(stamp.at), Some(stamp.by.clone()));
            }
            StepAction::Fail => step.fail_reason = reason,
            StepAction::Skip => {
                step.skip_reason = reason;
                (step.executed_at, step.executed_by) = (None, None);
            }
            StepAction::Revert => step.revert_reason = reason,
            StepAction::Reopen => {
                (step.started_at, step.started_by) = (None, None);
                (step.executed_at, step.executed_by) = (None, None);
            }
        }
        Ok(Some(step))
    }

    /// Whether somebody else has changed the notes since the person read `before`, in another way.
    pub fn has_other_notes(&self, before: &str, after: Option<&str>) -> bool {
        let now = self.notes.as_deref().unwrap_or_default();
        now != before.trim() && now != after.unwrap_or_default()
    }

    /// The reason of the current state, if one was given.
    pub fn reason(&self) -> Option<&str> {
        self.fail_reason
            .as_deref()
            .or(self.skip_reason.as_deref())
            .or(self.revert_reason.as_deref())
    }

    /// Refuses a copy of a template step. `verb` completes "only a custom step can be …".
    pub fn must_be_custom(&self, verb: &str) -> Result<(), RuleViolation> {
        if self.is_custom {
            return Ok(());
        }
        Err(RuleViolation::NotCustom {
            name: self.name.clone(),
            verb: verb.to_owned(),
        })
    }

    /// The template of a copy; refuses a custom step. `verb` completes "has no template to …".
    pub fn must_have_template(&self, verb: &str) -> Result<TemplateId, RuleViolation> {
        self.template_id.ok_or_else(|| RuleViolation::NoTemplate {
            name: self.name.clone(),
            verb: verb.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_somebody_else_wrote_since_are_other_notes_unless_they_are_the_same() {
        let step = step(StepStatus::Pending);
        assert!(!step.has_other_notes(" keep me\n", Some("mine")));
        assert!(step.has_other_notes("", Some("mine")) && step.has_other_notes("", None));
        assert!(!step.has_other_notes("", Some("keep me")));
    }

    pub(crate) fn step(status: StepStatus) -> CustomerStep {
        CustomerStep {
            id: StepId(1),
            release_id: ReleaseId(1),
            customer_id: CustomerId(1),
            template_id: Some(TemplateId(1)),
            name: "Migrate schema".into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            content: "true".into(),
            order_index: 0,
            status,
            executed_at: None,
            executed_by: None,
            started_at: None,
            started_by: None,
            state_at: None,
            state_by: None,
            skip_reason: None,
            fail_reason: None,
            revert_reason: None,
            notes: Some("keep me".into()),
            is_custom: false,
            is_overridden: false,
            template_version: Some(1),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn ana() -> ActorStamp {
        ActorStamp::new("Ana", DateTime::UNIX_EPOCH).unwrap()
    }

    fn act(
        step: &CustomerStep,
        action: StepAction,
        reason: Option<&str>,
    ) -> Result<Option<CustomerStep>, RuleViolation> {
        step.transition(&Transition::parse(action, reason).unwrap(), &ana())
    }

    #[test]
    fn the_table_of_transitions_is_that_of_r2() {
        use {StepAction as A, StepStatus as S};
        let allowed = [
            (A::Start, vec![S::Pending, S::Failed, S::Reverted]),
            (
                A::Done,
                vec![S::Pending, S::InProgress, S::Failed, S::Reverted],
            ),
            (A::Fail, vec![S::Pending, S::InProgress]),
            (
                A::Skip,
                vec![S::Pending, S::InProgress, S::Failed, S::Reverted],
            ),
            (A::Revert, vec![S::Done, S::Failed]),
            (
                A::Reopen,
                vec![S::InProgress, S::Done, S::Failed, S::Skipped, S::Reverted],
            ),
        ];
        for (action, from) in allowed {
            for status in S::ALL {
                let result = act(&step(*status), action, Some("because"));
                if *status == action.target() {
                    assert_eq!(result, Ok(None), "{action} {status}");
                } else {
                    assert_eq!(result.is_ok(), from.contains(status), "{action} {status}");
                }
            }
        }
    }

    #[test]
    fn a_start_that_takes_over_changes_who_has_it_in_progress_and_nothing_else() {
        let later = DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1);
        let jonas = ActorStamp::new("Jonas", later).unwrap();
        let start = |takes_over| {
            let start = Transition::parse(StepAction::Start, None).unwrap();
            start.taking_over(takes_over)
        };
        let of_ana = act(&step(StepStatus::Pending), StepAction::Start, None);
        let of_ana = of_ana.unwrap().unwrap();
        let plain = of_ana.transition(&start(false), &jonas);
        assert_eq!(plain, Ok(None));
        let taken = of_ana.transition(&start(true), &jonas).unwrap().unwrap();
        let expected = CustomerStep {
            started_at: Some(later),
            started_by: Some("Jonas".into()),
            state_at: Some(later),
            state_by: Some("Jonas".into()),
            ..of_ana.clone()
        };
        assert_eq!(taken, expected);
        // Nobody takes over from oneself, nor what is not in progress.
        assert_eq!(taken.transition(&start(true), &jonas), Ok(None));
        let done = step(StepStatus::Done).transition(&start(true), &jonas);
        assert!(done.is_err());
        let fail = Transition::parse(StepAction::Fail, Some("x")).unwrap();
        assert!(!fail.taking_over(true).takes_over);
    }

    #[test]
    fn a_done_step_cannot_be_skipped() {
        let refused = act(&step(StepStatus::Done), StepAction::Skip, Some("x")).unwrap_err();
        assert_eq!(refused.to_string(), "a done step cannot be skipped");
    }

    #[test]
    fn failing_and_skipping_want_a_reason_and_reverting_may_have_one() {
        assert!(Transition::parse(StepAction::Fail, None).is_err());
        assert!(Transition::parse(StepAction::Skip, Some("  ")).is_err());
        assert!(Transition::parse(StepAction::Revert, None).is_ok());
    }

    #[test]
    fn done_says_who_and_when_and_revert_keeps_it() {
        let done = act(&step(StepStatus::Pending), StepAction::Done, None)
            .unwrap()
            .unwrap();
        assert_eq!(
            (done.executed_by.as_deref(), done.state_by.as_deref()),
            (Some("Ana"), Some("Ana"))
        );
        let reverted = act(&done, StepAction::Revert, Some("rollback"))
            .unwrap()
            .unwrap();
        assert_eq!(reverted.executed_by.as_deref(), Some("Ana"));
        assert_eq!(reverted.revert_reason.as_deref(), Some("rollback"));
    }

    #[test]
    fn a_reason_never_overwrites_the_notes_and_reopening_keeps_them() {
        let failed = act(
            &step(StepStatus::Pending),
            StepAction::Fail,
            Some("timeout"),
        )
        .unwrap()
        .unwrap();
        assert_eq!(
            (failed.reason(), failed.notes.as_deref()),
            (Some("timeout"), Some("keep me"))
        );
        let open = act(&failed, StepAction::Reopen, None).unwrap().unwrap();
        let expected = CustomerStep {
            state_by: Some("Ana".into()),
            state_at: Some(DateTime::UNIX_EPOCH),
            ..step(StepStatus::Pending)
        };
        assert_eq!(open, expected);
    }

    #[test]
    fn reopening_says_who_reopened_and_clears_who_executed() {
        let done = act(&step(StepStatus::Pending), StepAction::Done, None);
        let done = done.unwrap().unwrap();
        let later = ActorStamp::new("Jonas", DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(1));
        let reopen = Transition::parse(StepAction::Reopen, None).unwrap();
        let open = done.transition(&reopen, &later.clone().unwrap()).unwrap();
        let open = open.unwrap();
        assert_eq!(open.state_by.as_deref(), Some("Jonas"));
        assert_eq!(open.state_at, Some(later.unwrap().at));
        assert_eq!((open.executed_by, open.executed_at), (None, None));
        assert_eq!((open.started_by, open.started_at), (None, None));
    }
}
