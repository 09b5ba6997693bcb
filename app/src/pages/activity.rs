//! Activity page, `/activity`: the history of all records, newest first, one line per batch, filtered by the URL.
use super::{
    fetch::Fetch,
    loaded, loaded_part,
    undo_requests::{UndoRequest, UndoRequests},
};
use crate::{
    api::activity::{count_new_activity, list_activity, read_activity_choices},
    browser::{self, foreign_changes::on_change},
    components::{
        activity_filter::{ActivityDays, ActivityFilter, ActivityQuery, start_of_utc_day},
        activity_log::{ActivityLog, UndoOutcome},
        layout::page_head::PageHead,
        new_rows::NewRows,
        ui::{follow_effect::follow, notice::sentence, time::Clock, toast::Toasts},
    },
    domain::{
        digit_groups::{grouped, grouped_count},
        event::{EventFilter, ListPage},
        id::{BatchId, EventId},
        summary::{HistoryPage, NamedEvent, SEARCHED_EVENTS_MAX},
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};
use std::sync::Arc;

/// The page: the filter stays while its results are fetched.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let here = use_location().pathname;
    // While the router goes to another page, the query already belongs to that page.
    let filter = Memo::new(move |before: Option<&ActivityQuery>| match before {
        Some(before) if here.get() != paths::ACTIVITY => before.clone(),
        _ => query.with(|it| ActivityQuery::parse(|key| it.get(key))),
    });
    let go_to = |replace: bool| {
        let navigate = use_navigate();
        Callback::new(move |query: ActivityQuery| {
            let options = NavigateOptions {
                replace,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&query.address(), options);
        })
    };
    let (on_query, on_search) = (go_to(false), go_to(true));
    let choices = Fetch::new(|| (), |()| read_activity_choices());
    let clock = Clock::from_context();
    // As the server draws it, days are UTC, as the times beside them. Once both are the person's own, a list that is narrowed
    // by days is read again.
    let is_local = Memo::new(move |_| filter.with(ActivityQuery::has_days) && clock.is_local.get());
    let lines = Fetch::new(
        // By default once the page is gone: a resource may ask once more.
        move || {
            let filter = filter.try_get().unwrap_or_default();
            (filter, is_local.try_get().unwrap_or_default())
        },
        |(query, is_local): (ActivityQuery, bool)| list_activity(event_filter(&query, is_local)),
    );
    let undo_outcome = RwSignal::new(None::<UndoOutcome>);
    let shown = StoredValue::new(None);
    let news = NewEvents::new();
    let wanted = move || {
        let query = filter.try_get_untracked()?.with("cursor", "");
        Some(event_filter(&query, is_local.try_get_untracked()?))
    };
    on_change(move |_| news.count(wanted));
    // Whatever page of the history is fetched has all that happened until then.
    follow(move |_| {
        filter.track();
        news.text.set(None);
    });
    // New events are on the newest page, whichever is shown.
    let on_show = Callback::new(move |()| {
        news.text.set(None);
        let now = filter.get_untracked();
        if now.get("cursor").is_empty() {
            lines.refetch();
        } else {
            on_query.run(now.with("cursor", ""));
        }
    });
    // What is shown, as a file: the same filter, and all pages of it.
    let download = move |format: &'static str| {
        let filter = event_filter(&filter.get(), is_local.get());
        paths::activity_download(&filter, format)
    };
    loaded(choices, move |choices| {
        view! {
            <PageHead title="Activity">
                <a class="button" data-kind="ghost" download="" rel="external" href=move || download("csv")>"CSV"</a>
                <a class="button" data-kind="ghost" download="" rel="external" href=move || download("jsonl")>"JSONL"</a>
            </PageHead>
            <div class="page__body stack">
                <ActivityFilter choices=choices query=filter on_query=on_query on_search=on_search/>
                <ActivityDays query=filter/>
                <NewRows text=news.text on_show=on_show/>
                {loaded_part(
                    lines,
                    move |page| {
                        focus_turned_page(shown, TurnedPage::of(&page.lines, &filter.get_untracked()));
                        show(page, filter, lines, news, undo_outcome)
                    },
                )}
            </div>
        }
    })
}

/// What a query asks for, by days of the person or of UTC.
fn event_filter(query: &ActivityQuery, is_local: bool) -> EventFilter {
    query.filter(if is_local {
        browser::local_time::start_of_day
    } else {
        start_of_utc_day
    })
}

/// What has happened since the list was fetched. It is not put into a list that is being read.
#[derive(Clone, Copy)]
struct NewEvents {
    /// "3 new events"; none if nothing happened that the filter lets through.
    text: RwSignal<Option<String>>,
    /// The newest event when the list was fetched.
    after: StoredValue<EventId>,
    is_counting: StoredValue<bool>,
    /// Whether something happened while it was being counted.
    is_due: StoredValue<bool>,
}

impl NewEvents {
    fn new() -> Self {
        Self {
            text: RwSignal::new(None),
            after: StoredValue::new(EventId(0)),
            is_counting: StoredValue::new(false),
            is_due: StoredValue::new(false),
        }
    }

    /// Counts what a filter lets through, by the server, which alone knows. One request at a time.
    fn count(self, wanted: impl Fn() -> Option<EventFilter> + 'static) {
        if self.is_counting.try_get_value() != Some(false) {
            let _ = self.is_due.try_set_value(true);
            return;
        }
        self.is_counting.set_value(true);
        leptos::task::spawn_local(async move {
            while let (Some(after), Some(filter)) = (self.after.try_get_value(), wanted()) {
                self.is_due.set_value(false);
                let answer = count_new_activity(after, filter.clone()).await;
                // The page may have been left, or its list fetched anew.
                let is_current =
                    self.after.try_get_value() == Some(after) && wanted() == Some(filter);
                if let Some((n, has_more)) = answer.ok().filter(|_| is_current) {
                    let _ = self.text.try_set(new_events_text(n, has_more));
                }
                if self.is_due.try_get_value() != Some(true) {
                    break;
                }
            }
            let _ = self.is_counting.try_set_value(false);
        });
    }

    /// The list was fetched; this was the newest event of all.
    fn begin_after(self, newest: EventId) {
        self.after.set_value(newest);
        if self.text.with_untracked(Option::is_some) {
            self.text.set(None);
        }
    }
}

/// "3 new events"; none if there is none.
fn new_events_text(n: usize, has_more: bool) -> Option<String> {
    match (n, has_more) {
        (0, _) => None,
        (n, true) => Some(format!("{}+ new events", grouped(n))),
        (1, false) => Some("1 new event".to_owned()),
        (n, false) => Some(format!("{} new events", grouped(n))),
    }
}

/// A page of the history that was turned to.
#[derive(Clone, PartialEq)]
struct TurnedPage {
    /// Where the address says that it begins.
    cursor: String,
    /// Its first event, and where the next page begins.
    extent: (Option<EventId>, Option<EventId>),
}

impl TurnedPage {
    fn of(page: &ListPage<NamedEvent>, query: &ActivityQuery) -> Self {
        let first = page.items.first().map(|it| it.entry.id);
        Self {
            cursor: query.get("cursor").to_owned(),
            extent: (first, page.next_cursor),
        }
    }
}

/// Focuses the head of the list if another page of the history is shown now, unless the person is elsewhere: the links that lead
/// from page to page stand at the foot. The page before may be drawn once more under the new address, which is no turn yet.
fn focus_turned_page(shown: StoredValue<Option<TurnedPage>>, now: TurnedPage) {
    let before = shown.try_get_value().flatten();
    let turns = before.as_ref().is_some_and(|it| it.cursor != now.cursor);
    if turns && before.is_some_and(|it| it.extent == now.extent) {
        return;
    }
    let _ = shown.try_set_value(Some(now));
    if turns {
        browser::dom::after_paint(|| {
            // The heading may have been given it meanwhile, because nothing had it.
            let is_elsewhere =
                !browser::dom::exists("#main :is(nav[aria-label=Pages] :focus, h1:focus)");
            if !is_elsewhere || browser::dom::nothing_is_focused() {
                browser::dom::focus_text(".log__day, #main .empty p");
            }
        });
    }
}

/// What is said if a search has found nothing so far.
fn unfound_text(is_first: bool) -> String {
    let n = grouped_count(SEARCHED_EVENTS_MAX);
    if is_first {
        format!("Nothing found among the newest {n} events.")
    } else {
        format!("Nothing found among {n} earlier events.")
    }
}

/// One page of the history, with links to the newest and to older pages.
fn show(
    page: HistoryPage,
    filter: Memo<ActivityQuery>,
    lines: Fetch<HistoryPage>,
    news: NewEvents,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
) -> impl IntoView {
    news.begin_after(page.newest);
    let page = page.lines;
    let now = filter.get_untracked();
    let is_single_batch = !now.get("batch").is_empty();
    let is_first = now.get("cursor").is_empty();
    let (is_empty, is_filtered) = (page.items.is_empty(), now.is_filtered());
    let older = page
        .next_cursor
        .map(|it| now.with("cursor", &it.to_string()).address());
    let newest = (!is_first).then(|| now.with("cursor", "").address());
    // A search of a long history ends before the history does.
    let further = older.clone().filter(|_| is_empty);
    let older = older.filter(|_| !is_empty);
    let (requests, toasts) = (UndoRequests::from_context(), Toasts::from_context());
    let on_undo = Callback::new(move |batches: Vec<BatchId>| {
        let Some((batch, others)) = batches.split_first() else {
            return;
        };
        let (batch, others) = (batch.clone(), others.to_vec());
        requests.send(UndoRequest {
            batch: batch.clone(),
            others,
            asks: true,
            on_end: Arc::new(move |answer| {
                let outcome = match answer {
                    None => return,
                    Some(Ok(result)) => {
                        toasts.show(result.message, None);
                        UndoOutcome::Done(batch.clone())
                    }
                    // A refusal is shown in its line, below the button that was pressed.
                    Some(Err(error)) => {
                        UndoOutcome::Refused(batches.clone(), sentence(&error.to_string()))
                    }
                };
                let is_done = matches!(outcome, UndoOutcome::Done(_));
                let is_left = undo_outcome.try_set(Some(outcome)).is_some();
                if is_done && !is_left {
                    lines.refetch();
                }
            }),
        });
    });
    view! {
        {is_single_batch
            .then(|| {
                view! {
                    <p class="row">
                        <span class="muted">"One change, row by row."</span>
                        <a class="link" href=paths::ACTIVITY>"All activity"</a>
                    </p>
                }
            })}
        {if is_empty {
            let text = if further.is_some() {
                unfound_text(is_first)
            } else if is_filtered {
                "No matching activity.".to_owned()
            } else {
                "Nothing has happened yet. Every change will be listed here, with who made it and when."
                    .to_owned()
            };
            view! {
                <div class="card empty">
                    <p>{text}</p>
                    {further.map(|path| view! { <a class="button" href=path>"Search further"</a> })}
                    {is_filtered.then(|| view! { <a class="button" href=paths::ACTIVITY>"Clear the filter"</a> })}
                </div>
            }
                .into_any()
        } else {
            view! {
                <div>
                    <ActivityLog lines=page.items is_single_batch=is_single_batch undo_outcome=undo_outcome on_undo=on_undo/>
                </div>
            }
                .into_any()
        }}
        {(newest.is_some() || older.is_some())
            .then(|| {
                view! {
                    <nav class="row" aria-label="Pages">
                        {newest.map(|path| view! { <a class="button" href=path>"Newest"</a> })}
                        {older.map(|path| view! { <a class="button" href=path>"Older"</a> })}
                    </nav>
                }
            })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_events_are_told_by_their_number() {
        assert_eq!(new_events_text(0, false), None);
        assert_eq!(new_events_text(1, false).as_deref(), Some("1 new event"));
        assert_eq!(new_events_text(3, false).as_deref(), Some("3 new events"));
        assert_eq!(
            unfound_text(true),
            "Nothing found among the newest 50,000 events."
        );
        assert_eq!(new_events_text(50, true).as_deref(), Some("50+ new events"));
    }
}
