//! Sends a request to undo a change, and asks first where it has to; and finds out whether what a tab has changed can still be
//! undone there (R101). Loaded lazily.
use super::{
    own_changes::OwnChanges,
    undo_requests::{UndoRequest, UndoRequests},
};
use crate::{
    api::undo::{is_changed_elsewhere, preview_undo, undo},
    browser::{dom, own_writes},
    components::{ui::follow_effect::follow, undo_dialog::UndoDialog},
    domain::undo::{UndoAnswer, UndoQuestion},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Sends the request, and renders its dialog while that is needed.
#[component]
pub fn UndoFlow(request: UndoRequest, requests: UndoRequests) -> impl IntoView {
    let UndoRequest {
        batch,
        others,
        asks,
        ..
    } = request;
    let n_batches = others.len() + 1;
    let question = RwSignal::new(None::<UndoQuestion>);
    let (open, is_busy) = (RwSignal::new(false), RwSignal::new(false));
    // An answer that comes after the request was cancelled is not that of the next one.
    let end = move |answer| {
        if !open.is_disposed() {
            requests.end(answer);
        }
    };
    // By then the person may be typing elsewhere, so the dialog waits for that.
    let ask = move |asked: UndoQuestion| {
        dom::when_free(move || {
            let _ = question.try_set(Some(asked));
            let _ = open.try_set(true);
        });
    };
    let send = {
        let (batch, others) = (batch.clone(), others.clone());
        move |deletes_work: Option<bool>| {
            let (batch, others) = (batch.clone(), others.clone());
            leptos::task::spawn_local(async move {
                match undo(batch, others, deletes_work).await {
                    Ok(UndoAnswer::Done(result)) => end(Some(Ok(result))),
                    Ok(UndoAnswer::Asks(asked)) => ask(asked),
                    Err(error) => end(Some(Err(error))),
                }
            });
        }
    };
    if asks {
        leptos::task::spawn_local(async move {
            match preview_undo(batch, others).await {
                Ok(asked) => ask(asked),
                Err(error) => end(Some(Err(error))),
            }
        });
    } else {
        send(None);
    }
    let on_undo = Callback::new(move |deletes_work: bool| {
        if !is_busy.get_untracked() {
            is_busy.set(true);
            send(Some(deletes_work));
        }
    });
    // Closing the dialog or leaving its page cancels the undo.
    follow(move |_| {
        if !open.get() && question.with_untracked(Option::is_some) {
            end(None);
        }
    });
    let path = use_location().pathname;
    follow(move |is_first| {
        path.track();
        if !is_first {
            end(None);
        }
    });
    move || {
        question.get().map(|question| {
            view! { <UndoDialog open=open n_batches=n_batches question=question is_busy=is_busy on_undo=on_undo/> }
        })
    }
}

/// Asks the server whether the template was changed elsewhere, or the release archived: then the tab forgets its changes.
pub fn check_own_changes(own: OwnChanges) {
    let (release, batches) = (own.release(), own.batches());
    leptos::task::spawn_local(async move {
        // Without an answer they stay: an undo names what was changed since.
        let changed = is_changed_elsewhere(release, batches.clone()).await;
        let Some(by) = changed.unwrap_or_default() else {
            return;
        };
        // What the server has found may be a change of this tab that has no answer yet.
        own_writes::when_written(move || {
            if (own.release(), own.batches()) == (release, batches) {
                own.clear(release, &by);
            } else {
                // Or one that was answered since.
                own.check();
            }
        });
    });
}
