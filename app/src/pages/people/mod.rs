//! Pages of people: the list of users, the form of one, and one's own account.
pub mod account;
pub mod edit;
pub mod list;
mod scope_choices;
