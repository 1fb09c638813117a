//! Messages of the area `ssh`.

catalogue! { "ssh";
    /// A value in an `ssh_config` file.
    config_value(file, line, detail) "cannot read {file}:{line}: {detail}";
    /// A keyword of `ssh_config` that we must not ignore.
    config_unsupported(file, line, keyword)
        "{file}:{line} uses `{keyword}`, which changes how this host is reached or trusted, and which hep does not support\nhint: give the host a block of its own with HostName, Port, User or ProxyJump, or name another file with -F";
    /// A keyword of `ssh_config` that there is not.
    config_unknown(file, line, keyword, near) "cannot use {file}:{line}: OpenSSH has no keyword `{keyword}`\nhint: did you mean `{near}`? `IgnoreUnknown` before it lets it pass";
    /// A file that `ssh_config` includes.
    config_include(file, line, path, error) "cannot read `{path}`, which {file}:{line} includes: {error}";
    /// The `ssh_config` file itself.
    config_unreadable(file, error) "cannot read the SSH configuration {file}: {error}";
    /// A jump that is no `[user@]host[:port]`.
    jump_invalid(jump) "`{jump}` is not a list of jump hosts\nhint: write [USER@]HOST[:PORT], several separated by commas";
    /// A jump that leads back to itself.
    jump_loop(host) "the jump hosts of {host} lead back to where they began";

    resolve_failed(host, address, error) "cannot find the address of {host} ({address}): {error}\nhint: check the name, or give the address in the inventory";
    connect_failed(host, address, error) "cannot connect to {host} at {address}: {error}\nhint: check that the host is up and that sshd listens there";
    connect_timeout(host, address, seconds) "cannot connect to {host} at {address}: no answer within {seconds} s\nhint: check the address and the firewall, or raise the connect timeout";
    handshake_failed(host, error) "cannot begin SSH with {host}: {error}";
    handshake_timeout(host, seconds) "cannot begin SSH with {host}: the handshake did not end within {seconds} s\nhint: the host may be overloaded, or something other than sshd listens there; `--connect-timeout` gives it more time";
    handshake_closed(host) "cannot begin SSH with {host}: the host closed the connection during the handshake\nhint: sshd does this when too many connections start at once (MaxStartups) or when it forbids the address";
    no_common_algorithm(host, kind, ours, theirs)
        "cannot agree on a {kind} algorithm with {host}: we offer {ours}; the host offers {theirs}\nhint: for an old host set `hep_legacy_algorithms: true` on the host or its group, or name the algorithms in ssh_config ({kind})";
    algorithm_list_empty(host, keyword, list) "cannot begin SSH with {host}: `{keyword} {list}` leaves no algorithm that hep knows";
    jump_failed(host, jump, error) "cannot reach {host} through {jump}: {error}";
    node_failed(host, node, error) "cannot reach {host} through the node {node}: {error}";
    no_node(host, zone) "cannot reach {host}: no node that reaches its zone {zone} is up\nhint: start a node with `node.zones: [{zone}]`, then retry; nothing was begun";
    nodes_unknown(host, error) "cannot reach {host}: it is not known which nodes are in its zone: {error}";
    node_silent(seconds) "no answer within {seconds} s";
    node_alone() "this process cannot ask other nodes";
    node_stops() "this node is about to end";
    too_many_tunnels(most) "this node carries {most} connections for others, and no more";
    other_zone(zone) "this node does not reach the hosts of the zone {zone}";
    other_node() "another node answers at this address\nhint: set `node.address` of each node to where the others reach it";
    tunnel_unproved() "only nodes of the same database get a way to hosts";
    tunnel_clock() "the clocks of the two nodes are more than a minute apart\nhint: set them by NTP";

    host_key_unknown(host, name, algorithm, fingerprint)
        "the host key of {host} is not known: {name} shows the {algorithm} key {fingerprint}\nhint: compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then connect once with --host-key ask, or accept new hosts with --host-key accept-new";
    host_key_refused(host, algorithm, fingerprint) "the {algorithm} key {fingerprint} of {host} was not approved";
    host_key_other_type(host, algorithm, fingerprint, known, file, line)
        "{host} shows the {algorithm} key {fingerprint}, but only keys of type {known} are known ({file}:{line})\nhint: if the host was given this key on purpose, compare the fingerprint and connect once with --host-key ask";
    host_key_changed(host, algorithm, fingerprint, known, file, line, name)
        "THE KEY OF {host} HAS CHANGED: it shows the {algorithm} key {fingerprint}, but {file}:{line} says {known}. Someone may be between you and the host; nothing was sent to it\nhint: only if you expect this (a reinstalled host), remove the old key: ssh-keygen -f '{file}' -R '{name}'";
    pinned_key_unknown(host, algorithm, fingerprint) "the {algorithm} key {fingerprint} of {host} has not been approved, and no other key of it either\nhint: compare the fingerprint with that on the machine (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then approve it: `hep host trust {host}`; the setting `ssh.host_key: accept-new` lets new hosts in";
    pinned_key_changed(host, algorithm, fingerprint, known) "{host} shows the {algorithm} key {fingerprint}, but its approved key is {known}: another machine answers, or it was installed anew\nhint: find out which; only then approve the new key: `hep host trust {host}`";
    pinned_key_other_type(host, algorithm, fingerprint, known) "{host} shows the {algorithm} key {fingerprint}, but the approved keys are of type {known}\nhint: compare the fingerprint with that on the machine, then approve it: `hep host trust {host}`";
    host_key_revoked(host, algorithm, fingerprint, file, line)
        "the {algorithm} key {fingerprint} of {host} is marked as revoked in {file}:{line}; nothing was sent to it\nhint: the host must be given a new key";
    host_certificate_invalid(host, authority, reason)
        "the host certificate of {host}, signed by {authority}, is not valid: {reason}\nhint: the host needs a new certificate from its authority";
    known_hosts_unreadable(file, error) "cannot read the host keys in {file}: {error}";
    known_hosts_unwritable(file, error) "cannot add the host key to {file}: {error}";

    auth_failed(host, user, tried, offered)
        "cannot log in to {host} as {user}: tried {tried}; the host allows {offered}\nhint: check the user, and give a key (--key FILE), an agent or a password (--ask-pass)";
    auth_nothing_to_try(host, user, offered)
        "cannot log in to {host} as {user}: there is no key, agent or password to try; the host allows {offered}\nhint: give a key (--key FILE), an agent or a password (--ask-pass)";
    auth_closed(host, user, tried)
        "cannot log in to {host} as {user}: the host closed the connection after {tried}\nhint: too many keys may have been tried (MaxAuthTries): name the right one with --key and set IdentitiesOnly";
    auth_timeout(host, user, seconds) "cannot log in to {host} as {user}: no answer within {seconds} s";
    key_unreadable(file, error) "cannot use the key {file}: {error}";

    channel_refused(host, error) "cannot open a session on {host}: {error}";
    channel_timeout(host, seconds) "cannot open a session on {host}: no answer within {seconds} s";
    command_refused(host, what) "{host} refused to start {what}\nhint: the account may have no shell, or be limited to one command";
    lost(host, reason) "lost the connection to {host}: {reason}";
    lost_silent() "the host stopped answering";
    lost_closed() "the host closed the connection";
    local_failed(error) "cannot run a command on the controller: {error}";
    unsupported(host, what) "{host} cannot {what}";
    not_a_signal(name) "`{name}` is not the name of a signal";
}
