//! The executors that this program can send to hosts.

use std::borrow::Cow;
use std::sync::Arc;

use hep_core::bootstrap::{Known, Packing};

/// An executor for one architecture.
#[derive(Clone, Copy, Debug)]
pub struct Binary {
    /// The architecture as `uname -m` names it.
    pub arch: &'static str,
    /// SHA-256 of the binary in lower-case hexadecimal.
    pub hash: &'static str,
    /// The binary, packed by `xz`.
    pub xz: &'static [u8],
    /// The binary, packed by `gzip`, for hosts without `xz`.
    pub gzip: &'static [u8],
    /// Its size before, in bytes.
    pub size: usize,
}

/// All of them; empty where the program was built without.
#[derive(Clone, Debug, Default)]
pub struct Bundle(Arc<Vec<Binary>>);

impl Bundle {
    /// These executors.
    pub fn new(binaries: Vec<Binary>) -> Self {
        Self(Arc::new(binaries))
    }

    /// The executors.
    pub fn binaries(&self) -> &[Binary] {
        &self.0
    }

    /// The executor for an architecture.
    pub fn find(&self, arch: &str) -> Option<&Binary> {
        self.0.iter().find(|binary| binary.arch == arch)
    }

    /// What the start-up script has to know of them.
    pub fn known(&self) -> Vec<Known<'static>> {
        let known = |b: &Binary| Known { arch: b.arch, hash: b.hash, size: b.size };
        self.0.iter().map(known).collect()
    }
}

impl Binary {
    /// The binary as a host wants it. Fails where what was embedded is damaged.
    pub fn packed(&self, packing: Packing) -> std::io::Result<Cow<'static, [u8]>> {
        Ok(match packing {
            Packing::Xz => Cow::Borrowed(self.xz),
            Packing::Gzip => Cow::Borrowed(self.gzip),
            Packing::Raw => Cow::Owned(self.raw()?),
        })
    }

    /// The binary as it runs.
    fn raw(&self) -> std::io::Result<Vec<u8>> {
        use std::io::Read as _;
        let mut raw = Vec::with_capacity(self.size);
        flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut raw)?;
        Ok(raw)
    }
}
