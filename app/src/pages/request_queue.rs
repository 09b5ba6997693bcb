//! Queue of the requests that change steps: a request is sent when all earlier ones about the same steps are answered, for example a
//! note before the mark that follows it, or a bulk action before the mark of one of its cells.
use crate::{browser::dom, domain::id::StepId};
use std::{cell::RefCell, future::Future, pin::Pin};

/// A request with all that happens once it is answered. It may outlive the page that asked for it.
pub type QueuedRequest = Pin<Box<dyn Future<Output = ()>>>;

/// Starts a request that has its turn.
type Start = Box<dyn FnOnce(Turn)>;

/// What a request is about.
pub enum QueuedSteps {
    These(Vec<StepId>),
    /// Unknown until the answer comes, as of an undo: overlaps with every other request.
    Any,
}

/// The time between the start of a request and its answer: the next ones about the same steps start when it is dropped.
pub struct Turn(u64);

struct Entry {
    number: u64,
    steps: QueuedSteps,
    /// None once it was started.
    start: Option<Start>,
}

#[derive(Default)]
struct RequestQueue {
    /// Without an answer, oldest first.
    entries: Vec<Entry>,
    newest: u64,
}

thread_local! {
    static QUEUE: RefCell<RequestQueue> = RefCell::default();
}

impl QueuedSteps {
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::These(these), Self::These(those)) => these.iter().any(|it| those.contains(it)),
            _ => true,
        }
    }
}

impl RequestQueue {
    /// Takes the oldest request that waits for nothing any more.
    fn next(&mut self) -> Option<(Start, Turn)> {
        let at = (0..self.entries.len()).find(|at| {
            let (earlier, entry) = (&self.entries[..*at], &self.entries[*at]);
            let mut earlier = earlier.iter();
            entry.start.is_some() && !earlier.any(|it| it.steps.overlaps(&entry.steps))
        })?;
        let entry = &mut self.entries[at];
        Some((entry.start.take()?, Turn(entry.number)))
    }
}

impl Turn {
    /// Sends the request that has its turn.
    pub fn send(self, request: QueuedRequest) {
        leptos::task::spawn_local(async move {
            request.await;
            drop(self);
        });
    }
}

/// Starts what is due. The queue is not borrowed meanwhile: what starts may send too.
fn start_next() {
    while let Some((start, turn)) = QUEUE.with_borrow_mut(RequestQueue::next) {
        start(turn);
    }
    if dom::is_browser() {
        let waiting = |it: &RequestQueue| it.entries.iter().filter(|it| it.start.is_some()).count();
        dom::tell_queued(QUEUE.with_borrow(waiting));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        QUEUE.with_borrow_mut(|it| it.entries.retain(|it| it.number != self.0));
        start_next();
    }
}

/// Calls `start` once all earlier requests about these steps are answered. To be called in the browser only.
pub fn start_in_order(steps: QueuedSteps, start: impl FnOnce(Turn) + 'static) {
    QUEUE.with_borrow_mut(|it| {
        it.newest += 1;
        it.entries.push(Entry {
            number: it.newest,
            steps,
            start: Some(Box::new(start)),
        });
    });
    start_next();
}

/// Sends a request about a step once all earlier ones about it are answered.
pub fn send_in_order(step: StepId, request: QueuedRequest) {
    start_in_order(QueuedSteps::These(vec![step]), |turn| turn.send(request));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    type Log = Rc<RefCell<Vec<(&'static str, Option<Turn>)>>>;

    fn send(log: &Log, name: &'static str, steps: QueuedSteps) {
        let log = Rc::clone(log);
        start_in_order(steps, move |turn| {
            log.borrow_mut().push((name, Some(turn)));
        });
    }

    fn these(ids: &[i64]) -> QueuedSteps {
        QueuedSteps::These(ids.iter().copied().map(StepId).collect())
    }

    fn answer(log: &Log, name: &str) {
        let turn = log.borrow_mut().iter_mut().find_map(|it| {
            let is_it = it.0 == name;
            is_it.then(|| it.1.take()).flatten()
        });
        drop(turn.expect("it was started"));
    }

    fn started(log: &Log) -> Vec<&'static str> {
        log.borrow().iter().map(|it| it.0).collect()
    }

    #[test]
    fn a_request_waits_for_earlier_ones_about_the_same_steps_only() {
        let log = Log::default();
        send(&log, "bulk", these(&[1, 2, 3]));
        send(&log, "mark of 2", these(&[2]));
        send(&log, "mark of 4", these(&[4]));
        send(&log, "second mark of 2", these(&[2]));
        assert_eq!(started(&log), ["bulk", "mark of 4"]);
        answer(&log, "bulk");
        assert_eq!(started(&log), ["bulk", "mark of 4", "mark of 2"]);
        answer(&log, "mark of 4");
        assert_eq!(started(&log).len(), 3);
        answer(&log, "mark of 2");
        assert_eq!(started(&log).last(), Some(&"second mark of 2"));
        answer(&log, "second mark of 2");
    }

    #[test]
    fn an_undo_waits_for_all_earlier_requests_and_all_later_ones_wait_for_it() {
        let log = Log::default();
        send(&log, "done", these(&[1]));
        send(&log, "undo", QueuedSteps::Any);
        send(&log, "start", these(&[1]));
        send(&log, "elsewhere", these(&[9]));
        assert_eq!(started(&log), ["done"]);
        answer(&log, "done");
        assert_eq!(started(&log), ["done", "undo"]);
        answer(&log, "undo");
        assert_eq!(started(&log), ["done", "undo", "start", "elsewhere"]);
        answer(&log, "start");
        answer(&log, "elsewhere");
    }
}
