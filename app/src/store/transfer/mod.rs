//! Export and import of the database as one JSON text, and the integrity check.
pub mod check;
pub mod export;
pub mod import;
mod import_chain;
mod recorded_states;
