//! What is known of this system for its facts; what it means is `hep_core::facts`.
//!
//! Everything is read from files of the kernel and the distribution; only the time zone and executable
//! local facts cost a process. Nothing here may take long: no file system of the network is asked.

mod address;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hep_core::facts::{self, Known, Look, Space};
use hep_core::value::Value;

use super::command::{How, Spec, look, run};
use super::{LocalSystem, now_ms, why};
use crate::account::Accounts;

/// Everything that can be found out.
pub(super) fn gather(system: &LocalSystem, accounts: &Accounts) -> Value {
    let uname = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let account = accounts.user(&system.uid.to_string()).map(|account| {
        [&account.name, &account.gecos, &account.home, &account.shell].map(ToString::to_string)
    });
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let known = Known {
        uname: [
            uname.sysname(),
            uname.nodename(),
            uname.release(),
            uname.version(),
            uname.machine(),
        ]
        .map(word),
        is_64_bit: cfg!(target_pointer_width = "64"),
        effective: (system.uid, system.gid),
        real: (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw()),
        account,
        environment: std::env::vars_os()
            .filter(|(name, _)| name != hep_core::bootstrap::MARK)
            .map(|(name, value)| (text(name), text(value)))
            .collect(),
        addresses: address::addresses(),
        // The names of zones, days and weeks are libc's business: one process is cheaper than a second reader.
        date: look(&["date", &format!("+{}", facts::DATE_FORMAT)]).unwrap_or_default(),
        now_ms: now_ms(),
        is_chroot: is_chroot(),
        local: local(),
    };
    facts::tree(&Files::default(), &known)
}

/// This system's files.
#[derive(Default)]
struct Files {
    uuids: OnceCell<HashMap<PathBuf, String>>,
}

impl Look for Files {
    fn text(&self, path: &str) -> String {
        let bytes = fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end_matches(['\n', '\0']).to_owned()
    }

    fn exists(&self, path: &str) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn space(&self, point: &str) -> Option<Space> {
        let space = rustix::fs::statvfs(point).ok()?;
        Some(Space {
            blocks: space.f_blocks,
            available: space.f_bavail,
            fragment: space.f_frsize,
            block: space.f_bsize,
            inodes: space.f_files,
            free_inodes: space.f_ffree,
        })
    }

    fn uuid(&self, device: &str) -> Option<String> {
        let real = fs::canonicalize(device).unwrap_or_else(|_| PathBuf::from(device));
        self.uuids.get_or_init(uuids).get(&real).cloned()
    }
}

fn uuids() -> HashMap<PathBuf, String> {
    let entries = fs::read_dir("/dev/disk/by-uuid").into_iter().flatten().flatten();
    let pairs = entries.filter_map(|entry| {
        Some((fs::canonicalize(entry.path()).ok()?, entry.file_name().into_string().ok()?))
    });
    pairs.collect()
}

/// Whether our root is another than that of the first process, where that may be known.
fn is_chroot() -> bool {
    if std::env::var_os("debian_chroot").is_some() {
        return true;
    }
    let Ok(own) = fs::metadata("/") else { return false };
    // Without the right to look at the first process nothing is known.
    fs::metadata("/proc/1/root/.")
        .is_ok_and(|first| (first.dev(), first.ino()) != (own.dev(), own.ino()))
}

fn local() -> Vec<(String, Result<String, String>)> {
    let entries = fs::read_dir(facts::LOCAL_DIRECTORY).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "fact"));
    paths.sort();
    let named = paths.iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, content(path))
    });
    named.collect()
}

/// What a local fact's file holds, or prints where it is a program.
fn content(path: &Path) -> Result<String, String> {
    let meta = fs::metadata(path).map_err(why)?;
    let limit = facts::LOCAL_LIMIT;
    if meta.permissions().mode() & 0o111 == 0 {
        if meta.len() > limit as u64 {
            return Err("too large".into());
        }
        return fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(why);
    }
    let argv = vec![OsString::from(path)];
    let timeout = Some(Duration::from_secs(facts::LOCAL_SECONDS));
    let spec = Spec { argv, timeout, keep: limit, ..Spec::default() };
    let ended = run(&spec, None, &mut |_, _| {}).map_err(why)?;
    match (ended.how, ended.rc) {
        (How::Exited, 0) if ended.out.is_cut() => Err("too large".into()),
        (How::Exited, 0) => Ok(String::from_utf8_lossy(&ended.out.into_bytes()).into_owned()),
        (How::Exited, rc) => Err(format!("status {rc}")),
        _ => Err(format!("no end within {} seconds", facts::LOCAL_SECONDS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promised_fact_is_there() {
        let facts = gather(&LocalSystem::new(), &Accounts::new());
        for name in [
            "distribution",
            "distribution_version",
            "distribution_release",
            "distribution_major_version",
            "os_family",
            "pkg_mgr",
            "service_mgr",
            "hostname",
            "fqdn",
            "nodename",
            "domain",
            "kernel",
            "architecture",
            "machine",
            "processor_vcpus",
            "processor_cores",
            "processor_count",
            "memtotal_mb",
            "memfree_mb",
            "swaptotal_mb",
            "default_ipv4",
            "default_ipv6",
            "all_ipv4_addresses",
            "all_ipv6_addresses",
            "interfaces",
            "lo",
            "mounts",
            "devices",
            "date_time",
            "env",
            "user_id",
            "user_uid",
            "user_gid",
            "user_dir",
            "user_shell",
            "virtualization_type",
            "virtualization_role",
            "selinux",
            "apparmor",
            "lsb",
            "cmdline",
            "uptime_seconds",
            "system",
            "local",
            "is_chroot",
        ] {
            assert!(facts.get(name).is_some(), "{name} is missing");
        }
        assert!(facts.get("python").is_none());
        let lo = facts.get("lo").and_then(|lo| lo.get("ipv4")?.get("address"));
        assert_eq!(lo.and_then(Value::as_str), Some("127.0.0.1"));
    }
}
