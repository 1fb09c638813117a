//! Processes by a name that no later one has: number and start.

/// This process.
pub(super) fn this() -> String {
    let id = std::process::id();
    format!("{id} {}", start(id).unwrap_or_default())
}

/// Whether the process of this name still runs. Where that cannot be told it does.
pub(super) fn is_alive(name: &str) -> bool {
    let Some((id, started)) = name.split_once(' ') else { return true };
    let Ok(id) = id.parse() else { return true };
    if started.is_empty() || !std::path::Path::new("/proc/self/stat").exists() {
        return true;
    }
    start(id).is_some_and(|found| found == started)
}

/// When a process was started, in ticks since the machine was (`proc_pid_stat(5)`, field 22), and which start of
/// the machine that was.
fn start(id: u32) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is a name that may hold anything; the last parenthesis ends it.
    let (_, rest) = text.rsplit_once(')')?;
    let ticks = rest.split_whitespace().nth(19)?;
    Some(format!("{ticks} {}", boot()))
}

/// Which start of the machine this is; empty where the kernel does not tell.
pub(super) fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alive() {
        assert!(is_alive(&this()));
        let id = std::process::id();
        for (name, alive) in [
            (format!("{id} 1"), false),
            (format!("{} 1 x", u32::MAX), false),
            (format!("{id} "), true),
            ("unknown".to_owned(), true),
        ] {
            assert_eq!(is_alive(&name), alive, "{name}");
        }
    }
}
