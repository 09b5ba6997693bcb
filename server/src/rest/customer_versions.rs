//! REST: which version each customer is on, as JSON or as a table.
use super::{
    dto::customer_versions::CustomerVersion,
    extract::{QueryString, Reader},
    page::{List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use crate::output::{attachment::attachment, csv_tables};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What the versions are written as.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VersionsFormat {
    Json,
    Csv,
}

/// Which customers, and how they are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VersionsQuery {
    /// Only customers with this in their name, their cluster, their release or its version.
    q: Option<String>,
    /// `json` if nothing is said. A table has all rows.
    #[param(value_type = Option<VersionsFormat>, inline)]
    format: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Active customers by name, each with the release that it finished last: every step there is done or skipped.
#[utoipa::path(get, path = "/api/customers/versions", tag = "customers", params(VersionsQuery),
    responses((status = 200, description = "The customers", content(
        (List<CustomerVersion> = "application/json"),
        (String = "text/csv")
    ))))]
pub async fn list_customer_versions(
    Reader(store): Reader,
    QueryString(query): QueryString<VersionsQuery>,
) -> RestResponse {
    let filter = query.q.unwrap_or_default();
    let is_table = match query.format.as_deref() {
        None | Some("json") => false,
        Some("csv") => true,
        Some(other) => {
            let problem = format!("`{other}` is none of json, csv");
            return Err(Problem::invalid("format", problem));
        }
    };
    let rows = store.customer_versions(filter, usize::MAX).await?.rows;
    if is_table {
        let csv = csv_tables::versions_csv(&rows);
        return Ok(attachment("text/csv; charset=utf-8", "versions.csv", csv));
    }
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let list = List::<CustomerVersion>::select(rows, &page, |it| it.id.0)?;
    Ok(response::ok(&list, None))
}
