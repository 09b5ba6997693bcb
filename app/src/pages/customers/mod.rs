//! Pages of customers: list, detail, form, the import of many, and that from Rancher.
pub mod customer_import;
pub mod detail;
pub mod edit;
pub mod list;
mod only_cluster;
pub mod rancher_import;
