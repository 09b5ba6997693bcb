//! REST: search over everything, which the palette of the pages asks too (`public/palette.js`).
use super::{
    dto::search::SearchResults,
    extract::{QueryString, Reader},
    page,
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::search::{self, SearchQuery};
use serde::Deserialize;
use utoipa::IntoParams;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// Words, all of which are in a name, or in a step's text, in any order: at most 200 characters. Case does not matter, in texts
    /// that of A to Z.
    #[param(value_type = String, max_length = 200)]
    q: Option<String>,
    /// How many hits there are of each kind.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Releases, customers, clusters, steps and people by their names, and steps by the lines of their texts: those of templates,
/// of customers, and those that were executed. A blank search finds nothing.
#[utoipa::path(get, path = "/api/search", tag = "search", params(SearchParams),
    responses((status = 200, description = "What was found", body = SearchResults)))]
pub async fn search(
    Reader(store): Reader,
    QueryString(params): QueryString<SearchParams>,
) -> RestResponse {
    let limit = page::parse_limit(params.limit.as_deref())?;
    let text = params.q.ok_or_else(|| Problem::missing("q"))?;
    let query = SearchQuery::parse(&text).map_err(|it| Problem::invalid("q", it.to_string()))?;
    let found = match query {
        Some(query) => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            store.search(&query, limit).await?
        }
        None => search::SearchResults::default(),
    };
    Ok(response::ok(&SearchResults::from(found), None))
}
