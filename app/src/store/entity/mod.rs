//! sea-orm entities, one per table, and their conversions to and from domain types. Entities are private to the
//! store.
pub mod audit_event;
pub mod cluster;
pub mod customer;
pub mod customer_step;
pub mod evidence;
pub mod idempotency_key;
pub mod incoming_hook;
pub mod incoming_message;
pub mod release;
pub mod release_customer;
pub mod run;
pub mod run_output;
pub mod runner;
pub mod saved_view;
pub mod session;
pub mod setup_code;
pub mod step_template;
pub mod text;
pub mod text_variable;
pub mod token;
pub mod user;
pub mod webhook;
pub mod webhook_delivery;

use super::error::StoreError;
use crate::domain::{metadata::Metadata, scope::ScopeIds};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// A value of an enum, from its column.
pub(in crate::store) fn parse_word<T: FromStr>(
    table: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::corrupt(table, format!("unknown word `{text}`")))
}

/// Parses stored variables. Errors: `Corrupt`.
pub fn read_metadata(table: &'static str, json: &str) -> Result<Metadata, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(table, error))
}

/// The JSON of variables.
pub fn write_metadata(metadata: &Metadata) -> String {
    serde_json::to_string(metadata).unwrap_or_else(|_| "{}".to_owned())
}

/// Parses a stored scope; none is everywhere. Errors: `Corrupt`, so that no damage widens a scope.
pub fn read_scope(table: &'static str, json: Option<&str>) -> Result<Option<ScopeIds>, StoreError> {
    json.map(serde_json::from_str)
        .transpose()
        .map_err(|error| StoreError::corrupt(table, error))
}

/// The JSON of a scope. One that cannot be written is the empty scope.
pub fn write_scope(scope: Option<&ScopeIds>) -> Option<String> {
    scope.map(|it| serde_json::to_string(it).unwrap_or_else(|_| "{}".to_owned()))
}

/// The error for a row whose text is not in `texts`.
fn missing_text(table: &'static str) -> StoreError {
    StoreError::corrupt(table, "its text is missing")
}

/// The key of a text in `texts`: its SHA-256.
pub fn text_key(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The SHA-256 of a text in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    hex_digits(&Sha256::digest(text.as_bytes()))
}

/// Bytes in hexadecimal digits.
pub fn hex_digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}
