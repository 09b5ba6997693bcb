//! Requests of any page to undo a change (R101). The code that sends them and the dialog that asks first are loaded lazily, with
//! the first request.
use super::request_queue::{QueuedSteps, Turn, start_in_order};
use crate::{
    domain::{id::BatchId, undo::UndoResult},
    error::AppError,
};
use leptos::prelude::*;
use std::{cell::RefCell, sync::Arc};

/// Called with the answer to a request, or `None` if the person cancelled it. The page may no longer be rendered then.
pub type OnUndone = Arc<dyn Fn(Option<Result<UndoResult, AppError>>) + Send + Sync>;

/// A change to be undone.
#[derive(Clone)]
pub struct UndoRequest {
    pub batch: BatchId,
    /// Further ones, which are undone together with it.
    pub others: Vec<BatchId>,
    /// Whether the dialog is always shown first; if not, only if work would be deleted.
    pub asks: bool,
    pub on_end: OnUndone,
}

/// The request that is under way; there is one at a time.
#[derive(Clone, Copy)]
pub struct UndoRequests(RwSignal<Option<UndoRequest>>);

thread_local! {
    /// What keeps other requests waiting while one is under way. In the browser only.
    static TURN: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

impl UndoRequests {
    /// Without a request. `App` provides it as context.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// The requests of the page.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// The request under way. Tracked.
    pub fn current(self) -> Option<UndoRequest> {
        self.0.get()
    }

    /// Sends a request, unless another one is under way.
    pub fn send(self, request: UndoRequest) {
        if self.0.with_untracked(Option::is_some) {
            (request.on_end)(None);
        } else {
            self.send_in_order(move || Some(request));
        }
    }

    /// Sends the request that `choose` answers once all changes that were sent before have their answer. What is sent later waits
    /// for it.
    pub fn send_in_order(self, choose: impl FnOnce() -> Option<UndoRequest> + 'static) {
        start_in_order(QueuedSteps::Any, move |turn| {
            if let Some(request) = choose() {
                TURN.set(Some(turn));
                self.0.set(Some(request));
            }
        });
    }

    /// The request under way has its answer.
    pub fn end(self, answer: Option<Result<UndoResult, AppError>>) {
        if let Some(request) = self.0.try_update(Option::take).flatten() {
            (request.on_end)(answer);
        }
        // What waited starts here, which may be the next undo.
        drop(TURN.take());
    }
}

impl Default for UndoRequests {
    fn default() -> Self {
        Self::new()
    }
}
