//! Ctrl-C and the other signals that end the program, for everything that waits meanwhile: a question, or steps that run.
use crate::ops::failure::Failure;
use std::future;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// The first signal that asked the program to end; none as long as there was none.
#[derive(Clone)]
pub struct StopSignal(watch::Receiver<Option<&'static str>>);

impl StopSignal {
    /// Listens from now on: signals no longer end the program by themselves. Errors: the handlers cannot be installed.
    pub fn listen() -> Result<Self, Failure> {
        let heard = |kind| signal(kind).map_err(|it| Failure::Refused(format!("no signals: {it}")));
        let mut interrupt = heard(SignalKind::interrupt())?;
        let mut terminate = heard(SignalKind::terminate())?;
        let mut hangup = heard(SignalKind::hangup())?;
        let (sender, receiver) = watch::channel(None);
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
                _ = hangup.recv() => "SIGHUP",
            };
            // Fails if no receiver is left.
            let _ = sender.send(Some(name));
        });
        Ok(Self(receiver))
    }

    /// Whether there was one.
    pub fn is_heard(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for it; its name.
    pub async fn wait(&mut self) -> &'static str {
        let heard = self.0.wait_for(Option::is_some).await.map(|it| *it);
        match heard {
            Ok(Some(name)) => name,
            _ => future::pending().await,
        }
    }
}
