//! The clusters by name.
use super::{ListColumn, ListQuery, RenderedList, heads, mark, more, nothing, number, words};
use crate::{
    components::ui::{
        html::{count, put},
        text_area::escape,
    },
    domain::{cluster::ClusterSummary, fold::fold},
    paths,
};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 4] = [
    words("name", "Cluster"),
    words("", "Kubeconfig path"),
    number("variables", "Variables"),
    number("customers", "Customers"),
];
const BY: &str = "name";

/// The clusters, each with what is searched in.
pub struct ClusterList(Vec<(ClusterSummary, String)>);

impl ClusterList {
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

    pub fn draw(&self, wanted: &ListQuery) -> RenderedList {
        let needle = wanted.needle();
        let matching = || self.0.iter().filter(|it| it.1.contains(&needle));
        let is_shown = |it: &ClusterSummary| wanted.inactive || it.cluster.is_active;
        let n_hidden = matching().filter(|it| !is_shown(&it.0)).count();
        let mut found: Vec<&ClusterSummary> = matching()
            .map(|it| &it.0)
            .filter(|it| is_shown(it))
            .collect();
        let (key, falls) = wanted.order(BY);
        found.sort_by(|a, b| {
            let order = compare(key, a, b);
            if falls { order.reverse() } else { order }
        });
        let n_all = self.0.iter().filter(|it| is_shown(&it.0)).count();
        let said = if needle.is_empty() {
            count(found.len(), "cluster")
        } else {
            format!("{} of {}", found.len(), count(n_all, "cluster"))
        };
        let mut html = String::new();
        if found.is_empty() {
            nothing(&mut html, paths::CLUSTERS, wanted, "cluster", n_hidden);
        } else {
            html.push_str(r#"<table class="table"><caption class="sr">Clusters</caption>"#);
            heads(&mut html, paths::CLUSTERS, wanted, &COLUMNS, BY);
            html.push_str("<tbody>");
            for (index, it) in found.iter().take(wanted.rows).enumerate() {
                row(&mut html, it, mark(wanted, index));
            }
            html.push_str("</tbody></table>");
            more(&mut html, paths::CLUSTERS, wanted, found.len());
        }
        RenderedList { html, said }
    }
}

fn compare(key: &str, a: &ClusterSummary, b: &ClusterSummary) -> Ordering {
    match key {
        "variables" => a.cluster.metadata.0.len().cmp(&b.cluster.metadata.0.len()),
        "customers" => a.active_customers.cmp(&b.active_customers),
        _ => a.cluster.name.cmp(&b.cluster.name),
    }
}

fn row(html: &mut String, it: &ClusterSummary, mark: &str) {
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
