//! Activity page, `/activity`: the history of all records, newest first, one line per batch, filtered by the URL.
use super::{
    fetch::Fetch,
    loaded, loaded_part,
    undo_requests::{UndoRequest, UndoRequests},
};
use crate::{
    api::activity::{list_activity, read_activity_choices},
    browser::{self, foreign_changes::on_change},
    components::{
        activity_filter::{ActivityFilter, ActivityQuery, start_of_utc_day},
        activity_log::{ActivityLog, UndoOutcome},
        layout::page_head::PageHead,
        ui::{follow_effect::follow, notice::sentence, time::Clock, toast::Toasts},
    },
    domain::{event::ListPage, foreign_change::ForeignChange, id::BatchId, summary::NamedEvent},
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
    let navigate = use_navigate();
    let on_query = Callback::new(move |query: ActivityQuery| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&query.address(), options);
    });
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
        |(query, is_local): (ActivityQuery, bool)| {
            list_activity(query.filter(if is_local {
                browser::local_time::start_of_day
            } else {
                start_of_utc_day
            }))
        },
    );
    let undo_outcome = RwSignal::new(None::<UndoOutcome>);
    let news = RwSignal::new(NewEvents::default());
    on_change(move |change| news.update(|it| it.add(&change)));
    // Whatever page of the history is fetched has all that happened until then.
    follow(move |_| {
        filter.track();
        news.set(NewEvents::default());
    });
    let on_show = move |_| {
        news.set(NewEvents::default());
        lines.refetch();
    };
    let new_events = move || {
        let text = news.with(NewEvents::text);
        text.map(|text| {
            view! {
                <p class="row" role="status">
                    <button class="button" type="button" on:click=on_show>
                        {format!("{text} · Show")}
                    </button>
                </p>
            }
        })
    };
    loaded(choices, move |choices| {
        view! {
            <PageHead title="Activity"/>
            <div class="page__body stack">
                <ActivityFilter choices=choices query=filter on_query=on_query/>
                {new_events}
                {loaded_part(lines, move |page| show(page, filter, lines, undo_outcome))}
            </div>
        }
    })
}

/// What has happened since the list was fetched. It is not put into a list that is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct NewEvents {
    n: usize,
    /// Whether there are more than were counted.
    has_more: bool,
}

impl NewEvents {
    fn add(&mut self, change: &ForeignChange) {
        match &change.events {
            Some(events) => self.n += events.len(),
            None => self.has_more = true,
        }
    }

    /// "3 new events"; none if nothing happened.
    fn text(&self) -> Option<String> {
        match (self.n, self.has_more) {
            (0, false) => None,
            (0, true) => Some("New events".to_owned()),
            (n, true) => Some(format!("{n}+ new events")),
            (1, false) => Some("1 new event".to_owned()),
            (n, false) => Some(format!("{n} new events")),
        }
    }
}

/// One page of the history, with links to the newest and to older pages.
fn show(
    page: ListPage<NamedEvent>,
    filter: Memo<ActivityQuery>,
    lines: Fetch<ListPage<NamedEvent>>,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
) -> impl IntoView {
    let now = filter.get_untracked();
    let is_single_batch = !now.get("batch").is_empty();
    let is_first = now.get("cursor").is_empty();
    let (is_empty, is_filtered) = (page.items.is_empty(), now.is_filtered());
    let older = page
        .next_cursor
        .map(|it| now.with("cursor", &it.to_string()).address());
    let newest = (!is_first).then(|| now.with("cursor", "").address());
    let (requests, toasts) = (UndoRequests::from_context(), Toasts::from_context());
    let on_undo = Callback::new(move |batch: BatchId| {
        requests.send(UndoRequest {
            batch: batch.clone(),
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
                        UndoOutcome::Refused(batch.clone(), sentence(&error.to_string()))
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
            let text = if is_filtered {
                "No matching activity."
            } else {
                "Nothing has happened yet. Every change will be listed here, with who made it and when."
            };
            view! {
                <div class="card empty">
                    <p>{text}</p>
                    {is_filtered.then(|| view! { <a class="button" href=paths::ACTIVITY>"Clear the filter"</a> })}
                </div>
            }
                .into_any()
        } else {
            view! {
                <div class="card activity">
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
    fn new_events_are_counted_until_they_are_shown() {
        let mut news = NewEvents::default();
        assert_eq!(news.text(), None);
        news.add(&ForeignChange::parse("1\nJonas\n1\nstep 7 done 1 4"));
        assert_eq!(news.text().as_deref(), Some("1 new event"));
        let two = "1\nJonas\n1\nstep 7 skip 1 4\nstep 8 skip 1 4";
        news.add(&ForeignChange::parse(two));
        assert_eq!(news.text().as_deref(), Some("3 new events"));
        news.add(&ForeignChange::parse("1\nJonas\n1\n*"));
        assert_eq!(news.text().as_deref(), Some("3+ new events"));
    }
}
