//! The whole database out and in as one JSON text, and the check of what is there.
pub mod check;
pub mod export;
pub mod import;
mod import_chain;
