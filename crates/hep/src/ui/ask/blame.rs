//! Which field is at fault, where an operation names all that is to be run.

use hep_core::message::Message;

/// The field of a message about a subject of this kind, or about what it is given.
pub(crate) fn field_of(kind: &str, at: Option<&str>, message: &Message) -> Option<&'static str> {
    match at {
        Some("subject") | None => of_subject(kind, message),
        Some("secrets.environment" | "secrets.variables") => Some("secret_names"),
        Some("secrets.vault_passwords") => Some("vault_ids"),
        Some("credential") => Some("key"),
        Some("selector") => Some("selector"),
        _ => None,
    }
}

fn of_subject(kind: &str, message: &Message) -> Option<&'static str> {
    let main = || Some(main(kind)).filter(|field| !field.is_empty());
    Some(match message.id.as_ref() {
        "run.no_command"
        | "run.bad_manifest"
        | "verb.bad_parameters"
        | "job.no_manifest"
        | "job.no_repository"
        | "job.git_failed"
        | "job.git_slow" => return main(),
        "register.not_found" if kind == "login.push_key" => "key",
        "verb.no_credential" | "credential.no_key_in" => "key",
        "run.bad_variable" => "environment",
        "run.no_entry" | "job.no_such_entry" => "entry",
        "run.bad_base64" | "run.no_content" => "file",
        "run.bad_destination" => "dest",
        "job.no_revision" | "job.bad_revision" | "job.no_such_revision" => "revision",
        "job.bad_expression" => "output",
        "verb.no_package" | "verb.bad_package" => "names",
        "verb.bad_service" => "service",
        "verb.bad_signal" => "signal",
        "verb.one_of_pid_and_name" | "verb.bad_process" => "process",
        "verb.bad_pid" => "pids",
        "verb.no_search" => "q",
        "verb.bad_notice" => "notice",
        "verb.bad_delay" => "in_minutes",
        "verb.bad_mac" => "macs",
        "verb.no_check" => "check",
        "verb.cannot_send" => "broadcast",
        _ => return None,
    })
}

/// The field that a kind has above all.
fn main(kind: &str) -> &'static str {
    match kind {
        "command" => "line",
        "words" => "words",
        "script" => "script",
        "manifest" => "manifest",
        "repository" => "repository",
        "copy" => "dest",
        "processes.signal" => "process",
        "power.wake" => "macs",
        "power.reboot" | "power.off" => "in_minutes",
        "login.push_key" => "key",
        "other" => "subject",
        _ if kind.starts_with("packages.") => "names",
        _ if kind.starts_with("services.") => "service",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use hep_core::message::{run, verb};

    use super::*;

    #[test]
    fn the_field_at_fault_is_found() {
        let cases = [
            ("script", "subject", run::no_command(), Some("script")),
            ("packages.install", "subject", verb::bad_package("a;b"), Some("names")),
            ("command", "secrets.environment", run::bad_variable("a b"), Some("secret_names")),
            ("command", "subject", run::bad_variable("a b"), Some("environment")),
            ("login.push_key", "credential", verb::no_credential(), Some("key")),
            ("command", "strategy", run::no_command(), None),
        ];
        for (kind, at, message, expected) in cases {
            assert_eq!(field_of(kind, Some(at), &message), expected, "{kind} {at}");
        }
    }
}
