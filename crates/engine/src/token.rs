//! Words that nobody can guess.

use std::fmt::Write as _;

/// 128 random bits in hexadecimal.
pub(crate) fn token() -> String {
    let mut bytes = [0_u8; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        // The kernel's generator gives at most 256 bytes at once and never fails once it is seeded; an
        // interrupted call is repeated.
        filled +=
            rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())
                .unwrap_or(0);
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
