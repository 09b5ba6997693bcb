//! Filter of the activity page. Its values are query parameters of the URL, so that a filtered page can be linked;
//! without JavaScript it works as a plain GET form.
use super::{
    live_search::LiveSearch,
    ui::{
        html::{names_html, options_html},
        time::Clock,
    },
};
use crate::{
    browser,
    domain::{
        activity_days::first_of_days,
        event::{EventAction, EventFilter},
        fold::fold,
        id::{BatchId, CustomerId},
        summary::ActivityFilterOptions,
        time_serde,
    },
    paths,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use leptos::prelude::*;
use std::collections::HashMap;

/// How many batches one page shows.
const PAGE_BATCHES: u32 = 50;

/// The query parameters, in their order in the URL.
const KEYS: [&str; 11] = [
    "q", "release", "cluster", "customer", "person", "user", "action", "from", "to", "batch",
    "cursor",
];

/// The choices of days: label, and how many days ago the first and the last of them are, counted from 1 for today.
const DAYS: [(&str, i64, i64); 3] = [("Today", 1, 1), ("Yesterday", 2, 2), ("7 days", 7, 1)];

/// The parameters that only links set.
const HIDDEN_KEYS: [&str; 2] = ["user", "batch"];

/// The values of the query parameters by position in `KEYS`; empty if a parameter is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActivityQuery([String; KEYS.len()]);

/// The first moment of a day, UTC: days as the server draws them, before the page knows the person's time zone.
pub fn start_of_utc_day(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

impl ActivityQuery {
    /// Reads the parameters from a URL.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        Self(KEYS.map(|key| get(key).unwrap_or_default()))
    }

    /// The value of a parameter; empty if it is absent or unknown.
    pub fn get(&self, key: &str) -> &str {
        let found = KEYS.iter().position(|it| *it == key);
        found.map_or("", |index| &self.0[index])
    }

    /// A copy with another value for a parameter. It starts at the first page, unless the parameter is the cursor.
    pub fn with(&self, key: &str, value: &str) -> Self {
        let mut this = self.clone();
        for (index, it) in KEYS.iter().enumerate() {
            if *it == key {
                value.clone_into(&mut this.0[index]);
            } else if *it == "cursor" {
                this.0[index].clear();
            }
        }
        this
    }

    /// The URL of the activity page with these parameters.
    pub fn address(&self) -> String {
        let parts: Vec<(&str, String)> = KEYS.into_iter().zip(self.0.iter().cloned()).collect();
        paths::with_query(paths::ACTIVITY.to_owned(), &parts)
    }

    /// Whether any filter is set; the cursor is none.
    pub fn is_filtered(&self) -> bool {
        self.with("cursor", "") != Self::default()
    }

    /// Whether the filter names a day.
    pub fn has_days(&self) -> bool {
        !(self.get("from").is_empty() && self.get("to").is_empty())
    }

    /// The filter for the server. Values that cannot be parsed are ignored; `to` includes the whole day. `start_of_day`
    /// says when a day begins. A customer that is no id is a part of a name, and searched as such.
    pub fn filter(&self, start_of_day: fn(NaiveDate) -> DateTime<Utc>) -> EventFilter {
        let text = |key: &str| {
            let text = self.get(key).trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let customer_id: Option<CustomerId> = self.get("customer").trim().parse().ok();
        let customer_name = text("customer").filter(|_| customer_id.is_none());
        let day = |key: &str| time_serde::date(self.get(key));
        let last_moment = |day: NaiveDate| {
            // A day may have 23 or 25 hours.
            Some(start_of_day(day.succ_opt()?) - TimeDelta::milliseconds(1))
        };
        EventFilter {
            release_id: self.get("release").parse().ok(),
            cluster_id: self.get("cluster").parse().ok(),
            customer_id,
            q: text("q").or(customer_name),
            person: text("person"),
            user_id: self.get("user").parse().ok(),
            action: self.get("action").parse().ok(),
            from: day("from").map(start_of_day),
            to: day("to").and_then(last_moment),
            batch_id: text("batch").map(BatchId),
            cursor: self.get("cursor").parse().ok(),
            limit: Some(PAGE_BATCHES),
            ..EventFilter::default()
        }
    }
}

/// A field in which one of several names is typed.
fn name_field(
    name: &'static str,
    label: &'static str,
    list: &'static str,
    names: String,
    value: impl Fn() -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <input
            class="input"
            type="text"
            name=name
            list=list
            autocomplete="off"
            aria-label=label
            placeholder=label
            value=untrack(value)
            prop:value=value
        />
        <datalist id=list inner_html=names></datalist>
    }
}

fn select_field(
    name: &'static str,
    label: &'static str,
    options: String,
    query: Memo<ActivityQuery>,
) -> impl IntoView {
    view! {
        <select
            class="input"
            name=name
            aria-label=label
            inner_html=options
            prop:value=move || query.with(|it| it.get(name).to_owned())
        ></select>
    }
}

fn date_field(
    name: &'static str,
    label: &'static str,
    query: Memo<ActivityQuery>,
) -> impl IntoView {
    view! {
        <label class="row small">
            {label}
            <input
                class="input"
                type="date"
                name=name
                value=query.with_untracked(|it| it.get(name).to_owned())
                prop:value=move || query.with(|it| it.get(name).to_owned())
            />
        </label>
    }
}

/// Completes a typed part of a name if exactly one known name contains it; else the text stays as it is.
fn complete_name(known: &[String], typed: String) -> String {
    let letters = fold(typed.trim());
    let matches = |it: &&String| fold(it).contains(&letters);
    let is_exact = letters.is_empty() || known.contains(&typed);
    let mut found = known.iter().filter(matches);
    match (found.next(), found.next()) {
        (Some(only), None) if !is_exact => only.clone(),
        _ => typed,
    }
}

/// The customers as their field names them: a name that several have is followed by the id.
#[derive(Clone, Debug, Default)]
struct CustomerNames {
    ids: Vec<CustomerId>,
    /// In the order of `ids`.
    labels: Vec<String>,
}

impl CustomerNames {
    fn new(customers: Vec<(CustomerId, String)>) -> Self {
        let mut times: HashMap<String, u32> = HashMap::new();
        for (_, name) in &customers {
            *times.entry(name.clone()).or_default() += 1;
        }
        let label = |(id, name): &(CustomerId, String)| {
            if times.get(name) == Some(&1) {
                name.clone()
            } else {
                format!("{name} ({id})")
            }
        };
        Self {
            labels: customers.iter().map(label).collect(),
            ids: customers.into_iter().map(|it| it.0).collect(),
        }
    }

    /// What the field shows for the parameter: the label of an id, or what was typed.
    fn label(&self, parameter: &str) -> String {
        let id: Option<CustomerId> = parameter.parse().ok();
        let at = id.and_then(|id| self.ids.iter().position(|it| *it == id));
        at.map_or_else(|| parameter.to_owned(), |at| self.labels[at].clone())
    }

    /// The parameter for what was typed: the id of the only customer that it can be, or what was typed.
    fn parameter(&self, typed: String) -> String {
        let name = complete_name(&self.labels, typed);
        let at = self.labels.iter().position(|it| *it == name);
        at.map_or(name, |at| self.ids[at].to_string())
    }
}

/// Links to the last days, by the person's own today.
#[component]
pub fn ActivityDays(query: Memo<ActivityQuery>) -> impl IntoView {
    let clock = Clock::from_context();
    let link = |(label, first, last): (&'static str, i64, i64)| {
        let target = move || {
            let day = |days| first_of_days(clock.today(), days).to_string();
            let (from, to) = (day(first), day(last));
            query.with(|it| it.with("batch", "").with("from", &from).with("to", &to))
        };
        let is_here = move || {
            let target = target();
            let is_here = query.with(|it| it.with("cursor", "") == target);
            is_here.then_some("true")
        };
        view! {
            <a class="button" data-size="s" href=move || target().address() aria-current=is_here>
                {label}
            </a>
        }
    };
    view! { <nav class="activity__tools" aria-label="Days">{DAYS.into_iter().map(link).collect_view()}</nav> }
}

/// The filter's fields. Each change navigates to the filtered page; without JavaScript the button does.
#[component]
pub fn ActivityFilter(
    choices: ActivityFilterOptions,
    query: Memo<ActivityQuery>,
    on_query: Callback<ActivityQuery>,
    /// The same without an entry of its own in the browser's history.
    on_search: Callback<ActivityQuery>,
) -> impl IntoView {
    let now = query.get_untracked();
    let named = |all: &str, key: &str, choices: Vec<(i64, String)>| {
        let choices = choices.iter().map(|it| (it.0.to_string(), it.1.as_str()));
        options_html(all, choices, now.get(key))
    };
    let releases = choices.releases.into_iter().map(|it| (it.0.0, it.1));
    let clusters = choices.clusters.into_iter().map(|it| (it.0.0, it.1));
    let customers = CustomerNames::new(choices.customers);
    let customer_names = names_html(customers.labels.iter().map(String::as_str));
    let customers = StoredValue::new(customers);
    let releases = named("All releases", "release", releases.collect());
    let clusters = named("All clusters", "cluster", clusters.collect());
    let actions = EventAction::ALL
        .iter()
        .map(|it| (it.as_str().to_owned(), it.label()));
    let actions = options_html("All actions", actions, now.get("action"));
    let people = names_html(choices.people.iter().map(String::as_str));
    let plain = r#"<button class="button" type="submit">Filter</button>"#.to_owned();
    // Parameters without a control are hidden fields, so that they stay when the browser submits the form itself.
    let kept = HIDDEN_KEYS.into_iter().filter_map(|name| {
        let value = now.get(name).to_owned();
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value/> })
    });
    let kept = kept.collect_view();
    let known = StoredValue::new(choices.people);
    let person = move || query.with(|it| it.get("person").to_owned());
    let customer = move || {
        let parameter = query.with(|it| it.get("customer").to_owned());
        customers.with_value(|it| it.label(&parameter))
    };
    let in_address = Memo::new(move |_| query.with(|it| it.get("q").to_owned()));
    let search = Callback::new(move |text: String| {
        on_search.run(query.with_untracked(|it| it.with("q", &text)));
    });
    let change = move |event: leptos::ev::Event| {
        let name = browser::dom::closest_attribute(&event, "name");
        // The search field has a listener of its own.
        if let Some(name) = name.filter(|it| it != "q") {
            let value = event_target_value(&event);
            let value = match name.as_str() {
                "person" => known.with_value(|it| complete_name(it, value)),
                "customer" => customers.with_value(|it| it.parameter(value)),
                _ => value,
            };
            on_query.run(query.with_untracked(|it| it.with(&name, &value)));
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
            {kept}
            <LiveSearch label="Search activity" in_address=in_address on_search=search/>
            {name_field("person", "Person", "people", people, person)}
            {name_field("customer", "Customer", "customers", customer_names, customer)}
            {select_field("release", "Release", releases, query)}
            {select_field("cluster", "Cluster", clusters, query)}
            {select_field("action", "Action", actions, query)}
            {date_field("from", "From", query)}
            {date_field("to", "To", query)}
            <noscript inner_html=plain></noscript>
            {move || {
                query
                    .with(ActivityQuery::is_filtered)
                    .then(|| view! { <a class="button" data-kind="ghost" href=paths::ACTIVITY>"Clear the filter"</a> })
            }}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};
    use crate::domain::id::EventId;
    use chrono::Datelike;

    fn query(values: &[(&str, &str)]) -> ActivityQuery {
        ActivityQuery::parse(|key| {
            let found = values.iter().find(|it| it.0 == key);
            found.map(|it| it.1.to_owned())
        })
    }

    #[test]
    fn the_url_is_read_as_a_filter_and_invalid_values_are_ignored() {
        let it = query(&[
            ("customer", "7"),
            ("person", " Ana "),
            ("action", "done"),
            ("from", "2026-06-01"),
            ("to", "2026-06-01"),
            ("cursor", "90"),
            ("release", "x"),
        ]);
        let filter = it.filter(start_of_utc_day);
        assert_eq!(filter.customer_id, Some(CustomerId(7)));
        assert_eq!(filter.person.as_deref(), Some("Ana"));
        assert_eq!(filter.action, Some(EventAction::Done));
        assert_eq!(filter.cursor, Some(EventId(90)));
        assert_eq!(filter.release_id, None);
        let times = filter.from.zip(filter.to).unwrap();
        assert_eq!((times.1 - times.0).num_milliseconds(), 86_399_999);
        assert!(it.is_filtered() && !query(&[("cursor", "90")]).is_filtered());
    }

    #[test]
    fn the_last_day_ends_where_the_next_one_begins() {
        // A zone in which the clock goes back on the 25th.
        let start = |day: NaiveDate| {
            let shift = if day.day() > 25 { 1 } else { 2 };
            start_of_utc_day(day) - TimeDelta::hours(shift)
        };
        let it = query(&[("from", "2026-10-25"), ("to", "2026-10-25")]);
        let filter = it.filter(start);
        assert_eq!(filter.from.unwrap().to_string(), "2026-10-24 22:00:00 UTC");
        assert_eq!(
            filter.to.unwrap().to_string(),
            "2026-10-25 22:59:59.999 UTC"
        );
        assert!(it.has_days() && !query(&[("person", "Ana")]).has_days());
    }

    #[test]
    fn a_part_of_a_name_is_completed_if_one_person_matches() {
        let known = ["Ana", "Anabel Ruiz", "Jonas Weber"].map(str::to_owned);
        let completed = |typed: &str| complete_name(&known, typed.to_owned());
        assert_eq!(completed("jonas"), "Jonas Weber");
        assert_eq!(completed("Ana"), "Ana");
        assert_eq!(completed("an"), "an");
        assert_eq!(completed(""), "");
    }

    #[test]
    fn a_customer_is_typed_and_a_name_of_several_is_told_apart() {
        let named = |id, name: &str| (CustomerId(id), name.to_owned());
        let names =
            CustomerNames::new(vec![named(4, "Acme"), named(7, "Globex"), named(9, "Acme")]);
        assert_eq!(names.labels, ["Acme (4)", "Globex", "Acme (9)"]);
        assert_eq!(names.parameter("glo".into()), "7");
        assert_eq!(names.parameter("Acme (9)".into()), "9");
        assert_eq!([names.label("7"), names.label("9")], ["Globex", "Acme (9)"]);
        // A part of several names stays, and is searched.
        assert_eq!(names.parameter("acm".into()), "acm");
        assert_eq!(names.label("acm"), "acm");
        let searched = query(&[("customer", "acm")]).filter(start_of_utc_day);
        assert_eq!(searched.q.as_deref(), Some("acm"));
        assert_eq!(searched.customer_id, None);
        let both = query(&[("customer", "7"), ("q", "ana")]).filter(start_of_utc_day);
        assert_eq!(both.q.as_deref(), Some("ana"));
    }

    #[test]
    fn hostile_names_stay_text_in_the_filter() {
        let choices = [(HOSTILE.to_owned(), HOSTILE)];
        let html = options_html(HOSTILE, choices.into_iter(), HOSTILE);
        assert!(html.contains(" selected>"));
        assert_escaped(&html, 3);
        assert_escaped(&names_html([HOSTILE].into_iter()), 1);
    }

    #[test]
    fn another_value_starts_at_the_first_page() {
        let it = query(&[("cursor", "90"), ("person", "Ana")]).with("action", "skip");
        assert_eq!(it.address(), "/activity?person=Ana&action=skip");
        assert_eq!(it.with("cursor", "40").get("cursor"), "40");
    }
}
