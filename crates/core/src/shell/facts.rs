//! What facts are made of, by the plain way: one script prints files of the kernel and the distribution
//! and what a few programs say. What that means is read by [`crate::facts`], as for the executor.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::parse::Fields;
use crate::facts::{self, Address, Known, LOCAL_LIMIT, LOCAL_SECONDS, Look, Space};
use crate::message::Message;
use crate::value::Value;

/// Keeps the environment before the script has one of its own: a line a variable, with 1 for a newline.
pub(super) const ENVIRONMENT: &str = r"if env -0 >/dev/null 2>&1; then hep_env=$(env -0 | tr '\012\000' '\001\012')
else hep_env=$(env); fi";

/// `facts` prints names and encoded texts, then an empty name.
pub(super) const SCRIPT: &str = r#"fact() { p0 "$1"; enc; p0 ""; }
line() { x=; { IFS= read -r x <"$1"; } 2>/dev/null; p0 "$1" "$x"; }
mounts() {
while read -r a m k x; do
case $a in /*|\\*|*:/*) ;; *) continue;; esac
case $m in *\\*) m=$(printf '%bx' "$(printf '%s' "$m" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')"); m=${m%x};; esac
"$1"
done 2>/dev/null </proc/self/mounts
}
space() {
case $k in fuse*|nfs|nfs4|cifs|smb3|smbfs|9p|ceph|afs|glusterfs|ncpfs|davfs) return;; esac
y=$(lim 5 stat -f -c '%b %a %S %s %c %d' "$m" 2>/dev/null) && p0 "$m" "$y"
}
device() { case $a in /*) p0 "$a" "$(readlink -f "$a")";; esac; }
own() {
[ -e "$f" ] || { printf '!No such file or directory'; return; }
case $(stat -L -c %a "$f") in
*[1357]|*[1357]?|*[1357]??)
[ -x "$f" ] || { printf '!Permission denied'; return; }
printf =
lim 10 "$f" </dev/null 2>/dev/null
printf ':%s' $?;;
*)
[ -r "$f" ] || { printf '!Permission denied'; return; }
[ "$(stat -L -c %s "$f")" -le 1048576 ] || { printf '!too large'; return; }
printf =
cat "$f"
printf ':0';;
esac
}
facts() {
set +f
{
for f in /etc/os-release /etc/debian_version /etc/lsb-release /etc/machine-id /etc/hosts /etc/resolv.conf \
/etc/selinux/config /etc/ssh/ssh_host_rsa_key.pub /etc/ssh/ssh_host_ecdsa_key.pub /etc/ssh/ssh_host_ed25519_key.pub \
/proc/1/cgroup /proc/1/comm /proc/1/environ /proc/cmdline /proc/cpuinfo /proc/meminfo /proc/modules /proc/uptime \
/proc/net/route /proc/net/ipv6_route /proc/self/mounts /proc/self/status /proc/sys/crypto/fips_enabled \
/run/systemd/container /sys/fs/selinux/enforce /sys/fs/selinux/policyvers; do
[ -r "$f" ] && { p0 "$f"; { tr '\000' '\012' <"$f"; } 2>/dev/null; p0 ""; }
done
for f in product_name product_version product_serial product_uuid sys_vendor bios_vendor bios_version bios_date \
board_name board_vendor chassis_vendor; do
line "/sys/class/dmi/id/$f"
done
for d in /sys/block/*; do
[ -d "$d" ] || continue
case ${d##*/} in ram*) continue;; esac
for f in size removable queue/rotational queue/logical_block_size device/model device/vendor; do line "$d/$f"; done
for f in "$d/${d##*/}"*; do [ -d "$f" ] && { line "$f/start"; line "$f/size"; }; done
done
for d in /sys/class/net/*; do
[ -d "$d" ] || continue
for f in ifindex address mtu operstate type speed; do line "$d/$f"; done
done
} | fact files
for f in /usr/bin/apt-get /usr/bin/dnf5 /usr/bin/dnf /usr/bin/yum /usr/bin/zypper /usr/bin/pacman /sbin/apk \
/usr/bin/emerge /usr/bin/xbps-install /run/systemd/system /run/openrc /sbin/upstart /etc/init.d /.dockerenv \
/.dockerinit /run/.containerenv /proc/vz /proc/lve /proc/xen /sys/kernel/security/apparmor \
/sys/fs/selinux/enforce /sys/class/net/*/bridge /sys/class/net/*/bonding; do
{ [ -e "$f" ] || [ -L "$f" ]; } && p0 "$f"
done | fact there
mounts space | fact spaces
if [ -d /dev/disk/by-uuid ]; then
mounts device | fact devices
for f in /dev/disk/by-uuid/*; do p0 "${f##*/}" "$(readlink -f "$f")"; done | fact uuids
fi
for f in /etc/ansible/facts.d/*.fact; do
{ [ -e "$f" ] || [ -L "$f" ]; } && { n=${f##*/}; own | fact "local ${n%.fact}"; }
done
set -f
for w in -s -n -r -v -m; do uname $w; done | fact uname
od -An -tu1 -j4 -N1 /bin/sh 2>/dev/null | fact class
{ id -u; id -g; id -ur; id -gr; } | fact ids
acct passwd "$(id -u)" && printf '%s\n' "$l" | fact passwd
printf '%s\n' "$hep_env" | fact env
date "+$fmt_date" | fact date
x=$(date +%s%3N 2>/dev/null)
case $x in *[!0-9]*|"") x=$(date +%s)000;; esac
echo "$x" | fact now
{ command -v ip >/dev/null 2>&1 && ip -o addr show; } 2>/dev/null | fact addresses
if [ "${debian_chroot+x}" ]; then echo 1
else x=$(stat -L -c '%d %i' /proc/1/root/. 2>/dev/null) && [ "$x" != "$(stat -L -c '%d %i' /)" ] && echo 1; fi | fact chroot
p0 ""
}"#;

/// What the script is told of the words that `date` is asked for.
pub(super) fn date_format() -> String {
    format!("fmt_date={}", crate::quote::word(facts::DATE_FORMAT))
}

/// What was gathered.
#[derive(Default)]
struct Told {
    groups: HashMap<String, String>,
    files: BTreeMap<String, String>,
    there: BTreeSet<String>,
    spaces: HashMap<String, Space>,
    devices: HashMap<String, String>,
    /// By the device's real path.
    uuids: HashMap<String, String>,
}

/// Reads what the script printed.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Value, Message> {
    let (mut told, mut local) = (Told::default(), Vec::new());
    loop {
        let name = fields.lossy()?;
        if name.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(&fields.decoded()?).into_owned();
        match name.strip_prefix("local ") {
            Some(name) => local.push((name.to_owned(), content(&text))),
            None => told.take(name, text),
        }
    }
    for _ in 0..5 {
        fields.next()?;
    }
    Ok(facts::tree(&told, &told.known(local)))
}

/// What a local fact's file holds or prints, or why that is not known.
fn content(text: &str) -> Result<String, String> {
    if let Some(why) = text.strip_prefix('!') {
        return Err(why.to_owned());
    }
    let (text, rc) = text.trim_start_matches('=').rsplit_once(':').unwrap_or((text, "255"));
    match rc {
        "0" if text.len() > LOCAL_LIMIT => Err("too large".into()),
        "0" => Ok(text.to_owned()),
        "124" => Err(format!("no end within {LOCAL_SECONDS} seconds")),
        rc => Err(format!("status {rc}")),
    }
}

/// Texts that end with a NUL, two and two.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut texts = text.split('\0');
    std::iter::from_fn(move || Some((texts.next()?, texts.next()?)))
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

impl Told {
    fn take(&mut self, name: String, text: String) {
        match &*name {
            "files" => self.files.extend(pairs(&text).map(owned)),
            "there" => self.there.extend(text.split('\0').map(str::to_owned)),
            "devices" => self.devices.extend(pairs(&text).map(owned)),
            "uuids" => self.uuids.extend(pairs(&text).map(|(uuid, path)| owned((path, uuid)))),
            "spaces" => self.spaces.extend(
                pairs(&text).filter_map(|(point, words)| Some((point.to_owned(), space(words)?))),
            ),
            _ => {
                self.groups.insert(name, text);
            }
        }
    }

    fn group(&self, name: &str) -> &str {
        self.groups.get(name).map_or("", |text| text.trim_end_matches('\n'))
    }

    fn line(&self, name: &str, at: usize) -> &str {
        self.group(name).lines().nth(at).unwrap_or("")
    }

    fn known(&self, local: Vec<(String, Result<String, String>)>) -> Known {
        let uname = [0, 1, 2, 3, 4].map(|at| self.line("uname", at).to_owned());
        let id = |at: usize| self.line("ids", at).parse().unwrap_or(u32::MAX);
        let account: Vec<&str> = self.line("passwd", 0).split(':').collect();
        let account = match account[..] {
            [name, _, _, _, gecos, home, shell, ..] => {
                Some([name, gecos, home, shell].map(str::to_owned))
            }
            _ => None,
        };
        Known {
            // The class of an ELF file: 1 for 32 bits, 2 for 64. Source: elf(5).
            is_64_bit: match self.group("class").trim() {
                "2" => true,
                "1" => false,
                _ => uname[4].contains("64"),
            },
            uname,
            effective: (id(0), id(1)),
            real: (id(2), id(3)),
            account,
            environment: environment(self.group("env")),
            addresses: self.group("addresses").lines().filter_map(address).collect(),
            date: self.group("date").to_owned(),
            now_ms: self.group("now").parse().unwrap_or(0),
            is_chroot: self.group("chroot") == "1",
            local,
        }
    }
}

impl Look for Told {
    fn text(&self, path: &str) -> String {
        self.files.get(path).map_or("", |text| text.trim_end_matches('\n')).to_owned()
    }

    fn exists(&self, path: &str) -> bool {
        self.there.contains(path)
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let below = format!("{directory}/");
        let paths = self.files.keys().filter_map(|path| path.strip_prefix(&below));
        let names: BTreeSet<&str> = paths.filter_map(|path| path.split('/').next()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    fn space(&self, point: &str) -> Option<Space> {
        self.spaces.get(point).copied()
    }

    fn uuid(&self, device: &str) -> Option<String> {
        let real = self.devices.get(device).map_or(device, String::as_str);
        self.uuids.get(real).cloned()
    }
}

fn space(words: &str) -> Option<Space> {
    let mut numbers = words.split_whitespace().map(|word| word.parse().ok());
    let mut next = || numbers.next().flatten();
    Some(Space {
        blocks: next()?,
        available: next()?,
        fragment: next()?,
        block: next()?,
        inodes: next()?,
        free_inodes: next()?,
    })
}

fn environment(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.replace('\u{1}', "\n"))).collect()
}

/// A line of `ip -o addr show`.
fn address(line: &str) -> Option<Address> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |word: &str| {
        let at = words.iter().position(|other| *other == word)?;
        words.get(at + 1).copied()
    };
    let own = after("inet").or_else(|| after("inet6"))?;
    // On a point-to-point link the prefix is the other side's.
    let prefix = own.split_once('/').or_else(|| after("peer")?.split_once('/'));
    let ip: IpAddr = own.split('/').next()?.parse().ok()?;
    let full = if ip.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(full), |(_, prefix)| prefix.parse().ok())?;
    Some(Address {
        index: words.first()?.trim_end_matches(':').parse().ok()?,
        ip,
        prefix: (prefix <= full).then_some(prefix)?,
        scope: match after("scope") {
            Some("link") => 253,
            Some("host") => 254,
            Some("site") => 200,
            Some(number) => number.parse().unwrap_or(0),
            None => 0,
        },
        broadcast: after("brd").and_then(|ip| ip.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn addresses_of_every_kind() {
        for (line, told) in [
            (
                "1: lo    inet 127.0.0.1/8 scope host lo\\ valid_lft forever",
                "1 127.0.0.1/8 254 None",
            ),
            (
                "2: eth0    inet 10.1.2.3/24 metric 100 brd 10.1.2.255 scope global dynamic eth0",
                "2 10.1.2.3/24 0 Some(10.1.2.255)",
            ),
            ("7: tun0 inet 10.8.0.1 peer 10.8.0.2/30 scope global tun0", "7 10.8.0.1/30 0 None"),
            (
                "2: eth0    inet6 fe80::1/64 scope link \\  valid_lft forever",
                "2 fe80::1/64 253 None",
            ),
            ("2: eth0    inet 10.1.2.3/99 scope global", ""),
            ("x: eth0 inet 1.2.3.4/8", ""),
            ("2: eth0", ""),
        ] {
            let shown = address(line).map(|a| {
                format!("{} {}/{} {} {:?}", a.index, a.ip, a.prefix, a.scope, a.broadcast)
            });
            assert_eq!(shown.unwrap_or_default(), told, "{line}");
        }
    }

    #[test]
    fn local_facts_say_why_they_are_not_known() {
        let large = format!("={}:0", "x".repeat(LOCAL_LIMIT + 1));
        for (printed, told) in [
            ("={\"a\": 1}\n:0", Ok("{\"a\": 1}\n")),
            ("=a: b:0", Ok("a: b")),
            ("=:3", Err("status 3")),
            ("=x:124", Err("no end within 10 seconds")),
            ("!Permission denied", Err("Permission denied")),
            (&large, Err("too large")),
        ] {
            let told = told.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(content(printed), told);
        }
    }

    #[test]
    fn variables_keep_their_newlines() {
        let read = environment("A=1=2\nB=x\u{1}y\nnothing");
        assert_eq!(read, [("A".to_owned(), "1=2".to_owned()), ("B".into(), "x\ny".into())]);
    }

    /// Notes every path that facts are read from.
    #[derive(Default)]
    struct Asked(RefCell<BTreeSet<String>>);

    impl Look for Asked {
        fn text(&self, path: &str) -> String {
            self.0.borrow_mut().insert(path.to_owned());
            String::new()
        }

        fn exists(&self, path: &str) -> bool {
            self.0.borrow_mut().insert(path.to_owned());
            false
        }

        fn names(&self, directory: &str) -> Vec<String> {
            vec![format!("{}-name", directory.rsplit('/').next().unwrap_or(""))]
        }

        fn space(&self, _: &str) -> Option<Space> {
            None
        }

        fn uuid(&self, _: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn the_script_prints_every_file_that_facts_are_read_from() {
        let asked = Asked::default();
        let _ = facts::tree(&asked, &Known::default());
        let words: BTreeSet<&str> = SCRIPT.split([' ', '\n', ';', '"']).collect();
        for path in asked.0.borrow().iter() {
            // Files of devices and interfaces are printed by what stands below their name.
            let below = path.rsplit_once("-name/").map(|(_, below)| below);
            let word = below.or_else(|| path.strip_prefix("/sys/class/dmi/id/")).unwrap_or(path);
            let forms = ["", "$f/", "/sys/class/net/*/"].map(|before| format!("{before}{word}"));
            assert!(forms.iter().any(|form| words.contains(form.as_str())), "{path}");
        }
        for kind in facts::REMOTE {
            assert!(SCRIPT.contains(&format!("|{kind}|")) || SCRIPT.contains(&format!("|{kind})")));
        }
        for fixed in
            [facts::LOCAL_DIRECTORY, &LOCAL_LIMIT.to_string(), &format!("lim {LOCAL_SECONDS} ")]
        {
            assert!(SCRIPT.contains(fixed), "{fixed}");
        }
    }
}
