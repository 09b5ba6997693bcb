//! Operations: settings, hosts, targets, limits, opening the database, log, health, metrics, backups, anchors of the history, and
//! errors that end the program.
pub mod allowed_hosts;
pub mod allowed_targets;
pub mod anchors;
pub mod auth_settings;
pub mod backup;
pub mod config;
#[cfg(test)]
mod config_tests;
pub mod database;
pub mod failure;
pub mod first_admin;
pub mod health;
pub mod import_notes;
pub mod invalid_auth_setting;
pub mod jenkins_settings;
pub mod limits;
pub mod oidc_settings;
pub mod open_files;
pub mod out_settings;
pub mod prometheus;
pub mod rancher_settings;
pub mod run_upkeep;
pub mod service_settings;
pub mod session_cookie;
pub mod shown_path;
pub mod signing_key;
pub mod telemetry;
