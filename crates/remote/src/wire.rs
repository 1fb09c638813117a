//! The two pipes to whoever drives this executor.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hep_core::frame::{Chunk, Decoder, Encoder, Frame, FrameError, FromHost, ToHost};

use crate::cancel::Cancel;

/// Bytes after which a controller is taken for broken.
const TOTAL: u64 = 1 << 42;
/// Messages that may wait. The controller sends what it is asked for, so few ever do.
const QUEUE: usize = 64;
/// Bytes of events that are held back at most.
const HELD: usize = 16 << 10;
/// How long an event may be held back while the next ones come quickly.
const HELD_FOR: Duration = Duration::from_millis(10);
/// How long the working thread may take to end in order when the line is gone.
const MOMENT: Duration = Duration::from_millis(300);

/// What came from the controller.
#[derive(Debug)]
pub enum Incoming {
    /// A message.
    Message(Box<ToHost>),
    /// A piece of a blob.
    Blob(Chunk),
    /// Nothing more will come; with the reason if that was not in order.
    Gone(Option<FrameError>),
}

/// What the reading thread and the working thread tell each other beside messages.
#[derive(Debug)]
pub struct Signals {
    /// The wish to stop.
    pub cancel: Arc<Cancel>,
    gone: AtomicBool,
    changing: AtomicBool,
    waiting: AtomicBool,
    /// Cancels that have come, taken up or not.
    cancels: AtomicU64,
    not_kept: Option<PathBuf>,
}

/// The working thread's side.
pub struct Wire {
    out: Box<dyn Write>,
    /// Events not yet written: of tasks that change nothing there are thousands a second, and each write
    /// would be a packet.
    held: Vec<u8>,
    written: Instant,
    encoder: Encoder,
    incoming: Receiver<Incoming>,
    /// Cancels that have been taken up.
    seen: u64,
    /// Shared with the reading thread.
    pub signals: Arc<Signals>,
}

impl Signals {
    /// Nothing has happened yet. `not_kept` is the executor's own file where it is to be removed.
    pub fn new(not_kept: Option<PathBuf>) -> io::Result<Arc<Self>> {
        let [gone, changing, waiting] = [(); 3].map(|()| AtomicBool::new(false));
        Ok(Arc::new(Self {
            cancel: Arc::new(Cancel::new()?),
            gone,
            changing,
            waiting,
            cancels: AtomicU64::new(0),
            not_kept,
        }))
    }

    /// Whether the controller is gone.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Says that a change begins, and whether it may. One that only waits ends with the line.
    ///
    /// Either this sees that the controller is gone, or the reading thread sees that something is being
    /// changed and lets it end: both write before they read.
    pub fn begin_change(&self, waits: bool) -> bool {
        self.waiting.store(waits, Ordering::SeqCst);
        self.changing.store(true, Ordering::SeqCst);
        !self.is_gone()
    }

    /// Says that a change has ended.
    pub fn end_change(&self) {
        self.waiting.store(false, Ordering::SeqCst);
        self.changing.store(false, Ordering::SeqCst);
    }

    /// Says that the controller is gone, and ends the process if it only looks: nobody wants the answer
    /// any more. The working thread gets a moment to end in order.
    fn lose(&self, sender: &SyncSender<Incoming>) {
        self.gone.store(true, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) {
            self.cancel.raise();
        }
        let _ = sender.try_send(Incoming::Gone(None));
        std::thread::sleep(MOMENT);
        if !self.changing.load(Ordering::SeqCst) {
            self.leave();
            std::process::exit(0);
        }
    }

    /// Removes the executor where it is not to be kept.
    pub fn leave(&self) {
        if let Some(path) = &self.not_kept {
            let _ = std::fs::remove_file(path);
            crate::clean::leave_nothing(path);
        }
    }

    /// Whether the executor stays when it ends.
    pub fn is_kept(&self) -> bool {
        self.not_kept.is_none()
    }
}

impl Wire {
    /// Starts the reading thread on `input`.
    pub fn new(
        input: impl Read + Send + 'static,
        out: impl Write + 'static,
        signals: Arc<Signals>,
    ) -> io::Result<Self> {
        let (sender, incoming) = sync_channel(QUEUE);
        let shared = Arc::clone(&signals);
        std::thread::Builder::new()
            .stack_size(256 << 10)
            .spawn(move || read(input, &sender, &shared))?;
        let (out, encoder) = (Box::new(out), Encoder::default());
        let (held, written) = (Vec::new(), Instant::now());
        Ok(Self { out, held, written, encoder, incoming, seen: 0, signals })
    }

    /// Sends a message. That the controller is gone is noticed by the reading thread, and not an error.
    pub fn send(&mut self, message: &FromHost) {
        self.hold(message);
        self.flush();
    }

    /// Sends a message soon: with the next ones, if they come quickly. Whoever begins what may take long
    /// says [`Wire::flush`] before.
    pub fn send_soon(&mut self, message: &FromHost) {
        self.hold(message);
        if self.held.len() > HELD || self.written.elapsed() > HELD_FOR {
            self.flush();
        }
    }

    fn hold(&mut self, message: &FromHost) {
        if let Err(error) = self.encoder.json(message, &mut self.held) {
            let fault = FromHost::Fault(hep_core::message::remote::broken_frames(error));
            let _ = self.encoder.json(&fault, &mut self.held);
        }
    }

    /// Sends what was held back.
    pub fn flush(&mut self) {
        if !self.held.is_empty() {
            let _ = self.out.write_all(&self.held).and_then(|()| self.out.flush());
            self.held.clear();
        }
        self.written = Instant::now();
    }

    /// The next thing that comes.
    pub fn receive(&mut self) -> Incoming {
        self.flush();
        let incoming = self.incoming.recv().unwrap_or(Incoming::Gone(None));
        if matches!(&incoming, Incoming::Message(message) if matches!(**message, ToHost::Cancel)) {
            self.seen += 1;
        }
        incoming
    }

    /// Forgets the wish to stop, except one that stands behind what is being done now: it is raised as it
    /// arrives, before its turn, and means what comes before it.
    pub fn forget_cancel(&mut self) {
        self.signals.cancel.clear();
        if self.signals.cancels.load(Ordering::SeqCst) != self.seen {
            self.signals.cancel.raise();
        }
    }
}

fn read(mut input: impl Read, sender: &SyncSender<Incoming>, signals: &Signals) {
    let mut decoder = Decoder::new(TOTAL);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let size = match input.read(&mut buffer) {
            Ok(size) if size > 0 => size,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            _ => break,
        };
        if let Err(error) = take(&mut decoder, &buffer[..size], sender, signals) {
            // The working thread says why before it ends; it must get the chance.
            let _ = sender.send(Incoming::Gone(error));
            return;
        }
    }
    signals.lose(sender);
}

fn take(
    decoder: &mut Decoder,
    bytes: &[u8],
    sender: &SyncSender<Incoming>,
    signals: &Signals,
) -> Result<(), Option<FrameError>> {
    decoder.push(bytes)?;
    while let Some(frame) = decoder.next::<ToHost>()? {
        let incoming = match frame {
            Frame::Blob(chunk) => Incoming::Blob(chunk),
            Frame::Json(message) => {
                if matches!(message, ToHost::Cancel) {
                    signals.cancels.fetch_add(1, Ordering::SeqCst);
                    signals.cancel.raise();
                }
                Incoming::Message(Box::new(message))
            }
        };
        sender.send(incoming).map_err(|_| None)?;
    }
    Ok(())
}
