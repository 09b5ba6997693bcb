//! A form that was posted without JavaScript and came back: what was typed, and what is wrong with it.
use crate::{error::AppError, wire};
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
        let text = SharedValue::new_str(|| {
            let posted = use_context::<Self>().and_then(|it| wire::to_text(&it));
            posted.unwrap_or_default()
        });
        wire::from_text(&text.into_inner())
    }

    /// What was typed into a field.
    pub fn typed(posted: Option<&Self>, field: &str, otherwise: String) -> String {
        posted
            .and_then(|it| it.fields.get(field).cloned())
            .unwrap_or(otherwise)
    }
}
