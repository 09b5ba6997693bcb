//! Pagination of lists: `limit` (1 to 500 rows, default 100) and `cursor`, the `nextCursor` of the page before. Also parses
//! the other values of a query.
use super::problem::Problem;
use app::{
    domain::field_error,
    store::views::paging::{PageOfRows, PageRequest},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

const DEFAULT_ROWS: u32 = 100;
const ROWS_MAX: u32 = 500;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    pub items: Vec<T>,
    /// Where the next page starts; null on the last one.
    pub next_cursor: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Parses a value of the query, if it is given. `expected` completes the error "`x` is not …".
pub fn parse<T: FromStr>(
    name: &str,
    text: Option<&str>,
    expected: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(Problem::invalid(
            name,
            format!("`{text}` is not {expected}"),
        )),
    }
}

/// Parses a value of an enum, if it is given.
pub fn parse_enum<T: FromStr<Err = field_error::FieldError>>(
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|problem: field_error::FieldError| Problem::invalid(name, problem.to_string()))
}

/// Parses `true` or `false`; false if it is not given.
pub fn parse_flag(name: &str, text: Option<&str>) -> Result<bool, Problem> {
    Ok(parse(name, text, "true or false")?.unwrap_or_default())
}

/// Parses an id, if it is given.
pub fn parse_id(name: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    parse(name, text, "an id")
}

/// Parses the id of an event to go on from, if it is given; 0 is before the first.
pub fn parse_position(name: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    let expected = "an event's id";
    let id: Option<i64> = parse(name, text, expected)?;
    if id.is_some_and(i64::is_negative) {
        return Err(Problem::invalid(name, format!("Not {expected}")));
    }
    Ok(id)
}

/// Parses `limit`: how many rows a page has.
pub fn parse_limit(text: Option<&str>) -> Result<u32, Problem> {
    let expected = "a whole number from 1 to 500";
    let limit = parse("limit", text, expected)?.unwrap_or(DEFAULT_ROWS);
    if (1..=ROWS_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid(
            "limit",
            format!("{limit} is not {expected}"),
        ))
    }
}

/// Parses `limit` and `cursor`.
pub fn parse_page(limit: Option<&str>, cursor: Option<&str>) -> Result<PageRequest, Problem> {
    Ok(PageRequest {
        limit: parse_limit(limit)?.into(),
        after: parse("cursor", cursor, "a cursor of this list")?,
    })
}

impl<T> List<T> {
    /// A page that the store has selected.
    pub fn from_rows<Row: Into<T>>(rows: PageOfRows<Row>) -> Self {
        Self {
            items: rows.items.into_iter().map(Into::into).collect(),
            next_cursor: rows.next.map(|it| it.to_string()),
        }
    }

    /// Selects a page of a list that is in memory as a whole. `id` is what a cursor names a row by.
    pub fn select<Row: Into<T>>(
        rows: Vec<Row>,
        query: &PageQuery,
        id: impl Fn(&Row) -> i64,
    ) -> Result<Self, Problem> {
        let page = parse_page(query.limit.as_deref(), query.cursor.as_deref())?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let start = match page.after {
            None => 0,
            Some(after) => rows
                .iter()
                .position(|it| id(it) == after)
                .map(|it| it + 1)
                .ok_or_else(|| Problem::invalid("cursor", format!("Unknown: {after}")))?,
        };
        let has_more = rows.len() > start + limit;
        let items: Vec<Row> = rows.into_iter().skip(start).take(limit).collect();
        let last = items.last().filter(|_| has_more);
        Ok(Self {
            next_cursor: last.map(|it| id(it).to_string()),
            items: items.into_iter().map(Into::into).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<&str>, cursor: Option<&str>) -> Result<(Vec<i64>, Option<String>), u16> {
        let query = PageQuery {
            limit: limit.map(Into::into),
            cursor: cursor.map(Into::into),
        };
        let list = List::<i64>::select(vec![7_i64, 5, 9, 2], &query, |it| *it);
        list.map(|it| (it.items, it.next_cursor))
            .map_err(|it| it.0.status)
    }

    #[test]
    fn pages_follow_each_other_without_gaps() {
        assert_eq!(page(None, None), Ok((vec![7, 5, 9, 2], None)));
        assert_eq!(page(Some("3"), None), Ok((vec![7, 5, 9], Some("9".into()))));
        assert_eq!(page(Some("3"), Some("9")), Ok((vec![2], None)));
        assert_eq!(page(Some("4"), None), Ok((vec![7, 5, 9, 2], None)));
        assert_eq!(page(None, Some("2")), Ok((vec![], None)));
    }

    #[test]
    fn a_limit_is_from_1_to_500_and_a_cursor_is_of_this_list() {
        for wrong in ["0", "501", "-1", "x", ""] {
            assert_eq!(page(Some(wrong), None), Err(422), "{wrong}");
        }
        assert_eq!(page(None, Some("8")), Err(422));
        assert_eq!(page(None, Some("x")), Err(422));
        assert!(page(Some("500"), None).is_ok());
    }
}
