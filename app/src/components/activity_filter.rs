//! What is asked of the history. It lives in the address, and works as a plain form too.
use super::ui::{html::put, text_area::escape};
use crate::{
    browser,
    domain::{
        event::{EventAction, EventFilter},
        id::BatchId,
        matrix_filter::lower,
        summary::ActivityFilterOptions,
        time_serde,
    },
    paths,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use leptos::prelude::*;

/// So many batches are a page.
const PAGE: u32 = 50;

/// What the address may ask, in its order there.
const KEYS: [&str; 9] = [
    "release", "cluster", "customer", "person", "action", "from", "to", "batch", "cursor",
];

/// What is asked, by key; each a word of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActivityQuery([String; KEYS.len()]);

fn start(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

impl ActivityQuery {
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        Self(KEYS.map(|key| get(key).unwrap_or_default()))
    }

    pub fn get(&self, key: &str) -> &str {
        let found = KEYS.iter().position(|it| *it == key);
        found.map_or("", |index| &self.0[index])
    }

    /// The same with another word for a key; from its first page.
    pub fn with(&self, key: &str, word: &str) -> Self {
        let mut this = self.clone();
        for (index, it) in KEYS.iter().enumerate() {
            if *it == key {
                word.clone_into(&mut this.0[index]);
            } else if *it == "cursor" {
                this.0[index].clear();
            }
        }
        this
    }

    pub fn address(&self) -> String {
        let parts: Vec<(&str, String)> = KEYS.into_iter().zip(self.0.iter().cloned()).collect();
        paths::with_query(paths::ACTIVITY.to_owned(), &parts)
    }

    /// Whether something is left out, beside what stands on another page.
    pub fn narrows(&self) -> bool {
        self.with("cursor", "") != Self::default()
    }

    /// What makes no sense asks nothing.
    pub fn filter(&self) -> EventFilter {
        let word = |key: &str| {
            let word = self.get(key).trim();
            (!word.is_empty()).then(|| word.to_owned())
        };
        let last = TimeDelta::days(1) - TimeDelta::milliseconds(1);
        let day = |key: &str| time_serde::date(self.get(key)).map(start);
        EventFilter {
            release_id: self.get("release").parse().ok(),
            cluster_id: self.get("cluster").parse().ok(),
            customer_id: self.get("customer").parse().ok(),
            actor: word("person"),
            action: self.get("action").parse().ok(),
            from: day("from"),
            to: day("to").map(|it| it + last),
            batch_id: word("batch").map(BatchId),
            cursor: self.get("cursor").parse().ok(),
            limit: Some(PAGE),
            ..EventFilter::default()
        }
    }
}

/// The options of a choice as text: a thousand customers are a thousand of them.
fn options<'a>(
    all: &str,
    choices: impl Iterator<Item = (String, &'a str)>,
    chosen: &str,
) -> String {
    let mut html = format!(r#"<option value="">{all}</option>"#);
    for (key, label) in choices {
        let (is_chosen, label) = (key == chosen, escape(label));
        let selected = if is_chosen { " selected" } else { "" };
        put!(html, r#"<option value="{key}"{selected}>{label}</option>"#);
    }
    html
}

fn choice(
    name: &'static str,
    label: &'static str,
    options: String,
    asked: Memo<ActivityQuery>,
) -> impl IntoView {
    view! {
        <select
            class="input"
            name=name
            aria-label=label
            inner_html=options
            prop:value=move || asked.with(|it| it.get(name).to_owned())
        ></select>
    }
}

fn day(name: &'static str, label: &'static str, asked: Memo<ActivityQuery>) -> impl IntoView {
    view! {
        <label class="row small">
            {label}
            <input
                class="input"
                type="date"
                name=name
                value=asked.with_untracked(|it| it.get(name).to_owned())
                prop:value=move || asked.with(|it| it.get(name).to_owned())
            />
        </label>
    }
}

/// Who is meant: the one person whose name has these letters in it, or else whoever is called exactly so.
fn person(known: &[String], typed: String) -> String {
    let letters = lower(typed.trim());
    let is_meant = |it: &&String| lower(it).contains(&letters);
    let is_exact = letters.is_empty() || known.contains(&typed);
    let mut meant = known.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(only), None) if !is_exact => only.clone(),
        _ => typed,
    }
}

/// A change of any field asks anew; without JavaScript the button does.
#[component]
pub fn ActivityFilter(
    choices: ActivityFilterOptions,
    asked: Memo<ActivityQuery>,
    on_asked: Callback<ActivityQuery>,
) -> impl IntoView {
    let now = asked.get_untracked();
    let named = |all: &str, key: &str, choices: Vec<(i64, String)>| {
        let choices = choices.iter().map(|it| (it.0.to_string(), it.1.as_str()));
        options(all, choices, now.get(key))
    };
    let releases = choices.releases.into_iter().map(|it| (it.0.0, it.1));
    let clusters = choices.clusters.into_iter().map(|it| (it.0.0, it.1));
    let customers = choices.customers.into_iter().map(|it| (it.0.0, it.1));
    let releases = named("All releases", "release", releases.collect());
    let clusters = named("All clusters", "cluster", clusters.collect());
    let customers = named("All customers", "customer", customers.collect());
    let actions = EventAction::ALL
        .iter()
        .map(|it| (it.as_str().to_owned(), it.label()));
    let actions = options("All actions", actions, now.get("action"));
    let mut people = String::new();
    for person in &choices.people {
        put!(people, r#"<option value="{}"></option>"#, escape(person));
    }
    let plain = r#"<button class="button" type="submit">Filter</button>"#.to_owned();
    let known = StoredValue::new(choices.people);
    let change = move |event: leptos::ev::Event| {
        if let Some(name) = browser::dom::named(&event, "name") {
            let mut word = event_target_value(&event);
            if name == "person" {
                word = known.with_value(|it| person(it, word));
            }
            on_asked.run(asked.with_untracked(|it| it.with(&name, &word)));
        }
    };
    view! {
        <form
            class="listbar activity__filter"
            role="search"
            aria-label="Filter the activity"
            method="get"
            action=paths::ACTIVITY
            on:change=change
            on:submit=move |event| event.prevent_default()
        >
            {choice("release", "Release", releases, asked)}
            {choice("cluster", "Cluster", clusters, asked)}
            {choice("customer", "Customer", customers, asked)}
            <input
                class="input"
                type="text"
                name="person"
                list="people"
                autocomplete="off"
                aria-label="Person"
                placeholder="Anybody"
                value=now.get("person").to_owned()
                prop:value=move || asked.with(|it| it.get("person").to_owned())
            />
            <datalist id="people" inner_html=people></datalist>
            {choice("action", "Action", actions, asked)}
            {day("from", "From", asked)}
            {day("to", "To", asked)}
            <noscript inner_html=plain></noscript>
            {move || {
                asked
                    .with(ActivityQuery::narrows)
                    .then(|| view! { <a class="button" data-kind="ghost" href=paths::ACTIVITY>"Clear the filter"</a> })
            }}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, EventId};

    fn asked(words: &[(&str, &str)]) -> ActivityQuery {
        ActivityQuery::parse(|key| {
            let found = words.iter().find(|it| it.0 == key);
            found.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn the_address_is_read_as_a_filter_and_nonsense_asks_nothing() {
        let it = asked(&[
            ("customer", "7"),
            ("person", " Ana "),
            ("action", "done"),
            ("from", "2026-06-01"),
            ("to", "2026-06-01"),
            ("cursor", "90"),
            ("release", "x"),
        ]);
        let filter = it.filter();
        assert_eq!(filter.customer_id, Some(CustomerId(7)));
        assert_eq!(filter.actor.as_deref(), Some("Ana"));
        assert_eq!(filter.action, Some(EventAction::Done));
        assert_eq!(filter.cursor, Some(EventId(90)));
        assert_eq!(filter.release_id, None);
        let times = filter.from.zip(filter.to).unwrap();
        assert_eq!((times.1 - times.0).num_milliseconds(), 86_399_999);
        assert!(it.narrows() && !asked(&[("cursor", "90")]).narrows());
    }

    #[test]
    fn a_part_of_a_name_means_the_only_person_who_has_it() {
        let known = ["Ana", "Anabel Ruiz", "Jonas Weber"].map(str::to_owned);
        let meant = |typed: &str| person(&known, typed.to_owned());
        assert_eq!(meant("jonas"), "Jonas Weber");
        assert_eq!(meant("Ana"), "Ana");
        assert_eq!(meant("an"), "an");
        assert_eq!(meant(""), "");
    }

    #[test]
    fn another_word_begins_at_the_first_page() {
        let it = asked(&[("cursor", "90"), ("person", "Ana")]).with("action", "skip");
        assert_eq!(it.address(), "/activity?person=Ana&action=skip");
        assert_eq!(it.with("cursor", "40").get("cursor"), "40");
    }
}
