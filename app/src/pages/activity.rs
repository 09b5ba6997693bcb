//! Everything that happened, newest first.
use super::{fetch::Fetch, loaded};
use crate::{
    api::overview::list_activity,
    components::{activity_list::ActivityList, layout::page_head::PageHead},
    domain::{event::EventFilter, id::EventId},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| {
        query.with(|it| it.get("cursor").and_then(|it| it.parse::<EventId>().ok()))
    });
    let lines = Fetch::new(
        move || cursor.get(),
        |cursor| {
            list_activity(EventFilter {
                cursor,
                limit: Some(200),
                ..EventFilter::default()
            })
        },
    );
    loaded(lines, |page| {
        let is_empty = page.items.is_empty();
        let next = page.next_cursor.map(|it| format!("/activity?cursor={it}"));
        view! {
            <PageHead title="Activity"/>
            <div class="page__body">
                {if is_empty {
                    view! {
                        <div class="card empty">
                            <p>"Nothing has happened yet. Every change will be listed here, with who made it and when."</p>
                        </div>
                    }
                        .into_any()
                } else {
                    view! {
                        <div class="card activity">
                            <ActivityList lines=page.items/>
                        </div>
                    }
                        .into_any()
                }}
                {next.map(|path| view! { <p class="pager"><a class="button" href=path>"Older"</a></p> })}
            </div>
        }
    })
}
