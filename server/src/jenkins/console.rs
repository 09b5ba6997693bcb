//! The console of a build as it grows: parts of `logText/progressiveText`, and the chunks of output that are made of them.
use super::failure::JenkinsFailure;
use app::domain::run::{OUTPUT_CHUNK_MAX_BYTES, OutputChunk, OutputStream};
use chrono::{DateTime, Utc};
use reqwest::Response;

/// Bytes that are buffered before they are stored.
const GATHERED_BYTES: usize = 8 * OUTPUT_CHUNK_MAX_BYTES;

/// The console from some byte offset on.
pub struct ConsolePart {
    response: Response,
    /// Where the next part begins, in bytes of the raw log. What was sent may be less: notes within the log are no text.
    pub next: Option<u64>,
    /// Whether there will be more.
    pub has_more: bool,
}

impl ConsolePart {
    /// The part that an answer brings. None of it is read yet.
    pub fn new(response: Response) -> Self {
        let said = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(|it| it.trim().to_owned())
        };
        let next = said("X-Text-Size").and_then(|it| it.parse().ok());
        let has_more = said("X-More-Data").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        Self {
            response,
            next,
            has_more,
        }
    }

    /// The next bytes; none at the end.
    pub async fn bytes(&mut self) -> Result<Option<Vec<u8>>, JenkinsFailure> {
        let chunk = self.response.chunk().await?;
        Ok(chunk.map(|it| it.to_vec()))
    }
}

/// How much of a console is stored, and the bytes that are not yet.
#[derive(Debug, Default)]
pub struct ConsoleReader {
    /// Where the next part is asked for, in bytes of the raw log.
    pub start: u64,
    /// Bytes from there on that were stored already: by a server that has ended, or of a part that broke off.
    known: u64,
    /// Bytes of this part that have come.
    come: u64,
    /// What is not stored yet.
    gathered: Vec<u8>,
    last_seq: i64,
}

impl ConsoleReader {
    /// A reader of a console. `stored` bytes of it are stored already, in chunks up to number `last_seq`.
    pub fn new(stored: u64, last_seq: i64) -> Self {
        Self {
            known: stored,
            last_seq,
            ..Self::default()
        }
    }

    /// Takes bytes of the part. What was stored already is dropped.
    pub fn take(&mut self, bytes: &[u8]) {
        let is_known = self.known.saturating_sub(self.come);
        let skipped = usize::try_from(is_known).map_or(bytes.len(), |it| it.min(bytes.len()));
        self.come += u64::try_from(bytes.len()).unwrap_or_default();
        self.gathered.extend_from_slice(&bytes[skipped..]);
    }

    /// Whether there is enough to be stored.
    pub fn is_full(&self) -> bool {
        self.gathered.len() >= GATHERED_BYTES
    }

    /// What is to be stored now, as chunks. None ends within a character.
    pub fn chunks(&mut self, at: DateTime<Utc>) -> Vec<OutputChunk> {
        let gathered = std::mem::take(&mut self.gathered);
        let (mut chunks, mut rest) = (Vec::new(), gathered.as_slice());
        while !rest.is_empty() {
            let (chunk, behind) = rest.split_at(chunk_end(rest));
            rest = behind;
            self.last_seq += 1;
            chunks.push(OutputChunk {
                seq: self.last_seq,
                at,
                stream: OutputStream::Stdout,
                bytes: chunk.to_vec(),
            });
        }
        chunks
    }

    /// The part has ended: `next` is where the next one begins. None if it broke off, so that it is asked for again.
    pub fn end_part(&mut self, next: Option<u64>) {
        match next {
            Some(next) => (self.start, self.known) = (next, 0),
            None => self.known = self.known.max(self.come),
        }
        self.come = 0;
    }
}

/// Where the first chunk of these bytes ends.
fn chunk_end(bytes: &[u8]) -> usize {
    let longest = bytes.len().min(OUTPUT_CHUNK_MAX_BYTES);
    if longest == bytes.len() {
        return longest;
    }
    let is_begun = |at: &usize| bytes.get(*at).is_none_or(|it| it & 0xc0 != 0x80);
    (longest.saturating_sub(3)..=longest)
        .rev()
        .find(is_begun)
        .unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(chunks: Vec<OutputChunk>) -> String {
        let bytes: Vec<u8> = chunks.into_iter().flat_map(|it| it.bytes).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn of_a_part_that_broke_off_nothing_is_stored_twice() {
        let at = DateTime::UNIX_EPOCH;
        let mut console = ConsoleReader::new(0, 0);
        console.take(b"one\ntw");
        console.end_part(None);
        assert_eq!(text(console.chunks(at)), "one\ntw");
        assert_eq!(console.start, 0);
        console.take(b"one\n");
        console.take(b"two\nthree\n");
        // The raw log has more bytes than the text.
        console.end_part(Some(80));
        assert_eq!(text(console.chunks(at)), "o\nthree\n");
        console.take(b"four\n");
        console.end_part(Some(85));
        let chunks = console.chunks(at);
        assert_eq!((console.start, chunks[0].seq), (85, 3));
        assert_eq!(text(chunks), "four\n");
    }

    #[test]
    fn another_server_goes_on_behind_what_is_stored() {
        let mut console = ConsoleReader::new(4, 7);
        console.take(b"one\ntwo\n");
        let chunks = console.chunks(DateTime::UNIX_EPOCH);
        assert_eq!((chunks.len(), chunks[0].seq), (1, 8));
        assert_eq!(text(chunks), "two\n");
    }

    #[test]
    fn chunks_are_no_longer_than_they_may_be_and_end_between_characters() {
        let mut console = ConsoleReader::new(0, 0);
        let long = format!("a{}", "é".repeat(OUTPUT_CHUNK_MAX_BYTES));
        console.take(long.as_bytes());
        let chunks = console.chunks(DateTime::UNIX_EPOCH);
        for chunk in &chunks {
            assert!(chunk.bytes.len() <= OUTPUT_CHUNK_MAX_BYTES);
            assert!(std::str::from_utf8(&chunk.bytes).is_ok());
        }
        assert_eq!(text(chunks), long);
        // Bytes that are no UTF-8 are split at the size limit.
        console.take(&vec![0x80; OUTPUT_CHUNK_MAX_BYTES + 1]);
        let sizes = console.chunks(DateTime::UNIX_EPOCH);
        assert_eq!(sizes[0].bytes.len(), OUTPUT_CHUNK_MAX_BYTES);
    }
}
