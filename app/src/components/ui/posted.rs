//! A form that was posted without JavaScript and was refused: the submitted values and the error, so that the page can show
//! both in the form.
use crate::{error::AppError, wire};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A refused form. The server provides it as context when it renders the page again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The submitted values by the names of their fields.
    pub fields: BTreeMap<String, String>,
    /// Why the form was refused.
    pub error: AppError,
}

impl Posted {
    /// The form that this page answers, if there is one. It is sent along with the page for hydration.
    pub fn from_context() -> Option<Self> {
        let text = SharedValue::new_str(|| {
            let posted = use_context::<Self>().and_then(|it| wire::to_text(&it));
            posted.unwrap_or_default()
        });
        wire::from_text(&text.into_inner())
    }

    /// The submitted value of a field, or a fallback.
    pub fn field_or(posted: Option<&Self>, field: &str, fallback: String) -> String {
        posted
            .and_then(|it| it.fields.get(field).cloned())
            .unwrap_or(fallback)
    }
}
