//! `SELinux`, `AppArmor`, FIPS, whether this is a chroot, and host keys of sshd.

use std::fs;
use std::os::unix::fs::MetadataExt;

use hep_core::value::{Map, Value};

use super::{exists, put, text};

pub(super) fn gather(facts: &mut Map) {
    put(facts, "selinux", selinux());
    put(facts, "selinux_python_present", false);
    let apparmor = exists("/sys/kernel/security/apparmor");
    let status = if apparmor { "enabled" } else { "disabled" };
    put(facts, "apparmor", Value::from([("status", status)]));
    put(facts, "fips", text("/proc/sys/crypto/fips_enabled") == "1");
    put(facts, "is_chroot", is_chroot());
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let line = text(&format!("/etc/ssh/ssh_host_{kind}_key.pub"));
        let mut words = line.split_whitespace();
        if let (Some(name), Some(key)) = (words.next(), words.next()) {
            put(facts, &format!("ssh_host_key_{kind}_public"), key);
            put(facts, &format!("ssh_host_key_{kind}_public_keytype"), name);
        }
    }
}

fn selinux() -> Value {
    if !exists("/sys/fs/selinux/enforce") {
        return Value::from([("status", "disabled")]);
    }
    let config = text("/etc/selinux/config");
    let setting = |name: &str| {
        let mut pairs = config.lines().filter_map(|line| line.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("unknown", |(_, value)| value).to_owned()
    };
    let enforcing = text("/sys/fs/selinux/enforce") == "1";
    let version = text("/sys/fs/selinux/policyvers");
    Value::from([
        ("status", "enabled".to_owned()),
        ("mode", if enforcing { "enforcing".into() } else { "permissive".into() }),
        ("config_mode", setting("SELINUX")),
        ("type", setting("SELINUXTYPE")),
        ("policyvers", version),
    ])
}

/// Whether our root is another than that of the first process, where that may be known.
fn is_chroot() -> bool {
    if std::env::var_os("debian_chroot").is_some() {
        return true;
    }
    let Ok(own) = fs::metadata("/") else { return false };
    // Without the right to look at the first process: the root directory's usual inodes tell.
    fs::metadata("/proc/1/root/.")
        .is_ok_and(|first| (first.dev(), first.ino()) != (own.dev(), own.ino()))
}
