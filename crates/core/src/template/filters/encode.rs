//! Encodings and digests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::Plain;
use crate::message::template as say;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::checks::refuse;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("b64encode", b64encode),
    ("b64decode", b64decode),
    ("md5", |call| hashed("md5", &call.text()?)),
    ("sha1", |call| hashed("sha1", &call.text()?)),
    ("checksum", |call| hashed("sha1", &call.text()?)),
    ("hash", |call| hashed(&call.str_or(1, "hashtype", "sha1"), &call.text()?)),
    ("to_uuid", to_uuid),
    ("password_hash", password_hash),
];

/// Bytes in lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        use std::fmt::Write as _;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn hashed(kind: &str, text: &str) -> Outcome {
    Ok(match kind {
        "md5" => hex(&Md5::digest(text)),
        "sha1" => hex(&Sha1::digest(text)),
        "sha224" => hex(&Sha224::digest(text)),
        "sha256" => hex(&Sha256::digest(text)),
        "sha384" => hex(&Sha384::digest(text)),
        "sha512" => hex(&Sha512::digest(text)),
        other => return Err(format!("unsupported hash type {other}").into()),
    }
    .into())
}

fn b64encode(call: &mut Call) -> Outcome {
    let text = call.text()?;
    only_utf8(call)?;
    let urlsafe = call.flag(2, "urlsafe");
    Ok(if urlsafe { URL_SAFE.encode(text) } else { STANDARD.encode(text) }.into())
}

fn only_utf8(call: &Call) -> Result<(), Fault> {
    match call.str_or(1, "encoding", "utf-8").to_lowercase().as_str() {
        "utf-8" | "utf8" | "ascii" => Ok(()),
        other => Err(format!("the encoding {other} is not supported").into()),
    }
}

fn b64decode(call: &mut Call) -> Outcome {
    let text: String = call.text()?.split_whitespace().collect();
    only_utf8(call)?;
    let engine = if call.flag(2, "urlsafe") { &URL_SAFE } else { &STANDARD };
    let bytes = engine.decode(text).map_err(|error| format!("not valid base64: {error}"))?;
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|_| Fault::Text("the decoded bytes are not UTF-8".into()))?.into())
}

/// Ansible's namespace for `to_uuid`.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn to_uuid(call: &mut Call) -> Outcome {
    let namespace = call.str_or(1, "namespace", NAMESPACE).replace('-', "");
    let bytes = (0..16).map(|i| {
        let pair = namespace.get(i * 2..i * 2 + 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let wrong = || Fault::Text(format!("invalid value '{namespace}' for 'namespace'"));
    let mut input = bytes.collect::<Option<Vec<u8>>>().ok_or_else(wrong)?;
    input.extend_from_slice(call.text()?.as_bytes());
    let mut id = Sha1::digest(&input).to_vec();
    id.truncate(16);
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let text = hex(&id);
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    Ok(parts.join("-").into())
}

fn password_hash(call: &mut Call) -> Outcome {
    let password = call.text()?;
    let kind = call.str_or(1, "hashtype", "sha512");
    if !matches!(kind.as_str(), "sha512" | "sha512_crypt") {
        let why = format!("only sha512 is built in, not {kind}");
        return Err(refuse(say::refused("password_hash", why)));
    }
    let Some(salt) = call.arg(2, "salt").and_then(Value::as_str) else {
        let why = "without `salt=` it gives another hash each time, and the user would change in every run";
        return Err(refuse(say::refused("password_hash", why)));
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/';
    if salt.is_empty() || salt.len() > 16 || !salt.chars().all(allowed) {
        return Err("the salt must be 1 to 16 of the characters ./0-9A-Za-z".into());
    }
    let rounds = call.int_or(4, "rounds", 656_000)?.clamp(1000, 999_999_999);
    let rounds = u32::try_from(rounds).unwrap_or(5000).min(5_000_000);
    Ok(sha512_crypt(password.as_bytes(), salt.as_bytes(), rounds).into())
}

/// Repeats a digest to a length.
fn stretched(digest: &[u8], length: usize) -> Vec<u8> {
    digest.iter().copied().cycle().take(length).collect()
}

/// "Unix crypt using SHA-512" by Ulrich Drepper.
fn sha512_crypt(password: &[u8], salt: &[u8], rounds: u32) -> String {
    let join = |parts: &[&[u8]]| Sha512::digest(parts.concat()).to_vec();
    let b = join(&[password, salt, password]);
    let mut a = [password, salt, &stretched(&b, password.len())].concat();
    let mut length = password.len();
    while length > 0 {
        a.extend_from_slice(if length & 1 == 1 { &b } else { password });
        length >>= 1;
    }
    let a = Sha512::digest(&a).to_vec();
    let p = stretched(&join(&[&password.repeat(password.len())]), password.len());
    let s = stretched(&join(&[&salt.repeat(16 + usize::from(a[0]))]), salt.len());
    let mut last = a;
    for round in 0..rounds {
        let mut input = Vec::with_capacity(256);
        input.extend_from_slice(if round & 1 == 1 { &p } else { &last });
        if round % 3 != 0 {
            input.extend_from_slice(&s);
        }
        if round % 7 != 0 {
            input.extend_from_slice(&p);
        }
        input.extend_from_slice(if round & 1 == 1 { &last } else { &p });
        last = Sha512::digest(&input).to_vec();
    }
    let salt = String::from_utf8_lossy(salt);
    let named = if rounds == 5000 { String::new() } else { format!("rounds={rounds}$") };
    format!("$6${named}{salt}${}", crypt_text(&last))
}

/// The digest in crypt's own base 64 and order of bytes.
fn crypt_text(digest: &[u8]) -> String {
    const DIGITS: &[u8] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = String::with_capacity(86);
    let mut put = |bytes: [u8; 3], count: usize| {
        let mut word = u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]);
        for _ in 0..count {
            out.push(char::from(DIGITS[(word & 63) as usize]));
            word >>= 6;
        }
    };
    let (mut x, mut y, mut z) = (0, 21, 42);
    for _ in 0..21 {
        put([digest[x], digest[y], digest[z]], 4);
        (x, y, z) = (y + 1, z + 1, x + 1);
    }
    put([0, 0, digest[63]], 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha512_crypt_agrees_with_its_specification() {
        let cases = [
            (
                "Hello world!",
                "saltstring",
                5000,
                "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
            ),
            (
                "Hello world!",
                "saltstringsaltst",
                10000,
                "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
            ),
        ];
        for (password, salt, rounds, expected) in cases {
            assert_eq!(sha512_crypt(password.as_bytes(), salt.as_bytes(), rounds), expected);
        }
    }
}
