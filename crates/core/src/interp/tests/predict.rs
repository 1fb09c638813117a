//! What a check says is what a run does: over the examples, and over a play with most modules.

use std::collections::BTreeMap;

use super::drive::{Ran, World};
use crate::interp::*;
use crate::memory::Host;

/// A file of `examples/`.
#[expect(clippy::disallowed_methods, reason = "the examples lie in files")]
fn example(name: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    std::fs::read_to_string(format!("{root}/{name}")).unwrap()
}

fn world(manifest: &str, files: &[&str], host: Host) -> World {
    let mut world = World::parse(&format!(">>> {manifest}\n{}", example(manifest)));
    for name in files {
        world.files.insert((*name).to_owned(), example(name));
        world.files.insert(format!("examples/{name}"), example(name));
    }
    world.host = host;
    world.host.programs.push(crate::memory::Program::default());
    let facts = [
        ("ansible_distribution", Value::from("Debian")),
        ("ansible_os_family", Value::from("Debian")),
        ("env", Value::from([("HOME", "/root")])),
        ("ansible_hostname", Value::from("h1")),
        ("ansible_fqdn", Value::from("h1.example")),
        ("ansible_distribution_version", Value::from("12")),
        ("ansible_kernel", Value::from("6.1")),
        ("ansible_processor_vcpus", Value::Int(2)),
        ("ansible_memtotal_mb", Value::Int(2048)),
    ];
    world.host.facts = facts.into();
    world
}

/// The states of tasks, by number, of those that were not deferred.
fn states(ran: &Ran) -> BTreeMap<u32, (State, usize)> {
    let finished = ran.events.iter().filter_map(|event| match event {
        Event::Finished(report) => Some((report.task, (report.state, report.changes.len()))),
        _ => None,
    });
    finished.collect()
}

/// Checks, runs, compares; then runs again, which must change nothing but what is exempt.
fn compare(name: &str, world: &World, exempt: u32) {
    let check =
        World { options: Options { check: true, ..world.options.clone() }, ..world.clone() };
    let predicted = check.run();
    assert!(predicted.applied.is_empty(), "{name}: a check applies nothing");
    let deed = world.run();
    assert!(!deed.summary.is_failed, "{name}\n{}", deed.text());
    assert!(!predicted.summary.is_failed, "{name}\n{}", predicted.text());
    let done = states(&deed);
    for (task, told) in states(&predicted) {
        if told.0 != State::Deferred {
            let texts = format!("{}\n---\n{}", predicted.text(), deed.text());
            assert_eq!(done.get(&task), Some(&told), "{name}: task {task}\n{texts}");
        }
    }
    let again = World { host: deed.host.clone(), ..world.clone() }.run();
    assert_eq!(again.summary.changed, exempt, "{name}, the second time\n{}", again.text());
}

#[test]
fn the_quick_start() {
    let files = ["templates/quickstart.html.j2"];
    let world = world("quickstart.yml", &files, Host::new(""));
    let gathers = |(name, text): (String, String)| {
        (name, text.replace("hosts: all", "hosts: all\n  gather_facts: true"))
    };
    let files = world.files.clone().into_iter().map(gathers).collect();
    compare("quickstart", &World { files, ..world }, 0);
}

#[test]
fn thirty_files_in_one_round_trip() {
    let world = world("files30.yml", &[], Host::new("/tmp/hep-files30/ 0755"));
    compare("files30", &world, 0);
    assert_eq!(world.run().trips, 1);
}

/// What the examples of web servers find on a host where the packages are already.
const DEBIAN: &str = "
        /run/ 0755
        /run/systemd/ 0755
        /run/systemd/system/ 0755
        package apache2 2.4
        package php 8.2
        package libapache2-mod-php 8.2
        program systemctl /usr/bin/systemctl
        program dpkg-query /usr/bin/dpkg-query
        program apt-get /usr/bin/apt-get
        unit apache2.service active enabled
        port 80
";

#[test]
fn the_web_server_with_handlers() {
    let host = "
        group www-data 33
        user www-data 33:33 /var/www
        /etc/apache2/ 0755
        /etc/apache2/mods-enabled/ 0755
        /etc/apache2/conf-available/ 0755
        /etc/apache2/conf-enabled/ 0755
        /var/www/ 0755
        /var/www/html/ 0755
        /var/www/html/index.html 0644 root:root = Debian
    ";
    let files = ["files/dir.conf", "templates/site.conf.j2", "templates/index.php.j2"];
    let world = world("lamp.yml", &files, Host::new(&format!("{host}{DEBIAN}")));
    let gathers = |(name, text): (String, String)| {
        (name, text.replace("become: true", "become: true\n  gather_facts: true"))
    };
    let files = world.files.clone().into_iter().map(gathers).collect();
    compare("lamp", &World { files, ..world }, 0);
}

/// The LAMP example on a host whose packages are there: what apt would install is tested with the module.
#[test]
fn the_manifest_of_seed_2() {
    let host = "
        group www-data 33
        user www-data 33:33 /var/www
        /etc/apache2/ 0755
        /etc/apache2/mods-enabled/ 0755
        /var/www/ 0755
        /var/www/html/ 0755
    ";
    let files = ["files/dir.conf", "files/index.php"];
    let world = world("manifests/manifest.yml", &files, Host::new(&format!("{host}{DEBIAN}")));
    // The restart is done every time.
    compare("manifest", &world, 1);
    assert_eq!(world.run().trips, 1);
}

#[test]
fn a_play_with_most_modules() {
    let mut world = World::of(
        "- hosts: all
  tasks:
    - group: {name: app, gid: 500}
    - file: {path: /srv/app/deep, state: directory, mode: '0750'}
    - copy: {content: \"one\\n\", dest: /srv/app/conf, mode: '0640'}
      notify: h
    - lineinfile: {path: /srv/app/conf, line: two}
    - template: {src: t.j2, dest: /srv/app/t}
    - file: {src: conf, dest: /srv/app/link, state: link}
    - stat: {path: /srv/app/conf}
      register: s
    - copy: {content: '{{ s.stat.size }}', dest: /srv/app/size}
    - file: {path: /srv/app/gone, state: absent}
    - copy: {src: /srv/app/conf, dest: /srv/app/copy, remote_src: true}
    - block:
        - assert: {that: s.stat.size == 0}
      rescue:
        - file: {path: /srv/app/rescued, state: directory}
  handlers:
    - name: h
      copy: {content: x, dest: /srv/app/handled}
",
    );
    world.files.insert("templates/t.j2".into(), "hello {{ s | default('early') }}\n".into());
    world.host = Host::new("/srv/ 0755");
    world.host.programs.push(crate::memory::Program::default());
    let texts = world.run().text();
    assert!(texts.contains("rescued=1"), "{texts}");
    let check = World { options: Options { check: true, ..Options::default() }, ..world.clone() };
    let (predicted, deed) = (states(&check.run()), states(&world.run()));
    assert_eq!(predicted, deed);
}
