//! The customers by cluster.
use super::{ListColumn, ListQuery, RenderedList, heads, mark, more, nothing, number, words};
use crate::{
    components::ui::{
        html::{count, put},
        text_area::escape,
    },
    domain::{cluster::hue, customer::CustomerSummary, fold::fold, id::ClusterId},
    paths,
};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 4] = [
    words("name", "Customer"),
    words("namespace", "Namespace"),
    number("variables", "Variables"),
    number("releases", "Active releases"),
];
const BY: &str = "name";

/// The customers in the order of their clusters and names, each with what is searched in.
pub struct CustomerList {
    rows: Vec<(CustomerSummary, String)>,
    n_clusters: usize,
}

impl CustomerList {
    pub fn new(customers: Vec<CustomerSummary>) -> Self {
        let mut rows: Vec<_> = customers
            .into_iter()
            .map(|it| {
                let searched = format!("{}\n{}\n{}", it.name, it.namespace, it.cluster);
                (it, fold(&searched))
            })
            .collect();
        rows.sort_by(|(a, _), (b, _)| by_cluster(a, b).then_with(|| by_name(a, b)));
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

    pub fn draw(&self, wanted: &ListQuery) -> RenderedList {
        let needle = wanted.needle();
        let matching = || self.rows.iter().filter(|it| it.1.contains(&needle));
        let is_shown = |it: &CustomerSummary| wanted.inactive || it.is_active;
        let n_hidden = matching().filter(|it| !is_shown(&it.0)).count();
        let mut found: Vec<&CustomerSummary> = matching()
            .map(|it| &it.0)
            .filter(|it| is_shown(it))
            .collect();
        let (key, falls) = wanted.order(BY);
        if (key, falls) != (BY, false) {
            found.sort_by(|a, b| {
                let order = compare(key, a, b);
                let order = if falls { order.reverse() } else { order };
                by_cluster(a, b).then(order)
            });
        }
        let n_all = self.rows.iter().filter(|it| is_shown(&it.0)).count();
        let said = if needle.is_empty() {
            format!(
                "{} in {}",
                count(found.len(), "customer"),
                count(self.n_clusters, "cluster")
            )
        } else {
            format!("{} of {}", found.len(), count(n_all, "customer"))
        };
        let mut html = String::new();
        if found.is_empty() {
            nothing(&mut html, paths::CUSTOMERS, wanted, "customer", n_hidden);
        } else {
            html.push_str(r#"<table class="table"><caption class="sr">Customers</caption>"#);
            heads(&mut html, paths::CUSTOMERS, wanted, &COLUMNS, BY);
            groups(&mut html, &found, wanted);
            html.push_str("</table>");
            more(&mut html, paths::CUSTOMERS, wanted, found.len());
        }
        RenderedList { html, said }
    }
}

/// One cluster's customers by name, without search and order.
pub fn of_one_cluster(customers: &[CustomerSummary]) -> String {
    let mut html = String::from(
        r#"<table class="table"><caption class="sr">Customers</caption><thead><tr><th scope="col">Customer</th><th scope="col">Namespace</th><th scope="col" class="num">Variables</th><th scope="col" class="num">Active releases</th></tr></thead><tbody>"#,
    );
    for customer in customers {
        row(&mut html, customer, "");
    }
    html.push_str("</tbody></table>");
    html
}

fn by_cluster(a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    (&a.cluster, a.cluster_id).cmp(&(&b.cluster, b.cluster_id))
}

fn by_name(a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    (&a.name, a.id).cmp(&(&b.name, b.id))
}

fn compare(key: &str, a: &CustomerSummary, b: &CustomerSummary) -> Ordering {
    match key {
        "namespace" => a.namespace.cmp(&b.namespace),
        "variables" => a.variables.cmp(&b.variables),
        "releases" => a.active_releases.cmp(&b.active_releases),
        _ => by_name(a, b),
    }
}

/// One `tbody` a cluster, as far as rows are wanted; its head counts all of its customers that were found.
fn groups(html: &mut String, found: &[&CustomerSummary], wanted: &ListQuery) {
    let mut index = 0;
    for group in found.chunk_by(|a, b| a.cluster_id == b.cluster_id) {
        if index >= wanted.rows {
            return;
        }
        let (id, name) = (group[0].cluster_id, escape(&group[0].cluster));
        let (hue, path, n) = (hue(id), paths::cluster(id), count(group.len(), "customer"));
        put!(
            html,
            r#"<tbody><tr class="group-row" data-cluster="{hue}"><th colspan="4" scope="rowgroup"><a href="{path}">{name}</a> <span class="count">{n}</span></th></tr>"#
        );
        for customer in group.iter().take(wanted.rows - index) {
            row(html, customer, mark(wanted, index));
            index += 1;
        }
        html.push_str("</tbody>");
    }
}

fn row(html: &mut String, it: &CustomerSummary, mark: &str) {
    let (path, name) = (paths::customer(it.id), escape(&it.name));
    let (namespace, variables, releases) =
        (escape(&it.namespace), it.variables, it.active_releases);
    let (off, badge) = if it.is_active {
        ("", "")
    } else {
        (" data-off", r#" <span class="badge">Inactive</span>"#)
    };
    put!(
        html,
        r#"<tr{off}{mark}><td><a href="{path}"><b class="label">{name}</b></a>{badge}</td><td class="mono muted">{namespace}</td><td class="num muted">{variables}</td><td class="num muted">{releases}</td></tr>"#
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CustomerId;

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
    fn customers_stand_by_cluster_and_name_and_their_names_are_text() {
        let drawn = list().draw(&ListQuery::default());
        assert_eq!(drawn.said, "3 customers in 2 clusters");
        assert!(places(&drawn.html, &["Acme", "Bolt", "Zed &lt;b&gt;"]).is_sorted());
        assert!(!drawn.html.contains("Gone") && !drawn.html.contains("<b>"));
    }

    #[test]
    fn the_search_looks_at_name_namespace_and_cluster_and_says_what_it_hides() {
        let text = |text: &str| ListQuery {
            text: text.into(),
            ..ListQuery::default()
        };
        assert_eq!(list().draw(&text(" ACME ")).said, "1 of 3 customers");
        assert_eq!(list().draw(&text("ns-3")).said, "1 of 3 customers");
        assert_eq!(list().draw(&text("cluster-2")).said, "2 of 3 customers");
        let none = list().draw(&text("gone")).html;
        assert!(none.contains("Hidden because inactive: 1.") && none.contains("Clear the filter"));
        let shown = ListQuery {
            inactive: true,
            ..text("gone")
        };
        assert!(list().draw(&shown).html.contains("Inactive</span>"));
    }

    #[test]
    fn a_column_sorts_within_its_cluster() {
        let by = |sort: &str| ListQuery {
            sort: sort.into(),
            ..ListQuery::default()
        };
        let falling = list().draw(&by("-variables")).html;
        assert!(places(&falling, &["Acme", "Bolt", "Zed"]).is_sorted());
        let rising = list().draw(&by("variables")).html;
        assert!(places(&rising, &["Acme", "Zed", "Bolt"]).is_sorted());
    }

    #[test]
    fn a_thousand_are_drawn_two_hundred_at_a_time() {
        let all = (0..1_000).map(|it| customer(it, &format!("c{it}"), it % 3, true));
        let list = CustomerList::new(all.collect());
        let drawn = list.draw(&ListQuery::default()).html;
        assert_eq!(drawn.matches("<td class=\"mono").count(), 200);
        assert!(drawn.contains("200 of 1000 are shown") && drawn.contains("rows=400"));
        let more = ListQuery {
            rows: 400,
            ..ListQuery::default()
        };
        let drawn = list.draw(&more).html;
        assert_eq!(drawn.matches("<td class=\"mono").count(), 400);
        assert_eq!(drawn.matches(" data-first").count(), 1);
    }
}
