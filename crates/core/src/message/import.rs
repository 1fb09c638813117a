//! Messages of the area `import`: inventories that become the register.

catalogue! { "import";
    unreadable(said) "Cannot read the inventory: {said}";
    nothing() "There is no inventory to import\nhint: give `files`, each with a `name` and a `text`";
    no_vault() "A value is encrypted by Ansible Vault, and its password is not here\nhint: give it: `hep host import --vault-password-file FILE`, or `vault_passwords` of the API";
    sealed_inventory() "An inventory that is encrypted as a whole cannot be imported: what of it is secret nobody could tell afterwards\nhint: encrypt values of it, or files of `group_vars` and `host_vars`";
    no_include(name) "The `ssh_config` includes `{name}`\nhint: give the files that it includes as files of their own";
    host_left(host, why) "The host `{host}` is left out: {why}";
    is_local(host) "The host `{host}` is left out: it is the machine that imports (`ansible_connection=local`)";
    var_left(owner, name) "The variable `{name}` of `{owner}` is left out: it is a secret\nhint: keep it in a manifest's encrypted variables";
    unsafe_left(owner, name) "The variable `{name}` of `{owner}` is left out: it is marked `!unsafe`, which the register cannot keep";
    key_left(host, path) "The key `{path}` of the host `{host}` is not here: its credential stays as it is\nhint: give the key's text in `keys` under this name; on the command line `--keys` does";
    key_unusable(path, why) "The key `{path}` cannot be used: {why}";
    options_left(host) "Options of the host `{host}` for `ssh` are left out: the register keeps address, port, user and jump hosts only";
    group_left(group) "The group `{group}` is left out: its name cannot be used here";
}
