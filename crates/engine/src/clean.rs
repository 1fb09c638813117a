//! `clean`: removes all that was ever left on hosts, by plain commands, so that it works without an
//! executor too. The places are those of `hep_core::bootstrap` and the executor's own `clean`.

use hep_core::bootstrap::ROOT_DIRECTORY;

use crate::exec::{Command, Sudo};

/// A directory counts only when it is the user's own and no link: what somebody else put under our name is
/// not ours to remove. The places stand for `PLACES`.
const SCRIPT: &str = r#"u=$(id -u)
r=
[ "$u" != 0 ] || r=ROOT
for d in PLACES; do
[ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ] || continue
rm -rf "$d" || exit 1
echo "removed $d"
done"#;

/// The user's own, and root's.
const PLACES: &str = r#""${HOME:-/nonexistent}/.cache/hep" "/var/tmp/hep-$u" "/tmp/hep-$u" $r"#;

/// The command that does it as the login user or, by sudo, as another.
pub fn command(user: Option<&str>) -> Command {
    Command {
        words: vec![script(PLACES)],
        sudo: user.map(Sudo::of),
        posix: true,
        ..Command::default()
    }
}

fn script(places: &str) -> String {
    SCRIPT.replace("PLACES", places).replace("ROOT", ROOT_DIRECTORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_of_ones_own_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("ours/runs")).unwrap();
        std::fs::write(path("ours/runs/x.jsonl"), "x").unwrap();
        std::fs::create_dir_all(path("kept/inside")).unwrap();
        std::os::unix::fs::symlink(path("kept"), path("link")).unwrap();
        std::fs::write(path("file"), "x").unwrap();
        let places = ["ours", "link", "file", "none"].map(|name| path(name).display().to_string());
        let line = script(&hep_core::quote::line(places));
        let ran = std::process::Command::new("/bin/sh").arg("-c").arg(line).output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(said, format!("removed {}\n", path("ours").display()));
        assert!(!path("ours").exists() && path("kept/inside").exists() && path("file").exists());
    }

    #[test]
    fn every_place_is_named() {
        let line = script(PLACES);
        for place in ["/.cache/hep\"", "\"/var/tmp/hep-$u\"", "\"/tmp/hep-$u\"", ROOT_DIRECTORY] {
            assert!(line.contains(place), "{place}");
        }
    }
}
