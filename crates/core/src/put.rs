//! Putting a file at a path, as `copy`, `template`, `lineinfile` and the seed's `file` do: content when it
//! differs, owner, group and mode when they differ.

use std::sync::Arc;

use crate::attributes::{self, Wanted, join};
use crate::change::{Before, Change, Content, Planned};
use crate::diff::{self, Side};
use crate::message::file as say;
use crate::module::{Context, Plan};
use crate::observe::{Bytes, FileKind, Observe, SourceBody, SourceFile, Stat, Stop};
use crate::overlay::{parent, sha256};
use crate::value::{Map, Value};
use crate::words;

/// A file's new content, before it is known whether the host has it already.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it comes from.
    pub content: Content,
    /// SHA-256 in lower-case hexadecimal.
    pub digest: Arc<str>,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits of the source, for `mode: preserve`.
    pub mode: u32,
}

/// How a file is put.
#[derive(Clone, Debug)]
pub(crate) struct Put<'a> {
    /// Owner, group and mode.
    pub wanted: &'a Wanted,
    /// Whether the old file is kept.
    pub backup: bool,
    /// The command that must accept the new file.
    pub validate: Option<&'a str>,
    /// Whether a file that differs is replaced.
    pub force: bool,
    /// Whether a link at the path is followed rather than replaced.
    pub follow: bool,
}

impl Source {
    /// Content that is known here.
    pub(crate) fn of_bytes(bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        let bytes = Bytes::from(bytes);
        let (digest, size) = (sha256(&bytes.0), bytes.0.len() as u64);
        Self { content: Content::Inline(bytes), digest, size, mode }
    }

    /// A file of the controller; nothing where it is a directory.
    pub(crate) fn of_controller(file: &SourceFile) -> Option<Self> {
        match &file.body {
            SourceBody::Text(text) => Some(Self::of_bytes(text.as_bytes(), file.mode)),
            SourceBody::File { sha256, size } => Some(Self {
                content: Content::Blob { sha256: sha256.clone(), size: *size },
                digest: sha256.clone(),
                size: *size,
                mode: file.mode,
            }),
            SourceBody::Directory(_) => None,
        }
    }

    /// A file of the host, whose stat has a digest; nothing where it is no regular file.
    pub(crate) fn of_host(path: &str, stat: &Stat) -> Option<Self> {
        let digest = stat.sha256.clone()?;
        let content = Content::HostFile { path: path.into(), sha256: digest.clone() };
        Some(Self { content, digest, size: stat.size, mode: stat.mode })
    }
}

impl Put<'_> {
    /// The plan of one file at exactly this path, after what must be `made` for it.
    pub(crate) fn plan_at(
        &self,
        dest: &str,
        source: &Source,
        (context, observe): (&Context<'_>, &mut Observe),
        made: Vec<Planned>,
    ) -> Result<Plan, Stop> {
        let mut plan = Plan { changes: made, ..Plan::default() };
        let (dest, now) = self.plan(dest, source, (context, &mut *observe), &mut plan.changes)?;
        let at = (&*dest, now.as_deref());
        describe(at, source, &plan.changes, (context, observe), &mut plan.result)?;
        Ok(plan)
    }

    /// The plan of one file called `name` in the directory `dest`, or at that path where it is no
    /// directory. One with `/` at its end is made, as `dirs` says.
    pub(crate) fn plan_into(
        &self,
        name: &str,
        dest: &str,
        dirs: &Wanted,
        source: &Source,
        (context, observe): (&Context<'_>, &mut Observe),
    ) -> Result<Plan, Stop> {
        let mut made = Vec::new();
        let dest = if dest.ends_with('/') {
            attributes::make_directories(dest, dirs, observe, &mut made)?;
            join(dest, name)
        } else {
            match observe.stat_with(dest, true, true)? {
                Some(stat) if stat.kind == FileKind::Directory => join(dest, name),
                _ => dest.to_owned(),
            }
        };
        self.plan_at(&dest, source, (context, observe), made)
    }

    /// Plans what is needed for `source` to lie at `path`. Gives the path that it is about (a followed
    /// link's target) and what lies there now.
    pub(crate) fn plan(
        &self,
        path: &str,
        source: &Source,
        (context, observe): (&Context<'_>, &mut Observe),
        changes: &mut Vec<Planned>,
    ) -> Result<(String, Option<Box<Stat>>), Stop> {
        let (path, now) = if self.follow {
            attributes::follow(path, true, observe)?
        } else {
            (path.to_owned(), observe.stat_with(path, false, true)?)
        };
        let wanted = self.wanted.preserving(source.mode);
        match now.as_deref() {
            Some(stat) if stat.kind == FileKind::Directory => {
                return Err(say::is_a_directory(&path).into());
            }
            Some(_) if !self.force => {}
            Some(stat) if stat.sha256.as_ref() == Some(&source.digest) => {
                wanted.fix(&path, stat, false, changes);
            }
            stat => {
                if stat.is_none() {
                    parent_exists(&path, observe, changes)?;
                }
                self.write(&path, source, &wanted, stat, (context, observe), changes)?;
            }
        }
        Ok((path, now))
    }

    fn write(
        &self,
        path: &str,
        source: &Source,
        wanted: &Wanted,
        now: Option<&Stat>,
        (context, observe): (&Context<'_>, &mut Observe),
        changes: &mut Vec<Planned>,
    ) -> Result<(), Stop> {
        let attrs = match now {
            Some(old) if old.kind == FileKind::File => wanted.of_replaced(old),
            _ => wanted.of_new(FileKind::File),
        };
        let diff =
            if context.diff { Some(content_diff(path, source, now, observe)?) } else { None };
        let change = Change::WriteFile {
            path: path.into(),
            content: source.content.clone(),
            attrs,
            before: Before::of(now),
            backup: self.backup && now.is_some(),
            validate: self.validate.map(validation).transpose()?,
        };
        changes.push(Planned { change, diff });
        Ok(())
    }
}

/// The words of a `validate` command, one of which must hold `%s`.
fn validation(line: &str) -> Result<Vec<Arc<str>>, Stop> {
    let words = words::split(line).map_err(|why| say::bad_validate(line, why))?;
    if !words.iter().any(|word| word.contains("%s")) {
        return Err(say::validate_without_path(line).into());
    }
    Ok(words.into_iter().map(Into::into).collect())
}

/// The directory of a new file must exist, or be made by this plan.
fn parent_exists(path: &str, observe: &mut Observe, changes: &[Planned]) -> Result<(), Stop> {
    let dir = parent(path);
    let is_made = |planned: &Planned| match &planned.change {
        Change::MakeDirectory { path, .. } => **path == *dir,
        _ => false,
    };
    if changes.iter().any(is_made) {
        return Ok(());
    }
    match observe.stat_with(dir, true, false)? {
        Some(stat) if stat.kind == FileKind::Directory => Ok(()),
        Some(stat) => Err(say::not_a_directory(dir, attributes::state(&stat)).into()),
        None => Err(say::no_directory(dir, path).into()),
    }
}

/// What a person wants to see of a new content.
fn content_diff(
    path: &str,
    source: &Source,
    now: Option<&Stat>,
    observe: &mut Observe,
) -> Result<crate::change::Diff, Stop> {
    let old = match now {
        Some(stat) if stat.kind == FileKind::File => small(path, stat.size, observe)?,
        _ => None,
    };
    let new = match &source.content {
        Content::Inline(bytes) => Some(bytes.clone()),
        Content::Blob { .. } => None,
        Content::HostFile { path, .. } => small(path, source.size, observe)?,
    };
    let before = match now {
        Some(stat) if stat.kind == FileKind::File => side(old.as_ref(), stat.size),
        _ => Side::Absent,
    };
    Ok(diff::of_content(path, before, side(new.as_ref(), source.size)))
}

/// One side of a diff: the bytes where they are known.
fn side(bytes: Option<&Bytes>, size: u64) -> Side<'_> {
    bytes.map_or(Side::Size(size), |bytes| Side::Bytes(&bytes.0))
}

/// A file's content where it is small enough to be shown.
fn small(path: &str, size: u64, observe: &mut Observe) -> Result<Option<Bytes>, Stop> {
    if size > diff::LIMIT {
        return Ok(None);
    }
    match observe.read(path, diff::LIMIT) {
        // Content that is sent only when it is applied cannot be shown, but that stops nothing.
        Err(Stop::Unknown(_) | Stop::Fail(_)) => Ok(None),
        other => other,
    }
}

/// Puts what Ansible's `copy` returns about one file into a result.
pub(crate) fn describe(
    (path, now): (&str, Option<&Stat>),
    source: &Source,
    changes: &[Planned],
    (context, observe): (&Context<'_>, &mut Observe),
    result: &mut Map,
) -> Result<(), Stop> {
    attributes::describe(path, now, changes, (context, observe), result)?;
    result.insert("dest".into(), path.into());
    result.insert("checksum".into(), Value::str(source.digest.clone()));
    result.insert("size".into(), Value::Int(i64::try_from(source.size).unwrap_or(i64::MAX)));
    Ok(())
}

/// Puts the name of a kept old file into the result, as `backup_file`.
pub(crate) fn insert_backup(result: &mut Map, outcomes: &[crate::change::Outcome]) {
    for outcome in outcomes {
        if let crate::change::Outcome::Done(deed) = outcome
            && let Some(backup) = &deed.backup
        {
            result.insert("backup_file".into(), Value::str(backup.clone()));
        }
    }
}
