//! Broadcast channel of changes of runs and of their new output, within this process (R71). Event streams and long-polling claims
//! subscribe to it. Nothing is kept: a subscriber that lags behind reads the database.
use crate::domain::{
    id::{ClusterId, CustomerId, ReleaseId, RunId, StepId},
    run::{OUTPUT_CHUNK_MAX_BYTES, OutputChunk, Run, RunState},
};
use crate::store::Database;
use tokio::sync::broadcast;

/// Notices that a follower may be behind: 8 MiB of output.
const NOTICES_KEPT: usize = 128;
/// What a chunk takes beside its bytes: a report may have a hundred thousand of a letter each.
const CHUNK_OVERHEAD_BYTES: usize = 64;

/// A change of a run, after its commit.
#[derive(Clone, Debug)]
pub struct RunNotice {
    pub run: RunId,
    pub step: StepId,
    pub release: ReleaseId,
    pub customer: CustomerId,
    pub cluster: ClusterId,
    pub state: RunState,
    /// The last chunk of output that is there; 0 if none came with this change.
    pub last: i64,
    /// What came with this change: 64 KiB at most, or one chunk.
    pub chunks: Vec<OutputChunk>,
}

/// The notices. Clones share them.
#[derive(Clone, Debug)]
pub struct RunNotices(broadcast::Sender<RunNotice>);

impl Default for RunNotices {
    fn default() -> Self {
        Self(broadcast::Sender::new(NOTICES_KEPT))
    }
}

impl RunNotices {
    /// Tells of a run that was changed. Call it after the commit.
    pub fn tell(&self, run: &Run) {
        self.send(run, Vec::new());
    }

    /// Tells of output that came, in order.
    pub fn tell_output(&self, run: &Run, chunks: Vec<OutputChunk>) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let (mut part, mut bytes) = (Vec::new(), 0);
        for chunk in chunks {
            let size = chunk.bytes.len() + CHUNK_OVERHEAD_BYTES;
            if !part.is_empty() && bytes + size > OUTPUT_CHUNK_MAX_BYTES {
                self.send(run, std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += size;
            part.push(chunk);
        }
        if !part.is_empty() {
            self.send(run, part);
        }
    }

    fn send(&self, run: &Run, chunks: Vec<OutputChunk>) {
        // Nobody may follow.
        let _ = self.0.send(RunNotice {
            run: run.id,
            step: run.step_id,
            release: run.release_id,
            customer: run.customer_id,
            cluster: run.cluster_id,
            state: run.state,
            last: chunks.last().map_or(0, |it| it.seq),
            chunks,
        });
    }
}

impl Database {
    /// What happens to runs from now on, as far as this process makes it happen.
    pub fn follow_runs(&self) -> broadcast::Receiver<RunNotice> {
        self.run_notices.0.subscribe()
    }
}
