//! What went wrong or needs to be known, in a box of its own.
use super::icon::Icon;
use crate::error::AppError;
use leptos::prelude::*;

/// A failure, announced at once.
#[component]
pub fn Failure(#[prop(into)] error: Signal<Option<AppError>>) -> impl IntoView {
    move || {
        error.get().map(|error| {
            let text = match &error {
                AppError::Invalid(invalid) if invalid.0.len() > 1 => {
                    format!("{} fields need attention.", invalid.0.len())
                }
                AppError::Invalid(_) => "One field needs attention.".to_owned(),
                error => sentence(&error.to_string()),
            };
            view! {
                <div class="alert" data-tone="danger" role="alert">
                    <Icon name="i-warn"/>
                    <span>{text}</span>
                </div>
            }
        })
    }
}

/// A page or a part of it that could not be had.
#[component]
pub fn Unavailable(error: AppError) -> impl IntoView {
    let is_missing = matches!(error, AppError::NotFound(_));
    let title = if is_missing {
        "Not found"
    } else {
        "This could not be loaded"
    };
    view! {
        <div class="page__head">
            <div class="page__title">
                <h1>{title}</h1>
            </div>
        </div>
        <div class="page__body">
            <div class="empty">
                <p>{sentence(&error.to_string())}</p>
                <a class="button" href="/">"Back to the dashboard"</a>
            </div>
        </div>
    }
}

/// A refusal as a sentence: with a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|it| it.to_uppercase().to_string())
        .unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", letters.as_str())
}
