//! The first hep's own command line, with the files that ship, on the machines that they speak of.

use std::fs::File;

use crate::breadth::checkout;
use crate::hep::{Desk, Ran};
use crate::machine::{Machine, script};

const HOSTS: [&str; 2] = ["127.88.0.1", "127.88.0.2"];

/// The machines of `examples/hosts`. Their addresses are the same for every checkout on this machine, so
/// one story after the other has them.
pub(crate) struct Seeds {
    _turn: File,
    pub(crate) machines: Vec<Machine>,
}

impl Seeds {
    /// Starts them.
    pub(crate) fn up() -> Self {
        let turn = File::create(std::env::temp_dir().join("hep-fleet-seeds.lock")).unwrap();
        turn.lock().unwrap();
        crate::breadth::file_of_fleet("machines/m1/port");
        script("seed-up", &["--fresh"]);
        let machines = ["seed1", "seed2"].map(Machine::taken).into();
        Self { _turn: turn, machines }
    }
}

fn hep(desk: &Desk, config: &str, hosts: &str, manifest: &str) -> Ran {
    desk.hep_at(&checkout(), &["-c", config, "-i", hosts, manifest])
}

/// What was said of the tasks of a host: module, name and verdict.
fn told<'a>(ran: &'a Ran, host: &str) -> Vec<(&'a str, &'a str)> {
    let lines: Vec<&str> = ran.out.lines().collect();
    let of = |pair: &[&'a str]| {
        let (head, rest) = pair[0].split_once(" [")?;
        rest.starts_with(host).then_some((head.strip_prefix("TASK ")?, pair[1]))
    };
    lines.windows(2).filter_map(of).collect()
}

/// The example that ships, on both machines, twice.
pub(crate) fn twice(seeds: &Seeds) {
    let (desk, manifest) = (Desk::new("", ""), "examples/manifests/manifest.yml");
    let first = hep(&desk, "config.yml", "examples/hosts", manifest).expect(0);
    for host in HOSTS {
        let told = told(&first, host);
        assert_eq!(told.len(), 6, "{first:?}");
        assert_eq!(told.first(), Some(&("apt", "SUCCESS")), "{first:?}");
        assert_eq!(told.last(), Some(&("service", "SUCCESS")), "{first:?}");
    }
    for machine in &seeds.machines {
        assert!(crate::lamp::page(machine).contains("Hello from Hephaestus"));
    }
    // Only the restart is asked for anew every time.
    let again = hep(&desk, "config.yml", "examples/hosts", manifest).expect(0);
    for host in HOSTS {
        let told = told(&again, host);
        assert_eq!(told.len(), 6, "{again:?}");
        assert!(told[..5].iter().all(|(_, verdict)| *verdict == "NO CHANGE"), "{again:?}");
    }
}

/// Anything that fails on some host makes the code 1, and the other goes on.
pub(crate) fn failures(seeds: &Seeds) {
    let (desk, manifest) = (Desk::new("", ""), "examples/manifests/manifest.yml");
    let one = desk.file("one-dead", "127.88.0.1:2288\n127.88.0.9:1\n");
    let ran = hep(&desk, "config.yml", one.to_str().unwrap(), manifest).expect(1);
    assert_eq!(told(&ran, HOSTS[0]).len(), 6, "{ran:?}");
    let text = std::fs::read_to_string(checkout().join("config.yml")).unwrap();
    let wrong = desk.file("wrong.yml", text.replace("changeme", "wr0ng-passw0rd"));
    let ran = hep(&desk, wrong.to_str().unwrap(), "examples/hosts", manifest).expect(1);
    ran.says("cannot log in").never_says("wr0ng-passw0rd");
    let bad = desk.file("bad.yml", "- name: Fails on one\n  command: test -e /etc/e2e-only\n");
    seeds.machines[0].sh("touch /etc/e2e-only");
    let ran = hep(&desk, "config.yml", "examples/hosts", bad.to_str().unwrap()).expect(1);
    ran.says("SUCCESS").says("FAILED");
    desk.hep_at(&checkout(), &["-c", "none.yml"]).expect(1);
}
