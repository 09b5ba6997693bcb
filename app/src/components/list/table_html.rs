//! HTML of a list's table: its head with links that sort, the link to more rows, and the message for an empty list.
use super::list_query::{ListQuery, PAGE_ROWS};
use crate::domain::digit_groups::grouped;
use maud::{Markup, html};

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

/// The table head. Each sortable column links to the list in its order, so that sorting works without JavaScript.
pub(super) fn head_html(
    path: &str,
    query: &ListQuery,
    columns: &[ListColumn],
    default: &str,
) -> Markup {
    let (by, is_descending) = query.order(default);
    let order = if is_descending {
        "descending"
    } else {
        "ascending"
    };
    html! {
        thead {
            tr {
                @for ListColumn { key, label, is_number } in columns {
                    @let sorted = (*key == by && !key.is_empty()).then_some(order);
                    th scope="col" class=[is_number.then_some("num")] aria-sort=[sorted] {
                        @if key.is_empty() {
                            (label)
                        } @else {
                            @let sorted = query.sorted_by(key, *is_number, default);
                            a class="sort" href=(sorted.address(path)) data-filter={ "sort-" (key) } { (label) }
                        }
                    }
                }
            }
        }
    }
}

/// The link to more rows, if more were found than are shown.
pub(super) fn more_link_html(path: &str, query: &ListQuery, n_found: usize) -> Markup {
    let n_next = PAGE_ROWS.min(n_found.saturating_sub(query.rows));
    html! {
        @if n_next > 0 {
            p class="list__more" {
                a class="button" href=(query.with_more().address(path)) data-filter="more" { "Show " (n_next) " more" }
                " "
                span class="quiet small" { "Showing " (grouped(query.rows)) " of " (grouped(n_found)) }
            }
        }
    }
}

/// The message for an empty list; `n_hidden` inactive records would match.
pub(super) fn empty_html(path: &str, query: &ListQuery, one: &str, n_hidden: usize) -> Markup {
    let is_filtered = query.is_filtered();
    let what = if is_filtered {
        "matches the filter"
    } else {
        "is active"
    };
    html! {
        div class="empty" {
            p {
                "No " (one) " " (what) "."
                @if n_hidden > 0 {
                    " " (n_hidden) " inactive hidden."
                }
            }
            @if is_filtered {
                a class="button" href=(query.cleared().address(path)) data-filter="clear" { "Clear the filter" }
            }
        }
    }
}

/// The mark of an inactive record, behind its name.
pub(super) fn inactive_badge_html() -> Markup {
    html! { " " span class="badge" { "Inactive" } }
}

/// Whether a row is the first one added by the last "Show more"; it is marked, and gets the focus.
pub(super) fn is_first_new(query: &ListQuery, index: usize) -> bool {
    index > 0 && index + PAGE_ROWS == query.rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};

    #[test]
    fn hostile_texts_stay_text_around_a_list() {
        let query = ListQuery {
            text: HOSTILE.into(),
            rows: 1,
            ..ListQuery::default()
        };
        let columns = [text_column(HOSTILE, HOSTILE), text_column("", HOSTILE)];
        assert_escaped(&head_html(HOSTILE, &query, &columns, "name").0, 4);
        assert_escaped(&more_link_html(HOSTILE, &query, 2).0, 1);
        assert_escaped(&empty_html(HOSTILE, &query, HOSTILE, 1).0, 2);
    }
}
