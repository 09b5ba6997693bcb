//! Preview of an import from Rancher: a table with a checkbox for each namespace that can become a customer, and filters by status.
//! HTML text with one event listener, as the preview of pasted customers is.
use super::ui::html::{escape, put, write_icon};
use crate::{
    browser::{self, checkbox_list::GroupState},
    domain::{
        digit_groups::grouped,
        rancher::{RancherNamespaceRow, RancherPick, RancherPreview, RancherStatus},
    },
    paths,
};
use leptos::prelude::*;
use std::collections::HashMap;

const LIST_SELECTOR: &str = "#rancher-rows";
/// Rows that the table shows at first, and how many each press of "Show more" adds.
const ROWS_SHOWN: usize = 1_000;

/// The statuses in the order of the filters, with their labels.
const STATUSES: [(RancherStatus, &str); 3] = [
    (RancherStatus::New, "New"),
    (RancherStatus::Known, "Exists"),
    (RancherStatus::Gone, "Gone"),
];

/// The checkboxes that the user has set or cleared, by cluster and namespace; the others are set where a namespace is new and
/// nothing speaks against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherTicks(HashMap<(String, String), bool>);

impl RancherTicks {
    fn key(row: &RancherNamespaceRow) -> (String, String) {
        (row.cluster.clone(), row.namespace.clone())
    }

    /// Whether the row's checkbox is set.
    pub fn is_ticked(&self, row: &RancherNamespaceRow) -> bool {
        let own = self.0.get(&Self::key(row)).copied();
        may_be_ticked(row) && own.unwrap_or(row.reason.is_none())
    }

    /// Sets or clears the row's checkbox.
    pub fn set(&mut self, row: &RancherNamespaceRow, is_on: bool) {
        self.0.insert(Self::key(row), is_on);
    }

    /// The ticked rows, as the server wants them.
    pub fn picks(&self, rows: &[RancherNamespaceRow]) -> Vec<RancherPick> {
        let ticked = rows.iter().filter(|it| self.is_ticked(it));
        let pick = |row: &RancherNamespaceRow| RancherPick {
            cluster: row.cluster.clone(),
            namespace: row.namespace.clone(),
            name: None,
        };
        ticked.map(pick).collect()
    }
}

/// Whether a row has a checkbox: its namespace is new, and can be imported or is one of the system.
fn may_be_ticked(row: &RancherNamespaceRow) -> bool {
    row.status == RancherStatus::New && (row.is_system || row.reason.is_none())
}

/// Whether the checkbox in the head sets that of a row.
fn follows_head(row: &RancherNamespaceRow) -> bool {
    may_be_ticked(row) && !row.is_system
}

fn is_shown(row: &RancherNamespaceRow, filter: Option<RancherStatus>) -> bool {
    filter.is_none_or(|it| it == row.status)
}

fn count(rows: &[RancherNamespaceRow], status: RancherStatus) -> usize {
    rows.iter().filter(|it| it.status == status).count()
}

/// "3 new, 2 exist, 1 gone"
pub fn rancher_summary(rows: &[RancherNamespaceRow]) -> String {
    let counts = STATUSES.map(|(status, label)| (count(rows, status), label));
    let parts = counts.into_iter().filter(|it| it.0 > 0);
    let parts: Vec<String> = parts
        .map(|(n, label)| match (n, label) {
            (1, _) | (_, "New" | "Gone") => {
                format!("{} {}", grouped(n), label.to_ascii_lowercase())
            }
            _ => format!("{} exist", grouped(n)),
        })
        .collect();
    parts.join(", ")
}

/// The preview. `own` are the checkboxes that the user has set.
#[component]
pub fn RancherImportTable(
    preview: RwSignal<Option<RancherPreview>>,
    own: RwSignal<RancherTicks>,
) -> impl IntoView {
    let filter = RwSignal::new(None::<RancherStatus>);
    let limit = RwSignal::new(ROWS_SHOWN);
    let chips = Memo::new(move |_| {
        preview.with(|it| {
            it.as_ref()
                .map(|it| chips_html(&it.namespaces, filter.get()))
                .unwrap_or_default()
        })
    });
    let table = Memo::new(move |_| {
        let (filter, limit) = (filter.get(), limit.get());
        preview.with(|it| {
            it.as_ref()
                .map(|it| own.with_untracked(|own| table_html(it, filter, limit, own)))
                .unwrap_or_default()
        })
    });
    Effect::new(move |_| {
        table.track();
        let head = preview.with(|it| {
            let rows = it.as_ref().map_or(&[] as &[_], |it| &it.namespaces);
            own.with(|own| head_state(rows, filter.get(), own))
        });
        browser::checkbox_list::update_groups(LIST_SELECTOR, &[head]);
    });
    let change = move |event: leptos::ev::Event| {
        let is_on = event_target_checked(&event);
        let item = browser::dom::closest_attribute(&event, "data-item");
        let is_head = browser::dom::closest_attribute(&event, "data-band").is_some();
        preview.with_untracked(|it| {
            let rows = it.as_ref().map_or(&[] as &[_], |it| &it.namespaces);
            let filter = filter.get_untracked();
            if is_head {
                let shown = || rows.iter().filter(|it| is_shown(it, filter));
                own.update(|own| {
                    shown()
                        .filter(|it| follows_head(it))
                        .for_each(|it| own.set(it, is_on));
                });
                let states: Vec<_> = own.with_untracked(|own| {
                    let states = shown().map(|it| Some(own.is_ticked(it)));
                    states.enumerate().collect()
                });
                browser::checkbox_list::update_items(LIST_SELECTOR, &states);
            } else if let Some(row) = item.and_then(|it| rows.get(it.parse::<usize>().ok()?)) {
                own.update(|own| own.set(row, is_on));
            }
        });
    };
    let choose = move |event: leptos::ev::MouseEvent| {
        if let Some(name) = browser::dom::closest_attribute(&event, "data-filter") {
            filter.set(name.parse().ok());
            limit.set(ROWS_SHOWN);
        } else if browser::dom::closest_attribute(&event, "data-more").is_some() {
            limit.update(|it| *it += ROWS_SHOWN);
        }
    };
    view! {
        <div class="import__chips row" role="group" aria-label="Show rows" inner_html=move || chips.get() on:click=choose></div>
        <div class="import__rows" id=&LIST_SELECTOR[1..] inner_html=move || table.get() on:change=change on:click=choose></div>
    }
}

/// The filters: all rows, and those of each status that has some.
fn chips_html(rows: &[RancherNamespaceRow], filter: Option<RancherStatus>) -> String {
    let mut html = String::new();
    let mut chip = |name: &str, label: &str, n: usize, is_on: bool| {
        let n = grouped(n);
        put!(
            html,
            r#"<button type="button" class="chip" data-filter="{name}" aria-pressed="{is_on}">{label} <span class="count">{n}</span></button>"#
        );
    };
    chip("all", "All", rows.len(), filter.is_none());
    for (status, label) in STATUSES {
        let n = count(rows, status);
        if n > 0 || filter == Some(status) {
            chip(status.as_str(), label, n, filter == Some(status));
        }
    }
    html
}

/// The state of the checkbox in the head.
fn head_state(
    rows: &[RancherNamespaceRow],
    filter: Option<RancherStatus>,
    own: &RancherTicks,
) -> GroupState {
    let followers = || {
        rows.iter()
            .filter(|it| is_shown(it, filter) && follows_head(it))
    };
    let (n, n_on) = (
        followers().count(),
        followers().filter(|it| own.is_ticked(it)).count(),
    );
    GroupState {
        is_shown: true,
        is_on: n > 0 && n_on == n,
        is_mixed: n_on > 0 && n_on < n,
        count: String::new(),
    }
}

/// The table, with at most `limit` rows of the filter. `data-item` is the index of a row in the preview.
fn table_html(
    preview: &RancherPreview,
    filter: Option<RancherStatus>,
    limit: usize,
    own: &RancherTicks,
) -> String {
    let rows = preview.namespaces.iter().enumerate();
    let rows = rows.filter(|it| is_shown(it.1, filter));
    let n_rows = rows.clone().count();
    let mut html = String::with_capacity(n_rows.min(limit) * 400);
    html.push_str(
        r#"<table class="table stacked"><caption class="sr">Namespaces in Rancher</caption><thead><tr data-band="0"><th scope="col" class="import__pick"><input class="check" type="checkbox" aria-label="Select all"></th><th scope="col">Namespace</th><th scope="col">Cluster</th><th scope="col">Project</th><th scope="col">Result</th></tr></thead><tbody>"#,
    );
    for (at, row) in rows.take(limit) {
        let is_new_cluster = preview
            .clusters
            .iter()
            .any(|it| it.name == row.cluster && it.status == RancherStatus::New);
        write_row(&mut html, at, row, is_new_cluster, own.is_ticked(row));
    }
    html.push_str("</tbody></table>");
    if n_rows > limit {
        let (limit, n_rows) = (grouped(limit), grouped(n_rows));
        put!(
            html,
            r#"<p class="list__more quiet small">Showing {limit} of {n_rows} <button type="button" class="link" data-more>Show more</button></p>"#
        );
    }
    html
}

fn write_row(
    html: &mut String,
    at: usize,
    row: &RancherNamespaceRow,
    is_new_cluster: bool,
    is_ticked: bool,
) {
    let (cluster, namespace) = (escape(&row.cluster), escape(&row.namespace));
    put!(html, r#"<tr data-item="{at}"><td class="import__pick">"#);
    if may_be_ticked(row) {
        let checked = if is_ticked { " checked" } else { "" };
        put!(
            html,
            r#"<input class="check" type="checkbox" aria-label="Import {namespace}, {cluster}"{checked}>"#
        );
    }
    let project = escape(row.project.as_deref().unwrap_or_default());
    put!(
        html,
        r#"</td><td class="mono">{namespace}</td><td>{cluster}</td><td class="muted">{project}</td><td>"#
    );
    let reason = escape(row.reason.as_deref().unwrap_or_default());
    match row.status {
        RancherStatus::New if !reason.is_empty() => {
            html.push_str(r#"<span class="state">"#);
            write_icon(html, "i-warn");
            put!(
                html,
                r#"<span class="why">To check: {reason}</span></span>"#
            );
        }
        RancherStatus::New => {
            html.push_str(r#"<span class="state" data-state="done">"#);
            write_icon(html, "i-plus");
            html.push_str(if is_new_cluster {
                "New, in a new cluster</span>"
            } else {
                "New</span>"
            });
        }
        RancherStatus::Known | RancherStatus::Gone => {
            let text = match row.status {
                RancherStatus::Gone => "Gone from Rancher. The customer stays",
                _ if reason.is_empty() => "Exists",
                _ => &reason,
            };
            let customer = escape(row.customer.as_deref().unwrap_or_default());
            match row.customer_id.map(paths::customer) {
                Some(path) => put!(
                    html,
                    r#"<a class="link" href="{path}">{customer}</a> <span class="quiet">{text}</span>"#
                ),
                None => html.push_str(text),
            }
        }
    }
    html.push_str("</td></tr>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{id::CustomerId, rancher::RancherClusterRow};

    fn row(namespace: &str, status: RancherStatus) -> RancherNamespaceRow {
        let is_here = status != RancherStatus::New;
        RancherNamespaceRow {
            cluster: "<eu>".into(),
            namespace: namespace.into(),
            project: Some("A & B".into()),
            status,
            is_system: false,
            reason: None,
            customer_id: is_here.then_some(CustomerId(9)),
            customer: is_here.then(|| "Acme <1>".into()),
        }
    }

    fn preview() -> RancherPreview {
        let system = RancherNamespaceRow {
            is_system: true,
            reason: Some("kube-system is a system namespace".into()),
            ..row("kube-system", RancherStatus::New)
        };
        let cluster = RancherClusterRow {
            name: "<eu>".into(),
            state: Some("active".into()),
            status: RancherStatus::New,
            problem: None,
        };
        RancherPreview {
            clusters: vec![cluster],
            namespaces: vec![
                row("acme", RancherStatus::New),
                row("globex", RancherStatus::Known),
                row("hooli", RancherStatus::Gone),
                system,
            ],
        }
    }

    #[test]
    fn only_what_is_new_and_no_system_namespace_is_ticked_at_first() {
        let (rows, mut own) = (preview().namespaces, RancherTicks::default());
        let picked = |own: &RancherTicks| -> Vec<String> {
            let picks = own.picks(&rows).into_iter();
            picks.map(|it| it.namespace).collect()
        };
        assert_eq!(picked(&own), ["acme"]);
        own.set(&rows[3], true);
        own.set(&rows[1], true);
        assert_eq!(picked(&own), ["acme", "kube-system"]);
        assert!(head_state(&rows, None, &own).is_on);
        own.set(&rows[0], false);
        assert!(!head_state(&rows, None, &own).is_on);
        let inactive = RancherNamespaceRow {
            reason: Some("Cluster eu is inactive. Restore it first".into()),
            ..row("stark", RancherStatus::New)
        };
        assert!(!may_be_ticked(&inactive));
    }

    #[test]
    fn the_table_says_what_becomes_of_each_namespace_and_escapes_it() {
        let html = table_html(&preview(), None, 10, &RancherTicks::default());
        assert_eq!(html.matches("data-item").count(), 4);
        assert!(html.contains("New, in a new cluster</span>"));
        assert!(html.contains(r#"aria-label="Import acme, &lt;eu&gt;" checked>"#));
        assert!(html.contains(r#"aria-label="Import kube-system, &lt;eu&gt;">"#));
        assert!(html.contains("Acme &lt;1&gt;</a> <span class=\"quiet\">Gone from Rancher"));
        assert!(html.contains("A &amp; B") && !html.contains("<eu>"));
        let html = table_html(
            &preview(),
            Some(RancherStatus::Gone),
            10,
            &RancherTicks::default(),
        );
        assert_eq!(html.matches("data-item").count(), 1);
        let html = table_html(&preview(), None, 2, &RancherTicks::default());
        assert!(html.contains("Showing 2 of 4"));
        assert!(!chips_html(&[], None).contains("Exists"));
    }

    #[test]
    fn the_summary_counts() {
        assert_eq!(
            rancher_summary(&preview().namespaces),
            "2 new, 1 exists, 1 gone"
        );
        let known = [
            row("a", RancherStatus::Known),
            row("b", RancherStatus::Known),
        ];
        assert_eq!(rancher_summary(&known), "2 exist");
    }
}
