//! What the pages of forms have in common: when somebody else was faster, the row as it is now is asked for.
use super::SerialRequest;
use crate::{components::record_form::FormRequests, error::AppError};
use leptos::prelude::*;
use std::future::Future;

/// For a form that edits a row: what it asks of its page, and the row as it is now once that matters. `version` is what
/// the form is based on.
pub fn editing<Draft, Answer>(
    sending: SerialRequest,
    version: RwSignal<i64>,
    on_restore: Callback<i64>,
    read: impl Fn() -> Answer + 'static,
) -> (FormRequests, Signal<Option<Draft>>)
where
    Draft: Clone + Send + Sync + 'static,
    Answer: Future<Output = Result<(Draft, i64), AppError>> + 'static,
{
    let current = RwSignal::new(None::<(Draft, i64)>);
    Effect::new(move |_| {
        let is_stale = sending
            .error
            .with(|it| matches!(it, Some(AppError::Stale(_))));
        if is_stale {
            let answer = read();
            leptos::task::spawn_local(async move {
                if let Ok(now) = answer.await {
                    let _ = current.try_set(Some(now));
                }
            });
        }
    });
    let on_seen = Callback::new(move |()| {
        if let Some((_, now)) = current.get_untracked() {
            version.set(now);
        }
    });
    let asks = FormRequests {
        error: sending.error,
        is_busy: sending.is_busy(),
        on_restore,
        on_seen,
    };
    (asks, Signal::derive(move || current.get().map(|it| it.0)))
}

/// For a form of a new row.
pub fn creating(sending: SerialRequest, on_restore: Callback<i64>) -> FormRequests {
    FormRequests {
        error: sending.error,
        is_busy: sending.is_busy(),
        on_restore,
        on_seen: Callback::new(|()| {}),
    }
}
