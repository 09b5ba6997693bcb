//! Two-way binding of a list's query and the URL's query parameters.
use crate::components::list::list_query::ListQuery;
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

/// The query in the URL. The URL follows each change of it, without a new entry in the browser's history.
pub fn list_query(path: &'static str) -> RwSignal<ListQuery> {
    let query = use_query_map();
    let here = use_location().pathname;
    let list = RwSignal::new(query.with_untracked(|it| ListQuery::parse(|key| it.get(key))));
    let navigate = use_navigate();
    Effect::new(move |before: Option<()>| {
        let address = list.with(|it| it.address(path));
        if before.is_some() {
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&address, options);
        }
    });
    // A link to the same list changes the URL as well. While the router goes to another page, the parameters belong to
    // that page.
    Effect::new(move |before: Option<()>| {
        let in_url = query.with(|it| ListQuery::parse(|key| it.get(key)));
        let is_ours = here.get_untracked() == path;
        if before.is_some() && is_ours && list.with_untracked(|it| *it != in_url) {
            list.set(in_url);
        }
    });
    list
}
