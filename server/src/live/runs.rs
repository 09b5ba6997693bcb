//! Runs in the event stream (R71): the events `run` and `run-output`, and the notification to other servers, which has no output: the
//! payload of a NOTIFY is at most 8000 bytes.
use app::{
    domain::{
        id::{ClusterId, CustomerId, ReleaseId, RunId, StepId},
        run::{OutputChunk, RunState},
    },
    store::runs::notices::RunNotice,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the streams and the runners of this process hear: a notice of a run, or that some were missed.
pub type RunNews = Option<Arc<RunNotice>>;

/// A notice without its output, as servers on one database tell each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServerRunMessage {
    run: RunId,
    step: StepId,
    release: ReleaseId,
    customer: CustomerId,
    cluster: ClusterId,
    state: RunState,
    last: i64,
}

impl From<&RunNotice> for ServerRunMessage {
    fn from(notice: &RunNotice) -> Self {
        Self {
            run: notice.run,
            step: notice.step,
            release: notice.release,
            customer: notice.customer,
            cluster: notice.cluster,
            state: notice.state,
            last: notice.last,
        }
    }
}

impl From<ServerRunMessage> for RunNotice {
    fn from(message: ServerRunMessage) -> Self {
        Self {
            run: message.run,
            step: message.step,
            release: message.release,
            customer: message.customer,
            cluster: message.cluster,
            state: message.state,
            last: message.last,
            chunks: Vec::new(),
        }
    }
}

/// Whether a notice says no more than that there is more output.
pub fn is_of_output(notice: &RunNotice) -> bool {
    notice.state == RunState::Running && notice.last > 0
}

/// A run as an event of the stream.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunMessage {
    id: RunId,
    step_id: StepId,
    release_id: ReleaseId,
    customer_id: CustomerId,
    state: RunState,
    /// Of the last chunk of output that came with this; 0 if none did.
    last: i64,
}

impl From<&RunNotice> for RunMessage {
    fn from(notice: &RunNotice) -> Self {
        Self {
            id: notice.run,
            step_id: notice.step,
            release_id: notice.release,
            customer_id: notice.customer,
            state: notice.state,
            last: notice.last,
        }
    }
}

/// New output of a run as an event of the stream.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputMessage<'a> {
    run_id: RunId,
    step_id: StepId,
    items: &'a [OutputChunk],
}

impl<'a> From<&'a RunNotice> for OutputMessage<'a> {
    fn from(notice: &'a RunNotice) -> Self {
        Self {
            run_id: notice.run,
            step_id: notice.step,
            items: &notice.chunks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::run::OutputStream;
    use chrono::DateTime;

    #[test]
    fn the_word_to_other_servers_fits_into_a_notification() {
        let notice = RunNotice {
            run: RunId(i64::MAX),
            step: StepId(i64::MAX),
            release: ReleaseId(i64::MAX),
            customer: CustomerId(i64::MAX),
            cluster: ClusterId(i64::MAX),
            state: RunState::Succeeded,
            last: i64::MAX,
            chunks: vec![OutputChunk {
                seq: 1,
                at: DateTime::UNIX_EPOCH,
                stream: OutputStream::Stdout,
                bytes: vec![b'a'; 64 * 1024],
            }],
        };
        let message = serde_json::to_string(&ServerRunMessage::from(&notice)).unwrap();
        assert!(message.len() < 1_000, "{message}");
        let read: ServerRunMessage = serde_json::from_str(&message).unwrap();
        let heard = RunNotice::from(read);
        assert_eq!((heard.run, heard.last), (notice.run, notice.last));
        assert!(heard.chunks.is_empty());
    }
}
