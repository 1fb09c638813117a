//! Messages of the area `exec`: running a command on a host.

catalogue! { "exec";
    no_ending() "The connection closed and the host did not say how the command ended\nhint: look on the host whether it still runs; it is not started again by itself";
    cancelled() "Cancelled: the command was told to stop and ended";
    not_stopped() "Cancelled, but the command did not stop: it may still run\nhint: look on the host";
    timed_out(seconds) "The command ran longer than {seconds} s and was ended\nhint: give it more with `--timeout`";
    timed_out_running(seconds) "The command ran longer than {seconds} s and did not stop when told: it may still run\nhint: look on the host; `--timeout` gives it more time";
    wrapper_failed(said) "Cannot start the command: the host could not take its settings: {said}\nhint: is there space in `/tmp`, and are `head`, `tail` and `mktemp` there?";
    sudo_wrong_password(user) "Cannot become `{user}`: sudo did not accept the password\nhint: give the password of the login user with `-K`";
    sudo_needs_password(user) "Cannot become `{user}`: sudo wants a password and there is none\nhint: give it with `-K`, or as `ansible_become_password` in the inventory";
    sudo_failed(user, said) "Cannot become `{user}`: {said}";
}
