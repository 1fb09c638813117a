//! Messages of the area `service`: units and init scripts.

catalogue! { "service";
    nothing_asked() "Cannot use a service: nothing is asked of it\nhint: give `state`, `enabled` or `masked` with a `name`, or `daemon_reload: true`";
    no_name() "Cannot use a service: it has no name\nhint: give `name:`";
    bad_name(name) "Cannot use `{name}` as a service: this is not a unit's name\nhint: patterns, white space and a dash at the beginning are not taken";
    excluded(first, second) "Cannot use a service: `{first}` and `{second}` exclude each other";
    not_found(name) "Cannot find the service `{name}` on the host\nhint: look for a typing error; a service comes with its package, and a new unit file is seen after `daemon_reload: true`";
    not_yet(name) "the service `{name}` is known only once its file is on the host";
    broken(name, state) "Cannot use the service `{name}`: systemd could not load its unit file ({state})\nhint: `systemctl status {name}` on the host says why";
    masked(name) "Cannot start or enable the service `{name}`: it is masked\nhint: `masked: false` allows it again";
    unsupported(option) "Cannot use a service with `{option}`: this is not supported\nhint: do that part with the module `command`";
    needs_systemd(option) "Cannot use a service with `{option}`: systemd does not run this host";
    no_enabler(name) "Cannot have `{name}` started at boot: the host has neither update-rc.d nor chkconfig";
}
