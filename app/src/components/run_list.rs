//! The list of runs (R75) as the HTML text of a table, newest first.
use super::run_filter::RunPageQuery;
use crate::{
    domain::{
        attention::duration_text,
        digit_groups::{group_digits, grouped},
        plural::pluralize,
        run::{OUTPUT_KEPT_DAYS, Run, RunListRow, RunPage, RunState},
    },
    error::capitalized,
    paths,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// How long a run took: "12 s", "2 min 5 s", "3 h 20 min".
fn taken_text(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 if seconds % 60 > 0 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => duration_text(seconds),
    }
}

/// A size in words: "812 bytes", "13 kB".
fn size_text(bytes: u64) -> String {
    let (bytes, unit) = match bytes {
        ..1_000 => return pluralize(bytes, "byte"),
        1_000..1_000_000 => (bytes.div_ceil(1_000), "kB"),
        _ => (bytes.div_ceil(1_000_000), "MB"),
    };
    format!("{} {unit}", group_digits(&bytes.to_string()))
}

/// The tone of a state's badge.
fn tone(state: RunState) -> Option<&'static str> {
    match state {
        RunState::Succeeded => Some("live"),
        // A lost run is red wherever it is shown, as in the matrix.
        RunState::Failed | RunState::Lost => Some("danger"),
        RunState::Queued | RunState::Claimed | RunState::Running | RunState::Cancelled => None,
    }
}

/// Whether there is output to be read.
fn has_output(run: &Run, now: DateTime<Utc>) -> bool {
    let is_kept = |it: DateTime<Utc>| (now - it).num_days() < OUTPUT_KEPT_DAYS;
    run.output_bytes > 0 && run.ended_at.is_none_or(is_kept)
}

/// The list as HTML: the table and the link to more runs, or what to do while there are none. `time_text` formats times.
pub fn runs_html(
    page: &RunPage,
    query: &RunPageQuery,
    now: DateTime<Utc>,
    time_text: impl Fn(DateTime<Utc>) -> String,
) -> String {
    if page.items.is_empty() {
        return empty_html(query).into_string();
    }
    let heads = [
        "Step",
        "Customer",
        "State",
        "Runner",
        "Asked",
        "Duration",
        "Exit code",
        "Output",
    ];
    let html = html! {
        div class="card list scroll-x" {
            table class="table" data-of="runs" {
                caption class="sr" { "Runs" }
                thead {
                    tr {
                        @for head in heads {
                            th scope="col" { (head) }
                        }
                    }
                }
                tbody {
                    @for (index, row) in page.items.iter().enumerate() {
                        (row_html(row, query.is_first_new(index), now, &time_text))
                    }
                }
            }
            @if page.next.is_some() {
                p class="list__more" {
                    @if let Some(more) = query.with_more() {
                        a class="button" href=(more.address()) data-noscroll="" { "Show more" }
                    }
                    " "
                    span class="quiet small" { "Showing the newest " (grouped(page.items.len())) }
                }
            }
        }
    };
    html.into_string()
}

/// What to do while there are no runs, or none that the filter lets through.
fn empty_html(query: &RunPageQuery) -> Markup {
    html! {
        div class="card empty" {
            @if query.is_filtered() {
                p { "No run matches the filter" }
                a class="button" href=(paths::RUNS) { "Clear the filter" }
            } @else {
                p { "No runs yet. Run a step from its panel, or from a shell with rollcall run" }
            }
        }
    }
}

/// A row; `is_first` if it gets the focus.
fn row_html(
    row: &RunListRow,
    is_first: bool,
    now: DateTime<Utc>,
    time_text: &impl Fn(DateTime<Utc>) -> String,
) -> Markup {
    let run = &row.run;
    let time = |at: DateTime<Utc>| html! { time datetime=(format!("{at:?}")) { (time_text(at)) } };
    html! {
        tr data-first[is_first] {
            td class="wraps" {
                a href=(paths::step(run.release_id, run.step_id)) { b class="label" { (row.step) } }
                div class="quiet small" { (row.release) }
            }
            td class="wraps" {
                (row.customer)
                div class="quiet small" { (row.cluster) }
            }
            td class="wraps" {
                span class="badge" data-tone=[tone(run.state)] { (run.state.label()) }
                @if let Some(reason) = &run.reason {
                    div class="quiet small" { (capitalized(reason)) }
                }
            }
            td class="muted wraps" {
                @if let Some(runner) = &run.runner {
                    a href=(paths::runs_of_runner(runner)) { (runner) }
                } @else if run.is_here() {
                    "rollcall run"
                }
                @if let Some(url) = run.build_page() {
                    div class="small" {
                        a
                            href=(url)
                            target="_blank"
                            rel="external noopener noreferrer"
                            aria-label={ "Build at Jenkins of " (row.step) ", " (row.customer) }
                        { "Build at Jenkins" }
                    }
                }
            }
            td class="muted" {
                (time(run.asked_at))
                div class="quiet small" { (run.asked_by) }
            }
            td class="muted" {
                @if let Some(begun) = run.started_at {
                    @if run.ended_at.is_some() {
                        (taken_text(run.seconds_at(now)))
                    } @else if !run.state.is_over() {
                        "Since " (time(begun))
                    }
                }
            }
            td class="muted" {
                @if let Some(code) = run.exit_code {
                    (code)
                } @else if let Some(signal) = &run.signal {
                    (signal)
                }
            }
            td class="muted" {
                @if has_output(run, now) {
                    a
                        href=(paths::run_output(run.id))
                        download=""
                        rel="external"
                        aria-label={ (size_text(run.output_bytes)) ", output of " (row.step) ", " (row.customer) }
                    { (size_text(run.output_bytes)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::id::{ReleaseId, RunId},
    };
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn row(state: RunState) -> RunListRow {
        let run = Run {
            id: RunId(3),
            release_id: ReleaseId(2),
            state,
            started_at: Some(at(1)),
            ended_at: Some(at(126)),
            exit_code: Some(3),
            output_bytes: 12_001,
            ..Run::example()
        };
        RunListRow {
            run,
            step: "Upgrade".into(),
            customer: "Acme".into(),
            namespace: "acme".into(),
            cluster: "eu-west".into(),
            release: "June".into(),
        }
    }

    fn drawn(row: RunListRow, now: DateTime<Utc>) -> String {
        let page = RunPage {
            items: vec![row],
            next: None,
        };
        runs_html(&page, &RunPageQuery::default(), now, |_| "14:02".to_owned())
    }

    #[test]
    fn a_row_leads_to_its_step_and_its_output() {
        let html = drawn(row(RunState::Failed), at(200));
        for part in [
            "href=\"/releases/2?step=7\"",
            "href=\"/api/runs/3/output?format=raw\"",
            "aria-label=\"13 kB, output of Upgrade, Acme\"",
            "data-tone=\"danger\">Failed<",
            "href=\"/runs?runner=eu-1\"",
            "2 min 5 s",
            "13 kB",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        // Only the digest is kept for longer.
        let later = at(200) + TimeDelta::days(OUTPUT_KEPT_DAYS);
        assert!(!drawn(row(RunState::Failed), later).contains("/output"));
    }

    #[test]
    fn a_lost_run_is_as_red_as_a_failed_one() {
        let html = drawn(row(RunState::Lost), at(200));
        assert!(html.contains("data-tone=\"danger\">Lost<"), "{html}");
    }

    #[test]
    fn a_run_at_jenkins_leads_to_its_build_if_that_is_a_page() {
        let mut built = row(RunState::Running);
        built.run.jenkins_url = Some("https://ci.example.com/job/a/7/".into());
        let html = drawn(built.clone(), at(200));
        for part in [
            "href=\"https://ci.example.com/job/a/7/\"",
            "rel=\"external noopener noreferrer\"",
            "aria-label=\"Build at Jenkins of Upgrade, Acme\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        built.run.jenkins_url = Some("javascript:alert(1)".into());
        assert!(!drawn(built, at(200)).contains("javascript"));
    }

    #[test]
    fn what_still_runs_says_since_when_and_what_waits_says_nothing() {
        let mut running = row(RunState::Running);
        running.run.ended_at = None;
        assert!(drawn(running.clone(), at(200)).contains("Since <time"));
        let mut queued = running;
        queued.run.state = RunState::Queued;
        queued.run.started_at = None;
        queued.run.runner = None;
        let html = drawn(queued.clone(), at(200));
        assert!(!html.contains("Since") && !html.contains("rollcall run"));
        let mut here = queued;
        here.run.started_at = Some(at(1));
        assert!(drawn(here, at(200)).contains("rollcall run"));
    }

    #[test]
    fn more_runs_are_one_link_away_up_to_a_thousand() {
        let shown = |rows: &str| {
            let page = RunPage {
                items: vec![row(RunState::Succeeded)],
                next: Some(RunId(3)),
            };
            let query = RunPageQuery::parse(|key| (key == "rows").then(|| rows.to_owned()));
            runs_html(&page, &query, at(0), |_| String::new())
        };
        assert!(shown("100").contains("href=\"/runs?rows=200\""));
        let most = shown("1000");
        assert!(!most.contains("Show more") && most.contains("Showing the newest 1"));
    }

    #[test]
    fn durations_and_sizes_are_read_at_a_glance() {
        let taken = [0, 12, 60, 125, 3_600, 12_000].map(taken_text);
        let expected = ["0 s", "12 s", "1 min", "2 min 5 s", "1 h", "3 h 20 min"];
        assert_eq!(taken, expected);
        let sizes = [1, 812, 12_001, 50_000_000].map(size_text);
        assert_eq!(sizes, ["1 byte", "812 bytes", "13 kB", "50 MB"]);
    }

    #[test]
    fn hostile_names_stay_text_in_the_list_of_runs() {
        let mut hostile = row(RunState::Failed);
        let name = || HOSTILE.to_owned();
        (hostile.step, hostile.customer) = (name(), name());
        (hostile.cluster, hostile.release) = (name(), name());
        hostile.run.asked_by = name();
        hostile.run.runner = Some(name());
        hostile.run.reason = Some(name());
        hostile.run.exit_code = None;
        hostile.run.signal = Some(name());
        // The names of step and customer are in the `aria-label` of the output's link as well.
        assert_escaped(&drawn(hostile, at(200)), 10);
    }
}
