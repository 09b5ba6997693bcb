//! Server functions: the RPC interface between the pages and the store, one file per entity, and `overview` for the rest.
//! Bodies only call the store; rules live in the domain. This is a trust boundary: arguments come from clients and are
//! passed on as they are, so the store checks them by the domain's rules.
#[cfg(feature = "ssr")]
pub mod context;

pub mod clusters;
pub mod customers;
pub mod overview;
pub mod releases;
pub mod steps;
pub mod templates;
