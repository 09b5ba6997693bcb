//! Lists in pages: `limit` (1 to 500, 100 if nothing is said) and `cursor`, the `nextCursor` of the page before.
use super::problem::Problem;
use app::{
    domain::field_error,
    store::views::paging::{PageOfRows, PageRequest},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 500;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PagedList<T> {
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

/// A value of the query, if it is there and can be read; `what` says what it should have been.
pub fn read<T: FromStr>(name: &str, text: Option<&str>, what: &str) -> Result<Option<T>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(Problem::invalid(name, format!("`{text}` is not {what}"))),
    }
}

/// One of a closed list of words, if it is there.
pub fn word<T: FromStr<Err = field_error::FieldError>>(
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|problem: field_error::FieldError| Problem::invalid(name, problem.to_string()))
}

/// `true` or `false`, and false if nothing is said.
pub fn flag(name: &str, text: Option<&str>) -> Result<bool, Problem> {
    Ok(read(name, text, "true or false")?.unwrap_or_default())
}

/// An id, if it is there.
pub fn id(name: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    read(name, text, "an id")
}

pub fn limit(text: Option<&str>) -> Result<u32, Problem> {
    let what = "a whole number from 1 to 500";
    let limit = read("limit", text, what)?.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid("limit", format!("{limit} is not {what}")))
    }
}

pub fn part(limit_text: Option<&str>, cursor: Option<&str>) -> Result<PageRequest, Problem> {
    Ok(PageRequest {
        limit: limit(limit_text)?.into(),
        after: read("cursor", cursor, "a cursor of this list")?,
    })
}

impl<T> PagedList<T> {
    /// A page that the store cut.
    pub fn of<Row: Into<T>>(rows: PageOfRows<Row>) -> Self {
        Self {
            items: rows.items.into_iter().map(Into::into).collect(),
            next_cursor: rows.next.map(|it| it.to_string()),
        }
    }

    /// A page of a short list, which is at hand as a whole.
    pub fn cut<Row: Into<T>>(
        rows: Vec<Row>,
        query: &PageQuery,
        id: impl Fn(&Row) -> i64,
    ) -> Result<Self, Problem> {
        let part = part(query.limit.as_deref(), query.cursor.as_deref())?;
        let limit = usize::try_from(part.limit).unwrap_or(usize::MAX);
        let start = match part.after {
            None => 0,
            Some(after) => rows
                .iter()
                .position(|it| id(it) == after)
                .map(|it| it + 1)
                .ok_or_else(|| Problem::invalid("cursor", format!("unknown: {after}")))?,
        };
        let more = rows.len() > start + limit;
        let page = rows.into_iter().skip(start).take(limit);
        let page: Vec<Row> = page.collect();
        let last = page.last().filter(|_| more).map(|it| id(it).to_string());
        Ok(Self {
            items: page.into_iter().map(Into::into).collect(),
            next_cursor: last,
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
        let list = PagedList::<i64>::cut(vec![7_i64, 5, 9, 2], &query, |it| *it);
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
