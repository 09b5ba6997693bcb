//! Releases as the HTML text of a table, searched and sorted; by default the newest first.
use super::{
    list_query::ListQuery,
    table_html::{
        ListColumn, RenderedList, empty_html, head_html, is_first_new, more_link_html,
        number_column, text_column,
    },
};
use crate::{
    components::ui::{bar::bar_html, sorting::sort_by},
    domain::{
        digit_groups::grouped,
        fold::fold,
        id::ReleaseId,
        plural::pluralize,
        progress::NO_STEPS,
        release::{ReleaseLabel, ReleaseSummary, name_suffixes},
        vocabulary::ReleaseStatus,
    },
    paths,
};
use chrono::NaiveDate;
use maud::{Markup, html};
use std::{cmp::Ordering, collections::HashMap};

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
pub struct ReleaseList {
    rows: Vec<(ReleaseSummary, String)>,
    /// What follows names that several releases have.
    suffixes: HashMap<ReleaseId, String>,
}

impl ReleaseList {
    /// Prepares the releases, given newest first, for the search.
    pub fn new(releases: Vec<ReleaseSummary>) -> Self {
        let labels: Vec<ReleaseLabel<'_>> = releases
            .iter()
            .map(|it| ReleaseLabel {
                id: it.release.id,
                name: &it.release.name,
                version_number: it.release.version_number.as_deref(),
                created: it.release.created_at.date_naive(),
            })
            .collect();
        let suffixes = labels.iter().zip(name_suffixes(&labels));
        let suffixes = suffixes.filter_map(|(it, suffix)| Some((it.id, suffix?)));
        let suffixes = suffixes.collect();
        let searched = |it: &ReleaseSummary| {
            let number = it.release.version_number.as_deref().unwrap_or_default();
            fold(&format!("{}\n{number}", it.release.name))
        };
        let rows = releases.into_iter().map(|it| {
            let searched = searched(&it);
            (it, searched)
        });
        Self {
            rows: rows.collect(),
            suffixes,
        }
    }

    /// The rows that match a query, as HTML. `date_text` formats dates.
    pub fn render(
        &self,
        query: &ListQuery,
        date_text: impl Fn(NaiveDate) -> String,
    ) -> RenderedList {
        let needle = query.needle();
        let mut found: Vec<&ReleaseSummary> = self
            .rows
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
            sort_by(&mut found, |a, b| {
                let order = compare(key, a, b);
                if is_descending {
                    order.reverse()
                } else {
                    order
                }
            });
        }
        let summary = if query.is_filtered() {
            let n = grouped(found.len());
            format!("{n} of {}", pluralize(self.rows.len(), "release"))
        } else {
            pluralize(found.len(), "release")
        };
        let html = html! {
            @if found.is_empty() {
                (empty_html(paths::RELEASES, query, "release", 0))
            } @else {
                table class="table" data-of="releases" {
                    caption class="sr" { "Releases" }
                    (head_html(paths::RELEASES, query, &COLUMNS, DEFAULT_ORDER))
                    tbody {
                        @for (index, it) in found.iter().take(query.rows).enumerate() {
                            @let suffix = self.suffixes.get(&it.release.id);
                            (row_html(it, suffix, is_first_new(query, index), &date_text))
                        }
                    }
                }
                (more_link_html(paths::RELEASES, query, found.len()))
            }
        };
        RenderedList {
            html: html.into_string(),
            summary,
        }
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

/// A row; `is_first` if it gets the focus.
fn row_html(
    it: &ReleaseSummary,
    suffix: Option<&String>,
    is_first: bool,
    date_text: &impl Fn(NaiveDate) -> String,
) -> Markup {
    let release = &it.release;
    let is_draft = release.status == ReleaseStatus::Draft;
    let is_active = release.status == ReleaseStatus::Active;
    html! {
        tr data-off[release.status == ReleaseStatus::Archived] data-first[is_first] {
            td {
                a href=(paths::release(release.id)) {
                    b class="label" { (release.name) }
                    @if let Some(suffix) = suffix { span class="quiet small" { " (" (suffix) ")" } }
                }
            }
            td class="muted" { (release.kind.label()) }
            td { span class="badge" data-tone=[is_active.then_some("live")] { (release.status.label()) } }
            td class="muted" { (release.version_number.as_deref().unwrap_or_default()) }
            td class="muted" {
                @if let Some(date) = release.release_date {
                    time datetime=(date.to_string()) { (date_text(date)) }
                }
            }
            td class="num muted" { (grouped(it.templates as usize)) }
            @if is_draft {
                td {}
                td {}
            } @else {
                td class="num muted" { (grouped(it.customers as usize)) }
                td {
                    span class="row cellbar" {
                        (bar_html(it.progress.counts))
                        span class="num small" { (it.progress.counts.percent_text(NO_STEPS)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::{matrix::tests::release, progress::Progress},
    };

    #[test]
    fn equal_names_of_releases_are_told_apart() {
        let of = |id, name: &str| {
            let mut release = release();
            release.id = ReleaseId(id);
            release.name = name.into();
            release.version_number = None;
            ReleaseSummary {
                release,
                templates: 0,
                customers: 0,
                progress: Progress::default(),
            }
        };
        let list = ReleaseList::new(vec![of(1, "June"), of(2, "July"), of(3, "June")]);
        let html = list.render(&ListQuery::default(), |it| it.to_string()).html;
        assert_eq!(html.matches("June</b><span").count(), 2);
        assert!(html.contains(" (number 1)") && html.contains(" (number 3)"));
        assert!(html.contains("July</b></a>"));
    }

    #[test]
    fn hostile_names_of_releases_stay_text() {
        let mut release = release();
        release.name = HOSTILE.into();
        release.version_number = Some(HOSTILE.into());
        let list = ReleaseList::new(vec![ReleaseSummary {
            release,
            templates: 0,
            customers: 0,
            progress: Progress::default(),
        }]);
        let list = list.render(&ListQuery::default(), |it| it.to_string());
        assert_escaped(&list.html, 2);
    }
}
