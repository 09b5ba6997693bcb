//! Server functions: the RPC interface between the pages and the store, one file per entity or page that they serve.
//! Bodies only call the store; rules live in the domain. This is a trust boundary: arguments come from clients and are
//! passed on as they are, so the store checks them by the domain's rules.
#[cfg(feature = "ssr")]
pub mod context;

pub mod activity;
pub mod clusters;
pub mod customers;
pub mod dashboard;
pub mod incoming_hooks;
pub mod layout;
pub mod people;
pub mod preferences;
pub mod rancher;
pub mod releases;
pub mod runners;
pub mod runs;
pub mod saved_views;
pub mod steps;
pub mod templates;
pub mod undo;
pub mod values;
pub mod webhooks;
