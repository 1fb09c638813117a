//! Messages of the area `account`: users, groups and their keys.

catalogue! { "account";
    bad_name(name) "Cannot use `{name}` as a name of a user or group\nhint: a name has no `:`, `,`, `/`, white space or control characters, and does not begin with `-` or `~`";
    bad_field(option, value) "Cannot set `{option}` to `{value}`: the user database cannot hold `:` or line ends";
    bad_password(user) "Cannot set the password of `{user}`: what is given is not a password's hash\nhint: give the hash, as `mkpasswd --method=sha-512` or the filter `password_hash` makes it";
    no_group(group) "Cannot use the group `{group}`: the host has no such group\nhint: make it in a task before this one, with the module `group`";
    no_user(user) "Cannot set keys of `{user}`: the host has no such user\nhint: make it in a task before this one, with the module `user`, or give `path:`";
    unsupported(option) "Cannot use `{option}`: this is not supported\nhint: do that part with the module `command`";
    gid_taken(gid, group) "Cannot give the number {gid} to the group: `{group}` has it\nhint: choose another, or allow it with `non_unique: true`";
    bad_key(key) "Cannot use `{key}` as a public key: it is none\nhint: give the line of a `.pub` file; several keys stand on lines of their own";
    key_from_url(url) "Cannot fetch keys from `{url}`: this is not supported\nhint: fetch them in a task before this one, with `get_url`, or put them into a file and use the lookup `file`";
    unknown_until(user) "numbers of the user `{user}` are known only once it has been made";
    bad_umask(umask) "Cannot use the umask `{umask}`: it is not an octal number below 1000\nhint: write it in quotes, as \"077\"";
    relative_path(path) "Cannot use `{path}`: the path is not absolute";
    key_file_too_large(path) "Cannot read `{path}`: it is larger than a file of keys can be";
}
