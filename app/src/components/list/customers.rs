//! Customers as the HTML text of a table grouped by cluster, searched and sorted; by name at first.
use super::{
    list_query::ListQuery,
    table_html::{
        ListColumn, RenderedList, empty_html, head_html, inactive_badge_html, is_first_new,
        more_link_html, number_column, text_column,
    },
};
use crate::{
    components::ui::{bar::bar_html, sorting::sort_by},
    domain::{
        cluster::hue, customer::CustomerSummary, digit_groups::grouped, fold::fold, id::ClusterId,
        plural::pluralize, progress::NO_STEPS,
    },
    paths,
};
use maud::{Markup, html};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 5] = [
    text_column("name", "Customer"),
    text_column("namespace", "Namespace"),
    number_column("variables", "Variables"),
    text_column("now", "Now in"),
    text_column("progress", "Progress"),
];
/// The order without a choice.
const DEFAULT_ORDER: &str = "name";

/// The customers ordered by cluster and name, each with the text that the search looks in.
pub struct CustomerList {
    rows: Vec<(CustomerSummary, String)>,
    n_clusters: usize,
}

impl CustomerList {
    /// Orders the customers and prepares them for the search.
    pub fn new(customers: Vec<CustomerSummary>) -> Self {
        let mut rows: Vec<_> = customers
            .into_iter()
            .map(|it| {
                let searched = format!("{}\n{}\n{}", it.name, it.namespace, it.cluster);
                (it, fold(&searched))
            })
            .collect();
        sort_by(&mut rows, |(a, _), (b, _)| {
            by_cluster(a, b).then_with(|| by_name(a, b))
        });
        let mut clusters: Vec<ClusterId> = rows
            .iter()
            .filter(|it| it.0.is_active)
            .map(|it| it.0.cluster_id)
            .collect();
        clusters.dedup();
        Self {
            n_clusters: clusters.len(),
            rows,
        }
    }

    /// The name of a cluster, as its customers have it.
    pub fn cluster_name(&self, id: ClusterId) -> Option<&str> {
        let found = self.rows.iter().find(|it| it.0.cluster_id == id);
        found.map(|it| it.0.cluster.as_str())
    }

    /// The rows that match a query, as HTML.
    pub fn render(&self, query: &ListQuery) -> RenderedList {
        let needle = query.needle();
        let is_there = |it: &CustomerSummary| query.cluster.is_none_or(|id| it.cluster_id == id);
        let matching = || {
            let rows = self.rows.iter();
            rows.filter(|it| is_there(&it.0) && it.1.contains(&needle))
        };
        let is_shown = |it: &CustomerSummary| query.inactive || it.is_active;
        let n_hidden = matching().filter(|it| !is_shown(&it.0)).count();
        let mut found: Vec<&CustomerSummary> = matching()
            .map(|it| &it.0)
            .filter(|it| is_shown(it))
            .collect();
        let (key, is_descending) = query.order(DEFAULT_ORDER);
        if (key, is_descending) != (DEFAULT_ORDER, false) {
            sort_by(&mut found, |a, b| {
                let order = compare(key, a, b);
                let order = if is_descending {
                    order.reverse()
                } else {
                    order
                };
                by_cluster(a, b).then(order)
            });
        }
        let n_all = self.rows.iter().filter(|it| is_shown(&it.0)).count();
        let summary = if needle.is_empty() && query.cluster.is_none() {
            format!(
                "{} in {}",
                pluralize(found.len(), "customer"),
                pluralize(self.n_clusters, "cluster")
            )
        } else {
            let n = grouped(found.len());
            format!("{n} of {}", pluralize(n_all, "customer"))
        };
        let html = html! {
            @if found.is_empty() {
                (empty_html(paths::CUSTOMERS, query, "customer", n_hidden))
            } @else {
                table class="table" data-of="customers" {
                    caption class="sr" { "Customers" }
                    (head_html(paths::CUSTOMERS, query, &COLUMNS, DEFAULT_ORDER))
                    (groups_html(&found, query))
                }
                (more_link_html(paths::CUSTOMERS, query, found.len()))
            }
        };
        RenderedList {
            html: html.into_string(),
            summary,
        }
    }
}

/// The customers of one cluster as a plain HTML table, without search and sorting.
pub fn cluster_customers_html(customers: &[CustomerSummary]) -> String {
    let html = html! {
        table class="table" data-of="customers" {
            caption class="sr" { "Customers" }
            thead {
                tr {
                    th scope="col" { "Customer" }
                    th scope="col" { "Namespace" }
                    th scope="col" class="num" { "Variables" }
                    th scope="col" { "Now in" }
                    th scope="col" { "Progress" }
                }
            }
            tbody {
                @for customer in customers {
                    (row_html(customer, false))
                }
            }
        }
    };
    html.into_string()
}

fn by_cluster(a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    (&a.cluster, a.cluster_id).cmp(&(&b.cluster, b.cluster_id))
}

fn by_name(a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    (&a.name, a.id).cmp(&(&b.name, b.id))
}

/// Compares by the column with a key.
fn compare(key: &str, a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    match key {
        "namespace" => a.namespace.cmp(&b.namespace),
        "variables" => a.variables.cmp(&b.variables),
        "now" => release_text(a).cmp(&release_text(b)),
        "progress" => percent(a).cmp(&percent(b)),
        _ => by_name(a, b),
    }
}

/// "June", "June and 1 other"; none if the customer is in no active release.
fn release_text(it: &CustomerSummary) -> Option<String> {
    let now = it.now.as_ref()?;
    Some(match it.active_releases.saturating_sub(1) {
        0 => now.release.clone(),
        others => format!("{} and {}", now.release, pluralize(others, "other")),
    })
}

/// How much of its active releases a customer has finished.
fn percent(it: &CustomerSummary) -> Option<u32> {
    it.now.as_ref()?.counts.percent()
}

/// One `tbody` per cluster, up to the number of rows. Its heading counts all customers of the cluster that were found.
fn groups_html(found: &[&CustomerSummary], query: &ListQuery) -> Markup {
    let mut index = 0;
    let groups = found.chunk_by(|a, b| a.cluster_id == b.cluster_id);
    let groups = groups.map(|group| {
        let first = index;
        index += group.len();
        (first, group)
    });
    html! {
        @for (first, group) in groups.take_while(|it| it.0 < query.rows) {
            @let (id, name) = (group[0].cluster_id, &group[0].cluster);
            tbody {
                tr class="group-row" data-cluster=(hue(id)) {
                    th colspan="5" scope="rowgroup" {
                        a href=(paths::cluster(id)) { (name) }
                        " "
                        span class="count" { (pluralize(group.len(), "customer")) }
                    }
                }
                @for (index, it) in (first..query.rows).zip(group) {
                    (row_html(it, is_first_new(query, index)))
                }
            }
        }
    }
}

/// A row; `is_first` if it gets the focus.
fn row_html(it: &CustomerSummary, is_first: bool) -> Markup {
    html! {
        tr data-off[!it.is_active] data-first[is_first] {
            td {
                a href=(paths::customer(it.id)) { b class="label" { (it.name) } }
                @if !it.is_active {
                    (inactive_badge_html())
                }
            }
            td class="mono muted" { (it.namespace) }
            td class="num muted" {
                @if let Some(now) = it.now.as_ref().filter(|it| it.missing > 0) {
                    span class="badge" data-tone="warn" { (grouped(now.missing as usize)) " missing" }
                    " "
                }
                (it.variables)
            }
            td class="muted wraps" {
                @if let Some(now) = &it.now {
                    a href=(paths::customer_steps(now.release_id, it.id)) { (release_text(it).unwrap_or_default()) }
                }
            }
            td {
                @if let Some(now) = &it.now {
                    span class="row cellbar" {
                        (bar_html(now.counts))
                        span class="num small" { (now.counts.percent_text(NO_STEPS)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};
    use crate::domain::{
        customer::CustomerNow,
        id::{CustomerId, ReleaseId},
        progress::Counts,
    };

    fn customer(id: i64, name: &str, cluster: i64, is_active: bool) -> CustomerSummary {
        CustomerSummary {
            id: CustomerId(id),
            name: name.into(),
            namespace: format!("ns-{id}"),
            cluster_id: ClusterId(cluster),
            cluster: format!("cluster-{cluster}"),
            is_active,
            variables: u32::try_from(id).unwrap(),
            active_releases: 0,
            now: None,
        }
    }

    fn list() -> CustomerList {
        CustomerList::new(vec![
            customer(1, "Zed <b>", 2, true),
            customer(2, "Acme", 1, true),
            customer(3, "Bolt", 2, true),
            customer(4, "Gone", 1, false),
        ])
    }

    fn places(html: &str, names: &[&str]) -> Vec<usize> {
        names.iter().map(|it| html.find(it).unwrap()).collect()
    }

    #[test]
    fn customers_are_ordered_by_cluster_and_name_and_their_names_are_escaped() {
        let rendered = list().render(&ListQuery::default());
        assert_eq!(rendered.summary, "3 customers in 2 clusters");
        assert!(places(&rendered.html, &["Acme", "Bolt", "Zed &lt;b&gt;"]).is_sorted());
        assert!(!rendered.html.contains("Gone") && !rendered.html.contains("<b>"));
    }

    /// A customer in one release, with `done` of its ten steps done.
    fn now_in(release: &str, done: u32) -> CustomerNow {
        CustomerNow {
            release_id: ReleaseId(6),
            release: release.into(),
            counts: Counts {
                done,
                pending: 10 - done,
                ..Counts::default()
            },
            missing: 0,
        }
    }

    #[test]
    fn a_row_says_where_its_customer_is_how_far_and_what_is_missing() {
        let mut acme = customer(1, "Acme", 1, true);
        acme.now = Some(CustomerNow {
            missing: 1,
            ..now_in("June", 3)
        });
        acme.active_releases = 2;
        let mut bolt = customer(2, "Bolt", 1, true);
        bolt.now = Some(now_in("June", 2));
        bolt.active_releases = 1;
        let list = CustomerList::new(vec![acme, bolt, customer(3, "Cog", 1, true)]);
        let html = list.render(&ListQuery::default()).html;
        let first = "<a href=\"/releases/6/customer/1\">June and 1 other</a>";
        assert!(html.contains(first), "{html}");
        assert_eq!(html.matches(" missing</span>").count(), 1);
        assert!(html.contains("30 %") && html.contains(">June</a>"));
        let by_progress = ListQuery {
            sort: "progress".into(),
            ..ListQuery::default()
        };
        let rising = list.render(&by_progress).html;
        assert!(places(&rising, &["Cog", "Bolt", "Acme"]).is_sorted());
    }

    #[test]
    fn hostile_names_of_customers_stay_text() {
        let mut hostile = customer(1, HOSTILE, 1, true);
        hostile.namespace = HOSTILE.into();
        hostile.cluster = HOSTILE.into();
        hostile.now = Some(now_in(HOSTILE, 1));
        assert_escaped(&cluster_customers_html(&[hostile.clone()]), 3);
        let list = CustomerList::new(vec![hostile]);
        assert_escaped(&list.render(&ListQuery::default()).html, 4);
    }

    #[test]
    fn the_search_looks_in_name_namespace_and_cluster_and_counts_hidden_customers() {
        let text = |text: &str| ListQuery {
            text: text.into(),
            ..ListQuery::default()
        };
        assert_eq!(list().render(&text(" ACME ")).summary, "1 of 3 customers");
        assert_eq!(list().render(&text("ns-3")).summary, "1 of 3 customers");
        assert_eq!(
            list().render(&text("cluster-2")).summary,
            "2 of 3 customers"
        );
        let none = list().render(&text("gone")).html;
        assert!(none.contains("1 inactive hidden.") && none.contains("Clear the filter"));
        let shown = ListQuery {
            inactive: true,
            ..text("gone")
        };
        assert!(list().render(&shown).html.contains("Inactive</span>"));
    }

    #[test]
    fn customers_of_one_cluster_are_found_by_its_id_and_not_by_a_part_of_its_name() {
        let list = CustomerList::new(vec![
            customer(1, "Acme", 1, true),
            customer(2, "Bolt", 11, true),
            customer(3, "Gone", 1, false),
        ]);
        let query = ListQuery {
            cluster: Some(ClusterId(1)),
            ..ListQuery::default()
        };
        let rendered = list.render(&query);
        assert_eq!(rendered.summary, "1 of 2 customers");
        assert!(rendered.html.contains("Acme") && !rendered.html.contains("Bolt"));
        assert_eq!(list.cluster_name(ClusterId(11)), Some("cluster-11"));
        assert_eq!(list.cluster_name(ClusterId(2)), None);
        let none = ListQuery {
            text: "bolt".into(),
            ..query
        };
        assert!(list.render(&none).html.contains("Clear the filter"));
    }

    #[test]
    fn a_column_sorts_within_its_cluster() {
        let by = |sort: &str| ListQuery {
            sort: sort.into(),
            ..ListQuery::default()
        };
        let falling = list().render(&by("-variables")).html;
        assert!(places(&falling, &["Acme", "Bolt", "Zed"]).is_sorted());
        let rising = list().render(&by("variables")).html;
        assert!(places(&rising, &["Acme", "Zed", "Bolt"]).is_sorted());
    }

    #[test]
    fn a_thousand_customers_are_rendered_two_hundred_at_a_time() {
        let all = (0..1_000).map(|it| customer(it, &format!("c{it}"), it % 3, true));
        let list = CustomerList::new(all.collect());
        let rendered = list.render(&ListQuery::default()).html;
        assert_eq!(rendered.matches("<td class=\"mono").count(), 200);
        assert!(rendered.contains("Showing 200 of 1,000") && rendered.contains("rows=400"));
        let more = ListQuery {
            rows: 400,
            ..ListQuery::default()
        };
        let rendered = list.render(&more).html;
        assert_eq!(rendered.matches("<td class=\"mono").count(), 400);
        assert_eq!(rendered.matches(" data-first").count(), 1);
    }
}
