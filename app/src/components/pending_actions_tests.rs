//! Tests of `pending_actions`.
use super::{
    pending_actions::{ActionRequest, FailedAction, PendingActions},
    shown_texts::{ShownText, ShownTexts},
};
use crate::{
    domain::{
        id::StepId,
        matrix::tests::cell,
        rule_violation::RuleViolation,
        vocabulary::{Noun, StepAction, StepStatus},
    },
    error::{AppError, ViolationMessage},
};
use leptos::prelude::Owner;
use std::sync::Arc;

const STEP: StepId = StepId(7);

fn begin(actions: &mut PendingActions, action: StepAction, now: StepStatus) -> u32 {
    actions.begin(STEP, ActionRequest::new(action), Some(cell(7, now)))
}

fn unreachable(action: StepAction) -> FailedAction {
    FailedAction {
        step: STEP,
        request: ActionRequest::new(action),
        error: AppError::Transport(String::new()),
    }
}

#[test]
fn what_was_copied_counts_as_shown_and_another_text_on_screen_is_asked_about() {
    let owner = Owner::new();
    owner.set();
    let (all, step) = (ShownTexts::default(), StepId(7));
    let text = |it: &str| {
        Some(Arc::new(ShownText {
            sha256: it.to_owned(),
            text: it.to_owned(),
        }))
    };
    let sent = || {
        let mut request = ActionRequest::new(StepAction::Done);
        let is_sure = request.add_shown_text(step, all);
        (is_sure, request.text.map(|it| it.sha256.clone()))
    };
    assert_eq!(sent(), (true, None));
    all.show(step, text("old"), false);
    assert_eq!(sent(), (true, Some("old".into())));
    // The names of variables are no text that could be run.
    all.show(step, None, false);
    assert_eq!(sent(), (true, None));
    all.show(step, text("old"), true);
    assert_eq!(sent(), (true, Some("old".into())));
    all.show(step, text("new"), false);
    assert_eq!(sent(), (false, Some("old".into())));
    all.forget(step);
    assert_eq!(sent(), (true, None));
    let mut failing = ActionRequest::new(StepAction::Fail);
    assert!(failing.add_shown_text(step, all) && failing.text.is_none());
}

#[test]
fn a_start_that_succeeds_leaves_the_question_about_the_mark_behind_it() {
    let asked = FailedAction::text_changed(STEP, ActionRequest::new(StepAction::Done));
    assert!(!asked.is_settled_by(STEP, StepAction::Start));
    assert!(asked.is_settled_by(STEP, StepAction::Done));
    assert!(!asked.is_settled_by(StepId(8), StepAction::Done));
    assert!(unreachable(StepAction::Done).is_settled_by(STEP, StepAction::Start));
}

#[test]
fn an_action_is_slow_once_marked_until_it_succeeds_or_fails() {
    let mut actions = PendingActions::default();
    let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
    assert!(!actions.is_slow(STEP));
    assert!(actions.mark_slow(STEP, number));
    assert!(actions.is_slow(STEP) && !actions.is_slow(StepId(8)));
    assert!(actions.settle(cell(7, StepStatus::Done), Some(number)));
    assert!(!actions.is_slow(STEP) && !actions.mark_slow(STEP, number));
    let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
    let failed = unreachable(StepAction::Done);
    let back = actions.fail(STEP, number, failed.clone());
    assert_eq!(back, Some(cell(7, StepStatus::Pending)));
    assert!(!actions.mark_slow(STEP, number));
    assert_eq!(actions.failed(STEP), Some(failed));
    // The next action replaces it.
    begin(&mut actions, StepAction::Start, StepStatus::Pending);
    assert_eq!(actions.failed(STEP), None);
}

#[test]
fn only_temporary_failures_are_kept() {
    let mut actions = PendingActions::default();
    let no = ViolationMessage::from(RuleViolation::Archived);
    for error in [
        AppError::Refused(Box::new(no)),
        AppError::NotFound(Noun::Step),
    ] {
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        let request = ActionRequest::new(StepAction::Done);
        let failed = FailedAction {
            step: STEP,
            request,
            error,
        };
        actions.fail(STEP, number, failed);
        assert_eq!(actions.failed(STEP), None);
    }
}

#[test]
fn a_refusal_of_what_was_shown_as_waiting_is_kept_until_it_was_seen() {
    let mut actions = PendingActions::default();
    let refused = |violation: RuleViolation| FailedAction {
        step: STEP,
        request: ActionRequest::new(StepAction::Done),
        error: violation.into(),
    };
    let mut fail_late = |failed: &FailedAction| {
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        assert!(actions.mark_slow(STEP, number));
        actions.fail(STEP, number, failed.clone());
        // What others did is read and shown.
        actions.settle(cell(7, StepStatus::Pending), None);
        let kept = actions.failed(STEP);
        let is_refused = actions.is_refused(STEP);
        if is_refused {
            actions.take(STEP);
        }
        (kept, is_refused, actions.failed(STEP))
    };
    let no = refused(RuleViolation::Archived);
    assert_eq!(fail_late(&no), (Some(no), true, None));
    let denied = FailedAction {
        error: AppError::Denied("no".to_owned()),
        ..unreachable(StepAction::Done)
    };
    assert_eq!(fail_late(&denied), (Some(denied), true, None));
    let by = "Ben".to_owned();
    let asked = refused(RuleViolation::Overtaken { by });
    assert_eq!(fail_late(&asked), (Some(asked.clone()), false, Some(asked)));
    // A question about the text is asked by itself.
    let request = ActionRequest::new(StepAction::Done);
    let changed = FailedAction::text_changed(STEP, request);
    assert_eq!(fail_late(&changed), (None, false, None));
}

#[test]
fn a_refusal_is_past_once_the_step_has_a_state_that_allows_the_action() {
    let refused = |violation: RuleViolation| FailedAction {
        step: STEP,
        request: ActionRequest::new(StepAction::Fail),
        error: violation.into(),
    };
    let of_done = refused(RuleViolation::Transition {
        action: StepAction::Fail,
        status: StepStatus::Done,
    });
    assert!(!of_done.is_past(StepStatus::Done) && of_done.is_past(StepStatus::InProgress));
    assert!(!refused(RuleViolation::Archived).is_past(StepStatus::InProgress));
}

#[test]
fn a_refusal_at_a_cell_goes_once_others_change_the_state_again() {
    let refused = || {
        let mut actions = PendingActions::default();
        let number = begin(&mut actions, StepAction::Start, StepStatus::Pending);
        assert!(actions.mark_slow(STEP, number));
        let of_done = RuleViolation::Transition {
            action: StepAction::Start,
            status: StepStatus::Done,
        };
        let failed = FailedAction {
            error: of_done.into(),
            ..unreachable(StepAction::Start)
        };
        actions.fail(STEP, number, failed);
        actions
    };
    // The cell alone is read, or the grid.
    let mut alone = refused();
    alone.settle(cell(7, StepStatus::Done), None);
    assert!(alone.is_refused(STEP));
    alone.settle(cell(7, StepStatus::Pending), None);
    assert_eq!(alone.failed(STEP), None);
    let mut grid = refused();
    for (status, stays) in [
        (None, true),
        (Some(StepStatus::Done), true),
        (Some(StepStatus::Reverted), false),
    ] {
        grid.forget_past(|_| status);
        assert_eq!(grid.is_refused(STEP), stays);
    }
    // What can be tried again is no refusal.
    let mut away = PendingActions::default();
    let number = begin(&mut away, StepAction::Start, StepStatus::Pending);
    away.fail(STEP, number, unreachable(StepAction::Start));
    away.forget_past(|_| Some(StepStatus::Pending));
    assert!(away.failed(STEP).is_some());
}

#[test]
fn a_mark_that_others_overtook_is_kept_until_it_is_made_again() {
    let mut actions = PendingActions::default();
    let by = "Ben".to_owned();
    let failed = FailedAction {
        step: STEP,
        request: ActionRequest::new(StepAction::Done),
        error: RuleViolation::Overtaken { by }.into(),
    };
    let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
    actions.fail(STEP, number, failed.clone());
    // What they did is read and shown.
    assert!(actions.settle(cell(7, StepStatus::Failed), None));
    assert_eq!(actions.failed(STEP), Some(failed));
    let number = begin(&mut actions, StepAction::Done, StepStatus::Failed);
    assert!(actions.settle(cell(7, StepStatus::Done), Some(number)));
    assert_eq!(actions.failed(STEP), None);
}

#[test]
fn a_second_action_goes_back_to_what_the_server_said_before_the_first() {
    let mut actions = PendingActions::default();
    begin(&mut actions, StepAction::Start, StepStatus::Pending);
    let second = begin(&mut actions, StepAction::Done, StepStatus::InProgress);
    let back = actions.fail(STEP, second, unreachable(StepAction::Done));
    assert_eq!(back, Some(cell(7, StepStatus::Pending)));
}

#[test]
fn what_is_on_its_way_is_known_until_something_else_is_asked_or_it_ends() {
    let mut actions = PendingActions::default();
    let done = ActionRequest::new(StepAction::Done);
    let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
    assert!(actions.is_sending(STEP, &done) && !actions.is_sending(StepId(8), &done));
    let reason = Some("no answer".to_owned());
    let fail = ActionRequest {
        reason,
        ..ActionRequest::new(StepAction::Fail)
    };
    assert!(!actions.is_sending(STEP, &fail));
    actions.fail(STEP, number, unreachable(StepAction::Done));
    assert!(!actions.is_sending(STEP, &done));
    begin(&mut actions, StepAction::Done, StepStatus::Pending);
    begin(&mut actions, StepAction::Reopen, StepStatus::Done);
    assert!(!actions.is_sending(STEP, &done));
}

#[test]
fn an_older_answer_never_replaces_a_newer_action() {
    let mut actions = PendingActions::default();
    let first = begin(&mut actions, StepAction::Start, StepStatus::Pending);
    let second = begin(&mut actions, StepAction::Done, StepStatus::InProgress);
    assert!(!actions.settle(cell(7, StepStatus::InProgress), Some(first)));
    // Notes that were saved meanwhile neither.
    assert!(!actions.settle(cell(7, StepStatus::InProgress), None));
    assert_eq!(
        actions.fail(STEP, first, unreachable(StepAction::Start)),
        None
    );
    let back = actions.fail(STEP, second, unreachable(StepAction::Done));
    assert_eq!(back, Some(cell(7, StepStatus::InProgress)));
    // A failed action is over.
    assert!(actions.settle(cell(7, StepStatus::Skipped), None));
    assert_eq!(actions.failed(STEP), None);
}
