//! Accounts: users, their sessions and tokens, passwords, and the first admin. `door` finds the caller of a request, so it belongs
//! to the `Database`; all else is the `Store`'s, with permissions and events like every other change. Neither hash nor secret
//! leaves this folder.
mod account;
pub mod door;
pub mod last_used;
pub mod password_hash;
pub mod provider_users;
pub mod random;
pub mod sessions;
pub mod setup;
pub mod sign_in;
mod tokens;
mod users;
