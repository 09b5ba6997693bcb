//! What went wrong or needs to be known, in a box of its own.
use super::icon::Icon;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;

/// A failure, announced at once; what may go well the next time can be tried again.
#[component]
pub fn Failure(
    #[prop(into)] error: Signal<Option<AppError>>,
    #[prop(optional)] on_retry: Option<Callback<()>>,
) -> impl IntoView {
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
                    <span>
                        {text}
                        {on_retry
                            .filter(|_| error.is_retryable())
                            .map(|retry| {
                                view! {
                                    " "
                                    <button type="button" class="link" on:click=move |_| retry.run(())>"Try again"</button>
                                }
                            })}
                    </span>
                </div>
            }
        })
    }
}

/// A page that could not be had: nobody has it, or it can be asked for again.
#[component]
pub fn Unavailable(error: AppError, on_retry: Callback<()>) -> impl IntoView {
    let title = match &error {
        AppError::NotFound(_) => "Not found",
        AppError::Transport(_) => "The server cannot be reached",
        _ => "This could not be loaded",
    };
    view! {
        <Title text=format!("{title} · Rollcall")/>
        <div class="page__head">
            <nav class="crumbs" aria-label="Breadcrumb">
                <ol>
                    <li>
                        <a href="/">"Dashboard"</a>
                    </li>
                    <li aria-current="page">{title}</li>
                </ol>
            </nav>
            <div class="page__title">
                <h1>{title}</h1>
            </div>
        </div>
        <div class="page__body">
            <UnavailablePart error=error on_retry=on_retry/>
        </div>
    }
}

/// A part of a page that could not be had.
#[component]
pub fn UnavailablePart(error: AppError, on_retry: Callback<()>) -> impl IntoView {
    let is_missing = matches!(error, AppError::NotFound(_));
    view! {
        <div class="empty" role="alert">
            <p>{sentence(&error.to_string())}</p>
            <div class="row">
                {(!is_missing)
                    .then(|| {
                        view! {
                            <button class="button live-only" data-kind="ink" on:click=move |_| on_retry.run(())>
                                "Retry"
                            </button>
                        }
                    })}
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
