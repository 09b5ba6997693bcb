//! Which of the queued runs begins next (R71): of one customer one run at a time, in a release in the order of the steps; and what
//! does not begin any more because an earlier step of what was asked for at once did not succeed.
use super::{id::RunId, run::RunState, vocabulary::Category};

/// The place of a step among those of its customer in a release.
pub type QueuePlace = (Category, i32);

/// A run that is not over, of one customer in one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedRun {
    pub id: RunId,
    pub state: RunState,
    /// Of its step; none if the step was deleted.
    pub place: Option<QueuePlace>,
}

/// The run that the others of a customer's queue wait for: the one that is carried out, else that of the first step, whenever it was
/// asked for. A run whose step was deleted goes first, because all it does is to end.
pub fn first(unfinished: &[UnfinishedRun]) -> Option<UnfinishedRun> {
    let carried_out = unfinished.iter().find(|it| it.state != RunState::Queued);
    let first = || unfinished.iter().min_by_key(|it| (it.place, it.id));
    carried_out.or_else(first).copied()
}

/// What a queued run waits for: another run of its customer, what that one waits for, or what keeps it from a runner itself.
pub fn waits_text(ahead: Option<&str>, obstacle: Option<&str>) -> Option<String> {
    match (ahead, obstacle) {
        (Some(step), Some(why)) => Some(format!("waits for {step}: {why}")),
        (Some(step), None) => Some(format!("waits for {step}")),
        (None, why) => why.map(str::to_owned),
    }
}

/// Whether the run of a step that is over holds back the runs of later steps that were asked for with it.
pub fn holds_back(state: RunState) -> bool {
    matches!(
        state,
        RunState::Failed | RunState::Cancelled | RunState::Lost
    )
}

/// Whether a step comes after another one of its customer. One that was deleted is neither before nor after any.
pub fn is_later(place: Option<QueuePlace>, than: Option<QueuePlace>) -> bool {
    place.zip(than).is_some_and(|(place, than)| place > than)
}

/// Why a run does not begin after this end of the run of an earlier step.
pub fn why_not_begun(step: &str, state: RunState) -> String {
    let how = match state {
        RunState::Cancelled => "was cancelled",
        RunState::Lost => "lost its runner",
        _ => "failed",
    };
    format!("not begun: {step} {how}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: impl Into<Option<i32>>) -> Option<QueuePlace> {
        index.into().map(|it| (Category::Deploy, it))
    }

    fn run(id: i64, state: RunState, place: Option<QueuePlace>) -> UnfinishedRun {
        let id = RunId(id);
        UnfinishedRun { id, state, place }
    }

    /// The run that the queue gives next.
    fn head(unfinished: &[UnfinishedRun]) -> Option<RunId> {
        let first = first(unfinished).filter(|it| it.state == RunState::Queued);
        first.map(|it| it.id)
    }

    #[test]
    fn a_customer_s_first_step_is_given_first_whenever_it_was_asked_for() {
        let queued = |id, place| run(id, RunState::Queued, at(place));
        assert_eq!(head(&[]), None);
        let all = [queued(1, 7), queued(2, 3), queued(3, 5)];
        assert_eq!(head(&all), Some(RunId(2)));
        assert_eq!(head(&[all[2], all[0]]), Some(RunId(3)));
        let deleted = run(4, RunState::Queued, None);
        assert_eq!(head(&[all[0], deleted]), Some(RunId(4)));
    }

    #[test]
    fn while_one_run_of_a_customer_is_carried_out_no_other_is_given() {
        let waits = run(2, RunState::Queued, at(1));
        for state in [RunState::Claimed, RunState::Running] {
            assert_eq!(head(&[run(1, state, at(5)), waits]), None, "{state}");
        }
        assert_eq!(head(&[waits]), Some(RunId(2)));
    }

    #[test]
    fn the_others_wait_for_the_one_that_is_carried_out_or_else_for_the_first_step() {
        let queued = [
            run(1, RunState::Queued, at(7)),
            run(2, RunState::Queued, at(3)),
        ];
        assert_eq!(first(&queued).map(|it| it.id), Some(RunId(2)));
        let running = [queued[1], run(3, RunState::Running, at(9))];
        assert_eq!(first(&running).map(|it| it.id), Some(RunId(3)));
        assert_eq!(first(&[]), None);
        let text = |ahead, why| waits_text(ahead, why).unwrap_or_default();
        assert_eq!(text(Some("Check"), None), "waits for Check");
        let nobody = Some("no runner serves eu-west");
        assert_eq!(
            text(Some("Check"), nobody),
            "waits for Check: no runner serves eu-west"
        );
        assert_eq!(text(None, nobody), "no runner serves eu-west");
        assert_eq!(waits_text(None, None), None);
    }

    #[test]
    fn whatever_is_no_success_holds_back_later_steps_and_says_which_it_was() {
        for state in RunState::ALL {
            let expected = state.is_over() && *state != RunState::Succeeded;
            assert_eq!(holds_back(*state), expected, "{state}");
        }
        assert!(is_later(at(2), at(1)));
        assert!(is_later(Some((Category::Verify, 0)), at(1)));
        assert!(!is_later(at(1), at(1)) && !is_later(at(0), at(1)));
        assert!(!is_later(None, at(1)) && !is_later(at(1), None));
        for (state, why) in [
            (RunState::Failed, "not begun: Check failed"),
            (RunState::Lost, "not begun: Check lost its runner"),
            (RunState::Cancelled, "not begun: Check was cancelled"),
        ] {
            assert_eq!(why_not_begun("Check", state), why);
        }
    }
}
