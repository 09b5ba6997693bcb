//! Data transfer objects: the JSON that clients rely on. The domain's types may change with the program; fields here are only
//! added. Each conversion names every field of the domain type, so a new field there does not compile until it is considered
//! here.
pub mod customer_import;
pub mod customer_versions;
pub mod enums;
pub mod evidence;
pub mod incoming_hooks;
pub mod people;
pub mod progress;
pub mod rancher;
pub mod rows;
pub mod runbook_import;
pub mod runs;
pub mod saved_views;
pub mod search;
pub mod templates;
pub mod text_changes;
pub mod undo;
pub mod warnings;
pub mod webhooks;
pub mod work_views;
pub mod written;
