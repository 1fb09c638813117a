//! Messages of the area `play`: interpreting a play on a host.

catalogue! { "play";
    wrong_answer(kind) "Cannot use the answer: it is a {kind}, which was not asked for\nhint: the host's executor is broken or hostile; look at the host, then run `hep clean` on it";
    foreign_path(path) "Cannot read the file `{path}` of the controller: its name was computed from something that a host said\nhint: name the file by the operator's own variables; a host must not choose files of the controller";
    foreign_delegate(host) "Cannot delegate to `{host}`: the name was computed from something that a host said\nhint: name the host by the inventory's variables";
    no_such_handler(name) "Cannot notify `{name}`: no handler has that name or listens to it\nhint: add it to the play's `handlers`, or correct the name";
    not_a_list(kind) "Cannot loop: the value is a {kind}, not a list\nhint: use `| dict2items`, `| list` or brackets to make it one";
    condition_false(condition) "Skipped: `{condition}` is false";
    non_zero(rc) "The command ended with status {rc}";
    failed_when(condition) "Failed as `failed_when` says: `{condition}` is true";
    items_failed(failed, all) "{failed} of {all} items failed";
    no_module(name) "Cannot run the module `{name}`: this executor does not have it\nhint: run `hep version`; the executor on the host must be the one of this `hep`";
    endless_planning(rounds) "Cannot finish planning: after {rounds} rounds the module still asks\nhint: this is a defect of the module; please report it";
    until_failed(tries) "`until` did not hold after {tries} tries";
    no_items() "Skipped: the loop has no items";
    deferred(why) "Cannot be predicted: {why}";
    unknown_method(method) "Cannot become another user by `{method}`: only `sudo` is known\nhint: set `become_method: sudo`";
}
