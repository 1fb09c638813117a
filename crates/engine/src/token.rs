//! Words that nobody can guess.

use std::fmt::Write as _;

/// So many random bytes, of the kernel's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    let mut filled = 0;
    while filled < bytes.len() {
        // The generator gives at most 256 bytes at once and never fails once it is seeded; an
        // interrupted call is repeated.
        filled +=
            rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())
                .unwrap_or(0);
    }
    bytes
}

/// 128 random bits in hexadecimal.
pub(crate) fn token() -> String {
    hex(&random::<16>())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
