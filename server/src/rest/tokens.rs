//! REST: tokens for programs (R25). List, make, revoke. A new one is shown once.
use super::{
    dto::people::{Scope, Token},
    extract::{Id, JsonBody, QueryString, Reader, Writer},
    page::{self, List},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{
    id::TokenId,
    scope::ScopeIds,
    token::{TokenDraft, TokenText},
};
use axum::{Json, http::StatusCode, response::IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Everybody's, for admins.
    #[param(value_type = Option<bool>)]
    all: Option<String>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// What it is for.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// Not above one's own; without it the token follows its owner's.
    role: Option<String>,
    /// Within one's own.
    #[schema(value_type = Option<Scope>)]
    scope: Option<ScopeIds>,
    /// 1 to 365; 90 if it is left out.
    expires_in_days: Option<i64>,
}

/// A new token, with its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MadeToken {
    #[serde(flatten)]
    row: Token,
    /// Shown this once.
    token: String,
}

/// A new token's text, from the system's randomness.
pub fn new_token_text() -> Result<TokenText, getrandom::Error> {
    // One byte in 32 is passed over, so these are enough for 40 characters.
    let mut random = [0_u8; 256];
    getrandom::fill(&mut random)?;
    let mut random = random.into_iter();
    Ok(TokenText::generate(|| random.next().unwrap_or_default()))
}

/// One's own tokens, newest first.
#[utoipa::path(get, path = "/api/tokens", tag = "people", params(TokenQuery),
    responses((status = 200, description = "The tokens", body = List<Token>)))]
pub async fn list_tokens(
    Reader(store): Reader,
    QueryString(query): QueryString<TokenQuery>,
) -> Result<Json<List<Token>>, Problem> {
    let all = page::parse_flag("all", query.all.as_deref())?;
    let tokens = store.tokens(all).await?;
    Ok(Json(List {
        items: tokens.into_iter().map(Into::into).collect(),
        next_cursor: None,
    }))
}

/// Makes a token, and shows it this once.
#[utoipa::path(post, path = "/api/tokens", tag = "people", request_body = NewToken,
    responses((status = 201, description = "The new token", body = MadeToken),
        (status = 404, description = "In `open` mode nobody has tokens", body = super::problem::ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_token(caller: Writer, JsonBody(body): JsonBody<NewToken>) -> RestResponse {
    let text = new_token_text();
    let text = text.map_err(|_| Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let draft = TokenDraft {
        name: body.name,
        role: body.role,
        scope: body.scope,
        expires_in_days: body.expires_in_days,
    };
    let made = caller
        .store
        .create_token(draft, &text, caller.stamp)
        .await?;
    let made = MadeToken {
        row: made.row.into(),
        token: text.as_str().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Revokes a token: one's own, or as an admin anybody's.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "people",
    params(("id" = i64, Path, description = "The token's id")),
    responses((status = 204, description = "It is worth nothing any more")))]
pub async fn revoke_token(Id(id): Id<TokenId>, caller: Writer) -> RestResponse {
    caller.store.revoke_token(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
