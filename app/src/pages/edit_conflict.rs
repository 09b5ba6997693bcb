//! Requests of the form pages: after a conflict with somebody else's change they read the record again, so that the
//! form can show both versions. A change by others is shown at once, before anything is saved.
use super::SerialRequest;
use crate::{
    browser::foreign_changes::on_change, components::record_form::FormRequests,
    domain::event::Entity, error::AppError,
};
use leptos::prelude::*;
use std::{future::Future, rc::Rc};

/// For the form of an existing record: its requests, and the record as it is now after a conflict. `row` is the record, `version` the
/// one that the form is based on; `read` reads the record again.
pub fn edit_requests<Draft, Answer>(
    row: (Entity, i64),
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
    let read = Rc::new(read);
    let read_changed = Rc::clone(&read);
    on_change(move |change| {
        if !change.may_touch(row.0, row.1) {
            return;
        }
        let answer = read_changed();
        leptos::task::spawn_local(async move {
            let Ok((_, newest)) = answer.await else {
                return;
            };
            // The page may be gone by now. The answer to one's own save says itself which version is the newest.
            let is_newer = version.try_get_untracked().is_some_and(|it| it < newest);
            if is_newer && !sending.is_busy().get_untracked() {
                let conflict = AppError::overtaken(change.by, change.at);
                sending.error.set(Some(conflict));
            }
        });
    });
    Effect::new(move |_| {
        let is_stale = |it: &Option<AppError>| matches!(it, Some(AppError::Stale(_)));
        if sending.error.with(is_stale) {
            // What an earlier conflict has read may be older than what this one is about.
            current.set(None);
            let answer = read();
            leptos::task::spawn_local(async move {
                match answer.await {
                    Ok(now) => drop(current.try_set(Some(now))),
                    // A choice between the two versions would wait for ever.
                    Err(error) if sending.error.try_with_untracked(is_stale) == Some(true) => {
                        sending.error.set(Some(error));
                    }
                    Err(_) => {}
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
