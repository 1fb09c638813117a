//! Modules that need a whole machine, applied twice.

use crate::machine::Machine;

const PLAY: &str = "\
- hosts: all
  gather_facts: false
  become: true
  vars: {key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl e2e'}
  tasks:
    - {name: group, group: {name: e2eteam, gid: 4200}}
    - name: user
      user: {name: e2eworker, uid: 4201, group: e2eteam, groups: [adm], shell: /bin/sh, comment: 'One two'}
      register: made
      failed_when: made is failed
    - {name: key, authorized_key: {user: e2eworker, key: '{{ key }}'}}
    - {name: package, apt: {name: [bc, 'dc'], state: present, update_cache: true}}
    - {name: gone, apt: {name: ed, state: absent}}
    - name: unit
      copy:
        dest: /etc/systemd/system/e2e.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
    - {name: service, systemd: {name: e2e, state: started, enabled: true, daemon_reload: true}}
    - {name: line, lineinfile: {path: /etc/e2e.conf, regexp: '^a=', line: 'a=1', create: true}}
    - {name: template, template: {src: page.j2, dest: /etc/e2e.page, owner: e2eworker, mode: '0600'}}
    - {name: tree, copy: {src: tree/, dest: /srv/e2e/, owner: root, mode: preserve}}
    - {name: look, stat: {path: /srv/e2e/deep/file}, register: seen}
    - {name: true so, assert: {that: [seen.stat.exists, seen.stat.size == 5]}}
    - {name: port, wait_for: {port: 22, timeout: 20}}
";

#[test]
fn modules_of_a_whole_machine_change_nothing_the_second_time() {
    let machine = Machine::alone("m1");
    machine.sh("systemctl disable --now e2e 2>/dev/null || true
        rm -rf /etc/systemd/system/e2e.service /etc/e2e.* /srv/e2e
        userdel -r e2eworker 2>/dev/null || true; groupdel e2eteam 2>/dev/null || true
        apt-get -qq purge bc dc >/dev/null 2>&1 || true");
    let desk = machine.desk(&["admin"]);
    let manifest = desk.file("modules.yml", PLAY);
    desk.file("page.j2", "{{ inventory_hostname }} {{ made.uid }}\n");
    desk.file("tree/file", "one\n");
    desk.file("tree/deep/file", "deep\n");
    let words = ["apply", "--output", "json", manifest.to_str().unwrap()];
    let check = ["apply", "--check", "--output", "json", manifest.to_str().unwrap()];
    desk.hep(&check).expect(0);
    assert_eq!(machine.sh("getent passwd e2eworker || echo nobody"), "nobody\n");
    let first = desk.hep(&words).expect(0);
    let changed =
        ["group", "user", "key", "package", "unit", "service", "line", "template", "tree"];
    for task in changed {
        assert_eq!(first.task("admin", task)["state"], "changed", "{task}");
    }
    let facts = machine.sh(
        "getent passwd e2eworker; id -nG e2eworker; systemctl is-active e2e; systemctl is-enabled e2e
        cat /etc/e2e.conf /etc/e2e.page /srv/e2e/deep/file; stat -c %U:%a /etc/e2e.page; which bc dc
        tail -n 1 /home/e2eworker/.ssh/authorized_keys; stat -c %U:%a /home/e2eworker/.ssh",
    );
    assert_eq!(
        facts,
        "e2eworker:x:4201:4200:One two:/home/e2eworker:/bin/sh\ne2eteam adm\nactive\nenabled\n\
         a=1\nadmin 4201\ndeep\ne2eworker:600\n/usr/bin/bc\n/usr/bin/dc\n\
         ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl e2e\n\
         e2eworker:700\n"
    );
    let again = desk.hep(&words).expect(0);
    let states = again.states();
    assert!(states.iter().all(|(_, state)| state == "ok"), "{states:?}");
}

const TIMES: &str = "\
- hosts: all
  gather_facts: false
  tasks:
    - {name: here, command: date +%F\\ %T}
    - {name: elsewhere, command: date +%F\\ %T, environment: {TZ: '<-0330>3:30'}}
    - {name: kept, copy: {dest: /root/times, content: new, backup: true}}
";

#[test]
fn times_are_those_of_the_hosts_clock() {
    let machine = Machine::alone("m1");
    machine.sh("readlink -f /etc/localtime >/root/zone
        ln -sf /usr/share/zoneinfo/Asia/Kolkata /etc/localtime
        [ $(date +%z) = +0530 ]");
    let desk = machine.desk(&["root"]);
    let manifest = desk.file("times.yml", TIMES);
    for options in [&[][..], &["--no-executor"]] {
        let clock = || machine.sh("date +%F@%T").trim().to_owned();
        machine.sh("echo old >/root/times");
        let before = clock();
        let words = [&["apply", "--output", "json"], options, &[manifest.to_str().unwrap()]];
        let ran = desk.hep(&words.concat()).expect(0);
        for task in ["here", "elsewhere"] {
            let result = &ran.task("root", task)["result"];
            let [start, said, end] =
                ["start", "stdout", "end"].map(|key| &result[key].as_str().unwrap()[..19]);
            assert!(start <= said && said <= end, "{task}: {result}");
        }
        let kept = ran.task("root", "kept")["result"]["backup_file"].as_str().unwrap().to_owned();
        let stamp = kept.trim_end_matches('~').rsplit('.').next().unwrap();
        assert!(&*before <= stamp && stamp <= &*clock(), "{before}: {kept}");
    }
    machine.sh("rm -f /root/times*; ln -sf $(cat /root/zone) /etc/localtime");
}
