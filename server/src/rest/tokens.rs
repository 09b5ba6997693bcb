//! REST: tokens (R25). List, make, revoke. The text of a token is told once: an idempotency key keeps of that answer the
//! id alone.
use super::{
    dto::{
        enums::RoleSchema,
        people::{ApiToken, NewApiToken, ScopeSchema},
    },
    extract::{Id, JsonBody, QueryString, Reader, RequestClient, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
    session::must_have_accounts,
};
use app::{
    domain::{event::Changed, id::TokenId, scope::ScopeIds, token::TokenDraft},
    store::accounts::random,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Everybody's; for admins.
    #[param(value_type = Option<bool>)]
    all: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// Not above its owner's; without one it follows that.
    #[schema(value_type = Option<RoleSchema>)]
    role: Option<String>,
    /// Beside its owner's; for the roles that have one.
    #[schema(value_type = Option<ScopeSchema>)]
    scope: Option<ScopeIds>,
    /// 90 if it is left out.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<i64>,
}

/// The caller's tokens, newest first.
#[utoipa::path(get, path = "/api/tokens", tag = "account", params(TokenQuery),
    responses((status = 200, description = "A page of tokens", body = List<ApiToken>)))]
pub async fn list_tokens(
    Reader(store): Reader,
    QueryString(query): QueryString<TokenQuery>,
) -> Result<Json<List<ApiToken>>, Problem> {
    let all = page::parse_flag("all", query.all.as_deref())?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let rows = store.tokens(all).await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// Makes a token. The answer tells its text, this once.
#[utoipa::path(post, path = "/api/tokens", tag = "account", request_body = NewToken,
    responses((status = 201, description = "The new token", body = NewApiToken)))]
pub async fn create_token(
    caller: Writer,
    RequestClient { settings, .. }: RequestClient,
    JsonBody(body): JsonBody<NewToken>,
) -> RestResponse {
    must_have_accounts(&settings)?;
    let draft = TokenDraft {
        name: body.name,
        role: body.role,
        scope: body.scope,
        expires_in_days: body.expires_in_days,
    };
    let text = random::token_text()?;
    let store = &caller.store;
    let Changed { row, batch_id } = store.create_token(draft, &text, caller.stamp).await?;
    let made = NewApiToken {
        row: row.into(),
        token: text.as_str().to_owned(),
    };
    let mut response = response::ok(&made, batch_id);
    *response.status_mut() = StatusCode::CREATED;
    // A single token has no address, so the location is the list.
    let location = HeaderValue::from_static("/api/tokens");
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Revokes one of the caller's tokens; admins revoke those of others too.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "account",
    params(("id" = i64, Path, description = "The token's id")),
    responses((status = 204, description = "It is revoked")))]
pub async fn delete_token(Id(id): Id<TokenId>, caller: Writer) -> RestResponse {
    caller.store.revoke_token(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
