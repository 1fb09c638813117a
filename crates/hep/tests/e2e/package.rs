//! The Debian package, installed on a machine: its service starts, answers, reloads and goes.

use std::process::Command;

use crate::breadth::checkout;
use crate::machine::{Machine, fed_script};

#[test]
fn the_package_installs_a_service_that_answers() {
    let machine = Machine::alone("m1");
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(checkout().join("tools/deb"))
        .arg(env!("CARGO_BIN_EXE_hep"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = String::from_utf8(made.stdout).unwrap();
    let package = std::fs::read(path.trim()).unwrap();
    let sh = |script: &str| machine.sh(script);
    sh("dpkg --purge hep 2>/dev/null || true; rm -rf /var/lib/hep");
    fed_script("machine-sh", &["m1", "sh", "-euc", "cat >/root/hep.deb"], &package);
    sh("dpkg -i /root/hep.deb; rm /root/hep.deb; hep config check");
    sh("hep admin create-user ana --role admin");
    // Ready means that it answers: `Type=notify`.
    sh("systemctl start hep || { journalctl -u hep --no-pager -n 20 >&2; exit 1; }");
    let call = |path: &str, token: &str| {
        sh(&format!(
            "bash -euc 'exec 3<>/dev/tcp/127.0.0.1/8440
            printf \"GET {path} HTTP/1.0\\r\\nAuthorization: Bearer {token}\\r\\n\\r\\n\" >&3
            cat <&3'"
        ))
    };
    assert!(call("/readyz", "").contains("200 OK"));
    let token = sh("hep admin create-token ana");
    assert!(call("/api/v1/hosts", token.trim()).contains("\"items\":[]"));
    assert!(call("/api/v1/hosts", "hep_wrong").contains("401 Unauthorized"));
    assert_eq!(sh("stat -c %U:%a /var/lib/hep /var/lib/hep/hep.db"), "hep:700\nhep:600\n");
    sh("systemctl reload hep; systemctl restart hep; systemctl is-active hep");
    // It says itself how long its stop may take, whatever the unit says.
    sh("mkdir -p /run/systemd/system/hep.service.d
        printf '[Service]\\nTimeoutStopSec=1\\nEnvironment=HEP_STOP_DRAIN=4s\\n' \\
            >/run/systemd/system/hep.service.d/stop.conf
        systemctl daemon-reload; systemctl restart hep; systemctl stop hep");
    assert_eq!(sh("systemctl show -p Result --value hep").trim(), "success");
    sh("rm -r /run/systemd/system/hep.service.d; systemctl daemon-reload; systemctl start hep");
    let leaked =
        sh(&format!("grep -rl {} /var/lib/hep /var/log 2>/dev/null || true", token.trim()));
    assert_eq!(leaked, "", "a token lies in a file");
    sh("dpkg --purge hep; ! systemctl is-active hep; rm -rf /var/lib/hep");
}
