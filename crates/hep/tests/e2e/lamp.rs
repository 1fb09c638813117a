//! A web server from bare Debian, by both languages, and through a reboot.

use crate::breadth::checkout;
use crate::hep::{Desk, Ran};
use crate::machine::Machine;
use crate::seed::{self, Seeds};

const REBOOT: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: before, command: 'stat -c %Y /proc/1'}
    - {name: again, reboot: {reboot_timeout: 120}}
    - {name: after, wait_for: {port: 80, timeout: 60}}
    - {name: page, command: 'cat /var/www/html/index.php'}
";

fn apply(desk: &Desk, manifest: &str) -> Ran {
    let words = ["apply", "--output", "json", manifest];
    desk.hep_at(&checkout(), &words).expect(0)
}

fn changed(ran: &Ran) -> Vec<String> {
    let states = ran.states();
    states.into_iter().filter(|(_, state)| state == "changed").map(|(task, _)| task).collect()
}

/// What Apache serves. The machine has no curl; bash speaks well enough.
pub(crate) fn page(machine: &Machine) -> String {
    machine.sh("exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; \
         printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'")
}

#[test]
fn a_lamp_server_is_made_kept_and_rebooted() {
    let seeds = Seeds::up();
    seed::twice(&seeds);
    seed::failures(&seeds);

    let machine = &seeds.machines[0];
    // What came before has restarted Apache several times: systemd allows five within ten seconds.
    machine.sh("systemctl reset-failed apache2");
    let desk = machine.desk(&["root"]);
    apply(&desk, "examples/lamp.yml");
    let served = page(machine);
    assert!(served.contains("A second run changes nothing."), "{served}");
    let again = apply(&desk, "examples/lamp.yml");
    assert_eq!(changed(&again), [""; 0]);
    let words = ["apply", "--check", "--detailed-exitcode", "examples/lamp.yml"];
    desk.hep_at(&checkout(), &words).expect(0);

    let manifest = desk.file("reboot.yml", REBOOT);
    let ran = apply(&desk, manifest.to_str().unwrap());
    assert_eq!(ran.task("root", "again")["state"], "changed");
    assert_eq!(ran.task("root", "page")["state"], "changed");
    let born = machine.sh("stat -c %Y /proc/1");
    let before = ran.task("root", "before")["result"]["stdout"].as_str().unwrap().to_owned();
    assert_ne!(born.trim(), before, "the machine booted");
    assert!(page(machine).contains("Hello from Hephaestus"));
}
