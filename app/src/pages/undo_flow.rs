//! Sends a request to undo a change, and asks first where it has to (R101). Loaded lazily.
use super::undo_requests::{UndoRequest, UndoRequests};
use crate::{
    api::undo::{preview_undo, undo},
    components::{ui::follow_effect::follow, undo_dialog::UndoDialog},
    domain::undo::{UndoAnswer, UndoQuestion},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Sends the request, and renders its dialog while that is needed.
#[component]
pub fn UndoFlow(request: UndoRequest, requests: UndoRequests) -> impl IntoView {
    let UndoRequest { batch, asks, .. } = request;
    let question = RwSignal::new(None::<UndoQuestion>);
    let (open, is_busy) = (RwSignal::new(false), RwSignal::new(false));
    let send = {
        let batch = batch.clone();
        move |deletes_work: Option<bool>| {
            let batch = batch.clone();
            leptos::task::spawn_local(async move {
                match undo(batch, deletes_work).await {
                    Ok(UndoAnswer::Done(result)) => requests.end(Some(Ok(result))),
                    Ok(UndoAnswer::Asks(asked)) => {
                        let _ = question.try_set(Some(asked));
                        let _ = open.try_set(true);
                    }
                    Err(error) => requests.end(Some(Err(error))),
                }
            });
        }
    };
    if asks {
        leptos::task::spawn_local(async move {
            match preview_undo(batch).await {
                Ok(asked) => {
                    let _ = question.try_set(Some(asked));
                    let _ = open.try_set(true);
                }
                Err(error) => requests.end(Some(Err(error))),
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
            requests.end(None);
        }
    });
    let path = use_location().pathname;
    follow(move |is_first| {
        path.track();
        if !is_first {
            requests.end(None);
        }
    });
    move || {
        question.get().map(|question| {
            view! { <UndoDialog open=open question=question is_busy=is_busy on_undo=on_undo/> }
        })
    }
}
