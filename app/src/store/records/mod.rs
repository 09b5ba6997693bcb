//! Clusters, customers and releases with their members: the rows that people create, edit, deactivate and restore. And saved
//! views, and webhooks.
pub mod clusters;
pub mod customer_import;
pub mod customers;
pub mod dry_run_warnings;
pub mod members;
pub mod rancher_import;
pub mod release_rows;
pub mod releases;
pub mod saved_views;
pub mod value_changes;
pub mod value_edits;
pub mod webhook_switch;
pub mod webhooks;
