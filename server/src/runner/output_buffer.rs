//! Output of a run that waits to be sent: in chunks, in the order in which it was read, and never much more than the server keeps,
//! however much is written and however long the server is away.
use app::domain::run::{OUTPUT_CHUNK_MAX_BYTES, OUTPUT_KEPT_BYTES, OutputChunk, OutputStream};
use chrono::{DateTime, Utc};
use std::{collections::VecDeque, mem, time::Duration};
use tokio::time::Instant;

/// So long output may wait for more of it before it is sent.
pub const OUTPUT_WAIT_MAX: Duration = Duration::from_secs(1);
/// Bytes of one report.
const BATCH_MAX_BYTES: usize = 4 * OUTPUT_CHUNK_MAX_BYTES;
/// Chunks of one report.
const BATCH_MAX_CHUNKS: usize = 1_000;
/// What a chunk takes beside its bytes: a text that changes the stream with each letter has many chunks.
const CHUNK_OVERHEAD_BYTES: usize = 96;
/// So much of the end of each stream is remembered for the last line.
const TAIL_MAX_BYTES: usize = 4 * 1024;
/// Characters of the last line.
const LAST_LINE_MAX_CHARS: usize = 200;

/// Bytes of one stream that nothing of the other came between.
#[derive(Debug)]
struct WaitingChunk {
    at: DateTime<Utc>,
    /// When its first byte was read.
    since: Instant,
    stream: OutputStream,
    bytes: Vec<u8>,
    /// Whether it is of the beginning, of which nothing is left out.
    is_first: bool,
    /// Whether output before it was left out.
    is_after_gap: bool,
}

impl WaitingChunk {
    fn cost(&self) -> usize {
        self.bytes.len() + CHUNK_OVERHEAD_BYTES
    }
}

/// What was read and is not with the server yet.
#[derive(Debug, Default)]
pub struct OutputBuffer {
    waiting: VecDeque<WaitingChunk>,
    /// Bytes in `waiting`.
    n_waiting: usize,
    /// What the beginning took so far, sent or not.
    first_cost: usize,
    /// What the chunks in `waiting` that are not of the beginning take.
    rest_cost: usize,
    /// What was given out and is not confirmed yet.
    unconfirmed: Vec<OutputChunk>,
    /// Of the last chunk that was given out. Where output was left out one number is passed over.
    seq: i64,
    is_cut: bool,
    /// All bytes that were read, left out or not.
    n_pushed: u64,
    /// The ends of standard output and of standard error.
    tails: [Vec<u8>; 2],
    /// The stream that last wrote something that can be seen.
    last_stream: Option<OutputStream>,
}

impl OutputBuffer {
    /// Takes what was read.
    pub fn push(&mut self, stream: OutputStream, bytes: &[u8], at: DateTime<Utc>) {
        self.remember_tail(stream, bytes);
        let n_new = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.n_pushed = self.n_pushed.saturating_add(n_new);
        let mut rest = bytes;
        while !rest.is_empty() {
            let is_first = self.first_cost < OUTPUT_KEPT_BYTES;
            let fits = self.waiting.back().is_some_and(|it| {
                let is_alike = it.stream == stream && it.is_first == is_first;
                is_alike && it.bytes.len() < OUTPUT_CHUNK_MAX_BYTES
            });
            if !fits {
                self.open_chunk(stream, is_first, at);
            }
            let Some(chunk) = self.waiting.back_mut() else {
                return;
            };
            let mut n = rest.len().min(OUTPUT_CHUNK_MAX_BYTES - chunk.bytes.len());
            if is_first {
                // At least a byte, though opening the chunk may have taken the last of it.
                let left = OUTPUT_KEPT_BYTES.saturating_sub(self.first_cost);
                n = n.min(left.max(1));
                self.first_cost += n;
            } else {
                self.rest_cost += n;
            }
            let (now, later) = rest.split_at(n);
            chunk.bytes.extend_from_slice(now);
            self.n_waiting += n;
            rest = later;
        }
        self.leave_out_the_middle();
    }

    /// Begins a chunk, with the letter that the one before it ends within.
    fn open_chunk(&mut self, stream: OutputStream, is_first: bool, at: DateTime<Utc>) {
        let carried = match self.waiting.back_mut() {
            Some(full) if full.stream == stream && full.is_first == is_first => {
                let whole = full.bytes.len() - unfinished_letter(&full.bytes);
                full.bytes.split_off(whole)
            }
            _ => Vec::new(),
        };
        self.waiting.push_back(WaitingChunk {
            at,
            since: Instant::now(),
            stream,
            bytes: carried,
            is_first,
            is_after_gap: false,
        });
        if is_first {
            self.first_cost += CHUNK_OVERHEAD_BYTES;
        } else {
            self.rest_cost += CHUNK_OVERHEAD_BYTES;
        }
    }

    /// Leaves out what follows the beginning, as far as more came after it than the server keeps of the end.
    fn leave_out_the_middle(&mut self) {
        while self.rest_cost > OUTPUT_KEPT_BYTES + 2 * OUTPUT_CHUNK_MAX_BYTES {
            let oldest = self.waiting.partition_point(|it| it.is_first);
            let Some(chunk) = self.waiting.remove(oldest) else {
                return;
            };
            self.rest_cost -= chunk.cost();
            self.n_waiting -= chunk.bytes.len();
            self.is_cut = true;
            if let Some(next) = self.waiting.get_mut(oldest) {
                next.is_after_gap = true;
            }
        }
    }

    fn remember_tail(&mut self, stream: OutputStream, bytes: &[u8]) {
        let end = &bytes[bytes.len().saturating_sub(TAIL_MAX_BYTES)..];
        let tail = &mut self.tails[stream_index(stream)];
        tail.extend_from_slice(end);
        if tail.len() > 2 * TAIL_MAX_BYTES {
            tail.drain(..tail.len() - TAIL_MAX_BYTES);
        }
        if end.iter().any(|it| it.is_ascii_graphic() || !it.is_ascii()) {
            self.last_stream = Some(stream);
        }
    }

    /// Whether something should be sent now: enough of it waits, or it has waited long enough.
    pub fn is_due(&self) -> bool {
        let is_late = self.due_at().is_some_and(|it| it <= Instant::now());
        is_late || self.n_waiting >= OUTPUT_CHUNK_MAX_BYTES || !self.unconfirmed.is_empty()
    }

    /// When what waits longest is to be sent; none if nothing waits.
    pub fn due_at(&self) -> Option<Instant> {
        self.waiting.front().map(|it| it.since + OUTPUT_WAIT_MAX)
    }

    /// Whether nothing is left to be given out by `batch`.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.unconfirmed.is_empty()
    }

    /// Whether output was left out.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// All bytes that were read so far, left out or not.
    pub fn n_pushed(&self) -> u64 {
        self.n_pushed
    }

    /// What is sent next: until it is confirmed, the same again.
    pub fn batch(&mut self) -> Vec<OutputChunk> {
        if self.unconfirmed.is_empty() {
            let mut n_bytes = 0;
            while let Some(chunk) = self.waiting.front()
                && self.unconfirmed.len() < BATCH_MAX_CHUNKS
            {
                n_bytes += chunk.bytes.len();
                if n_bytes > BATCH_MAX_BYTES || !self.give_out() {
                    break;
                }
            }
        }
        self.unconfirmed.clone()
    }

    /// Gives out the chunk that waits longest. A letter at the end of all that was read, whose rest may still come, stays back once;
    /// then the answer is false.
    fn give_out(&mut self) -> bool {
        let is_newest = self.waiting.len() == 1;
        let Some(mut chunk) = self.waiting.pop_front() else {
            return false;
        };
        if !chunk.is_first {
            self.rest_cost -= chunk.cost();
        }
        let whole = chunk.bytes.len() - unfinished_letter(&chunk.bytes);
        let kept = if is_newest && whole > 0 {
            chunk.bytes.split_off(whole)
        } else {
            Vec::new()
        };
        self.n_waiting -= chunk.bytes.len();
        self.seq += if chunk.is_after_gap { 2 } else { 1 };
        self.unconfirmed.push(OutputChunk {
            seq: self.seq,
            at: chunk.at,
            stream: chunk.stream,
            bytes: mem::take(&mut chunk.bytes),
        });
        if kept.is_empty() {
            return true;
        }
        let kept = WaitingChunk {
            since: Instant::now(),
            bytes: kept,
            is_after_gap: false,
            ..chunk
        };
        if !kept.is_first {
            self.rest_cost += kept.cost();
        }
        self.waiting.push_front(kept);
        false
    }

    /// All that the server does not have, however much it is.
    pub fn rest(&mut self) -> Vec<OutputChunk> {
        while self.give_out() {}
        // What stayed back at first.
        while self.give_out() {}
        self.unconfirmed.clone()
    }

    /// Whether `batch` answered all that is left.
    pub fn is_last_batch(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The server has what `batch` answered.
    pub fn confirm(&mut self) {
        self.unconfirmed.clear();
    }

    /// The last line that can be read, of the stream that wrote last: without control characters, and not long.
    pub fn last_line(&self) -> Option<String> {
        let tail = &self.tails[stream_index(self.last_stream?)];
        let text = String::from_utf8_lossy(tail);
        let mut lines = text.rsplit(['\n', '\r']).map(plain);
        lines.find(|it| !it.is_empty())
    }
}

/// The place of a stream in a list of two.
pub fn stream_index(stream: OutputStream) -> usize {
    match stream {
        OutputStream::Stdout => 0,
        OutputStream::Stderr => 1,
    }
}

/// The bytes at the end that begin a letter of UTF-8 and do not finish it: 0 to 3.
fn unfinished_letter(bytes: &[u8]) -> usize {
    let last = bytes.iter().rev().take(3).enumerate();
    for (before, byte) in last {
        let long = match byte {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            // Within a letter.
            0b1000_0000..=0b1011_1111 => continue,
            _ => return 0,
        };
        let there = before + 1;
        return if there < long { there } else { 0 };
    }
    0
}

/// A line without colours and control characters.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            if !letter.is_control() {
                text.push(letter);
            }
        } else if letters.next_if_eq(&'[').is_some() {
            // A colour ends with its first letter: ESC [ 1 ; 31 m.
            while letters.next_if(|it| !('@'..='~').contains(it)).is_some() {}
            letters.next();
        }
    }
    text.trim().chars().take(LAST_LINE_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        OutputStream::{Stderr, Stdout},
        *,
    };
    use app::domain::run::OUTPUT_CHUNKS_MAX;

    const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// Sends all that waits; what the server then has.
    fn sent(buffer: &mut OutputBuffer) -> Vec<OutputChunk> {
        let mut all = Vec::new();
        while !buffer.is_empty() {
            all.extend(buffer.batch());
            buffer.confirm();
        }
        all
    }

    fn bytes(chunks: &[OutputChunk]) -> Vec<u8> {
        chunks.iter().flat_map(|it| it.bytes.clone()).collect()
    }

    #[test]
    fn both_streams_stay_in_the_order_in_which_they_were_read() {
        let mut buffer = OutputBuffer::default();
        for (stream, text) in [(Stdout, "a"), (Stdout, "b"), (Stderr, "c"), (Stdout, "d")] {
            buffer.push(stream, text.as_bytes(), AT);
        }
        let sent = sent(&mut buffer);
        let told: Vec<(i64, OutputStream, &[u8])> = sent
            .iter()
            .map(|it| (it.seq, it.stream, it.bytes.as_slice()))
            .collect();
        let expected: [(i64, OutputStream, &[u8]); 3] =
            [(1, Stdout, b"ab"), (2, Stderr, b"c"), (3, Stdout, b"d")];
        assert_eq!(told, expected);
        assert!(!buffer.is_cut());
    }

    #[test]
    fn what_is_not_confirmed_is_given_out_again_and_nothing_else() {
        let mut buffer = OutputBuffer::default();
        buffer.push(Stdout, b"one", AT);
        let first = buffer.batch();
        buffer.push(Stdout, b"two", AT);
        assert_eq!(buffer.batch(), first);
        buffer.confirm();
        let second = buffer.batch();
        assert_eq!(
            (second[0].seq, second[0].bytes.as_slice()),
            (2, &b"two"[..])
        );
    }

    #[test]
    fn a_second_or_64_kb_make_output_due() {
        let mut buffer = OutputBuffer::default();
        assert!(!buffer.is_due() && buffer.due_at().is_none());
        buffer.push(Stdout, b"x", AT);
        let since = &mut buffer.waiting[0].since;
        *since = since.checked_sub(OUTPUT_WAIT_MAX).unwrap();
        assert!(buffer.is_due());
        sent(&mut buffer);
        assert!(!buffer.is_due());
        buffer.push(Stdout, &vec![b'x'; OUTPUT_CHUNK_MAX_BYTES], AT);
        assert!(buffer.is_due());
    }

    #[test]
    fn of_50_mb_the_beginning_and_the_end_are_left_and_little_is_kept_meanwhile() {
        let mut buffer = OutputBuffer::default();
        let mut number = 0_u32;
        let mut first = Vec::new();
        for _ in 0..800 {
            let mut block = Vec::new();
            while block.len() < OUTPUT_CHUNK_MAX_BYTES {
                block.extend_from_slice(format!("{number:07}\n").as_bytes());
                number += 1;
            }
            if first.len() < OUTPUT_KEPT_BYTES / 2 {
                first.extend_from_slice(&block);
            }
            buffer.push(Stdout, &block, AT);
            assert!(buffer.n_waiting <= 2 * OUTPUT_KEPT_BYTES + 2 * OUTPUT_CHUNK_MAX_BYTES);
        }
        assert!(buffer.is_cut());
        let n_all = u64::from(number) * 8;
        assert_eq!(buffer.n_pushed(), n_all);
        let sent = sent(&mut buffer);
        let all = bytes(&sent);
        assert!(all.starts_with(&first));
        let last = format!("{:07}\n", number - 1);
        assert!(all.ends_with(last.as_bytes()));
        let lines: Vec<u32> = String::from_utf8(all)
            .unwrap()
            .lines()
            .map(|it| it.parse().unwrap())
            .collect();
        // One gap, and behind it at least as much as the server keeps.
        let gaps = lines.windows(2).filter(|it| it[1] != it[0] + 1);
        let behind: Vec<u32> = gaps.map(|it| number - it[1]).collect();
        assert_eq!(behind.len(), 1);
        assert!(behind[0] >= u32::try_from(OUTPUT_KEPT_BYTES).unwrap() / 8);
        // A number is passed over exactly there.
        let steps: Vec<i64> = sent.windows(2).map(|it| it[1].seq - it[0].seq).collect();
        let at = steps.iter().position(|it| *it == 2).unwrap();
        assert_eq!(steps.iter().filter(|it| **it != 1).count(), 1);
        let first_line = format!("{:07}\n", number - behind[0]);
        assert!(sent[at + 1].bytes.starts_with(first_line.as_bytes()));
    }

    #[test]
    fn a_text_that_changes_the_stream_with_each_letter_takes_no_more() {
        let mut buffer = OutputBuffer::default();
        for _ in 0..100_000 {
            buffer.push(Stdout, b"o", AT);
            buffer.push(Stderr, b"e", AT);
        }
        assert!(buffer.is_cut());
        // Also all of it at once is a report that the server takes.
        assert!(buffer.rest().len() <= OUTPUT_CHUNKS_MAX);
    }

    #[test]
    fn no_letter_is_cut_in_two() {
        let text = "é€😀".repeat(30_000);
        let mut buffer = OutputBuffer::default();
        buffer.push(Stdout, text.as_bytes(), AT);
        let sent = sent(&mut buffer);
        assert!(sent.len() > 3);
        for chunk in &sent {
            assert!(chunk.bytes.len() <= OUTPUT_CHUNK_MAX_BYTES);
            assert!(String::from_utf8(chunk.bytes.clone()).is_ok());
        }
        assert_eq!(bytes(&sent), text.as_bytes());
        // The rest of a letter may come after the second.
        let mut buffer = OutputBuffer::default();
        buffer.push(Stdout, &"a€".as_bytes()[..3], AT);
        assert_eq!(buffer.batch()[0].bytes, b"a");
        buffer.confirm();
        buffer.push(Stdout, &"€".as_bytes()[2..], AT);
        assert_eq!(buffer.batch()[0].bytes, "€".as_bytes());
        buffer.confirm();
        // What never becomes one is sent as it is.
        buffer.push(Stdout, &[0xff, 0xe2], AT);
        assert_eq!(bytes(&self::sent(&mut buffer)), [0xff, 0xe2]);
    }

    #[test]
    fn the_last_line_can_be_read_and_is_short() {
        let last = |pieces: &[(OutputStream, &str)]| {
            let mut buffer = OutputBuffer::default();
            for (stream, text) in pieces {
                buffer.push(*stream, text.as_bytes(), AT);
            }
            buffer.last_line()
        };
        assert_eq!(last(&[]), None);
        assert_eq!(last(&[(Stdout, " \n\t\n")]), None);
        let line = last(&[(Stderr, "error: no\n"), (Stdout, "\n")]);
        assert_eq!(line.as_deref(), Some("error: no"));
        let line = last(&[(Stdout, "one\n\u{1b}[1;31mtwo\u{1b}[0m\u{7}\r\n\n")]);
        assert_eq!(line.as_deref(), Some("two"));
        let line = last(&[(Stdout, "10 %\r20 %\r"), (Stderr, "half")]);
        assert_eq!(line.as_deref(), Some("half"));
        let line = last(&[(Stdout, &"x".repeat(100_000))]);
        assert_eq!(line, Some("x".repeat(200)));
    }
}
