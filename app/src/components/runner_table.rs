//! The table of runners (R73) as HTML text: what each may fetch, what it does now, and when it was last heard of.
use crate::{
    domain::{
        id::ClusterId,
        plural::pluralize,
        run::{RunKind, RunListRow},
        runner::{ListedRunners, RUNNER_ABSENT_AFTER_SECONDS, Runner},
    },
    paths,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The attribute of a button that deletes a runner; its value is the id.
pub const DELETES: &str = "data-delete";

/// A runner that was heard of within these seconds was seen just now.
const JUST_NOW_SECONDS: i64 = 5;

/// What the table shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShownRunners {
    pub listed: ListedRunners,
    /// The runs that are not over.
    pub runs: Vec<RunListRow>,
    /// Ids and names of all clusters, by name.
    pub clusters: Vec<(ClusterId, String)>,
}

impl ShownRunners {
    fn names(&self, ids: &BTreeSet<ClusterId>) -> String {
        let found = self.clusters.iter().filter(|it| ids.contains(&it.0));
        let names: Vec<&str> = found.map(|it| it.1.as_str()).collect();
        names.join(", ")
    }
}

/// When a runner was last seen: "Just now", "12 s ago", and once it has missed its heartbeats "Not seen for 2 min".
fn seen_text(seen_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    let Some(at) = seen_at else {
        return "Never".to_owned();
    };
    let seconds = (now - at).num_seconds();
    let minutes = seconds / 60;
    match seconds {
        ..JUST_NOW_SECONDS => "Just now".to_owned(),
        JUST_NOW_SECONDS..RUNNER_ABSENT_AFTER_SECONDS => format!("{seconds} s ago"),
        RUNNER_ABSENT_AFTER_SECONDS..3_600 => format!("Not seen for {minutes} min"),
        3_600..86_400 => format!("Not seen for {} h", minutes / 60),
        _ => format!("Not seen for {}", pluralize(minutes / 1_440, "day")),
    }
}

/// The table as HTML, or what a runner is for while there are none.
pub fn runners_html(shown: &ShownRunners) -> String {
    let heads = ["Name", "Clusters", "Kinds", "Now", "Last seen"];
    let html = html! {
        @if shown.listed.runners.is_empty() {
            div class="card empty" {
                p { "No runners yet. A runner runs steps from inside a cluster's network" }
            }
        } @else {
            div class="card list scroll-x" {
                table class="table" data-of="runners" {
                    caption class="sr" { "Runners" }
                    thead {
                        tr {
                            @for head in heads {
                                th scope="col" { (head) }
                            }
                            th scope="col" { span class="sr" { "Action" } }
                        }
                    }
                    tbody {
                        @for it in &shown.listed.runners {
                            (row_html(it, shown))
                        }
                    }
                }
            }
        }
    };
    html.into_string()
}

fn row_html(it: &Runner, shown: &ShownRunners) -> Markup {
    let now = shown.listed.at;
    let kinds: Vec<&str> = it.kinds.iter().copied().map(RunKind::as_str).collect();
    html! {
        tr {
            td class="wraps" {
                a href=(paths::runs_of_runner(&it.name)) { b class="label" { (it.name) } }
            }
            td class="wraps" {
                (shown.names(&it.cluster_ids))
                @if it.seen_at.is_some() && it.serves != it.cluster_ids {
                    div class="quiet small" {
                        @if it.serves.is_empty() {
                            "Serves none of them now"
                        } @else {
                            "Started for " (shown.names(&it.serves))
                        }
                    }
                }
            }
            td class="muted" { (kinds.join(", ")) }
            td class="wraps" { (now_html(it, shown, now)) }
            td class="muted" { (seen_text(it.seen_at, now)) }
            td {
                button
                    class="button live-only"
                    data-size="s"
                    type="button"
                    data-delete=(it.id.0)
                    aria-label={ "Delete " (it.name) }
                { "Delete…" }
            }
        }
    }
}

/// What a runner does now: the steps that it runs, whether it waits for some, and whether it is away.
fn now_html(it: &Runner, shown: &ShownRunners, now: DateTime<Utc>) -> Markup {
    let running: Vec<&RunListRow> = shown
        .runs
        .iter()
        .filter(|row| it.running.contains(&row.run.id))
        .collect();
    let is_absent = |at: DateTime<Utc>| (now - at).num_seconds() >= RUNNER_ABSENT_AFTER_SECONDS;
    html! {
        @for row in &running {
            div {
                a href=(paths::step(row.run.release_id, row.run.step_id)) { (row.step) ", " (row.customer) }
            }
        }
        @if running.is_empty() && !it.running.is_empty() {
            div { (pluralize(it.running.len(), "run")) }
        }
        @if it.is_not_connected() {
            span class="badge" { "Not connected" }
        } @else if it.seen_at.is_some_and(is_absent) {
            // Missed its heartbeats; the lease of its run has not expired yet.
            span class="badge" data-tone="warn" { "Away" }
        } @else if it.running.is_empty() {
            span class="badge" data-tone="live" { "Idle" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::id::{RunId, RunnerId},
    };
    use chrono::TimeDelta;

    fn runner(name: &str, seen_at: Option<DateTime<Utc>>) -> Runner {
        Runner {
            id: RunnerId(4),
            name: name.to_owned(),
            cluster_ids: [ClusterId(1), ClusterId(2)].into(),
            created_by: "Ana".into(),
            created_at: DateTime::UNIX_EPOCH,
            seen_at,
            kinds: vec![RunKind::Bash, RunKind::Sql],
            serves: [ClusterId(1), ClusterId(2)].into(),
            max_parallel: None,
            program_version: None,
            running: Vec::new(),
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(9)
    }

    fn shown(runner: Runner) -> ShownRunners {
        ShownRunners {
            listed: ListedRunners {
                runners: vec![runner],
                at: now(),
            },
            runs: Vec::new(),
            clusters: vec![
                (ClusterId(1), "prod-eu".to_owned()),
                (ClusterId(2), "prod us".to_owned()),
            ],
        }
    }

    #[test]
    fn a_runner_was_seen_seconds_ago_or_is_away_from_a_minute_on() {
        let text = |seconds| seen_text(Some(now() - TimeDelta::seconds(seconds)), now());
        let texts = [-3, 4, 5, 59, 60, 150, 3_600, 90_000].map(text);
        let expected = [
            "Just now",
            "Just now",
            "5 s ago",
            "59 s ago",
            "Not seen for 1 min",
            "Not seen for 2 min",
            "Not seen for 1 h",
            "Not seen for 1 day",
        ];
        assert_eq!(texts, expected);
        assert_eq!(seen_text(None, now()), "Never");
        let html = |seconds, running| {
            let seen_at = Some(now() - TimeDelta::seconds(seconds));
            runners_html(&shown(Runner {
                running,
                ..runner("eu-1", seen_at)
            }))
        };
        assert!(html(59, Vec::new()).contains("Idle"));
        assert!(html(60, Vec::new()).contains("Away") && !html(60, Vec::new()).contains("Idle"));
        // Also while its lease has not run out.
        let (busy, gone) = (html(59, vec![RunId(1)]), html(60, vec![RunId(1)]));
        assert!(busy.contains("1 run") && !busy.contains("Away") && !busy.contains("Idle"));
        assert!(gone.contains("1 run") && gone.contains("Away"));
    }

    #[test]
    fn a_runner_that_ended_properly_is_not_connected_from_then_on() {
        for seconds in [0, 59, 3_600] {
            let mut ended = runner("eu-1", Some(now() - TimeDelta::seconds(seconds)));
            ended.serves = BTreeSet::new();
            ended.max_parallel = Some(0);
            let html = runners_html(&shown(ended));
            assert!(html.contains("Not connected"), "{html}");
            assert!(!html.contains("Idle") && !html.contains("Away"), "{html}");
        }
    }

    #[test]
    fn a_row_says_what_a_runner_may_fetch_and_what_it_was_started_for() {
        let html = runners_html(&shown(runner("eu-1", Some(now()))));
        for part in ["prod-eu, prod us", "bash, sql", "Idle", "data-delete=\"4\""] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("Started for"));
        let mut narrow = runner("eu-1", Some(DateTime::UNIX_EPOCH));
        narrow.serves = [ClusterId(1)].into();
        let html = runners_html(&shown(narrow));
        assert!(html.contains("Started for prod-eu<") && html.contains("Away"));
        let fresh = runners_html(&shown(runner("eu-1", None)));
        assert!(fresh.contains("Never") && !fresh.contains("Started for"));
        assert!(fresh.contains("Not connected"));
    }

    #[test]
    fn hostile_names_of_runners_stay_text() {
        let mut hostile = shown(runner(HOSTILE, None));
        hostile.clusters[0].1 = HOSTILE.to_owned();
        // The name, the label of its button, a cluster.
        assert_escaped(&runners_html(&hostile), 3);
    }
}
