//! A host in memory, described by lines: see [`Host::new`].

use std::sync::Arc;

use super::{Host, Program, Unit};
use crate::change::{Attrs, Before, Change, Content, Effect};
use crate::observe::{Account, Bytes, GroupEntry, SourceBody, SourceFile};
use crate::overlay::sha256;

impl Host {
    /// Makes what one line says.
    pub(super) fn line(&mut self, line: &str) -> Option<()> {
        if line.starts_with('/') {
            return self.path_line(line);
        }
        let (word, rest) = line.split_once(' ')?;
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "group" => self.add_group(name, more.parse().ok()?),
            "user" => self.user_line(name, more)?,
            "source" | "blob" => self.source_line(word == "blob", name, more)?,
            "template" => {
                self.templates.insert(name.into(), unescape(more.strip_prefix("= ")?).into());
            }
            "package" => {
                self.packages.insert(name.into(), more.into());
            }
            "unit" => {
                let (active, file_state) = more.split_once(' ')?;
                let unit = Unit { active: active == "active", file_state: file_state.into() };
                self.units.insert(name.into(), unit);
            }
            "program" => {
                self.commands.insert(name.into(), more.into());
            }
            "port" => {
                self.ports.insert(name.parse().ok()?);
            }
            "run" => {
                let (argv, rc) = rest.split_once(" -> ")?;
                let argv = argv.split(' ').map(Arc::from).collect();
                let rc = rc.parse().ok()?;
                self.programs.push(Program { argv, rc, ..Program::default() });
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn add_group(&mut self, name: &str, gid: u32) {
        let entry = GroupEntry { name: name.into(), gid, members: Vec::new() };
        self.effect(&Effect::Group { name: name.into(), entry: Some(entry) });
    }

    fn user_line(&mut self, name: &str, more: &str) -> Option<()> {
        let mut words = more.split(' ');
        let (uid, gid) = words.next()?.split_once(':')?;
        let home = words.next().unwrap_or("/");
        let groups = words.next().map(|groups| groups.split(',').map(Arc::from).collect());
        let account = Account {
            name: name.into(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            gecos: "".into(),
            home: home.into(),
            shell: "/bin/sh".into(),
            groups: groups.unwrap_or_default(),
            locked: Some(false),
            password: Some("*".into()),
        };
        self.effect(&Effect::User { name: name.into(), account: Some(Box::new(account)) });
        Some(())
    }

    fn source_line(&mut self, blob: bool, name: &str, rest: &str) -> Option<()> {
        let (mode, text) = rest.split_once("= ")?;
        let mode = if mode.is_empty() { "0644" } else { mode.trim() };
        let text = unescape(text);
        let bytes = Bytes::from(text.as_bytes());
        let hash = sha256(text.as_bytes());
        let body = if blob {
            self.blobs.insert(hash.clone(), bytes);
            SourceBody::File { sha256: hash, size: text.len() as u64 }
        } else {
            SourceBody::Text(text.into())
        };
        let mode = u32::from_str_radix(mode, 8).ok()?;
        let file =
            SourceFile { path: format!("files/{name}").into(), mode, supports_check: false, body };
        self.add_source(name, &file);
        Some(())
    }

    /// Puts a file of the controller, also into the directories (of sources) it lies in.
    fn add_source(&mut self, name: &str, file: &SourceFile) {
        self.sources.insert(name.into(), file.clone());
        let mut rest = name;
        while let Some((dir, _)) = rest.rsplit_once('/') {
            rest = dir;
            let entry = self.sources.entry(dir.into()).or_insert_with(|| SourceFile {
                path: format!("files/{dir}").into(),
                mode: 0o755,
                supports_check: false,
                body: SourceBody::Directory(Vec::new()),
            });
            let SourceBody::Directory(entries) = &mut entry.body else { return };
            let below = &name[dir.len() + 1..];
            for (at, _) in below.match_indices('/') {
                if !entries.iter().any(|(other, _)| **other == below[..at]) {
                    let path = format!("files/{dir}/{}", &below[..at]).into();
                    let body = SourceBody::Directory(Vec::new());
                    entries.push((
                        below[..at].into(),
                        SourceFile { path, mode: 0o755, supports_check: false, body },
                    ));
                }
            }
            entries.push((below.into(), file.clone()));
        }
    }

    fn path_line(&mut self, line: &str) -> Option<()> {
        let before = Before::Any;
        if let Some((path, target)) = line.split_once(" -> ").or_else(|| line.split_once(" => ")) {
            let hard = line.contains(" => ");
            let (path, target) = (path.into(), target.into());
            self.fold(&Change::MakeLink { path, target, hard, before });
            return Some(());
        }
        let (head, text) = line.split_once(" = ").unwrap_or((line, ""));
        let mut words = head.trim_end_matches(" =").split(' ');
        let path = words.next()?;
        let mode = words.next().map_or(Some(0o755), |mode| u32::from_str_radix(mode, 8).ok())?;
        let (owner, group) = words.next().unwrap_or("root:root").split_once(':')?;
        let attrs = Attrs {
            mode: Some(mode),
            owner: Some(owner.into()),
            group: Some(group.into()),
            ..Default::default()
        };
        if let Some(path) = path.strip_suffix('/') {
            self.fold(&Change::MakeDirectory { path: path.into(), attrs, before });
        } else {
            let content = Content::Inline(Bytes::from(unescape(text)));
            let (path, backup, validate) = (path.into(), false, None);
            self.fold(&Change::WriteFile { path, content, attrs, before, backup, validate });
        }
        Some(())
    }
}

/// Reads `\n`, `\t` and `\\`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                other => out.extend(other),
            },
            (c, false) => out.push(c),
        }
    }
    out
}
