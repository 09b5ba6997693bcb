//! Lists of clusters, customers and releases that are searched, sorted and filtered as the person types. A list is HTML
//! text with one event listener, because a thousand reactive rows would be slow; the server renders the same text.
pub mod clusters;
pub mod customers;
pub mod list_query;
pub mod releases;
pub mod table_html;

use super::ui::icon::Icon;
use crate::{browser::dom, domain::digit_groups::grouped};
use leptos::{ev, prelude::*};
use list_query::{ListQuery, PAGE_ROWS, sort_in};
use table_html::RenderedList;

/// How many table rows are replaced at once while the person types, more than a screen shows.
const FIRST_ROWS: usize = 36;
/// When the remaining rows follow after the last change, in milliseconds.
const REMAINING_ROWS_DELAY_MS: u32 = 150;

const SEARCH_SELECTOR: &str = "#search";
const LIST_SELECTOR: &str = "#list";

/// The search field of a list, its filters as children, and the switch for inactive records. Without JavaScript it is a
/// plain GET form.
#[component]
pub fn SearchBar(
    path: &'static str,
    query: RwSignal<ListQuery>,
    label: &'static str,
    /// How many records are inactive; without it there is no switch.
    #[prop(optional, into)]
    n_inactive: Option<usize>,
    /// The filters.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let first = query.get_untracked();
    let sort = (!first.sort.is_empty())
        .then(|| view! { <input type="hidden" name="sort" value=first.sort.clone()/> });
    let cluster = first
        .cluster
        .map(|it| view! { <input type="hidden" name="cluster" value=it.to_string()/> });
    let shows = first.inactive;
    let plain = r#"<button class="button" type="submit">Search</button>"#.to_owned();
    let switch = n_inactive.map(|n| {
        view! {
            <label class="switch">
                <input
                    class="check"
                    type="checkbox"
                    role="switch"
                    name="includeInactive"
                    value="true"
                    checked=shows
                    prop:checked=move || query.with(|it| it.inactive)
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        query.update(|it| it.inactive = is_on);
                    }
                />
                "Show inactive"
                <span class="count">{grouped(n)}</span>
            </label>
        }
    });
    view! {
        <form class="listbar" role="search" method="get" action=path on:submit=move |event| event.prevent_default()>
            <div class="search">
                <Icon name="i-search"/>
                <input
                    class="input"
                    type="search"
                    id="search"
                    name="q"
                    autocomplete="off"
                    aria-label=label
                    aria-keyshortcuts="/"
                    placeholder="Filter"
                    value=first.text
                    prop:value=move || query.with(|it| it.text.clone())
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        query.update(|it| {
                            it.text = text;
                            it.rows = PAGE_ROWS;
                        });
                    }
                />
                <kbd class="live-only" aria-hidden="true">"/"</kbd>
            </div>
            {sort}
            {cluster}
            {children.map(|children| children())}
            {switch}
            <noscript inner_html=plain></noscript>
        </form>
    }
}

/// A filter beside the search, `type` or `status`; an empty value shows all.
#[component]
pub fn ListFilter(
    query: RwSignal<ListQuery>,
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
) -> impl IntoView {
    let chosen = query.with_untracked(|it| it.choice(name).to_owned());
    let options = options
        .into_iter()
        .map(|(key, label)| {
            let is_chosen = key == chosen;
            view! { <option value=key selected=is_chosen>{label}</option> }
        })
        .collect_view();
    view! {
        <select
            class="input"
            name=name
            aria-label=label
            prop:value=move || query.with(|it| it.choice(name).to_owned())
            on:change=move |event| {
                let value = event_target_value(&event);
                query.update(|it| it.choose(name, value));
            }
        >
            {options}
        </select>
    }
}

/// The list. After each change of the query its HTML is replaced: with a thousand rows that is faster than reactive
/// rows.
#[component]
pub fn List(query: RwSignal<ListQuery>, rendered: Memo<RenderedList>) -> impl IntoView {
    let html = rendered.with_untracked(|it| it.html.clone());
    let n_draws = StoredValue::new(0_u32);
    let draw = move |html: &str| {
        n_draws.update_value(|it| *it += 1);
        let now = n_draws.get_value();
        let is_long = query.with_untracked(|it| it.rows > PAGE_ROWS);
        let cut = html.match_indices("<tr").nth(FIRST_ROWS).map(|it| it.0);
        let Some(cut) = cut.filter(|_| !is_long) else {
            return dom::replace_content(LIST_SELECTOR, html);
        };
        dom::replace_content(LIST_SELECTOR, &html[..cut]);
        dom::after(REMAINING_ROWS_DELAY_MS, move || {
            if n_draws.try_get_value() == Some(now) {
                rendered.with_untracked(|it| dom::append_rows(LIST_SELECTOR, &it.html));
            }
        });
    };
    // Dates may have got the person's own form before the effect runs for the first time.
    let on_server = StoredValue::new(Some(html.clone()));
    Effect::new(move |_| {
        rendered.with(|it| {
            let before = on_server.try_update_value(Option::take).flatten();
            if before.is_none_or(|before| before != it.html) {
                draw(&it.html);
            }
        });
    });
    let on_click = move |event: ev::MouseEvent| {
        // With a modifier key the browser opens the link in a new tab or window.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let Some(what) = dom::closest_attribute(&event, "data-filter") else {
            return;
        };
        let Some(address) = dom::closest_attribute(&event, "href") else {
            return;
        };
        event.prevent_default();
        let parameters = address.split_once('?').map_or("", |it| it.1).to_owned();
        query.update(|it| match what.as_str() {
            "more" => *it = it.with_more(),
            "clear" => *it = it.cleared(),
            _ => it.sort = sort_in(&parameters),
        });
        match what.as_str() {
            "more" => dom::after(0, || dom::focus("[data-first] a")),
            "clear" => dom::focus(SEARCH_SELECTOR),
            _ => {}
        }
    };
    view! { <div class="card list" id="list" inner_html=html on:click=on_click></div> }
}
