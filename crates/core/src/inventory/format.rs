//! Which format a source is in, and reading it.

use super::{Builder, Error, cloud_manager, ini, plain, yaml};
use crate::yaml::Decrypt;

/// The formats that are read from a text. (Executables give JSON, [`super::dynamic`].)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One host a line.
    Plain,
    /// Ansible's INI.
    Ini,
    /// Ansible's YAML, or JSON.
    Yaml,
    /// Seed 1's `cloudManager.ini`.
    CloudManager,
    /// `ssh_config(5)`: each `Host` with a name of its own is a host.
    SshConfig,
}

impl Format {
    /// The format of a file, by its name where that says it and else by its text.
    ///
    /// In this order: a name that ends in `.yml`, `.yaml` or `.json`; a section `[referee]` with no
    /// section that Ansible's grammar would need; a line `Host NAME`; a text that begins as YAML or JSON
    /// does; a section, or a line with `key=value` after a name: INI; else a plain list.
    #[must_use]
    pub fn detect(name: &str, text: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if ["yml", "yaml", "json"].contains(&ending) {
            return Self::Yaml;
        }
        let text = text.trim_start_matches('\u{feff}');
        let lines = || {
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        };
        if is_cloud_manager(lines()) {
            return Self::CloudManager;
        }
        if lines().any(is_host_keyword) {
            return Self::SshConfig;
        }
        if lines().next().is_some_and(begins_yaml) {
            return Self::Yaml;
        }
        let assigns = |line: &str| line.split_whitespace().skip(1).any(|word| word.contains('='));
        let section = |line: &str| line.starts_with('[') && line.contains(']');
        if lines().any(|line| section(line) && !section_is_name(line) || assigns(line)) {
            return Self::Ini;
        }
        Self::Plain
    }

    /// Reads a text of this format; `decrypt` opens `!vault` values. An `ssh_config` may include files, so it is
    /// not read here but by [`super::ssh_config`].
    pub fn read(
        self,
        text: &str,
        file: u16,
        decrypt: Decrypt<'_>,
        into: &mut Builder,
    ) -> Result<(), Error> {
        match self {
            Self::Plain => plain::parse(text, file, into),
            Self::Ini => ini::parse(text, file, into),
            Self::Yaml => yaml::parse(text, file, decrypt, into),
            Self::CloudManager => cloud_manager::parse(text, file, into),
            Self::SshConfig => Err(Error::new(
                crate::node::Pos { file, line: 0, col: 0 },
                crate::message::inventory::ssh_config_unread(),
            )),
        }
    }
}

/// A `[referee]`, and nothing but the two sections of this format.
fn is_cloud_manager<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let mut referee = false;
    for line in lines.filter(|line| line.starts_with('[') && line.ends_with(']')) {
        match line[1..line.len() - 1].trim() {
            "referee" => referee = true,
            "nodes" => {}
            _ => return false,
        }
    }
    referee
}

fn is_host_keyword(line: &str) -> bool {
    let (word, rest) = line.split_once([' ', '\t', '=']).unwrap_or((line, ""));
    (word.eq_ignore_ascii_case("host") || word.eq_ignore_ascii_case("match"))
        && !rest.trim().is_empty()
        && !rest.contains('=')
}

/// A document mark, a JSON object, or a line `key:`, also with a value after a space.
fn begins_yaml(line: &str) -> bool {
    let key = line.split_once(": ").map_or_else(|| line.strip_suffix(':'), |(key, _)| Some(key));
    line.starts_with("---")
        || line.starts_with('{')
        || line.starts_with("%YAML")
        || key.is_some_and(|key| !key.is_empty() && !key.contains([' ', '\t', '=', '[', ':']))
}

/// `[fe80::1]` and `[1:5].example.com` begin with a bracket and are host names.
fn section_is_name(line: &str) -> bool {
    let Some((inside, rest)) = line[1..].split_once(']') else { return false };
    super::address::is_ipv6(inside)
        || super::range::items(inside).is_ok()
            && !rest.trim_start().is_empty()
            && !rest.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_apart() {
        let cases = [
            ("hosts", "10.0.0.1\n10.0.0.2\n", Format::Plain),
            ("hosts", "# c\nweb[1:5]\n[fe80::1]:22\n", Format::Plain),
            ("hosts", "[web]\na\n", Format::Ini),
            ("hosts", "a ansible_host=1.2.3.4\n", Format::Ini),
            ("hosts", "all:\n  hosts:\n", Format::Yaml),
            ("hosts", "---\nall:\n", Format::Yaml),
            ("x.yml", "", Format::Yaml),
            ("hosts", "{\"all\": {}}", Format::Yaml),
            ("cloudManager.ini", "[nodes]\nA=1.1.1.1:80\n[referee]\nip=1\n", Format::CloudManager),
            ("hosts.ini", "[referee]\nh\n[web]\na\n", Format::Ini),
            ("config", "Host *\n  User root\n", Format::SshConfig),
            ("config", "Include x\nHost=web\n", Format::SshConfig),
            ("hosts", "host a=1\n", Format::Ini),
            ("hosts", "a:22\n", Format::Plain),
            ("hosts", "", Format::Plain),
        ];
        for (name, text, format) in cases {
            assert_eq!(Format::detect(name, text), format, "{name} {text:?}");
        }
    }
}
