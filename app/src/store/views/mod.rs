//! Read-only queries for pages and REST, over several tables or the caches.
pub mod activity;
pub mod customer_releases;
pub mod customer_work;
pub mod dashboard;
pub mod matrix;
pub mod matrix_cache;
pub mod matrix_snapshot;
pub mod members;
pub mod missing_values;
pub mod open_step;
pub mod paging;
pub mod progress_cache;
pub mod record_details;
pub mod record_lists;
pub mod release_sheet;
pub mod step_queries;
pub mod text_diffs;
