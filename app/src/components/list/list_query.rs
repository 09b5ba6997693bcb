//! Query of a list: its search, order, filters and number of rows, read from and written to the URL.
use crate::{
    domain::{fold::fold, id::ClusterId},
    paths,
};

/// How many rows are shown at first, and how many more with each press of "Show more".
pub const PAGE_ROWS: usize = 200;
/// Upper limit of the rows in a URL.
const ROWS_MAX: usize = 20_000;

/// What a list shows: search, order, filters and number of rows. They are query parameters of the URL, so that a list
/// can be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The search text.
    pub text: String,
    /// The key of the column to sort by, with a minus before it for descending order; empty for the list's own order.
    pub sort: String,
    /// Whether inactive records are shown.
    pub inactive: bool,
    /// How many rows are shown at most.
    pub rows: usize,
    /// The type of releases; empty for all.
    pub kind: String,
    /// The status of releases; empty for all.
    pub status: String,
    /// The cluster of customers; none for all.
    pub cluster: Option<ClusterId>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            text: String::new(),
            sort: String::new(),
            inactive: false,
            rows: PAGE_ROWS,
            kind: String::new(),
            status: String::new(),
            cluster: None,
        }
    }
}

impl ListQuery {
    /// Reads the parameters from a URL; invalid values are ignored.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| get(key).unwrap_or_default();
        Self {
            text: text("q"),
            sort: text("sort"),
            inactive: get("includeInactive").is_some(),
            rows: text("rows")
                .parse()
                .unwrap_or(PAGE_ROWS)
                .clamp(PAGE_ROWS, ROWS_MAX),
            kind: text("type"),
            status: text("status"),
            cluster: text("cluster").parse().ok(),
        }
    }

    /// The URL of the list with these parameters; defaults are left out.
    pub fn address(&self, path: &str) -> String {
        let rows = if self.rows == PAGE_ROWS {
            String::new()
        } else {
            self.rows.to_string()
        };
        let inactive = if self.inactive { "true" } else { "" };
        let cluster = self.cluster.map(|it| it.to_string()).unwrap_or_default();
        let parts = [
            ("q", self.text.clone()),
            ("type", self.kind.clone()),
            ("status", self.status.clone()),
            ("cluster", cluster),
            ("sort", self.sort.clone()),
            ("includeInactive", inactive.to_owned()),
            ("rows", rows),
        ];
        paths::with_query(path.to_owned(), &parts)
    }

    /// The key of the column that is sorted by, and whether the order is descending. `default` applies without a
    /// choice.
    pub fn order<'a>(&'a self, default: &'a str) -> (&'a str, bool) {
        let sort = if self.sort.is_empty() {
            default
        } else {
            &self.sort
        };
        sort.strip_prefix('-')
            .map_or((sort, false), |it| (it, true))
    }

    /// The search text in the form that is compared.
    pub(super) fn needle(&self) -> String {
        fold(self.text.trim())
    }

    /// Whether the search or a filter is set.
    pub(super) fn is_filtered(&self) -> bool {
        let is_chosen = !self.kind.is_empty() || !self.status.is_empty() || self.cluster.is_some();
        is_chosen || !self.text.trim().is_empty()
    }

    /// The query after a click on a column's head. Numbers start with the largest; a second click reverses the order.
    pub(super) fn sorted_by(&self, key: &str, is_number: bool, default: &str) -> Self {
        let (present, is_descending) = self.order(default);
        let is_descending = if present == key {
            !is_descending
        } else {
            is_number
        };
        let minus = if is_descending { "-" } else { "" };
        let sort = format!("{minus}{key}");
        Self {
            sort: if sort == default { String::new() } else { sort },
            ..self.clone()
        }
    }

    /// The value of a filter, `type` or `status`.
    pub(super) fn choice(&self, name: &str) -> &str {
        if name == "type" {
            &self.kind
        } else {
            &self.status
        }
    }

    /// Sets a filter, `type` or `status`.
    pub(super) fn choose(&mut self, name: &str, value: String) {
        self.rows = PAGE_ROWS;
        if name == "type" {
            self.kind = value;
        } else {
            self.status = value;
        }
    }

    /// The query for the customers of all clusters.
    pub fn of_all_clusters(&self) -> Self {
        Self {
            cluster: None,
            rows: PAGE_ROWS,
            ..self.clone()
        }
    }

    /// The query with more rows.
    pub(super) fn with_more(&self) -> Self {
        Self {
            rows: self.rows + PAGE_ROWS,
            ..self.clone()
        }
    }

    /// The query without search and filters; the order and inactive records stay as chosen.
    pub(super) fn cleared(&self) -> Self {
        Self {
            sort: self.sort.clone(),
            inactive: self.inactive,
            ..Self::default()
        }
    }
}

/// The parameter `sort` of a query string. Its characters are never percent-encoded.
pub(super) fn sort_in(query: &str) -> String {
    let parts = query.split('&');
    let sort = parts.filter_map(|it| it.strip_prefix("sort=")).next_back();
    sort.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_its_url() {
        let query = ListQuery {
            text: "ac&me".into(),
            sort: "-variables".into(),
            inactive: true,
            rows: 400,
            cluster: Some(ClusterId(7)),
            ..ListQuery::default()
        };
        let address = query.address("/customers");
        assert_eq!(
            address,
            "/customers?q=ac%26me&cluster=7&sort=-variables&includeInactive=true&rows=400"
        );
        assert!(query.is_filtered() && query.of_all_clusters().cluster.is_none());
        assert_eq!(ListQuery::default().address("/customers"), "/customers");
        let read = |key: &str| match key {
            "q" => Some("ac&me".to_owned()),
            "sort" => Some("-variables".to_owned()),
            "includeInactive" => Some("true".to_owned()),
            "rows" => Some("400".to_owned()),
            "cluster" => Some("7".to_owned()),
            _ => None,
        };
        assert_eq!(ListQuery::parse(read), query);
        assert_eq!(ListQuery::parse(|_| None), ListQuery::default());
        let huge = ListQuery::parse(|key| (key == "rows").then(|| "99999999".into()));
        assert_eq!(huge.rows, ROWS_MAX);
    }

    #[test]
    fn a_column_head_reverses_the_order_and_numbers_start_with_the_largest() {
        let by = |query: &ListQuery, key, is_number| query.sorted_by(key, is_number, "name");
        let by_count = by(&ListQuery::default(), "variables", true);
        assert_eq!(by_count.sort, "-variables");
        assert_eq!(by(&by_count, "variables", true).sort, "variables");
        let by_name = by(&ListQuery::default(), "name", false);
        assert_eq!(by_name.sort, "-name");
        assert_eq!(by(&by_name, "name", false).sort, "");
        assert_eq!(sort_in("q=a&sort=-name&rows=400"), "-name");
        assert_eq!(sort_in("q=a"), "");
    }
}
