//! Reads of the same thing that may overtake each other: only the answer to the newest is taken. What could not be read for lack of a
//! connection is read again once there is one.
use crate::{browser::reconnection::when_back, error::AppError};
use leptos::prelude::*;
use std::future::Future;

/// The number of reads that were asked for so far. Copies share it, and it goes with its page.
#[derive(Clone, Copy)]
pub struct LatestRead(StoredValue<u32>);

impl Default for LatestRead {
    fn default() -> Self {
        Self(StoredValue::new(0))
    }
}

impl LatestRead {
    /// Sends the request, and gives its answer to `take`, unless another was sent or dropped meanwhile or the page was left.
    pub fn run<T: 'static, Request>(
        self,
        request: impl Fn() -> Request + 'static,
        take: impl Fn(Result<T, AppError>) + 'static,
    ) where
        Request: Future<Output = Result<T, AppError>> + 'static,
    {
        let Some(number) = self.next() else { return };
        leptos::task::spawn_local(async move {
            let answer = request().await;
            if !self.is_newest(number) {
                return;
            }
            let is_lost = matches!(answer, Err(AppError::Transport(_)));
            take(answer);
            if is_lost {
                when_back(move || {
                    if self.is_newest(number) {
                        self.run(request, take);
                    }
                });
            }
        });
    }

    /// No answer to what was asked for so far is wanted any more.
    pub fn drop_pending(self) {
        let _ = self.next();
    }

    fn next(self) -> Option<u32> {
        self.0.try_update_value(|it| {
            *it += 1;
            *it
        })
    }

    fn is_newest(self, number: u32) -> bool {
        self.0.try_get_value() == Some(number)
    }
}
