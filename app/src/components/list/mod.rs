//! Lists that are searched, sorted and counted as one types. They are written as text and have one listener: a thousand
//! reactive rows would be slow to make and slow to change. The server writes the same text, so they are there at once.
pub mod clusters;
pub mod customers;
pub mod releases;

use super::{
    matrix::state::LETTERS_KEY,
    ui::{html::put, icon::Icon, text_area::escape},
};
use crate::{browser::dom, domain::matrix_filter::lower, paths};
use leptos::{ev, prelude::*};

/// How many rows are drawn at first, and how many more at a time.
pub const ROWS: usize = 200;
const ROWS_MAX: usize = 20_000;

/// As one types, so many are drawn at once, more than a screen shows; the others once the typing rests.
const SEEN: usize = 36;
const REST: u32 = 150;

/// Where `/` and the search go.
const SEARCH: &str = "#search";
const LIST: &str = "#list";

/// What is wanted of a list. It lives in the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    pub text: String,
    /// A column's key, with a minus before it from the last to the first. Nothing: as the list comes.
    pub sort: String,
    pub inactive: bool,
    pub rows: usize,
    /// Of releases.
    pub kind: String,
    pub status: String,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            text: String::new(),
            sort: String::new(),
            inactive: false,
            rows: ROWS,
            kind: String::new(),
            status: String::new(),
        }
    }
}

impl ListQuery {
    /// From the address; what makes no sense there is ignored.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| get(key).unwrap_or_default();
        Self {
            text: text("q"),
            sort: text("sort"),
            inactive: get("includeInactive").is_some(),
            rows: text("rows").parse().unwrap_or(ROWS).clamp(ROWS, ROWS_MAX),
            kind: text("type"),
            status: text("status"),
        }
    }

    /// The address of the list as it is wanted.
    pub fn address(&self, path: &str) -> String {
        let rows = if self.rows == ROWS {
            String::new()
        } else {
            self.rows.to_string()
        };
        let inactive = if self.inactive { "true" } else { "" };
        let parts = [
            ("q", self.text.clone()),
            ("type", self.kind.clone()),
            ("status", self.status.clone()),
            ("sort", self.sort.clone()),
            ("includeInactive", inactive.to_owned()),
            ("rows", rows),
        ];
        paths::with_query(path.to_owned(), &parts)
    }

    /// The column that is sorted by, and whether from the last to the first.
    pub fn order<'a>(&'a self, otherwise: &'a str) -> (&'a str, bool) {
        let sort = if self.sort.is_empty() {
            otherwise
        } else {
            &self.sort
        };
        sort.strip_prefix('-')
            .map_or((sort, false), |it| (it, true))
    }

    /// What is typed, as it is compared.
    fn needle(&self) -> String {
        lower(self.text.trim())
    }

    /// Whether something is left out that the list would show.
    fn narrows(&self) -> bool {
        !self.text.trim().is_empty() || !self.kind.is_empty() || !self.status.is_empty()
    }

    /// After a column's head was pressed: numbers begin with the largest.
    fn sorted_by(&self, column: &ListColumn, otherwise: &str) -> Self {
        let (key, falls) = self.order(otherwise);
        let falls = if key == column.key {
            !falls
        } else {
            column.is_number
        };
        let minus = if falls { "-" } else { "" };
        let sort = format!("{minus}{}", column.key);
        Self {
            sort: if sort == otherwise {
                String::new()
            } else {
                sort
            },
            ..self.clone()
        }
    }

    fn choice(&self, name: &str) -> &str {
        if name == "type" {
            &self.kind
        } else {
            &self.status
        }
    }

    fn choose(&mut self, name: &str, value: String) {
        self.rows = ROWS;
        if name == "type" {
            self.kind = value;
        } else {
            self.status = value;
        }
    }

    fn with_more(&self) -> Self {
        Self {
            rows: self.rows + ROWS,
            ..self.clone()
        }
    }

    /// As before anything was typed or chosen; what was hidden stays hidden.
    fn cleared(&self) -> Self {
        Self {
            sort: self.sort.clone(),
            inactive: self.inactive,
            ..Self::default()
        }
    }
}

/// A column of a list. Without a key it is not sorted by.
struct ListColumn {
    key: &'static str,
    label: &'static str,
    is_number: bool,
}

const fn words(key: &'static str, label: &'static str) -> ListColumn {
    ListColumn {
        key,
        label,
        is_number: false,
    }
}

const fn number(key: &'static str, label: &'static str) -> ListColumn {
    ListColumn {
        key,
        label,
        is_number: true,
    }
}

/// A list as it is drawn: its table, and how many it shows of how many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedList {
    pub html: String,
    pub said: String,
}

/// The heads of the columns; each is a link to the list in its order, which also works without JavaScript.
fn heads(
    html: &mut String,
    path: &str,
    wanted: &ListQuery,
    columns: &[ListColumn],
    otherwise: &str,
) {
    let (by, falls) = wanted.order(otherwise);
    html.push_str("<thead><tr>");
    for column in columns {
        let (key, label) = (column.key, column.label);
        let class = if column.is_number {
            r#" class="num""#
        } else {
            ""
        };
        if key.is_empty() {
            put!(html, r#"<th scope="col"{class}>{label}</th>"#);
            continue;
        }
        let sorted = match (key == by, falls) {
            (true, false) => r#" aria-sort="ascending""#,
            (true, true) => r#" aria-sort="descending""#,
            (false, _) => "",
        };
        let address = escape(&wanted.sorted_by(column, otherwise).address(path));
        put!(
            html,
            r#"<th scope="col"{class}{sorted}><a class="sort" href="{address}" data-filter="sort-{key}">{label}</a></th>"#
        );
    }
    html.push_str("</tr></thead>");
}

/// Below the table: how many rows there are beyond those that are drawn.
fn more(html: &mut String, path: &str, wanted: &ListQuery, n_found: usize) {
    if n_found <= wanted.rows {
        return;
    }
    let address = escape(&wanted.with_more().address(path));
    let (shown, next) = (wanted.rows, ROWS.min(n_found - wanted.rows));
    put!(
        html,
        r#"<p class="list__more"><a class="button" href="{address}" data-filter="more">Show {next} more</a> <span class="quiet small">{shown} of {n_found} are shown</span></p>"#
    );
}

/// Instead of a table in which nothing was found.
fn nothing(html: &mut String, path: &str, wanted: &ListQuery, one: &str, n_hidden: usize) {
    let address = escape(&wanted.cleared().address(path));
    let what = if wanted.narrows() {
        "matches the filter"
    } else {
        "is active"
    };
    put!(html, r#"<div class="empty"><p>No {one} {what}."#);
    if n_hidden > 0 {
        put!(html, " Hidden because inactive: {n_hidden}.");
    }
    html.push_str("</p>");
    if wanted.narrows() {
        put!(
            html,
            r#"<a class="button" href="{address}" data-filter="clear">Clear the filter</a>"#
        );
    }
    html.push_str("</div>");
}

/// The first of the rows that were asked for last: the keyboard goes there.
fn mark(wanted: &ListQuery, index: usize) -> &'static str {
    if index > 0 && index + ROWS == wanted.rows {
        " data-first"
    } else {
        ""
    }
}

/// `/` goes to the search, wherever the keyboard is, but in a field or a dialog, or if keys without Ctrl are switched off.
fn hear_slash() {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, |event: ev::KeyboardEvent| {
            let is_held = event.alt_key() || event.ctrl_key() || event.meta_key();
            if event.key() != "/" || is_held || dom::is_typing() || dom::has("dialog[open]") {
                return;
            }
            if dom::recall(LETTERS_KEY).as_deref() != Some("off") {
                event.prevent_default();
                dom::focus(SEARCH);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// What is searched for and whether inactive ones are shown; a plain form where there is no JavaScript.
#[component]
pub fn SearchBar(
    path: &'static str,
    wanted: RwSignal<ListQuery>,
    label: &'static str,
    /// How many are inactive; none: there is no such thing.
    #[prop(optional, into)]
    n_inactive: Option<usize>,
    /// Further choices.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    hear_slash();
    let first = wanted.get_untracked();
    let sort = (!first.sort.is_empty())
        .then(|| view! { <input type="hidden" name="sort" value=first.sort.clone()/> });
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
                    prop:checked=move || wanted.with(|it| it.inactive)
                    on:change=move |event| {
                        let is_on = event_target_checked(&event);
                        wanted.update(|it| it.inactive = is_on);
                    }
                />
                "Show inactive"
                <span class="count">{n}</span>
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
                    prop:value=move || wanted.with(|it| it.text.clone())
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        wanted.update(|it| {
                            it.text = text;
                            it.rows = ROWS;
                        });
                    }
                />
                <kbd class="live-only" aria-hidden="true">"/"</kbd>
            </div>
            {sort}
            {children.map(|children| children())}
            {switch}
            <noscript inner_html=plain></noscript>
        </form>
    }
}

/// A choice beside the search; nothing chosen is everything.
#[component]
pub fn Choice(
    wanted: RwSignal<ListQuery>,
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
) -> impl IntoView {
    let chosen = wanted.with_untracked(|it| it.choice(name).to_owned());
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
            prop:value=move || wanted.with(|it| it.choice(name).to_owned())
            on:change=move |event| {
                let value = event_target_value(&event);
                wanted.update(|it| it.choose(name, value));
            }
        >
            {options}
        </select>
    }
}

/// The list itself, drawn anew with every key.
#[component]
pub fn List(wanted: RwSignal<ListQuery>, drawn: Memo<RenderedList>) -> impl IntoView {
    let html = drawn.with_untracked(|it| it.html.clone());
    let turn = StoredValue::new(0_u32);
    let draw = move |html: &str| {
        turn.update_value(|it| *it += 1);
        let now = turn.get_value();
        let is_long = wanted.with_untracked(|it| it.rows > ROWS);
        let cut = html.match_indices("<tr").nth(SEEN).map(|it| it.0);
        let Some(cut) = cut.filter(|_| !is_long) else {
            return dom::draw(LIST, html);
        };
        dom::draw(LIST, &html[..cut]);
        dom::after(REST, move || {
            if turn.try_get_value() == Some(now) {
                drawn.with_untracked(|it| dom::draw_rest(LIST, &it.html));
            }
        });
    };
    Effect::new(move |before: Option<()>| {
        drawn.with(|it| {
            if before.is_some() {
                draw(&it.html);
            }
        });
    });
    let press = move |event: ev::MouseEvent| {
        // With a key held down, the browser opens the link in a window of its own.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let Some(what) = dom::named(&event, "data-filter") else {
            return;
        };
        let Some(address) = dom::named(&event, "href") else {
            return;
        };
        event.prevent_default();
        let query = address.split_once('?').map_or("", |it| it.1).to_owned();
        wanted.update(|it| match what.as_str() {
            "more" => *it = it.with_more(),
            "clear" => *it = it.cleared(),
            _ => it.sort = sort_in(&query),
        });
        match what.as_str() {
            "more" => dom::after(0, || dom::focus("[data-first] a")),
            "clear" => dom::focus(SEARCH),
            _ => {}
        }
    };
    view! { <div class="card list" id="list" inner_html=html on:click=press></div> }
}

/// The order that an address asks for; its letters need no decoding.
fn sort_in(query: &str) -> String {
    let parts = query.split('&');
    let sort = parts.filter_map(|it| it.strip_prefix("sort=")).next_back();
    sort.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_survives_the_address() {
        let wanted = ListQuery {
            text: "ac&me".into(),
            sort: "-variables".into(),
            inactive: true,
            rows: 400,
            ..ListQuery::default()
        };
        let address = wanted.address("/customers");
        assert_eq!(
            address,
            "/customers?q=ac%26me&sort=-variables&includeInactive=true&rows=400"
        );
        assert_eq!(ListQuery::default().address("/customers"), "/customers");
        let read = |key: &str| match key {
            "q" => Some("ac&me".to_owned()),
            "sort" => Some("-variables".to_owned()),
            "includeInactive" => Some("true".to_owned()),
            "rows" => Some("400".to_owned()),
            _ => None,
        };
        assert_eq!(ListQuery::parse(read), wanted);
        assert_eq!(ListQuery::parse(|_| None), ListQuery::default());
        let huge = ListQuery::parse(|key| (key == "rows").then(|| "99999999".into()));
        assert_eq!(huge.rows, ROWS_MAX);
    }

    #[test]
    fn a_head_turns_the_order_round_and_numbers_begin_with_the_largest() {
        let (name, count) = (words("name", "Name"), number("variables", "Variables"));
        let wanted = ListQuery::default();
        let by_count = wanted.sorted_by(&count, "name");
        assert_eq!(by_count.sort, "-variables");
        assert_eq!(by_count.sorted_by(&count, "name").sort, "variables");
        let by_name = wanted.sorted_by(&name, "name");
        assert_eq!(by_name.sort, "-name");
        assert_eq!(by_name.sorted_by(&name, "name").sort, "");
        assert_eq!(sort_in("q=a&sort=-name&rows=400"), "-name");
        assert_eq!(sort_in("q=a"), "");
    }
}
