//! What is wanted of a list, and the address that says so.
use crate::components::list::ListQuery;
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

/// What the address asks of the list; the address follows what is typed and chosen, without a new entry in the history.
pub fn listing(path: &'static str) -> RwSignal<ListQuery> {
    let query = use_query_map();
    let here = use_location().pathname;
    let wanted = RwSignal::new(query.with_untracked(|it| ListQuery::parse(|key| it.get(key))));
    let navigate = use_navigate();
    Effect::new(move |before: Option<()>| {
        let address = wanted.with(|it| it.address(path));
        if before.is_some() {
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&address, options);
        }
    });
    // The address may also change by itself, by a link to the same list. On the way to another page it is not ours.
    Effect::new(move |before: Option<()>| {
        let there = query.with(|it| ListQuery::parse(|key| it.get(key)));
        let is_ours = here.get_untracked() == path;
        if before.is_some() && is_ours && wanted.with_untracked(|it| *it != there) {
            wanted.set(there);
        }
    });
    wanted
}
