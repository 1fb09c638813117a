//! What verbs make of parameters, and what they read from hosts of many kinds.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::packages::Package;
use super::services::Service;
use super::status::{Disk, Login, Status, Updates};
use super::wake::Mac;
use super::*;

/// What a verb makes: its module with the options, or its arguments, or why not.
fn made(name: &str, parameters: &Value) -> Value {
    match kind(name).unwrap().make(parameters) {
        Ok(Made::Task(task)) => json!([task.module, task.options]),
        Ok(Made::Script(script)) => json!(script.arguments),
        Ok(Made::Key(key)) => json!(key),
        Err(message) => json!(message.id),
    }
}

#[test]
fn parameters_become_tasks_and_words() {
    let fresh = json!({"name": ["htop"], "state": "present", "update_cache": true, "cache_valid_time": 3600});
    let cases = [
        ("facts", json!(null), json!(["setup", {}])),
        ("login.push_key", json!({"credential": "k"}), json!({"credential": "k"})),
        ("login.push_key", json!({}), json!("verb.no_credential")),
        (
            "login.push_key",
            json!({"credential": "k", "password": "x"}),
            json!("verb.bad_parameters"),
        ),
        ("facts", json!({"x": 1}), json!("verb.bad_parameters")),
        ("status", json!(null), json!(["full"])),
        ("status", json!({"live": true}), json!(["live"])),
        ("packages.install", json!({"names": ["htop"]}), json!(["package", fresh])),
        ("packages.install", json!({}), json!("verb.no_package")),
        ("packages.install", json!({"names": ["-y"]}), json!("verb.bad_package")),
        ("packages.install", json!({"names": ["a; b"]}), json!("verb.bad_package")),
        (
            "packages.remove",
            json!({"names": ["htop"], "purge": true}),
            json!(["package", {"name": ["htop"], "state": "absent", "purge": true}]),
        ),
        ("packages.remove", json!({"names": ["*"]}), json!("verb.bad_package")),
        ("packages.upgrade", json!({}), json!(["apt", {"upgrade": "safe", "update_cache": true}])),
        (
            "packages.upgrade",
            json!({"full": true}),
            json!(["apt", {"upgrade": "full", "update_cache": true}]),
        ),
        ("packages.search", json!({"q": "c++ top"}), json!(["search", "c[+][+]", "top"])),
        ("packages.search", json!({"q": "$(reboot)"}), json!("verb.no_search")),
        ("packages.search", json!({"q": " "}), json!("verb.no_search")),
        (
            "services.stop",
            json!({"name": "ssh"}),
            json!(["service", {"name": "ssh", "state": "stopped"}]),
        ),
        (
            "services.enable",
            json!({"name": "a@b"}),
            json!(["service", {"name": "a@b", "enabled": true}]),
        ),
        ("services.start", json!({"name": "--now"}), json!("verb.bad_service")),
        ("services.start", json!({"name": "a b"}), json!("verb.bad_service")),
        ("processes.signal", json!({"name": "top"}), json!(["TERM", "name", "top"])),
        (
            "processes.signal",
            json!({"pids": [7, 8], "signal": "sigkill"}),
            json!(["KILL", "pids", "7", "8"]),
        ),
        (
            "processes.signal",
            json!({"pids": [7, 8], "started_ticks": [70, 80]}),
            json!(["TERM", "pids", "7:70", "8:80"]),
        ),
        (
            "processes.signal",
            json!({"pids": [7, 8], "started_ticks": [70]}),
            json!("verb.bad_parameters"),
        ),
        ("processes.signal", json!({"pids": [1]}), json!("verb.bad_pid")),
        ("processes.signal", json!({"pids": [0]}), json!("verb.bad_pid")),
        ("processes.signal", json!({"pids": [-5]}), json!("verb.bad_parameters")),
        ("processes.signal", json!({"pids": [7], "name": "x"}), json!("verb.one_of_pid_and_name")),
        ("processes.signal", json!({}), json!("verb.one_of_pid_and_name")),
        ("processes.signal", json!({"name": "/bin/x"}), json!("verb.bad_process")),
        ("processes.signal", json!({"name": "x", "signal": "9"}), json!("verb.bad_signal")),
        (
            "power.reboot",
            json!({"in_minutes": 2}),
            json!(["reboot", {"pre_reboot_delay": 120, "msg": "This host is started anew"}]),
        ),
        ("power.off", json!({"notice": "it's over"}), json!(["off", "0", "it's over"])),
        ("power.off", json!({"notice": "a\nb"}), json!("verb.bad_notice")),
        ("power.off", json!({"in_minutes": 100_000}), json!("verb.bad_delay")),
        ("power.keep", json!(null), json!(["keep", "", ""])),
        ("power.wake", json!({"macs": ["52-54-00-12-34-5F"]}), json!(["52:54:00:12:34:5f"])),
        ("power.wake", json!({"macs": []}), json!("verb.bad_parameters")),
        ("power.wake", json!({"macs": ["zz"]}), json!("verb.bad_mac")),
    ];
    for (name, parameters, expected) in cases {
        assert_eq!(made(name, &parameters), expected, "{name} {parameters}");
    }
    assert_eq!(kind("packages.nothing").unwrap_err().id, "verb.unknown");
}

#[test]
fn names_are_unique_and_what_changes_needs_more_than_view() {
    let mut names: Vec<&str> = all().map(|kind| kind.name).collect();
    let before = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), before);
    for kind in all() {
        assert_eq!(kind.changes, kind.right != Verb::View, "{}", kind.name);
    }
}

#[test]
fn hardware_addresses() {
    for (text, expected) in [
        ("52:54:00:12:34:56", Some("52:54:00:12:34:56")),
        ("52-54-00-AB-CD-EF", Some("52:54:00:ab:cd:ef")),
        ("525400abcdef", Some("52:54:00:ab:cd:ef")),
        ("52:54:00:12:34", None),
        ("5:254:00:12:34:56", None),
        ("+1:54:00:12:34:56", None),
        ("", None),
    ] {
        let read = text.parse::<Mac>().ok().map(|mac| mac.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }
    let packet = "01:02:03:04:05:06".parse::<Mac>().unwrap().packet();
    assert_eq!((packet.len(), &packet[..8]), (102, &[255, 255, 255, 255, 255, 255, 1, 2][..]));
}

/// An output of the script from sections.
fn output(sections: &[(&str, &str)]) -> String {
    let mut all = String::new();
    for (name, text) in sections {
        let lines: Vec<String> = text.lines().map(|line| format!(" {line}\n")).collect();
        all.extend(["\n", name, "\n", &lines.concat()]);
    }
    all + "\nend\n"
}

fn look(name: &str, text: &str) -> Status {
    status::read(&output(&[(name, text)]))
}

const STAT: &str = "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 50 0 50 350 50 0 0 0 0 0\ncpu1 50 0 50 350 50 0 0 0 0 0\nbtime 1700000000";

#[test]
fn what_the_kernel_says() {
    let read = status::read(&output(&[
        ("uptime", "1000.50 1900.00"),
        ("stat", STAT),
        ("system", "web1\n6.1.0-18-amd64\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\""),
        ("load", "0.52 0.58 0.59 1/389 12345"),
        (
            "memory",
            "MemTotal: 2000 kB\nMemFree: 100 kB\nMemAvailable: 1500 kB\nCached: 700 kB\nSwapTotal: 10 kB\nSwapFree: 5 kB",
        ),
        (
            "network",
            "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n  eth0:1200 3 0 0 0 0 0 0 3400 9 0 0 0 0 0 0",
        ),
    ]));
    assert_eq!((read.name.as_str(), read.kernel.as_str()), ("web1", "6.1.0-18-amd64"));
    assert_eq!(read.system, "Debian GNU/Linux 12 (bookworm)");
    assert_eq!((read.uptime_seconds, read.load), (Some(1000.5), Some([0.52, 0.58, 0.59])));
    assert_eq!((read.cpus, read.cpu_percent), (2, Some(20.0)));
    let memory = read.memory.unwrap();
    assert_eq!((memory.total, memory.available, memory.swap_free), (2_048_000, 1_536_000, 5120));
    assert_eq!(read.network.len(), 1);
    assert_eq!((read.network[0].received, read.network[0].sent), (1200, 3400));
    assert!(read.complete && read.reboot_required.is_none());
    let old = look("memory", "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 15 kB");
    assert_eq!(old.memory.unwrap().available, 30 * 1024, "kernels before 3.14");
}

#[test]
fn disks_with_odd_paths() {
    let text = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n\
        /dev/sda1         10000   4000      4000      50% /\n\
        /dev/sdb1             1      1         0     100% /mnt/a b% c\n\
        overlay               8      -         -       -  /x\n\
        /dev/sdc 99999999999999999999 1 1 1% /y";
    let read = look("disks", text).disks;
    let paths: Vec<(&str, u64, Option<f64>)> = read
        .iter()
        .map(|Disk { path, total, used_percent, .. }| (&**path, *total, *used_percent))
        .collect();
    assert_eq!(paths, [("/", 10_240_000, Some(50.0)), ("/mnt/a b% c", 1024, Some(100.0))]);
}

#[test]
fn who_is_logged_in() {
    let login = |user: &str, terminal: &str, from: &str| Login {
        user: user.into(),
        terminal: terminal.into(),
        from: from.into(),
    };
    for (text, expected) in [
        ("root     pts/0        Nov 21 11:00 (10.0.0.1)", vec![login("root", "pts/0", "10.0.0.1")]),
        ("ann      tty1         Nov 21 11:00", vec![login("ann", "tty1", "")]),
        (
            "USER\tTTY\tIDLE\tTIME\tHOST\nroot\tpts/0\t00:00\tNov 21 11:00:00\t10.0.0.9",
            vec![login("root", "pts/0", "10.0.0.9")],
        ),
        (
            "loginctl\n 3 1000 ann seat0 tty1\n 7 0 root - 512 user pts/3 no -\n 8 0 root - 600 manager - no -",
            vec![login("ann", "tty1", ""), login("root", "pts/3", "")],
        ),
        ("", vec![]),
    ] {
        assert_eq!(look("logins", text).logins, expected, "{text}");
    }
}

#[test]
fn updates_of_three_package_managers() {
    for (text, expected) in [
        (
            "apt\nInst libc6 [2.36-9] (2.36-9+deb12u4 Debian-Security:12/stable-security [amd64])\n\
             Inst bash [5.2] (5.3 Debian:12.5/stable [amd64])",
            Some((2, Some(1))),
        ),
        (
            "apt\nInst sudo [1] (2 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security [amd64])",
            Some((1, Some(1))),
        ),
        ("apt", Some((0, Some(0)))),
        ("dnf\n\nbash.x86_64   5.2.26-3.fc40   updates\nObsoleting Packages", Some((1, None))),
        ("apk\nmusl-1.2.4-r1 < 1.2.4-r2", Some((1, None))),
        ("pacman\nx", None),
        ("", None),
    ] {
        let expected = expected.map(|(pending, security)| Updates { pending, security });
        assert_eq!(look("updates", text).updates, expected, "{text}");
    }
    assert_eq!(look("reboot", "required\nlinux-image-amd64").reboot_because, ["linux-image-amd64"]);
    assert_eq!(look("reboot", "required").reboot_required, Some(true));
}

#[test]
fn services_of_three_managers() {
    let named = |name: &str, state: &str, at_boot: &str, description: &str| Service {
        name: name.into(),
        state: state.into(),
        at_boot: at_boot.into(),
        description: description.into(),
    };
    for (text, expected) in [
        (
            "systemd\nssh.service loaded active running OpenBSD Secure Shell server\n\
             ● nginx.service loaded failed failed A web server\n\
             auditd.service not-found inactive dead auditd.service\n\
             files\nssh.service enabled enabled\ngetty@.service enabled enabled\napache2.service disabled enabled",
            vec![
                named("apache2", "stopped", "disabled", ""),
                named("nginx", "failed", "", "A web server"),
                named("ssh", "running", "enabled", "OpenBSD Secure Shell server"),
            ],
        ),
        (
            "openrc\nRunlevel: default\n crond                    [  started  ]\n sshd   [  started 01:02:03 (0) ]\nDynamic Runlevel: manual\n ntpd [  stopped  ]",
            vec![
                named("crond", "running", "enabled", ""),
                named("ntpd", "stopped", "disabled", ""),
                named("sshd", "running", "enabled", ""),
            ],
        ),
        (
            "sysv\n [ + ]  ssh\n [ - ]  cron\n [ ? ]  kmod",
            vec![
                named("cron", "stopped", "", ""),
                named("kmod", "unknown", "", ""),
                named("ssh", "running", "", ""),
            ],
        ),
        ("launchd\nx", vec![]),
    ] {
        assert_eq!(services::list(&output(&[("services", text)])), expected, "{text}");
    }
}

fn record(pid: u32, name: &str, ticks: u32) -> String {
    format!("{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 5000 9999 10 99999999")
}

fn processes_at(ticks: u32, stat: &str, bytes: u64) -> Status {
    let network = format!("eth0: {bytes} 0 0 0 0 0 0 0 0 0");
    status::read(&output(&[
        ("uptime", "100.0 1.0"),
        ("stat", stat),
        ("memory", "MemTotal: 400 kB"),
        ("network", &network),
        ("processes", &format!("{}\n{}", record(7, "a) (b\n8 (x", ticks), record(9, "top", 0))),
        ("owners", "/proc/7/status:Uid:\t1000\t33\t33\t33\n/proc/9/status:Uid:\t0\t0\t0\t0"),
        ("accounts", "root:0\nwww-data:33"),
        ("commands", "    7 sleep \u{1b}[2J 5\n    9 [kthread]"),
        ("units", "4096\n100"),
    ]))
}

#[test]
fn processes_and_what_they_used_meanwhile() {
    let before = processes_at(100, STAT, 0);
    let [first, second] = &before.processes[..] else { panic!("{:?}", before.processes) };
    assert_eq!((first.pid, first.user.as_str()), (7, "www-data"));
    assert_eq!(first.name, "a) (b\u{fffd}8 (x", "a name cannot forge a process");
    assert_eq!(first.command, "sleep \u{fffd}[2J 5");
    assert_eq!((second.command.as_str(), second.user.as_str()), ("", "root"));
    assert_eq!((first.memory_bytes, first.memory_percent), (40960, Some(10.0)));
    assert_eq!((first.age_seconds, first.cpu_percent), (Some(50), Some(2.0)));
    let mut now = processes_at(150, "cpu  200 0 200 1400 200 0 0 0\ncpu0 1\ncpu1 1", 4000);
    now.since(&before, 2.0);
    assert_eq!(now.cpu_percent, Some(20.0));
    assert_eq!(now.processes[0].cpu_percent, Some(10.0), "of one CPU");
    assert_eq!(now.network[0].received_per_second, Some(2000.0));
}

#[test]
fn packages_of_three_managers() {
    let package = |name: &str, version: &str, architecture: &str, size, summary: &str| Package {
        name: name.into(),
        version: version.into(),
        architecture: architecture.into(),
        size,
        summary: summary.into(),
    };
    for (manager, text, expected) in [
        (
            "apt",
            "ii \thtop\t3.2.2-2\tamd64\t387\tinteractive processes viewer\nrc \told\t1\tall\t1\tgone",
            vec![package(
                "htop",
                "3.2.2-2",
                "amd64",
                Some(387 * 1024),
                "interactive processes viewer",
            )],
        ),
        (
            "apt",
            "htop - interactive processes viewer\nE: nothing",
            vec![package("htop", "", "", None, "interactive processes viewer")],
        ),
        (
            "dnf",
            "bash\t5.2.26-3.fc40\tx86_64\t8302080\tThe GNU Bourne Again shell\ngpg-pubkey\t1-2\t(none)\t0\tgpg(x)",
            vec![package(
                "bash",
                "5.2.26-3.fc40",
                "x86_64",
                Some(8_302_080),
                "The GNU Bourne Again shell",
            )],
        ),
        (
            "apk",
            "ca-certificates-bundle-20240226-r0 x86_64 {ca-certificates} (MPL-2.0 AND MIT) [installed]\nWARNING",
            vec![package("ca-certificates-bundle", "20240226-r0", "x86_64", None, "")],
        ),
        (
            "apk",
            "htop-3.3.0-r0 - Interactive process viewer",
            vec![package("htop", "3.3.0-r0", "", None, "Interactive process viewer")],
        ),
        ("slackpkg", "x", vec![]),
    ] {
        let read = packages::list(&output(&[("manager", manager), ("packages", text)]));
        assert_eq!(read, expected, "{manager}: {text}");
    }
}

#[test]
fn what_became_of_a_signal() {
    let read = signal::read(
        "signalled 12 top\nrefused 1 init\nmissing 99\ndenied 5 x\ntotal 1 signalled\nsignalled x",
    );
    assert_eq!(
        (read.signalled, read.refused, read.missing, read.denied),
        (vec![12], vec![1], vec![99], vec![5])
    );
}

/// Lines as hosts and liars say them.
fn lines() -> impl Strategy<Value = String> {
    let sections = "(uptime|stat|load|memory|disks|network|logins|processes|owners|commands|units|updates|services|manager|packages|end|apt|systemd|openrc)";
    let odd = "[ -~é\u{202e}\t\u{1b}]{0,40}";
    let number = "-?[0-9]{1,25}( [0-9]{1,22}){0,25}";
    let line =
        prop_oneof![sections, odd, number, "[0-9]{1,4} \\([a-z)( ]{0,6}\\) S( [0-9]{1,22}){0,30}"];
    proptest::collection::vec((any::<bool>(), line), 0..40).prop_map(|lines| {
        let line =
            |(inside, line): (bool, String)| format!("{}{line}\n", if inside { " " } else { "" });
        lines.into_iter().map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_answer_of_a_host_does_harm(said in lines(), again in lines()) {
        for kind in all() {
            if let Some(value) = kind.read(&said) {
                let text = value.to_string();
                let harm = text.contains(['\u{1b}', '\u{202e}']);
                prop_assert!(!harm);
            }
        }
        let (before, mut now) = (status::read(&said), status::read(&again));
        now.since(&before, 2.0);
        let _ = json!(now).to_string();
    }
}
