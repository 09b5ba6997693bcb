//! Server functions: the RPC interface between the pages and the store, one file per entity. Bodies only call the
//! store; rules live in the domain. This is a trust boundary: all arguments come from clients and are unchecked.
#[cfg(feature = "ssr")]
pub mod context;

pub mod clusters;
pub mod customers;
pub mod overview;
pub mod people;
pub mod releases;
pub mod steps;
pub mod templates;
