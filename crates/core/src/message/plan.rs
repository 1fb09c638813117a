//! Messages of the area `plan`: saved plans.

catalogue! { "plan";
    does_otherwise() "Refused: this task would do something else than the plan says\nhint: nothing of it was done; make a new plan with `--plan-out`";
    does_more() "Refused: this task would do something that is not in the plan\nhint: nothing of it was done; make a new plan with `--plan-out`";
    does_less() "This task has not done all that is in the plan: there was less to do\nhint: make a new plan with `--plan-out`";
    cannot_write(path, why) "Cannot write the plan `{path}`: {why}";
    cannot_read(path, why) "Cannot read the plan `{path}`: {why}\nhint: make a new one with `--plan-out`";
    unknown_format(path, format) "Cannot read the plan `{path}`: its format is {format}, and this `hep` knows hep-plan-1\nhint: make a new one with `--plan-out`";
    writable(path) "Cannot trust the plan `{path}`: somebody else may write it\nhint: it must belong to you or root, and be closed to others: `chmod 600`";
    too_deep(why) "Cannot save the plan: it cannot be read again ({why})\nhint: a value of the manifest is nested too deeply";
    not_with_plan(option) "Cannot use `{option}` with a saved plan: the plan has its own\nhint: make a new plan with `--plan-out`";
    not_whole(host, state) "`{host}` is not in the plan: its check ended {state}";
    written(path, hosts) "The plan of {hosts} hosts is in {path}";
    no_hosts(selector) "No host of the plan is among those of `{selector}`";
    unknown_host(host) "Refused: the inventory has no host `{host}` any more";
    extra_missing(name) "Cannot apply the plan: it was made with the variable `{name}` from the command line\nhint: give it again: `-e {name}=…` (values are not kept in plans)";
    extra_new(name) "Cannot apply the plan: it was made without the variable `{name}` from the command line\nhint: leave it out, or make a new plan";
    secret_missing(name) "Cannot apply the plan: the secret `{name}` is missing, or is not what it was when the plan was made\nhint: it is looked for in the manifests that the plan was made from, with the Vault password";
    host_secret(name) "Refused: the secret `{name}` of this host is missing, or is not what it was when the plan was made";
    host_vars() "Refused: the variables that the inventory and `-e` give this host are not those that the plan was made with";
    file_changed(path) "Cannot apply the plan: the file `{path}` is not what it was when the plan was made\nhint: put it back, or make a new plan with `--plan-out`";
    deferred(count, task, host, why) "Cannot apply the plan exactly: {count} tasks could not be predicted, the first is `{task}` on {host}: {why}\nhint: with `--allow-deferred` they run with the plan's text, options and variables";
    moved_task(task, found) "Refused: the host is no longer as the plan saw it. The plan's next task is `{task}`; now it is {found}";
    moved_state(task, was, now) "Refused: the host is no longer as the plan saw it. The task `{task}` was {was} in the plan, and would be {now} now";
    moved_change(task, place, was, now) "Refused: the host is no longer as the plan saw it. In the task `{task}`, {place} was {was} in the plan, and would be {now} now";
    moved_hidden(task) "Refused: the host is no longer as the plan saw it. The task `{task}` would do something else now (what, is not shown: it holds secrets)";
    moved_end(state) "Refused: the host could not be compared with the plan: its check ended {state}";
    comparing(hosts) "Comparing {hosts} hosts with the plan";
    as_planned(hosts) "{hosts} hosts are as the plan saw them";
}
