//! Requests of the form pages: after a conflict with somebody else's change they read the record again, so that the
//! form can show both versions.
use super::SerialRequest;
use crate::{components::record_form::FormRequests, error::AppError};
use leptos::prelude::*;
use std::future::Future;

/// For the form of an existing record: its requests, and the record as it is now after a conflict. `version` is the one
/// that the form is based on; `read` reads the record again.
pub fn edit_requests<Draft, Answer>(
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
    let requests = FormRequests {
        error: sending.error,
        is_busy: sending.is_busy(),
        on_restore,
        on_seen,
    };
    (
        requests,
        Signal::derive(move || current.get().map(|it| it.0)),
    )
}

/// For the form of a new record.
pub fn create_requests(sending: SerialRequest, on_restore: Callback<i64>) -> FormRequests {
    FormRequests {
        error: sending.error,
        is_busy: sending.is_busy(),
        on_restore,
        on_seen: Callback::new(|()| {}),
    }
}
