//! A response body that is sent while its content is still being read. A sender task pushes chunks into a channel, and the
//! body takes them out. If the task ends without `finish`, if the client takes nothing for `CLIENT_STALL_TIMEOUT`, or if it
//! has not taken everything within `STREAM_TIMEOUT`, the body ends with an error: the connection breaks, so that no client
//! takes a part for the whole.
//!
//! A pull-based stream would be shorter, but it is not polled while a client stalls, and would hold its database reader for
//! as long.
use crate::ops::limits::{CLIENT_STALL_TIMEOUT, STREAM_TIMEOUT};
use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use std::{io, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// How many chunks are read ahead of the client.
const READ_AHEAD_CHUNKS: usize = 2;

enum BodyChunk {
    Data(Bytes),
    End,
}

/// The sending end of a body.
pub struct BodySender {
    chunks: mpsc::Sender<BodyChunk>,
    stall_timeout: Duration,
    /// When the whole body must have been sent.
    deadline: Instant,
}

impl BodySender {
    /// Sends a chunk. Returns false if the client is gone, stalls, or takes too long in all: then the task should stop.
    pub async fn send(&self, bytes: impl Into<Bytes>) -> bool {
        self.push(BodyChunk::Data(bytes.into())).await
    }

    /// Marks the body as complete.
    pub async fn finish(self) {
        self.push(BodyChunk::End).await;
    }

    async fn push(&self, chunk: BodyChunk) -> bool {
        let until = self.deadline.min(Instant::now() + self.stall_timeout);
        let sent = tokio::time::timeout_at(until, self.chunks.send(chunk)).await;
        sent.is_ok_and(|it| it.is_ok())
    }
}

/// A body, and its sender.
pub fn channel() -> (BodySender, Body) {
    channel_with(CLIENT_STALL_TIMEOUT, STREAM_TIMEOUT)
}

fn channel_with(stall_timeout: Duration, timeout: Duration) -> (BodySender, Body) {
    let (sender, chunks) = mpsc::channel(READ_AHEAD_CHUNKS);
    let sender = BodySender {
        chunks: sender,
        stall_timeout,
        deadline: Instant::now() + timeout,
    };
    let stream = stream::unfold(Some(chunks), next_chunk);
    // The compression layer polls once more after the end, hence `fuse`.
    (sender, Body::from_stream(stream.fuse()))
}

type ChunkReceiver = mpsc::Receiver<BodyChunk>;

/// The next bytes, or the error of a body whose sender ended without `finish`; after that error nothing.
async fn next_chunk(
    chunks: Option<ChunkReceiver>,
) -> Option<(io::Result<Bytes>, Option<ChunkReceiver>)> {
    let mut chunks = chunks?;
    match chunks.recv().await {
        Some(BodyChunk::Data(bytes)) => Some((Ok(bytes), Some(chunks))),
        Some(BodyChunk::End) => None,
        None => Some((Err(io::Error::other("the answer broke off")), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn what_was_sent_arrives_whole() {
        let (sender, body) = channel();
        tokio::spawn(async move {
            for chunk in ["a", "b", "c", "d"] {
                assert!(sender.send(chunk).await);
            }
            sender.finish().await;
        });
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!(&bytes[..], b"abcd");
    }

    #[tokio::test]
    async fn a_body_without_its_end_is_an_error_and_nothing_is_sent_to_a_client_that_is_gone() {
        let (sender, body) = channel();
        assert!(sender.send("a").await);
        drop(sender);
        assert!(to_bytes(body, usize::MAX).await.is_err());
        let (sender, body) = channel();
        drop(body);
        assert!(!sender.send("a").await);
    }

    #[tokio::test]
    async fn a_client_that_stalls_is_given_up_and_its_body_ends_with_an_error() {
        let (sender, body) = channel_with(Duration::from_millis(10), STREAM_TIMEOUT);
        for _ in 0..READ_AHEAD_CHUNKS {
            assert!(sender.send("a").await);
        }
        assert!(!sender.send("a").await);
        drop(sender);
        assert!(to_bytes(body, usize::MAX).await.is_err());
    }

    #[tokio::test]
    async fn a_client_that_takes_every_chunk_slowly_is_given_up_in_the_end() {
        let (sender, body) = channel_with(CLIENT_STALL_TIMEOUT, Duration::from_millis(200));
        let reading = tokio::spawn(async move {
            let mut chunks = body.into_data_stream();
            let mut n_chunks = 0;
            // Each chunk is taken in time, but all of them would take too long.
            while let Some(Ok(_)) = chunks.next().await {
                n_chunks += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            n_chunks
        });
        let began = Instant::now();
        while sender.send("a").await {}
        assert!(began.elapsed() < Duration::from_secs(10));
        drop(sender);
        assert!(reading.await.unwrap() >= 3);
    }
}
