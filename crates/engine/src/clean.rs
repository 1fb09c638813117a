//! `clean`: removes all that was ever left on hosts, by plain commands, so that it works without an
//! executor too. The places are those of `hep_core::bootstrap` and the executor's own `clean`.

use hep_core::bootstrap::ROOT_DIRECTORY;

use crate::exec::{Command, Sudo};

/// A directory counts only when it is the user's own and no link: what somebody else put under our name is
/// not ours to remove.
const SCRIPT: &str = r#"u=$(id -u)
r=
[ "$u" != 0 ] || r=ROOT
for d in "${HOME:-/nonexistent}/.cache/hep" "/var/tmp/hep-$u" "/tmp/hep-$u" $r; do
[ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ] || continue
rm -rf "$d" || exit 1
echo "removed $d"
done"#;

/// The command that does it as the login user or, by sudo, as another.
pub fn command(user: Option<&str>) -> Command {
    Command {
        words: vec![SCRIPT.replace("ROOT", ROOT_DIRECTORY)],
        sudo: user.map(|user| Sudo { user: user.to_owned(), password: None }),
        ..Command::default()
    }
}
