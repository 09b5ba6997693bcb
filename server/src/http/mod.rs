//! HTTP: the router, its middleware, the page cache, forms without JavaScript, downloads and static files.
pub mod checklist_download;
pub mod downloads;
pub mod forms;
pub mod middleware;
pub mod page_cache;
pub mod router;
pub mod site;
