//! Messages of the area `host_cli`: what the command line says about hosts of a server.

catalogue! { "host_cli";
    no_key(host) "{host} shows no key";
    trusted_already(host, fingerprint) "The key {fingerprint} of {host} is trusted already";
    cannot_ask(host, fingerprint) "Cannot ask whether the key {fingerprint} of {host} is its own: there is no terminal\nhint: compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host, then give it by `--fingerprint`";
    ask_compared(host, algorithm, fingerprint) "{host} shows the {algorithm} key {fingerprint}.\nOn the host itself `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says its own. Are they the same (yes/no)? ";
    ask_password(host) "Password that logs in to {host}, this once: ";
    no_password(host) "No password for {host} was given\nhint: there must be a terminal to ask on; or use `--password-stdin` or `--stored`";
    no_target(text) "`{text}` names no place\nhint: write `SELECTOR:PATH`";
    no_folder(path) "Several files cannot go to `{path}`\nhint: end it with `/`, if it is a folder";
    not_sure(what, hosts) "Cannot ask whether to {what} {hosts}: there is no terminal\nhint: `--yes` says so beforehand";
    ask_sure(what, hosts) "This will {what} {hosts}. Go on (yes/no)? ";
    nothing_done() "Nothing was done";
    not_trusted(host, fingerprint) "The key {fingerprint} of {host} was not approved";
}
