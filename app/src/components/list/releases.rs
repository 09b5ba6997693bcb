//! The releases, newest first.
use super::{ListColumn, ListQuery, RenderedList, heads, mark, more, nothing, number, words};
use crate::{
    components::ui::{
        bar,
        html::{count, put},
        text_area::escape,
        time::day,
    },
    domain::{matrix_filter::lower, release::ReleaseSummary, vocabulary::ReleaseStatus},
    paths,
};
use std::cmp::Ordering;

const COLUMNS: [ListColumn; 8] = [
    words("name", "Release"),
    words("type", "Type"),
    words("status", "Status"),
    words("", "Version"),
    words("date", "Date"),
    number("steps", "Steps"),
    number("customers", "Customers"),
    words("progress", "Progress"),
];
/// The list comes newest first.
const BY: &str = "-created";

/// The releases, each with what is searched in.
pub struct ReleaseList(Vec<(ReleaseSummary, String)>);

impl ReleaseList {
    pub fn new(releases: Vec<ReleaseSummary>) -> Self {
        let searched = |it: &ReleaseSummary| {
            let number = it.release.version_number.as_deref().unwrap_or_default();
            lower(&format!("{}\n{number}", it.release.name))
        };
        let rows = releases.into_iter().map(|it| {
            let searched = searched(&it);
            (it, searched)
        });
        Self(rows.collect())
    }

    pub fn draw(&self, wanted: &ListQuery) -> RenderedList {
        let needle = wanted.needle();
        let mut found: Vec<&ReleaseSummary> = self
            .0
            .iter()
            .filter(|it| it.1.contains(&needle))
            .map(|it| &it.0)
            .filter(|it| wanted.kind.is_empty() || wanted.kind == it.release.kind.as_str())
            .filter(|it| wanted.status.is_empty() || wanted.status == it.release.status.as_str())
            .collect();
        let (key, falls) = wanted.order(BY);
        if (key, falls) == ("created", false) {
            found.reverse();
        } else if key != "created" {
            found.sort_by(|a, b| {
                let order = compare(key, a, b);
                if falls { order.reverse() } else { order }
            });
        }
        let said = if wanted.narrows() {
            format!("{} of {}", found.len(), count(self.0.len(), "release"))
        } else {
            count(found.len(), "release")
        };
        let mut html = String::new();
        if found.is_empty() {
            nothing(&mut html, paths::RELEASES, wanted, "release", 0);
        } else {
            html.push_str(r#"<table class="table"><caption class="sr">Releases</caption>"#);
            heads(&mut html, paths::RELEASES, wanted, &COLUMNS, BY);
            html.push_str("<tbody>");
            for (index, it) in found.iter().take(wanted.rows).enumerate() {
                row(&mut html, it, mark(wanted, index));
            }
            html.push_str("</tbody></table>");
            more(&mut html, paths::RELEASES, wanted, found.len());
        }
        RenderedList { html, said }
    }
}

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

fn row(html: &mut String, it: &ReleaseSummary, mark: &str) {
    let release = &it.release;
    let (path, name) = (paths::release(release.id), escape(&release.name));
    let (kind, status) = (release.kind.label(), release.status.label());
    let number = escape(release.version_number.as_deref().unwrap_or_default());
    let date = release.release_date.map(day).unwrap_or_default();
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
    bar::html(html, it.progress.counts);
    match it.progress.percent {
        Some(percent) => put!(html, r#"<span class="num small">{percent} %</span>"#),
        None => html.push_str(r#"<span class="num small">no steps</span>"#),
    }
    html.push_str("</span></td></tr>");
}
