//! What an operator sees of the program: settings, log, health, metrics, backups, start and shutdown.
pub mod anchors;
pub mod backup;
pub mod config;
pub mod failure;
pub mod health;
pub mod prometheus;
pub mod signing_key;
pub mod startup;
pub mod telemetry;
