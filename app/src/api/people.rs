//! Server functions for users, and for the caller's own account: name, password, sessions, tokens. A token may call none of them.
use crate::{
    domain::{
        account::{Account, CreatedToken},
        event::Changed,
        id::{SessionId, TokenId, UserId},
        token::TokenDraft,
        user::{User, UserDraft},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All users by name, active or not. Errors: a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn list_users() -> Result<Vec<User>, AppError> {
    use super::context::{reply, store};
    use crate::domain::fold::fold;
    let mut users = reply(store()?.users(true).await)?;
    users.sort_by_cached_key(|it| (fold(&it.name), it.login.clone()));
    Ok(users)
}

/// One user. Errors: not found; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn read_user(id: UserId) -> Result<User, AppError> {
    use super::context::{reply, store};
    reply(store()?.user(id).await)
}

/// Creates a user. Errors: wrong fields; a login that is taken.
#[server(input = Json, output = Postcard)]
pub async fn create_user(draft: UserDraft) -> Result<Changed<User>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_user(draft, stamp()?).await)
}

/// Replaces the details of a user. Errors: not found; wrong fields; a login that is taken; the last admin; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_user(
    id: UserId,
    draft: UserDraft,
    version: i64,
) -> Result<Changed<User>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_user(id, draft, version, stamp()?).await)
}

/// Deactivates a user, whose sessions end. Errors: not found; the last admin.
#[server(input = Json, output = Postcard)]
pub async fn deactivate_user(id: UserId) -> Result<Changed<User>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.deactivate_user(id, stamp()?).await)
}

/// Makes an inactive user active again. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn restore_user(id: UserId) -> Result<Changed<User>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.restore_user(id, stamp()?).await)
}

/// Ends all sessions of a user. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn end_sessions_of(id: UserId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.end_sessions_of(id, stamp()?).await)
}

/// The caller's own account. Errors: not found, if the caller is no user.
#[server(input = Json, output = Postcard)]
pub async fn read_account() -> Result<Account, AppError> {
    use super::context::{now, reply, store};
    reply(store()?.account(now()).await)
}

/// Replaces the caller's own name. Errors: a wrong name.
#[server(input = Json, output = Postcard)]
pub async fn rename_self(name: String) -> Result<Changed<User>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.rename_own_user(name, stamp()?).await)
}

/// Replaces the caller's own password; the other sessions end. Errors: the present password is another; one that may not be set;
/// too many failures before.
#[server(input = Json, output = Postcard)]
pub async fn change_password(current: String, password: String) -> Result<(), AppError> {
    use super::context::{client, reply, stamp, store};
    reply(
        store()?
            .change_own_password(current, password, &client(), stamp()?)
            .await,
    )
}

/// Ends one of the caller's sessions. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn end_session(id: SessionId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.end_session(id, stamp()?).await)
}

/// Makes a token of the caller's. Errors: wrong fields.
#[server(input = Json, output = Postcard)]
pub async fn create_token(draft: TokenDraft) -> Result<CreatedToken, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_own_token(draft, stamp()?).await)
}

/// Revokes one of the caller's tokens. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn revoke_token(id: TokenId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.revoke_token(id, stamp()?).await)
}
