//! Pages of clusters: list, detail and form.
pub mod detail;
pub mod edit;
pub mod list;
