//! Messages of the area `host_key`: which keys of hosts the register trusts.

catalogue! { "host_key";
    bad_key(why) "Cannot read the host's public key: {why}\nhint: give it as `ssh-ed25519 AAAA…`, as the host's `/etc/ssh/ssh_host_ed25519_key.pub` has it";
    other_fingerprint(given, real) "The key has the fingerprint {real}, not {given}\nhint: compare it with what the host itself says: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`";
    not_reached(host, why) "Cannot ask `{host}` for its key: {why}";
    behind_others(host) "Cannot ask `{host}` for its key: it is behind other hosts\nhint: give its `public_key`, as the host's `/etc/ssh/ssh_host_ed25519_key.pub` has it";
    not_kept(host, why) "The key that {host} shows cannot be kept: {why}\nhint: nothing was sent to the host; try again";
    decided_meanwhile(host) "The key that {host} shows is not trusted: another one was decided about meanwhile";
    to_be_decided(fingerprint) "the key {fingerprint} that it shows is not approved";
    revoked(fingerprint) "The key {fingerprint} was revoked, and cannot be trusted again\nhint: give the host a new key";
}
