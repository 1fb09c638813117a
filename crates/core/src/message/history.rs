//! Messages of the area `history`: what a person ran without a server.

catalogue! { "history";
    unkept(path, why) "Cannot keep this run in the history in {path}: {why}. The run itself is not affected\nhint: `--no-record` keeps none";
    too_slow(seconds) "it was not written within {seconds} s";
    unread(path, why) "Cannot read the history in {path}: {why}";
    failed(why) "Cannot read the history: {why}";
    no_run(id) "There is no run `{id}` in the history of this machine\nhint: `hep run list --local` shows them";
    left_out(count) "{count} further events of this run were not kept";
    no_filter(name) "The history of this machine has no filter `{name}`\nhint: `state`, `kind`, `actor`, `since`";
    needs_server() "Only runs of a server can be steered, and no server is known\nhint: `hep login URL`, or set `HEP_SERVER` and `HEP_TOKEN`";
}
