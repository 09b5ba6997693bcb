//! The filter of the list of runs (R75). What it asks for are query parameters of the URL, so that a filtered list can be linked;
//! without JavaScript it is a plain GET form.
use super::ui::html::{names_html, options_html};
use crate::{
    browser,
    domain::{
        id::{ReleaseId, RunId},
        run::{RunFilter, RunState},
    },
    paths,
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// How many runs are shown at first, and how many more with each press of "Show more".
const PAGE_RUNS: usize = 100;
/// Upper limit of the runs on one page.
const RUNS_MAX: usize = 1_000;
/// The choice of a state for the queue: all runs that are not over.
const UNFINISHED: &str = "unfinished";

/// What the list shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunPageQuery {
    /// The word of a state, or `unfinished`; empty for all.
    state: String,
    /// The whole name of a runner; empty for all.
    runner: String,
    release: Option<ReleaseId>,
    /// How many runs are shown at most.
    pub rows: usize,
}

impl Default for RunPageQuery {
    fn default() -> Self {
        Self {
            state: String::new(),
            runner: String::new(),
            release: None,
            rows: PAGE_RUNS,
        }
    }
}

impl RunPageQuery {
    /// Reads the parameters from a URL; invalid values are ignored.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| get(key).unwrap_or_default();
        let rows = text("rows").parse().unwrap_or(PAGE_RUNS);
        let query = Self {
            rows: rows.clamp(PAGE_RUNS, RUNS_MAX),
            ..Self::default()
        };
        query
            .with("state", &text("state"))
            .with("runner", &text("runner"))
            .with("release", &text("release"))
    }

    /// A copy with another value for a filter.
    fn with(&self, key: &str, value: &str) -> Self {
        let mut this = self.clone();
        let value = value.trim();
        match key {
            "state" if value == UNFINISHED || value.parse::<RunState>().is_ok() => {
                value.clone_into(&mut this.state);
            }
            "state" => this.state.clear(),
            "runner" => value.clone_into(&mut this.runner),
            _ => this.release = value.parse().ok(),
        }
        this
    }

    /// The same after a person has chosen: the list starts with the newest.
    fn chosen(&self, key: &str, value: &str) -> Self {
        Self {
            rows: PAGE_RUNS,
            ..self.with(key, value)
        }
    }

    /// The value of a filter; empty if it lets all through.
    fn get(&self, key: &str) -> String {
        match key {
            "state" => self.state.clone(),
            "runner" => self.runner.clone(),
            _ => self.release.map(|it| it.to_string()).unwrap_or_default(),
        }
    }

    /// The URL of the list with these parameters; defaults are left out.
    pub fn address(&self) -> String {
        let rows = Some(self.rows).filter(|it| *it != PAGE_RUNS);
        let parts = [
            ("state", self.state.clone()),
            ("runner", self.runner.clone()),
            ("release", self.get("release")),
            ("rows", rows.map(|it| it.to_string()).unwrap_or_default()),
        ];
        paths::with_query(paths::RUNS.to_owned(), &parts)
    }

    /// Whether any filter is set.
    pub(super) fn is_filtered(&self) -> bool {
        !self.state.is_empty() || !self.runner.is_empty() || self.release.is_some()
    }

    /// The query with more runs; none if there are as many as there may be.
    pub(super) fn with_more(&self) -> Option<Self> {
        let rows = (self.rows + PAGE_RUNS).min(RUNS_MAX);
        (rows > self.rows).then(|| Self {
            rows,
            ..self.clone()
        })
    }

    /// Whether a row is the first one added by the last "Show more".
    pub(super) fn is_first_new(&self, index: usize) -> bool {
        index > 0 && index + PAGE_RUNS == self.rows
    }

    /// The filter for the server, for the page that follows a run.
    pub fn filter(&self, before: Option<RunId>) -> RunFilter {
        RunFilter {
            release_id: self.release,
            state: self.state.parse().ok(),
            runner: Some(self.runner.clone()).filter(|it| !it.is_empty()),
            is_unfinished: self.state == UNFINISHED,
            before,
            limit: u32::try_from(PAGE_RUNS).ok(),
            ..RunFilter::default()
        }
    }
}

/// The filter's fields. Each change navigates to the filtered list; without JavaScript the button does.
#[component]
pub fn RunFilterBar(
    releases: Vec<(ReleaseId, String)>,
    query: Memo<RunPageQuery>,
    /// The runners that are offered.
    runners: RwSignal<BTreeSet<String>>,
    on_query: Callback<RunPageQuery>,
) -> impl IntoView {
    let now = query.get_untracked();
    let states = RunState::ALL.iter().map(|it| (it.to_string(), it.label()));
    let queue = std::iter::once((UNFINISHED.to_owned(), "Queued and running"));
    let states = options_html("All states", queue.chain(states), &now.get("state"));
    let releases = releases.iter().map(|it| (it.0.to_string(), it.1.as_str()));
    let releases = options_html("All releases", releases, &now.get("release"));
    let select = |name: &'static str, label: &'static str, options: String| {
        view! {
            <select
                class="input"
                name=name
                aria-label=label
                inner_html=options
                prop:value=move || query.with(|it| it.get(name))
            ></select>
        }
    };
    let plain = r#"<button class="button" type="submit">Filter</button>"#.to_owned();
    let change = move |event: leptos::ev::Event| {
        if let Some(name) = browser::dom::closest_attribute(&event, "name") {
            let value = event_target_value(&event);
            on_query.run(query.with_untracked(|it| it.chosen(&name, &value)));
        }
    };
    view! {
        <form
            class="listbar activity__filter"
            role="search"
            aria-label="Filter the runs"
            method="get"
            action=paths::RUNS
            on:change=change
            on:submit=move |event| event.prevent_default()
        >
            {select("state", "State", states)}
            <input
                class="input"
                type="text"
                name="runner"
                list="run-runners"
                autocomplete="off"
                aria-label="Runner"
                placeholder="Runner"
                value=now.runner
                prop:value=move || query.with(|it| it.runner.clone())
            />
            <datalist id="run-runners" inner_html=move || runners.with(|it| names_html(it.iter().map(String::as_str)))></datalist>
            {select("release", "Release", releases)}
            <noscript inner_html=plain></noscript>
            {move || {
                query
                    .with(RunPageQuery::is_filtered)
                    .then(|| view! { <a class="button" data-kind="ghost" href=paths::RUNS>"Clear the filter"</a> })
            }}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};

    fn query(values: &[(&str, &str)]) -> RunPageQuery {
        RunPageQuery::parse(|key| {
            let found = values.iter().find(|it| it.0 == key);
            found.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn the_url_is_read_as_a_filter_and_what_cannot_be_is_left_out() {
        let it = query(&[("state", "failed"), ("runner", " eu-1 "), ("release", "7")]);
        let filter = it.filter(Some(RunId(90)));
        assert_eq!(filter.state, Some(RunState::Failed));
        assert_eq!(filter.runner.as_deref(), Some("eu-1"));
        assert_eq!(filter.release_id, Some(ReleaseId(7)));
        assert_eq!(filter.before, Some(RunId(90)));
        assert_eq!(it.address(), "/runs?state=failed&runner=eu-1&release=7");
        let queue = query(&[("state", "unfinished"), ("rows", "300")]);
        let filter = queue.filter(None);
        assert!(filter.is_unfinished && filter.state.is_none());
        assert_eq!(queue.address(), "/runs?state=unfinished&rows=300");
        let odd = query(&[("state", "x"), ("release", "x"), ("rows", "-1")]);
        assert_eq!(odd, RunPageQuery::default());
        assert!(!odd.is_filtered() && queue.is_filtered());
        assert_eq!(query(&[("rows", "99999")]).rows, RUNS_MAX);
    }

    #[test]
    fn another_filter_starts_with_the_newest() {
        let it = query(&[("rows", "300"), ("runner", "eu-1")]);
        assert_eq!(
            it.chosen("state", "lost").address(),
            "/runs?state=lost&runner=eu-1"
        );
        assert_eq!(it.chosen("runner", "").address(), "/runs");
    }

    #[test]
    fn hostile_names_stay_text_in_the_filter_of_runs() {
        let choices = [(HOSTILE.to_owned(), HOSTILE)];
        let html = options_html(HOSTILE, choices.into_iter(), HOSTILE);
        assert!(html.contains(" selected>"));
        assert_escaped(&html, 3);
        assert_escaped(&names_html([HOSTILE].into_iter()), 1);
    }
}
