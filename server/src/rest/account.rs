//! REST: the caller's own account: name and password (R24).
use super::{
    dto::people::User,
    extract::{JsonBody, RequestClient, Writer},
    response::{self, RestResponse},
    session::must_have_accounts,
    users::changed_user,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What to change of one's own account.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AccountPatch {
    /// What people see, and events bear from now on.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
}

/// One's own password, and the one to come.
#[derive(Deserialize, ToSchema)]
pub struct PasswordChange {
    /// The present password.
    #[serde(default)]
    #[schema(required = true)]
    current: String,
    #[serde(default)]
    #[schema(required = true, min_length = 12, max_length = 128)]
    password: String,
}

/// Changes one's own name.
#[utoipa::path(patch, path = "/api/account", tag = "account", request_body = AccountPatch,
    responses((status = 200, description = "The user as it is now", body = User)))]
pub async fn update_account(
    caller: Writer,
    RequestClient { settings, .. }: RequestClient,
    JsonBody(body): JsonBody<AccountPatch>,
) -> RestResponse {
    must_have_accounts(&settings)?;
    let changed = caller
        .store
        .rename_own_user(body.name, caller.stamp)
        .await?;
    Ok(changed_user(changed))
}

/// Changes one's own password. This session stays, the others end.
#[utoipa::path(post, path = "/api/account/password", tag = "account", request_body = PasswordChange,
    responses((status = 204, description = "It is changed")))]
pub async fn change_password(
    caller: Writer,
    RequestClient { client, settings }: RequestClient,
    JsonBody(body): JsonBody<PasswordChange>,
) -> RestResponse {
    must_have_accounts(&settings)?;
    let PasswordChange { current, password } = body;
    let store = &caller.store;
    store
        .change_own_password(current, password, &client, caller.stamp)
        .await?;
    Ok(response::no_content(None))
}
