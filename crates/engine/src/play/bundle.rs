//! The executors that this program can send to hosts.

use std::sync::Arc;

/// An executor for one architecture.
#[derive(Clone, Copy, Debug)]
pub struct Binary {
    /// The architecture as `uname -m` names it.
    pub arch: &'static str,
    /// SHA-256 of the binary in lower-case hexadecimal.
    pub hash: &'static str,
    /// The binary, gzipped.
    pub gzipped: &'static [u8],
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

    /// Architectures and hashes, for the start-up script.
    pub fn known(&self) -> Vec<(&'static str, &'static str)> {
        self.0.iter().map(|binary| (binary.arch, binary.hash)).collect()
    }
}

impl Binary {
    /// The binary as it runs.
    pub fn raw(&self) -> std::io::Result<Vec<u8>> {
        use std::io::Read as _;
        let mut raw = Vec::with_capacity(self.size);
        flate2::read::GzDecoder::new(self.gzipped).read_to_end(&mut raw)?;
        Ok(raw)
    }
}
