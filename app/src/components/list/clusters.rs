//! Clusters as the HTML text of a table, searched and sorted; by name at first.
use super::{
    list_query::ListQuery,
    table_html::{
        ListColumn, RenderedList, first_new_mark, number_column, push_empty, push_head,
        push_more_link, text_column,
    },
};
use crate::{
    components::ui::html::{escape, pluralize, put},
    domain::{cluster::ClusterSummary, fold::fold},
    paths,
};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 4] = [
    text_column("name", "Cluster"),
    text_column("", "Kubeconfig path"),
    number_column("variables", "Variables"),
    number_column("customers", "Customers"),
];
/// The order without a choice.
const DEFAULT_ORDER: &str = "name";

/// The clusters, each with the text that the search looks in.
pub struct ClusterList(Vec<(ClusterSummary, String)>);

impl ClusterList {
    /// Prepares the clusters for the search.
    pub fn new(clusters: Vec<ClusterSummary>) -> Self {
        let searched = |it: &ClusterSummary| {
            let path = it.cluster.kubeconfig_path.as_deref().unwrap_or_default();
            fold(&format!("{}\n{path}", it.cluster.name))
        };
        let rows = clusters.into_iter().map(|it| {
            let searched = searched(&it);
            (it, searched)
        });
        Self(rows.collect())
    }

    /// The rows that match a query, as HTML.
    pub fn render(&self, query: &ListQuery) -> RenderedList {
        let needle = query.needle();
        let matching = || self.0.iter().filter(|it| it.1.contains(&needle));
        let is_shown = |it: &ClusterSummary| query.inactive || it.cluster.is_active;
        let n_hidden = matching().filter(|it| !is_shown(&it.0)).count();
        let mut found: Vec<&ClusterSummary> = matching()
            .map(|it| &it.0)
            .filter(|it| is_shown(it))
            .collect();
        let (key, is_descending) = query.order(DEFAULT_ORDER);
        found.sort_by(|a, b| {
            let order = compare(key, a, b);
            if is_descending {
                order.reverse()
            } else {
                order
            }
        });
        let n_all = self.0.iter().filter(|it| is_shown(&it.0)).count();
        let summary = if needle.is_empty() {
            pluralize(found.len(), "cluster")
        } else {
            format!("{} of {}", found.len(), pluralize(n_all, "cluster"))
        };
        let mut html = String::new();
        if found.is_empty() {
            push_empty(&mut html, paths::CLUSTERS, query, "cluster", n_hidden);
        } else {
            html.push_str(r#"<table class="table"><caption class="sr">Clusters</caption>"#);
            push_head(&mut html, paths::CLUSTERS, query, &COLUMNS, DEFAULT_ORDER);
            html.push_str("<tbody>");
            for (index, it) in found.iter().take(query.rows).enumerate() {
                push_row(&mut html, it, first_new_mark(query, index));
            }
            html.push_str("</tbody></table>");
            push_more_link(&mut html, paths::CLUSTERS, query, found.len());
        }
        RenderedList { html, summary }
    }
}

/// Compares by the column with a key.
fn compare(key: &str, a: &ClusterSummary, b: &ClusterSummary) -> Ordering {
    match key {
        "variables" => a.cluster.metadata.0.len().cmp(&b.cluster.metadata.0.len()),
        "customers" => a.active_customers.cmp(&b.active_customers),
        _ => a.cluster.name.cmp(&b.cluster.name),
    }
}

/// Appends a row.
fn push_row(html: &mut String, it: &ClusterSummary, mark: &str) {
    let cluster = &it.cluster;
    let (hue, address, name) = (
        cluster.hue(),
        paths::cluster(cluster.id),
        escape(&cluster.name),
    );
    let path = escape(cluster.kubeconfig_path.as_deref().unwrap_or_default());
    let (variables, customers) = (cluster.metadata.0.len(), it.active_customers);
    let (off, badge) = if cluster.is_active {
        ("", "")
    } else {
        (" data-off", r#" <span class="badge">Inactive</span>"#)
    };
    put!(
        html,
        r#"<tr{off}{mark}><td><span class="place" data-cluster="{hue}"><a href="{address}">{name}</a></span>{badge}</td><td class="mono muted">{path}</td><td class="num muted">{variables}</td><td class="num muted">{customers}</td></tr>"#
    );
}
