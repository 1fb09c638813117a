//! `user`: accounts of the host.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use super::{Context, Kind, Module, Plan, Then};
use crate::account;
use crate::change::{Attrs, Before, Change, Effect, Planned, Run};
use crate::instant;
use crate::message::account as say;
use crate::observe::{Account, Bytes, Observe, Question, Stop};
use crate::options;
use crate::overlay::UNKNOWN_ID;
use crate::value::{Map, Value};

pub(super) const KIND: Kind = Kind::of::<User>("user");

/// No user database is larger, in bytes.
const SHADOW_LIMIT: u64 = 16 << 20;

options! {
    /// Makes, changes and removes accounts.
    ///
    /// Only what is given is compared; the rest of an account stays. A password is given as a hash, goes
    /// to the host over a pipe, and is never shown.
    ///
    /// Example: `user: name=deploy shell=/bin/bash groups=sudo,www-data append=true`
    ///
    /// Example: `user: name=former state=absent remove=true`
    struct User {
        /// The login name.
        #[serde(alias = "user")]
        name: String,
        /// `present` or `absent`.
        #[serde(default)]
        state: State,
        /// The number; the host chooses one otherwise.
        #[serde(default)]
        uid: Option<u32>,
        /// Allows a number that another user has.
        #[serde(default)]
        non_unique: bool,
        /// The primary group, by name or number.
        #[serde(default)]
        group: Option<String>,
        /// The other groups: a list, or a text with commas. The user is taken out of all others, unless
        /// `append` is set; an empty list takes it out of all.
        #[serde(default)]
        groups: Option<Vec<String>>,
        /// Adds to `groups` only.
        #[serde(default)]
        append: bool,
        /// The comment field, most often the full name.
        #[serde(default)]
        comment: Option<String>,
        /// The home directory.
        #[serde(default)]
        home: Option<String>,
        /// Whether the home directory is made where it is missing.
        #[serde(default = "yes", alias = "createhome")]
        create_home: bool,
        /// Moves the content when `home` changes.
        #[serde(default)]
        move_home: bool,
        /// A directory whose content a new home begins with; `/etc/skel` otherwise.
        #[serde(default)]
        skeleton: Option<String>,
        /// Permission bits taken from a new home, as octal text.
        #[serde(default)]
        umask: Option<String>,
        /// The login shell.
        #[serde(default)]
        shell: Option<String>,
        /// Makes it with a number for system accounts. An account that is there stays as it is.
        #[serde(default)]
        system: bool,
        /// With `state: absent`: also while the user is logged in.
        #[serde(default)]
        force: bool,
        /// With `state: absent`: also removes home and mail.
        #[serde(default)]
        remove: bool,
        /// The password's hash; `!` or `*` for none.
        #[serde(default)]
        password: Option<String>,
        /// `always` corrects a password that differs, `on_create` sets it for a new account only.
        #[serde(default)]
        update_password: Update,
        /// Whether the password is locked.
        #[serde(default)]
        password_lock: Option<bool>,
        /// When the account ends, in seconds since 1970; negative for never.
        #[serde(default)]
        expires: Option<f64>,
        /// Days after which the password must be changed.
        #[serde(default)]
        password_expire_max: Option<i64>,
        /// Days before it may be changed again.
        #[serde(default)]
        password_expire_min: Option<i64>,
        /// Days of warning before it must be changed.
        #[serde(default)]
        password_expire_warn: Option<i64>,
        /// Days after that until the account is disabled.
        #[serde(default)]
        password_expire_account_disable: Option<i64>,
        /// The `SELinux` user of a new account.
        #[serde(default)]
        seuser: Option<String>,
        /// The lowest number to choose for a new account.
        #[serde(default)]
        uid_min: Option<u32>,
        /// The highest number to choose for a new account.
        #[serde(default)]
        uid_max: Option<u32>,
        /// Not supported.
        #[serde(default)]
        generate_ssh_key: bool,
        /// Not supported: accounts outside the local files.
        #[serde(default)]
        local: bool,
    }
}

const fn yes() -> bool {
    true
}

/// The values of `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Present,
    Absent,
}

/// The values of `update_password`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Update {
    #[default]
    Always,
    OnCreate,
}

/// The groups that were named, as the host has them.
struct Groups {
    /// The primary one.
    primary: Option<(Arc<str>, u32)>,
    /// The names of the others.
    others: Option<BTreeSet<Arc<str>>>,
}

impl Module for User {
    fn plan(&self, context: &Context<'_>, observe: &mut Observe) -> Result<Plan, Stop> {
        self.check()?;
        let account = observe.user(&self.name)?.filter(|account| *account.name == *self.name);
        let (changes, then) = match (self.state, &account) {
            _ if context.again => (Vec::new(), Then::Done),
            (State::Absent, None) => (Vec::new(), Then::Done),
            (State::Absent, Some(_)) => (vec![self.delete().into()], Then::Done),
            // Planned anew to tell the numbers that the host has chosen.
            (State::Present, None) => (self.add(observe)?, Then::Again),
            (State::Present, Some(account)) => {
                let changes = self.modify(account, observe)?;
                let then = if changes.is_empty() { Then::Done } else { Then::Again };
                (changes, then)
            }
        };
        let result = self.result(account.as_ref());
        Ok(Plan { changes, result, then, ..Plan::default() })
    }
}

impl User {
    fn check(&self) -> Result<(), Stop> {
        account::check_name(&self.name)?;
        if self.generate_ssh_key {
            return Err(say::unsupported("generate_ssh_key").into());
        }
        if self.local {
            return Err(say::unsupported("local").into());
        }
        for (option, value) in
            [("comment", &self.comment), ("home", &self.home), ("shell", &self.shell)]
        {
            account::check_field(option, value.as_deref())?;
        }
        if let Some(home) = self.home.as_deref().filter(|home| !home.starts_with('/')) {
            return Err(say::relative_path(home).into());
        }
        if let Some(umask) = &self.umask
            && u32::from_str_radix(umask, 8).map_or(true, |bits| bits > 0o777)
        {
            return Err(say::bad_umask(umask).into());
        }
        // What is no hash would be a password in clear text, known to all who may read the file.
        let hash = |c: char| c.is_ascii_graphic() && c != ':';
        match &self.password {
            Some(password) if !password.chars().all(hash) => {
                Err(say::bad_password(&self.name).into())
            }
            _ => Ok(()),
        }
    }

    /// The groups named, each of which must exist.
    fn groups(&self, observe: &mut Observe) -> Result<Groups, Stop> {
        let named = |text: &String| -> Option<Arc<str>> {
            let name = text.trim();
            (!name.is_empty()).then(|| name.into())
        };
        let others: Option<Vec<Arc<str>>> =
            self.groups.as_ref().map(|list| list.iter().filter_map(named).collect());
        let primary = self.group.as_ref().and_then(named);
        let all = others.iter().flatten().chain(&primary);
        observe.expect(all.cloned().map(Question::Group));
        let mut find = |name: &Arc<str>| -> Result<(Arc<str>, u32), Stop> {
            let entry = observe.group(name)?.ok_or_else(|| say::no_group(name))?;
            Ok((entry.name, entry.gid))
        };
        let primary = primary.as_ref().map(&mut find).transpose()?;
        let others = match others {
            None => None,
            Some(list) => {
                let found = list.iter().map(|name| Ok(find(name)?.0));
                Some(found.collect::<Result<BTreeSet<_>, Stop>>()?)
            }
        };
        Ok(Groups { primary, others })
    }

    fn delete(&self) -> Run {
        let mut words = vec!["userdel".to_owned()];
        words.extend(self.force.then(|| "-f".to_owned()));
        words.extend(self.remove.then(|| "-r".to_owned()));
        let effect = Effect::User { name: self.name.as_str().into(), account: None };
        account::run(words, &self.name, vec![effect])
    }

    /// The account as it will be when it is new.
    fn new_account(&self, groups: &Groups) -> Account {
        let home = self.home.clone().unwrap_or_else(|| format!("/home/{}", self.name));
        Account {
            name: self.name.as_str().into(),
            uid: self.uid.unwrap_or(UNKNOWN_ID),
            gid: groups.primary.as_ref().map_or(UNKNOWN_ID, |(_, gid)| *gid),
            gecos: self.comment.as_deref().unwrap_or("").into(),
            home: home.into(),
            shell: self.shell.as_deref().unwrap_or("/bin/sh").into(),
            groups: groups.others.iter().flatten().cloned().collect(),
            locked: Some(self.password_lock.unwrap_or(self.password.is_none())),
            password: Some("!".into()),
        }
    }

    fn add(&self, observe: &mut Observe) -> Result<Vec<Planned>, Stop> {
        let groups = self.groups(observe)?;
        let own_group = observe.group(&self.name)?.is_some();
        let account = self.new_account(&groups);
        let mut changes = Vec::new();
        if self.create_home && self.home.is_some() {
            changes.extend(parents(&account.home, observe)?);
        }
        let home = account.home.clone();
        let words = self.useradd(&groups, own_group);
        let run = account::run(words, &self.name, self.effects(account.clone(), Some(home)));
        changes.push(run.into());
        changes.extend(self.chage(None).map(Planned::from));
        let lock = self.password_lock == Some(true) && self.password.is_none();
        changes.extend(lock.then(|| self.usermod(vec!["-L".to_owned()], account.clone()).into()));
        changes.extend(self.chpasswd(account).map(Planned::from));
        Ok(changes)
    }

    fn useradd(&self, groups: &Groups, own_group: bool) -> Vec<String> {
        let mut words = vec!["useradd".to_owned()];
        let mut option = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        option("-u", self.uid.map(|uid| uid.to_string()));
        option("-Z", self.seuser.clone());
        option("-g", groups.primary.as_ref().map(|(name, _)| name.to_string()));
        option("-G", groups.others.as_ref().filter(|set| !set.is_empty()).map(joined));
        option("-c", self.comment.clone());
        option("-d", self.home.clone());
        option("-s", self.shell.clone());
        option("-e", self.expiry().map(|(_, text)| text));
        option("-f", self.password_expire_account_disable.map(|days| days.to_string()));
        option("-k", self.skeleton.clone().filter(|_| self.create_home));
        option("-K", self.umask.as_ref().map(|umask| format!("UMASK={umask}")));
        option("-K", self.uid_min.map(|uid| format!("UID_MIN={uid}")));
        option("-K", self.uid_max.map(|uid| format!("UID_MAX={uid}")));
        let flags = [
            (self.uid.is_some() && self.non_unique, "-o"),
            // A group of that name is there: useradd must not make another.
            (groups.primary.is_none() && own_group, "-N"),
            (self.create_home, "-m"),
            (!self.create_home, "-M"),
            (self.system, "-r"),
        ];
        words.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, flag)| flag.to_owned()));
        words
    }

    fn modify(&self, now: &Account, observe: &mut Observe) -> Result<Vec<Planned>, Stop> {
        let groups = self.groups(observe)?;
        let mut then = now.clone();
        let mut words = self.differences(&groups, &mut then);
        let sets_password = self.sets_password(now);
        match (self.password_lock, now.locked) {
            _ if sets_password => {}
            (Some(true), Some(false) | None) => words.push("-L".to_owned()),
            (Some(false), Some(true)) => words.push("-U".to_owned()),
            _ => {}
        }
        if let Some(lock) = self.password_lock {
            then.locked = Some(lock);
        }
        let aging = self.aging(observe)?;
        if let (Some((day, text)), Some(aging)) = (self.expiry(), aging) {
            let never = |day: Option<i64>| day.filter(|day| *day >= 0);
            if never(aging.expires) != never(Some(day)) {
                words.extend(["-e".to_owned(), text]);
            }
        }
        if let (Some(days), Some(aging)) = (self.password_expire_account_disable, aging)
            && aging.inactive.unwrap_or(-1) != days
        {
            words.extend(["-f".to_owned(), days.to_string()]);
        }
        let mut changes: Vec<Planned> = Vec::new();
        if !words.is_empty() {
            changes.push(self.usermod(words, then.clone()).into());
        }
        changes.extend(self.chage(aging).map(Planned::from));
        if sets_password {
            changes.extend(self.chpasswd(then.clone()).map(Planned::from));
        }
        let moved = self.move_home && then.home != now.home;
        if self.create_home && !moved && observe.stat_with(&then.home, true, false)?.is_none() {
            changes.extend(self.make_home(&then, observe)?);
        }
        Ok(changes)
    }

    /// The options of `usermod` for what differs; `then` becomes the account as it will be.
    fn differences(&self, groups: &Groups, then: &mut Account) -> Vec<String> {
        let mut words = Vec::new();
        let mut set = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
        if let Some(uid) = self.uid.filter(|uid| *uid != then.uid) {
            set("-u", uid.to_string());
            then.uid = uid;
        }
        if let Some((_, gid)) = groups.primary.as_ref().filter(|(_, gid)| *gid != then.gid) {
            set("-g", gid.to_string());
            then.gid = *gid;
        }
        if let Some(wanted) = &groups.others {
            let primary = groups.primary.as_ref().map(|(name, _)| name);
            let current: BTreeSet<Arc<str>> = then.groups.iter().cloned().collect();
            let mut all = wanted.clone();
            if self.append {
                all.extend(current.iter().cloned());
            }
            let differs = all.symmetric_difference(&current).any(|name| Some(name) != primary);
            if differs {
                set("-G", joined(&all));
                then.groups = all.into_iter().collect();
            }
        }
        let texts = [
            ("-c", &self.comment, &mut then.gecos),
            ("-d", &self.home, &mut then.home),
            ("-s", &self.shell, &mut then.shell),
        ];
        let mut moves = false;
        for (flag, wanted, field) in texts {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| ***wanted != **field) {
                set(flag, wanted.clone());
                *field = wanted.as_str().into();
                moves |= flag == "-d" && self.move_home;
            }
        }
        words.extend(moves.then(|| "-m".to_owned()));
        words.extend((self.non_unique && words.iter().any(|w| w == "-u")).then(|| "-o".to_owned()));
        words
    }

    fn usermod(&self, words: Vec<String>, then: Account) -> Run {
        let moved = words.iter().any(|word| word == "-m").then(|| then.home.clone());
        let words = ["usermod".to_owned()].into_iter().chain(words).collect();
        account::run(words, &self.name, self.effects(then, moved))
    }

    fn sets_password(&self, now: &Account) -> bool {
        let bare = |hash: &str| hash.trim_start_matches('!').to_owned();
        let differs = |wanted: &String| {
            now.password.as_ref().is_none_or(|current| bare(current) != bare(wanted))
        };
        self.update_password == Update::Always && self.password.as_ref().is_some_and(differs)
    }

    /// Sets the hash, which goes over a pipe and never onto a command line.
    fn chpasswd(&self, mut then: Account) -> Option<Run> {
        let hash = self.password.as_ref()?;
        let mark = if self.password_lock == Some(true) { "!" } else { "" };
        let line = format!("{}:{mark}{hash}\n", self.name);
        then.password = Some(format!("{mark}{hash}").into());
        Some(Run {
            argv: vec!["chpasswd".into(), "-e".into()],
            stdin: Some(Bytes::from(line)),
            secret: true,
            effects: self.effects(then, None),
            ..Run::default()
        })
    }

    /// Sets the password's ages where they differ.
    fn chage(&self, now: Option<account::Aging>) -> Option<Run> {
        let now = now.unwrap_or_default();
        let mut words = vec!["chage".to_owned()];
        for (flag, wanted, current) in [
            ("-M", self.password_expire_max, now.maximum),
            ("-m", self.password_expire_min, now.minimum),
            ("-W", self.password_expire_warn, now.warn),
        ] {
            if let Some(days) = wanted.filter(|days| Some(*days) != current) {
                words.extend([flag.to_owned(), days.to_string()]);
            }
        }
        (words.len() > 1).then(|| account::run(words, &self.name, Vec::new()))
    }

    /// What `/etc/shadow` says, read only when it is needed.
    fn aging(&self, observe: &mut Observe) -> Result<Option<account::Aging>, Stop> {
        let days = [
            self.password_expire_max,
            self.password_expire_min,
            self.password_expire_warn,
            self.password_expire_account_disable,
        ];
        if self.expires.is_none() && days.iter().all(Option::is_none) {
            return Ok(None);
        }
        let text = observe.read("/etc/shadow", SHADOW_LIMIT)?.unwrap_or_default();
        Ok(Some(account::aging(&text.lossy(), &self.name)))
    }

    /// The day of expiry (negative for never) and how it is written for `useradd` and `usermod`.
    fn expiry(&self) -> Option<(i64, String)> {
        let seconds = self.expires?;
        if seconds < 0.0 {
            return Some((-1, String::new()));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 ends at its limit")]
        let day = (seconds / 86_400.0).floor().min(3_652_058.0) as i64;
        let (year, month, date) = instant::civil(day);
        Some((day, format!("{year:04}-{month:02}-{date:02}")))
    }

    fn effects(&self, account: Account, home: Option<Arc<str>>) -> Vec<Effect> {
        let account = Some(Box::new(account));
        let mut effects = vec![Effect::User { name: self.name.as_str().into(), account }];
        effects.extend(home.filter(|_| self.create_home).map(Effect::Creates));
        effects
    }

    /// Makes a home that is missing, with what the skeleton has.
    fn make_home(&self, account: &Account, observe: &mut Observe) -> Result<Vec<Planned>, Stop> {
        let home = &account.home;
        let mut changes = parents(home, observe)?;
        let skeleton = self.skeleton.as_deref().unwrap_or("/etc/skel");
        let umask = self.umask.as_ref().and_then(|bits| u32::from_str_radix(bits, 8).ok());
        let attrs = Attrs {
            uid: Some(account.uid).filter(|id| *id != UNKNOWN_ID),
            gid: Some(account.gid).filter(|id| *id != UNKNOWN_ID),
            mode: Some(0o777 & !umask.unwrap_or(0o022)),
            ..Attrs::default()
        };
        let (path, before) = (home.clone(), Before::Absent);
        changes.push(plain(Change::MakeDirectory { path, attrs, before }));
        if observe.stat_with(skeleton, true, false)?.is_some() {
            let owner: Arc<str> = format!("{}:{}", account.uid, account.gid).into();
            let from: Arc<str> = format!("{skeleton}/.").into();
            let copy = vec!["cp".into(), "-R".into(), "--".into(), from, home.clone()];
            let own = vec!["chown".into(), "-R".into(), "--".into(), owner, home.clone()];
            let run = |argv| Planned::from(Run { argv, ..Run::default() });
            changes.extend([run(copy), run(own)]);
        }
        Ok(changes)
    }

    fn result(&self, account: Option<&Account>) -> Map {
        let state = if self.state == State::Present { "present" } else { "absent" };
        let mut result = Map::from([
            ("name".into(), Value::str(self.name.as_str())),
            ("state".into(), state.into()),
        ]);
        let mut insert = |key: &str, value: Value| result.insert(key.into(), value);
        match (self.state, account) {
            (State::Absent, Some(_)) => {
                insert("force", self.force.into());
                insert("remove", self.remove.into());
            }
            (State::Present, Some(account)) => {
                insert("uid", account::number(&self.name, account.uid));
                insert("group", account::number(&self.name, account.gid));
                insert("comment", Value::Str(account.gecos.clone()));
                insert("home", Value::Str(account.home.clone()));
                insert("shell", Value::Str(account.shell.clone()));
                insert("append", self.append.into());
                insert("move_home", self.move_home.into());
                if let Some(groups) = &self.groups {
                    insert("groups", groups.join(",").into());
                }
                if self.password.is_some() {
                    insert("password", "NOT_LOGGING_PASSWORD".into());
                }
            }
            _ => {}
        }
        result
    }
}

/// A change without a diff of its own.
const fn plain(change: Change) -> Planned {
    Planned { change, diff: None }
}

fn joined(names: &BTreeSet<Arc<str>>) -> String {
    names.iter().map(|name| &**name).collect::<Vec<_>>().join(",")
}

/// Makes the directories above `path` that are missing, as root's and readable for all.
fn parents(path: &str, observe: &mut Observe) -> Result<Vec<Planned>, Stop> {
    let mut missing = Vec::new();
    let mut at = path;
    while let Some((parent, _)) = at.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
        if observe.stat_with(parent, true, false)?.is_some() {
            break;
        }
        let attrs = Attrs { mode: Some(0o755), ..Attrs::default() };
        let (path, before) = (parent.into(), Before::Absent);
        missing.push(plain(Change::MakeDirectory { path, attrs, before }));
        at = parent;
    }
    missing.reverse();
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::change::Change;
    use crate::memory::Host;
    use crate::module_test::{Case, Expect, check_all, options};
    use crate::observe::{Account, Answer, Question, Stop};
    use crate::plan_case::{plan, planned, runs};

    fn case(host: &str, given: &'static str, expect: Expect) -> Case {
        let host = Host::new(host);
        Case { name: given, host, module: "user", options: options(given), expect }
    }

    #[test]
    fn accounts_become_as_asked() {
        let there = "group a 500\ngroup adm 4\ngroup sudo 27\nuser a 500:500 /home/a adm\n/home/a/ 0755 a:a";
        check_all(&[
            case("", "name: a", Expect::changes("run useradd -m -- a").result("home", "/home/a")),
            case("group a 7", "name: a", Expect::changes("run useradd -N -m -- a")),
            case(
                "group web 33",
                "name: a\nuid: 700\ngroup: web\nshell: /bin/bash\ncomment: A B\ncreate_home: false",
                Expect::changes("run useradd -u 700 -g web -c 'A B' -s /bin/bash -M -- a")
                    .result("uid", 700)
                    .result("group", 33),
            ),
            case(
                "",
                "name: a\nhome: /srv/x/a\nsystem: true",
                Expect::changes(
                    "mkdir /srv 0755\nmkdir /srv/x 0755\nrun useradd -d /srv/x/a -m -r -- a",
                ),
            ),
            case(there, "name: a", Expect::nothing().result("uid", 500)),
            case(there, "name: a\ngroups: adm\nshell: /bin/sh", Expect::nothing()),
            case(
                there,
                "name: a\ngroups: sudo\nappend: true",
                Expect::changes("run usermod -G adm,sudo -- a"),
            ),
            case(there, "name: a\ngroups: sudo", Expect::changes("run usermod -G sudo -- a")),
            case(there, "name: a\ngroups: []", Expect::changes("run usermod -G '' -- a")),
            case(
                there,
                "name: a\nuid: 501\nnon_unique: true",
                Expect::changes("run usermod -u 501 -o -- a"),
            ),
            case(there, "name: a\ngroups: nosuch", Expect::error("no such group")),
            case(
                there,
                "name: a\nhome: /home/b\nmove_home: true",
                Expect::changes("run usermod -d /home/b -m -- a"),
            ),
            case(
                there,
                "name: a\nstate: absent\nremove: true",
                Expect::changes("run userdel -r -- a"),
            ),
            case("", "name: a\nstate: absent", Expect::nothing()),
            case("", "name: -a", Expect::error("Cannot use `-a`")),
            case("", "name: a\ncomment: x:y", Expect::error("cannot hold")),
            case("", "name: a\nhome: x", Expect::error("not absolute")),
            case("", "name: a\numask: 9", Expect::error("umask")),
            case("", "name: a\npassword: in clear text", Expect::error("not a password's hash")),
            case("", "name: a\ngenerate_ssh_key: true", Expect::error("generate_ssh_key")),
        ]);
    }

    #[test]
    fn a_home_that_is_missing_is_made() {
        let there = "group a 500\nuser a 500:500 /home/a";
        check_all(&[
            case(there, "name: a\numask: 077", Expect::changes("mkdir /home/a 0700 500:500")),
            case(there, "name: a\ncreate_home: false", Expect::nothing()),
        ]);
        let skel = format!("{there}\n/etc/skel/ 0755\nrun cp -> 0\nrun chown -> 0");
        let changes = "mkdir /home/a 0755 500:500\nrun cp -R -- /etc/skel/. /home/a\n\
            run chown -R -- 500:500 /home/a";
        check_all(&[case(&skel, "name: a", Expect::changes(changes))]);
    }

    fn account(password: &str, locked: bool) -> (Question, Answer) {
        let account = Account {
            name: "a".into(),
            uid: 500,
            gid: 500,
            gecos: "".into(),
            home: "/".into(),
            shell: "/bin/sh".into(),
            groups: vec![],
            locked: Some(locked),
            password: Some(password.into()),
        };
        (Question::User("a".into()), Answer::User(Some(account)))
    }

    #[test]
    fn a_password_goes_over_a_pipe_and_only_when_it_differs() {
        for (options, now, commands) in [
            (json!({"password": "$6$x$y"}), account("$6$x$y", false), vec![]),
            (json!({"password": "$6$x$y"}), account("!$6$x$y", true), vec![]),
            (json!({"password": "$6$x$y"}), account("$6$x$z", false), vec!["chpasswd -e"]),
            (
                json!({"password": "$6$x$y", "update_password": "on_create"}),
                account("*", false),
                vec![],
            ),
            (json!({"password_lock": true}), account("$6$x$y", false), vec!["usermod -L -- a"]),
            (json!({"password_lock": true}), account("!$6$x$y", true), vec![]),
            (json!({"password_lock": false}), account("!$6$x$y", true), vec!["usermod -U -- a"]),
            (
                json!({"password": "$6$n", "password_lock": true}),
                account("$6$o", false),
                vec!["chpasswd -e"],
            ),
        ] {
            let mut options = options;
            options["name"] = "a".into();
            options["create_home"] = false.into();
            let plan = planned(&super::KIND, options.clone(), &[now]);
            let lines: Vec<String> = runs(&plan).iter().map(|argv| argv.join(" ")).collect();
            assert_eq!(lines, commands, "{options}");
            for planned in &plan.changes {
                let Change::Run(run) = &planned.change else { panic!("only commands") };
                assert!(!run.argv.iter().any(|word| word.contains('$')));
                assert_eq!(run.secret, run.stdin.is_some());
            }
        }
        let options = json!({"name": "a", "password": "$6$n", "password_lock": true});
        let plan = planned(&super::KIND, options, &[]);
        let stdin = crate::plan_case::commands(&plan).last().unwrap().stdin.clone().unwrap();
        assert_eq!(stdin.lossy(), "a:!$6$n\n");
    }

    #[test]
    fn ages_are_compared_with_the_shadow_file() {
        let shadow = "a:*:19000:0:99999:7::20000:\n";
        let shadow = (
            Question::Read { path: "/etc/shadow".into(), limit: super::SHADOW_LIMIT },
            Answer::Content(Some(shadow.into())),
        );
        for (options, commands) in [
            (json!({"expires": 1_728_000_000.0}), vec![]),
            (json!({"expires": 1_728_086_400}), vec!["usermod -e 2024-10-05 -- a"]),
            (json!({"expires": -1}), vec!["usermod -e  -- a"]),
            (json!({"password_expire_max": 99999, "password_expire_warn": 7}), vec![]),
            (
                json!({"password_expire_max": 90, "password_expire_min": 1}),
                vec!["chage -M 90 -m 1 -- a"],
            ),
            (json!({"password_expire_account_disable": 5}), vec!["usermod -f 5 -- a"]),
        ] {
            let mut options = options;
            options["name"] = "a".into();
            options["create_home"] = false.into();
            let known = [account("*", false), shadow.clone()];
            let plan = plan(&super::KIND, options.clone(), &known);
            let plan: Result<_, Stop> = plan;
            let plan = plan.unwrap();
            let lines: Vec<String> = runs(&plan).iter().map(|argv| argv.join(" ")).collect();
            assert_eq!(lines, commands, "{options}");
        }
    }
}
