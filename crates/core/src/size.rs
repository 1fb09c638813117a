//! Sizes of memory and disks, as people write them: `2GB`, `512MiB`, `1024`.

use crate::message::{Message, register as say};

/// What a number without a unit counts, as the memory of VirtShell's instances does: MiB.
const BARE: u64 = 1 << 20;

/// The bytes of a size. Units are powers of 1024, whether they are written `GB`, `GiB` or `G`.
pub fn bytes(text: &str) -> Result<u64, Message> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" => BARE,
        "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        "p" | "pb" | "pib" => 1 << 50,
        _ => return Err(say::bad_size(text)),
    };
    scaled(number, scale).ok_or_else(|| say::bad_size(text))
}

/// A decimal number times a scale, without floating point; parts of a byte are dropped.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || part.len() > 9 || part.contains('.') {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let ten = 10_u64.pow(u32::try_from(part.len()).ok()?);
    let part: u64 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let part = u128::from(part) * u128::from(scale) / u128::from(ten);
    whole.checked_mul(scale)?.checked_add(u64::try_from(part).ok()?)
}

/// Bytes as a size that is read as just these, in the largest unit in which it is a whole number.
#[must_use]
pub fn written(bytes: u64) -> String {
    let units = [("PB", 50), ("TB", 40), ("GB", 30), ("MB", 20), ("KB", 10)];
    let fits = |(_, power): &&(&str, u32)| bytes > 0 && bytes.is_multiple_of(1 << power);
    match units.iter().find(fits) {
        Some((unit, power)) => format!("{}{unit}", bytes >> power),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        for number in [0, 1, 1023, 1 << 10, 1 << 30, (1 << 40) + 1, 3 << 19, 2_000_000_000] {
            assert_eq!(bytes(&written(number)).ok(), Some(number), "{}", written(number));
        }
        assert_eq!((written(2 << 30), written(7)), ("2GB".into(), "7B".into()));
    }

    #[test]
    fn sizes() {
        let cases = [
            ("2GB", Some(2 << 30)),
            ("120 GiB", Some(120 << 30)),
            ("1024", Some(1 << 30)),
            ("512m", Some(512 << 20)),
            ("1.5G", Some((1 << 30) + (1 << 29))),
            ("7b", Some(7)),
            ("", None),
            ("GB", None),
            ("1.2.3G", None),
            ("-1G", None),
            ("2XB", None),
            ("99999999999P", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
    }
}
