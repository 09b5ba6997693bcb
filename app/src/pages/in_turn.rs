//! Requests about one thing that are sent one after the other, in the order in which they were asked for: a note before the
//! mark that follows it, a second mark of a cell behind the first.
use std::{cell::RefCell, future::Future, pin::Pin};

/// A request with all that happens once it is answered. It may outlive the page that asked for it.
pub type QueuedRequest = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// The keys of the requests that have no answer yet.
    static RUNNING: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
    /// Requests that wait for an earlier one with the same key, oldest first.
    static WAITING: RefCell<Vec<(i64, QueuedRequest)>> = const { RefCell::new(Vec::new()) };
}

/// Sends a request about a step once all earlier ones about it are answered. To be called in the browser only.
pub fn in_turn(step: crate::domain::id::StepId, request: QueuedRequest) {
    let key = step.0;
    if RUNNING.with_borrow(|it| it.contains(&key)) {
        WAITING.with_borrow_mut(|it| it.push((key, request)));
        return;
    }
    RUNNING.with_borrow_mut(|it| it.push(key));
    leptos::task::spawn_local(async move {
        let mut next = Some(request);
        while let Some(request) = next {
            request.await;
            next = WAITING.with_borrow_mut(|it| {
                let at = it.iter().position(|it| it.0 == key)?;
                Some(it.remove(at).1)
            });
        }
        RUNNING.with_borrow_mut(|it| it.retain(|it| *it != key));
    });
}
