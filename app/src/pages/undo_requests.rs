//! Requests of any page to undo a change (R101). What sends them, and the dialog that may have to ask first, are loaded with
//! the first request.
use crate::{
    domain::{id::BatchId, undo::UndoResult},
    error::AppError,
};
use leptos::prelude::*;
use std::sync::Arc;

/// Gets the answer to a request; none if the person decided against it. The page may be gone by then.
pub type OnUndone = Arc<dyn Fn(Option<Result<UndoResult, AppError>>) + Send + Sync>;

/// A change to be undone.
#[derive(Clone)]
pub struct UndoRequest {
    pub batch: BatchId,
    /// Whether what becomes of each cell is shown first; if not, it is only asked about work that would be deleted.
    pub asks: bool,
    pub on_end: OnUndone,
}

/// The request that is under way; there is one at a time.
#[derive(Clone, Copy)]
pub struct UndoRequests(RwSignal<Option<UndoRequest>>);

impl UndoRequests {
    /// None is under way. To be provided as context by the shell of the page.
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
            self.0.set(Some(request));
        }
    }

    /// The request under way has its answer.
    pub fn end(self, answer: Option<Result<UndoResult, AppError>>) {
        if let Some(request) = self.0.try_update(Option::take).flatten() {
            (request.on_end)(answer);
        }
    }
}

impl Default for UndoRequests {
    fn default() -> Self {
        Self::new()
    }
}
