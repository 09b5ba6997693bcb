//! Releases as the HTML text of a table, searched and sorted; newest first at first.
use super::{
    list_query::ListQuery,
    table_html::{
        ListColumn, RenderedList, first_new_mark, number_column, push_empty, push_head,
        push_more_link, text_column,
    },
};
use crate::{
    components::ui::{
        bar,
        html::{escape, pluralize, put},
        time::long_date,
    },
    domain::{fold::fold, progress::NO_STEPS, release::ReleaseSummary, vocabulary::ReleaseStatus},
    paths,
};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 8] = [
    text_column("name", "Release"),
    text_column("type", "Type"),
    text_column("status", "Status"),
    text_column("", "Version"),
    text_column("date", "Date"),
    number_column("steps", "Steps"),
    number_column("customers", "Customers"),
    text_column("progress", "Progress"),
];
/// The order without a choice: newest first.
const DEFAULT_ORDER: &str = "-created";

/// The releases, each with the text that the search looks in.
pub struct ReleaseList(Vec<(ReleaseSummary, String)>);

impl ReleaseList {
    /// Prepares the releases, given newest first, for the search.
    pub fn new(releases: Vec<ReleaseSummary>) -> Self {
        let searched = |it: &ReleaseSummary| {
            let number = it.release.version_number.as_deref().unwrap_or_default();
            fold(&format!("{}\n{number}", it.release.name))
        };
        let rows = releases.into_iter().map(|it| {
            let searched = searched(&it);
            (it, searched)
        });
        Self(rows.collect())
    }

    /// The rows that match a query, as HTML.
    pub fn render(&self, query: &ListQuery) -> RenderedList {
        let needle = query.needle();
        let mut found: Vec<&ReleaseSummary> = self
            .0
            .iter()
            .filter(|it| it.1.contains(&needle))
            .map(|it| &it.0)
            .filter(|it| query.kind.is_empty() || query.kind == it.release.kind.as_str())
            .filter(|it| query.status.is_empty() || query.status == it.release.status.as_str())
            .collect();
        let (key, is_descending) = query.order(DEFAULT_ORDER);
        if (key, is_descending) == ("created", false) {
            found.reverse();
        } else if key != "created" {
            found.sort_by(|a, b| {
                let order = compare(key, a, b);
                if is_descending {
                    order.reverse()
                } else {
                    order
                }
            });
        }
        let summary = if query.is_filtered() {
            format!("{} of {}", found.len(), pluralize(self.0.len(), "release"))
        } else {
            pluralize(found.len(), "release")
        };
        let mut html = String::new();
        if found.is_empty() {
            push_empty(&mut html, paths::RELEASES, query, "release", 0);
        } else {
            html.push_str(r#"<table class="table"><caption class="sr">Releases</caption>"#);
            push_head(&mut html, paths::RELEASES, query, &COLUMNS, DEFAULT_ORDER);
            html.push_str("<tbody>");
            for (index, it) in found.iter().take(query.rows).enumerate() {
                push_row(&mut html, it, first_new_mark(query, index));
            }
            html.push_str("</tbody></table>");
            push_more_link(&mut html, paths::RELEASES, query, found.len());
        }
        RenderedList { html, summary }
    }
}

/// Compares by the column with a key.
fn compare(key: &str, a: &ReleaseSummary, b: &ReleaseSummary) -> Ordering {
    match key {
        "type" => a.release.kind.cmp(&b.release.kind),
        "status" => a.release.status.cmp(&b.release.status),
        "date" => a.release.release_date.cmp(&b.release.release_date),
        "steps" => a.templates.cmp(&b.templates),
        "customers" => a.customers.cmp(&b.customers),
        "progress" => a.progress.percent.cmp(&b.progress.percent),
        _ => a.release.name.cmp(&b.release.name),
    }
}

/// Appends a row.
fn push_row(html: &mut String, it: &ReleaseSummary, mark: &str) {
    let release = &it.release;
    let (path, name) = (paths::release(release.id), escape(&release.name));
    let (kind, status) = (release.kind.label(), release.status.label());
    let number = escape(release.version_number.as_deref().unwrap_or_default());
    let date = release.release_date.map(long_date).unwrap_or_default();
    let off = if release.status == ReleaseStatus::Archived {
        " data-off"
    } else {
        ""
    };
    let tone = if release.status == ReleaseStatus::Active {
        r#" data-tone="live""#
    } else {
        ""
    };
    let steps = it.templates;
    put!(
        html,
        r#"<tr{off}{mark}><td><a href="{path}"><b class="label">{name}</b></a></td><td class="muted">{kind}</td><td><span class="badge"{tone}>{status}</span></td><td class="muted">{number}</td><td class="muted">{date}</td><td class="num muted">{steps}</td>"#
    );
    if release.status == ReleaseStatus::Draft {
        html.push_str("<td></td><td></td></tr>");
        return;
    }
    put!(
        html,
        r#"<td class="num muted">{}</td><td><span class="row cellbar">"#,
        it.customers
    );
    bar::write_html(html, it.progress.counts);
    put!(
        html,
        r#"<span class="num small">{}</span>"#,
        it.progress.counts.percent_text(NO_STEPS)
    );
    html.push_str("</span></td></tr>");
}
