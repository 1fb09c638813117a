//! `SELinux`, `AppArmor`, FIPS, whether this is a chroot, and host keys of sshd.

use super::{Known, Look, put};
use crate::value::{Map, Value};

pub(super) fn gather(look: &dyn Look, known: &Known, facts: &mut Map) {
    put(facts, "selinux", selinux(look));
    put(facts, "selinux_python_present", false);
    let apparmor = look.exists("/sys/kernel/security/apparmor");
    let status = if apparmor { "enabled" } else { "disabled" };
    put(facts, "apparmor", Value::from([("status", status)]));
    put(facts, "fips", look.text("/proc/sys/crypto/fips_enabled") == "1");
    put(facts, "is_chroot", known.is_chroot);
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let line = look.text(&format!("/etc/ssh/ssh_host_{kind}_key.pub"));
        let mut words = line.split_whitespace();
        if let (Some(name), Some(key)) = (words.next(), words.next()) {
            put(facts, &format!("ssh_host_key_{kind}_public"), key);
            put(facts, &format!("ssh_host_key_{kind}_public_keytype"), name);
        }
    }
}

fn selinux(look: &dyn Look) -> Value {
    if !look.exists("/sys/fs/selinux/enforce") {
        return Value::from([("status", "disabled")]);
    }
    let config = look.text("/etc/selinux/config");
    let setting = |name: &str| {
        let mut pairs = config.lines().filter_map(|line| line.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("unknown", |(_, value)| value).to_owned()
    };
    let enforcing = look.text("/sys/fs/selinux/enforce") == "1";
    let version = look.text("/sys/fs/selinux/policyvers");
    Value::from([
        ("status", "enabled".to_owned()),
        ("mode", if enforcing { "enforcing".into() } else { "permissive".into() }),
        ("config_mode", setting("SELINUX")),
        ("type", setting("SELINUXTYPE")),
        ("policyvers", version),
    ])
}
