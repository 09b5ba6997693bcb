//! Accounts: users, their sessions and tokens, passwords, the first admin, addresses of CI, and runners. `request_caller` finds the
//! caller of a request before there is a `Store`, so its methods are the `Database`'s; all others are the `Store`'s, with
//! permissions and events like every other change. Hashes and secrets never leave this folder.
mod account;
pub mod caller_cache;
pub mod incoming_hooks;
pub mod last_used;
pub mod password_hash;
pub mod provider_users;
pub mod random;
pub mod request_caller;
mod runner_clusters;
mod runners;
pub mod sessions;
pub mod setup;
pub mod sign_in;
mod tokens;
mod user_names;
mod users;
