//! What a run does, and how it goes over its hosts: as people ask for it, and as the database keeps it.

use std::collections::BTreeMap;

use hep_core::rights::Verb;
use hep_core::rollout::Size;
use hep_core::verb::{self, Kind, Made};
use serde::{Deserialize, Serialize};

/// What is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A command.
    Command(CommandSubject),
    /// A script.
    Script(ScriptSubject),
    /// A manifest.
    Manifest(ManifestSubject),
    /// A file.
    Copy(CopySubject),
    /// A host verb.
    Verb(VerbSubject),
    /// A terminal, as runs show it. No call asks for one: it is opened in the web page.
    Terminal(TerminalSubject),
}

/// A terminal: its size when it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalSubject {
    /// Its width in characters.
    pub columns: u16,
    /// Its height in lines.
    pub rows: u16,
}

/// A command: a line for the host's shell, or words of which none is read by a shell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CommandSubject {
    /// A line for the login shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The words of a command, in place of `line`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// What it reads. A run has it sealed, and says only how much it is; a job has it open, as all that it runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stdin: String,
    /// Of a run: how many bytes it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(read_only)]
    pub stdin_bytes: Option<u64>,
    /// Variables of its environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Becomes another user by sudo: root, or whom the host's variable `ansible_become_user` says.
    #[serde(skip_serializing_if = "is_false")]
    pub sudo: bool,
    /// Becomes this user by sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// How long it may run on a host, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// What counts as success; exit code 0 when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
}

/// A script, which is sent to the hosts and run by the interpreter of its first line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptSubject {
    /// The script.
    pub script: String,
    /// Its arguments; no shell reads them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What it reads. A run has it sealed, and says only how much it is; a job has it open, as all that it runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stdin: String,
    /// Of a run: how many bytes it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(read_only)]
    pub stdin_bytes: Option<u64>,
    /// Variables of its environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Becomes another user by sudo: root, or whom the host's variable `ansible_become_user` says.
    #[serde(skip_serializing_if = "is_false")]
    pub sudo: bool,
    /// Becomes this user by sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// How long it may run on a host, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// What counts as success; exit code 0 when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
}

/// What counts as success of a command on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Expectation {
    /// It ends with one of these codes; with 0 when not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exit_codes: Vec<i32>,
    /// A line of what it prints on standard output matches this regular expression (as in Python), somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// A manifest: its files, or where they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct ManifestSubject {
    /// Its files by their paths, when they come with the call.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// Files that are no text, by their paths, in base64.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub binary: BTreeMap<String, String>,
    /// The name of a manifest of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The name of a repository to take the files from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Of a manifest of the server the number of a revision, of a repository a branch, a tag or a commit. The
    /// newest when not said. A run has here which it was: the number, or the commit.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "revision")]
    pub revision: Option<String>,
    /// The file to begin with. A manifest of the server says which; elsewhere `main.yml` when not said.
    pub entry: String,
    /// Those that follow it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<String>,
    /// Variables that win over all others.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub vars: serde_json::Map<String, serde_json::Value>,
    /// Only tasks with one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Not the tasks with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_tags: Vec<String>,
    /// Begin with the task of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at_task: Option<String>,
    /// Change nothing; tell what would change.
    #[serde(skip_serializing_if = "is_false")]
    pub check: bool,
    /// Show what changes in files.
    #[serde(skip_serializing_if = "is_false")]
    pub diff: bool,
    /// Becomes this user for every task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub become_user: Option<String>,
    /// When false, `become_user` is only for the tasks that become another user by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#become: Option<bool>,
    /// Run handlers even on hosts that failed.
    #[serde(skip_serializing_if = "is_false")]
    pub force_handlers: bool,
    /// Remove the executor from the hosts at the end.
    #[serde(skip_serializing_if = "is_false")]
    pub no_keep: bool,
    /// Drive every host by single commands over SSH, without the executor.
    #[serde(skip_serializing_if = "is_false")]
    pub no_executor: bool,
    /// How long to wait for another run that is changing a host, in seconds; 10 minutes when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_timeout_seconds: Option<u32>,
    /// How much `debug` tasks with a `verbosity` say.
    #[serde(skip_serializing_if = "is_zero")]
    pub verbosity: u8,
}

/// A file that the hosts shall have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CopySubject {
    /// Its content as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its content in base64, in place of `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Of a run, which has the content sealed: how many bytes it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(read_only)]
    pub bytes: Option<u64>,
    /// Where it shall lie: an absolute path.
    pub dest: String,
    /// Whom it shall belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its mode: `0644`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Becomes this user by sudo to write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// Change nothing; tell what would change.
    #[serde(skip_serializing_if = "is_false")]
    pub check: bool,
    /// Show what changes.
    #[serde(skip_serializing_if = "is_false")]
    pub diff: bool,
}

/// A host verb, as `GET /verbs` lists them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerbSubject {
    /// Its name: `packages.install`.
    pub verb: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    #[schema(value_type = Object)]
    pub parameters: serde_json::Value,
    /// Becomes this user by sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// Change nothing; tell what would change, where the verb can.
    #[serde(skip_serializing_if = "is_false")]
    pub check: bool,
    /// Show what changes in files.
    #[serde(skip_serializing_if = "is_false")]
    pub diff: bool,
    /// How long it may run on a host, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

impl VerbSubject {
    /// The verb; nothing where there is none of this name.
    fn known(&self) -> Option<&'static Kind> {
        verb::kind(&self.verb).ok()
    }

    /// Whether it is a task, which can tell beforehand what it would do.
    fn is_task(&self) -> bool {
        let made = self.known().and_then(|kind| kind.make(&self.parameters).ok());
        matches!(made, Some(Made::Task(_)))
    }
}

/// A revision, which may be a number.
fn revision<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Revision {
        Number(u64),
        Word(String),
    }
    let said = Option::<Revision>::deserialize(from)?;
    Ok(said.map(|said| match said {
        Revision::Number(number) => number.to_string(),
        Revision::Word(word) => word,
    }))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_zero(value: &u8) -> bool {
    *value == 0
}

/// How a run goes over its hosts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Strategy {
    /// How many hosts at once; 64 when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forks: Option<u16>,
    /// The sizes of batches, the last of which repeats: numbers, or percentages of all hosts (`"20%"`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub batches: Vec<Size>,
    /// So many hosts first, by themselves; when one of them fails nothing else begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub canary: Option<Size>,
    /// Begin no more hosts once so many have failed, were unreachable or are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stop_after: Option<Size>,
    /// How long to wait between two batches, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<u32>,
    /// Wait for somebody's approval: of a manifest when it has told what it would change, of all else before it
    /// begins.
    #[serde(skip_serializing_if = "is_false")]
    pub approval: bool,
    /// How long the run may take, its waits included, in seconds; a day when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u32>,
}

/// A day.
const USUAL_DEADLINE: u32 = 24 * 60 * 60;
/// Hosts at once when nobody says.
const USUAL_FORKS: u16 = 64;

impl Strategy {
    /// How long the run may take, in milliseconds.
    pub fn deadline_ms(&self) -> i64 {
        i64::from(self.deadline_seconds.unwrap_or(USUAL_DEADLINE)) * 1000
    }

    /// How many hosts at once; at least 1.
    pub fn forks(&self) -> usize {
        usize::from(self.forks.unwrap_or(USUAL_FORKS).max(1))
    }
}

impl Subject {
    /// The manifest, where it is one.
    pub const fn manifest(&self) -> Option<&ManifestSubject> {
        match self {
            Self::Manifest(manifest) => Some(manifest),
            _ => None,
        }
    }

    /// What counts as success, where that is said.
    pub const fn expectation(&self) -> Option<&Expectation> {
        match self {
            Self::Command(command) => command.expectation.as_ref(),
            Self::Script(script) => script.expectation.as_ref(),
            Self::Manifest(_) | Self::Copy(_) | Self::Verb(_) | Self::Terminal(_) => None,
        }
    }

    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Script(_) => "script",
            Self::Manifest(_) => "manifest",
            Self::Copy(_) => "copy",
            Self::Verb(_) => "verb",
            Self::Terminal(_) => "terminal",
        }
    }

    /// Whether it only looks, so that it may be repeated.
    pub fn checks(&self) -> bool {
        match self {
            Self::Command(_) | Self::Script(_) | Self::Terminal(_) => false,
            Self::Manifest(manifest) => manifest.check,
            Self::Copy(copy) => copy.check,
            Self::Verb(verb) => verb.check || verb.known().is_some_and(|kind| !kind.changes),
        }
    }

    /// Whether it can tell beforehand what it would do.
    pub fn plans(&self) -> bool {
        match self {
            Self::Command(_) | Self::Script(_) | Self::Terminal(_) => false,
            Self::Manifest(_) | Self::Copy(_) => true,
            Self::Verb(verb) => verb.is_task(),
        }
    }

    /// Whether it lets a key into hosts, and changes how the register has them logged in to.
    pub fn lets_in(&self) -> bool {
        matches!(self, Self::Verb(verb) if verb.verb == verb::login::PUSH_KEY)
    }

    /// The right that it needs on each of its hosts.
    pub fn right(&self) -> Verb {
        match self {
            Self::Verb(verb) => verb.known().map_or(Verb::Run, |kind| kind.right),
            Self::Terminal(_) => Verb::Terminal,
            _ => Verb::Run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_read_as_it_was_kept() {
        for json in [
            r#"{"kind":"command","line":"uptime"}"#,
            r#"{"kind":"command","words":["ls","a b"],"timeout_seconds":3}"#,
            r#"{"kind":"script","script":"echo 1\n","sudo_user":"root"}"#,
            r#"{"kind":"manifest","files":{"a.yml":"[]"},"entry":"a.yml","check":true}"#,
            r#"{"kind":"manifest","manifest":"site","revision":"7","entry":""}"#,
            r#"{"kind":"manifest","manifest":"site","entry":"","become_user":"www-data","become":false,"force_handlers":true,"no_keep":true,"no_executor":true,"lock_timeout_seconds":0,"verbosity":2}"#,
            r#"{"kind":"copy","text":"x","dest":"/etc/x"}"#,
            r#"{"kind":"verb","verb":"packages.install","parameters":{"names":["htop"]}}"#,
            r#"{"kind":"verb","verb":"facts"}"#,
            r#"{"kind":"terminal","columns":80,"rows":24}"#,
        ] {
            let subject: Subject = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&subject).unwrap(), json);
        }
        let strategy = r#"{"batches":[1,"20%"],"canary":1,"approval":true}"#;
        let read: Strategy = serde_json::from_str(strategy).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), strategy);
        for wrong in [
            r#"{"kind":"command","lime":"uptime"}"#,
            r#"{"kind":"nothing"}"#,
            r#"{"line":"uptime"}"#,
        ] {
            assert!(serde_json::from_str::<Subject>(wrong).is_err(), "{wrong}");
        }
    }
}
