//! Lines of `known_hosts` files and what they say about a key that a host has shown.
//!
//! Source of the format: `sshd(8)`, section "`SSH_KNOWN_HOSTS` FILE FORMAT". The meaning of a
//! lookup follows OpenSSH's `hostfile.c` and `sshconnect.c`, with one stricter rule: a host of
//! which we know keys, but none of the type it now shows, is not taken for a new host.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::pattern;

/// A public key as it stands on the wire and, in base64, in the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostKey {
    /// Its type, for example `ssh-ed25519`.
    pub algorithm: String,
    /// The key blob of RFC 4253, section 6.6.
    pub blob: Vec<u8>,
}

impl HostKey {
    /// The fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    /// The key read from two words of a line, or nothing when they do not belong together.
    fn parse(algorithm: &str, base64: &str) -> Option<Self> {
        let blob = STANDARD.decode(base64).ok()?;
        let length = u32::from_be_bytes(blob.get(..4)?.try_into().ok()?);
        let inner = blob.get(4..4 + usize::try_from(length).ok()?)?;
        (inner == algorithm.as_bytes()).then(|| Self { algorithm: algorithm.to_owned(), blob })
    }
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    CertAuthority,
    Revoked,
}

/// The hosts of a line.
#[derive(Clone, Debug)]
enum Hosts {
    /// A comma list of patterns, in lower case.
    Patterns(Vec<String>),
    /// `|1|salt|hash`: HMAC-SHA1 of the name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(Clone, Debug)]
struct Entry {
    mark: Mark,
    hosts: Hosts,
    key: HostKey,
    place: Place,
}

impl Entry {
    fn parse(line: &str, place: Place) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let mut first = words.next().filter(|word| !word.starts_with('#'))?;
        let mark = match first {
            "@cert-authority" => Mark::CertAuthority,
            "@revoked" => Mark::Revoked,
            _ if first.starts_with('@') => return None,
            _ => Mark::None,
        };
        if mark != Mark::None {
            first = words.next()?;
        }
        let hosts = Hosts::parse(first)?;
        let key = HostKey::parse(words.next()?, words.next()?)?;
        Some(Self { mark, hosts, key, place })
    }
}

impl Hosts {
    fn parse(word: &str) -> Option<Self> {
        if let Some(hashed) = word.strip_prefix("|1|") {
            let (salt, hash) = hashed.split_once('|')?;
            let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
            return Some(Self::Hashed { salt, hash });
        }
        Some(Self::Patterns(word.split(',').map(str::to_ascii_lowercase).collect()))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Patterns(list) => pattern::list_matches(list.iter().map(String::as_str), name),
            Self::Hashed { salt, hash } => hashed(salt, name).is_some_and(|own| own == *hash),
        }
    }

    /// The names of a list without patterns: these are found through an index.
    fn plain(&self) -> Option<&[String]> {
        match self {
            Self::Patterns(list) if !list.iter().any(|name| pattern::is_pattern(name)) => {
                Some(list)
            }
            _ => None,
        }
    }
}

fn hashed(salt: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    mac.update(name.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// What the files say about a key that a host shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A line names this host with this key.
    Known,
    /// No line names this host.
    Unknown,
    /// Lines name this host, but only with keys of other types.
    OtherTypes {
        /// The first such line.
        place: Place,
        /// The types that are known.
        types: Vec<String>,
    },
    /// A line names this host with another key of the same type.
    Changed {
        /// That line.
        place: Place,
        /// The fingerprint of the key in that line.
        known: String,
    },
    /// A line marks this key as revoked for this host.
    Revoked {
        /// That line.
        place: Place,
    },
}

/// The lines of one or more files, with an index of the plain names.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
    /// Entries by plain name.
    named: HashMap<String, Vec<usize>>,
    /// Entries with patterns or hashed names: each lookup tries them all.
    others: Vec<usize>,
}

impl KnownHosts {
    /// Adds the lines of a file. Lines that are empty, comments or damaged are skipped, as OpenSSH
    /// does.
    pub fn add(&mut self, file: &str, text: &str) {
        self.add_more(file, text, 0);
    }

    /// Adds lines that were appended to a file after its first `before` lines.
    pub fn add_more(&mut self, file: &str, text: &str, before: usize) {
        for (number, line) in text.lines().enumerate() {
            let place = Place { file: file.to_owned(), line: before + number + 1 };
            if let Some(entry) = Entry::parse(line, place) {
                self.push(entry);
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        let index = self.entries.len();
        match entry.hosts.plain() {
            Some(names) => {
                for name in names {
                    self.named.entry(name.clone()).or_default().push(index);
                }
            }
            None => self.others.push(index),
        }
        self.entries.push(entry);
    }

    /// The entries for a name as [`lookup_name`] makes it, in the order of the files.
    fn matching<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let named = self.named.get(name).into_iter().flatten().copied();
        let others =
            self.others.iter().copied().filter(|&index| self.entries[index].hosts.matches(name));
        let mut found: Vec<usize> = named.chain(others).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|index| &self.entries[index])
    }

    /// What the files say about `key`, shown by the host known as `name` (see [`lookup_name`]).
    ///
    /// A host at another port than 22 is also accepted by a line without the port, as OpenSSH does.
    #[must_use]
    pub fn check(&self, name: &str, key: &HostKey) -> Verdict {
        let verdict = self.check_one(&name.to_ascii_lowercase(), key);
        if !matches!(verdict, Verdict::Unknown | Verdict::OtherTypes { .. }) {
            return verdict;
        }
        match without_port(name).map(|host| self.check_one(&host.to_ascii_lowercase(), key)) {
            Some(wider @ (Verdict::Known | Verdict::Revoked { .. })) => wider,
            _ => verdict,
        }
    }

    fn check_one(&self, name: &str, key: &HostKey) -> Verdict {
        let (mut known, mut changed, mut other) = (false, None, Vec::new());
        for entry in self.matching(name) {
            match entry.mark {
                Mark::Revoked if entry.key == *key => {
                    return Verdict::Revoked { place: entry.place.clone() };
                }
                Mark::Revoked | Mark::CertAuthority => {}
                Mark::None if entry.key == *key => known = true,
                Mark::None if entry.key.algorithm == key.algorithm => {
                    changed.get_or_insert(entry);
                }
                Mark::None => other.push(entry),
            }
        }
        if known {
            return Verdict::Known;
        }
        if let Some(entry) = changed {
            let known = entry.key.fingerprint();
            return Verdict::Changed { place: entry.place.clone(), known };
        }
        match other.first() {
            None => Verdict::Unknown,
            Some(first) => Verdict::OtherTypes {
                place: first.place.clone(),
                types: other.iter().map(|entry| entry.key.algorithm.clone()).collect(),
            },
        }
    }

    /// The keys of the authorities that may vouch for this host (`@cert-authority`), less those
    /// that are revoked for it.
    #[must_use]
    pub fn authorities(&self, name: &str) -> Vec<HostKey> {
        let names = [Some(name), without_port(name)];
        let mut found: Vec<HostKey> = Vec::new();
        for name in names.into_iter().flatten() {
            let name = name.to_ascii_lowercase();
            let trusted = self.matching(&name).filter(|entry| entry.mark == Mark::CertAuthority);
            for entry in trusted {
                let revoked = matches!(self.check(&name, &entry.key), Verdict::Revoked { .. });
                if !revoked && !found.contains(&entry.key) {
                    found.push(entry.key.clone());
                }
            }
        }
        found
    }

    /// The keys of a name as `.pub` files have them, and whether each is revoked; authorities are left out.
    pub fn keys_of(&self, name: &str) -> Vec<(String, bool)> {
        let found = self.matching(&name.to_ascii_lowercase());
        let keys = found.filter(|entry| entry.mark != Mark::CertAuthority).map(|entry| {
            let key = format!("{} {}", entry.key.algorithm, STANDARD.encode(&entry.key.blob));
            (key, entry.mark == Mark::Revoked)
        });
        keys.collect()
    }

    /// The types of the keys known for this host, in the order of the files: a client asks for
    /// these first, so that a host with several keys shows one that we can compare.
    #[must_use]
    pub fn key_types(&self, name: &str) -> Vec<String> {
        let mut types: Vec<String> = Vec::new();
        for name in [Some(name), without_port(name)].into_iter().flatten() {
            for entry in self.matching(&name.to_ascii_lowercase()) {
                if entry.mark == Mark::None && !types.contains(&entry.key.algorithm) {
                    types.push(entry.key.algorithm.clone());
                }
            }
        }
        types
    }
}

/// The name under which a host is looked up and stored: `host`, or `[host]:port` when the port is
/// not 22.
#[must_use]
pub fn lookup_name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// `host` of `[host]:port`.
fn without_port(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.rsplit_once("]:").map(|(host, _)| host)
}

/// How a new line names its host.
#[derive(Clone, Copy, Debug)]
pub enum Naming<'a> {
    /// In clear.
    Plain,
    /// Hashed with this salt of 20 random bytes (`HashKnownHosts yes`).
    Hashed(&'a [u8]),
}

/// A line to append for a host known as `name` (see [`lookup_name`]), with its line end.
#[must_use]
pub fn new_line(name: &str, key: &HostKey, naming: Naming<'_>) -> String {
    let host = match naming {
        Naming::Plain => name.to_owned(),
        Naming::Hashed(salt) => hashed(salt, name).map_or_else(
            || name.to_owned(),
            |hash| format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash)),
        ),
    };
    format!("{host} {} {}\n", key.algorithm, STANDARD.encode(&key.blob))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key blob of a type with one byte as its content.
    fn key(algorithm: &str, content: u8) -> HostKey {
        let mut blob = u32::try_from(algorithm.len()).unwrap().to_be_bytes().to_vec();
        blob.extend(algorithm.as_bytes());
        blob.extend([0, 0, 0, 1, content]);
        HostKey { algorithm: algorithm.to_owned(), blob }
    }

    fn ed(content: u8) -> HostKey {
        key("ssh-ed25519", content)
    }

    fn line(hosts: &str, key: &HostKey) -> String {
        new_line(hosts, key, Naming::Plain)
    }

    /// `known`, `unknown`, `other`, or `changed`/`revoked` with the line.
    fn brief(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Known => "known".into(),
            Verdict::Unknown => "unknown".into(),
            Verdict::OtherTypes { place, types } => {
                format!("other {} {}", place.line, types.join(","))
            }
            Verdict::Changed { place, .. } => format!("changed {}", place.line),
            Verdict::Revoked { place } => format!("revoked {}", place.line),
        }
    }

    #[test]
    fn verdicts() {
        let rsa = key("ssh-rsa", 9);
        let salt = [7; 20];
        let hashed = new_line("web", &ed(1), Naming::Hashed(&salt));
        let hashed_port = new_line("[web]:2222", &ed(1), Naming::Hashed(&salt));
        let (one, two) = (line("web", &ed(1)), line("web", &ed(2)));
        let cases: &[(&str, &str, HostKey, String)] = &[
            ("web", "known", ed(1), one.clone()),
            ("WEB", "known", ed(1), one.clone()),
            ("web", "changed 1", ed(2), one.clone()),
            ("db", "unknown", ed(1), one.clone()),
            ("web", "known", ed(2), format!("{one}{two}")),
            ("web", "changed 1", ed(3), format!("{one}{two}")),
            ("web", "other 1 ssh-rsa", ed(1), line("web", &rsa)),
            ("web", "known", ed(1), format!("{}{one}", line("web", &rsa))),
            ("10.0.0.1", "known", ed(1), line("web,10.0.0.1", &ed(1))),
            ("a.example.com", "known", ed(1), line("*.example.com", &ed(1))),
            ("web1", "known", ed(1), line("web?", &ed(1))),
            ("db.example.com", "unknown", ed(1), line("*.example.com,!db.example.com", &ed(1))),
            ("web", "known", ed(1), hashed.clone()),
            ("web", "changed 1", ed(2), hashed.clone()),
            ("db", "unknown", ed(1), hashed.clone()),
            ("[web]:2222", "known", ed(1), hashed_port.clone()),
            ("web", "unknown", ed(1), hashed_port),
            ("[web]:2222", "known", ed(1), line("[web]:2222", &ed(1))),
            ("[web]:2222", "known", ed(1), one.clone()),
            ("[web]:2222", "unknown", ed(2), one.clone()),
            ("web", "unknown", ed(1), line("[web]:2222", &ed(1))),
            ("web", "revoked 2", ed(1), format!("{one}@revoked * {}", &line("", &ed(1))[1..])),
            ("web", "revoked 1", ed(1), format!("@revoked web {}{one}", &line("", &ed(1))[1..])),
            ("[web]:22022", "revoked 1", ed(1), format!("@revoked web {}", &line("", &ed(1))[1..])),
            ("web", "known", ed(2), format!("{two}@revoked * {}", &line("", &ed(1))[1..])),
            ("web", "unknown", ed(1), format!("@cert-authority web {}", &line("", &ed(1))[1..])),
            ("web", "known", ed(1), format!("# web\n\nbroken line\n@odd web x y\n  {one}")),
            (
                "web",
                "unknown",
                ed(1),
                "web ssh-ed25519 AAAA\nweb ssh-ed25519 ****\nweb\n|1|x ssh-rsa A".into(),
            ),
            ("web", "known", ed(1), format!("{} a comment\r\n", one.trim_end())),
            ("web", "known", ed(1), one.replace(' ', " \t ")),
        ];
        for (name, expected, key, text) in cases {
            let mut known = KnownHosts::default();
            known.add("f", text);
            assert_eq!(brief(&known.check(name, key)), *expected, "{name} in {text:?}");
        }
    }

    #[test]
    fn a_hash_made_by_openssh_is_recognised() {
        // ssh-keygen -H over "host.example ssh-ed25519 ...": the name and its hash are what is
        // tested.
        let known = "|1|FSiKdvzimKD/wpxyYoF+ncFsRNQ=|Yir5NQhgVigaHwba4FCXNE70XvU=";
        let text = format!("{known} {}", &line("", &ed(1))[1..]);
        let mut hosts = KnownHosts::default();
        hosts.add("f", &text);
        assert_eq!(hosts.check("host.example", &ed(1)), Verdict::Known);
    }

    #[test]
    fn authorities_are_found_by_pattern_and_a_revoked_one_is_none() {
        let tail = |k: &HostKey| line("", k)[1..].to_owned();
        let text = format!(
            "@cert-authority *.example.com {}@cert-authority *.example.com {}@revoked * {}",
            tail(&ed(1)),
            tail(&ed(2)),
            tail(&ed(2))
        );
        let mut hosts = KnownHosts::default();
        hosts.add("f", &text);
        assert_eq!(hosts.authorities("a.example.com"), [ed(1)]);
        assert_eq!(hosts.authorities("[a.example.com]:2222"), [ed(1)]);
        assert!(hosts.authorities("a.example.org").is_empty());
    }

    #[test]
    fn types_are_listed_once_in_order() {
        let text =
            [line("web", &key("ssh-rsa", 1)), line("web", &ed(1)), line("*", &ed(2))].concat();
        let mut hosts = KnownHosts::default();
        hosts.add("f", &text);
        assert_eq!(hosts.key_types("web"), ["ssh-rsa", "ssh-ed25519"]);
    }

    #[test]
    fn names_carry_the_port_only_when_it_is_not_22() {
        assert_eq!(lookup_name("Web", 22), "web");
        assert_eq!(lookup_name("web", 2222), "[web]:2222");
        assert_eq!(lookup_name("::1", 2222), "[::1]:2222");
        assert_eq!(without_port("[::1]:2222"), Some("::1"));
    }

    proptest! {
        #[test]
        fn no_input_panics(text in ".{0,200}", lines in prop::collection::vec(
            "(@revoked |@cert-authority |@x )?(\\|1\\||\\[)?[a-z*?!,|=]{0,10}(\\]:22)? (ssh-rsa|x) [A-Za-z0-9+/=]{0,20}", 0..5),
            name in ".{0,20}") {
            let mut known = KnownHosts::default();
            known.add("f", &text);
            known.add("g", &lines.join("\n"));
            let _ = known.check(&name, &ed(1));
            let _ = (known.authorities(&name), known.key_types(&name));
        }

        #[test]
        fn a_new_line_is_found_again(name in "[a-z0-9.-]{1,30}", port in 1u16.., salt in prop::array::uniform20(0u8..)) {
            let name = lookup_name(&name, port);
            for naming in [Naming::Plain, Naming::Hashed(&salt)] {
                let mut known = KnownHosts::default();
                known.add("f", &new_line(&name, &ed(1), naming));
                prop_assert_eq!(known.check(&name, &ed(1)), Verdict::Known);
            }
        }
    }
}
