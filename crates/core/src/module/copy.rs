//! `copy`: puts files on hosts.

use super::{Context, Finish, Kind, Module, Plan};
use crate::attributes::{self, Wanted, basename, expand, join, trimmed};
use crate::change::{Before, Change, Outcome, Planned};
use crate::message::file as say;
use crate::mode::Mode;
use crate::observe::{
    Answer, Ask, FileKind, Observe, Question, Reply, SourceBody, SourceFile, Stat, Stop,
};
use crate::options;
use crate::put::{self, Put, Source};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    files: &["src"],
    normalize: Some(|pairs| {
        crate::attributes::refuse_missing_options(pairs)?;
        // Vault files are always decrypted, so there is nothing to switch.
        pairs.retain(|(key, _)| key.as_str() != Some("decrypt"));
        Ok(())
    }),
    ..Kind::of::<Copy>("copy")
};

options! {
    /// Copies a file or directory of the controller to hosts, or writes `content` into a file.
    ///
    /// Only what differs is sent and set. A file is replaced in one step: a host has the old or the new
    /// one, never half of it. The result's `checksum` is SHA-256 (Ansible's is SHA-1).
    ///
    /// Example: `copy: src=httpd.conf dest=/etc/httpd.conf owner=root mode="0644" backup=yes`
    struct Copy {
        /// File or directory of the controller, searched in `files/` first. With a `/` at its end, what is
        /// in a directory is copied rather than the directory itself.
        #[serde(default)]
        src: Option<String>,
        /// What the file shall hold, in place of `src`. A mapping or list is written as JSON.
        #[serde(default)]
        content: Option<Value>,
        /// Where it goes: a file, or a directory (one that exists, or with a `/` at its end, which is made).
        dest: String,
        /// Owner, by name or number.
        #[serde(default)]
        owner: Option<String>,
        /// Group, by name or number.
        #[serde(default)]
        group: Option<String>,
        /// Mode of files: `"0644"`, `u=rw,g=r`, or `preserve` for that of the source.
        #[serde(default)]
        mode: Option<Mode>,
        /// Mode of directories that are made.
        #[serde(default)]
        directory_mode: Option<Mode>,
        /// Whether the old file is kept beside the new one, with the date in its name.
        #[serde(default)]
        backup: bool,
        /// Whether a file that is there and differs is replaced.
        #[serde(default = "yes")]
        force: bool,
        /// A command that must accept the new file before it takes the old one's place; `%s` is its path.
        #[serde(default)]
        validate: Option<String>,
        /// Whether `src` is on the host.
        #[serde(default)]
        remote_src: bool,
        /// Whether a link at `dest` is followed rather than replaced.
        #[serde(default)]
        follow: bool,
        /// Whether links within a directory `src` are followed. Of the controller's directories they always
        /// are; those of the host (`remote_src`) are copied as links when this is `no`. Links to directories
        /// of the host are always copied as links.
        #[serde(default = "yes")]
        local_follow: bool,
        /// SHA-256 (or, for `content` and small files, SHA-1) that `src` must have.
        #[serde(default)]
        checksum: Option<String>,
    }
}

const fn yes() -> bool {
    true
}

impl Module for Copy {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let wanted = |observe: &mut Observe| {
            let (owner, group) = (self.owner.as_deref(), self.group.as_deref());
            Wanted::resolve(owner, group, self.mode.as_ref(), observe)
        };
        let dest = expand(&self.dest, context, observe)?;
        observe.expect([stat_question(trimmed(&dest), false)]);
        match (&self.src, &self.content) {
            (Some(_), Some(_)) => Err(say::src_and_content().into()),
            (None, None) => Err(say::no_src().into()),
            (None, Some(value)) => {
                let source = Source::of_bytes(content_text(value)?, 0o644);
                let wanted = wanted(observe)?;
                self.plan_content(&dest, &source, &wanted, (context, observe))
            }
            (Some(src), None) if self.remote_src => {
                let src = expand(src, context, observe)?;
                observe.expect([stat_question(trimmed(&src), true)]);
                let wanted = wanted(observe)?;
                self.plan_host(&src, &dest, &wanted, (context, observe))
            }
            (Some(src), None) => {
                let file = source_file(src, observe);
                let wanted = wanted(observe)?;
                self.plan_controller(src, &file?, &dest, &wanted, (context, observe))
            }
        }
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        finish(result, outcomes)
    }
}

/// As the default, with the name of the kept old file.
pub(super) fn finish(mut result: Map, outcomes: &[Outcome]) -> Finish {
    put::insert_backup(&mut result, outcomes);
    let mut finish = Finish { result, failed: None, changed: None };
    for outcome in outcomes {
        match outcome {
            Outcome::Failed(message, deed) => {
                deed.insert_into(&mut finish.result);
                finish.failed = Some(message.clone());
            }
            Outcome::Refused(message) => finish.failed = Some(message.clone()),
            Outcome::Done(_) | Outcome::Late | Outcome::Cancelled => {}
        }
    }
    finish
}

fn stat_question(path: &str, follow: bool) -> Question {
    Question::Stat { path: path.into(), follow, digest: true }
}

/// The controller's file; a `/` at the end of its name does not matter for finding it.
pub(super) fn source_file(src: &str, observe: &mut Observe) -> Result<SourceFile, Stop> {
    if src.is_empty() {
        return Err(say::no_src().into());
    }
    match observe.ask_controller(Ask::File(trimmed(src).into()))? {
        Reply::File(file) => Ok(file),
        _ => Err(crate::message::play::wrong_answer("Reply").into()),
    }
}

/// The text that `content` stands for.
fn content_text(content: &Value) -> Result<String, Stop> {
    match content {
        Value::Str(text) => Ok(text.to_string()),
        Value::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Value::Null => Ok(String::new()),
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::List(_) | Value::Map(_) => json(content),
    }
}

/// JSON as Python's `json.dumps` writes it: a space after `,` and `:`, and only ASCII.
fn json(value: &Value) -> Result<String, Stop> {
    let text = |text: &str| {
        let quoted = serde_json::to_string(text).map_err(crate::message::module::bad_options)?;
        Ok::<_, Stop>(ascii(&quoted))
    };
    match value {
        Value::Str(value) => text(value),
        Value::List(items) => {
            let items = items.iter().map(json).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("[{}]", items.join(", ")))
        }
        Value::Map(map) => {
            let pair = |(key, value): (&std::sync::Arc<str>, &Value)| {
                Ok::<_, Stop>(format!("{}: {}", text(key)?, json(value)?))
            };
            Ok(format!("{{{}}}", map.iter().map(pair).collect::<Result<Vec<_>, _>>()?.join(", ")))
        }
        Value::Unknown(why) => Err(Stop::Unknown(why.clone())),
        Value::Null => Ok("null".to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Int(value) => Ok(value.to_string()),
        Value::Float(value) => Ok(value.to_string()),
    }
}

/// With every character beyond ASCII as `\uXXXX`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out = format!("{out}\\u{unit:04x}");
            }
        }
    }
    out
}

impl Copy {
    fn put<'a>(&'a self, wanted: &'a Wanted) -> Put<'a> {
        Put {
            wanted,
            backup: self.backup,
            validate: self.validate.as_deref(),
            force: self.force,
            follow: self.follow,
        }
    }

    fn plan_content(
        &self,
        dest: &str,
        source: &Source,
        wanted: &Wanted,
        tools: (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        if dest.ends_with('/') {
            return Err(say::content_into_directory(dest).into());
        }
        self.plan_file(dest, source, wanted, tools)
    }

    /// One file at exactly this path.
    fn plan_file(
        &self,
        dest: &str,
        source: &Source,
        wanted: &Wanted,
        tools: (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        self.check_sum(source)?;
        self.put(wanted).plan_at(dest, source, tools, Vec::new())
    }

    fn check_sum(&self, source: &Source) -> Result<(), Stop> {
        let Some(expected) = &self.checksum else {
            return Ok(());
        };
        let is = match (&source.content, expected.len()) {
            (crate::change::Content::Inline(bytes), 40) => sha1(&bytes.0),
            _ => source.digest.to_string(),
        };
        if is.eq_ignore_ascii_case(expected) {
            Ok(())
        } else {
            Err(say::wrong_checksum(expected, is).into())
        }
    }

    /// A file into a directory, or at the path itself.
    fn plan_into(
        &self,
        name: &str,
        dest: &str,
        source: &Source,
        wanted: &Wanted,
        tools: (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        self.check_sum(source)?;
        let dirs = wanted.with_mode(self.directory_mode.clone());
        self.put(wanted).plan_into(name, dest, &dirs, source, tools)
    }

    fn plan_controller(
        &self,
        src: &str,
        file: &SourceFile,
        dest: &str,
        wanted: &Wanted,
        (context, observe): (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        let SourceBody::Directory(entries) = &file.body else {
            let source = Source::of_controller(file).ok_or_else(say::no_src)?;
            let into = (context, &mut *observe);
            let mut plan = self.plan_into(basename(src), dest, &source, wanted, into)?;
            plan.result.insert("src".into(), Value::str(file.path.clone()));
            return Ok(plan);
        };
        if !self.local_follow {
            return Err(say::links_always_followed(src).into());
        }
        let mut items = Vec::new();
        for (name, entry) in entries {
            items.push((&**name, Source::of_controller(entry).map_or(Item::Directory, Item::File)));
        }
        let top =
            if src.ends_with('/') { trimmed(dest).to_owned() } else { join(dest, basename(src)) };
        let mut plan = self.plan_tree(&top, &items, wanted, (context, observe))?;
        plan.result.insert("src".into(), Value::str(file.path.clone()));
        plan.result.insert("dest".into(), dest.into());
        Ok(plan)
    }

    /// A tree below the directory `top`.
    fn plan_tree(
        &self,
        top: &str,
        items: &[(&str, Item)],
        wanted: &Wanted,
        (context, observe): (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        let mut plan = Plan::default();
        let dirs = wanted.with_mode(self.directory_mode.clone());
        observe.expect(items.iter().map(|(name, item)| {
            let is_directory = matches!(item, Item::Directory);
            let path = join(top, name).into();
            Question::Stat { path, follow: is_directory, digest: !is_directory }
        }));
        attributes::make_directories(top, &dirs, observe, &mut plan.changes)?;
        let put = Put { follow: false, ..self.put(wanted) };
        for (name, item) in items {
            let path = join(top, name);
            match item {
                Item::Directory => {
                    attributes::make_directories(&path, &dirs, observe, &mut plan.changes)?;
                }
                Item::File(source) => {
                    put.plan(&path, source, (context, &mut *observe), &mut plan.changes)?;
                }
                Item::Link(target) => link(&path, target, observe, &mut plan.changes)?,
            }
        }
        let before = observe.stat(top)?;
        let tools = (context, observe);
        attributes::describe(top, before.as_deref(), &plan.changes, tools, &mut plan.result)?;
        plan.result.insert("dest".into(), top.into());
        Ok(plan)
    }

    fn plan_host(
        &self,
        src: &str,
        dest: &str,
        wanted: &Wanted,
        (context, observe): (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        let Some(stat) = observe.stat_with(trimmed(src), true, true)? else {
            return Err(say::no_host_source(src).into());
        };
        let mut plan = match stat.kind {
            FileKind::Directory => {
                let items = self.host_items(trimmed(src), observe)?;
                let items: Vec<(&str, Item)> =
                    items.iter().map(|(name, item)| (&**name, item.clone())).collect();
                let top = if src.ends_with('/') {
                    trimmed(dest).to_owned()
                } else {
                    join(dest, basename(src))
                };
                self.plan_tree(&top, &items, wanted, (context, &mut *observe))?
            }
            FileKind::File => {
                let source = Source::of_host(src, &stat).ok_or_else(|| say::no_host_source(src))?;
                self.plan_into(basename(src), dest, &source, wanted, (context, &mut *observe))?
            }
            _ => return Err(say::not_a_file(src).into()),
        };
        plan.result.insert("src".into(), src.into());
        Ok(plan)
    }

    /// What is in a directory of the host, with the digests of all files.
    fn host_items(
        &self,
        src: &str,
        observe: &mut Observe,
    ) -> Result<Vec<(std::sync::Arc<str>, Item)>, Stop> {
        let list = Question::List { path: src.into(), recurse: true };
        let entries = match observe.ask(list)? {
            Answer::Entries(entries) => entries.unwrap_or_default(),
            other => return Err(crate::observe::mismatch(&other)),
        };
        let is_read = |stat: &Stat| match stat.kind {
            FileKind::Link => self.local_follow,
            kind => kind == FileKind::File,
        };
        let read = entries.iter().filter(|(_, stat)| is_read(stat));
        observe.expect(read.map(|(name, _)| stat_question(&join(src, name), true)));
        let mut items = Vec::new();
        for (name, stat) in entries {
            let path = join(src, &name);
            let item = match (stat.kind, &stat.target) {
                (FileKind::Directory, _) => Item::Directory,
                (FileKind::Link, Some(target)) => {
                    let followed = if self.local_follow {
                        observe.stat_with(&path, true, true)?
                    } else {
                        None
                    };
                    let file = followed.and_then(|stat| Source::of_host(&path, &stat));
                    file.map_or_else(|| Item::Link(target.clone()), Item::File)
                }
                (FileKind::File, _) => {
                    let stat = observe.stat_with(&path, true, true)?;
                    let source = stat.and_then(|stat| Source::of_host(&path, &stat));
                    Item::File(source.ok_or_else(|| say::no_host_source(&path))?)
                }
                _ => return Err(say::not_a_file(&path).into()),
            };
            items.push((name, item));
        }
        Ok(items)
    }
}

/// One entry of a tree to be copied.
#[derive(Clone, Debug)]
enum Item {
    Directory,
    File(Source),
    Link(std::sync::Arc<str>),
}

/// Plans a symbolic link with this text, in the place of whatever file or link is there.
fn link(
    path: &str,
    target: &std::sync::Arc<str>,
    observe: &mut Observe,
    changes: &mut Vec<Planned>,
) -> Result<(), Stop> {
    let now = observe.stat(path)?;
    if now.as_ref().is_some_and(|stat| stat.target.as_ref() == Some(target)) {
        return Ok(());
    }
    if now.as_ref().is_some_and(|stat| stat.kind == FileKind::Directory) {
        return Err(say::is_a_directory(path).into());
    }
    let change = Change::MakeLink {
        path: path.into(),
        target: target.clone(),
        hard: false,
        before: Before::of(now.as_deref()),
    };
    changes.push(attributes::with_state_diff(change, now.as_deref()));
    Ok(())
}

/// SHA-1 in lower-case hexadecimal.
fn sha1(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    crate::overlay::hex(&sha1::Sha1::digest(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check, check_all, options};

    fn case(name: &'static str, host: &str, opts: &str, expect: Expect) -> Case {
        Case { name, host: Host::new(host), module: "copy", options: options(opts), expect }
    }

    #[test]
    fn files_of_the_controller() {
        let motd = "source motd 0640 = hello\\n";
        let big = "blob big 0644 = 0123456789";
        check_all(&[
            case(
                "a new file",
                motd,
                "src: motd\ndest: /etc/motd",
                Expect::changes(r#"write /etc/motd = "hello\n""#)
                    .file("/etc/motd", "hello\n")
                    .result("dest", "/etc/motd")
                    .result("mode", "0644")
                    .result("owner", "root")
                    .result("state", "file")
                    .result("size", 6_i64)
                    .result(
                        "checksum",
                        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
                    ),
            ),
            case(
                "with all attributes",
                &format!("{motd}\ngroup adm 4\nuser joe 1001:4 /home/joe"),
                "src: motd\ndest: /etc/motd\nowner: joe\ngroup: adm\nmode: \"0600\"",
                Expect::changes(r#"write /etc/motd 0600 joe:adm = "hello\n""#)
                    .result("uid", 1001_i64)
                    .result("mode", "0600"),
            ),
            case(
                "preserve",
                motd,
                "src: motd\ndest: /etc/motd\nmode: preserve",
                Expect::changes(r#"write /etc/motd 0640 = "hello\n""#),
            ),
            case(
                "nothing to do",
                &format!("{motd}\n/etc/motd 0640 = hello\\n"),
                "src: motd\ndest: /etc/motd",
                Expect::nothing().result("mode", "0640"),
            ),
            case(
                "only the mode",
                &format!("{motd}\n/etc/motd 0640 = hello\\n"),
                "src: motd\ndest: /etc/motd\nmode: \"0644\"",
                Expect::changes("attrs /etc/motd 0644"),
            ),
            case(
                "content keeps the old attributes",
                &format!("{motd}\ngroup adm 4\n/etc/motd 0600 root:adm = x"),
                "src: motd\ndest: /etc/motd\nbackup: true",
                Expect::changes(r#"write /etc/motd = "hello\n" backup"#)
                    .result("mode", "0600")
                    .result("group", "adm")
                    .result("backup_file", "/etc/motd.4711.2026-01-01@00:00:00~"),
            ),
            case(
                "by hash",
                big,
                "src: big\ndest: /tmp/b",
                Expect::changes("write /tmp/b = blob 10")
                    .file("/tmp/b", "0123456789")
                    .result("size", 10_i64),
            ),
            case(
                "into a directory that is there",
                motd,
                "src: motd\ndest: /etc",
                Expect::changes(r#"write /etc/motd = "hello\n""#),
            ),
            case(
                "into a directory to be made",
                motd,
                "src: motd\ndest: /srv/a/\ndirectory_mode: \"0700\"",
                Expect::changes(
                    "mkdir /srv 0700\nmkdir /srv/a 0700\nwrite /srv/a/motd = \"hello\\n\"",
                ),
            ),
            case(
                "a link is replaced",
                &format!("{motd}\n/etc/real 0644 = x\n/etc/motd -> real"),
                "src: motd\ndest: /etc/motd",
                Expect::changes(r#"write /etc/motd = "hello\n""#).file("/etc/real", "x"),
            ),
            case(
                "a link is followed",
                &format!("{motd}\n/etc/real 0644 = x\n/etc/motd -> real"),
                "src: motd\ndest: /etc/motd\nfollow: true",
                Expect::changes(r#"write /etc/real = "hello\n""#).result("dest", "/etc/real"),
            ),
            case(
                "force: no",
                &format!("{motd}\n/etc/motd 0644 = x"),
                "src: motd\ndest: /etc/motd\nforce: false",
                Expect::nothing(),
            ),
            case(
                "validated",
                &format!("{motd}\nrun visudo -cf %s -> 0"),
                "src: motd\ndest: /etc/motd\nvalidate: visudo -cf %s",
                Expect::changes(r#"write /etc/motd = "hello\n" validate visudo -cf %s"#),
            ),
            case(
                "not accepted",
                &format!("{motd}\nrun visudo -cf %s -> 1"),
                "src: motd\ndest: /etc/motd\nvalidate: visudo -cf %s",
                Expect::error("program_failed"),
            ),
            case("no directory", motd, "src: motd\ndest: /nowhere/motd", Expect::error("/nowhere")),
            case("relative", motd, "src: motd\ndest: etc/motd", Expect::error("absolute")),
            case(
                "home",
                motd,
                "src: motd\ndest: ~/motd",
                Expect::changes(r#"write /root/motd = "hello\n""#),
            ),
            case("no such source", "", "src: x\ndest: /etc/x", Expect::error("no_source")),
            case(
                "no such owner",
                motd,
                "src: motd\ndest: /etc/x\nowner: bob",
                Expect::error("bob"),
            ),
            case(
                "chattr",
                motd,
                "src: motd\ndest: /etc/x\nattributes: +i",
                Expect::error("attributes"),
            ),
            case(
                "wrong checksum",
                motd,
                "src: motd\ndest: /etc/x\nchecksum: f572d396fae9206628714fb2ce00f72e94f2258e",
                Expect::error("checksum"),
            ),
        ]);
    }

    #[test]
    fn content() {
        check_all(&[
            case(
                "text",
                "",
                "content: a: b\ndest: /etc/x",
                Expect::changes(r#"write /etc/x = "a: b""#),
            ),
            case(
                "json",
                "",
                "content: {\"a\": [1, \"ü\", null], \"b\": {}}\ndest: /etc/x",
                Expect::any().file("/etc/x", r#"{"a": [1, "\u00fc", null], "b": {}}"#),
            ),
            case("a directory", "", "content: x\ndest: /etc", Expect::error("directory")),
            case("both", "", "content: x\nsrc: y\ndest: /etc/x", Expect::error("content")),
        ]);
    }

    #[test]
    fn trees() {
        let tree = "source site/a 0644 = 1\nsource site/sub/b 0600 = 2";
        check_all(&[
            case(
                "the directory itself",
                tree,
                "src: site\ndest: /srv",
                Expect::changes(
                    "mkdir /srv\nmkdir /srv/site\nwrite /srv/site/a = \"1\"\nmkdir /srv/site/sub\nwrite /srv/site/sub/b = \"2\"",
                ),
            ),
            case(
                "what is in it",
                &format!("{tree}\n/srv/ 0755\n/srv/a 0644 = 1"),
                "src: site/\ndest: /srv\nmode: preserve\ndirectory_mode: \"0750\"",
                Expect::changes("mkdir /srv/sub 0750\nwrite /srv/sub/b 0600 = \"2\""),
            ),
            case(
                "on the host",
                "/a/ 0755\n/a/f 0600 = x\n/a/d/ 0755\n/a/l -> f",
                "src: /a/\ndest: /b\nremote_src: true\nmode: preserve\nlocal_follow: false",
                Expect::changes(
                    "mkdir /b\nmkdir /b/d\nwrite /b/f 0600 = copy of /a/f\nlink /b/l -> f",
                ),
            ),
            case(
                "a file on the host",
                "/etc/a 0600 = x",
                "src: /etc/a\ndest: /etc/b\nremote_src: true",
                Expect::changes("write /etc/b = copy of /etc/a").file("/etc/b", "x"),
            ),
            case(
                "nothing on the host",
                "",
                "src: /etc/a\ndest: /etc/b\nremote_src: true",
                Expect::error("/etc/a"),
            ),
        ]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_name_and_content_arrives(name in "[^/\0]{1,20}", content in "(?s).{0,40}") {
            prop_assume!(name != "." && name != "..");
            let options = Value::from([
                ("dest", Value::from(format!("/etc/{name}"))), ("content", Value::from(content.clone())),
            ]);
            let host = Host::default();
            let expect = Expect::any().file(&format!("/etc/{name}"), &content);
            check(&Case { name: "any", host, module: "copy", options, expect });
        }
    }
}
