//! One's own account as its page shows it: the user, its sessions and its tokens.
use super::{session::SessionInfo, token::ApiToken, user::User};
use serde::{Deserialize, Serialize};

/// Everything on the page of one's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub user: User,
    /// Newest first.
    pub sessions: Vec<SessionInfo>,
    /// Newest first.
    pub tokens: Vec<ApiToken>,
}

/// A token that was just made, with its text, which is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    pub row: ApiToken,
    pub text: String,
}
