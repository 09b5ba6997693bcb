//! Page with the list of runs, `/runs` (R75): the queue and what was run, filtered by the URL.
use super::{fetch::Fetch, loaded, loaded_part, refresh_on_change::refresh_on_runs};
use crate::{
    api::{releases::list_release_names, runs::list_runs},
    browser,
    components::{
        layout::page_head::PageHead,
        new_rows::{NewRows, tell_new},
        run_filter::{RunFilterBar, RunPageQuery},
        run_list::runs_html,
        ui::time::Clock,
    },
    domain::{
        id::RunId,
        plural::pluralize,
        run::{RunFilter, RunPage},
    },
    error::AppError,
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};
use std::collections::BTreeSet;

/// Maximum number of new runs that are read but not shown.
const NEW_RUNS_MAX: usize = 1_000;

/// The newest run that a list shows, and the filter of that list. Newer runs are held back until the person asks for them.
type NewestShown = StoredValue<Option<(RunFilter, RunId)>>;

/// The newest run that is shown, if the list has this filter.
fn newest_shown(newest: NewestShown, query: &RunPageQuery) -> Option<RunId> {
    let shown = newest.try_get_value().flatten();
    shown.filter(|it| it.0 == query.filter(None)).map(|it| it.1)
}

/// How many of the runs, newest first, are newer than the newest that is shown. None are if no other would be left.
fn new_runs(page: &RunPage, newest: Option<RunId>) -> usize {
    let is_new = |id: RunId| newest.is_some_and(|it| id > it);
    let n = page.items.iter().filter(|it| is_new(it.run.id)).count();
    if n == page.items.len() { 0 } else { n }
}

/// Reads as many pages as are shown, besides the new runs.
async fn read_runs(query: RunPageQuery, newest: Option<RunId>) -> Result<RunPage, AppError> {
    let mut read = RunPage::default();
    loop {
        let page = list_runs(query.filter(read.next)).await?;
        read.items.extend(page.items);
        read.next = page.next;
        let n = read.items.len();
        let is_enough = n - new_runs(&read, newest) >= query.rows || n >= query.rows + NEW_RUNS_MAX;
        if read.next.is_none() || is_enough {
            return Ok(read);
        }
    }
}

/// Takes the new runs out of a page, and what is then too many at its end. Answers how many are new.
fn hold_back(page: &mut RunPage, newest: Option<RunId>, rows: usize) -> usize {
    let n = new_runs(page, newest);
    page.items.drain(..n);
    if n > 0 && page.items.len() > rows {
        page.items.truncate(rows);
        page.next = page.items.last().map(|it| it.run.id);
    }
    n
}

/// The page: the filter stays while its results are fetched.
#[component]
pub fn RunsPage() -> impl IntoView {
    let parameters = use_query_map();
    let here = use_location().pathname;
    // While the router goes to another page, the query already belongs to that page.
    let query = Memo::new(move |before: Option<&RunPageQuery>| match before {
        Some(before) if here.get() != paths::RUNS => before.clone(),
        _ => parameters.with(|it| RunPageQuery::parse(|key| it.get(key))),
    });
    let navigate = use_navigate();
    let on_query = Callback::new(move |query: RunPageQuery| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&query.address(), options);
    });
    let releases = Fetch::new(|| (), |()| list_release_names());
    let newest: NewestShown = StoredValue::new(None);
    let runs = Fetch::new(
        // By default once the page is gone: a resource may ask once more.
        move || query.try_get().unwrap_or_default(),
        move |query: RunPageQuery| {
            let newest = newest_shown(newest, &query);
            read_runs(query, newest)
        },
    );
    let news = RwSignal::new(None::<String>);
    let on_show = Callback::new(move |()| {
        newest.set_value(None);
        news.set(None);
        runs.refetch();
    });
    refresh_on_runs(runs.refetch_callback());
    // Whoever has run something is offered from then on.
    let runners = RwSignal::new(BTreeSet::new());
    let rows_before = StoredValue::new(None::<usize>);
    loaded(releases, move |releases| {
        view! {
            <PageHead title="Runs"/>
            <div class="page__body stack stack-s">
                <RunFilterBar releases=releases query=query runners=runners on_query=on_query/>
                <NewRows text=news on_show=on_show/>
                {loaded_part(
                    runs,
                    move |mut page| {
                        let query = query.get_untracked();
                        let before = newest_shown(newest, &query);
                        let n = hold_back(&mut page, before, query.rows);
                        tell_new(news, (n > 0).then(|| pluralize(n, "new run")));
                        let first = page.items.first().map(|it| it.run.id);
                        let shown = first.max(before).map(|it| (query.filter(None), it));
                        let _ = newest.try_set_value(shown);
                        show(page, query, runners, rows_before)
                    },
                )}
            </div>
        }
    })
}

/// The list. Its times become the person's own once the page is live.
fn show(
    page: RunPage,
    query: RunPageQuery,
    runners: RwSignal<BTreeSet<String>>,
    rows_before: StoredValue<Option<usize>>,
) -> impl IntoView {
    let names = page.items.iter().filter_map(|it| it.run.runner.clone());
    let names: BTreeSet<String> = names.collect();
    if !runners.with_untracked(|it| it.is_superset(&names)) {
        runners.update(|it| it.extend(names));
    }
    focus_first_new(rows_before, query.rows);
    let clock = Clock::from_context();
    let html = move || {
        let now = clock.now.get_untracked();
        runs_html(&page, &query, now, |at| clock.time(at))
    };
    view! { <div inner_html=html></div> }
}

/// Focuses the first of the rows that "Show more" has added, as the link is gone that was pressed.
fn focus_first_new(rows_before: StoredValue<Option<usize>>, rows: usize) {
    let before = rows_before.try_update_value(|it| it.replace(rows));
    if before.flatten().is_some_and(|it| it < rows) {
        browser::dom::after_paint(|| {
            if browser::dom::nothing_is_focused() {
                browser::dom::focus("[data-first] a");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::{Run, RunListRow};

    fn page(ids: &[i64], next: Option<i64>) -> RunPage {
        let rows = ids.iter().map(|id| RunListRow {
            run: Run {
                id: RunId(*id),
                ..Run::example()
            },
            step: String::new(),
            customer: String::new(),
            namespace: String::new(),
            cluster: String::new(),
            release: String::new(),
        });
        RunPage {
            items: rows.collect(),
            next: next.map(RunId),
        }
    }

    #[test]
    fn new_runs_are_held_back_and_the_list_keeps_its_length() {
        let mut shown = page(&[9, 8, 6, 5, 4], None);
        assert_eq!(hold_back(&mut shown, Some(RunId(7)), 2), 2);
        assert_eq!(shown, page(&[6, 5], Some(5)));
        let mut all = page(&[9, 8, 6], Some(6));
        assert_eq!(hold_back(&mut all, None, 2), 0);
        assert_eq!(all, page(&[9, 8, 6], Some(6)));
    }

    #[test]
    fn where_no_run_was_shown_the_first_ones_are() {
        let mut shown = page(&[9, 8], None);
        assert_eq!(hold_back(&mut shown, Some(RunId(7)), 100), 0);
        assert_eq!(shown, page(&[9, 8], None));
        assert_eq!(hold_back(&mut RunPage::default(), Some(RunId(7)), 100), 0);
    }
}
