//! The public HTTP surface of the pages: server functions, one file per noun, one expression per body. This folder is
//! the trust boundary: whatever comes in here was written by anybody.
#[cfg(feature = "ssr")]
pub mod context;

pub mod clusters;
pub mod customers;
pub mod overview;
pub mod releases;
pub mod steps;
pub mod templates;
