//! Line of a dialog about steps that says what others do to them while it is open (R32).
use super::{
    event_text::{resulting_status, single_phrase},
    step_state::state_set_phrase,
    ui::{icon::Icon, time::Clock},
};
use crate::{
    browser::foreign_changes::on_change,
    domain::{
        digit_groups::grouped, event::EventAction, foreign_change::ForeignChange, id::StepId,
        plural::pluralize,
    },
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What others did to the steps of a dialog since it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Heard {
    /// The steps that were changed, each once.
    steps: Vec<StepId>,
    /// The last change.
    action: EventAction,
    /// Who made it; of several steps none if it was not one person who changed them all.
    by: Option<String>,
    at: Option<DateTime<Utc>>,
}

/// What a change did to a step: the state that it set comes before notes that went along. That a step was removed is told otherwise, and
/// what became of a run that left the step as it was is no change of the step.
fn action_on(change: &ForeignChange, step: StepId) -> Option<EventAction> {
    let mut last = None;
    let of_step = change.actions_on(step).filter(|it| !it.is_of_run());
    for action in of_step {
        let sets_state = |it| resulting_status(it).is_some();
        if sets_state(action) || !last.is_some_and(sets_state) {
            last = Some(action);
        }
    }
    last.filter(|it| *it != EventAction::Delete)
}

/// What was heard once a change is added to it; none if that is about other steps.
fn added(before: Option<&Heard>, change: &ForeignChange, steps: &[StepId]) -> Option<Heard> {
    let mut changed = before.map(|it| it.steps.clone()).unwrap_or_default();
    let mut last = None;
    for step in steps {
        let Some(action) = action_on(change, *step) else {
            continue;
        };
        last = Some(action);
        if !changed.contains(step) {
            changed.push(*step);
        }
    }
    let is_by_one = before.is_none_or(|it| it.by == change.by) || steps.len() == 1;
    Some(Heard {
        steps: changed,
        action: last?,
        by: change.by.clone().filter(|_| is_by_one),
        at: change.at,
    })
}

/// "Ben Okoro marked it failed at 14:02"; in a dialog about `n` cells "Ben Okoro changed 2 of these 5 cells at 14:02".
fn line_text(heard: &Heard, n: usize, at: Option<&str>) -> String {
    use EventAction as A;
    let by = heard.by.as_deref().unwrap_or("Someone");
    let mut text = match (resulting_status(heard.action), heard.action) {
        _ if n > 1 => {
            let changed = grouped(heard.steps.len());
            format!("{by} changed {changed} of these {}", pluralize(n, "cell"))
        }
        (Some(status), _) => format!("{by} {}", state_set_phrase(status)),
        (None, action @ (A::Override | A::Notes | A::Undo | A::Attach | A::Detach)) => {
            format!("{by} {}", single_phrase(action))
        }
        (None, _) => format!("{by} changed this"),
    };
    if let Some(at) = at {
        text.extend([" at ", at]);
    }
    text
}

/// The line. It is not there until others change one of the steps; what is typed and the focus stay.
#[component]
pub fn ForeignLine(
    /// What the dialog is about.
    steps: Vec<StepId>,
) -> impl IntoView {
    let heard = RwSignal::new(None::<Heard>);
    let clock = Clock::from_context();
    let n = steps.len();
    on_change(move |change| {
        let now = heard.try_with_untracked(|it| added(it.as_ref(), &change, &steps));
        if let Some(Some(now)) = now {
            let _ = heard.try_set(Some(now));
        }
    });
    move || {
        heard.get().map(|it| {
            let at = it.at.map(|at| clock.time(at));
            view! {
                <div class="alert" role="alert">
                    <Icon name="i-warn"/>
                    <span>{line_text(&it, n, at.as_deref())}</span>
                </div>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(by: &str, lines: &str) -> ForeignChange {
        ForeignChange::parse(&format!("1\n{by}\n1717243320000\n{lines}"))
    }

    fn says(changes: &[(&str, &str)], steps: &[StepId]) -> Option<String> {
        let mut heard = None;
        for (by, lines) in changes {
            heard = added(heard.as_ref(), &change(by, lines), steps).or(heard);
        }
        heard.map(|it| line_text(&it, steps.len(), Some("14:02")))
    }

    #[test]
    fn a_dialog_about_a_step_says_who_did_what_to_it_last() {
        let of_one = |changes: &[(&str, &str)]| says(changes, &[StepId(7)]);
        let started = ("Ben", "step 7 start 1 4");
        assert_eq!(of_one(&[started]).unwrap(), "Ben started it at 14:02");
        let done = ("Ana", "step 7 done 1 4\nstep 7 notes 1 4\nstep 8 fail 1 5");
        let says = of_one(&[started, done]).unwrap();
        assert_eq!(says, "Ana marked it done at 14:02");
        let says = of_one(&[("", "step 7 override 1 4")]).unwrap();
        assert_eq!(says, "Someone overrode the text at 14:02");
        let says = of_one(&[("Ben", "step 7 promote 1 4")]).unwrap();
        assert_eq!(says, "Ben changed this at 14:02");
        let run = "step 7 run-end 1 4";
        for other in ["step 8 done 1 4", "template 7 update 1 0", "*", run] {
            assert_eq!(of_one(&[("Ben", other)]), None);
        }
        // The dialog says that by itself.
        assert_eq!(of_one(&[("Ben", "step 7 delete 1 4")]), None);
    }

    #[test]
    fn a_dialog_about_cells_says_how_many_of_them_were_changed() {
        let of_three = |changes: &[(&str, &str)]| says(changes, &[7, 8, 9].map(StepId));
        let one = ("Ben", "step 8 start 1 4\nstep 2 start 1 4");
        let says = of_three(&[one]).unwrap();
        assert_eq!(says, "Ben changed 1 of these 3 cells at 14:02");
        let two = ("Ben", "step 8 done 1 4\nstep 9 done 1 4");
        let says = of_three(&[one, two]).unwrap();
        assert_eq!(says, "Ben changed 2 of these 3 cells at 14:02");
        let says = of_three(&[one, ("Ana", "step 7 skip 1 4")]).unwrap();
        assert_eq!(says, "Someone changed 2 of these 3 cells at 14:02");
    }
}
