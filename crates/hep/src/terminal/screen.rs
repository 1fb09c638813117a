//! Standard output and standard error, and the progress bar between their lines.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::visible;

/// How one of the two outputs is written to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    /// Whether a terminal shows it: then nothing of a host may steer it.
    pub(crate) terminal: bool,
    /// Whether it has colours.
    pub(crate) colour: bool,
}

/// What a colour means. It is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tint {
    /// Failed.
    Bad,
    /// Changed.
    Changed,
    /// As it should be.
    Good,
    /// Of little interest.
    Faint,
    /// A heading.
    Strong,
    /// The name of a host, one of [`Tint::HOSTS`].
    Host(u8),
}

impl Tint {
    /// How many colours there are for hosts.
    pub(crate) const HOSTS: u8 = 6;

    /// The colour of a host: the same in every run.
    #[expect(clippy::cast_possible_truncation, reason = "a remainder of six")]
    pub(crate) fn of_host(name: &str) -> Self {
        // FNV-1a: small, and stable over versions of everything.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::Host((hash % u64::from(Self::HOSTS)) as u8)
    }

    const fn style(self) -> Style {
        let style = Style::new();
        match self {
            Self::Bad => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))),
            Self::Changed => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow))),
            Self::Good => style.fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))),
            Self::Faint => style.dimmed(),
            Self::Strong => style.bold(),
            Self::Host(number) => {
                let colour = match number % Self::HOSTS {
                    0 => AnsiColor::Cyan,
                    1 => AnsiColor::Green,
                    2 => AnsiColor::Magenta,
                    3 => AnsiColor::Blue,
                    4 => AnsiColor::BrightCyan,
                    _ => AnsiColor::BrightMagenta,
                };
                style.fg_color(Some(anstyle::Color::Ansi(colour)))
            }
        }
    }
}

impl Look {
    fn of(terminal: bool, choice: ColorChoice) -> Self {
        Self { terminal, colour: choice != ColorChoice::Never }
    }

    /// The text in a colour, where there are colours.
    pub(crate) fn tint(self, tint: Tint, text: &str) -> Cow<'_, str> {
        if !self.colour {
            return Cow::Borrowed(text);
        }
        let style = tint.style();
        Cow::Owned(format!("{style}{text}{style:#}"))
    }

    /// A line of a host: harmless on a terminal, its very bytes elsewhere.
    pub(crate) fn host_line(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if !self.terminal {
            return Cow::Borrowed(bytes);
        }
        match visible::line(bytes) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }
}

/// The two outputs.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Standard output: data.
    pub(crate) out: Look,
    /// Standard error: talk.
    pub(crate) err: Look,
    bar: ProgressBar,
}

impl Screen {
    /// What this process has been given.
    pub(crate) fn new() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            out: Look::of(out.is_terminal(), AutoStream::choice(&out)),
            err: Look::of(err.is_terminal(), AutoStream::choice(&err)),
            bar: ProgressBar::hidden(),
        }
    }

    /// Shows how many of so many are done, where a terminal can.
    pub(crate) fn start_bar(&self, total: usize) {
        if !self.err.terminal || total < 2 {
            return;
        }
        self.bar.set_length(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} hosts {elapsed}") {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    /// One more is done.
    pub(crate) fn step_bar(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(crate) fn end_bar(&self) {
        self.bar.finish_and_clear();
    }

    /// Does something with the terminal while the bar is not there.
    pub(crate) fn quietly<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    /// Writes data.
    pub(crate) fn write_out(&self, bytes: &[u8]) -> io::Result<()> {
        self.quietly(|| {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        })
    }

    /// Writes talk.
    pub(crate) fn write_err(&self, bytes: &[u8]) -> io::Result<()> {
        self.quietly(|| io::stderr().lock().write_all(bytes))
    }

    /// Says a sentence; a standard error that is closed loses talk only.
    pub(crate) fn say(&self, text: &str) {
        let _ = self.write_err(format!("{}\n", visible::text(text)).as_bytes());
    }
}
