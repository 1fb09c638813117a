//! The remote executors embedded by the build script.

/// An executor for one architecture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binary {
    /// The architecture as `uname -m` names it.
    pub(crate) arch: &'static str,
    /// SHA-256 of the binary in lower-case hexadecimal.
    pub(crate) hash: &'static str,
    /// The binary, gzipped.
    pub(crate) gzipped: &'static [u8],
    /// Its size before, in bytes.
    pub(crate) size: usize,
}

/// One for each architecture that was built; empty where none was.
pub(crate) const EXECUTORS: &[Binary] = include!(concat!(env!("OUT_DIR"), "/executors.rs"));
