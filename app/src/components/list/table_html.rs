//! HTML of a list's table: its head with links that sort, the link to more rows, and the message for an empty list.
use super::list_query::{ListQuery, PAGE_ROWS};
use crate::components::ui::html::{escape, put};

/// A column of a list. A column without a key cannot be sorted by.
pub(super) struct ListColumn {
    /// Its name in the URL.
    key: &'static str,
    label: &'static str,
    is_number: bool,
}

/// A column of text.
pub(super) const fn text_column(key: &'static str, label: &'static str) -> ListColumn {
    ListColumn {
        key,
        label,
        is_number: false,
    }
}

/// A column of numbers: aligned right, and sorted from the largest first.
pub(super) const fn number_column(key: &'static str, label: &'static str) -> ListColumn {
    ListColumn {
        key,
        label,
        is_number: true,
    }
}

/// A list as HTML, and how many records it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedList {
    /// The table, or the message for an empty list.
    pub html: String,
    /// "3 customers in 2 clusters", or "1 of 3 customers" while filtered.
    pub summary: String,
}

/// Appends the table head. Each sortable column links to the list in its order, so that sorting works without
/// JavaScript.
pub(super) fn push_head(
    html: &mut String,
    path: &str,
    query: &ListQuery,
    columns: &[ListColumn],
    default: &str,
) {
    let (by, is_descending) = query.order(default);
    html.push_str("<thead><tr>");
    for column in columns {
        let (key, label) = (column.key, column.label);
        let class = if column.is_number {
            r#" class="num""#
        } else {
            ""
        };
        if key.is_empty() {
            put!(html, r#"<th scope="col"{class}>{label}</th>"#);
            continue;
        }
        let sorted = match (key == by, is_descending) {
            (true, false) => r#" aria-sort="ascending""#,
            (true, true) => r#" aria-sort="descending""#,
            (false, _) => "",
        };
        let address = escape(
            &query
                .sorted_by(key, column.is_number, default)
                .address(path),
        );
        put!(
            html,
            r#"<th scope="col"{class}{sorted}><a class="sort" href="{address}" data-filter="sort-{key}">{label}</a></th>"#
        );
    }
    html.push_str("</tr></thead>");
}

/// Appends the link to more rows, if more were found than are shown.
pub(super) fn push_more_link(html: &mut String, path: &str, query: &ListQuery, n_found: usize) {
    if n_found <= query.rows {
        return;
    }
    let address = escape(&query.with_more().address(path));
    let (shown, next) = (query.rows, PAGE_ROWS.min(n_found - query.rows));
    put!(
        html,
        r#"<p class="list__more"><a class="button" href="{address}" data-filter="more">Show {next} more</a> <span class="quiet small">{shown} of {n_found} are shown</span></p>"#
    );
}

/// Appends the message for an empty list; `n_hidden` inactive records would match.
pub(super) fn push_empty(
    html: &mut String,
    path: &str,
    query: &ListQuery,
    one: &str,
    n_hidden: usize,
) {
    let address = escape(&query.cleared().address(path));
    let what = if query.is_filtered() {
        "matches the filter"
    } else {
        "is active"
    };
    put!(html, r#"<div class="empty"><p>No {one} {what}."#);
    if n_hidden > 0 {
        put!(html, " Hidden because inactive: {n_hidden}.");
    }
    html.push_str("</p>");
    if query.is_filtered() {
        put!(
            html,
            r#"<a class="button" href="{address}" data-filter="clear">Clear the filter</a>"#
        );
    }
    html.push_str("</div>");
}

/// The attribute that marks the first row added by the last "Show more"; it gets the focus.
pub(super) fn first_new_mark(query: &ListQuery, index: usize) -> &'static str {
    if index > 0 && index + PAGE_ROWS == query.rows {
        " data-first"
    } else {
        ""
    }
}
