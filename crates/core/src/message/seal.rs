//! Messages of the area `seal`: secrets at rest and the keys that open them.

catalogue! { "seal";
    no_key(path) "Cannot open the secrets in the database: there is no master key in `{path}`, and a new one would not open them\nhint: put the master key of the server that made this database there, or name its file in `HEP_MASTER_KEY_FILE`";
    wrong_key(path, id) "Cannot open the secrets in the database: they need the master key {id}, which is not in `{path}`\nhint: add the master key of the server that made this database to the file, a line of 64 hexadecimal digits, or name another file in `HEP_MASTER_KEY_FILE`";
    cannot_read_key(path, why) "Cannot read the master key in `{path}`: {why}";
    cannot_make_key(path, why) "Cannot write the master key to `{path}`: {why}";
    bad_key(path, line) "Cannot use the master key in `{path}`: line {line} holds none\nhint: a key is a line of 64 hexadecimal digits, as `openssl rand -hex 32` makes them";
    damaged(what) "Cannot open the secret of {what}: it has been damaged or moved, or the database was put together from two\nhint: give the secret anew";
    rotated(many, id) "{many} secrets are sealed with the master key {id} now";
    not_rotated(many) "{many} secrets could not be opened, and were left as they are; the server's log names them";
    nothing_to_rotate(path) "All secrets are sealed with the first master key of `{path}` already\nhint: put a new key on its first line, as `openssl rand -hex 32` makes them, then repeat";
    old_keys(path) "The other keys in `{path}` open nothing in this database any more\nhint: keep them as long as backups need them, and for a day: calls with an `Idempotency-Key` are known again by them";
}
