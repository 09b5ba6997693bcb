//! A form that was posted without JavaScript and came back: what was typed, and what is wrong with it.
use crate::error::AppError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The server provides it when it draws the page again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    pub fields: BTreeMap<String, String>,
    pub error: AppError,
}

impl Posted {
    /// What came back with this page, if something did. The page takes it over when it goes live.
    pub fn here() -> Option<Self> {
        let text = SharedValue::new(|| {
            use_context::<Self>().and_then(|it| serde_json::to_string(&it).ok())
        });
        text.into_inner()
            .and_then(|it| serde_json::from_slice(it.as_bytes()).ok())
    }

    /// What was typed into a field.
    pub fn typed(posted: Option<&Self>, field: &str, otherwise: String) -> String {
        posted
            .and_then(|it| it.fields.get(field).cloned())
            .unwrap_or(otherwise)
    }
}
