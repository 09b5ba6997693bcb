//! Queue of requests per step: a request about a step is sent when all earlier ones about it are answered, for example a note
//! before the mark that follows it.
use std::{cell::RefCell, future::Future, pin::Pin};

/// A request with all that happens once it is answered. It may outlive the page that asked for it.
pub type QueuedRequest = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// Ids of the steps that have a request without an answer.
    static RUNNING: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
    /// Requests that wait for an earlier one about the same step, oldest first.
    static WAITING: RefCell<Vec<(i64, QueuedRequest)>> = const { RefCell::new(Vec::new()) };
}

/// Sends a request about a step once all earlier ones about it are answered. To be called in the browser only.
pub fn send_in_order(step: crate::domain::id::StepId, request: QueuedRequest) {
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
