//! Runs of the open step (R75), as HTML text: the button that asks for one, how far the newest is, and those before it. A script that
//! is loaded when it is first needed (`public/runs.js`) asks, cancels, and shows the output as it comes, so that no page weighs more by it.
use crate::{
    components::ui::html::icon_html,
    domain::{
        customer_work::OpenStep,
        run::{Run, RunOffer},
        vocabulary::{StepAction, StepStatus},
    },
    error::capitalized,
};
use maud::{Markup, html};

/// Why the step cannot be run now; none if it can.
fn why_not_run(
    status: StepStatus,
    runs: &[Run],
    offer: &RunOffer,
    unresolved: &[String],
) -> Option<String> {
    if runs.first().is_some_and(|it| !it.state.is_over()) {
        return Some("A run is under way".to_owned());
    }
    match offer {
        RunOffer::Unavailable { reason } => Some(capitalized(reason)),
        // Whether it is somebody else who has it in progress, the server looks.
        RunOffer::Ready { .. }
            if !StepAction::Start.allows(status) && status != StepStatus::InProgress =>
        {
            Some(format!("A {} step cannot be run", status.in_sentence()))
        }
        RunOffer::Ready { .. } => {
            let missing = unresolved.first();
            missing.map(|it| format!("{} is not set", it.strip_prefix("var.").unwrap_or(it)))
        }
    }
}

/// The button that asks for a run; where there can be none, it says why.
pub fn run_button_html(open: &OpenStep) -> String {
    let (step, unresolved) = (&open.detail.step, &open.detail.unresolved);
    let reason = why_not_run(step.status, &open.runs, &open.offer, unresolved);
    let is_off = reason.is_some();
    let html = html! {
        button class="button" type="button" data-size="l" data-run=(step.id.to_string())
            aria-keyshortcuts="x" aria-disabled=[is_off.then_some("true")]
            aria-describedby=[is_off.then_some("run-reason")] {
            "Run "
            kbd aria-hidden="true" { "x" }
        }
        @if let Some(reason) = &reason {
            span class="quiet small" id="run-reason" { (reason) }
        }
    };
    html.into_string()
}

/// The section; empty if the step was never run.
pub fn runs_html(open: &OpenStep, can_work: bool) -> String {
    let (step, unresolved) = (&open.detail.step, &open.detail.unresolved);
    let retry = open.retry.as_ref();
    let why_not = retry.and_then(|it| why_not_run(step.status, &open.runs, it, unresolved));
    list_html(&open.runs, can_work, why_not.as_deref())
}

/// The runs; the newest can be cancelled, or run again unless `why_not_again` says why not.
fn list_html(runs: &[Run], can_work: bool, why_not_again: Option<&str>) -> String {
    let Some((newest, earlier)) = runs.split_first() else {
        return String::new();
    };
    let html = html! {
        section class="runs" aria-labelledby="run-title" {
            h3 id="run-title" tabindex="-1" { "Run" }
            (run_html(newest, can_work, why_not_again))
            @if !earlier.is_empty() {
                details class="fold" {
                    summary {
                        (icon_html("i-chevron")) "Earlier runs"
                        span class="count" { (earlier.len().to_string()) }
                    }
                    @for it in earlier { (run_html(it, false, None)) }
                }
            }
        }
    };
    html.into_string()
}

/// One run. What the script finds and changes in it has attributes that begin with `data-run`.
fn run_html(run: &Run, can_change: bool, why_not_again: Option<&str>) -> Markup {
    let own = format!("/api/runs/{}", run.id);
    let is_over = run.state.is_over();
    // What was open before is opened again by its id when the page renders it anew: what was followed is folded once it is over.
    let id = format!("run-{}{}", run.id, if is_over { "" } else { "-live" });
    let place = match &run.runner {
        Some(runner) => format!(", on {runner}"),
        None if run.is_here() => ", on their own machine".to_owned(),
        None => String::new(),
    };
    // Of a run that is not over the script shows how long it takes by now.
    let since = run.started_at.unwrap_or(run.asked_at).timestamp_millis();
    let taken = run.started_at.zip(run.ended_at);
    let why_id = why_not_again.map(|_| format!("run-{}-why", run.id));
    html! {
        div class="run-item" data-run-id=(run.id.to_string()) data-run-state=(run.state.as_str()) {
            p class="row" {
                b class="run-state" data-run-word="" { (run.state.label()) }
                span class="quiet small" {
                    "asked by " (run.asked_by)
                    span data-run-on="" { (place) }
                    @if let Some(code) = run.exit_code { ", exit code " (code.to_string()) }
                    @if let Some(signal) = &run.signal { ", " (signal) }
                    @if let Some((start, end)) = taken { ", " (seconds_text((end - start).num_seconds())) }
                    @if !is_over { span data-run-since=(since.to_string()) {} }
                    @if let Some(by) = run.cancel_by.as_ref().filter(|_| !is_over) { ", " (by) " asked to cancel it" }
                }
            }
            @if let Some(reason) = &run.reason { p class="muted small reason" { (capitalized(reason)) } }
            @if let Some(url) = run.build_page() {
                a class="link small" href=(url) target="_blank" rel="external noopener noreferrer" { "Build at Jenkins" }
            }
            @if can_change && !is_over && run.cancel_by.is_none() {
                button class="button live-only" type="button" data-size="s" data-run={ (own) "/cancel" } { "Cancel run" }
            }
            @if can_change && run.state.may_be_run_again() {
                button class="button live-only" type="button" data-size="s" data-run={ (own) "/retry" }
                    data-run-step=(run.step_id.to_string())
                    aria-disabled=[why_not_again.map(|_| "true")] aria-describedby=[why_id.as_deref()] { "Retry…" }
                @if let Some(why) = why_not_again { " " span class="quiet small live-only" id=[why_id.as_deref()] { (why) } }
            }
            @if is_over && run.output_bytes == 0 {
                p class="quiet small" { "No output" }
            } @else {
                details class="fold live-only" data-run-output=(own) data-run-of=(run.release_id.to_string())
                    id=(id) open[!is_over] {
                    summary {
                        (icon_html("i-chevron")) "Output"
                        @if run.output_cut { span class="count" { "beginning and end" } }
                    }
                }
            }
        }
    }
}

/// A duration: "12 s", "3 min 4 s", "2 h 5 min".
fn seconds_text(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::{
            id::{ClusterId, CustomerId, ReleaseId, RunId, StepId},
            run::{RUN_TIMEOUT_SECONDS_DEFAULT, RunKind, RunState},
        },
    };
    use chrono::{DateTime, TimeDelta};

    fn run(state: RunState) -> Run {
        let began = DateTime::UNIX_EPOCH;
        Run {
            id: RunId(7),
            step_id: StepId(3),
            release_id: ReleaseId(2),
            customer_id: CustomerId(1),
            cluster_id: ClusterId(1),
            kind: RunKind::Bash,
            text: String::new(),
            text_sha256: "ab".into(),
            step_version: 1,
            state,
            asked_by: "Ana".into(),
            asked_by_user: None,
            runner: Some("eu-runner".into()),
            asked_at: began,
            started_at: Some(began),
            ended_at: state.is_over().then_some(began + TimeDelta::seconds(184)),
            exit_code: (state == RunState::Failed).then_some(3),
            signal: None,
            timeout_seconds: RUN_TIMEOUT_SECONDS_DEFAULT,
            output_bytes: 12,
            output_cut: false,
            output_sha256: None,
            reason: None,
            cancel_by: None,
            jenkins_url: None,
            version: 1,
        }
    }

    #[test]
    fn output_is_open_while_the_step_runs_and_folded_when_it_is_over() {
        let now = list_html(&[run(RunState::Running)], true, None);
        assert!(now.contains("id=\"run-7-live\" open>") && now.contains("Cancel run"));
        assert!(now.contains("asked by Ana") && now.contains(", on eu-runner"));
        assert!(!now.contains("Retry"));
        let failed = list_html(&[run(RunState::Failed)], true, None);
        assert!(failed.contains("id=\"run-7\">") && failed.contains("Retry…"));
        assert!(failed.contains(", exit code 3, 3 min 4 s"), "{failed}");
        let read_only = list_html(&[run(RunState::Failed), run(RunState::Lost)], false, None);
        assert!(!read_only.contains("<button") && read_only.contains("Earlier runs"));
        assert_eq!(list_html(&[], true, None), "");
    }

    #[test]
    fn what_was_never_begun_has_no_output_and_no_duration() {
        let cancelled = Run {
            runner: None,
            started_at: None,
            output_bytes: 0,
            ..run(RunState::Cancelled)
        };
        let html = list_html(&[cancelled], true, None);
        assert!(html.contains("No output") && !html.contains(" min "));
        assert!(!html.contains("machine"));
    }

    #[test]
    fn the_button_says_why_a_step_cannot_be_run() {
        let ready = RunOffer::Ready {
            runners: vec!["eu-runner".into()],
        };
        let why = |status, runs: &[Run], offer: &RunOffer, missing: &[String]| {
            why_not_run(status, runs, offer, missing)
        };
        let none: [String; 0] = [];
        let pending = StepStatus::Pending;
        assert_eq!(why(pending, &[], &ready, &none), None);
        assert_eq!(why(StepStatus::InProgress, &[], &ready, &none), None);
        let said = |it: Option<String>| it.unwrap_or_default();
        let done = why(StepStatus::Done, &[], &ready, &none);
        assert_eq!(said(done), "A done step cannot be run");
        let queued = [run(RunState::Queued)];
        let under_way = why(StepStatus::InProgress, &queued, &ready, &none);
        assert_eq!(said(under_way), "A run is under way");
        let missing = why(pending, &[], &ready, &["var.HOST".to_owned()]);
        assert_eq!(said(missing), "HOST is not set");
        let reason = "no runner serves prod-eu".to_owned();
        let nobody = why(pending, &[], &RunOffer::Unavailable { reason }, &none);
        assert_eq!(said(nobody), "No runner serves prod-eu");
    }

    #[test]
    fn a_run_is_not_run_again_where_a_rule_says_no_and_says_why() {
        let why = "A skipped step cannot be started";
        let html = list_html(&[run(RunState::Failed)], true, Some(why));
        let off = "aria-disabled=\"true\" aria-describedby=\"run-7-why\">Retry…";
        assert!(html.contains(off), "{html}");
        assert!(html.contains(&format!("id=\"run-7-why\">{why}<")), "{html}");
        for (state, can_work) in [(RunState::Succeeded, true), (RunState::Failed, false)] {
            assert!(!list_html(&[run(state)], can_work, Some(why)).contains(why));
        }
    }

    #[test]
    fn a_run_at_jenkins_leads_to_its_build_and_to_no_other_kind_of_address() {
        let html = |url: &str| {
            let jenkins_url = Some(url.to_owned());
            list_html(
                &[Run {
                    jenkins_url,
                    ..run(RunState::Running)
                }],
                true,
                None,
            )
        };
        let link = "href=\"https://ci.example.com/job/a/7/\" target=\"_blank\" rel=\"external noopener noreferrer\"";
        assert!(html("https://ci.example.com/job/a/7/").contains(link));
        assert!(!html("javascript:alert(1)").contains("<a"));
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let texts = [-1, 12, 184, 7_500].map(seconds_text);
        assert_eq!(texts, ["0 s", "12 s", "3 min 4 s", "2 h 5 min"]);
    }

    #[test]
    fn names_stay_text() {
        let hostile = Run {
            runner: Some(HOSTILE.into()),
            asked_by: HOSTILE.into(),
            ..run(RunState::Running)
        };
        assert_escaped(&list_html(&[hostile], true, None), 2);
        let refused = list_html(&[run(RunState::Failed)], true, Some(HOSTILE));
        assert_escaped(&refused, 1);
    }
}
