//! Columns only, and their way to and from the domain. Entities never leave the store.
pub mod audit_event;
pub mod cluster;
pub mod customer;
pub mod customer_step;
pub mod idempotency_key;
pub mod release;
pub mod release_customer;
pub mod step_template;
pub mod text_variable;

use super::error::StoreError;
use crate::domain::text::Metadata;
use sha2::{Digest, Sha256};
use std::str::FromStr;

fn word<T: FromStr>(table: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::corrupt(table, format!("unknown word `{text}`")))
}

pub fn read_metadata(table: &'static str, json: &str) -> Result<Metadata, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(table, error))
}

pub fn write_metadata(metadata: &Metadata) -> String {
    serde_json::to_string(metadata).unwrap_or_else(|_| "{}".to_owned())
}

/// The fingerprint that ties a text to the names of its variables.
pub fn text_key(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}
