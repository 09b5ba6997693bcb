//! Reading: what pages and REST show, made of several tables or of the caches. Nothing here writes.
pub mod activity;
pub mod customer_releases;
pub mod customer_work;
pub mod dashboard;
pub mod matrix;
pub mod matrix_cache;
pub mod open_step;
pub mod paging;
pub mod progress_cache;
pub mod release_sheet;
pub mod step_queries;
pub mod text_diffs;
pub mod unresolved;
