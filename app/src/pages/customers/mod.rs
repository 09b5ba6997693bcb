//! Customers: list, one, new and edit, many at once.
pub mod detail;
pub mod edit;
pub mod list;
pub mod paste;
