//! Owner, group and mode as a task wants them, and paths as a task names them.

use std::sync::Arc;

use crate::change::{Attrs, Before, Change, Planned};
use crate::diff;
use crate::message::file as say;
use crate::mode::Mode;
use crate::module::Context;
use crate::observe::{Answer, FileKind, Observe, Question, Stat, Stop};
use crate::overlay::{Identity, Overlay, UNKNOWN_ID, parent};
use crate::value::{Map, Value};

/// Links followed before a path counts as a loop, as Linux has it.
const MAX_LINKS: u32 = 40;

/// What a task says about owner, group and mode; nothing is what it leaves as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    owner: Option<Id>,
    group: Option<Id>,
    mode: Option<Mode>,
}

/// A user or group, with the name where it has one.
#[derive(Clone, Debug)]
struct Id {
    /// Its number, [`UNKNOWN_ID`] where only applying will tell.
    number: u32,
    name: Option<Arc<str>>,
}

impl Id {
    /// Whether `number` and `name` are this one's.
    fn is(&self, number: u32, name: Option<&Arc<str>>) -> bool {
        if self.number == UNKNOWN_ID { name == self.name.as_ref() } else { number == self.number }
    }
}

impl Wanted {
    /// Looks owner and group up. One that is given by a number needs no entry in the database.
    pub(crate) fn resolve(
        owner: Option<&str>,
        group: Option<&str>,
        mode: Option<&Mode>,
        observe: &mut Observe,
    ) -> Result<Self, Stop> {
        observe.expect(owner.map(|owner| Question::User(owner.into())));
        observe.expect(group.map(|group| Question::Group(group.into())));
        let owner = owner.map(|owner| user_id(owner, observe)).transpose()?;
        let group = group.map(|group| group_id(group, observe)).transpose()?;
        Ok(Self { owner, group, mode: mode.cloned() })
    }

    /// The same with another mode.
    pub(crate) fn with_mode(&self, mode: Option<Mode>) -> Self {
        Self { mode, ..self.clone() }
    }

    /// The same with `preserve` replaced by these bits.
    pub(crate) fn preserving(&self, bits: u32) -> Self {
        match self.mode {
            Some(Mode::Preserve) => self.with_mode(Some(Mode::Bits(bits))),
            _ => self.clone(),
        }
    }

    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.group.is_none() && self.mode.is_none()
    }

    /// What something new of this kind shall have.
    pub(crate) fn of_new(&self, kind: FileKind) -> Attrs {
        let mode = self.mode.as_ref().map(|mode| mode.of_new(kind));
        self.with_ids(Attrs { mode, ..Attrs::default() }, true, true)
    }

    /// What a new file in the place of `old` shall have.
    pub(crate) fn of_replaced(&self, old: &Stat) -> Attrs {
        let mode = self.mode.as_ref().map(|mode| mode.apply(old.mode, FileKind::File));
        self.with_ids(Attrs { mode, ..Attrs::default() }, true, true)
    }

    /// What is to be set on something that is there: only what differs, nothing when all is well.
    pub(crate) fn missing(&self, stat: &Stat) -> Option<Attrs> {
        let owner = self.owner.as_ref().is_some_and(|id| !id.is(stat.uid, stat.owner.as_ref()));
        let group = self.group.as_ref().is_some_and(|id| !id.is(stat.gid, stat.group.as_ref()));
        let mode = self.mode.as_ref().map(|mode| mode.apply(stat.mode, stat.kind));
        let mode = mode.filter(|mode| *mode != stat.mode && stat.kind != FileKind::Link);
        let attrs = self.with_ids(Attrs { mode, ..Attrs::default() }, owner, group);
        (attrs != Attrs::default()).then(|| keep_special(attrs, stat))
    }

    fn with_ids(&self, mut attrs: Attrs, owner: bool, group: bool) -> Attrs {
        let number = |id: &Id| Some(id.number).filter(|number| *number != UNKNOWN_ID);
        if let Some(id) = self.owner.as_ref().filter(|_| owner) {
            (attrs.uid, attrs.owner) = (number(id), id.name.clone());
        }
        if let Some(id) = self.group.as_ref().filter(|_| group) {
            (attrs.gid, attrs.group) = (number(id), id.name.clone());
        }
        attrs
    }

    /// Plans to set what differs at a path.
    pub(crate) fn fix(&self, path: &str, stat: &Stat, follow: bool, changes: &mut Vec<Planned>) {
        let Some(attrs) = self.missing(stat) else {
            return;
        };
        let change = Change::SetAttrs {
            path: path.into(),
            attrs,
            follow,
            before: Before::Is(Box::new(stat.clone())),
        };
        changes.push(with_state_diff(change, Some(stat)));
    }
}

/// Changing an owner clears set-user-id and set-group-id on Linux, so they are set again with it.
fn keep_special(mut attrs: Attrs, stat: &Stat) -> Attrs {
    let chowns = attrs.uid.is_some() || attrs.gid.is_some() || attrs.owner.is_some();
    if chowns && attrs.mode.is_none() && stat.mode & 0o6000 != 0 && stat.kind != FileKind::Link {
        attrs.mode = Some(stat.mode);
    }
    attrs
}

fn user_id(key: &str, observe: &mut Observe) -> Result<Id, Stop> {
    match (observe.user(key)?, key.parse()) {
        (Some(account), _) => Ok(Id { number: account.uid, name: Some(account.name) }),
        (None, Ok(number)) => Ok(Id { number, name: None }),
        (None, Err(_)) => Err(say::no_user(key).into()),
    }
}

fn group_id(key: &str, observe: &mut Observe) -> Result<Id, Stop> {
    match (observe.group(key)?, key.parse()) {
        (Some(group), _) => Ok(Id { number: group.gid, name: Some(group.name) }),
        (None, Ok(number)) => Ok(Id { number, name: None }),
        (None, Err(_)) => Err(say::no_group(key).into()),
    }
}

/// A path on the host as a task names it: absolute, `~` and `~user` replaced by the home directory.
/// An ending `/` stays.
pub(crate) fn expand(
    path: &str,
    context: &Context<'_>,
    observe: &mut Observe,
) -> Result<String, Stop> {
    if path.contains('\0') {
        return Err(say::nul_in_path(path.replace('\0', "\\0")).into());
    }
    if path.starts_with('/') {
        return Ok(path.to_owned());
    }
    let Some(rest) = path.strip_prefix('~') else {
        return Err(say::relative_path(path).into());
    };
    let (name, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let name = if name.is_empty() { context.user } else { name };
    match observe.user(name)? {
        Some(account) => Ok(format!("{}{below}", account.home.trim_end_matches('/'))),
        None => Err(say::no_user(name).into()),
    }
}

/// A path without the slashes at its end.
pub(crate) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// The last component of a path.
pub(crate) fn basename(path: &str) -> &str {
    trimmed(path).rsplit('/').next().unwrap_or_default()
}

/// `dir/name`.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("{}/{name}", dir.trim_end_matches('/'))
    }
}

/// Where a path leads when the links at its end are followed, and what lies there.
pub(crate) fn follow(
    path: &str,
    digest: bool,
    observe: &mut Observe,
) -> Result<(String, Option<Box<Stat>>), Stop> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let stat = observe.stat_with(&path, false, digest)?;
        match stat.as_ref().and_then(|stat| stat.target.as_ref()) {
            Some(target) => path = join(parent(&path), target),
            None => return Ok((path, stat)),
        }
    }
    Err(say::link_loop(path).into())
}

/// Plans the directories that are missing on the way to `dir`, and `dir` itself.
pub(crate) fn make_directories(
    dir: &str,
    wanted: &Wanted,
    observe: &mut Observe,
    changes: &mut Vec<Planned>,
) -> Result<(), Stop> {
    let dir = trimmed(dir);
    let mut above: Vec<&str> = Vec::new();
    let mut at = dir;
    while at != "/" {
        above.push(at);
        at = parent(at);
    }
    let stat = |path: &str| Question::Stat { path: path.into(), follow: true, digest: false };
    observe.expect(above.iter().map(|path| stat(path)));
    let mut missing = Vec::new();
    for path in above {
        match observe.stat_with(path, true, false)? {
            None => missing.push(path),
            Some(found) if found.kind == FileKind::Directory => break,
            Some(found) => return Err(say::not_a_directory(path, state(&found)).into()),
        }
    }
    for path in missing.into_iter().rev() {
        let planned = |planned: &Planned| planned.change.path() == Some(path);
        if !changes.iter().any(planned) {
            let attrs = wanted.of_new(FileKind::Directory);
            let before = Before::Absent;
            let change = Change::MakeDirectory { path: path.into(), attrs, before };
            changes.push(with_state_diff(change, None));
        }
    }
    Ok(())
}

/// The change with a diff of what is known about its path beside the content.
pub(crate) fn with_state_diff(change: Change, before: Option<&Stat>) -> Planned {
    let path = change.path().unwrap_or_default();
    let maker = Identity {
        uid: UNKNOWN_ID,
        gid: UNKNOWN_ID,
        owner: None,
        group: None,
        ..Identity::default()
    };
    let after = predicted(path, std::slice::from_ref(&change), before, &maker);
    let diff = diff::of_state(path, before, after.as_ref());
    Planned { diff: Some(diff).filter(|diff| diff.before != diff.after), change }
}

/// What will lie at a path after these changes.
fn predicted(
    path: &str,
    changes: &[Change],
    before: Option<&Stat>,
    identity: &Identity,
) -> Option<Stat> {
    let mut overlay = Overlay::default();
    for change in changes {
        overlay.plan(change, identity);
    }
    let question = Question::Stat { path: path.into(), follow: false, digest: true };
    let host = Answer::Stat(before.cloned().map(Box::new));
    let answer = overlay.answer(&question);
    match answer.unwrap_or_else(|| overlay.adjust(&question, host)) {
        Answer::Stat(stat) => stat.map(|stat| *stat),
        _ => None,
    }
}

/// Who makes new files, asked only where that matters for the result.
pub(crate) fn identity(context: &Context<'_>, observe: &mut Observe) -> Result<Identity, Stop> {
    let Some(account) = observe.user(context.user)? else {
        return Ok(Identity::default());
    };
    let group = observe.group(&account.gid.to_string())?;
    Ok(Identity::of(&account, group.as_ref()))
}

/// Puts what Ansible's file modules return about a path into a result, as it will be after the changes.
pub(crate) fn describe(
    path: &str,
    before: Option<&Stat>,
    changes: &[Planned],
    (context, observe): (&Context<'_>, &mut Observe),
    result: &mut Map,
) -> Result<(), Stop> {
    let about = |planned: &&Planned| planned.change.path() == Some(path);
    let changes: Vec<Change> = changes.iter().filter(about).map(|p| p.change.clone()).collect();
    let identity = match before {
        Some(_) => Identity::default(),
        None if changes.is_empty() => Identity::default(),
        None => identity(context, observe)?,
    };
    let Some(stat) = predicted(path, &changes, before, &identity) else {
        result.insert("state".into(), "absent".into());
        return Ok(());
    };
    let id = |id: u32| match id {
        UNKNOWN_ID => Value::Unknown("the user or group is not made yet".into()),
        id => Value::Int(id.into()),
    };
    let name = |name: &Option<Arc<str>>, id: u32| {
        Value::str(name.clone().unwrap_or_else(|| id.to_string().into()))
    };
    result.insert("uid".into(), id(stat.uid));
    result.insert("gid".into(), id(stat.gid));
    result.insert("owner".into(), name(&stat.owner, stat.uid));
    result.insert("group".into(), name(&stat.group, stat.gid));
    result.insert("mode".into(), Value::from(format!("{:04o}", stat.mode)));
    result.insert("state".into(), state(&stat).into());
    result.insert("size".into(), Value::Int(i64::try_from(stat.size).unwrap_or(i64::MAX)));
    Ok(())
}

/// What Ansible's module `file` calls the state of a path.
pub(crate) fn state(stat: &Stat) -> &'static str {
    match stat.kind {
        FileKind::Link => "link",
        FileKind::Directory => "directory",
        _ if stat.nlink > 1 => "hard",
        _ => "file",
    }
}

/// Options of Ansible's file modules that are not here, refused by name; those that change nothing here
/// are dropped.
pub(crate) fn refuse_missing_options(
    pairs: &mut Vec<(crate::node::Node, crate::node::Node)>,
) -> Result<(), crate::message::Message> {
    pairs.retain(|(key, _)| key.as_str() != Some("unsafe_writes"));
    let missing = ["attributes", "attr", "seuser", "serole", "setype", "selevel"];
    let named = pairs.iter().filter_map(|(key, _)| key.as_str());
    match named.into_iter().find(|name| missing.contains(name)) {
        Some(name) => Err(say::no_such_attribute(name)),
        None => Ok(()),
    }
}
