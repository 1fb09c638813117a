//! The frames that the controller and the remote executor exchange over an SSH channel's two pipes.
//!
//! A frame is a header of nine bytes (payload length and sequence number, both 32 bits big-endian, with
//! the kind between them) and its payload. Lengths are checked before anything is allocated, numbers must
//! be consecutive in each direction, and a message longer than one frame comes in parts. There is no
//! version: both ends are built from one source, and the hello compares the executor's content hash.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Outcome};
use crate::interp;
use crate::message::Message;
use crate::objects::Objects;
use crate::observe::{Answer, Ask, Bytes, Question, Reply};

/// Largest payload of a JSON frame, in bytes.
pub const JSON_LIMIT: usize = 1 << 20;
/// Largest content of a blob frame, in bytes, compressed or not.
pub const BLOB_LIMIT: usize = 256 << 10;
/// Largest message put together from parts, in bytes.
pub const MESSAGE_LIMIT: usize = 64 << 20;
/// Deepest nesting of a JSON message.
pub const DEPTH_LIMIT: usize = 120;

const HEADER: usize = 9;
const BLOB_HEADER: usize = 41;
const JSON: u8 = 1;
const JSON_PART: u8 = 2;
const BLOB: u8 = 3;
const LAST: u8 = 1;
const DEFLATED: u8 = 2;

/// What the controller sends to an executor, or a login executor to one of another identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToHost {
    /// The first message: which executor is meant.
    Hello {
        /// SHA-256 of the executor's binary, in lower-case hexadecimal.
        hash: Arc<str>,
    },
    /// A host run begins: what follows is done for it, under its journal and lock.
    Start(Box<Start>),
    /// A play, for the run that was started. Ends with [`FromHost::Done`].
    Play(Box<interp::Start>),
    /// A play put away before, to go on with; what it waited for follows.
    Resume(Box<interp::Snapshot>),
    /// Answer to [`FromHost::Request`] with [`interp::Request::Asks`].
    Replies(Vec<(Ask, Reply)>),
    /// Answer to every other [`FromHost::Request`].
    Control(Box<interp::Control>),
    /// While a request is open: put the play away. Answered by [`FromHost::Snapshot`], and nothing more
    /// is done for it.
    Snapshot,
    /// Questions without a play.
    Observe {
        /// Comes back with the answers.
        id: u32,
        /// Who asks.
        identity: interp::Identity,
        /// What to find out.
        questions: Vec<Question>,
    },
    /// A change without a play: of a task for somebody else, a check, a command.
    Apply {
        /// Comes back with the outcome.
        id: u32,
        /// Who does it.
        identity: interp::Identity,
        /// Number of the task, for its output.
        task: u32,
        /// What to do.
        change: Box<Change>,
        /// Whether nothing of it may be stored.
        no_log: bool,
    },
    /// From a login executor: no other run may change the host as the receiver's user until `Release`.
    /// Answered by [`FromHost::Outcome`]: done, late, refused or cancelled.
    Claim {
        /// Comes back with the outcome.
        id: u32,
        /// The host run.
        run: Arc<str>,
        /// How long another run is waited for, in milliseconds.
        wait_ms: u64,
        /// Where the controller is, for those who wait.
        who: Arc<str>,
    },
    /// Other runs may have the host.
    Release,
    /// A blob that was needed cannot be sent.
    NoBlob {
        /// Its SHA-256 in lower-case hexadecimal.
        sha256: Arc<str>,
        /// Why.
        why: Message,
    },
    /// Ends what is running, and with it the run.
    Cancel,
    /// The controller has stored everything about this run: its journal may go.
    Ack {
        /// The host run.
        run: Arc<str>,
    },
    /// Nothing more will come: remove the executor if it is not to be kept, and exit.
    Bye,
}

impl ToHost {
    /// Its kind, for messages. Not by `Debug`, which would bring that of everything in it into the
    /// remote executor.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "Hello",
            Self::Start(_) => "Start",
            Self::Play(_) => "Play",
            Self::Resume(_) => "Resume",
            Self::Replies(_) => "Replies",
            Self::Control(_) => "Control",
            Self::Snapshot => "Snapshot",
            Self::Observe { .. } => "Observe",
            Self::Apply { .. } => "Apply",
            Self::Claim { .. } => "Claim",
            Self::Release => "Release",
            Self::NoBlob { .. } => "NoBlob",
            Self::Cancel => "Cancel",
            Self::Ack { .. } => "Ack",
            Self::Bye => "Bye",
        }
    }
}

/// What begins a host run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Id of the host run; a file name (letters, digits, `-`).
    pub run: Arc<str>,
    /// Fencing number: a host refuses one lower than the highest it has seen for this host run. Only
    /// controllers that share a run compare theirs, so whoever shares runs gives the numbers.
    pub fence: u64,
    /// How long another run that is changing the host is waited for, in milliseconds.
    pub lock_wait_ms: u64,
    /// Passwords for other identities.
    pub passwords: Vec<Password>,
}

/// A password for an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The user to become; empty for every other identity.
    pub user: Arc<str>,
    /// What sudo wants: the login user's password (or the target's, as sudoers says).
    pub password: Sealed,
}

/// A secret text on its way to the host: it serializes (the channel is encrypted), but never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// What an executor sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromHost {
    /// The first message.
    Hello(Hello),
    /// Send this blob.
    Need {
        /// Its SHA-256 in lower-case hexadecimal.
        sha256: Arc<str>,
        /// Its size as the change said, in bytes.
        size: u64,
    },
    /// The interpreter asks the controller; it waits for `Replies` or `Control`.
    Request(Box<interp::Request>),
    /// Something to show, store and count.
    Event {
        /// Numbered from 0 within the play, without gaps.
        number: u64,
        /// The host's clock, in milliseconds since 1970.
        at_ms: i64,
        /// What happened.
        event: Box<interp::Event>,
    },
    /// The play has ended on this host.
    Done(interp::Summary),
    /// The play, put away.
    Snapshot(Box<interp::Snapshot>),
    /// Answers to `Observe`, in the order of its questions.
    Answers {
        /// As in the request.
        id: u32,
        /// The answers.
        answers: Vec<Answer>,
    },
    /// What came of `Apply`.
    Outcome {
        /// As in the request.
        id: u32,
        /// The outcome.
        outcome: Box<Outcome>,
    },
    /// What a running command printed, as it comes.
    Output {
        /// Number of the task.
        task: u32,
        /// Which of the two.
        stream: Stream,
        /// Whole lines, or a piece of one that is long or slow.
        bytes: Bytes,
    },
    /// What an unacknowledged journal says: of the same host run, or of another that nobody serves any more.
    /// It stays until [`ToHost::Ack`] names its run.
    Journal(Journalled),
    /// Something to show at once that is no result.
    Note(Message),
    /// The executor cannot go on and exits.
    Fault(Message),
}

/// Who an executor is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// SHA-256 of its binary, in lower-case hexadecimal, as verified by whoever started it.
    pub hash: Arc<str>,
    /// Architecture as Rust names it (`x86_64`, `aarch64`).
    pub arch: Arc<str>,
    /// Number of the identity.
    pub uid: u32,
    /// Name of the identity.
    pub user: Arc<str>,
    /// Its home directory.
    pub home: Arc<str>,
    /// Its process, for messages.
    pub pid: u32,
}

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What the journal of an earlier executor says about a host run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journalled {
    /// The host run.
    pub run: Arc<str>,
    /// Changes that were started, in order.
    pub records: Vec<Record>,
    /// Whether the executor ended in order after the last of them: what is not listed was not started.
    pub closed: bool,
    /// Whether the journal was full, so that later changes are missing.
    pub full: bool,
    /// Whether an executor is still at it: the last record may end yet.
    pub busy: bool,
    /// What came of the plays that were over on the host, in order; nothing of those before the first change
    /// where there was none.
    pub over: Vec<interp::Summary>,
    /// Seconds since it was written to last.
    pub age_s: u64,
}

/// One change in a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number within the host run, from 0.
    pub number: u64,
    /// Number of the task.
    pub task: u32,
    /// What was tried, for people: the kind of change and its path or program.
    pub what: Arc<str>,
    /// What came of it; nothing means that it was started and how it ended is unknown.
    pub outcome: Option<Box<Outcome>>,
}

/// A piece of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// SHA-256 of the whole content.
    pub sha256: [u8; 32],
    /// Where this piece begins in the uncompressed content, in bytes.
    pub offset: u64,
    /// Whether it is the last.
    pub last: bool,
    /// Whether `data` is one complete zlib stream of its own.
    pub deflated: bool,
    /// The piece.
    pub data: Vec<u8>,
}

/// One thing that arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame<T> {
    /// A message.
    Json(T),
    /// A piece of a blob.
    Blob(Chunk),
}

/// Why a stream of frames cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The header promises more than is allowed.
    #[error("a frame of kind {kind} and {length} bytes is over the limit")]
    TooLong {
        /// The kind byte.
        kind: u8,
        /// The length it promises.
        length: u32,
    },
    /// There is no such kind.
    #[error("unknown frame kind {0}")]
    Kind(u8),
    /// A frame is missing or stands twice.
    #[error("frame {got} came instead of {expected}")]
    Order {
        /// The number that was due.
        expected: u32,
        /// The number that came.
        got: u32,
    },
    /// The parts of one message are more than is allowed.
    #[error("a message is over {MESSAGE_LIMIT} bytes")]
    MessageTooLong,
    /// Everything received is more than this connection may bring.
    #[error("more than {0} bytes came over one connection")]
    Total(u64),
    /// JSON that nests too deep.
    #[error("a message nests deeper than {DEPTH_LIMIT}")]
    Depth,
    /// Not a message.
    #[error("a message cannot be read: {0}")]
    Json(String),
    /// A blob frame shorter than its own header.
    #[error("a blob frame is too short")]
    Blob,
}

/// Turns messages into frames.
#[derive(Debug, Default)]
pub struct Encoder {
    next: u32,
}

/// Turns bytes, cut anywhere, into messages.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    parts: Vec<u8>,
    next: u32,
    left: u64,
    total: u64,
}

/// Where a whole frame's payload lies in the buffer.
struct Span {
    kind: u8,
    from: usize,
    to: usize,
}

impl Encoder {
    /// Appends `message` to `out` as one frame or several.
    pub fn json<T: Serialize>(&mut self, message: &T, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let bytes = serde_json::to_vec(message).map_err(|e| FrameError::Json(e.to_string()))?;
        if bytes.len() > MESSAGE_LIMIT {
            return Err(FrameError::MessageTooLong);
        }
        let mut pieces = bytes.chunks(JSON_LIMIT).peekable();
        while let Some(piece) = pieces.next() {
            let kind = if pieces.peek().is_some() { JSON_PART } else { JSON };
            self.header(kind, piece.len(), out);
            out.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Appends a piece of a blob to `out`.
    pub fn blob(&mut self, chunk: &Chunk, out: &mut Vec<u8>) -> Result<(), FrameError> {
        if chunk.data.len() > BLOB_LIMIT {
            return Err(FrameError::Blob);
        }
        self.header(BLOB, BLOB_HEADER + chunk.data.len(), out);
        out.extend_from_slice(&chunk.sha256);
        out.extend_from_slice(&chunk.offset.to_be_bytes());
        out.push((u8::from(chunk.last) * LAST) | (u8::from(chunk.deflated) * DEFLATED));
        out.extend_from_slice(&chunk.data);
        Ok(())
    }

    fn header(&mut self, kind: u8, length: usize, out: &mut Vec<u8>) {
        // Both limits are far below 2^32.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.push(kind);
        out.extend_from_slice(&self.next.to_be_bytes());
        self.next = self.next.wrapping_add(1);
    }
}

impl Decoder {
    /// Reads a connection that may bring at most `total` bytes.
    #[must_use]
    pub fn new(total: u64) -> Self {
        let (buffer, parts) = (Vec::new(), Vec::new());
        Self { buffer, start: 0, parts, next: 0, left: total, total }
    }

    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Err(FrameError::Total(self.total));
        };
        self.left = left;
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message, if there is one yet. After an error the stream is useless.
    #[expect(clippy::should_implement_trait, reason = "the caller names the type of each message")]
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Frame<T>>, FrameError> {
        while let Some(Span { kind, from, to }) = self.frame()? {
            match kind {
                JSON_PART => self.add_part(from, to)?,
                BLOB => return chunk(&self.buffer[from..to]).map(|chunk| Some(Frame::Blob(chunk))),
                _ if self.parts.is_empty() => return read(&self.buffer[from..to]).map(Some),
                _ => {
                    self.add_part(from, to)?;
                    return read(&std::mem::take(&mut self.parts)).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The kind and the place in the buffer of the next whole frame.
    fn frame(&mut self) -> Result<Option<Span>, FrameError> {
        let rest = &self.buffer[self.start..];
        let Some((header, _)) = rest.split_at_checked(HEADER) else { return Ok(None) };
        let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let kind = header[4];
        let got = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        let limit = match kind {
            JSON | JSON_PART => JSON_LIMIT,
            BLOB => BLOB_HEADER + BLOB_LIMIT,
            _ => return Err(FrameError::Kind(kind)),
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if size > limit {
            return Err(FrameError::TooLong { kind, length });
        }
        if got != self.next {
            return Err(FrameError::Order { expected: self.next, got });
        }
        if rest.len() < HEADER + size {
            return Ok(None);
        }
        self.next = self.next.wrapping_add(1);
        let from = self.start + HEADER;
        self.start = from + size;
        Ok(Some(Span { kind, from, to: from + size }))
    }

    fn add_part(&mut self, from: usize, to: usize) -> Result<(), FrameError> {
        if self.parts.len() + (to - from) > MESSAGE_LIMIT {
            return Err(FrameError::MessageTooLong);
        }
        self.parts.extend_from_slice(&self.buffer[from..to]);
        Ok(())
    }
}

/// Reads a value that serde wrote as JSON; structs are objects.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Objects(&mut from))?;
    from.end()?;
    Ok(value)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Frame<T>, FrameError> {
    if depth(bytes) > DEPTH_LIMIT {
        return Err(FrameError::Depth);
    }
    parse(bytes).map(Frame::Json).map_err(|e| FrameError::Json(e.to_string()))
}

/// How deep brackets nest, those within strings not counted.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut most, mut string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'[' | b'{' if !string => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn chunk(payload: &[u8]) -> Result<Chunk, FrameError> {
    let (head, data) = payload.split_at_checked(BLOB_HEADER).ok_or(FrameError::Blob)?;
    let (sha256, rest) = head.split_first_chunk::<32>().ok_or(FrameError::Blob)?;
    let (offset, flags) = rest.split_first_chunk::<8>().ok_or(FrameError::Blob)?;
    Ok(Chunk {
        sha256: *sha256,
        offset: u64::from_be_bytes(*offset),
        last: flags[0] & LAST != 0,
        deflated: flags[0] & DEFLATED != 0,
        data: data.to_vec(),
    })
}

impl Sealed {
    /// Takes the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself; never print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode_all(bytes: &[u8], cut: usize) -> Result<Vec<Frame<serde_json::Value>>, FrameError> {
        let mut decoder = Decoder::new(1 << 40);
        let mut frames = vec![];
        for piece in bytes.chunks(cut.max(1)) {
            decoder.push(piece)?;
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    fn raw(length: u32, kind: u8, number: u32, payload: &[u8]) -> Vec<u8> {
        let mut out = length.to_be_bytes().to_vec();
        out.push(kind);
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(payload);
        out
    }

    #[test]
    fn what_breaks_a_rule_is_refused() {
        let deep = "[".repeat(DEPTH_LIMIT + 1);
        let deep_length = u32::try_from(deep.len()).unwrap();
        let cases = [
            (raw(u32::MAX, JSON, 0, b""), FrameError::TooLong { kind: JSON, length: u32::MAX }),
            (raw(300 << 10, BLOB, 0, b""), FrameError::TooLong { kind: BLOB, length: 300 << 10 }),
            (raw(0, 9, 0, b""), FrameError::Kind(9)),
            (raw(4, JSON, 1, b"null"), FrameError::Order { expected: 0, got: 1 }),
            (raw(3, BLOB, 0, b"abc"), FrameError::Blob),
            (raw(deep_length, JSON, 0, deep.as_bytes()), FrameError::Depth),
        ];
        for (bytes, error) in cases {
            assert_eq!(decode_all(&bytes, 7), Err(error));
        }
    }

    #[test]
    fn a_long_message_travels_in_parts() {
        let text = serde_json::Value::from("x".repeat(3 * JSON_LIMIT));
        let mut out = vec![];
        Encoder::default().json(&text, &mut out).unwrap();
        assert_eq!(decode_all(&out, 100_000), Ok(vec![Frame::Json(text)]));
    }

    #[test]
    fn the_total_is_limited() {
        let mut decoder = Decoder::new(10);
        assert_eq!(decoder.push(&[0; 10]), Ok(()));
        assert_eq!(decoder.push(&[0]), Err(FrameError::Total(10)));
    }

    #[test]
    fn a_secret_never_prints() {
        let start = Start {
            run: "r".into(),
            fence: 1,
            lock_wait_ms: 0,
            passwords: vec![Password { user: "".into(), password: Sealed::new("pw".into()) }],
        };
        assert!(!format!("{start:?}").contains("pw\""));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4096), cut in 1_usize..64) {
            let _ = decode_all(&bytes, cut);
        }

        #[test]
        fn damaged_frames_never_panic(at in 0_usize..60, byte: u8, cut in 1_usize..64) {
            let mut out = vec![];
            let mut encoder = Encoder::default();
            encoder.json(&ToHost::Cancel, &mut out).unwrap();
            encoder.json(&ToHost::Hello { hash: "abc".into() }, &mut out).unwrap();
            if let Some(place) = out.get_mut(at) {
                *place = byte;
            }
            let mut decoder = Decoder::new(1 << 20);
            for piece in out.chunks(cut) {
                decoder.push(piece).unwrap();
                while let Ok(Some(_)) = decoder.next::<ToHost>() {}
            }
        }

        #[test]
        fn what_is_encoded_is_decoded_however_it_is_cut(
            texts in prop::collection::vec(".*", 0..8),
            data in prop::collection::vec(any::<u8>(), 0..100),
            offset: u64, last: bool, deflated: bool, cut in 1_usize..50,
        ) {
            let mut out = vec![];
            let mut encoder = Encoder::default();
            let mut expected = vec![];
            for text in texts {
                let value = serde_json::Value::from(text);
                encoder.json(&value, &mut out).unwrap();
                expected.push(Frame::Json(value));
            }
            let chunk = Chunk { sha256: [7; 32], offset, last, deflated, data };
            encoder.blob(&chunk, &mut out).unwrap();
            expected.push(Frame::Blob(chunk));
            prop_assert_eq!(decode_all(&out, cut).unwrap(), expected);
        }
    }
}
