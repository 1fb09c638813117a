//! Messages of the area `command`: commands, waiting, and the modules that only speak.

catalogue! { "command";
    says(text) "{text}";
    shows(expr, value) "{expr}: {value}";
    as_written(text) "{text}";
    does_not_hold(expr) "Assertion failed: `{expr}` is not true";
    verbosity() "Not printed: the run is not verbose enough";
    not_an_identifier(name) "Cannot set the variable `{name}`: this is not a variable's name\nhint: use letters, digits and `_`, and do not begin with a digit";
    nothing_to_set() "Cannot set variables: none is given\nhint: write `NAME: VALUE` below `set_fact:`";
    crash() "Cannot answer: the task asked this module to crash (`data: crash`)";
    unfinished_words(text, why) "Cannot split `{text}` into words: {why}\nhint: close the quotation, or use the module `shell` where a shell should read the line";
    no_command() "Cannot run a command: none is given\nhint: write it after the module's name, or as `cmd:` or `argv:`";
    executable_not_used() "`executable` is not used by `command`: no shell reads its arguments";
    two_commands() "Cannot run a command: more than one of free text, `cmd` and `argv` is given\nhint: keep one of them";
    nonzero(rc) "Failed with status {rc}";
    unpredicted(program) "the outcome of `{program}` is known only once it has run";
    did_not_run_exists(path) "Not run: `{path}` exists";
    did_not_run_absent(path) "Not run: `{path}` does not exist";
    script_is_directory(path) "Cannot run `{path}`: it is a directory of the controller\nhint: name the script itself";
    fact_path_not_read() "`fact_path` is not read: facts come from the host itself";
    wait_excluded(first, second) "Cannot wait for `{first}` and `{second}` together\nhint: write two tasks";
    wait_unsupported(option) "Cannot wait with `{option}`: this is not supported";
    bad_regex(regex, why) "Cannot search for `{regex}`: {why}";
    waited(what, seconds) "Waited {seconds} s for {what}, and time was up";
    waits_for_port(host, port) "the port {port} of {host}";
    waits_for_closed(host, port) "the port {port} of {host} to close";
    waits_for_drained(port) "the connections of port {port} to end";
    waits_for_path(path) "`{path}`";
    waits_for_gone(path) "`{path}` to be gone";
    external_unpredicted(name) "what the external module `{name}` would do is known only once it has run; it does not say `hep: supports-check`";
    external_claims(name) "Claimed by the external module `{name}` itself";
    external_is_directory(name) "Cannot run the external module `{name}`: it is a directory of the controller";
    external_no_answer(name, why) "Cannot understand the external module `{name}`: {why}\nhint: it must print one JSON object, and nothing else, on its standard output";
    external_failed(name, why) "The external module `{name}` failed: {why}";
}
