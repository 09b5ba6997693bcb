//! Export and import of the database as one JSON text, and the integrity check.
pub mod check;
mod check_texts;
pub mod export;
mod export_proofs;
pub mod import;
mod import_chain;
mod import_proofs;
mod recorded_states;
