//! Ending what a command started on its host.
//!
//! A `signal` request alone is not enough: sshd refuses it for root's sessions, and sudo may give a command
//! a terminal and so a group of its own. So the command's processes are searched for, from another command
//! of the same connection. Others of that connection are not this one's to end: see [`Trace`].

use bytes::Bytes;
use hep_core::become_flags::Flags;
use hep_core::quote;

use super::wrap::Sudo;
use crate::transport::Trace;

/// How many bytes of group numbers are read.
pub(super) const MOST_GROUPS: usize = 4096;

/// Sends the signal `$1` to the process groups of a command and of all that descends from it. `$2` is the
/// process that starts the commands of the connection, `$3` this one. `$4` are groups that were found
/// before: what ignores a signal may outlive the parents by which it was found. Says the groups. `$5` is
/// the command's mark and `$6` how it is found: by the number of its first process, by its mark
/// (`marked`), or as the one that has none (`unmarked`). Where a command was started through sudo, its mark
/// is among the arguments of its first process, whose environment only root may read.
const KILLER: &str = r#"s=$1 top=$2 me=$3 g=" $4 " m=$5 how=$6 p=" " more=1
case $how in [0-9]*) p=" $how " g="$g$how " top=;; esac
mine() {
t=$(cat "$1/cmdline" "$1/environ" 2>/dev/null | tr '\000' '\n')
case $t in
*"$m"*) ;;
*HEP_COMMAND=*|*hep-started-*) return 1;;
*) [ "$how" = unmarked ];;
esac
}
while [ "$more" ]; do
more=
for d in /proc/[0-9]*; do
{ read -r l <"$d/stat"; } 2>/dev/null || continue
n=${l%% *}
[ "$n" = "$me" ] && continue
set -- ${l##*) }
case $p in
*" $n "*) continue;;
*" $2 "*) ;;
*) [ "$2" = "$top" ] && mine "$d" || continue;;
esac
p="$p$n " more=1
case $g in *" $3 "*) ;; *) g="$g$3 ";; esac
done
done
for n in $g; do kill -s "$s" -- "-$n" 2>/dev/null; done
echo $g"#;

/// Runs [`KILLER`] (`$2`) with the signal `$1`, the groups `$3`, the mark `$4` and how to find it `$5`, as
/// whom the words after them say.
const AS_WHOM: &str = r#"s=$1 k=$2 g=$3 m=$4 how=$5; shift 5
exec "$@" /bin/sh -c "$k" hep "$s" "$PPID" "$$" "$g" "$m" "$how""#;

/// A search for the processes of a command, to send them a signal.
pub(super) struct Search<'a> {
    pub(super) signal: &'a str,
    /// The groups that an earlier search found, as [`group_numbers`] gives them.
    pub(super) groups: &'a str,
    pub(super) mark: &'a str,
    pub(super) trace: Trace,
    /// What runs as another user can only be ended by that user or root.
    pub(super) sudo: Option<&'a Sudo>,
}

impl Search<'_> {
    /// The line for the login shell.
    pub(super) fn line(&self) -> String {
        let how = match self.trace {
            Trace::Process(number) => number.to_string(),
            Trace::Marked | Trace::Ended => "marked".to_owned(),
            Trace::Unmarked => "unmarked".to_owned(),
        };
        let words = ["/bin/sh", "-c", AS_WHOM, "hep", self.signal, KILLER, self.groups, self.mark];
        let mut words: Vec<String> = words.map(str::to_owned).to_vec();
        words.push(how);
        // Without the host's options for sudo, of which `-i` and `-s` would have a shell read our words.
        let plain = |sudo: &Sudo| Sudo { flags: Flags::default(), ..sudo.clone() }.words("");
        words.extend(self.sudo.iter().flat_map(|sudo| plain(sudo)));
        quote::any_shell(&words)
    }

    /// What the line reads: sudo's password.
    pub(super) fn stdin(&self) -> Bytes {
        let password = self.sudo.and_then(|sudo| sudo.password.as_ref());
        password.map_or_else(Bytes::new, |password| {
            Bytes::from(format!("{}\n", password.expose()).into_bytes())
        })
    }
}

/// The numbers among what a host said, and nothing else of it. Group 1 is everything a user may signal.
pub(super) fn group_numbers(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let numbers = said.split_whitespace().filter(|word| word.parse().is_ok_and(|n: u32| n > 1));
    numbers.collect::<Vec<_>>().join(" ")
}
