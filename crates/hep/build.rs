//! Embeds what was built beforehand, where it is there: the program works without.
//!
//! The remote executors (`make executor`): packed in two ways, for hosts
//! with `xz` and for those without, with their hashes. They are looked for as `ARCH/hep-remote` in `HEP_EXECUTOR_DIR`, or in `target/executor-bundle` of the
//! workspace. One that is not there is left out: then hosts are reached by plain SSH only.
//!
//! Scripts and styles of the web page (`make web`), in `HEP_WEB_DIR` or in `target/web`: `list` has a line for
//! each, the name that templates use and that of the file. Without them pages are plain, and say so.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{CheckType, FilterType, XzOptions, XzWriter};
use sha2::{Digest as _, Sha256};

/// Architectures as `uname -m` names them.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=HEP_EXECUTOR_DIR");
    // The folder, so that an executor is noticed when it appears. To watch for a file that is not
    // there would make cargo build the program anew each time.
    println!("cargo::rerun-if-changed={}", bundle().display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut code = String::from("&[\n");
    for arch in ARCHITECTURES {
        let file = bundle().join(arch).join("hep-remote");
        if let Ok(binary) = fs::read(&file) {
            if !is_whole(&binary) {
                let why = format!("{} is cut short: run `make executor`", file.display());
                return Err(io::Error::other(why));
            }
            embed(&mut code, arch, &binary, &out)?;
        }
    }
    code.push_str("]\n");
    fs::write(out.join("executors.rs"), code)?;
    embed_web(&out)
}

/// Writes `assets.rs`, with all that `make web` has made.
fn embed_web(out: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=HEP_WEB_DIR");
    let folder = folder("HEP_WEB_DIR", "../../target/web");
    // Watched so that it is noticed when it fills; what is not there would be new for cargo each time.
    fs::create_dir_all(&folder)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let list = fs::read_to_string(folder.join("list")).unwrap_or_default();
    let mut code = String::from("&[\n");
    for (name, file) in list.lines().filter_map(|line| line.split_once(' ')) {
        for ending in ["", ".gz", ".br"] {
            fs::copy(folder.join(format!("{file}{ending}")), out.join(format!("{file}{ending}")))?;
        }
        let bytes = |ending: &str| {
            format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}{ending}\"))")
        };
        let (identity, gzip, brotli) = (bytes(""), bytes(".gz"), bytes(".br"));
        let _ = writeln!(
            code,
            "    Asset {{ name: {name:?}, file: {file:?}, identity: {identity}, gzip: {gzip}, brotli: {brotli} }},"
        );
    }
    code.push_str("]\n");
    fs::write(out.join("assets.rs"), code)
}

/// Whether a 64-bit ELF file reaches to the end of its table of sections, which linkers write last. A copy
/// that was cut short would run on no host, and each would say that its kernel is too old.
fn is_whole(binary: &[u8]) -> bool {
    let number = |at: usize, size: usize| {
        let bytes = binary.get(at..at + size)?;
        Some(bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    let end = || Some(number(40, 8)? + number(58, 2)? * number(60, 2)?);
    binary.starts_with(b"\x7fELF\x02\x01") && end().is_some_and(|end| end <= binary.len() as u64)
}

/// Where the executors lie.
fn bundle() -> PathBuf {
    folder("HEP_EXECUTOR_DIR", "../../target/executor-bundle")
}

/// The folder that a variable names, or the usual one.
fn folder(variable: &str, usual: &str) -> PathBuf {
    if let Some(folder) = env::var_os(variable) {
        return PathBuf::from(folder);
    }
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    manifest.join(usual)
}

fn embed(code: &mut String, arch: &str, binary: &[u8], out: &Path) -> io::Result<()> {
    fs::write(out.join(format!("hep-remote-{arch}.gz")), gzip(binary)?)?;
    fs::write(out.join(format!("hep-remote-{arch}.xz")), xz(arch, binary)?)?;
    let hash = Sha256::digest(binary).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let size = grouped(binary.len());
    let file = |ending: &str| {
        format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/hep-remote-{arch}.{ending}\"))")
    };
    let (xz, gzip) = (file("xz"), file("gz"));
    let _ = writeln!(
        code,
        "    Binary {{ arch: {arch:?}, hash: {hash:?}, size: {size}, xz: {xz}, gzip: {gzip} }},"
    );
    Ok(())
}

/// A number with `_` before each group of three digits, as clippy wants literals.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join("_")
}

fn gzip(binary: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(binary)?;
    gzip.finish()
}

/// Packed so that every XZ Utils since 2009 can read it; the filter for 64-bit ARM is newer. Literal
/// context and position bits are those that the machine's code likes.
fn xz(arch: &str, binary: &[u8]) -> io::Result<Vec<u8>> {
    let mut options = XzOptions::with_preset(9);
    options.set_check_sum_type(CheckType::Crc32);
    // What the host sets aside to unpack it, in bytes.
    options.lzma_options.dict_size = 4 << 20;
    options.lzma_options.nice_len = 273;
    options.lzma_options.depth_limit = 512;
    (options.lzma_options.lc, options.lzma_options.pb) = match arch {
        "x86_64" => (4, 0),
        _ => (2, 2),
    };
    if arch == "x86_64" {
        options.prepend_pre_filter(FilterType::BcjX86, 0);
    } else {
        options.lzma_options.lp = 2;
    }
    let mut writer = XzWriter::new(Vec::new(), options)?;
    writer.write_all(binary)?;
    writer.finish()
}
