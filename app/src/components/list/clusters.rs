//! The list of clusters as the HTML text of a table: searched, sorted (by name unless a column is chosen), inactive ones hidden
//! unless asked for.
use super::{
    list_query::ListQuery,
    table_html::{
        ListColumn, RenderedList, empty_html, head_html, inactive_badge_html, is_first_new,
        more_link_html, number_column, text_column,
    },
};
use crate::{
    components::ui::sorting::sort_by,
    domain::{cluster::ClusterSummary, digit_groups::grouped, fold::fold, plural::pluralize},
    paths,
};
use maud::{Markup, html};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 4] = [
    text_column("name", "Cluster"),
    text_column("", "Kubeconfig path"),
    number_column("variables", "Variables"),
    number_column("customers", "Customers"),
];
/// The key of the column that sorts the list until another is chosen.
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
        sort_by(&mut found, |a, b| {
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
            let n = grouped(found.len());
            format!("{n} of {}", pluralize(n_all, "cluster"))
        };
        let html = html! {
            @if found.is_empty() {
                (empty_html(paths::CLUSTERS, query, "cluster", n_hidden))
            } @else {
                table class="table" data-of="clusters" {
                    caption class="sr" { "Clusters" }
                    (head_html(paths::CLUSTERS, query, &COLUMNS, DEFAULT_ORDER))
                    tbody {
                        @for (index, it) in found.iter().take(query.rows).enumerate() {
                            (row_html(it, is_first_new(query, index)))
                        }
                    }
                }
                (more_link_html(paths::CLUSTERS, query, found.len()))
            }
        };
        RenderedList {
            html: html.into_string(),
            summary,
        }
    }
}

/// Compares by the column with this key, one of those in `COLUMNS`; any other key means the name.
fn compare(key: &str, a: &ClusterSummary, b: &ClusterSummary) -> Ordering {
    match key {
        "variables" => a.cluster.metadata.0.len().cmp(&b.cluster.metadata.0.len()),
        "customers" => a.active_customers.cmp(&b.active_customers),
        _ => a.cluster.name.cmp(&b.cluster.name),
    }
}

/// A row; `is_first` if it is the first one added by "Show more", which gets the focus.
fn row_html(it: &ClusterSummary, is_first: bool) -> Markup {
    let cluster = &it.cluster;
    html! {
        tr data-off[!cluster.is_active] data-first[is_first] {
            td {
                span class="place" data-cluster=(cluster.hue()) {
                    a href=(paths::cluster(cluster.id)) { (cluster.name) }
                }
                @if !cluster.is_active {
                    (inactive_badge_html())
                }
            }
            td class="mono muted" { (cluster.kubeconfig_path.as_deref().unwrap_or_default()) }
            td class="num muted" { (cluster.metadata.0.len()) }
            td class="num muted" { (grouped(it.active_customers as usize)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::{cluster::Cluster, id::ClusterId, metadata::Metadata},
    };
    use chrono::DateTime;

    #[test]
    fn hostile_names_of_clusters_stay_text() {
        let cluster = Cluster {
            id: ClusterId(1),
            name: HOSTILE.into(),
            kubeconfig_path: Some(HOSTILE.into()),
            context: None,
            max_parallel: 1,
            description: None,
            is_active: true,
            metadata: Metadata::default(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        };
        let list = ClusterList::new(vec![ClusterSummary {
            cluster,
            active_customers: 0,
        }]);
        assert_escaped(&list.render(&ListQuery::default()).html, 2);
    }
}
