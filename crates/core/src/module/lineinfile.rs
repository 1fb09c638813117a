//! `lineinfile`: makes sure that a line is, or is not, in a file.

use serde::Deserialize;

use super::{Context, Finish, Kind, Module, Plan, copy};
use crate::attributes::{self, Wanted, expand, trimmed};
use crate::change::{Change, Outcome};
use crate::line_edit::{self, Edit, Place};
use crate::message::file as say;
use crate::mode::Mode;
use crate::observe::{FileKind, Observe, Question, Stat, Stop};
use crate::options;
use crate::overlay::parent;
use crate::put::{Put, Source};
use crate::python_regex::Regex;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind {
    normalize: Some(crate::attributes::refuse_missing_options),
    ..Kind::of::<LineInFile>("lineinfile")
};

/// The largest file that is edited, in bytes.
const LIMIT: u64 = 64 * 1024 * 1024;

options! {
    /// Makes sure that a line is in a file, replacing one that matches `regexp`, or that no such line is.
    ///
    /// Where several lines match, the last is replaced; `firstmatch` takes the first. Without a match the
    /// line is put after `insertafter`, before `insertbefore` or at the end. A link is followed.
    ///
    /// Example: `lineinfile: path=/etc/ssh/sshd_config regexp="^#?Port " line="Port 22" validate="sshd -t -f %s"`
    struct LineInFile {
        /// The file.
        #[serde(alias = "dest", alias = "destfile", alias = "name")]
        path: String,
        /// Whether the line shall be there: `present` or `absent`.
        #[serde(default = "present")]
        state: State,
        /// Expression, in Python's syntax, for the line to replace or remove.
        #[serde(default, alias = "regex")]
        regexp: Option<String>,
        /// Text, no expression, that the line to replace or remove holds.
        #[serde(default)]
        search_string: Option<String>,
        /// The line. With `backrefs` it may hold `\1` or `\g<name>` for groups of `regexp`.
        #[serde(default, alias = "value")]
        line: Option<String>,
        /// Where a new line goes: after the last line that this expression matches, or `EOF`.
        #[serde(default)]
        insertafter: Option<String>,
        /// Where a new line goes: before the last line that this expression matches, or `BOF`.
        #[serde(default)]
        insertbefore: Option<String>,
        /// Whether groups of `regexp` are filled into the line. Without a match nothing is changed then.
        #[serde(default)]
        backrefs: bool,
        /// Whether the first match counts rather than the last.
        #[serde(default)]
        firstmatch: bool,
        /// Whether the file is made where there is none, with the directories above it.
        #[serde(default)]
        create: bool,
        /// Whether the old file is kept beside the new one, with the date in its name.
        #[serde(default)]
        backup: bool,
        /// A command that must accept the new file before it takes the old one's place; `%s` is its path.
        #[serde(default)]
        validate: Option<String>,
        /// Owner, by name or number.
        #[serde(default)]
        owner: Option<String>,
        /// Group, by name or number.
        #[serde(default)]
        group: Option<String>,
        /// Mode: `"0644"` or `u=rw,g=r,o=`.
        #[serde(default)]
        mode: Option<Mode>,
    }
}

/// Whether a line shall be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Present,
    Absent,
}

const fn present() -> State {
    State::Present
}

impl Module for LineInFile {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        let edit = self.edit()?;
        let path = expand(&self.path, context, observe)?;
        let path = trimmed(&path);
        observe.expect([Question::Stat { path: path.into(), follow: false, digest: true }]);
        let (owner, group) = (self.owner.as_deref(), self.group.as_deref());
        let wanted = Wanted::resolve(owner, group, self.mode.as_ref(), observe)?;
        let (path, now) = attributes::follow(path, true, observe)?;
        match now.as_deref() {
            Some(stat) if stat.kind == FileKind::Directory => {
                return Err(say::is_a_directory(&path).into());
            }
            Some(stat) if stat.kind != FileKind::File => return Err(say::not_a_file(&path).into()),
            None if self.state == State::Absent => return Ok(not_present()),
            None if !self.create => return Err(say::no_file_to_edit(&path).into()),
            _ => {}
        }
        let old = match &now {
            Some(_) => observe.read(&path, LIMIT)?.unwrap_or_default(),
            None => crate::observe::Bytes::default(),
        };
        let edited = edit.apply(&old.0)?;
        if now.is_none() && !edited.changed {
            return Ok(not_present());
        }
        let source = Source::of_bytes(edited.content, 0o644);
        let put = Put {
            wanted: &wanted,
            backup: self.backup,
            validate: self.validate.as_deref(),
            force: true,
            follow: false,
        };
        let mut made = Vec::new();
        if now.is_none() {
            let none = Wanted::default();
            attributes::make_directories(parent(&path), &none, observe, &mut made)?;
        }
        let mut plan = put.plan_at(&path, &source, (context, observe), made)?;
        self.complete(&mut plan, edited.message, edited.found, &wanted, now.as_deref());
        Ok(plan)
    }

    fn finish(&self, result: Map, outcomes: &[Outcome]) -> Finish {
        let mut finish = copy::finish(result, outcomes);
        if let Some(backup) = finish.result.shift_remove("backup_file") {
            finish.result.insert("backup".into(), backup);
        }
        finish
    }
}

fn not_present() -> Plan {
    let result = Map::from_iter([("msg".into(), Value::from("file not present"))]);
    Plan { result, ..Plan::default() }
}

impl LineInFile {
    /// What to do to the content, its options checked against one another.
    fn edit(&self) -> Result<Edit<'_>, Stop> {
        let both = |a: bool, b: bool, names: [&str; 2]| {
            if a && b { Err(say::exclude_each_other(names[0], names[1])) } else { Ok(()) }
        };
        let (regexp, search) = (self.regexp.as_deref(), self.search_string.as_deref());
        both(
            self.insertafter.is_some(),
            self.insertbefore.is_some(),
            ["insertafter", "insertbefore"],
        )?;
        both(regexp.is_some(), search.is_some(), ["regexp", "search_string"])?;
        both(self.backrefs, search.is_some(), ["backrefs", "search_string"])?;
        let search = match (regexp, search) {
            (Some(regexp), _) => line_edit::Search::Regex(expression("regexp", regexp)?),
            (None, Some(text)) => line_edit::Search::Text(text),
            (None, None) => line_edit::Search::Line,
        };
        if self.state == State::Absent {
            if self.line.is_none() && self.regexp.is_none() && self.search_string.is_none() {
                return Err(say::no_line_to_remove().into());
            }
            return Ok(Edit::Remove { search, line: self.line.as_deref().unwrap_or_default() });
        }
        if self.backrefs && self.regexp.is_none() {
            return Err(say::backrefs_without_regexp().into());
        }
        let line = self.line.as_deref().ok_or_else(say::no_line)?;
        let place = self.place()?;
        let (backrefs, first) = (self.backrefs, self.firstmatch);
        Ok(Edit::Put { search, line, place, backrefs, first })
    }

    fn place(&self) -> Result<Place, Stop> {
        Ok(match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some("BOF"), _) | (None, Some("BOF")) => Place::Begin,
            (None | Some("EOF"), None) | (Some("EOF"), Some(_)) => Place::End,
            (Some(after), _) => Place::After(expression("insertafter", after)?),
            (None, Some(before)) => Place::Before(expression("insertbefore", before)?),
        })
    }

    /// The rest of the result, under Ansible's names.
    fn complete(
        &self,
        plan: &mut Plan,
        mut message: String,
        found: usize,
        wanted: &Wanted,
        now: Option<&Stat>,
    ) {
        let sets = |planned: &crate::change::Planned| match &planned.change {
            Change::SetAttrs { .. } => true,
            Change::WriteFile { .. } => now.is_some_and(|stat| wanted.missing(stat).is_some()),
            _ => false,
        };
        if plan.changes.iter().any(sets) {
            let and = if message.is_empty() { "" } else { " and " };
            message = format!("{message}{and}ownership, perms or SE linux context changed");
        }
        if self.state == State::Absent {
            plan.result
                .insert("found".into(), Value::Int(i64::try_from(found).unwrap_or(i64::MAX)));
        }
        plan.result.insert("msg".into(), message.into());
        plan.result.insert("backup".into(), "".into());
    }
}

fn expression(option: &str, text: &str) -> Result<Regex, Stop> {
    Regex::new(text).map_err(|why| say::bad_expression(option, text, why).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all, options};

    fn case(name: &'static str, file: &str, opts: &str, after: &str, msg: &str) -> Case {
        // What still matches after the last match was replaced is replaced by the next run, as in Ansible.
        let mut expect = Expect::any().file("/f", after).result("msg", msg);
        expect.repeats = name.starts_with("the last match");
        let options = options(&format!("path: /f\n{opts}"));
        Case {
            name,
            host: Host::default().with_file("/f", file.as_bytes()),
            module: "lineinfile",
            options,
            expect,
        }
    }

    #[test]
    fn lines_are_put_as_ansible_puts_them() {
        check_all(&[
            case("at the end", "a\nb\n", "line: c", "a\nb\nc\n", "line added"),
            case("there already", "a\nc\n", "line: a", "a\nc\n", ""),
            case("without a last line end", "a", "line: b", "a\nb\n", "line added"),
            case("into an empty file", "", "line: a", "a\n", "line added"),
            case(
                "the last match is replaced",
                "x1\nx2\nb\n",
                "line: y\nregexp: ^x",
                "x1\ny\nb\n",
                "line replaced",
            ),
            case(
                "the first match is replaced",
                "x1\nb\n",
                "line: y\nregexp: ^x\nfirstmatch: true",
                "y\nb\n",
                "line replaced",
            ),
            case(
                "replaced in the last line",
                "a\nPort 22",
                "line: Port 23\nregexp: ^Port",
                "a\nPort 23\n",
                "line replaced",
            ),
            case(
                "after a match",
                "a\nb\nc\n",
                "line: x\ninsertafter: ^a",
                "a\nx\nb\nc\n",
                "line added",
            ),
            case(
                "after the last of several",
                "a1\na2\nc\n",
                "line: x\ninsertafter: ^a",
                "a1\na2\nx\nc\n",
                "line added",
            ),
            case(
                "after the first of several",
                "a1\na2\nc\n",
                "line: x\ninsertafter: ^a\nfirstmatch: true",
                "a1\nx\na2\nc\n",
                "line added",
            ),
            case(
                "after the last line",
                "a\nb\n",
                "line: x\ninsertafter: ^b",
                "a\nb\nx\n",
                "line added",
            ),
            case(
                "before a match",
                "a\nb\nc\n",
                "line: x\ninsertbefore: ^b",
                "a\nx\nb\nc\n",
                "line added",
            ),
            case("at the beginning", "a\n", "line: x\ninsertbefore: BOF", "x\na\n", "line added"),
            case(
                "no match for the place",
                "a\n",
                "line: x\ninsertafter: ^z",
                "a\nx\n",
                "line added",
            ),
            case(
                "groups",
                "key = old\n",
                "line: \\1 = new\nregexp: ^(\\w+) = old$\nbackrefs: true",
                "key = new\n",
                "line replaced",
            ),
            case(
                "groups without a match",
                "a\n",
                "line: \\1\nregexp: ^(x)\nbackrefs: true",
                "a\n",
                "",
            ),
            case("a text", "a[b]c\nd\n", "line: x\nsearch_string: [b]", "x\nd\n", "line replaced"),
            case("Windows line ends", "a\r\nb\r\n", "line: a", "a\nb\r\n", "line replaced"),
        ]);
    }

    #[test]
    fn lines_are_removed() {
        check_all(&[
            case(
                "all that match",
                "a\nx1\nx2\n",
                "state: absent\nregexp: ^x",
                "a\n",
                "2 line(s) removed",
            ),
            case("the line", "a\nb\na\n", "state: absent\nline: a", "b\n", "2 line(s) removed"),
            case(
                "a text",
                "a.b\nc\n",
                "state: absent\nsearch_string: a.b",
                "c\n",
                "1 line(s) removed",
            ),
            case("nothing", "a\n", "state: absent\nline: b", "a\n", ""),
        ]);
    }

    #[test]
    fn files_and_options() {
        let case = |name, host: &str, opts: &str, expect| Case {
            name,
            host: Host::new(host),
            module: "lineinfile",
            options: options(opts),
            expect,
        };
        check_all(&[
            case("no file", "", "path: /f\nline: x", Expect::error("create")),
            case(
                "made",
                "",
                "path: /d/f\nline: x\ncreate: true\nmode: \"0600\"",
                Expect::changes("mkdir /d\nwrite /d/f 0600 = \"x\\n\""),
            ),
            case(
                "not to be removed from",
                "",
                "path: /f\nline: x\nstate: absent",
                Expect::nothing().result("msg", "file not present"),
            ),
            case("a directory", "", "path: /etc\nline: x", Expect::error("directory")),
            case(
                "through a link",
                "/f 0644 = a\\n\n/l -> f",
                "path: /l\nline: b",
                Expect::changes("write /f = \"a\\nb\\n\""),
            ),
            case(
                "only the mode",
                "/f 0600 = a\\n",
                "path: /f\nline: a\nmode: \"0644\"",
                Expect::changes("attrs /f 0644")
                    .result("msg", "ownership, perms or SE linux context changed"),
            ),
            case(
                "both",
                "/f 0600 = a\\n",
                "path: /f\nline: b\nmode: \"0644\"\nbackup: true",
                Expect::changes("write /f 0644 = \"a\\nb\\n\" backup")
                    .result("msg", "line added and ownership, perms or SE linux context changed")
                    .result("backup", "/f.4711.2026-01-01@00:00:00~"),
            ),
            case(
                "an expression",
                "/f 0600 = a\\n",
                "path: /f\nline: b\nregexp: (",
                Expect::error("regexp"),
            ),
            case("no line", "/f 0600 = a\\n", "path: /f", Expect::error("line")),
            case(
                "two places",
                "/f 0600 = a\\n",
                "path: /f\nline: b\ninsertafter: x\ninsertbefore: y",
                Expect::error("insertbefore"),
            ),
            case(
                "groups of nothing",
                "/f 0600 = a\\n",
                "path: /f\nline: b\nbackrefs: true",
                Expect::error("regexp"),
            ),
            case(
                "a group that is not there",
                "/f 0600 = a\\n",
                "path: /f\nline: \\3\nregexp: a\nbackrefs: true",
                Expect::error("group 3"),
            ),
        ]);
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let host = Host::default().with_file("/f", b"\xff\xfe\nb\n");
        let mut after = host.clone();
        let options = options("path: /f\nline: ü\nregexp: ^b");
        let kind = crate::module::find("lineinfile").unwrap();
        crate::module_test::run(&mut after, kind, &options).unwrap();
        let read = Question::Read { path: "/f".into(), limit: 100 };
        let expected = crate::observe::Bytes::from(b"\xff\xfe\n\xc3\xbc\n".to_vec());
        assert_eq!(after.answer(&read), crate::observe::Answer::Content(Some(expected)));
    }
}
