//! Error messages: a failed action within a page, and in place of a page or a part of it that could not be loaded.
use super::{follow_effect::follow, icon::Icon};
pub use crate::error::sentence;
use crate::{browser, error::AppError};
use leptos::{html, prelude::*};
use leptos_meta::Title;

/// The error of an action, announced by screen readers at once. Invalid input is counted here and explained at its fields.
/// Errors that can be temporary get a button to try again.
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

/// Says that the forms of a page cannot be sent without JavaScript. HTML text, since a browser with JavaScript reads it as text, and
/// hydration would look for elements.
#[component]
pub fn NeedsScript() -> impl IntoView {
    let html = r#"<p class="alert">Saving here needs JavaScript.</p>"#;
    view! { <noscript inner_html=html></noscript> }
}

/// A page in place of one that does not exist or could not be loaded.
#[component]
pub fn Unavailable(error: AppError, on_retry: Callback<()>) -> impl IntoView {
    let title = match &error {
        AppError::NotFound(_) => "Not found",
        AppError::Transport(_) if browser::dom::is_offline() => "You're offline",
        AppError::Transport(_) => "The server cannot be reached",
        _ => "Couldn't load this",
    };
    let heading: NodeRef<html::H1> = NodeRef::new();
    follow(move |_| {
        if let Some(heading) = heading.get() {
            browser::arrival::focus_new_page(&heading);
        }
    });
    view! {
        <Title text=format!("{title} · Rollcall")/>
        <div class="page__head">
            <nav class="crumbs" aria-label="Breadcrumb">
                <ol>
                    <li>
                        <a href="/">"Dashboard"</a>
                    </li>
                    <li class="sr" aria-current="page">{title}</li>
                </ol>
            </nav>
            <div class="page__title">
                <h1 node_ref=heading>{title}</h1>
            </div>
        </div>
        <div class="page__body">
            <UnavailablePart error=error on_retry=on_retry/>
        </div>
    }
}

/// A message in place of a part of a page that does not exist or could not be loaded.
#[component]
pub fn UnavailablePart(error: AppError, on_retry: Callback<()>) -> impl IntoView {
    let is_missing = matches!(error, AppError::NotFound(_));
    view! {
        <div class="empty" role="alert">
            <p>{error.in_place()}</p>
            <div class="row">
                {error.list().map(|(name, path)| view! { <a class="button" href=path>{name}</a> })}
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
