//! Clusters: list, one, new and edit.
pub mod detail;
pub mod edit;
pub mod list;
