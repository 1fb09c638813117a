//! Messages of the area `run`: runs of a server.

catalogue! { "run";
    no_command() "There is nothing to run\nhint: give `line` for a shell line, or `words`, or for a script its text in `script`";
    bad_variable(name) "`{name}` cannot be the name of an environment variable\nhint: use letters, digits and `_`, beginning with a letter or `_`";
    no_such_secrets(kind, field) "A subject of the kind `{kind}` has no use for `{field}`\nhint: commands and scripts take secrets in their `environment`, manifests as `variables` and `vault_passwords`, and the host verb `login.push_key` a `password`";
    no_entry(entry) "The manifest has no file `{entry}` to begin with\nhint: `entry` names one of `files`";
    bad_path(path) "`{path}` cannot be the path of a file here\nhint: use a relative path without `..`";
    bad_manifest(text) "The manifest cannot be run:\n{text}";
    bad_base64() "The content is not base64";
    no_content() "There is nothing to copy\nhint: give the content as `text` or as `base64`, not both";
    content_twice() "The subject says what it is given, and how much a run of it was given before\nhint: leave out `stdin_bytes` and `bytes`: runs say those";
    content_not_said() "The subject says how many bytes it is given, and not which: a run has them sealed\nhint: give `stdin`, or the `text` or `base64` of a file; a run is repeated with what it was given by `retry` and `again`";
    bad_destination(dest) "Cannot copy to `{dest}`\nhint: give an absolute path";
    no_folder(path, error) "Cannot write the run's files to {path}: {error}";
    no_host(selector) "`{selector}` names no host of the register";
    denied_host(verb, host) "You may not {verb} on {host}, which is among the hosts\nhint: choose hosts on which you may, or ask an administrator for a role that allows it";
    disabled(host) "{host} is disabled in the register";
    maintenance(host) "{host} is in maintenance";
    no_play(host) "no play of the manifest is for {host}";
    host_gone(host) "the host that was called {host} when the run was asked for is not in the register any more";
    not_over(id) "The run {id} has not ended\nhint: cancel it, or wait for its end";
    is_over(id, state) "The run {id} has ended: it is {state}";
    nothing_to_retry(id) "No host of the run {id} failed, was unreachable or was not begun\nhint: hosts whose outcome is not known are repeated only when that is asked for: `lost`";
    not_waiting(id) "The run {id} does not wait for an approval";
    own_approval() "A run is approved by somebody else than who asked for it";
    bad_state(state) "`{state}` is not the state of a run";
    cut(bytes) "{bytes} bytes of output were left out here: a host's output is kept whole only up to a limit";
    stopped_after_failures() "stopped after failures";
    node_left() "its node was stopped or cut off";
    node_gone() "The node that ran this went away, and nobody can tell what came of it\nhint: look on the host before you repeat it";
    settled() "The node that ran this went away; the host itself says how it ended";
    cut_off() "The node that ran this went away, and it was cut off: what had begun has ended, the rest was not begun\nhint: look at what was done, then retry the run";
    cannot_claim(error) "Cannot claim the database for this server: {error}";
    second_server() "Another server works with this database file\nhint: end it first; for several servers use PostgreSQL";
    not_begun() "What was to be done could not be begun";
}
