//! Facts about a host, under Ansible's names without their `ansible_` prefix.
//!
//! Whoever gathers says what the kernel's and the distribution's files hold ([`Look`]) and what no file
//! tells ([`Known`]); what that means is read here, once for the executor and the plain way.

mod date;
mod distribution;
mod hardware;
mod local;
mod mounts;
mod network;
mod security;

pub use date::FORMAT as DATE_FORMAT;
pub use local::{DIRECTORY as LOCAL_DIRECTORY, LIMIT as LOCAL_LIMIT, SECONDS as LOCAL_SECONDS};
pub use mounts::{REMOTE, Space};
pub use network::Address;

use crate::value::{Map, Value};

/// What is seen of the host's files.
pub trait Look {
    /// A small file as text without newlines and NULs at its end; empty where it cannot be read.
    fn text(&self, path: &str) -> String;
    /// Whether there is anything at this path, be it a link that leads nowhere.
    fn exists(&self, path: &str) -> bool;
    /// The names in a directory, sorted; none where there is no directory.
    fn names(&self, directory: &str) -> Vec<String>;
    /// How large the file system mounted here is; nothing where that cannot be known.
    fn space(&self, point: &str) -> Option<Space>;
    /// The UUID of the file system on a device.
    fn uuid(&self, device: &str) -> Option<String>;
}

/// What no file tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// System, node, release, version and machine, as `uname` has them.
    pub uname: [String; 5],
    /// Whether the programs of the host are of 64 bits.
    pub is_64_bit: bool,
    /// Effective user and group.
    pub effective: (u32, u32),
    /// Real user and group.
    pub real: (u32, u32),
    /// The effective user's entry in the user database: name, gecos, home and shell.
    pub account: Option<[String; 4]>,
    /// Variables of the environment.
    pub environment: Vec<(String, String)>,
    /// All addresses of all interfaces, in the kernel's order.
    pub addresses: Vec<Address>,
    /// What `date` prints for [`DATE_FORMAT`].
    pub date: String,
    /// Milliseconds since 1970, by the host's clock.
    pub now_ms: i64,
    /// Whether our root is another than that of the first process, where that may be known.
    pub is_chroot: bool,
    /// Local facts: the names of their files without `.fact`, and what each holds or prints, or why that
    /// is not known.
    pub local: Vec<(String, Result<String, String>)>,
}

/// All facts.
#[must_use]
pub fn tree(look: &dyn Look, known: &Known) -> Value {
    let mut facts = Map::new();
    names(look, known, &mut facts);
    identity(known, &mut facts);
    distribution::gather(look, &mut facts);
    hardware::gather(look, &mut facts);
    mounts::gather(look, &mut facts);
    network::gather(look, &known.addresses, &mut facts);
    security::gather(look, known, &mut facts);
    date::gather(known, &mut facts);
    local::gather(known, &mut facts);
    put(&mut facts, "gather_subset", vec!["all"]);
    Value::map(facts)
}

fn put(facts: &mut Map, name: &str, value: impl Into<Value>) {
    facts.insert(name.into(), value.into());
}

fn names(look: &dyn Look, known: &Known, facts: &mut Map) {
    let [system, node, release, version, machine] = known.uname.each_ref().map(String::as_str);
    let full = full_name(node, &look.text("/etc/hosts"));
    for (name, value) in [
        ("system", system),
        ("kernel", release),
        ("kernel_version", version),
        ("machine", machine),
        ("architecture", machine),
        ("userspace_architecture", machine),
        ("userspace_bits", if known.is_64_bit { "64" } else { "32" }),
        ("nodename", node),
        ("hostname", node.split('.').next().unwrap_or("")),
        ("domain", full.split_once('.').map_or("", |(_, domain)| domain)),
        ("fqdn", full.as_str()),
    ] {
        put(facts, name, value);
    }
    put(facts, "machine_id", look.text("/etc/machine-id"));
    let words = command_line(&look.text("/proc/cmdline"));
    put(facts, "cmdline", words.clone());
    put(facts, "proc_cmdline", words);
}

/// The host's name with its domain, from the hosts file; asking DNS could take long.
fn full_name(node: &str, hosts: &str) -> String {
    if node.contains('.') {
        return node.to_owned();
    }
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or(""));
    let mut matching = lines.filter_map(|line| {
        let names: Vec<&str> = line.split_whitespace().skip(1).collect();
        let qualified = names.iter().find(|name| name.starts_with(&format!("{node}.")));
        qualified.filter(|_| names.contains(&node)).map(|name| (*name).to_owned())
    });
    matching.next().unwrap_or_else(|| node.to_owned())
}

/// `a=b c` as a mapping, a word without `=` being true.
fn command_line(line: &str) -> Value {
    let mut map = Map::new();
    for word in line.split_whitespace() {
        match word.split_once('=') {
            Some((name, value)) => put(&mut map, name, value),
            None => put(&mut map, word, true),
        }
    }
    map.into()
}

fn identity(known: &Known, facts: &mut Map) {
    let number = |id: u32| Value::Int(id.into());
    let ((uid, gid), real) = (known.effective, known.real);
    for (name, id) in [
        ("user_uid", uid),
        ("user_gid", gid),
        ("real_user_id", real.0),
        ("effective_user_id", uid),
        ("real_group_id", real.1),
        ("effective_group_id", gid),
    ] {
        put(facts, name, number(id));
    }
    let environment = known.environment.iter();
    let environment: Map =
        environment.map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
    // What the login (or sudo -H) set wins over the user database, as in a shell.
    let home = environment.get("HOME").and_then(Value::as_str).filter(|home| home.starts_with('/'));
    let own = known.account.as_ref().map(|[_, _, home, _]| home.as_str());
    put(facts, "user_dir", home.or(own).unwrap_or("/"));
    let name = known.account.as_ref().map_or_else(|| uid.to_string(), |[name, ..]| name.clone());
    put(facts, "user_id", name);
    if let Some([_, gecos, _, shell]) = &known.account {
        put(facts, "user_gecos", gecos.as_str());
        put(facts, "user_shell", shell.as_str());
    }
    put(facts, "env", environment);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A host that has nothing but these files.
    struct Files(BTreeMap<&'static str, &'static str>);

    impl Look for Files {
        fn text(&self, path: &str) -> String {
            self.0.get(path).unwrap_or(&"").to_string()
        }

        fn exists(&self, path: &str) -> bool {
            self.0.keys().any(|known| known.starts_with(path))
        }

        fn names(&self, directory: &str) -> Vec<String> {
            let below = format!("{directory}/");
            let names = self.0.keys().filter_map(|path| path.strip_prefix(below.as_str()));
            let mut names: Vec<String> =
                names.filter_map(|name| name.split('/').next()).map(str::to_owned).collect();
            names.dedup();
            names
        }

        fn space(&self, _: &str) -> Option<Space> {
            Some(Space { blocks: 10, fragment: 4096, ..Space::default() })
        }

        fn uuid(&self, device: &str) -> Option<String> {
            (device == "/dev/sda1").then(|| "u-1".to_owned())
        }
    }

    #[test]
    fn full_names() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1 web.example.org web # x\n";
        assert_eq!(full_name("web", hosts), "web.example.org");
        assert_eq!(full_name("db", hosts), "db");
        assert_eq!(full_name("db.lan", hosts), "db.lan");
    }

    #[test]
    fn a_host_of_a_few_files() {
        let files = [
            ("/etc/os-release", "ID=debian\nVERSION_ID=12"),
            ("/etc/debian_version", "12.7"),
            (
                "/proc/self/mounts",
                "/dev/sda1 /a\\040b ext4 rw 0 0\nproc /proc proc rw 0 0\nx:/y /n nfs rw 0 0",
            ),
            ("/sys/block/sda/size", "2048"),
            ("/sys/block/sda/sda1/size", "1024"),
            ("/sys/class/net/eth0/address", "02:00:00:00:00:01"),
            ("/sys/class/net/eth0/ifindex", "2"),
            ("/sys/class/net/eth0/type", "1"),
            ("/sys/class/net/eth0/bridge/x", ""),
            ("/proc/self/status", "Name:\tx\nCpus_allowed:\tf,00000003"),
        ];
        let address = Address {
            index: 2,
            ip: "10.0.0.5".parse().unwrap(),
            prefix: 24,
            scope: 0,
            broadcast: None,
        };
        let known = Known { addresses: vec![address], ..Known::default() };
        let facts = tree(&Files(BTreeMap::from(files)), &known);
        let at = |path: &[&str]| {
            let found = path.iter().try_fold(&facts, |value, name| value.get(name));
            found.unwrap_or_else(|| panic!("no {path:?}")).clone()
        };
        for (path, value) in [
            (&["distribution_version"][..], "12.7"),
            (&["devices", "sda", "size"], "1.00 MB"),
            (&["devices", "sda", "partitions", "sda1", "sectors"], "1024"),
            (&["eth0", "type"], "bridge"),
            (&["eth0", "ipv4", "network"], "10.0.0.0"),
            (&["user_dir"], "/"),
        ] {
            assert_eq!(at(path), Value::from(value), "{path:?}");
        }
        assert_eq!(at(&["processor_nproc"]), Value::Int(6));
        let Value::List(mounts) = at(&["mounts"]) else { panic!("no list") };
        let told: Vec<_> = mounts
            .iter()
            .map(|mount| ["mount", "uuid", "size_total"].map(|name| mount.get(name).cloned()))
            .collect();
        let (a, n) = (Some("/a b".into()), Some("/n".into()));
        let first = [a, Some("u-1".into()), Some(Value::Int(40_960))];
        assert_eq!(told, [first, [n, Some("N/A".into()), None]]);
    }
}
