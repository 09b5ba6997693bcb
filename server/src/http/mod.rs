//! HTTP outside of REST: the router, its middleware, page rendering and the page cache, forms that work without
//! JavaScript, downloads, the guide, and static files.
pub mod access;
pub mod bearer;
pub mod body_limit;
pub mod checklist_download;
mod compressed_page;
pub mod downloads;
pub mod first_run;
pub mod forms;
pub mod guide;
pub mod host_check;
pub mod malformed_call;
pub mod middleware;
pub mod name_first;
pub mod oidc_pages;
pub mod page_cache;
pub mod peer;
pub mod print_page;
pub mod render;
pub mod rights;
pub mod router;
pub mod sign_in_pages;
pub mod site;
pub mod standalone_page;
