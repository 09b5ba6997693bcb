//! An answer that is sent while it is still being read. One that breaks off, or is not taken, ends the connection before
//! its end, so that nobody takes a part for the whole.
use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::sync::mpsc::{self, Receiver};

/// How many pieces are ready before somebody takes them.
const READY: usize = 2;
/// Who takes nothing for so long is not waited for: what is read stays open as long as this.
const CLIENT_STALL_TIMEOUT: Duration = Duration::from_secs(30);

enum BodyChunk {
    Part(Bytes),
    End,
}

/// Where the pieces go in. Dropped without `end`, the answer is seen not to be whole.
pub struct BodySender(mpsc::Sender<BodyChunk>);

impl BodySender {
    /// Answers whether there is any sense in going on.
    pub async fn send(&self, bytes: impl Into<Bytes>) -> bool {
        self.give(BodyChunk::Part(bytes.into())).await
    }

    /// That was all.
    pub async fn end(self) {
        self.give(BodyChunk::End).await;
    }

    async fn give(&self, piece: BodyChunk) -> bool {
        self.0
            .send_timeout(piece, CLIENT_STALL_TIMEOUT)
            .await
            .is_ok()
    }
}

/// A body, and where to put its pieces.
pub fn channel() -> (BodySender, Body) {
    let (sender, pieces) = mpsc::channel(READY);
    let body = Body::new(ChunkedBody {
        pieces,
        ended: false,
    });
    (BodySender(sender), body)
}

struct ChunkedBody {
    pieces: Receiver<BodyChunk>,
    ended: bool,
}

impl HttpBody for ChunkedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        // Who compresses asks again behind the end.
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = ready!(self.pieces.poll_recv(context));
        self.ended = !matches!(piece, Some(BodyChunk::Part(_)));
        Poll::Ready(match piece {
            Some(BodyChunk::Part(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(BodyChunk::End) => None,
            None => Some(Err(io::Error::other("the answer broke off"))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended
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
            for piece in ["a", "b", "c", "d"] {
                assert!(sender.send(piece).await);
            }
            sender.end().await;
        });
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!(&bytes[..], b"abcd");
    }

    #[tokio::test]
    async fn what_broke_off_is_no_answer_and_who_has_gone_is_sent_nothing() {
        let (sender, body) = channel();
        assert!(sender.send("a").await);
        drop(sender);
        assert!(to_bytes(body, usize::MAX).await.is_err());
        let (sender, body) = channel();
        drop(body);
        assert!(!sender.send("a").await);
    }
}
