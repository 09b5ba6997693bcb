//! Pages of customers: list, detail, form, and the import of many.
pub mod customer_import;
pub mod detail;
pub mod edit;
pub mod list;
mod only_cluster;
