//! `stat`: what lies at a path.

use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Kind, Module, Plan};
use crate::attributes::{self, expand, trimmed};
use crate::message::file as say;
use crate::observe::{Account, FileKind, Observe, Question, Stop};
use crate::options;
use crate::overlay::{UNKNOWN_ID, UNKNOWN_TIME};
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    may_change: false,
    normalize: Some(|pairs| {
        // Neither the type of content nor flags of `chattr` are read, so nothing is left out by these.
        let unused = ["get_mime", "mime", "mime_type", "mime-type"];
        let flags = ["get_attributes", "attr", "attributes"];
        let is_unused = |name: &str| unused.contains(&name) || flags.contains(&name);
        pairs.retain(|(key, _)| !key.as_str().is_some_and(is_unused));
        Ok(())
    }),
    ..Kind::of::<StatOf>("stat")
};

/// The largest file whose content is read for a checksum other than SHA-256, in bytes.
const LIMIT: u64 = 64 * 1024 * 1024;

options! {
    /// Looks what lies at a path, for `register`: the result has `stat.exists` and, where something is
    /// there, its type, mode, owner, size, times and checksum under Ansible's names. Nothing is changed.
    ///
    /// `mimetype` and `charset` are `unknown`, and flags of `chattr` are not read.
    ///
    /// Example: `stat: path=/etc/passwd`
    struct StatOf {
        /// The path.
        #[serde(alias = "dest", alias = "name")]
        path: String,
        /// Whether a link is followed.
        #[serde(default)]
        follow: bool,
        /// Whether the checksum of a file is computed.
        #[serde(default = "yes")]
        get_checksum: bool,
        /// `sha1`, `sha256`, `sha224`, `sha384`, `sha512` or `md5`. SHA-256 costs least; for others the
        /// content is read, up to 64 MiB. Where none is said it is `sha1`, and left out of a larger file.
        #[serde(default, alias = "checksum", alias = "checksum_algo")]
        checksum_algorithm: Option<Algorithm>,
    }
}

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

const fn yes() -> bool {
    true
}

impl Algorithm {
    fn of(self, bytes: &[u8]) -> String {
        use sha2::Digest as _;
        let digest: Vec<u8> = match self {
            Self::Md5 => md5::Md5::digest(bytes).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Sha224 => sha2::Sha224::digest(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        };
        crate::overlay::hex(&digest)
    }
}

impl Module for StatOf {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let path = expand(&self.path, context, observe)?;
        let path = trimmed(&path);
        let digest = self.get_checksum && self.checksum_algorithm == Some(Algorithm::Sha256);
        observe.expect([
            Question::Stat { path: path.into(), follow: self.follow, digest },
            Question::User(context.user.into()),
        ]);
        let stat = observe.stat_with(path, self.follow, digest)?;
        let mut facts = Map::from_iter([("exists".into(), Value::Bool(stat.is_some()))]);
        if let Some(stat) = stat {
            let user = observe.user(context.user)?;
            facts.insert("path".into(), path.into());
            describe(&stat, &mut facts);
            access(&stat, user.as_ref(), &mut facts);
            self.checksum(path, &stat, observe, &mut facts)?;
            if let Some(target) = &stat.target {
                let (source, _) = attributes::follow(path, false, observe)?;
                facts.insert("lnk_target".into(), Value::str(target.clone()));
                facts.insert("lnk_source".into(), source.into());
            }
        }
        let result = Map::from_iter([("stat".into(), Value::map(facts))]);
        Ok(Plan { result, changed: Some(false), ..Plan::default() })
    }
}

type Found = crate::observe::Stat;

impl StatOf {
    fn checksum(
        &self,
        path: &str,
        stat: &Found,
        observe: &mut Observe,
        facts: &mut Map,
    ) -> Result<(), Stop> {
        let readable = facts.get("readable") == Some(&Value::Bool(true));
        if !self.get_checksum || stat.kind != FileKind::File || !readable {
            return Ok(());
        }
        let sum: Option<Arc<str>> = match self.checksum_algorithm {
            Some(Algorithm::Sha256) => stat.sha256.clone(),
            // Whoever asks for none in particular wants to know what lies there.
            None if stat.size > LIMIT => None,
            Some(_) if stat.size > LIMIT => {
                return Err(say::too_large_to_sum(path, LIMIT).into());
            }
            algorithm => {
                let content = observe.read(path, LIMIT)?;
                content.map(|bytes| algorithm.unwrap_or(Algorithm::Sha1).of(&bytes.0).into())
            }
        };
        facts.insert("checksum".into(), Value::from(sum.map(Value::Str)));
        Ok(())
    }
}

/// What the system tells of a path, under Ansible's names.
fn describe(stat: &Found, facts: &mut Map) {
    let mut put = |name: &str, value: Value| facts.insert(name.into(), value);
    put("mode", Value::from(format!("{:04o}", stat.mode)));
    for (name, kind) in [
        ("isdir", FileKind::Directory),
        ("ischr", FileKind::CharDevice),
        ("isblk", FileKind::BlockDevice),
        ("isreg", FileKind::File),
        ("isfifo", FileKind::Fifo),
        ("islnk", FileKind::Link),
        ("issock", FileKind::Socket),
    ] {
        put(name, Value::Bool(stat.kind == kind));
    }
    put("uid", id(stat.uid));
    put("gid", id(stat.gid));
    for (name, number) in
        [("size", stat.size), ("inode", stat.ino), ("dev", stat.dev), ("nlink", stat.nlink)]
    {
        put(name, Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    }
    put("atime", time(stat.atime_ns));
    put("mtime", time(stat.mtime_ns));
    put("ctime", time(stat.ctime_ns));
    for (at, name) in
        ["xoth", "woth", "roth", "xgrp", "wgrp", "rgrp", "xusr", "wusr", "rusr"].iter().enumerate()
    {
        put(name, Value::Bool(stat.mode & (1 << at) != 0));
    }
    put("isuid", Value::Bool(stat.mode & 0o4000 != 0));
    put("isgid", Value::Bool(stat.mode & 0o2000 != 0));
    for (name, found) in [("pw_name", &stat.owner), ("gr_name", &stat.group)] {
        if let Some(found) = found {
            put(name, Value::str(found.clone()));
        }
    }
    put("mimetype", "unknown".into());
    put("charset", "unknown".into());
    put("version", Value::Null);
    put("attributes", Value::list(Vec::new()));
    put("attr_flags", "".into());
}

fn id(id: u32) -> Value {
    match id {
        UNKNOWN_ID => Value::Unknown("the user or group is not made yet".into()),
        id => Value::Int(id.into()),
    }
}

/// Seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "Python has times as floating point as well")]
fn time(ns: i64) -> Value {
    match ns {
        UNKNOWN_TIME => Value::Unknown("it is written only when the plan is applied".into()),
        ns => Value::Float(ns as f64 / 1e9),
    }
}

/// What the identity may do with it, as the permission bits say. Root reads and writes everything, and
/// executes what anyone may.
fn access(stat: &Found, user: Option<&Account>, facts: &mut Map) {
    let may = |bit: u32| match user {
        None => false,
        Some(user) if user.uid == 0 => {
            bit != 1 || stat.kind == FileKind::Directory || stat.mode & 0o111 != 0
        }
        Some(user) if user.uid == stat.uid => stat.mode & (bit << 6) != 0,
        Some(user) if is_member(user, stat) => stat.mode & (bit << 3) != 0,
        Some(_) => stat.mode & bit != 0,
    };
    for (name, bit) in [("readable", 4), ("writeable", 2), ("executable", 1)] {
        facts.insert(name.into(), Value::Bool(may(bit)));
    }
}

fn is_member(user: &Account, stat: &Found) -> bool {
    user.gid == stat.gid || stat.group.as_ref().is_some_and(|group| user.groups.contains(group))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::memory::Host;
    use crate::module_test::{options, run};
    use crate::observe::Answer;
    use crate::plan_case;

    /// The members of `stat` that are asked for, each as JSON.
    fn facts(host: &str, opts: &str, user: &str, names: &[&str]) -> Vec<String> {
        let mut host = Host::new(host);
        host.identity.owner = Some(user.into());
        let ran = run(&mut host, &KIND, &options(opts)).unwrap();
        assert_eq!(ran.plan.changed, Some(false));
        let stat = ran.finish.result["stat"].clone();
        let show = |name: &&str| serde_json::to_string(&stat.get(name)).unwrap();
        names.iter().map(show).collect()
    }

    #[test]
    fn everything_has_ansibles_name() {
        let host =
            "group adm 4\nuser joe 7:7 /home adm\n/f 4640 joe:adm = hello\\n\n/l -> f\n/x 0700 = y";
        for (opts, user, names, expected) in [
            ("path: /nothing", "root", &["exists", "path"][..], &["false", "null"][..]),
            (
                "path: /f",
                "root",
                &[
                    "exists", "isreg", "isdir", "mode", "uid", "pw_name", "gr_name", "size",
                    "isuid", "rgrp", "woth",
                ],
                &[
                    "true", "true", "false", "\"4640\"", "7", "\"joe\"", "\"adm\"", "6", "true",
                    "true", "false",
                ],
            ),
            ("path: /f", "root", &["checksum"], &["\"f572d396fae9206628714fb2ce00f72e94f2258f\""]),
            (
                "path: /f\nchecksum_algorithm: md5",
                "root",
                &["checksum"],
                &["\"b1946ac92492d2347c6235b4d2611184\""],
            ),
            (
                "path: /f\nchecksum_algorithm: sha256",
                "root",
                &["checksum"],
                &["\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""],
            ),
            ("path: /f\nget_checksum: false", "root", &["checksum"], &["null"]),
            (
                "path: /l",
                "root",
                &["islnk", "lnk_target", "lnk_source"],
                &["true", "\"f\"", "\"/f\""],
            ),
            (
                "path: /l\nfollow: true",
                "root",
                &["islnk", "isreg", "lnk_source"],
                &["false", "true", "null"],
            ),
            ("path: /etc/", "root", &["isdir", "path", "checksum"], &["true", "\"/etc\"", "null"]),
            (
                "path: /f",
                "root",
                &["readable", "writeable", "executable"],
                &["true", "true", "false"],
            ),
            (
                "path: /f",
                "joe",
                &["readable", "writeable", "executable"],
                &["true", "true", "false"],
            ),
            (
                "path: /x",
                "joe",
                &["readable", "executable", "checksum"],
                &["false", "false", "null"],
            ),
        ] {
            assert_eq!(facts(host, opts, user, names), expected, "{opts} as {user}");
        }
    }

    /// A regular file of root's that has so many bytes, and who looks.
    fn large(size: u64) -> [(Question, Answer); 2] {
        let stat = Found {
            kind: FileKind::File,
            mode: 0o644,
            uid: 0,
            gid: 0,
            owner: None,
            group: None,
            size,
            mtime_ns: 0,
            atime_ns: 0,
            ctime_ns: 0,
            dev: 0,
            ino: 0,
            nlink: 1,
            target: None,
            sha256: None,
        };
        let root = Account {
            name: "root".into(),
            uid: 0,
            gid: 0,
            gecos: "".into(),
            home: "/root".into(),
            shell: "/bin/sh".into(),
            groups: Vec::new(),
            password: None,
            locked: None,
        };
        let question = Question::Stat { path: "/f".into(), follow: false, digest: false };
        [
            (question, Answer::Stat(Some(Box::new(stat)))),
            (Question::User("root".into()), Answer::User(Some(root))),
        ]
    }

    #[test]
    fn of_a_large_file_a_checksum_is_missed_only_by_who_asked_for_it() {
        let known = large(LIMIT + 1);
        let plan = plan_case::planned(&KIND, json!({"path": "/f"}), &known);
        let stat = &plan_case::result(&plan)["stat"];
        assert_eq!((&stat["readable"], &stat["checksum"]), (&json!(true), &json!(null)));
        for algorithm in ["sha1", "md5"] {
            let options = json!({"path": "/f", "checksum_algorithm": algorithm});
            let Err(Stop::Fail(message)) = plan_case::plan(&KIND, options, &known) else {
                panic!("{algorithm} of a file that is too large");
            };
            assert_eq!(message.id, "file.too_large_to_sum");
        }
    }
}
