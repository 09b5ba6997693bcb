//! Everything that happened, newest first: each batch once, narrowed by the address.
use super::{SerialRequest, fetch::Fetch, loaded, part};
use crate::{
    api::overview::{list_activity, read_activity_choices, undo},
    components::{
        activity_filter::{ActivityFilter, ActivityQuery},
        activity_log::{ActivityLog, UndoOutcome},
        layout::page_head::PageHead,
        ui::{notice::sentence, toast::Toasts},
    },
    domain::{
        event::ListPage,
        id::BatchId,
        summary::{NamedEvent, UndoResult},
    },
    paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let here = use_location().pathname;
    // On the way to another page the address is not ours any more.
    let asked = Memo::new(move |before: Option<&ActivityQuery>| match before {
        Some(before) if here.get() != paths::ACTIVITY => before.clone(),
        _ => query.with(|it| ActivityQuery::parse(|key| it.get(key))),
    });
    let navigate = use_navigate();
    let on_asked = Callback::new(move |asked: ActivityQuery| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&asked.address(), options);
    });
    let choices = Fetch::new(|| (), |()| read_activity_choices());
    let lines = Fetch::new(
        move || asked.get(),
        |asked: ActivityQuery| list_activity(asked.filter()),
    );
    let undid = RwSignal::new(None::<UndoOutcome>);
    loaded(choices, move |choices| {
        view! {
            <PageHead title="Activity"/>
            <div class="page__body stack">
                <ActivityFilter choices=choices asked=asked on_asked=on_asked/>
                {part(lines, move |page| show(page, asked, lines, undid))}
            </div>
        }
    })
}

/// "Undone: 12 restored. The record changed, not the cluster."
fn outcome(result: &UndoResult) -> String {
    let mut text = format!(
        "Undone: {} restored. The record changed, not the cluster",
        result.restored
    );
    if let Some(conflict) = result.conflicts.first() {
        let n = result.conflicts.len();
        text = format!("{text}. {n} left alone: {}", conflict.reason);
        if let Some(by) = &conflict.changed_by {
            text = format!("{text} by {by}");
        }
    }
    text
}

fn show(
    page: ListPage<NamedEvent>,
    asked: Memo<ActivityQuery>,
    lines: Fetch<ListPage<NamedEvent>>,
    undid: RwSignal<Option<UndoOutcome>>,
) -> impl IntoView {
    let now = asked.get_untracked();
    let of_one = !now.get("batch").is_empty();
    let is_first = now.get("cursor").is_empty();
    let (is_empty, narrows) = (page.items.is_empty(), now.narrows());
    let older = page
        .next_cursor
        .map(|it| now.with("cursor", &it.to_string()).address());
    let newest = (!is_first).then(|| now.with("cursor", "").address());
    let (sending, toasts) = (SerialRequest::new(), Toasts::here());
    let on_undo = Callback::new(move |batch: BatchId| {
        let request = {
            let batch = batch.clone();
            async move {
                // A refusal is said at its line, beside the button that was pressed.
                let result = undo(batch.clone()).await;
                if let Err(error) = &result {
                    let why = sentence(&error.to_string());
                    let _ = undid.try_set(Some(UndoOutcome::Refused(batch, why)));
                }
                result
            }
        };
        sending.run(request, move |result| {
            toasts.say(outcome(&result), None);
            undid.set(Some(UndoOutcome::Done(batch)));
            lines.refetch();
        });
    });
    view! {
        {of_one
            .then(|| {
                view! {
                    <p class="row">
                        <span class="muted">"One change, row by row."</span>
                        <a class="link" href=paths::ACTIVITY>"All activity"</a>
                    </p>
                }
            })}
        {if is_empty {
            let text = if narrows {
                "Nothing that happened matches the filter."
            } else {
                "Nothing has happened yet. Every change will be listed here, with who made it and when."
            };
            view! {
                <div class="card empty">
                    <p>{text}</p>
                    {narrows.then(|| view! { <a class="button" href=paths::ACTIVITY>"Clear the filter"</a> })}
                </div>
            }
                .into_any()
        } else {
            view! {
                <div class="card activity">
                    <ActivityLog lines=page.items of_one=of_one undid=undid on_undo=on_undo/>
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
